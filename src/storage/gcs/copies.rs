//! Keeps what is to be deleted, and brings back what was, without moving bytes through this machine.

use super::attributes::Look;
use super::bucket::{Bucket, Wire};
use super::failure::{Answer, Failure};
use crate::storage::Entry;

/// Calls of one copy that may pass without any further byte.
const STALLED: u32 = 20;

/// Which state of an object is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The live one.
    Live,
    /// This generation, which may be live or noncurrent.
    Generation(i64),
    /// This generation, which was soft-deleted.
    SoftDeleted(i64),
}

/// An object with what comes back with its bytes.
#[derive(Clone, Debug)]
pub struct Whole {
    pub entry: Entry,
    pub look: Look,
}

/// A copy to a name where there is no object.
#[derive(Clone, Debug)]
pub struct Copying<'a> {
    pub from: &'a str,
    /// The live object only while it is in this generation, if `live`; else just this generation.
    pub generation: i64,
    pub live: bool,
    pub to: &'a str,
    pub look: &'a Look,
    /// Where to go on; empty at the start.
    pub token: String,
}

/// How far a copy has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    Done(Entry),
    /// So many bytes, and where to go on.
    Partly(u64, String),
}

impl<W: Wire> Bucket<W> {
    /// Copies the live object `name`, in this generation, to the name `kept`, unless it is there.
    pub(super) async fn keep_as(&self, name: &str, generation: i64, kept: &str) -> Answer<()> {
        let whole = self.wire.look(name, State::Live).await?;
        if whole.entry.version.0 != generation.to_string() {
            let message = format!("the object is now generation {}, not {generation}", whole.entry.version.0);
            return Err(Failure::Refused { status: 412, message, retry_after: None });
        }
        match self.wire.describe(kept).await {
            Ok(there) if same_bytes(&there, &whole.entry) => return Ok(()),
            Err(failure) if !failure.is_status(404) => return Err(failure),
            Ok(_) | Err(_) => {}
        }
        let copy =
            Copying { from: name, generation, live: true, to: kept, look: &whole.look, token: String::new() };
        self.copied(copy, &whole.entry).await.map(drop)
    }

    /// Brings back this generation from where the bucket still has it: soft-deleted, noncurrent, or at `kept`.
    pub(super) async fn bring_back(&self, name: &str, generation: i64, kept: &str) -> Answer<Entry> {
        let refused = match self.wire.restore(name, generation).await {
            Err(failure) if is_no_help(&failure) => failure,
            answer => return answer,
        };
        match self.wire.describe(name).await {
            Ok(live) => return self.stands_already(live, name, generation, kept).await,
            Err(failure) if failure.is_status(404) => {}
            Err(failure) => return Err(failure),
        }
        for (from, state) in [(name, State::Generation(generation)), (kept, State::Live)] {
            match self.wire.look(from, state).await {
                Ok(whole) => return self.copy_back(from, name, &whole).await,
                Err(failure) if failure.is_status(404) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(match refused {
            Failure::Refused { status: 403, .. } => refused,
            Failure::Refused { message, retry_after, .. } => {
                let message = format!("the bucket keeps no generation {generation} any more: {message}");
                Failure::Refused { status: 404, message, retry_after }
            }
            failed @ Failure::Failed(..) => failed,
        })
    }

    async fn copy_back(&self, from: &str, name: &str, whole: &Whole) -> Answer<Entry> {
        let generation = whole.entry.version.0.parse().map_err(|_| Failure::broken("no generation"))?;
        let copy =
            Copying { from, generation, live: false, to: name, look: &whole.look, token: String::new() };
        self.copied(copy, &whole.entry).await
    }

    /// What stands there, if it is what was to be brought back: in that very generation, or with the same bytes.
    async fn stands_already(&self, live: Entry, name: &str, generation: i64, kept: &str) -> Answer<Entry> {
        if live.version.0 == generation.to_string() {
            return Ok(live);
        }
        let states = [
            (name, State::SoftDeleted(generation)),
            (name, State::Generation(generation)),
            (kept, State::Live),
        ];
        for (from, state) in states {
            match self.wire.look(from, state).await {
                Ok(whole) if same_bytes(&whole.entry, &live) => return Ok(live),
                Err(failure) if !is_no_help(&failure) => return Err(failure),
                Ok(_) | Err(_) => {}
            }
        }
        let message = format!("generation {} is there by now", live.version.0);
        Err(Failure::Refused { status: 412, message, retry_after: None })
    }

    /// Copies to the end, however many calls it takes.
    async fn copied(&self, mut copy: Copying<'_>, source: &Entry) -> Answer<Entry> {
        let (mut bytes, mut stalled) = (0, 0);
        loop {
            match self.wire.copy(&copy).await? {
                Copied::Done(entry) if same_bytes(&entry, source) => return Ok(entry),
                Copied::Done(_) => return Err(Failure::broken("the copy differs from its source")),
                Copied::Partly(now, token) => {
                    stalled = if now > bytes { 0 } else { stalled + 1 };
                    if token.is_empty() || stalled > STALLED {
                        return Err(Failure::broken(format!("the copy goes on for ever at {now} bytes")));
                    }
                    (bytes, copy.token) = (now, token);
                }
            }
        }
    }
}

/// Whether the server says only that it cannot bring back this generation in this way.
fn is_no_help(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused { status: 400 | 403 | 404 | 405 | 412 | 501, .. })
        && !failure.names_no_bucket()
}

/// Whether sizes and checksums are the same; objects without checksums are not known to be the same.
fn same_bytes(one: &Entry, other: &Entry) -> bool {
    one.size == other.size && one.checksum.is_some() && one.checksum == other.checksum
}
