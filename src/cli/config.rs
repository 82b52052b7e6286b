//! `quarterdeck config …`: writes, checks or finds the configuration file.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::arguments::Config as Command;
use super::out::{Out, complain, complain_of, printed};
use super::{Exit, Place};
use crate::config::{
    Config, Document, EXAMPLE, Environment, Location, Logs, Mistakes, Profile, Secret, Watch, read,
};
use crate::model::text::sanitise;

/// Carries out `command` on the file that `place` names.
pub fn run(command: Command, place: Place) -> Exit {
    let environment = Environment::of_process();
    let named = |file: Option<PathBuf>| Location::find(file.or_else(|| place.file.clone()), &environment);
    match command {
        Command::Init => with_path(&named(None), init),
        Command::Check { file } => with_path(&named(file), |path| check(path, &environment)),
        Command::Path => with_path(&named(None), |path| {
            if let Some(folder) = super::runbooks::folder(&named(None)) {
                complain(&format!("your own runbooks: {}/*.md", folder.display()));
            }
            say(&path.display().to_string())
        }),
    }
}

fn with_path(location: &Location, then: impl FnOnce(&Path) -> Exit) -> Exit {
    match location.path() {
        Some(path) => then(path),
        None => {
            complain("there is no home folder to look for the configuration in; name a file with --config");
            Exit::Usage
        }
    }
}

fn say(what: &str) -> Exit {
    printed(Out::lock().print(what), Exit::Clean)
}

/// Writes the example, readable by nobody else, and never over anything.
fn init(path: &Path) -> Exit {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| create(path));
    match written {
        Ok(()) => say(&format!("{}: written; every setting is explained in it", path.display())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            complain(&format!("{}: is there already and was left as it is", path.display()));
            Exit::Usage
        }
        Err(error) => {
            complain(&format!("{}: cannot be written: {error}", path.display()));
            Exit::Usage
        }
    }
}

fn create(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(EXAMPLE.as_bytes())
}

/// Prints every mistake, or what each profile says.
fn check(path: &Path, environment: &Environment) -> Exit {
    let read = Document::read(path).map_err(|mistake| Mistakes(vec![mistake])).and_then(|text| read(&text));
    match read {
        Ok(config) => say(&summary(path, &config, environment)),
        Err(mistakes) => {
            complain_of(&mistakes);
            if matches!(path.try_exists(), Ok(false)) {
                complain("`quarterdeck config init` writes a file to start from");
            }
            Exit::Usage
        }
    }
}

fn summary(path: &Path, config: &Config, environment: &Environment) -> String {
    let mut lines = vec![format!("{}: no mistakes", path.display())];
    if let Some(folder) = config.state_folder.clone().or_else(crate::config::state_folder) {
        lines.push(format!("journal and backups in {}", sanitise(&folder.display().to_string())));
    }
    if config.profiles.is_empty() {
        lines.push(
            "no profile yet: take the # off the lines of [profiles.example] and fill them in".to_owned(),
        );
    }
    for (name, profile) in &config.profiles {
        let default = if config.default_profile.as_ref() == Some(name) { "  (default)" } else { "" };
        lines.push(format!("{}{default}", sanitise(name)));
        lines.extend(profile_lines(profile, environment).iter().map(|line| format!("  {}", sanitise(line))));
    }
    lines.join("\n")
}

fn profile_lines(profile: &Profile, environment: &Environment) -> Vec<String> {
    let mut lines = vec![format!("bucket       {}", profile.bucket.url)];
    if let Some(url) = &profile.registry.url {
        let login = profile
            .registry
            .username
            .as_deref()
            .map_or("without logging in".to_owned(), |name| format!("as {name}"));
        lines.push(format!("registry     {url} {login}"));
    }
    lines.extend(watched_lines(&profile.watch));
    let protected = if profile.protected { "protected" } else { "not protected" };
    lines
        .push(format!("environment  {}, {protected}", profile.environment.as_deref().unwrap_or("not named")));
    lines.push(format!("settle       {:#}", profile.settle));
    let of_haproxy = profile.watch.haproxy.as_ref().and_then(|haproxy| haproxy.password.as_ref());
    let of_logs = profile.watch.logs.as_ref().and_then(|logs| logs.elasticsearch.as_ref());
    let of_logs = of_logs.into_iter().flat_map(|logs| logs.password.iter().chain(&logs.api_key));
    let secrets = profile.registry.password.iter().chain(of_haproxy).chain(of_logs);
    lines.extend(secrets.filter_map(|secret| missing(secret, environment)));
    lines
}

/// One line for each section of what is watched.
fn watched_lines(watch: &Watch) -> Vec<String> {
    let names = |names: &[String]| if names.is_empty() { "all".to_owned() } else { names.join(", ") };
    let kubernetes = watch.kubernetes.as_ref().map(|kubernetes| {
        let context = kubernetes.context.as_deref().unwrap_or("the current one");
        format!(
            "kubernetes   context {context}, pods {}, service {}",
            kubernetes.selector, kubernetes.service
        )
    });
    let haproxy = watch.haproxy.as_ref().map(|haproxy| {
        let instances: Vec<_> = haproxy.instances.iter().map(|(name, _)| name.clone()).collect();
        format!("haproxy      {}; backends: {}", instances.join(", "), names(&haproxy.backends))
    });
    let google = watch.google.as_ref().map(|google| {
        let balancers = google.target_pools.len() + google.backend_services.len();
        let incidents = if google.status_url.is_some() { "" } else { "not " };
        format!("google       {balancers} load balancers; incidents are {incidents}asked for")
    });
    let front_door = watch.front_door.as_ref().map(|front_door| {
        let canaries: Vec<_> = front_door.canaries.iter().map(ToString::to_string).collect();
        let canaries = if canaries.is_empty() { "no canaries".to_owned() } else { canaries.join(", ") };
        format!("front door   {canaries}")
    });
    let logs = watch.logs.as_ref().map(|logs| format!("logs         {}", log_names(watch, logs)));
    [kubernetes, haproxy, google, front_door, logs].into_iter().flatten().collect()
}

/// Where lines come from, in one line.
fn log_names(watch: &Watch, logs: &Logs) -> String {
    let pods = (logs.kubernetes && watch.kubernetes.is_some()).then_some("pods");
    let named = [&logs.docker, &logs.journal].into_iter().flatten().map(|(name, _)| name.as_str());
    let files = logs.files.iter().map(|(name, _)| name.as_str());
    let commands = logs.commands.iter().map(|(name, _)| name.as_str());
    let elasticsearch = logs.elasticsearch.as_ref().map(|_| "elasticsearch");
    let google = logs.google.as_ref().map(|_| "google");
    let all = pods.into_iter().chain(files).chain(named).chain(commands).chain(elasticsearch).chain(google);
    match all.collect::<Vec<_>>() {
        names if names.is_empty() => "none are followed".to_owned(),
        names => names.join(", "),
    }
}

/// A secret that is not where the file says it is, which is no mistake of the file.
fn missing(secret: &Secret, environment: &Environment) -> Option<String> {
    secret.fetch(environment).err().map(|why| format!("warning      {why}"))
}
