//! Tells a missing object from a missing bucket: both are status 404.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;
use super::place::Place;
use crate::storage::{ErrorKind, Result, StoreError};

/// Whether the bucket was ever seen to exist.
#[derive(Default)]
pub struct Witness {
    seen: AtomicBool,
}

impl Witness {
    /// What an answer about the object `key` means. Before the first success a 404 is held against `look`, a listing
    /// of the bucket.
    pub async fn object<T>(
        &self,
        key: &str,
        place: &Place,
        answer: std::result::Result<T, Failure>,
        look: impl Future<Output = std::result::Result<(), Failure>> + Send,
    ) -> Result<T> {
        let failure = match answer {
            Ok(answer) => {
                self.seen.store(true, Ordering::Relaxed);
                return Ok(answer);
            }
            Err(failure) => failure,
        };
        if !failure.is_status(404) {
            return Err(failure.at(key));
        }
        if failure.names_no_bucket() {
            return Err(no_bucket(key, place));
        }
        if !self.seen.load(Ordering::Relaxed) {
            self.look_for_bucket(key, place, look.await)?;
        }
        Err(failure.at(key))
    }

    fn look_for_bucket(
        &self,
        key: &str,
        place: &Place,
        listed: std::result::Result<(), Failure>,
    ) -> Result<()> {
        match listed {
            Err(failure) if failure.is_status(404) => return Err(no_bucket(key, place)),
            // Only an existing bucket can refuse to be listed.
            Ok(()) | Err(Failure::Refused { status: 403, .. }) => self.seen.store(true, Ordering::Relaxed),
            Err(failure) => return Err(failure.at(key)),
        }
        Ok(())
    }

    /// What an answer to a listing means: a prefix is never missing, only the bucket can be.
    pub fn listing<T>(
        &self,
        prefix: &str,
        place: &Place,
        answer: std::result::Result<T, Failure>,
    ) -> Result<T> {
        match answer {
            Ok(answer) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(answer)
            }
            Err(failure) if failure.is_status(404) => Err(no_bucket(prefix, place)),
            Err(failure) => Err(failure.at(prefix)),
        }
    }
}

fn no_bucket(key: &str, place: &Place) -> StoreError {
    let detail = format!("there is no bucket \"{}\"; check the name in {}", place.bucket(), place.url());
    StoreError::new(ErrorKind::Denied, key, detail)
}
