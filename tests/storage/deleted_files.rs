//! What was deleted from a folder comes back to the byte, whoever wrote to it and wherever this program died.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proptest::prelude::*;
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::{Aftermath, Attributes, Delimiter, Entry, ErrorKind, ObjectStore, Version};
use tempfile::TempDir;

const KEY: &str = "docker/tag/current/link";

/// A tree with one link in it.
struct Tree {
    root: TempDir,
    store: Filesystem,
}

impl Tree {
    fn new() -> Self {
        let root = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let store = Filesystem::open(root.path()).unwrap();
        let tree = Self { root, store };
        tree.write(KEY, b"old");
        tree
    }

    fn at(&self, key: &str) -> PathBuf {
        self.root.path().join(key)
    }

    fn write(&self, key: &str, bytes: &[u8]) {
        fs::create_dir_all(self.at(key).parent().unwrap()).unwrap();
        fs::write(self.at(key), bytes).unwrap();
    }

    fn read(&self, key: &str) -> String {
        fs::read_to_string(self.at(key)).unwrap()
    }

    async fn version(&self) -> Version {
        self.store.stat(KEY).await.unwrap().version
    }

    async fn delete(&self) -> Version {
        let version = self.version().await;
        self.store.delete(KEY, &version).await.unwrap();
        version
    }

    /// Files in our own folder.
    fn own(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.at(".quarterdeck")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for path in entries.map(|entry| entry.unwrap().path()) {
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }

    /// How many deleted files have a folder of their own.
    fn graves(&self) -> usize {
        fs::read_dir(self.at(".quarterdeck/deleted")).map_or(0, Iterator::count)
    }
}

/// What tells two trees apart: path, mode, owner, time and bytes of every file, and path, mode and owner of folders.
fn picture(root: &Path) -> Vec<String> {
    let mut seen = Vec::new();
    let mut paths = vec![root.to_owned()];
    while let Some(path) = paths.pop() {
        if path.ends_with(".quarterdeck") {
            continue;
        }
        let found = fs::symlink_metadata(&path).unwrap();
        let mut line = format!("{} {:o} {} {}", path.display(), found.mode(), found.uid(), found.gid());
        if found.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let bytes = fs::read(&path).unwrap();
            line.push_str(&format!(" {}.{} {bytes:?}", found.mtime(), found.mtime_nsec()));
        }
        seen.push(line);
    }
    seen.sort();
    seen
}

#[tokio::test]
async fn the_very_file_comes_back() {
    let tree = Tree::new();
    fs::set_permissions(tree.at(KEY), fs::Permissions::from_mode(0o604)).unwrap();
    let (before, inode) = (picture(tree.root.path()), fs::metadata(tree.at(KEY)).unwrap().ino());
    let version = tree.delete().await;
    assert!(!tree.at(KEY).exists());
    let entry = tree.store.undelete(KEY, &version).await.unwrap();
    assert_eq!(entry, tree.store.stat(KEY).await.unwrap());
    assert_eq!((picture(tree.root.path()), fs::metadata(tree.at(KEY)).unwrap().ino()), (before, inode));
    assert_eq!((tree.own().len(), tree.graves()), (0, 0), "nothing is left over");
}

#[tokio::test]
async fn a_listing_and_a_stat_name_the_same_deleted_file() {
    for by_listing in [true, false] {
        let tree = Tree::new();
        let told = tree.version().await;
        let listed = Version(told.0.split('#').next().unwrap().to_owned());
        let (one, other) = if by_listing { (listed, told) } else { (told, listed) };
        tree.store.delete(KEY, &one).await.unwrap();
        tree.store.undelete(KEY, &other).await.unwrap();
        assert_eq!(tree.read(KEY), "old");
    }
}

#[tokio::test]
async fn folders_that_went_meanwhile_are_made_again() {
    let tree = Tree::new();
    let version = tree.delete().await;
    for folder in ["docker/tag/current/", "docker/tag/", "docker/"] {
        tree.store.remove_folder(folder).await.unwrap();
    }
    tree.store.undelete(KEY, &version).await.unwrap();
    assert_eq!(tree.read(KEY), "old");
}

#[tokio::test]
async fn a_write_that_began_before_the_delete_is_put_back() {
    for (written, expected) in [(&b"pushed"[..], "pushed"), (b"new", "new"), (b"", "")] {
        let tree = Tree::new();
        let mut late = File::options().write(true).open(tree.at(KEY)).unwrap();
        let version = tree.delete().await;
        assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::Quiet), "nothing written yet");
        late.set_len(0).unwrap();
        late.write_all(written).unwrap();
        assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::PutBack));
        assert_eq!((tree.read(KEY).as_str(), tree.graves()), (expected, 0));
        // Whoever was cut off between truncating and writing finishes in the old place.
        late.write_all(b"!").unwrap();
        assert_eq!(tree.read(KEY), format!("{expected}!"));
        assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::Quiet));
    }
}

#[tokio::test]
async fn a_write_of_the_same_length_within_one_tick_is_seen() {
    let tree = Tree::new();
    let modified = fs::metadata(tree.at(KEY)).unwrap().modified().unwrap();
    let mut late = File::options().write(true).open(tree.at(KEY)).unwrap();
    let version = tree.delete().await;
    late.write_all(b"new").unwrap();
    late.set_modified(modified).unwrap();
    assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::PutBack));
    assert_eq!(tree.read(KEY), "new");
}

#[tokio::test]
async fn a_late_write_whose_place_is_taken_stays_aside_and_is_told() {
    let tree = Tree::new();
    let mut late = File::options().append(true).open(tree.at(KEY)).unwrap();
    let version = tree.delete().await;
    late.write_all(b" and late").unwrap();
    tree.write(KEY, b"pushed again");
    let Aftermath::Aside(place) = tree.store.look_again(KEY, &version).await.unwrap() else { panic!() };
    assert_eq!(
        (fs::read_to_string(place).unwrap().as_str(), tree.read(KEY).as_str()),
        ("old and late", "pushed again")
    );
}

#[tokio::test]
async fn what_was_written_to_after_it_was_deleted_is_not_taken_for_the_old_file() {
    let tree = Tree::new();
    let mut late = File::options().append(true).open(tree.at(KEY)).unwrap();
    let version = tree.delete().await;
    late.write_all(b" and late").unwrap();
    let error = tree.store.undelete(KEY, &version).await.unwrap_err();
    assert!(error.kind == ErrorKind::Changed && error.detail.contains("after it was deleted"), "{error}");
    assert!(!tree.at(KEY).exists());
}

/// Where the one deleted file lies.
fn place_of(tree: &Tree) -> PathBuf {
    let mut own = tree.own();
    assert_eq!(own.len(), 1);
    own.remove(0)
}

#[tokio::test]
async fn a_program_that_died_right_after_the_move_is_forgiven() {
    // Right after: the file is in its grave and nobody has written down that it is.
    let tree = Tree::new();
    let version = tree.delete().await;
    let after_the_restart = Filesystem::open(tree.root.path()).unwrap();
    assert_eq!(after_the_restart.look_again(KEY, &version).await, Ok(Aftermath::Quiet));
    after_the_restart.undelete(KEY, &version).await.unwrap();
    assert_eq!(tree.read(KEY), "old");
}

#[tokio::test]
async fn a_file_that_was_taken_by_mistake_goes_back_after_a_restart() {
    let tree = Tree::new();
    let version = tree.delete().await;
    let grave = place_of(&tree);
    // As if a push had replaced the file between the last look and the move.
    fs::remove_file(&grave).unwrap();
    fs::write(&grave, b"pushed").unwrap();
    assert_eq!(tree.store.undelete(KEY, &version).await.unwrap_err().kind, ErrorKind::Changed);
    assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::PutBack));
    assert_eq!((tree.read(KEY).as_str(), tree.graves()), ("pushed", 0));
}

#[tokio::test]
async fn a_program_that_died_before_the_move_leaves_an_empty_grave_that_does_no_harm() {
    let tree = Tree::new();
    let version = tree.delete().await;
    let grave = place_of(&tree);
    fs::rename(&grave, tree.at(KEY)).unwrap();
    assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::Quiet));
    assert_eq!(
        tree.store.undelete(KEY, &version).await.map(|entry| entry.size),
        Ok(Some(3)),
        "it stands there"
    );
    let now = tree.delete().await;
    tree.store.undelete(KEY, &now).await.unwrap();
    assert_eq!(tree.read(KEY), "old");
}

#[tokio::test]
async fn half_of_a_move_by_link_and_unlink_is_finished() {
    let tree = Tree::new();
    let version = tree.delete().await;
    let grave = place_of(&tree);
    // A file system without one-step moves: bringing back died after the link.
    fs::hard_link(&grave, tree.at(KEY)).unwrap();
    tree.store.undelete(KEY, &version).await.unwrap();
    assert_eq!((tree.read(KEY).as_str(), tree.graves()), ("old", 0));
    assert_eq!(fs::metadata(tree.at(KEY)).unwrap().nlink(), 1);
}

#[tokio::test]
async fn what_was_deleted_before_on_purpose_is_never_resurrected() {
    let tree = Tree::new();
    let yesterday = tree.delete().await;
    tree.write(KEY, b"pushed since");
    let today = tree.delete().await;
    for version in [&yesterday, &today] {
        assert_eq!(tree.store.look_again(KEY, version).await, Ok(Aftermath::Quiet));
    }
    assert!(!tree.at(KEY).exists());
    tree.store.undelete(KEY, &today).await.unwrap();
    assert_eq!(tree.read(KEY), "pushed since");
    assert_eq!(tree.store.undelete(KEY, &yesterday).await.unwrap_err().kind, ErrorKind::Changed);
}

#[tokio::test]
async fn a_push_into_a_file_that_was_replaced_is_not_lost() {
    let tree = Tree::new();
    let mut late = File::options().write(true).open(tree.at(KEY)).unwrap();
    let version = tree.version().await;
    tree.store.replace(KEY, Bytes::from_static(b"repaired"), &version).await.unwrap();
    assert_eq!(tree.store.look_again(KEY, &version).await, Ok(Aftermath::Quiet));
    late.write_all(b"pushed").unwrap();
    let Aftermath::Aside(place) = tree.store.look_again(KEY, &version).await.unwrap() else { panic!() };
    assert_eq!(
        (fs::read_to_string(place).unwrap().as_str(), tree.read(KEY).as_str()),
        ("pushed", "repaired")
    );
}

#[tokio::test]
async fn nothing_is_written_through_a_folder_that_is_a_link() {
    let tree = Tree::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("passwd"), b"root").unwrap();
    symlink(elsewhere.path(), tree.at("docker/evil")).unwrap();
    let key = "docker/evil/passwd";
    let version = tree.store.stat(key).await.unwrap().version;
    let refused = [
        tree.store.delete(key, &version).await,
        tree.store.replace(key, Bytes::new(), &version).await.map(drop),
        tree.store.create("docker/evil/new/link", Bytes::new(), None).await.map(drop),
        tree.store.keep(key, &version).await.map(drop),
        tree.store.undelete(key, &version).await.map(drop),
        tree.store.look_again(key, &version).await.map(drop),
        tree.store.make_folder("docker/evil/new/", None).await,
        tree.store.remove_folder("docker/evil/").await,
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(error.kind == ErrorKind::Denied && error.detail.contains("symbolic link"), "{error}");
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    assert!(tree.at("docker/evil").exists() && tree.own().is_empty());
}

#[tokio::test]
async fn folders_come_and_go_one_by_one() {
    let tree = Tree::new();
    let store = &tree.store;
    fs::set_permissions(tree.at("docker/tag"), fs::Permissions::from_mode(0o2751)).unwrap();
    let noted = store.attributes("docker/tag/").await.unwrap();
    assert_eq!(store.remove_folder("docker/tag/").await.unwrap_err().kind, ErrorKind::Changed);
    tree.delete().await;
    store.remove_folder("docker/tag/current/").await.unwrap();
    store.remove_folder("docker/tag/").await.unwrap();
    assert_eq!(store.remove_folder("docker/tag/").await.unwrap_err().kind, ErrorKind::Gone);
    store.make_folder("docker/tag/", Some(&noted)).await.unwrap();
    assert_eq!(store.make_folder("docker/tag/", Some(&noted)).await.unwrap_err().kind, ErrorKind::Changed);
    assert_eq!(store.attributes("docker/tag/").await.unwrap(), noted);
    store.make_folder("docker/tag/a/b/", None).await.unwrap();
    assert_eq!(
        fs::metadata(tree.at("docker/tag/a/b")).unwrap().mode() & 0o7777,
        0o2751,
        "like the one above"
    );
    for bad in ["", "docker", ".quarterdeck/", ".quarterdeck/deleted/", "../", "docker//"] {
        assert_eq!(store.remove_folder(bad).await.unwrap_err().kind, ErrorKind::Denied, "{bad}");
        assert_eq!(store.make_folder(bad, None).await.unwrap_err().kind, ErrorKind::Denied, "{bad}");
    }
    tree.write("docker/file", b"");
    for below in ["docker/file/", "docker/file/x/"] {
        assert_eq!(store.remove_folder(below).await.unwrap_err().kind, ErrorKind::Gone, "{below}");
    }
    assert_eq!(store.make_folder("docker/file/", None).await.unwrap_err().kind, ErrorKind::Changed);
    assert_eq!(fs::read_dir(tree.at(".quarterdeck/tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_is_written_with_the_mode_owner_and_time_it_had() {
    let tree = Tree::new();
    let times =
        fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH + std::time::Duration::new(1_700_000_000, 5));
    File::options().write(true).open(tree.at(KEY)).unwrap().set_times(times).unwrap();
    fs::set_permissions(tree.at(KEY), fs::Permissions::from_mode(0o4711)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(tree.at(KEY), Some(12), Some(34)).unwrap();
        fs::set_permissions(tree.at(KEY), fs::Permissions::from_mode(0o4711)).unwrap();
    }
    let (before, noted) = (picture(tree.root.path()), tree.store.attributes(KEY).await.unwrap());
    tree.delete().await;
    tree.store.create(KEY, Bytes::from_static(b"old"), Some(&noted)).await.unwrap();
    assert_eq!(picture(tree.root.path()), before);
}

/// Writes as an old registry does: in place, in three steps, with a little time before each.
fn push_in_place(path: &Path, pauses: [u32; 3]) {
    let pause = |turns: u32| (0..turns).for_each(|_| std::hint::spin_loop());
    pause(pauses[0]);
    let mut file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
    pause(pauses[1]);
    file.set_len(0).unwrap();
    pause(pauses[2]);
    file.write_all(b"pushed").unwrap();
}

#[tokio::test]
async fn whatever_the_moment_a_push_in_place_is_not_lost() {
    for round in 0..400 {
        let tree = Tree::new();
        let version = tree.version().await;
        let pauses = std::array::from_fn(|_| fastrand::u32(..20_000));
        let path = tree.at(KEY);
        let push = std::thread::spawn(move || push_in_place(&path, pauses));
        let done = if round % 2 == 0 {
            tree.store.delete(KEY, &version).await
        } else {
            tree.store.replace(KEY, Bytes::from_static(b"repaired"), &version).await.map(drop)
        };
        let early = tree.store.look_again(KEY, &version).await.unwrap();
        push.join().unwrap();
        let late = tree.store.look_again(KEY, &version).await.unwrap();
        let mut found = vec![fs::read_to_string(tree.at(KEY)).unwrap_or_default()];
        for aftermath in [&early, &late] {
            if let Aftermath::Aside(place) = aftermath {
                found.push(fs::read_to_string(place).unwrap_or_default());
            }
        }
        if let Err(error) = &done {
            found.extend(
                error
                    .detail
                    .split(" lies at ")
                    .nth(1)
                    .map(|place| fs::read_to_string(place).unwrap_or_default()),
            );
        }
        assert!(
            found.iter().any(|text| text == "pushed"),
            "{round} {pauses:?} {done:?} {early:?} {late:?}: {found:?}"
        );
    }
}

/// A file or folder of a random tree: its place, bytes and mode.
fn trees() -> impl Strategy<Value = Vec<(String, Vec<u8>, u32)>> {
    let place = proptest::collection::vec("[abc]", 1..4).prop_map(|parts| parts.join("/") + "/link");
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        (4090usize..5000).prop_map(|length| vec![7; length]),
    ];
    let mode = prop_oneof![Just(0o644u32), Just(0o600), Just(0o4755), Just(0o444)];
    proptest::collection::vec((place, bytes, mode), 1..8)
}

/// Takes every step back in the opposite order, each by the file itself or from a copy.
async fn back(store: &Filesystem, deleted: Vec<(Entry, Attributes, Bytes)>, copies: &[bool]) {
    for (number, (entry, noted, bytes)) in deleted.into_iter().enumerate().rev() {
        if copies[number % copies.len()] {
            store.create(&entry.key, bytes, Some(&noted)).await.unwrap();
        } else {
            store.undelete(&entry.key, &entry.version).await.unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_deleted_and_put_back_leaves_the_same_tree(
        files in trees(), chosen in proptest::collection::vec(any::<bool>(), 8), copies in proptest::collection::vec(any::<bool>(), 1..8),
    ) {
        let tree = Tree::new();
        for (key, bytes, mode) in &files {
            let _ = fs::set_permissions(tree.at(key), fs::Permissions::from_mode(0o644));
            tree.write(key, bytes);
            fs::set_permissions(tree.at(key), fs::Permissions::from_mode(*mode)).unwrap();
        }
        let before = picture(tree.root.path());
        let store = &tree.store;
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let listed = store.list("", Delimiter::None, None).await.unwrap().entries;
            let (mut deleted, mut folders) = (Vec::new(), Vec::new());
            for (entry, _) in listed.into_iter().zip(chosen.iter().cycle()).filter(|(_, chosen)| **chosen) {
                let object = store.read(&entry.key, None).await.unwrap();
                let noted = store.attributes(&entry.key).await.unwrap();
                store.delete(&entry.key, &object.entry.version).await.unwrap();
                deleted.push((object.entry, noted, object.bytes));
                let mut above = entry.key.as_str();
                while let Some((folder, _)) = above.trim_end_matches('/').rsplit_once('/') {
                    above = folder;
                    let prefix = format!("{folder}/");
                    let noted = store.attributes(&prefix).await.unwrap();
                    match store.remove_folder(&prefix).await {
                        Ok(()) => folders.push((prefix, noted)),
                        Err(error) => { assert_eq!(error.kind, ErrorKind::Changed); break }
                    }
                }
            }
            for (prefix, noted) in folders.iter().rev() {
                store.make_folder(prefix, Some(noted)).await.unwrap();
            }
            back(store, deleted, &copies).await;
        });
        prop_assert_eq!(picture(tree.root.path()), before);
    }
}
