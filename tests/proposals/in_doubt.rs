//! What seems free to go, or certain to be right, and is not.

use std::sync::Arc;

use jiff::SignedDuration;
use quarterdeck::staging::tree::images::{Family, Plan};
use quarterdeck::staging::tree::push::push;
use quarterdeck::staging::tree::{Sink, StoreKind, keys};

use super::place::{Bucket, IMAGES, Place, looking, manifest, now, object, patient, pushed, tag};

const BOTH: [StoreKind; 2] = [StoreKind::FileSystem, StoreKind::Bucket];

#[tokio::test]
async fn a_revision_that_an_unread_index_may_list_stays() {
    let index = IMAGES.multi_arch("many", Family::Oci).unwrap();
    let tree = pushed(StoreKind::Bucket, &[("g/p", Some("multi"), &index)]);
    let child = &index.children[0].digest;
    let mut bucket = Bucket::new(tree.clone());
    bucket.denied.insert(keys::blob(&index.digest));
    let place = Place { store: Arc::new(bucket), ..Place::with(tree.clone(), Default::default()) };
    let why = place.refused("delete-revision-link", manifest("g/p", child)).await;
    assert!(why.starts_with("unread: ") && why.contains(&index.digest), "{why}");

    // An index that is broken itself serves nobody, but what it would list is not known, and that is said.
    let mut spoilt = tree;
    spoilt.put(&keys::blob(&index.digest), b"other bytes", now()).unwrap();
    let place = Place::with(spoilt, Default::default());
    let proposal = place.propose("delete-revision-link", vec![manifest("g/p", child)]).await.unwrap();
    let mind = &proposal.items[0].mind;
    assert!(mind.iter().any(|mind| mind.contains("broken themselves")), "{mind:?}");
}

#[tokio::test]
async fn a_revision_that_was_just_pushed_waits_for_its_tag() {
    let image = IMAGES.image(&Plan::new("one")).unwrap();
    for (age, refused) in [(SignedDuration::from_secs(5), true), (SignedDuration::from_hours(1), false)] {
        let mut tree = pushed(StoreKind::Bucket, &[]);
        push(&mut tree, "g/p", None, &image, now() - age).unwrap();
        let place = Place { looking: looking(patient()), ..Place::with(tree, Default::default()) };
        let answer = place.propose("delete-revision-link", vec![manifest("g/p", &image.digest)]).await;
        match answer {
            Ok(proposal) => {
                assert!(!refused);
                // Nothing is wrong with it: the word `healthy` has to be typed.
                assert_eq!(proposal.items[0].state, Some(quarterdeck::model::TagState::Whole));
            }
            Err(why) => assert!(refused && why.to_string().contains("a push may be under way"), "{why}"),
        }
    }
}

#[tokio::test]
async fn a_link_to_another_revision_is_not_overruled_by_the_history() {
    for kind in BOTH {
        let (one, other) =
            (IMAGES.image(&Plan::new("one")).unwrap(), IMAGES.image(&Plan::new("other")).unwrap());
        let link = keys::current_link("g/p", "v1");
        let mut tree = pushed(kind, &[("g/p", Some("v1"), &one), ("g/p", None, &other)]);
        tree.put(&link, other.digest.as_bytes(), now()).unwrap();
        let why =
            Place::with(tree.clone(), Default::default()).refused("restore-link", tag("g/p", "v1")).await;
        assert!(why.starts_with("not here: ") && why.contains("nothing tells which"), "{why}");

        tree.put(&link, format!("sha256:{}", "0".repeat(64)).as_bytes(), now()).unwrap();
        let place = Place::with(tree, Default::default());
        let nowhere = place.propose("restore-link", vec![tag("g/p", "v1")]).await.unwrap();
        assert_eq!(nowhere.objects(), 1, "{nowhere:?}");
    }
}

#[tokio::test]
async fn an_entry_of_the_history_makes_no_tag() {
    for kind in BOTH {
        let image = IMAGES.image(&Plan::new("one")).unwrap();
        let mut tree = pushed(kind, &[("g/p", Some("v1"), &image)]);
        let entry = keys::index_link("g/p", "v1", &image.digest);
        tree.remove(&entry).unwrap();
        let place = Place::with(tree.clone(), Default::default());
        assert!(place.propose("restore-link", vec![object(&entry)]).await.is_ok());

        tree.remove(&keys::current_link("g/p", "v1")).unwrap();
        let why = Place::with(tree, Default::default()).refused("restore-link", object(&entry)).await;
        assert!(why.contains("only list a tag"), "{why}");
    }
}

#[tokio::test]
async fn a_name_with_a_slash_reaches_no_part_of_another_tag() {
    for kind in BOTH {
        let image = IMAGES.image(&Plan::new("one")).unwrap();
        let place = Place::with(pushed(kind, &[("g/p", Some("v1"), &image)]), Default::default());
        for name in ["v1/index", "v1/current", "v1/", "../tags/v1"] {
            let why = place.refused("delete-tag", tag("g/p", name)).await;
            assert!(why.contains("no tag has a slash"), "{name}: {why}");
        }
        for name in ["", ".", "..", "v"] {
            place.refused("delete-tag", tag("g/p", name)).await;
        }
    }
}

#[tokio::test]
async fn a_folder_marker_outside_the_registrys_tree_is_left_alone() {
    let mut tree = pushed(StoreKind::Bucket, &[]);
    for marker in ["backup/", "docker/", "docker/registry/"] {
        tree.put(marker, b"", now()).unwrap();
    }
    let place = Place::with(tree, Default::default());
    for marker in ["backup/", "docker/", "docker/registry/"] {
        let why = place.refused("delete-stray", object(marker)).await;
        assert!(why.contains("no part of the registry's tree"), "{marker}: {why}");
    }
}

#[tokio::test]
async fn a_tag_of_thousands_of_pushes_goes_as_a_whole() {
    let image = IMAGES.image(&Plan::new("one")).unwrap();
    let mut tree = pushed(StoreKind::Bucket, &[("g/p", Some("v1"), &image), ("g/p", Some("v10"), &image)]);
    for number in 0..3_000 {
        let digest = format!("sha256:{number:064x}");
        tree.put(&keys::index_link("g/p", "v1", &digest), digest.as_bytes(), now()).unwrap();
    }
    let place = Place::with(tree, Default::default());
    let proposal = place.propose("delete-tag", vec![tag("g/p", "v1")]).await.unwrap();
    let below = place.below(&format!("{}/_manifests/tags/v1/", keys::repository("g/p")));
    assert_eq!((proposal.objects(), below.len()), (3_002, 3_002));
    assert_eq!(super::place::touched(proposal.steps()), below);
    assert_eq!(proposal.steps().last().unwrap().key, keys::current_link("g/p", "v1"));
}
