//! Opens the registry that a profile names.

use std::sync::Arc;

use super::out::complain;
use super::{Exit, Look, place, report, sources};
use crate::config::{self, Profile};
use crate::registry::mode::{Configured, Mode};
use crate::registry::reference::Reference;
use crate::registry::report::TagReport;
use crate::runtime::stores;
use crate::sources::bucket::scan::{Hashing, ScanOptions};
use crate::sources::look::Looking;
use crate::sources::registry_api::{Client, Credentials, Settings};
use crate::storage::ObjectStore;
use crate::storage::layers::Requests;

/// One registry, opened for looking.
pub struct Registry {
    pub store: Arc<dyn ObjectStore>,
    /// Counts every request to the store.
    pub requests: Requests,
    pub looking: Arc<Looking>,
    /// Where the registry itself is, if that is known.
    pub address: Option<String>,
}

impl Registry {
    /// Opens the store of `profile`.
    ///
    /// # Errors
    ///
    /// The store cannot be opened; why has been said.
    pub async fn open(profile: &Profile, look: &Look) -> Result<Self, Exit> {
        let (url, open) = place::store(&profile.bucket);
        let requests = open.requests.clone();
        let store = stores::open(&url, &open).await.map_err(|error| {
            complain(&format!("{url} cannot be opened: {error}"));
            match error {
                stores::OpenError::Usage(_) => Exit::Usage,
                stores::OpenError::Store(_) => Exit::Unread,
            }
        })?;
        let hashing = if look.bytes { Hashing::All } else { Hashing::Suspects };
        let address = profile.registry.url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        Ok(Self { store, requests, looking: looking(profile, hashing)?, address })
    }

    /// Where it is, for the commands of its cures.
    pub fn place(&self) -> report::Place<'_> {
        report::Place { store: self.store.url(), registry: self.address.as_deref() }
    }

    /// Where the truth about tags is.
    pub async fn mode(&self) -> Mode {
        self.looking.mode(self.store.as_ref()).await
    }

    /// The verdict on one reference.
    pub async fn look(&self, reference: &Reference) -> TagReport {
        self.looking.look(self.store.as_ref(), reference).await
    }
}

/// How the registry of `profile` is looked at.
///
/// # Errors
///
/// The registry's address is none; this has been said.
pub fn looking(profile: &Profile, hashing: Hashing) -> Result<Arc<Looking>, Exit> {
    let options = ScanOptions { settle: profile.settle.unsigned_abs(), hashing, ..ScanOptions::default() };
    let configured = match profile.registry.mode {
        config::Mode::Auto => Configured::Auto,
        config::Mode::Files => Configured::Files,
        config::Mode::Database => Configured::Database,
    };
    Ok(Looking::new(options, configured, client(profile)?))
}

/// The registry's own API, if the profile names its address.
fn client(profile: &Profile) -> Result<Option<Client>, Exit> {
    let Some(url) = profile.registry.url.clone() else { return Ok(None) };
    let password = profile.registry.password.clone().map(sources::password);
    let credentials = profile.registry.username.clone().zip(password);
    let credentials = credentials.map(|(username, password)| Credentials { username, password });
    Client::new(Settings { credentials, ..Settings::at(url) }).map(Some).map_err(|error| {
        complain(&error.to_string());
        Exit::Usage
    })
}
