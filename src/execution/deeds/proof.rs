//! What storage and the front door answer before a deed and after it.

use futures::{FutureExt, StreamExt, stream};

use super::{Deeds, files, servers};
use crate::model::text::clean;
use crate::model::{Item, Proof, Proposal, Subject, TagState};
use crate::registry::digest::Digest;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::report::TagReport;
use crate::sources::registry_api::Client;
use crate::storage::ObjectStore;

/// Subjects that are looked at side by side.
const AT_ONCE: usize = 4;

/// Looks at everything that a proposal is about.
pub async fn before(deeds: &Deeds, store: &dyn ObjectStore, proposal: &Proposal) -> Vec<Proof> {
    let mut items: Vec<&Item> = Vec::new();
    for item in &proposal.items {
        if !items.iter().any(|seen| seen.subject == item.subject) {
            items.push(item);
        }
    }
    let looks: Vec<_> = items.into_iter().map(|item| look(deeds, store, item).boxed()).collect();
    stream::iter(looks).buffered(AT_ONCE).collect::<Vec<_>>().await.concat()
}

/// Looks again, and joins what is seen to what was seen before.
pub async fn after(
    deeds: &Deeds,
    store: &dyn ObjectStore,
    proposal: &Proposal,
    before: &[Proof],
) -> Vec<Proof> {
    let now = self::before(deeds, store, proposal).await;
    let answer = |of: &str| now.iter().find(|proof| proof.of == of).map(|proof| proof.before.clone());
    before.iter().map(|proof| Proof { after: answer(&proof.of), ..proof.clone() }).collect()
}

/// Which tags are whole again although they were deleted to the end: somebody pushed them in the same moment.
pub fn pushed_meanwhile(proposal: &Proposal, proofs: &[Proof]) -> Vec<String> {
    let deletes = matches!(proposal.verb.as_str(), "delete-tag" | "delete-tag-api");
    let is_whole = |item: &&Item| {
        let of = format!("storage {}", item.subject);
        let after = proofs.iter().find(|proof| proof.of == of).and_then(|proof| proof.after.as_deref());
        deletes && after.is_some_and(|after| after.starts_with(TagState::Whole.name()))
    };
    let again = |item: &Item| {
        format!("{} was deleted, and somebody pushed it meanwhile: it is whole again", item.subject)
    };
    proposal.items.iter().filter(is_whole).map(again).collect()
}

async fn look(deeds: &Deeds, store: &dyn ObjectStore, item: &Item) -> Vec<Proof> {
    if matches!(item.subject, Subject::Server { .. }) {
        return servers::proofs(deeds.fleet.as_ref(), item).await;
    }
    if matches!(item.subject, Subject::LogFile(_)) {
        return files::proofs(item).await;
    }
    let Some(reference) = reference_of(&item.subject) else {
        return objects(store, item).await.into_iter().collect();
    };
    let report = async { verdict(&deeds.looking.look(store, &reference).await) };
    let answer = async {
        match deeds.looking.client() {
            Some(client) => Some(front_door(client, &reference).await),
            None => None,
        }
    };
    let (report, answer) = futures::join!(report, answer);
    let proof = |place: &str, before| Proof { of: format!("{place} {}", item.subject), before, after: None };
    let front_door = answer.map(|answer| proof("front door", answer));
    [proof("storage", report)].into_iter().chain(front_door).collect()
}

/// What is there of the first object that a step is about.
async fn objects(store: &dyn ObjectStore, item: &Item) -> Option<Proof> {
    let step = item.steps.iter().find(|step| !step.act.is_folder())?;
    let before = match store.stat(&step.key).await {
        Ok(entry) => match entry.size {
            Some(size) => format!("{size} bytes"),
            None => "there".to_owned(),
        },
        Err(error) if error.is_gone() => "gone".to_owned(),
        Err(error) => clean(&error.to_string()).into_owned(),
    };
    Some(Proof { of: format!("storage {}", step.key), before, after: None })
}

/// The tag or manifest that a subject names.
pub fn reference_of(subject: &Subject) -> Option<Reference> {
    match subject {
        Subject::Tag { repository, tag } => {
            Some(Reference::tag(Repository::found(repository), Tag::found(tag)))
        }
        Subject::Manifest { repository, digest } => {
            Some(Reference::digest(Repository::found(repository), Digest::parse(digest).ok()?))
        }
        _ => None,
    }
}

/// A verdict with its reasons, in a line.
pub fn verdict(report: &TagReport) -> String {
    let reasons: Vec<&str> = match report.state {
        TagState::Broken => report.findings.iter().map(|finding| finding.id).collect(),
        TagState::Unknown => report.unread.iter().map(|unread| unread.why.as_str()).take(1).collect(),
        TagState::Whole => report.digest.as_deref().into_iter().collect(),
        TagState::Absent => Vec::new(),
    };
    let line = match reasons.is_empty() {
        true => report.state.name().to_owned(),
        false => format!("{}: {}", report.state.name(), reasons.join(", ")),
    };
    clean(&line).into_owned()
}

/// What a client that pulls would be answered.
async fn front_door(client: &Client, reference: &Reference) -> String {
    let error = match client.head_manifest(reference).await {
        Ok(head) => {
            return head.claimed.map_or_else(|| "200".to_owned(), |digest| format!("200 {}", clean(&digest)));
        }
        Err(error) => error,
    };
    let Some(status) = error.status else { return error.to_string() };
    // The answer to a HEAD has no words in it.
    match client.manifest(reference).await {
        Err(error) if error.status == Some(status) => {
            error.code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"))
        }
        Ok(_) | Err(_) => status.to_string(),
    }
}
