//! Finds the entry of the journal that is to be taken back or finished, and says why that cannot be.

use super::Deeds;
use crate::execution::journal::{Histories, History, Journal};
use crate::model::Ending;
use crate::proposals::NoProposal;
use crate::storage::{Entry, ObjectStore};

/// The journal as it is now.
pub async fn histories(journal: &Journal) -> Result<Histories, NoProposal> {
    let journal = journal.clone();
    let read = tokio::task::spawn_blocking(move || journal.histories()).await;
    let read = read.map_err(|stopped| NoProposal::Unread(stopped.to_string()))?;
    read.map_err(|trouble| NoProposal::Unread(trouble.to_string()))
}

/// The parts of one deed, newest first: the entry `id`, what finished it, and what it finished.
pub fn parts<'a>(
    histories: &'a Histories,
    id: &str,
    (deeds, store): (&Deeds, &dyn ObjectStore),
) -> Result<Vec<&'a History>, NoProposal> {
    let named = histories.find(id).map_err(NoProposal::NotHere)?;
    let parts = histories.chain(&histories.newest_part(&named.id));
    for part in &parts {
        usable(part, deeds, store)?;
    }
    Ok(parts)
}

fn usable(part: &History, deeds: &Deeds, store: &dyn ObjectStore) -> Result<(), NoProposal> {
    let id = &part.id;
    if let Some(damage) = &part.damage {
        return Err(NoProposal::NotHere(format!(
            "the journal of entry {id} was changed by somebody, so nothing is done by it: {damage}"
        )));
    }
    if part.live && part.ending.is_none() {
        return Err(NoProposal::NotHere(format!("entry {id} is still being carried out by {}", part.by)));
    }
    let there = &part.proposal.store;
    match store.url() {
        _ if deeds.is_here(store, there) => Ok(()),
        _ if part.proposal.is_about_servers() => Err(NoProposal::NotHere(format!(
            "entry {id} is of {there}, and the profile does not know these load balancers so; open the one that does"
        ))),
        _ if part.proposal.is_about_logs() => {
            Err(NoProposal::NotHere(format!("entry {id} is of {there}; open the cockpit on that host")))
        }
        "" => Err(NoProposal::NotHere(format!(
            "entry {id} is of {there}, and the bucket is not open yet; try again when it is"
        ))),
        here => {
            Err(NoProposal::NotHere(format!("entry {id} is of {there}, and this is {here}; open that one")))
        }
    }
}

/// What an entry did, in a sentence.
pub fn words(part: &History) -> String {
    let (done, of) = (part.finished(), part.proposal.steps().count());
    let end = match &part.ending {
        Some(Ending::Done) => String::new(),
        Some(Ending::Stopped) => format!("; it was stopped after {done} of {of} steps"),
        Some(Ending::Changed { why } | Ending::Failed { why }) => {
            format!("; it ended after {done} of {of} steps: {why}")
        }
        None => format!("; it was interrupted after {done} of {of} steps"),
    };
    let at = part.at.strftime("%F %H:%M:%SZ");
    format!("entry {}: {} by {} at {at}{end}", part.id, part.proposal.verb, part.by)
}

/// What is there now, if anything.
pub async fn seen(store: &dyn ObjectStore, key: &str) -> Result<Option<Entry>, NoProposal> {
    match store.stat(key).await {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(NoProposal::Unread(error.to_string())),
    }
}

/// Whether the object that is there has just these bytes, named by size and digest.
pub async fn holds(
    store: &dyn ObjectStore,
    entry: &Entry,
    size: u64,
    digest: Option<&str>,
) -> Result<bool, NoProposal> {
    let Some(digest) = digest.filter(|_| entry.size == Some(size)) else { return Ok(false) };
    match store.read(&entry.key, None).await {
        Ok(object) => Ok(crate::registry::digest::Digest::of(&object.bytes).to_string() == digest),
        Err(error) if error.is_gone() => Ok(false),
        Err(error) => Err(NoProposal::Unread(error.to_string())),
    }
}
