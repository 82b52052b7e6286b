//! Looks into a store for the marks that tell where the registry keeps its metadata.

use crate::{
    registry::{
        layout::LOCKFILES,
        mode::{Claim, Configured, Evidence, Lock, Lockfile, Mode, decide},
    },
    storage::{Delimiter, ObjectStore, StoreError},
};

/// Decides where the metadata is, from the configuration, the store's lock files (one request) and what the
/// registry itself claims, if it was asked.
pub async fn detect(store: &dyn ObjectStore, configured: Configured, claim: Claim) -> Mode {
    let [database_lock, filesystem_lock] = locks(store).await;
    decide(&Evidence { configured, database_lock, filesystem_lock, claim })
}

/// What is there of the lock files: for a database, for the file system.
async fn locks(store: &dyn ObjectStore) -> [Lock; 2] {
    match lockfiles(store).await {
        Ok(present) => [Lockfile::Database, Lockfile::Filesystem].map(|file| match present.contains(&file) {
            true => Lock::Present,
            false => Lock::Absent,
        }),
        Err(error) => [Lock::Unread(error.to_string()), Lock::Unread(error.to_string())],
    }
}

/// The lock files that are there.
///
/// # Errors
/// Says what could not be listed: then nothing is known.
pub async fn lockfiles(store: &dyn ObjectStore) -> Result<Vec<Lockfile>, StoreError> {
    let mut present = Vec::new();
    let mut token = None;
    loop {
        let page = match store.list(LOCKFILES, Delimiter::Slash, token.as_ref()).await {
            Err(error) if error.is_gone() => return Ok(present),
            answer => answer?,
        };
        if let Some(error) = page.unread.into_iter().next() {
            return Err(error);
        }
        let name = |key: &str| key.strip_prefix(LOCKFILES).and_then(Lockfile::named);
        present.extend(page.entries.iter().filter_map(|entry| name(&entry.key)));
        if page.next.is_none() || present.len() == Lockfile::ALL.len() {
            return Ok(present);
        }
        token = page.next;
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use bytes::Bytes;

    use super::*;
    use crate::storage::{
        Attributes, Entry, ErrorKind, Object, Page, PageToken, Result, Version, filesystem::Filesystem,
    };

    /// A store that nothing can be had from.
    struct Down;

    fn refused<T>(key: &str) -> Result<T> {
        Err(StoreError::new(ErrorKind::Unreachable, key, "connection refused"))
    }

    #[async_trait::async_trait]
    impl ObjectStore for Down {
        fn url(&self) -> &str {
            "down://"
        }
        async fn list(&self, prefix: &str, _: Delimiter, _: Option<&PageToken>) -> Result<Page> {
            refused(prefix)
        }
        async fn read(&self, key: &str, _: Option<Range<u64>>) -> Result<Object> {
            refused(key)
        }
        async fn stat(&self, key: &str) -> Result<Entry> {
            refused(key)
        }
        async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
            refused(key)
        }
        async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
            refused(key)
        }
        async fn delete(&self, key: &str, _: &Version) -> Result<()> {
            refused(key)
        }
        async fn now(&self) -> Result<jiff::Timestamp> {
            refused("")
        }
    }

    fn store(files: &[&str]) -> (tempfile::TempDir, Filesystem) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("docker/registry/v2")).unwrap();
        for file in files {
            let path = folder.path().join(LOCKFILES).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, br#"{"version":1}"#).unwrap();
        }
        let store = Filesystem::open(folder.path()).unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn lock_files_in_the_store_tell_the_mode() {
        for (files, mode) in [
            (&[][..], Mode::FileMetadata),
            (&["something-else"], Mode::FileMetadata),
            (&["filesystem-in-use"], Mode::FileMetadata),
            (&["database-in-use"], Mode::MetadataDatabase),
        ] {
            let (_folder, store) = store(files);
            assert_eq!(detect(&store, Configured::Auto, Claim::NotAsked).await, mode, "{files:?}");
        }
        let (_folder, store) = store(&["database-in-use", "filesystem-in-use"]);
        let mode = detect(&store, Configured::Auto, Claim::NotAsked).await;
        assert!(matches!(mode, Mode::Unknown { why } if why.contains("both lock files")));
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_leaves_the_mode_unknown() {
        let mode = detect(&Down, Configured::Auto, Claim::NotAsked).await;
        assert!(matches!(mode, Mode::Unknown { why } if why.contains("could not be looked for")));
        assert_eq!(detect(&Down, Configured::Database, Claim::NotAsked).await, Mode::MetadataDatabase);
    }
}
