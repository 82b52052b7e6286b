//! How a registry is looked at: by its files, or through its API where a database holds the truth.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::out::complain;
use super::{Exit, Look, place};
use crate::config::{self, Profile, Secret};
use crate::model::{TagState, Unread};
use crate::registry::layout::LOCKFILES;
use crate::registry::mode::{Claim, Configured, Mode};
use crate::registry::reference::Reference;
use crate::registry::report::TagReport;
use crate::runtime::stores;
use crate::sources::bucket::mode::detect;
use crate::sources::bucket::scan::{Hashing, ScanOptions, scan};
use crate::sources::registry_api::{Client, Credentials, Password, Settings};
use crate::storage::ObjectStore;
use crate::storage::layers::Requests;

/// What the bucket alone can say about a tag that is not in it.
const IN_DATABASE: &str =
    "a metadata database holds this registry's tags; the bucket alone says nothing about them";

/// One registry, opened for looking.
pub struct Registry {
    pub store: Arc<dyn ObjectStore>,
    pub options: ScanOptions,
    /// Counts every request to the store.
    pub requests: Requests,
    /// The registry itself, where its address is known.
    client: Option<Client>,
    configured: Configured,
    mode: OnceCell<Mode>,
}

impl Registry {
    /// Opens the store of `profile`.
    ///
    /// # Errors
    ///
    /// The store cannot be opened; why has been said.
    pub async fn open(profile: &Profile, look: &Look) -> Result<Self, Exit> {
        let (url, open) = place::store(&profile.bucket);
        let hashing = if look.bytes { Hashing::All } else { Hashing::Suspects };
        let options =
            ScanOptions { settle: profile.settle.unsigned_abs(), hashing, ..ScanOptions::default() };
        let requests = open.requests.clone();
        let store = stores::open(&url, &open).await.map_err(|error| {
            complain(&format!("{url} cannot be opened: {error}"));
            match error {
                stores::OpenError::Usage(_) => Exit::Usage,
                stores::OpenError::Store(_) => Exit::Unread,
            }
        })?;
        let configured = match profile.registry.mode {
            config::Mode::Auto => Configured::Auto,
            config::Mode::Files => Configured::Files,
            config::Mode::Database => Configured::Database,
        };
        let client = client(profile)?;
        Ok(Self { store, options, requests, client, configured, mode: OnceCell::new() })
    }

    /// Where the truth about tags is; looked up once.
    pub async fn mode(&self) -> &Mode {
        let find_out = || async { detect(self.store.as_ref(), self.configured, self.claim().await).await };
        self.mode.get_or_init(find_out).await
    }

    /// What the registry itself says about where the truth is.
    async fn claim(&self) -> Claim {
        match &self.client {
            None => Claim::NotAsked,
            Some(client) => {
                let answer = client.ping().await;
                answer.map_or_else(|error| Claim::Unread(error.to_string()), |ping| ping.database)
            }
        }
    }

    /// The verdict on one reference. Nobody waits for the mode: most registries keep files, so the files are looked
    /// at meanwhile.
    pub async fn look(&self, reference: &Reference) -> TagReport {
        let (mode, report) = tokio::join!(self.mode(), self.look_at_files(reference));
        match mode {
            Mode::FileMetadata => report,
            Mode::MetadataDatabase => unknown(reference, IN_DATABASE),
            Mode::Unknown { why } => unknown(reference, why),
        }
    }

    /// The first reading of a reference, and the other one where there is nothing by the first.
    async fn look_at_files(&self, reference: &Reference) -> TagReport {
        let report = scan(self.store.as_ref(), reference, &self.options).await;
        match (&reference.other_reading, report.state) {
            (Some(other), TagState::Absent) => {
                let second = scan(self.store.as_ref(), other, &self.options).await;
                if second.state == TagState::Absent { report } else { second }
            }
            (Some(_) | None, _) => report,
        }
    }
}

/// The registry's own API, if the profile names its address.
fn client(profile: &Profile) -> Result<Option<Client>, Exit> {
    let Some(url) = profile.registry.url.clone() else { return Ok(None) };
    let password = profile.registry.password.clone().map(|secret| match secret {
        Secret::File(path) => Password::File(path),
        Secret::Environment(name) => Password::Environment(name),
    });
    let credentials = profile.registry.username.clone().zip(password);
    let credentials = credentials.map(|(username, password)| Credentials { username, password });
    Client::new(Settings { credentials, ..Settings::at(url) }).map(Some).map_err(|error| {
        complain(&error.to_string());
        Exit::Usage
    })
}

/// Nothing can be said about a tag before it is known where its truth is.
fn unknown(reference: &Reference, why: &str) -> TagReport {
    let unread = Unread { object: LOCKFILES.to_owned(), why: why.to_owned() };
    TagReport { unread: vec![unread], ..TagReport::of(reference) }
}
