//! `quarterdeck delete REF…`: what deleting tags would do, and with leave and agreement does it.

use std::io::IsTerminal;

use tokio::sync::mpsc;

use super::deed::{Desk, Say, flags};
use super::out::complain;
use super::references::{self, Given, More};
use super::{Arming, Delete, Exit, Place, work};
use crate::model::{Order, Subject, TagState, Target};
use crate::registry::reference::{self, Reference};
use crate::registry::repair::quote;

/// Lines of standard input that wait to be taken.
const WAITING: usize = 64;

/// Shows or does what `arguments` name.
pub fn run(arguments: Delete, place: Place, arming: Arming) -> Exit {
    let Delete { references, api, arming: inner, yes, words, output, place: inner_place } = arguments;
    let place = inner_place.or(place);
    let given = match references::given(&references).and_then(all) {
        Ok(given) => given,
        Err(wrong) => {
            wrong.iter().for_each(|why| complain(why));
            return Exit::Usage;
        }
    };
    let verb = match verb(&given, api) {
        Ok(verb) => verb,
        Err(why) => {
            complain(why);
            return Exit::Usage;
        }
    };
    let typed = references.iter().map(|text| quote(&text.to_string_lossy()));
    let api = api.then(|| "--api".to_owned());
    let registry = flags(&place);
    let command =
        ["quarterdeck delete".to_owned()].into_iter().chain(registry.clone()).chain(api).chain(typed);
    let command = command.collect::<Vec<_>>().join(" ");
    let say = Say { arming: inner.or(arming), yes, words, output, command, registry };
    work::run_writing(|stop| async move {
        match Desk::open(place, say, stop).await {
            Err(exit) => exit,
            Ok(desk) => {
                desk.settle(async |desk| {
                    let targets = targets(desk, &given).await;
                    let order = Order { verb, targets };
                    desk.deeds.propose(&*desk.registry.store, &order, desk.permit()).await
                })
                .await
            }
        }
    })
}

/// Those of standard input as well; one that does not parse spoils them all, because the number has to be right.
fn all(given: Given) -> Result<Vec<Reference>, Vec<String>> {
    let (mut references, mut wrong) = (given.references, Vec::new());
    if given.more == More::Lines {
        if std::io::stdin().is_terminal() {
            complain("reading references, one a line; Ctrl-d ends them");
        }
        let (sender, mut lines) = mpsc::channel(WAITING);
        std::thread::scope(|scope| {
            scope.spawn(move || references::send_lines(&sender));
            while let Some(line) = lines.blocking_recv() {
                match line {
                    Ok(reference) => references.push(reference),
                    Err(why) => wrong.push(why),
                }
            }
        });
        if references.is_empty() && wrong.is_empty() {
            wrong.push("standard input held no reference, so there is nothing to delete".to_owned());
        }
    }
    if wrong.is_empty() { Ok(references) } else { Err(wrong) }
}

/// The verb for these references.
fn verb(given: &[Reference], api: bool) -> Result<&'static str, &'static str> {
    let is_tag = |reference: &Reference| matches!(reference.target, reference::Target::Tag(_));
    match (given.iter().any(is_tag), given.iter().all(is_tag), api) {
        (_, true, true) => Ok("delete-tag-api"),
        (_, true, false) => Ok("delete-tag"),
        (false, _, false) => Ok("delete-revision-link"),
        (_, false, true) => {
            Err("--api deletes by tag only: a DELETE by digest would take every tag on it; name the tags")
        }
        (true, false, false) => Err(
            "tags and digests are different deletes: give the tags in one command and the digests in another",
        ),
    }
}

/// What is meant, each once. Where the text can be read in two ways, the one that is there counts.
async fn targets(desk: &Desk, given: &[Reference]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for reference in given {
        let subject = match &reference.other_reading {
            Some(other) if desk.registry.look(&alone(reference)).await.state == TagState::Absent => {
                let second = desk.registry.look(other).await;
                subject(if second.state == TagState::Absent { reference } else { other })
            }
            Some(_) | None => subject(reference),
        };
        let target = Target { subject, object: None };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// The reference by its first reading.
fn alone(reference: &Reference) -> Reference {
    Reference { other_reading: None, ..reference.clone() }
}

fn subject(reference: &Reference) -> Subject {
    let repository = reference.repository.to_string();
    match &reference.target {
        reference::Target::Tag(tag) => Subject::Tag { repository, tag: tag.to_string() },
        reference::Target::Digest(digest) => Subject::Manifest { repository, digest: digest.to_string() },
    }
}
