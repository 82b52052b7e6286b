//! What holds in the end: the file, then the environment, then flags; the last one wins.

use std::path::PathBuf;

use jiff::SignedDuration;
use url::Url;

use super::document::Document;
use super::environment::Environment;
use super::location::{self, Location};
use super::mistake::{Mistake, Mistakes, Origin, did_you_mean, one_of};
use super::overlay;
use super::profile::{Bucket, Clipboard, Config, Profile, Theme};
use super::value;

/// What the command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub file: Option<PathBuf>,
    pub profile: Option<String>,
    pub bucket: Option<String>,
    pub theme: Option<Theme>,
    pub settle: Option<SignedDuration>,
}

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The profile's name, if one is in use.
    pub name: Option<String>,
    /// The profile, or one made up around a bucket's URL; `None` when it is not clear which registry is meant.
    pub profile: Option<Profile>,
    /// Names of all profiles in the file.
    pub profiles: Vec<String>,
    pub theme: Theme,
    pub clipboard: Clipboard,
    /// Folder of the journal and the backups; none where there is no home folder to have one in.
    pub state_folder: Option<PathBuf>,
    /// What is odd without being wrong.
    pub warnings: Vec<String>,
    /// Where the configuration file is or would be.
    pub location: Location,
}

/// Reads the file and puts environment and flags over it.
///
/// # Errors
///
/// Every mistake of file, environment and flags. Those of the file are only warnings while nothing about the
/// registry is wanted from it: when a bucket is named, and no profile.
pub fn load(flags: Flags, environment: &Environment) -> Result<Settings, Mistakes> {
    let location = Location::find(flags.file.clone(), environment);
    let mut warnings = environment.unknown(&overlay::known_variables());
    let mut mistakes = Vec::new();
    let wanted = Wanted::of(&flags, environment, &mut warnings, &mut mistakes);
    let bucket = wanted.bucket_url(&mut mistakes);
    let file = file(&location).unwrap_or_else(|wrong| {
        if wanted.needs_file() {
            mistakes.extend(wrong.0);
            return None;
        }
        warnings.extend(wrong.0.iter().map(|mistake| format!("not used: {mistake}")));
        None
    });
    // With a file full of mistakes, "there is no such profile" would be one more, and wrong.
    let (name, profile) = file
        .as_ref()
        .map(|config| wanted.profile(config, bucket.as_ref(), &mut mistakes))
        .unwrap_or_default();
    let config = file.unwrap_or_default();
    let mut settings = Settings {
        name,
        profile: over(profile, bucket),
        profiles: config.profiles.into_keys().collect(),
        theme: config.theme,
        clipboard: config.clipboard,
        state_folder: config.state_folder.or_else(location::state_folder),
        warnings,
        location,
    };
    mistakes.extend(overlay::apply(&mut settings, environment));
    apply_flags(&mut settings, &flags);
    if mistakes.is_empty() { Ok(settings) } else { Err(Mistakes(mistakes)) }
}

/// What holds where no file is read and no registry is wanted: environment and flags.
///
/// # Errors
///
/// Every mistake of the environment.
pub fn without_file(flags: &Flags, environment: &Environment) -> Result<Settings, Mistakes> {
    let config = Config::default();
    let mut settings = Settings {
        name: None,
        profile: None,
        profiles: Vec::new(),
        theme: config.theme,
        clipboard: config.clipboard,
        state_folder: location::state_folder(),
        warnings: Vec::new(),
        location: Location::Nowhere,
    };
    let mistakes = overlay::apply(&mut settings, environment);
    apply_flags(&mut settings, flags);
    if mistakes.is_empty() { Ok(settings) } else { Err(Mistakes(mistakes)) }
}

/// What the usual or named file says; a usual file that is missing says nothing.
fn file(location: &Location) -> Result<Option<Config>, Mistakes> {
    let missing = |path: &PathBuf| matches!(path.try_exists(), Ok(false));
    match location {
        Location::Usual(path) if missing(path) => Ok(Some(Config::default())),
        Location::Nowhere => Ok(Some(Config::default())),
        Location::Usual(path) | Location::Named(path) => {
            let document = Document::read(path).map_err(|mistake| Mistakes(vec![mistake]))?;
            super::read(&document).map(Some)
        }
    }
}

/// Which profile and which bucket flags and environment ask for.
struct Wanted {
    profile: Option<(String, Origin)>,
    bucket: Option<(String, Origin)>,
}

impl Wanted {
    fn of(
        flags: &Flags,
        environment: &Environment,
        warnings: &mut Vec<String>,
        mistakes: &mut Vec<Mistake>,
    ) -> Self {
        let flag = |value: &Option<String>, name| value.clone().map(|value| (value, Origin::Flag(name)));
        let mut variable = |name: &str| {
            let text = environment.text(name).map_err(|mistake| mistakes.push(mistake)).ok().flatten()?;
            Some((text.to_owned(), Origin::Variable(name.to_owned())))
        };
        let bucket = flag(&flags.bucket, "--bucket");
        let mut other_bucket = variable(overlay::BUCKET).filter(|_| bucket.is_none());
        // A profile that was named by hand must not quietly look at some other bucket.
        if flags.profile.is_some() && other_bucket.take().is_some() {
            warnings.push(format!("{} is not used, because --profile was given", overlay::BUCKET));
        }
        Self {
            profile: flag(&flags.profile, "--profile").or_else(|| variable(overlay::PROFILE)),
            bucket: bucket.or(other_bucket),
        }
    }

    fn needs_file(&self) -> bool {
        self.profile.is_some() || self.bucket.is_none()
    }

    /// The profile asked for; without one, and without a bucket, the default or the only one.
    fn profile(
        &self,
        config: &Config,
        bucket: Option<&Url>,
        mistakes: &mut Vec<Mistake>,
    ) -> (Option<String>, Option<Profile>) {
        let usual = || {
            let only = || config.profiles.keys().next().filter(|_| config.profiles.len() == 1);
            config.default_profile.as_ref().or_else(only).filter(|_| self.bucket.is_none())
        };
        let named = self.profile.as_ref().map(|(name, _)| name).or_else(usual);
        let Some(name) = named.or_else(|| guarding(config, bucket?)) else {
            return (None, None);
        };
        let found = config.profiles.get(name);
        if let (None, Some((_, origin))) = (found, &self.profile) {
            mistakes.push(no_such_profile(name, origin, config));
        }
        (found.map(|_| name.clone()), found.cloned())
    }

    fn bucket_url(&self, mistakes: &mut Vec<Mistake>) -> Option<Url> {
        let (text, origin) = self.bucket.as_ref()?;
        let wrong = |what| mistakes.push(Mistake { origin: origin.clone(), key: String::new(), what });
        value::bucket_url(text).map_err(wrong).ok()
    }
}

/// The protected profile whose bucket was named by its URL: it is protected all the same.
fn guarding<'c>(config: &'c Config, bucket: &Url) -> Option<&'c String> {
    let plain = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    let same = |profile: &Profile| plain(&profile.bucket.url) == plain(bucket);
    let guarding = config.profiles.iter().find(|(_, profile)| profile.protected && same(profile));
    guarding.map(|(name, _)| name)
}

fn no_such_profile(name: &str, origin: &Origin, config: &Config) -> Mistake {
    let known = || config.profiles.keys().map(String::as_str);
    let listed = if config.profiles.is_empty() {
        "; the configuration has none (`quarterdeck config init` writes one to start from)".to_owned()
    } else {
        format!("{}; the profiles are: {}", did_you_mean(name, known()), one_of(known()))
    };
    Mistake {
        origin: origin.clone(),
        key: String::new(),
        what: format!("there is no profile {name:?}{listed}"),
    }
}

/// A bucket that was named replaces the profile's; the rest of the profile stays.
fn over(profile: Option<Profile>, bucket: Option<Url>) -> Option<Profile> {
    match (profile, bucket) {
        (profile, None) => profile,
        (None, Some(url)) => Some(Profile::around(Bucket::at(url))),
        (Some(profile), Some(url)) => {
            let same_kind = profile.bucket.url.scheme() == url.scheme();
            let bucket = if same_kind { Bucket { url, ..profile.bucket } } else { Bucket::at(url) };
            Some(Profile { bucket, ..profile })
        }
    }
}

fn apply_flags(settings: &mut Settings, flags: &Flags) {
    settings.theme = flags.theme.unwrap_or(settings.theme);
    if let (Some(profile), Some(settle)) = (&mut settings.profile, flags.settle) {
        profile.settle = settle;
    }
}
