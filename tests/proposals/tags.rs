//! Deletes of tags.

use quarterdeck::model::{Act, Expect, Proposal, TagState};
use quarterdeck::proposals::NoProposal;
use quarterdeck::registry::checks::repairs::DELETE_TAG;
use quarterdeck::registry::checks::{CHECKS, find};
use quarterdeck::registry::repair::{commands, undone_by};
use quarterdeck::staging::tree::{Memory, StoreKind};

use super::place::{Bucket, Place, carried_out, looking, now, tag, thorough, touched};

const BOTH: [StoreKind; 2] = [StoreKind::FileSystem, StoreKind::Bucket];

fn folder(repository: &str, tag: &str) -> String {
    format!("docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}/")
}

/// Each step that goes before `current/link` demands that it is as it was, each that goes after that it is gone.
fn guards_hold(proposal: &Proposal, link: &str) {
    let steps: Vec<_> = proposal.steps().collect();
    let at = steps.iter().position(|step| step.key == link);
    for (number, step) in steps.iter().enumerate() {
        let Some(at) = at else {
            assert_eq!(step.guards[0].expect, Expect::Absent, "{}", step.key);
            continue;
        };
        let Act::Delete { version } = &steps[at].act else { panic!("{:?}", steps[at]) };
        match number.cmp(&at) {
            std::cmp::Ordering::Less => {
                assert_eq!(step.guards[0].expect, Expect::Version(version.clone()), "{}", step.key);
            }
            std::cmp::Ordering::Equal => assert!(step.guards.is_empty()),
            std::cmp::Ordering::Greater => assert_eq!(step.guards[0].expect, Expect::Absent, "{}", step.key),
        }
        assert!(step.guards.iter().all(|guard| guard.key == link));
    }
}

#[tokio::test]
async fn a_tag_takes_its_own_folder_and_nothing_else() {
    for kind in BOTH {
        let place = Place::everything(kind);
        let mut seen = 0;
        for ((repository, name), truth) in &place.truth.tags {
            let own = folder(repository, name);
            let proposal = match place.propose("delete-tag", vec![tag(repository, name)]).await {
                Ok(proposal) => proposal,
                Err(NoProposal::Absent(_)) if place.below(&own).is_empty() => continue,
                Err(why) => panic!("{repository}:{name}: {why}"),
            };
            let item = &proposal.items[0];
            let mut left = place.tree.objects.keys().cloned().collect::<std::collections::BTreeSet<_>>();
            left.retain(|key| !key.starts_with(&own));
            assert_eq!(
                carried_out(&place, &proposal).into_keys().collect::<std::collections::BTreeSet<_>>(),
                left
            );
            guards_hold(&proposal, &format!("{own}current/link"));
            let first = item.steps.first().unwrap();
            let link_first = first.key == format!("{own}current/link");
            match item.state {
                Some(TagState::Broken) => assert!(
                    link_first || !place.tree.objects.contains_key(&format!("{own}current/link")),
                    "{repository}:{name} starts with {}",
                    first.key
                ),
                Some(TagState::Whole | TagState::Unknown) => {
                    assert!(!link_first || touched(&item.steps).len() == 1, "{repository}:{name}");
                }
                Some(TagState::Absent) | None => {}
            }
            if kind == StoreKind::FileSystem {
                assert_eq!(item.steps.last().unwrap().key, own, "the folder itself goes last");
            }
            assert!(
                item.state == Some(truth.state) || repository.contains("push-before-tag-link"),
                "{item:?}"
            );
            assert!(!item.why.is_empty() && !item.before.is_empty() && !item.references.is_empty());
            seen += 1;
        }
        assert!(seen > 140, "only {seen} tags");
    }
}

#[tokio::test]
async fn every_fault_that_offers_it_gets_it() {
    for kind in BOTH {
        let place = Place::everything(kind);
        let offered = |id: &str| find(id).is_some_and(|check| check.repairs.contains(&DELETE_TAG));
        let blames = place.truth.blames_on(kind).filter(|blame| offered(blame.id));
        let mut ids = std::collections::BTreeSet::new();
        for blame in blames.filter(|blame| blame.tag.is_some()) {
            let (repository, name) = (blame.repository.as_deref().unwrap(), blame.tag.as_deref().unwrap());
            let proposal = place.propose("delete-tag", vec![tag(repository, name)]).await.unwrap();
            assert!(
                proposal.items[0].why.iter().any(|why| why.starts_with(blame.id)),
                "{blame:?}: {proposal:?}"
            );
            ids.insert(blame.id);
        }
        let all =
            CHECKS.iter().filter(|check| offered(check.id) && check.id != "poisoned-repository").count();
        assert!(ids.len() + 4 >= all, "{} of {all} on {kind:?}", ids.len());
    }
}

#[tokio::test]
async fn the_words_and_commands_of_a_broken_tag_in_a_bucket() {
    let place = Place::everything(StoreKind::Bucket);
    let proposal = place.propose("delete-tag", vec![tag("faults/empty-current-link", "bad")]).await.unwrap();
    let item = &proposal.items[0];
    assert_eq!(item.state, Some(TagState::Broken));
    assert!(item.before.starts_with("GET by tag 500; by digest 200; a pull fails"), "{}", item.before);
    assert_eq!(item.after, "GET by tag 404, as for a tag that never was; a push makes it anew");
    assert!(item.references[0].starts_with("no other tag points at the same manifest (2 tags"), "{item:#?}");
    assert!(item.mind.iter().any(|mind| mind.contains("until it is gone, DELETE by digest")), "{item:#?}");
    let commands = commands(&proposal);
    assert_eq!(commands.len(), 2);
    let Act::Delete { version } = &item.steps[0].act else { panic!() };
    let url = format!("gs://bucket/{}current/link", folder("faults/empty-current-link", "bad"));
    assert!(
        commands[0].ends_with(&format!("&& gcloud storage rm --if-generation-match={version} {url}")),
        "{}",
        commands[0]
    );
    assert!(commands[1].ends_with(" # only while bad/current/link is not there"), "{}", commands[1]);
    assert_eq!(
        undone_by(&proposal),
        "quarterdeck undo puts everything back, content type and metadata included, where nothing else is by then"
    );
}

#[tokio::test]
async fn the_commands_on_a_file_system_check_what_they_move() {
    let place = Place::everything(StoreKind::FileSystem);
    let proposal = place.propose("delete-tag", vec![tag("faults/empty-current-link", "bad")]).await.unwrap();
    let commands = commands(&proposal);
    let seconds = place.tree.objects[&proposal.items[0].steps[0].key].modified.as_second();
    assert!(commands[0].starts_with("[ \"$(stat -c %s:%.9Y /"), "{}", commands[0]);
    assert!(commands[0].contains(&format!("\" = 0:{seconds}.000000000 ] && mkdir -p ")), "{}", commands[0]);
    assert!(commands[0].contains(" && mv -nT /"), "{}", commands[0]);
    let last = commands.last().unwrap();
    assert!(last.starts_with("rmdir /") && last.contains("/tags/bad # only while"), "{last}");
}

#[tokio::test]
async fn what_shares_the_manifest_and_what_is_left_is_said() {
    for kind in BOTH {
        let mut tree = Memory::new(kind);
        let truth = Default::default();
        let images = quarterdeck::staging::tree::images::Images {
            seed: quarterdeck::staging::tree::seed::Seed(1),
            layer_bytes: 100,
        };
        let image = images.image(&quarterdeck::staging::tree::images::Plan::new("x")).unwrap();
        for tag in ["v1", "v2"] {
            quarterdeck::staging::tree::push::push(&mut tree, "g/p", Some(tag), &image, now()).unwrap();
        }
        let place = Place::with(tree, truth);
        let one = place.propose("delete-tag", vec![tag("g/p", "v1")]).await.unwrap();
        assert!(one.items[0].references[0].ends_with("by a link of its own: v2"), "{one:?}");
        assert!(!one.items[0].mind.iter().any(|mind| mind.contains("no tag is left")), "{one:?}");
        let both = place.propose("delete-tag", vec![tag("g/p", "v1"), tag("g/p", "v2")]).await.unwrap();
        let minded = |words: &str| both.items[1].mind.iter().any(|mind| mind.contains(words));
        assert!(minded("no tag is left"), "{both:?}");
        assert_eq!(minded("garbage-collect -m"), kind == StoreKind::Bucket);
    }
}

#[tokio::test]
async fn nothing_is_proposed_on_what_is_not_there_or_could_not_be_read() {
    let place = Place::everything(StoreKind::Bucket);
    let absent = place.propose("delete-tag", vec![tag("faults/empty-current-link", "none")]).await;
    assert!(matches!(absent, Err(NoProposal::Absent(why)) if why.contains("has no tag none")));
    let stray = place.propose("delete-tag", vec![tag("faults/stray-file-in-tags", "notes.txt")]).await;
    assert!(matches!(&stray, Err(NoProposal::NotHere(why)) if why.contains("delete-stray")), "{stray:?}");

    let mut bucket = Bucket::new(place.tree.clone());
    let link = format!("{}current/link", folder("faults/layer-blob-missing", "ok"));
    bucket.denied.insert(link.clone());
    let denied = Place { store: std::sync::Arc::new(bucket), ..Place::everything(StoreKind::Bucket) };
    let unread = denied.propose("delete-tag", vec![tag("faults/layer-blob-missing", "ok")]).await;
    assert!(matches!(&unread, Err(NoProposal::Unread(why)) if why.contains(&link)), "{unread:?}");
    let batch = vec![tag("faults/layer-blob-missing", "bad"), tag("faults/layer-blob-missing", "ok")];
    let unread = denied.propose("delete-tag", batch).await;
    assert!(
        matches!(&unread, Err(NoProposal::Unread(why)) if why.starts_with("faults/layer-blob-missing:ok: ")),
        "{unread:?}"
    );
}

#[tokio::test]
async fn a_bucket_that_does_not_hold_the_truth_is_left_alone() {
    use quarterdeck::registry::mode::Configured;
    use quarterdeck::sources::look::Looking;
    let place = Place::everything(StoreKind::Bucket);
    let database = Looking::new(thorough(), Configured::Database, None);
    let place = Place { looking: database, ..place };
    let refused = place.propose("delete-tag", vec![tag("faults/empty-current-link", "bad")]).await;
    assert!(
        matches!(&refused, Err(NoProposal::NotHere(why)) if why.contains("delete-tag-api")),
        "{refused:?}"
    );

    let mut tree = place.tree.clone();
    use quarterdeck::staging::tree::Sink;
    tree.put("docker/registry/lockfiles/database-in-use", b"{}", now()).unwrap();
    let place = Place { looking: looking(thorough()), ..Place::with(tree, Default::default()) };
    let refused = place.propose("delete-tag", vec![tag("faults/empty-current-link", "bad")]).await;
    assert!(matches!(&refused, Err(NoProposal::NotHere(why)) if why.contains("not known")), "{refused:?}");
}
