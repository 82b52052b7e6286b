//! From flags, environment and file to the registry that is meant, or words about what is missing.

use jiff::SignedDuration;

use super::out::{complain, complain_of};
use super::{Exit, Place};
use crate::config::{Bucket, Environment, Flags, Location, Profile, Settings, Theme, Transport, load};
use crate::runtime::stores::{self, Credentials, OpenOptions};

impl Place {
    /// These options, and where one is missing that of `outer`.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        Self {
            profile: self.profile.or(outer.profile),
            bucket: self.bucket.or(outer.bucket),
            file: self.file.or(outer.file),
        }
    }
}

/// What holds, with warnings and mistakes said.
///
/// # Errors
///
/// There were mistakes; they have been said.
pub fn settings(
    place: Place,
    theme: Option<Theme>,
    settle: Option<SignedDuration>,
) -> Result<Settings, Exit> {
    let Place { profile, bucket, file } = place;
    match load(Flags { file, profile, bucket, theme, settle }, &Environment::of_process()) {
        Ok(settings) => {
            settings.warnings.iter().for_each(|warning| complain(&format!("warning: {warning}")));
            Ok(settings)
        }
        Err(mistakes) => {
            complain_of(&mistakes);
            Err(Exit::Usage)
        }
    }
}

/// The profile in use.
///
/// # Errors
///
/// It is not clear which registry is meant; what to do about it has been said.
pub fn profile(settings: &Settings) -> Result<&Profile, Exit> {
    settings.profile.as_ref().ok_or_else(|| {
        complain(&which_registry(settings));
        Exit::Usage
    })
}

fn which_registry(settings: &Settings) -> String {
    let bucket =
        "--bucket file:///srv/registry (or gs://bucket/root) names the bucket that holds docker/registry/v2";
    let by_profile = match (settings.profiles.as_slice(), &settings.location) {
        ([], Location::Named(path) | Location::Usual(path)) => format!(
            "--profile NAME takes one from the configuration; {} has none, `quarterdeck config init` writes one to start from",
            path.display()
        ),
        ([], Location::Nowhere) => "--config FILE names a configuration with profiles".to_owned(),
        (names, _) => format!("--profile NAME takes one from the configuration: {}", names.join(", ")),
    };
    let demo = "`quarterdeck demo` needs neither";
    format!("which registry? There are two ways to say:\n{bucket}\n{by_profile}\n{demo}")
}

/// How to open the store of `bucket`: its URL, and everything else.
pub fn store(bucket: &Bucket) -> (String, OpenOptions) {
    let url = match bucket.url.to_file_path() {
        Ok(path) if bucket.url.scheme() == "file" => format!("file://{}", path.display()),
        Ok(_) | Err(()) => bucket.url.to_string(),
    };
    // One store has one name: the journal knows it by that.
    let url = match url.trim_end_matches('/') {
        "file:" => "file:///".to_owned(),
        trimmed => trimmed.to_owned(),
    };
    let endpoint =
        |url: &Option<url::Url>| url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let options = OpenOptions {
        transport: match bucket.transport {
            Transport::Grpc => stores::Transport::Grpc,
            Transport::Json => stores::Transport::Json,
        },
        credentials: if bucket.anonymous { Credentials::Anonymous } else { Credentials::Default },
        http_endpoint: endpoint(&bucket.endpoint),
        grpc_endpoint: endpoint(&bucket.grpc_endpoint),
        ..OpenOptions::default()
    };
    (url, options)
}
