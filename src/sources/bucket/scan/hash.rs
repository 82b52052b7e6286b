//! Hashes a blob, a piece at a time.

use super::look::{Eye, Seen, unchanged};
use crate::registry::chain::Hash;
use crate::registry::digest::{Digest, Hasher};
use crate::registry::layout::Key;
use crate::storage::{Entry, Result};

/// Bytes of a blob that are read at once for hashing.
const HASH_READ: u64 = 8 * 1024 * 1024;
/// Blobs that are hashed side by side: each holds [`HASH_READ`] bytes.
pub(super) const HASHED_AT_ONCE: usize = 8;

impl Eye<'_> {
    /// Whether the bytes at `at` hash to `digest`; `size` as the store says.
    pub async fn hash(&self, at: &Digest, digest: &Digest, size: Option<u64>) -> Seen<Hash> {
        if size == Some(0) {
            let what = if digest.matches(&[]) { Hash::Right } else { Hash::Wrong };
            return Seen { what, trips: 0 };
        }
        let key = Key::BlobData { digest: at.clone() }.path();
        let Ok(_turn) = self.hashing.acquire().await else {
            return Seen { what: Hash::Unread("hashing was stopped".to_owned()), trips: 0 };
        };
        let mut trips = 0;
        let what = match self.hash_of(&key, digest, &mut trips).await {
            Ok(found) if found == *digest => Hash::Right,
            Ok(_) => Hash::Wrong,
            Err(error) => Hash::Unread(error.to_string()),
        };
        Seen { what, trips }
    }

    async fn hash_of(&self, key: &str, digest: &Digest, trips: &mut u32) -> Result<Digest> {
        let mut hasher = Hasher::new(digest.algorithm());
        let (mut first, mut at) = (None::<Entry>, 0);
        loop {
            *trips += 1;
            let object = self.read(key, at, at + HASH_READ).await?;
            unchanged(key, first.get_or_insert_with(|| object.entry.clone()), &object.entry)?;
            hasher.update(&object.bytes);
            at += object.bytes.len() as u64;
            let ends = object.entry.size.map_or((object.bytes.len() as u64) < HASH_READ, |size| at >= size);
            if ends {
                return Ok(hasher.finish());
            }
        }
    }
}
