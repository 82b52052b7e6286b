//! Logs of Docker's containers on this host, read from their files: Docker itself is not asked.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::Feed;
use super::files::{Follow, Marks, Place};
use crate::sources::{Trouble, TroubleKind};

/// A container may have been renamed since then.
const RENAMED: Duration = Duration::from_secs(30);

/// Which container.
#[derive(Clone, Debug)]
pub struct Options {
    pub name: String,
    /// Its name, or the beginning of its id.
    pub container: String,
    /// Docker's own folder, usually `/var/lib/docker`.
    pub folder: PathBuf,
    marks: Marks,
}

impl Options {
    /// A container of the Docker that keeps its things in `folder`.
    pub fn new(name: &str, container: &str, folder: &Path) -> Self {
        let (name, container) = (name.to_owned(), container.trim_start_matches('/').to_owned());
        Self { name, container, folder: folder.to_owned(), marks: Marks::default() }
    }
}

/// Follows the container, and the one that takes its name, for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let mut feed = Feed::new(&options.name, Origin::Docker, &desk, first);
    let containers = options.folder.join("containers");
    let container = Container { containers, name: options.container, found: None };
    Follow::new(Place::Container(container), options.marks).run(&mut feed).await;
}

/// A container, found by its name.
#[derive(Clone, Debug)]
pub struct Container {
    containers: PathBuf,
    name: String,
    found: Option<Found>,
}

#[derive(Clone, Debug)]
struct Found {
    log: PathBuf,
    /// When containers came or went last.
    changed: Option<SystemTime>,
    at: Instant,
}

/// What Docker notes of a container.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Noted {
    #[serde(default)]
    name: String,
}

/// Where its log goes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Host {
    log_config: LogConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogConfig {
    r#type: String,
}

impl Container {
    /// What it is asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that it logs to.
    ///
    /// # Errors
    ///
    /// There is no such container, its files may not be read, or its log goes elsewhere.
    pub fn log(&mut self) -> Result<PathBuf, Trouble> {
        let changed = std::fs::metadata(&self.containers).and_then(|found| found.modified()).ok();
        let is_fresh =
            |found: &&Found| found.changed == changed && found.at.elapsed() < RENAMED && found.log.exists();
        if let Some(found) = self.found.as_ref().filter(is_fresh) {
            return Ok(found.log.clone());
        }
        let log = self.find()?;
        self.found = Some(Found { log: log.clone(), changed, at: Instant::now() });
        Ok(log)
    }

    fn find(&self) -> Result<PathBuf, Trouble> {
        let folders = std::fs::read_dir(&self.containers).map_err(|error| self.unread(&error))?;
        let mut denied = None;
        let mut found: Vec<(SystemTime, PathBuf, String)> = Vec::new();
        for folder in folders.flatten() {
            let Ok(id) = folder.file_name().into_string() else { continue };
            let config = folder.path().join("config.v2.json");
            let text = match std::fs::read(&config) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    denied = Some(error);
                    continue;
                }
            };
            let Ok(noted) = serde_json::from_slice::<Noted>(&text) else { continue };
            let is_named = noted.name.trim_start_matches('/') == self.name;
            if is_named || (self.name.len() >= 12 && id.starts_with(&self.name)) {
                let changed = std::fs::metadata(&config).and_then(|found| found.modified());
                found.push((changed.unwrap_or(SystemTime::UNIX_EPOCH), folder.path(), id));
            }
        }
        found.sort();
        match (found.pop(), denied) {
            (Some((_, folder, id)), _) => log_in(&folder, &id, &self.name),
            (None, Some(error)) => Err(self.unread(&error)),
            (None, None) => {
                let why = format!("there is no container {} in {}", self.name, self.containers.display());
                Err(Trouble::new(TroubleKind::Absent, &why))
            }
        }
    }

    fn unread(&self, error: &std::io::Error) -> Trouble {
        let kind = match error.kind() {
            std::io::ErrorKind::PermissionDenied => TroubleKind::Denied,
            std::io::ErrorKind::NotFound => TroubleKind::Absent,
            _ => TroubleKind::Broken,
        };
        Trouble::new(
            kind,
            &format!("the containers in {} cannot be read: {error}", self.containers.display()),
        )
    }
}

/// The log in a container's folder, if it goes to a file.
fn log_in(folder: &Path, id: &str, name: &str) -> Result<PathBuf, Trouble> {
    let log = folder.join(format!("{id}-json.log"));
    if log.exists() {
        return Ok(log);
    }
    let host = std::fs::read(folder.join("hostconfig.json")).ok();
    let driver = host.and_then(|text| serde_json::from_slice::<Host>(&text).ok());
    match driver.map(|host| host.log_config.r#type) {
        Some(driver) if driver != "json-file" => {
            let why = format!("the container {name} logs to {driver}, not to a file; name that instead");
            Err(Trouble::new(TroubleKind::Misconfigured, &why))
        }
        // It has not written anything yet.
        Some(_) | None => Ok(log),
    }
}
