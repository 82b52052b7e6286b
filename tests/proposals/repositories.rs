//! Deletes of whole repositories.

use quarterdeck::model::{Act, Expect, TagState};
use quarterdeck::staging::tree::images::Plan;
use quarterdeck::staging::tree::{Sink, StoreKind, keys};

use super::place::{IMAGES, Place, carried_out, now, pushed, repository};

const BOTH: [StoreKind; 2] = [StoreKind::FileSystem, StoreKind::Bucket];

/// A repository with a broken and a whole tag and a stray file, and others around it.
fn place(kind: StoreKind) -> Place {
    let image = |label: &str| IMAGES.image(&Plan::new(label)).unwrap();
    let mut tree = pushed(
        kind,
        &[
            ("g/p", Some("a-whole"), &image("whole")),
            ("g/p", Some("z-broken"), &image("broken")),
            ("g/p/below", Some("v1"), &image("below")),
            ("g/pp", Some("v1"), &image("beside")),
        ],
    );
    tree.put(&keys::current_link("g/p", "z-broken"), b"", now()).unwrap();
    tree.put(&format!("{}/README", keys::repository("g/p")), b"hello", now()).unwrap();
    Place::with(tree, Default::default())
}

#[tokio::test]
async fn a_repository_goes_from_its_tags_down_and_those_below_it_stay() {
    for kind in BOTH {
        let place = place(kind);
        let proposal = place.propose("delete-repository", vec![repository("g/p")]).await.unwrap();
        let item = &proposal.items[0];
        let own = format!("{}/", keys::repository("g/p"));
        let below = format!("{own}below/");
        let left = carried_out(&place, &proposal);
        for key in place.tree.objects.keys() {
            let goes = key.starts_with(&own) && !key.starts_with(&below);
            assert_eq!(!left.contains_key(key), goes, "{key}");
        }
        let at = |part: &str| item.steps.iter().position(|step| step.key.contains(part)).unwrap();
        let last = |part: &str| item.steps.iter().rposition(|step| step.key.contains(part)).unwrap();
        let deletes = |part: &str| {
            let is = |act: &Act| matches!(act, Act::Delete { .. });
            item.steps.iter().rposition(|step| step.key.contains(part) && is(&step.act)).unwrap()
        };
        assert_eq!(at("/tags/"), at("/tags/z-broken/current/link"), "the broken link goes first");
        assert!(
            deletes("/tags/a-whole/current/link") > last("/tags/a-whole/index/sha256/")
                || kind == StoreKind::FileSystem
        );
        assert!(deletes("/tags/") < at("/revisions/") && deletes("/revisions/") < at("/_layers/"));
        let links = item.steps.iter().filter(|step| {
            matches!(step.act, Act::Delete { .. })
                && (step.key.contains("/revisions/") || step.key.contains("/_layers/"))
        });
        for step in links {
            assert_eq!(step.guards[0].expect, Expect::NothingBelow);
            assert!(step.guards[0].key.ends_with("g/p/_manifests/tags/"));
        }
        assert!(
            item.references.iter().any(|text| text.ends_with("is left as it is: g/p/below")),
            "{item:#?}"
        );
        assert!(item.why.iter().any(|text| text == "1 tag of it, broken: z-broken"), "{item:#?}");
        assert_eq!(item.state, Some(TagState::Whole), "whole tags are in it: that takes one more word");
    }
}

#[tokio::test]
async fn a_group_is_no_repository_and_neither_is_nothing() {
    for kind in BOTH {
        let place = place(kind);
        let group = place.refused("delete-repository", repository("g")).await;
        assert!(group.contains("only a group of others: g/p, g/pp"), "{group}");
        let none = place.refused("delete-repository", repository("x/y")).await;
        assert!(none.contains("absent: there is no repository x/y"), "{none}");
    }
}

#[tokio::test]
async fn a_repository_of_many_thousands_is_too_much_for_one_proposal() {
    let mut place = place(StoreKind::Bucket);
    for number in 0..10_001 {
        let key = keys::layer_link("g/p", &format!("sha256:{number:064x}"));
        place.tree.put(&key, b"x", now()).unwrap();
    }
    let mut bucket = super::place::Bucket::new(place.tree.clone());
    bucket.page = 1_000;
    let place = Place { store: std::sync::Arc::new(bucket), ..place };
    let why = place.refused("delete-repository", repository("g/p")).await;
    assert!(why.contains("too many for one proposal"), "{why}");
}
