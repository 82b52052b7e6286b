//! Every verb that any fault of the catalogue offers, carried out and taken back.

use std::collections::{BTreeMap, BTreeSet};

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{About, Ending, Finding, Order, Repair, Subject, Target};
use quarterdeck::proposals::NoProposal;
use quarterdeck::registry::checks::find;
use quarterdeck::registry::reference::{Reference, Repository, Tag};
use quarterdeck::registry::repair::target;
use quarterdeck::staging::tree::StoreKind;

use super::place::{self, Place};

/// What each verb would be ordered to do about a finding of each kind.
async fn orders(place: &Place, deeds: &Deeds) -> Vec<(&'static str, Order)> {
    let store = (deeds.open)().await.unwrap();
    let (mut orders, mut seen) = (Vec::new(), BTreeSet::new());
    for blame in place.truth.blames_on(StoreKind::FileSystem) {
        let (finding, at, digest): (Finding, _, _) = match (&blame.repository, &blame.tag) {
            (Some(repository), Some(tag)) => {
                let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
                let report = deeds.looking.look(&*store, &reference).await;
                let Some(finding) = report.findings.iter().find(|finding| finding.id == blame.id) else {
                    continue;
                };
                (finding.clone(), Some(place::tag(repository, tag)), report.digest)
            }
            (Some(name), None) => (
                find(blame.id).unwrap().finding(Subject::Repository(name.clone()), &blame.object, ""),
                None,
                None,
            ),
            (None, _) => {
                let subject = Subject::Object(blame.object.clone());
                (find(blame.id).unwrap().finding(subject, &blame.object, ""), None, None)
            }
        };
        for repair in &finding.repairs {
            let Repair::Verb(verb) = *repair else { continue };
            let to: Option<Target> = target(&finding, *repair, at.as_ref(), digest.as_deref());
            let Some(to) = to.filter(|_| verb != "delete-tag-api" && seen.insert((blame.id, verb))) else {
                continue;
            };
            orders.push((blame.id, Order { verb, targets: vec![to] }));
        }
    }
    orders
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_verb_on_every_fault_is_taken_back_to_the_byte() {
    let place = Place::everything();
    let deeds = place.deeds();
    let before = place.tree();
    let mut table: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, order) in orders(&place, &deeds).await {
        let store = (deeds.open)().await.unwrap();
        let proposal = match deeds.propose(&*store, &order, None).await {
            Ok(proposal) => proposal,
            // Whether it should have is another test's question.
            Err(NoProposal::NotHere(_) | NoProposal::Absent(_) | NoProposal::Unread(_)) => continue,
        };
        let story = format!("{} of {id}", order.verb);
        let done = place::carry_out(&deeds, proposal).await;
        assert_eq!(done.ending, Ending::Done, "{story}: {done:#?}");
        let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await;
        let undo = undo.unwrap_or_else(|why| panic!("{story}: {why}"));
        let undone = place::carry_out(&deeds, undo).await;
        assert_eq!(undone.ending, Ending::Done, "{story}: {undone:#?}");
        assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new(), "{story}");
        *table.entry(order.verb).or_default() += 1;
    }
    println!("carried out and taken back, by verb: {table:?}");
    assert!(table.len() >= 7 && table.values().sum::<usize>() > 60, "{table:?}");
}
