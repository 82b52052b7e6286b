//! Every fault of the catalogue and every verb that it offers.

use std::collections::{BTreeMap, BTreeSet};

use quarterdeck::model::{Finding, Proposal, Repair, Subject, TagState};
use quarterdeck::registry::checks::find;
use quarterdeck::registry::reference::{Reference, Repository, Tag};
use quarterdeck::registry::repair::{commands, target, undone_by};
use quarterdeck::registry::report::TagReport;
use quarterdeck::staging::tree::StoreKind;

use super::place::{Place, carried_out, touched};

const BOTH: [StoreKind; 2] = [StoreKind::FileSystem, StoreKind::Bucket];

async fn look(place: &Place, repository: &str, tag: &str) -> TagReport {
    let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
    place.looking.look(&*place.store, &reference).await
}

/// Every object that a whole tag needs or has, and the tags that need it.
async fn live(place: &Place) -> BTreeMap<String, BTreeSet<Subject>> {
    let mut live: BTreeMap<String, BTreeSet<Subject>> = BTreeMap::new();
    for ((repository, tag), truth) in &place.truth.tags {
        let subject = Subject::Tag { repository: repository.clone(), tag: tag.clone() };
        if truth.state != TagState::Whole {
            continue;
        }
        let report = look(place, repository, tag).await;
        let own = format!("docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}/");
        let keys = report.hops.iter().map(|hop| hop.object.clone()).chain(place.below(&own));
        for key in keys {
            live.entry(key).or_default().insert(subject.clone());
        }
    }
    live
}

/// The findings that a tree has to show, with what was looked at when each was made.
async fn findings(place: &Place) -> Vec<(Finding, Option<Subject>, Option<String>)> {
    let mut found = Vec::new();
    // What poisons a repository is a fault of its own as well.
    for blame in place.truth.blames_on(place.kind).filter(|blame| blame.id != "poisoned-repository") {
        let named = blame.repository.as_deref().zip(blame.tag.as_deref());
        let Some((repository, tag)) = named else {
            let subject = match &blame.repository {
                Some(name) => Subject::Repository(name.clone()),
                None => Subject::Object(blame.object.clone()),
            };
            found.push((find(blame.id).unwrap().finding(subject, &blame.object, ""), None, None));
            continue;
        };
        let report = look(place, repository, tag).await;
        let at = Subject::Tag { repository: repository.to_owned(), tag: tag.to_owned() };
        let finding = report.findings.iter().find(|finding| finding.id == blame.id);
        if let Some(finding) = finding {
            found.push((finding.clone(), Some(at), report.digest));
        }
    }
    found
}

/// What may not be touched by a proposal about this: what another tag lives by.
fn spared(live: &BTreeMap<String, BTreeSet<Subject>>, proposal: &Proposal, finding: &Finding) {
    let of_the_same = |subject: &Subject| match (&proposal.items[0].subject, subject) {
        (Subject::Repository(name), Subject::Tag { repository, .. }) => name == repository,
        (one, other) => one == other,
    };
    for key in touched(proposal.steps()) {
        let others = live.get(&key).into_iter().flatten().filter(|subject| !of_the_same(subject));
        let others: Vec<_> = others.collect();
        assert!(
            others.is_empty(),
            "{} of {} touches {key}, which {others:?} need",
            proposal.verb,
            finding.id
        );
    }
}

/// Verbs that are offered where they refuse: a guess would be needed.
const REFUSED: &[(&str, &str, &str)] =
    &[("missing-current-link-many-revisions", "restore-link", "which of them was last is not recorded")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_verb_that_a_fault_offers_touches_what_is_guilty_and_nothing_that_lives() {
    for kind in BOTH {
        let place = Place::everything(kind);
        let live = live(&place).await;
        let mut table = BTreeMap::new();
        for (finding, at, digest) in findings(&place).await {
            for repair in &finding.repairs {
                let Some(to) = target(&finding, *repair, at.as_ref(), digest.as_deref()) else {
                    assert!(matches!(repair.name(), "re-push" | "copy-repush-request"), "{finding:?}");
                    continue;
                };
                let Repair::Verb(verb) = *repair else { continue };
                if verb == "delete-tag-api" {
                    continue;
                }
                let said = match place.propose(verb, vec![to]).await {
                    Ok(proposal) => {
                        spared(&live, &proposal, &finding);
                        let item = &proposal.items[0];
                        assert!(!item.why.is_empty() && !item.references.is_empty(), "{item:#?}");
                        assert!(!item.before.is_empty() && !item.after.is_empty(), "{item:#?}");
                        assert!(!item.steps.is_empty(), "{item:#?}");
                        assert_eq!(commands(&proposal).len(), item.steps.len());
                        assert!(!undone_by(&proposal).is_empty());
                        carried_out(&place, &proposal);
                        format!("{} steps: {}", item.steps.len(), item.why[0])
                    }
                    Err(why) => format!("REFUSED {why}"),
                };
                table.insert((finding.id, verb, finding.object.clone()), said);
            }
        }
        for ((id, verb, object), said) in &table {
            println!("{id:36} {verb:22} {said}");
            let refused = REFUSED.iter().find(|(of, by, _)| of == id && by == verb);
            match refused {
                Some((_, _, words)) => assert!(said.contains(words), "{id} {verb} {object}: {said}"),
                None => assert!(!said.starts_with("REFUSED"), "{id} {verb} {object}: {said}"),
            }
        }
        assert!(table.len() > 120, "only {} verbs were tried", table.len());
    }
}
