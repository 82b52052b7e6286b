//! Every path of the layout, the names that look like something else, and the round trips.

use proptest::prelude::*;

use super::*;
use crate::registry::{digest::Algorithm, digest::Hasher, mode::Lockfile};

const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const UUID: &str = "8c1d2e3f-0000-4000-8000-0123456789ab";

fn repository(name: &str) -> Repository {
    Repository::found(name)
}

fn digest() -> Digest {
    Digest::of(b"test")
}

/// Expands `R/` to the repositories, `B/` to the blobs, `H` to a hash and `U` to a uuid.
fn expand(short: &str) -> String {
    let long = short.replace("<H>", HEX).replace("<U>", UUID);
    match (long.strip_prefix("R/"), long.strip_prefix("B/")) {
        (Some(rest), _) => format!("{REPOSITORIES}{rest}"),
        (_, Some(rest)) => format!("{BLOBS}{rest}"),
        _ => long,
    }
}

#[test]
fn every_object_of_the_layout_is_recognised() {
    let tag = |name: &str| Tag::found(name);
    let upload = |part| Key::Upload { repository: repository("g/p"), id: UUID.into(), part };
    let current = |r: &str, t: &str| Key::CurrentLink { repository: repository(r), tag: tag(t) };
    let table = [
        ("B/sha256/9f/<H>/data", Key::BlobData { digest: digest() }),
        ("R/g/p/_layers/sha256/<H>/link", Key::LayerLink { repository: repository("g/p"), digest: digest() }),
        (
            "R/g/p/_manifests/revisions/sha256/<H>/link",
            Key::RevisionLink { repository: repository("g/p"), digest: digest() },
        ),
        ("R/g/p/_manifests/tags/v1/current/link", current("g/p", "v1")),
        (
            "R/g/p/_manifests/tags/v1/index/sha256/<H>/link",
            Key::IndexLink { repository: repository("g/p"), tag: tag("v1"), digest: digest() },
        ),
        ("R/g/p/_uploads/<U>/startedat", upload(UploadPart::StartedAt)),
        ("R/g/p/_uploads/<U>/data", upload(UploadPart::Data)),
        (
            "R/g/p/_uploads/<U>/hashstates/sha256/1048576",
            upload(UploadPart::HashState { algorithm: "sha256".into(), offset: 1_048_576 }),
        ),
        (
            "R/g/p/_layers/tarsum/v1/sha256/<H>/link",
            Key::TarsumLink { repository: repository("g/p"), version: "v1".into(), digest: digest() },
        ),
        (
            "R/g/p/_manifests/revisions/sha256/<H>/signatures/sha256/<H>/link",
            Key::SignatureLink { repository: repository("g/p"), revision: digest(), signature: digest() },
        ),
        ("docker/registry/lockfiles/database-in-use", Key::Lockfile(Lockfile::Database)),
        ("docker/registry/lockfiles/filesystem-in-use", Key::Lockfile(Lockfile::Filesystem)),
        (
            "R/g/p/_manifests/tags/v1/current/link.<U>.tmp",
            Key::Temporary { of: Box::new(current("g/p", "v1")), uuid: UUID.into() },
        ),
        // Legal names that look like something else.
        ("R/tags/_manifests/tags/link/current/link", current("tags", "link")),
        ("R/x/link/_manifests/tags/current/current/link", current("x/link", "current")),
        ("R/a/manifests/b/_manifests/tags/index/current/link", current("a/manifests/b", "index")),
        ("R/a/_manifests/tags/_layers/current/link", current("a", "_layers")),
        ("R/a/_manifests/tags/_manifests/current/link", current("a", "_manifests")),
        ("R/blobs/sha256/9f/_manifests/tags/data/current/link", current("blobs/sha256/9f", "data")),
        // Names that no API can speak of, found all the same.
        ("R/a/_manifests/tags/bad copy/current/link", current("a", "bad copy")),
        ("R/a/_manifests/tags//current/link", current("a", "")),
        ("R/A b/_manifests/tags/v1/current/link", current("A b", "v1")),
    ];
    for (short, expected) in table {
        let path = expand(short);
        assert_eq!(Key::parse(&path), expected, "{short}");
        assert_eq!(expected.path(), path);
    }
}

#[test]
fn strays_say_where_they_lie() {
    let shard = |shard: &str| Place::BlobShard { algorithm: "sha256".into(), shard: shard.into() };
    let in_repository = || repository("g/p");
    let upper = format!("{}/data", HEX.to_uppercase());
    let table = [
        ("README", Place::Top, "README"),
        ("docker/registry/v2/x", Place::Root, "x"),
        ("docker/registry/lockfiles/x", Place::Lockfiles, "x"),
        ("R/README", Place::Repositories, "README"),
        ("R/_layers/sha256/<H>/link", Place::Repositories, "_layers/sha256/<H>/link"),
        ("R/g/p/README", Place::Repository { repository: in_repository() }, "README"),
        ("R/g/p/_manifests/tags/.DS_Store", Place::Tags { repository: in_repository() }, ".DS_Store"),
        (
            "R/g/p/_manifests/tags/v1/x/y",
            Place::Tag { repository: in_repository(), tag: Tag::found("v1") },
            "x/y",
        ),
        (
            "R/g/p/_manifests/revisions/sha256/zz/link",
            Place::RevisionAlgorithm { repository: in_repository(), algorithm: "sha256".into() },
            "zz/link",
        ),
        ("R/g/p/_manifests/revisions/link", Place::Revisions { repository: in_repository() }, "link"),
        ("B/sha256/9f/<H>/data.bak", Place::Blob { digest: digest() }, "data.bak"),
        ("B/sha256/aa/<H>/data", shard("aa"), "<H>/data"),
        ("B/sha256/9f/not-a-digest/data", shard("9f"), "not-a-digest/data"),
        ("B/sha256/9F/{upper}", shard("9F"), upper.as_str()),
        (
            "R/g/p/_uploads/u/hashstates/sha256/007",
            Place::HashStateAlgorithm {
                repository: in_repository(),
                id: "u".into(),
                algorithm: "sha256".into(),
            },
            "007",
        ),
        (
            "R/g/p/_manifests/tags/v1/current/link.tmp",
            Place::TagCurrent { repository: in_repository(), tag: Tag::found("v1") },
            "link.tmp",
        ),
    ];
    for (short, inside, rest) in table {
        let path = expand(&short.replace("{upper}", &upper));
        let key = Key::parse(&path);
        assert_eq!(key, Key::Stray { inside, rest: expand(rest) }, "{short}");
        assert_eq!(key.path(), path);
    }
}

#[test]
fn markers_stand_for_their_folder() {
    for (short, place) in [
        ("R/", Place::Repositories),
        ("R/grp/", Place::Repository { repository: repository("grp") }),
        ("R/g/p/_manifests/tags/", Place::Tags { repository: repository("g/p") }),
    ] {
        let path = expand(short);
        assert_eq!(Key::parse(&path), Key::Marker(place), "{short}");
    }
}

#[test]
fn a_repository_tree_can_be_walked_level_by_level_and_back() {
    let tag = || Tag::found("_uploads");
    let r = || repository("a/tags");
    let steps = [
        ("docker", Place::Stray { inside: Box::new(Place::Top), rest: "docker/".into() }),
        ("registry", Place::Stray { inside: Box::new(Place::Top), rest: "docker/registry/".into() }),
        ("v2", Place::Root),
        ("repositories", Place::Repositories),
        ("a", Place::Repository { repository: repository("a") }),
        ("tags", Place::Repository { repository: r() }),
        ("_manifests", Place::Manifests { repository: r() }),
        ("tags", Place::Tags { repository: r() }),
        ("_uploads", Place::Tag { repository: r(), tag: tag() }),
        ("index", Place::TagIndex { repository: r(), tag: tag() }),
        ("sha256", Place::TagIndexAlgorithm { repository: r(), tag: tag(), algorithm: "sha256".into() }),
        (HEX, Place::TagIndexEntry { repository: r(), tag: tag(), digest: digest() }),
    ];
    let mut place = Place::Top;
    for (name, expected) in steps {
        let child = place.child(name);
        assert_eq!(child, expected, "{name}");
        assert_eq!(child.parent(), Some(place));
        place = child;
    }
    assert_eq!(Place::Top.parent(), None);
}

#[test]
fn only_links_whose_path_says_so_promise_their_content() {
    let promise = |short: &str| Key::parse(&expand(short)).promise().cloned();
    for short in
        ["B/sha256/9f/<H>/data", "R/a/_layers/sha256/<H>/link", "R/a/_manifests/tags/t/index/sha256/<H>/link"]
    {
        assert_eq!(promise(short), Some(digest()), "{short}");
    }
    assert_eq!(promise("R/a/_manifests/tags/t/current/link"), None);
}

fn any_repository() -> impl Strategy<Value = Repository> {
    let part = "[a-z0-9]{1,4}|tags|link|manifests|blobs|current|index|revisions|data|A-b\\.c|bad name";
    proptest::collection::vec(part, 1..4).prop_map(|parts| Repository::found(&parts.join("/")))
}

fn any_tag() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9_][A-Za-z0-9._-]{0,10}|_layers|_manifests|_uploads|link|current|index|bad copy|-x|"
        .prop_map(|tag| Tag::found(&tag))
}

fn any_digest() -> impl Strategy<Value = Digest> {
    (0..3_usize, any::<[u8; 4]>()).prop_map(|(algorithm, bytes)| {
        let mut hasher = Hasher::new(Algorithm::ALL[algorithm]);
        hasher.update(&bytes);
        hasher.finish()
    })
}

fn any_key() -> impl Strategy<Value = Key> {
    let part = prop_oneof![
        Just(UploadPart::StartedAt),
        Just(UploadPart::Data),
        ("[a-z0-9]{1,6}", any::<u64>())
            .prop_map(|(algorithm, offset)| UploadPart::HashState { algorithm, offset }),
    ];
    let known =
        prop_oneof![
            any_digest().prop_map(|digest| Key::BlobData { digest }),
            (any_repository(), any_digest())
                .prop_map(|(repository, digest)| Key::LayerLink { repository, digest }),
            (any_repository(), any_digest())
                .prop_map(|(repository, digest)| Key::RevisionLink { repository, digest }),
            (any_repository(), any_tag()).prop_map(|(repository, tag)| Key::CurrentLink { repository, tag }),
            (any_repository(), any_tag(), any_digest())
                .prop_map(|(repository, tag, digest)| Key::IndexLink { repository, tag, digest }),
            (any_repository(), "[a-z0-9-]{1,36}", part).prop_map(|(repository, id, part)| Key::Upload {
                repository,
                id,
                part
            }),
            (any_repository(), any_digest()).prop_map(|(repository, digest)| Key::TarsumLink {
                repository,
                version: "v1".into(),
                digest
            }),
            (any_repository(), any_digest(), any_digest()).prop_map(|(repository, revision, signature)| {
                Key::SignatureLink { repository, revision, signature }
            }),
        ];
    (known, any::<bool>()).prop_map(|(key, temporary)| match temporary {
        true => Key::Temporary { of: Box::new(key), uuid: UUID.into() },
        false => key,
    })
}

proptest! {
    #[test]
    fn a_key_survives_its_path(key in any_key()) {
        prop_assert_eq!(Key::parse(&key.path()), key);
    }

    #[test]
    fn a_path_survives_its_key(path in any::<String>()) {
        prop_assert_eq!(Key::parse(&path).path(), path);
    }

    #[test]
    fn a_path_like_the_layouts_survives_its_key(parts in proptest::collection::vec(
        "docker|registry|v2|repositories|blobs|sha256|sha512|_layers|_manifests|_uploads|tags|revisions|index|current|link|data|[a-f0-9]{2}|a|",
        0..14,
    ), rooted in any::<bool>()) {
        let path = format!("{}{}", if rooted { ROOT } else { "" }, parts.join("/")).replace("sha256/a", &format!("sha256/{HEX}"));
        let key = Key::parse(&path);
        prop_assert_eq!(key.path(), path.clone());
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        prop_assert_eq!(key.place().prefix(), folder);
    }

    #[test]
    fn a_folder_survives_its_prefix(parts in proptest::collection::vec("[a-z_]{0,10}|_manifests|tags|.{0,5}", 0..8)) {
        let prefix = format!("{REPOSITORIES}{}", parts.iter().map(|part| part.replace('/', "") + "/").collect::<String>());
        let place = Place::of(&prefix);
        prop_assert_eq!(place.prefix(), prefix);
        prop_assert_eq!(place.parent().map(|parent| parent.prefix().len() < place.prefix().len()), Some(true));
    }
}
