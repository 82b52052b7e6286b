//! A folder keeps the laws, and what only a file system can hold does no harm.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::{Delimiter, ErrorKind, ObjectStore, Page, PageToken};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::laws::{keys, pages};

async fn empty() -> (Filesystem, TempDir) {
    // In memory where there is such a place: the laws write thousands of synced files.
    let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    (Filesystem::open(folder.path()).unwrap(), folder)
}

crate::laws::laws!(empty);
crate::take_back::laws_of_taking_back!(empty);

fn write(root: &TempDir, key: &str, bytes: &[u8]) {
    let path = root.path().join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

async fn all(store: &Filesystem) -> Page {
    store.list("", Delimiter::None, None).await.unwrap()
}

fn names(page: &Page) -> Vec<&str> {
    page.entries.iter().map(|entry| entry.key.as_str()).collect()
}

/// Runs a story as a user without rights, on a thread of its own.
pub fn as_nobody<T: Send>(story: impl AsyncFnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                rustix::thread::set_thread_uid(rustix::fs::Uid::from_raw(65534)).unwrap();
            }
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story())
        });
        thread.join().unwrap()
    })
}

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn empty_folders_are_told_apart_from_missing_ones() {
    let (store, root) = empty().await;
    for folder in ["a/empty", "b/c/d", "z"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    write(&root, "a/file", b"");
    let page = all(&store).await;
    assert_eq!(
        (names(&page), page.prefixes.clone()),
        (vec!["a/file"], ["a/empty/", "b/c/d/", "z/"].map(str::to_owned).to_vec())
    );
    assert_eq!(store.list("z/", Delimiter::Slash, None).await, Ok(Page::default()));
    for missing in ["y/", "a/file/"] {
        assert_eq!(
            store.list(missing, Delimiter::None, None).await.unwrap_err().kind,
            ErrorKind::Gone,
            "{missing}"
        );
    }
}

#[tokio::test]
async fn a_folder_where_an_object_is_asked_for_says_so() {
    let (store, root) = empty().await;
    write(&root, "tags/v1/current/link/oops", b"");
    let key = "tags/v1/current/link";
    assert_eq!(store.stat(key).await.unwrap_err().kind, ErrorKind::Folder);
    assert_eq!(store.read(key, None).await.unwrap_err().kind, ErrorKind::Folder);
    assert_eq!(store.create(key, Bytes::new(), None).await.unwrap_err().kind, ErrorKind::Changed);
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_is_unread_and_the_rest_goes_on() {
    let (store, root) = empty().await;
    for key in ["a/link", "b/link", "c/link", "d"] {
        write(&root, key, b"x");
    }
    permit(root.path(), 0o755);
    permit(&root.path().join("b"), 0o000);
    permit(&root.path().join("d"), 0o000);
    let (page, read, stat) =
        as_nobody(async || (all(&store).await, store.read("d", None).await, store.stat("d").await));
    permit(&root.path().join("b"), 0o755);
    assert_eq!(names(&page), ["a/link", "c/link", "d"]);
    let unread: Vec<_> = page.unread.iter().map(|error| (error.kind, error.key.as_str())).collect();
    assert_eq!(unread, [(ErrorKind::Denied, "b/")]);
    assert_eq!(read.unwrap_err().kind, ErrorKind::Denied);
    assert!(stat.unwrap().version.agrees_with(&page.entries[2].version), "a stat needs no right to read");
}

#[tokio::test]
async fn a_root_without_permission_is_refused_at_once() {
    let root = TempDir::new().unwrap();
    permit(root.path(), 0o000);
    let refused = as_nobody(async || Filesystem::open(root.path()).map(drop));
    permit(root.path(), 0o755);
    let error = refused.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.to_string().contains(root.path().to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn what_would_block_or_never_end_is_seen_and_not_opened() {
    let (store, root) = empty().await;
    mknodat(CWD, root.path().join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
    symlink("/dev/zero", root.path().join("zero")).unwrap();
    let page = all(&store).await;
    assert_eq!(names(&page), ["fifo", "socket", "zero"]);
    for entry in &page.entries {
        assert_eq!(entry.size, None, "{}", entry.key);
        assert_eq!(store.stat(&entry.key).await.as_ref(), Ok(entry));
        let error = store.read(&entry.key, Some(0..10)).await.unwrap_err();
        assert!(error.kind == ErrorKind::Special && error.detail.contains("not opened"), "{error}");
    }
}

#[tokio::test]
async fn symbolic_links_are_followed_and_circles_end() {
    let (store, root) = empty().await;
    write(&root, "real/sub/link", b"content");
    let at = |name: &str| root.path().join(name);
    symlink("real", at("alias")).unwrap();
    symlink("real/sub/link", at("file")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("circle", at("circle")).unwrap();
    symlink("../..", at("real/sub/up")).unwrap();
    let page = all(&store).await;
    assert_eq!(names(&page), ["alias/sub/link", "circle", "dangling", "file", "real/sub/link"]);
    let unread: Vec<_> = page.unread.iter().map(|error| (error.kind, error.key.as_str())).collect();
    assert_eq!(unread, [(ErrorKind::Broken, "alias/sub/up/"), (ErrorKind::Broken, "real/sub/up/")]);
    assert_eq!(store.read("alias/sub/link", None).await.unwrap().bytes, "content");
    assert_eq!(store.stat("file").await.unwrap().size, Some(7));
    assert_eq!(store.stat("dangling").await.unwrap_err().kind, ErrorKind::Gone);
    assert_eq!(store.stat("circle").await.unwrap_err().kind, ErrorKind::Broken);
    let sizes: Vec<_> = page.entries.iter().map(|entry| entry.size).collect();
    assert_eq!(sizes, [Some(7), None, None, Some(7), Some(7)]);
}

#[tokio::test]
async fn names_that_are_not_utf8_can_be_listed_and_read() {
    let (store, root) = empty().await;
    for raw in [&b"caf\xe9/link"[..], b"\xff\xfe", "\u{f7ff}".as_bytes(), "é".as_bytes()] {
        let path = root.path().join(OsStr::from_bytes(raw));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, raw).unwrap();
    }
    let page = all(&store).await;
    let mut sorted = names(&page);
    sorted.sort_unstable();
    assert_eq!(names(&page), sorted);
    assert_eq!(page.entries.len(), 4);
    for entry in &page.entries {
        let bytes = store.read(&entry.key, None).await.unwrap().bytes;
        assert_eq!(entry.size, Some(bytes.len() as u64));
    }
    assert_eq!(keys(&store, "caf\u{f7e9}/", Delimiter::Slash).await, ["caf\u{f7e9}/link"]);
}

#[tokio::test]
async fn a_file_of_4_gib_is_read_by_the_range() {
    let (store, root) = empty().await;
    let file = fs::File::create(root.path().join("link")).unwrap();
    file.set_len(4 << 30).unwrap();
    let object = store.read("link", Some((4 << 30) - 3..u64::MAX)).await.unwrap();
    assert_eq!((object.entry.size, object.bytes), (Some(4 << 30), Bytes::from_static(&[0; 3])));
    let error = store.read("link", None).await.unwrap_err();
    assert!(error.kind == ErrorKind::Denied && error.detail.contains("read ranges"), "{error}");
}

#[tokio::test]
async fn a_listing_goes_on_after_the_store_forgot_where_it_was() {
    let (store, root) = empty().await;
    for number in 0..1500 {
        write(&root, &format!("{}/{number:04}/link", number / 100), b"");
        fs::create_dir(root.path().join(format!("{}/{number:04}/empty", number / 100))).unwrap();
    }
    let whole = pages(&store, "", Delimiter::None).await;
    let mut found = vec![all(&store).await];
    while let Some(token) = found.last().unwrap().next.clone() {
        let fresh = Filesystem::open(root.path()).unwrap();
        found.push(fresh.list("", Delimiter::None, Some(&token)).await.unwrap());
    }
    let flat = |pages: Vec<Page>| -> (Vec<_>, Vec<_>) {
        let prefixes = pages.iter().flat_map(|page| page.prefixes.clone()).collect();
        (pages.into_iter().flat_map(|page| page.entries).collect(), prefixes)
    };
    let (found, whole) = (flat(found), flat(whole));
    assert_eq!((whole.0.len(), whole.1.len()), (1500, 1500));
    assert_eq!(found, whole);
    let nonsense = PageToken("nonsense".to_owned());
    assert_eq!(store.list("", Delimiter::None, Some(&nonsense)).await.unwrap_err().kind, ErrorKind::Broken);
}

#[tokio::test]
async fn keys_that_lead_out_are_refused() {
    let (store, _root) = empty().await;
    for key in ["../etc/passwd", "/etc/passwd", "a//b", "a/./b", "", "a\0b", ".quarterdeck/tmp/x"] {
        assert_eq!(store.read(key, None).await.unwrap_err().kind, ErrorKind::Denied, "{key:?}");
        assert_eq!(
            store.create(key, Bytes::new(), None).await.unwrap_err().kind,
            ErrorKind::Denied,
            "{key:?}"
        );
    }
    for prefix in ["../", "/", "a", "a//", ".quarterdeck/"] {
        assert_eq!(
            store.list(prefix, Delimiter::None, None).await.unwrap_err().kind,
            ErrorKind::Denied,
            "{prefix:?}"
        );
    }
}

#[tokio::test]
async fn a_write_in_place_within_one_tick_changes_the_version() {
    let (store, root) = empty().await;
    write(&root, "link", b"old");
    let path = root.path().join("link");
    let (before, modified) =
        (store.stat("link").await.unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
    fs::write(&path, b"new").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let after = store.stat("link").await.unwrap();
    assert_ne!(before.version.0.split_once('#').unwrap().1, after.version.0.split_once('#').unwrap().1);
    assert_eq!(store.delete("link", &before.version).await.unwrap_err().kind, ErrorKind::Changed);
}

#[tokio::test]
async fn a_deleted_file_lies_beside_the_tree_with_its_mode_and_bytes() {
    let (store, root) = empty().await;
    write(&root, "docker/registry/link", b"content");
    permit(&root.path().join("docker/registry/link"), 0o640);
    let inode = fs::metadata(root.path().join("docker/registry/link")).unwrap().ino();
    let listed = store.list("docker/registry/", Delimiter::Slash, None).await.unwrap().entries.remove(0);
    store.delete("docker/registry/link", &listed.version).await.unwrap();
    let only = |folder: PathBuf| fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let grave = only(only(root.path().join(".quarterdeck/deleted"))).join("docker/registry/link");
    let found = fs::metadata(&grave).unwrap();
    assert_eq!(
        (found.ino(), found.mode() & 0o777, fs::read(&grave).unwrap()),
        (inode, 0o640, b"content".to_vec())
    );
    let page = all(&store).await;
    assert_eq!(
        (names(&page), page.prefixes.clone()),
        (vec![], vec!["docker/registry/".to_owned()]),
        "our own folder is not listed"
    );
}

#[tokio::test]
async fn a_replaced_file_keeps_its_mode_and_a_new_one_suits_its_folder() {
    let (store, root) = empty().await;
    write(&root, "d/link", b"old");
    permit(&root.path().join("d"), 0o750);
    permit(&root.path().join("d/link"), 0o664);
    let version = store.stat("d/link").await.unwrap().version;
    store.replace("d/link", Bytes::from_static(b"new"), &version).await.unwrap();
    store.create("d/new/link", Bytes::from_static(b"x"), None).await.unwrap();
    let mode = |key: &str| fs::metadata(root.path().join(key)).unwrap().mode() & 0o777;
    assert_eq!((mode("d/link"), mode("d/new"), mode("d/new/link")), (0o664, 0o750, 0o640));
    assert_eq!(
        fs::read_dir(root.path().join(".quarterdeck/tmp")).unwrap().count(),
        0,
        "nothing is left over"
    );
}

#[tokio::test]
async fn nothing_is_written_through_a_symbolic_link() {
    let (store, root) = empty().await;
    write(&root, "real", b"content");
    symlink("real", root.path().join("alias")).unwrap();
    let version = store.stat("alias").await.unwrap().version;
    assert_eq!(store.delete("alias", &version).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(store.replace("alias", Bytes::new(), &version).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(fs::read(root.path().join("real")).unwrap(), b"content");
}
