//! Looks at tags where their truth is: in the bucket's files, or behind the registry's API where a database holds it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::model::{TagState, Unread};
use crate::registry::layout::LOCKFILES;
use crate::registry::mode::{Claim, Configured, Mode};
use crate::registry::reference::Reference;
use crate::registry::report::TagReport;
use crate::sources::bucket::mode::detect;
use crate::sources::bucket::scan::{ScanOptions, database, scan};
use crate::sources::registry_api::Client;
use crate::storage::ObjectStore;

/// What to do where the registry's own API is needed and its address is not known.
const NO_ADDRESS: &str = "a metadata database holds this registry's tags, so they are asked of the registry: set \
                          url in the profile's registry section, or QUARTERDECK_REGISTRY_URL";

/// How long an undecided mode stands before it is found out again.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// How one registry is looked at. A decided mode is found out once and kept.
pub struct Looking {
    pub options: ScanOptions,
    configured: Configured,
    /// The registry's own API, where its address is known.
    client: Option<Client>,
    found: Mutex<Option<Found>>,
}

/// The mode as it was found out last.
struct Found {
    mode: Mode,
    at: Instant,
}

impl Found {
    fn stands(&self) -> bool {
        !matches!(self.mode, Mode::Unknown { .. }) || self.at.elapsed() < ASK_AGAIN
    }
}

impl Looking {
    /// With this mode and address from the profile.
    pub fn new(options: ScanOptions, configured: Configured, client: Option<Client>) -> Arc<Self> {
        Arc::new(Self { options, configured, client, found: Mutex::default() })
    }

    /// Where the truth about tags is.
    pub async fn mode(&self, store: &dyn ObjectStore) -> Mode {
        let mut found = self.found.lock().await;
        if let Some(found) = found.as_ref().filter(|found| found.stands()) {
            return found.mode.clone();
        }
        let mode = detect(store, self.configured, self.claim().await).await;
        *found = Some(Found { mode: mode.clone(), at: Instant::now() });
        mode
    }

    /// The same by the configuration and the store alone: nobody else is asked.
    pub async fn mode_by_store(&self, store: &dyn ObjectStore) -> Mode {
        detect(store, self.configured, Claim::NotAsked).await
    }

    /// The same, found out now whatever was found out before.
    pub async fn mode_afresh(&self, store: &dyn ObjectStore) -> Mode {
        self.found.lock().await.take();
        self.mode(store).await
    }

    /// The registry's own API, where its address is known.
    pub const fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// The mode, if it has been decided already.
    fn decided(&self) -> Option<Mode> {
        let found = self.found.try_lock().ok()?;
        found.as_ref().filter(|found| found.stands()).map(|found| found.mode.clone())
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

    /// The verdict on one reference, by its first reading, or by the other one where there is nothing by the first.
    pub async fn look(&self, store: &dyn ObjectStore, reference: &Reference) -> TagReport {
        let report = self.look_once(store, reference).await;
        match (&reference.other_reading, report.state) {
            (Some(other), TagState::Absent) => {
                let second = self.look_once(store, other).await;
                if second.state == TagState::Absent { report } else { second }
            }
            (Some(_) | None, TagState::Whole | TagState::Broken | TagState::Unknown)
            | (None, TagState::Absent) => report,
        }
    }

    /// Most registries keep files, so those are looked at while the mode is still being found out.
    async fn look_once(&self, store: &dyn ObjectStore, reference: &Reference) -> TagReport {
        if let (Some(Mode::MetadataDatabase), Some(client)) = (self.decided(), &self.client) {
            return database::scan(client, store, reference, &self.options).await;
        }
        let (mode, report) = tokio::join!(self.mode(store), scan(store, reference, &self.options));
        match (mode, &self.client) {
            (Mode::FileMetadata, _) => report,
            (Mode::MetadataDatabase, Some(client)) => {
                database::scan(client, store, reference, &self.options).await
            }
            (Mode::MetadataDatabase, None) => unknown(reference, NO_ADDRESS),
            (Mode::Unknown { why }, _) => undecided(report, reference, &why),
        }
    }
}

/// Nothing can be said about a tag before it is known where its truth is.
fn unknown(reference: &Reference, why: &str) -> TagReport {
    let unread = Unread { object: LOCKFILES.to_owned(), why: why.to_owned() };
    TagReport { unread: vec![unread], ..TagReport::of(reference) }
}

/// The same, keeping what could not be read of the tag itself: that comes first to whoever mends it.
fn undecided(seen: TagReport, reference: &Reference, why: &str) -> TagReport {
    let mut report = unknown(reference, why);
    if seen.state == TagState::Unknown {
        report.unread.splice(..0, seen.unread);
    }
    TagReport { requests: seen.requests, trips: seen.trips, ..report }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_no_mode_the_tags_own_unread_object_comes_first_and_no_verdict_stands() {
        let reference = Reference::parse("g/p:v1").unwrap();
        let unread = |object: &str| Unread { object: object.to_owned(), why: "denied".to_owned() };
        for (state, objects) in [
            (TagState::Unknown, vec!["current/link", LOCKFILES]),
            (TagState::Broken, vec![LOCKFILES]),
            (TagState::Whole, vec![LOCKFILES]),
        ] {
            let seen = TagReport {
                state,
                unread: vec![unread("current/link")],
                requests: 3,
                trips: 1,
                ..TagReport::of(&reference)
            };
            let report = undecided(seen, &reference, "the lock files could not be read");
            assert_eq!((report.state, report.requests, report.trips), (TagState::Unknown, 3, 1));
            let named: Vec<&str> = report.unread.iter().map(|unread| unread.object.as_str()).collect();
            assert_eq!(named, objects, "{state:?}");
        }
    }
}
