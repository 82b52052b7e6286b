//! A full disk, a read-only one and missing rights: nothing is half written, and the error says why.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::{Delimiter, ErrorKind, ObjectStore, StoreError};
use tempfile::TempDir;

use crate::filesystem::as_nobody;
use crate::laws::keys;

/// A file system of 64 KiB that goes away when dropped; none where this user may not mount one.
struct Small(TempDir);

impl Small {
    fn new() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(folder.path()).output();
        let small = mounted.is_ok_and(|done| done.status.success()).then(|| Self(folder));
        if small.is_none() {
            println!("skipped: this user may not mount a small file system");
        }
        small
    }

    fn remount_read_only(&self) {
        assert!(
            Command::new("mount").args(["-o", "remount,ro"]).arg(self.0.path()).status().unwrap().success()
        );
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn unfinished(root: &Path) -> usize {
    fs::read_dir(root.join(".quarterdeck/tmp")).map_or(0, Iterator::count)
}

fn assert_denied<T: std::fmt::Debug>(answer: Result<T, StoreError>, words: &str) {
    let error = answer.unwrap_err();
    assert!(error.kind == ErrorKind::Denied && error.detail.contains(words), "{error}");
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_half_written() {
    let Some(small) = Small::new() else { return };
    let store = Filesystem::open(small.0.path()).unwrap();
    let old = store.create("a/link", Bytes::from_static(b"old"), None).await.unwrap();
    let large = Bytes::from(vec![7; 100_000]);
    assert_denied(store.create("b/c/link", large.clone(), None).await, "no space left");
    assert_denied(store.replace("a/link", large, &old.version).await, "no space left");
    assert_eq!(keys(&store, "", Delimiter::None).await, ["a/link"]);
    assert!(!small.0.path().join("b").exists(), "no folder stays behind either");
    assert_eq!((store.stat("a/link").await, unfinished(small.0.path())), (Ok(old), 0));
}

#[tokio::test]
async fn a_disk_that_became_read_only_refuses_in_words() {
    let Some(small) = Small::new() else { return };
    let store = Filesystem::open(small.0.path()).unwrap();
    let old = store.create("a/link", Bytes::from_static(b"old"), None).await.unwrap();
    let gone = store.create("a/gone", Bytes::from_static(b"old"), None).await.unwrap();
    store.delete("a/gone", &gone.version).await.unwrap();
    fs::create_dir(small.0.path().join("empty")).unwrap();
    small.remount_read_only();
    assert_denied(store.create("b", Bytes::new(), None).await, "mounted read-only");
    assert_denied(store.replace("a/link", Bytes::new(), &old.version).await, "mounted read-only");
    assert_denied(store.delete("a/link", &old.version).await, "mounted read-only");
    assert_denied(store.undelete("a/gone", &gone.version).await, "mounted read-only");
    assert_denied(store.remove_folder("empty/").await, "mounted read-only");
    assert_denied(store.make_folder("new/", None).await, "mounted read-only");
    assert_eq!(store.stat("a/link").await, Ok(old));
}

#[tokio::test]
async fn a_folder_on_another_mount_is_refused() {
    let Some(small) = Small::new() else { return };
    let root = TempDir::new().unwrap();
    let inner = root.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let bound = Command::new("mount").arg("--bind").arg(small.0.path()).arg(&inner).status().unwrap();
    assert!(bound.success());
    fs::write(inner.join("link"), b"x").unwrap();
    let store = Filesystem::open(root.path()).unwrap();
    let version = store.stat("inner/link").await.unwrap().version;
    let (deleted, created) =
        (store.delete("inner/link", &version).await, store.create("inner/new", Bytes::new(), None).await);
    let removed = store.remove_folder("inner/").await;
    assert!(Command::new("umount").arg(&inner).status().unwrap().success());
    assert_denied(deleted, "another file system");
    assert_denied(created, "another file system");
    assert!(matches!(removed.unwrap_err().kind, ErrorKind::Denied | ErrorKind::Changed));
    assert!(small.0.path().join("link").exists() && !small.0.path().join("new").exists());
    let deleted = root.path().join(".quarterdeck/deleted");
    assert_eq!((unfinished(root.path()), fs::read_dir(deleted).unwrap().count()), (0, 0));
}

#[tokio::test]
async fn who_may_not_give_a_file_its_owner_back_writes_nothing() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can prepare a file of somebody else");
        return;
    }
    let root = TempDir::new().unwrap();
    chown(root.path(), Some(65534), Some(65534)).unwrap();
    fs::write(root.path().join("theirs"), b"x").unwrap();
    chown(root.path().join("theirs"), Some(12), Some(34)).unwrap();
    let store = Filesystem::open(root.path()).unwrap();
    let (created, made) = as_nobody(async || {
        let noted = store.attributes("theirs").await.unwrap();
        let folder = quarterdeck::storage::Attributes(r#"{"mode":"0755","uid":12,"gid":34}"#.to_owned());
        (
            store.create("new/link", Bytes::new(), Some(&noted)).await,
            store.make_folder("new/", Some(&folder)).await,
        )
    });
    assert_denied(created, "user 12 and group 34");
    assert_denied(made, "user 12 and group 34");
    assert!(!root.path().join("new").exists());
    assert_eq!(unfinished(root.path()), 0);
}

#[tokio::test]
async fn missing_rights_are_told_and_change_nothing() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can take rights away from a test of its own");
        return;
    }
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("d")).unwrap();
    fs::write(root.path().join("d/link"), b"x").unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let store = Filesystem::open(root.path()).unwrap();
    let version = store.stat("d/link").await.unwrap().version;
    let (deleted, replaced, removed, made) = as_nobody(async || {
        (
            store.delete("d/link", &version).await,
            store.replace("d/link", Bytes::new(), &version).await,
            store.remove_folder("d/").await,
            store.make_folder("d/new/", None).await,
        )
    });
    assert_denied(deleted, "no permission");
    assert_denied(replaced, "belong to user 0");
    assert!(matches!(removed.unwrap_err().kind, ErrorKind::Denied | ErrorKind::Changed));
    assert_denied(made, "belong to user 0");
    assert_eq!(store.stat("d/link").await.unwrap().version, version);
    let own = root.path().join(".quarterdeck");
    assert_eq!((unfinished(root.path()), fs::read_dir(own.join("deleted")).unwrap().count()), (0, 0));
}
