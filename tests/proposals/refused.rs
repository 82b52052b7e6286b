//! What no verb does: to what lives, to what may be under way, to what could not be read, and on a guess.

use std::sync::Arc;

use quarterdeck::registry::layout::Key;
use quarterdeck::staging::tree::images::{Family, Plan};
use quarterdeck::staging::tree::{Sink, StoreKind, keys};

use super::place::{Bucket, IMAGES, Place, looking, manifest, now, object, patient, pushed, repository, tag};

const BOTH: [StoreKind; 2] = [StoreKind::FileSystem, StoreKind::Bucket];

#[tokio::test]
async fn nothing_that_the_registry_keeps_at_its_place_is_ever_stray() {
    for kind in BOTH {
        let place = Place::everything(kind);
        let mut asked = 0;
        for key in place.tree.objects.keys() {
            let lives = !matches!(
                Key::parse(key),
                Key::Stray { .. } | Key::Marker(_) | Key::Temporary { .. } | Key::Upload { .. }
            );
            if lives {
                let why = place.refused("delete-stray", object(key)).await;
                assert!(why.starts_with("not here: "), "{key}: {why}");
                asked += 1;
            }
        }
        assert!(asked > 1_000, "only {asked} objects");
        for outside in ["backup/notes.txt", "docker/registry/lockfiles/notes", "docker/other"] {
            let why = place.refused("delete-stray", object(outside)).await;
            assert!(why.contains("no part of the registry's tree"), "{why}");
        }
    }
}

#[tokio::test]
async fn no_link_goes_that_something_needs() {
    for kind in BOTH {
        let image = IMAGES.image(&Plan::new("one")).unwrap();
        let index = IMAGES.multi_arch("many", Family::Oci).unwrap();
        let old = IMAGES.image(&Plan::new("old")).unwrap();
        let tree =
            pushed(kind, &[("g/p", Some("v1"), &image), ("g/p", Some("multi"), &index), ("g/p", None, &old)]);
        let place = Place::with(tree, Default::default());
        let used = place.refused("delete-revision-link", manifest("g/p", &image.digest)).await;
        assert!(used.contains("point at") && used.contains("would break: v1"), "{used}");
        let child = place.refused("delete-revision-link", manifest("g/p", &index.children[0].digest)).await;
        assert!(child.contains("an index lists") && child.contains("multi"), "{child}");
        let layer = keys::layer_link("g/p", &image.layers[0].digest);
        let layer = place.refused("delete-layer-link", object(&layer)).await;
        assert!(layer.contains("is as it should be"), "{layer}");
        let untagged =
            place.propose("delete-revision-link", vec![manifest("g/p", &old.digest)]).await.unwrap();
        let item = &untagged.items[0];
        assert!(
            item.mind.iter().any(|mind| mind.contains("nothing is wrong with this manifest")),
            "{item:?}"
        );
        let absent = place.refused("delete-revision-link", manifest("g/q", &old.digest)).await;
        assert!(absent.starts_with("absent: "), "{absent}");
    }
}

#[tokio::test]
async fn what_a_tag_points_at_has_to_be_read_before_a_revision_goes() {
    let image = IMAGES.image(&Plan::new("one")).unwrap();
    let tree = pushed(StoreKind::Bucket, &[("g/p", Some("v1"), &image), ("g/p", Some("v2"), &image)]);
    let mut tree_without_proof = tree.clone();
    // Without an entry of its history the listing proves nothing, so the link has to be read.
    tree_without_proof.remove(&keys::index_link("g/p", "v2", &image.digest)).unwrap();
    let link = keys::current_link("g/p", "v2");
    let mut bucket = Bucket::new(tree_without_proof);
    bucket.denied.insert(link);
    let place = Place { store: Arc::new(bucket), ..Place::with(tree, Default::default()) };
    let why = place.refused("delete-revision-link", manifest("g/p", &image.digest)).await;
    assert!(why.starts_with("unread: ") && why.contains("v2"), "{why}");
}

#[tokio::test]
async fn a_listing_with_checksums_proves_links_without_a_read() {
    let image = IMAGES.image(&Plan::new("one")).unwrap();
    let names: Vec<String> = (0..300).map(|number| format!("v{number}")).collect();
    let images: Vec<_> = names.iter().map(|name| ("g/p", Some(name.as_str()), &image)).collect();
    let tree = pushed(StoreKind::Bucket, &images);
    let bucket = Arc::new(Bucket::new(tree.clone()));
    let place = Place { store: bucket.clone(), ..Place::with(tree, Default::default()) };
    let proposal = place.propose("delete-tag", vec![tag("g/p", "v7")]).await.unwrap();
    assert!(proposal.items[0].references[0].contains("and 293 more"), "{proposal:?}");
    let reads = bucket.reads.load(std::sync::atomic::Ordering::Relaxed);
    assert!(reads < 20, "{reads} objects were read");
}

#[tokio::test]
async fn what_may_be_a_push_under_way_is_left_alone() {
    let place = Place { looking: looking(patient()), ..Place::everything(StoreKind::Bucket) };
    let young = |why: &str| why.starts_with("not here: ") && why.contains("a push may be under way");
    let below = keys::repository("fine/upload-in-progress") + "/_uploads/";
    for key in place.below(&below) {
        let why = place.refused("delete-stray", object(&key)).await;
        assert!(young(&why), "{key}: {why}");
    }
    for name in ["fine/upload-in-progress", "fine/push-before-manifest"] {
        let why = place.refused("delete-repository", repository(name)).await;
        assert!(young(&why), "{name}: {why}");
    }
    let why = place.refused("restore-link", tag("fine/push-before-tag-link", "latest")).await;
    assert!(young(&why), "{why}");
}

#[tokio::test]
async fn no_link_is_written_on_a_guess() {
    for kind in BOTH {
        let place = Place::everything(kind);
        let fault = |id: &str| format!("faults/{id}");
        let many = fault("missing-current-link-many-revisions");
        let why = place.refused("restore-link", tag(&many, "bad")).await;
        assert!(why.contains("names 3 revisions") && why.contains(" old)"), "{why}");
        let right = place.refused("restore-link", tag(&many, "ok")).await;
        assert!(right.contains("already, as it should"), "{right}");
        for (id, part, words) in [
            ("layer-blob-missing", "layer", "are not stored"),
            ("layer-blob-altered", "layer", "delete-wrong-blob"),
            ("manifest-blob-missing", "revision", "are not stored"),
            ("manifest-blob-not-a-manifest", "revision", "no manifest that a registry serves"),
        ] {
            let mut tree = place.tree.clone();
            let name = fault(id);
            let below = match part {
                "layer" => format!("{}/_layers/", keys::repository(&name)),
                _ => format!("{}/_manifests/revisions/", keys::repository(&name)),
            };
            let links: Vec<String> = place.below(&below).into_iter().collect();
            links.iter().for_each(|link| tree.put(link, b"", now()).unwrap());
            tree.objects.retain(|key, _| key.contains("/blobs/") || key.contains(&name));
            let emptied = Place::with(tree, Default::default());
            let mut refused = Vec::new();
            for link in &links {
                if let Err(why) = emptied.propose("restore-link", vec![object(link)]).await {
                    refused.push(why.to_string());
                }
            }
            assert_eq!(refused.len(), 1, "{id}: {refused:?}");
            assert!(refused[0].contains(words), "{id}: {}", refused[0]);
        }
    }
}

#[tokio::test]
async fn a_blob_goes_only_if_its_bytes_were_read_and_are_wrong() {
    let image = IMAGES.image(&Plan::new("one")).unwrap();
    let tree = pushed(StoreKind::Bucket, &[("g/p", Some("v1"), &image), ("h/q", Some("v1"), &image)]);
    let key = keys::blob(&image.layers[0].digest);
    let right = Place::with(tree.clone(), Default::default());
    let why = right.refused("delete-wrong-blob", object(&key)).await;
    assert!(why.contains("are the right ones: they were hashed just now"), "{why}");

    let mut spoilt = tree.clone();
    spoilt.put(&key, b"other bytes", now()).unwrap();
    let wrong = Place::with(spoilt.clone(), Default::default());
    let proposal = wrong.propose("delete-wrong-blob", vec![object(&key)]).await.unwrap();
    let item = &proposal.items[0];
    assert!(item.why[0].starts_with("hashed just now: its 11 bytes are those of sha256:"), "{item:?}");
    assert_eq!(item.references, ["linked by 2 of the 2 repositories looked at: g/p, h/q"]);
    assert!(item.mind.iter().any(|mind| mind.contains("descriptor cache")), "{item:?}");

    let mut bucket = Bucket::new(spoilt);
    bucket.denied.insert(key.clone());
    let denied = Place { store: Arc::new(bucket), ..wrong };
    let why = denied.refused("delete-wrong-blob", object(&key)).await;
    assert!(why.starts_with("unread: ") && why.contains(&key), "{why}");
}

#[tokio::test]
async fn an_order_names_its_verb_and_its_targets() {
    let place = Place::everything(StoreKind::Bucket);
    assert!(place.refused("delete-everything", tag("a", "b")).await.contains("no verb that writes"));
    assert!(place.propose("delete-tag", Vec::new()).await.is_err());
    let twice = vec![tag("faults/empty-current-link", "bad"); 2];
    assert_eq!(place.propose("delete-tag", twice).await.unwrap().items.len(), 1);
}
