//! What finishing an entry of the journal would do: the steps that did not happen, after a look at what did.

use super::inverse::measure;
use super::{Deeds, earlier, files, servers};
use crate::execution::journal::{Happened, History};
use crate::model::{About, Act, Ending, Item, Proposal, Step, StepOutcome};
use crate::proposals::NoProposal;
use crate::storage::{ObjectStore, Version};

/// What is to become of a step.
pub enum Rest {
    /// It is still to be done.
    ToDo,
    /// It was done.
    Done,
    /// Its object is neither as before nor as after.
    Changed(String),
}

/// The proposal that does what an entry left undone.
pub async fn propose(deeds: &Deeds, store: &dyn ObjectStore, id: &str) -> Result<Proposal, NoProposal> {
    let histories = earlier::histories(&deeds.journal).await?;
    let parts = earlier::parts(&histories, id, (deeds, store))?;
    let Some(newest) = parts.first() else { return Err(NoProposal::NotHere(format!("no entry {id}"))) };
    if newest.ending == Some(Ending::Done) {
        return Err(NoProposal::NotHere(format!("entry {} did all that it was to do", newest.id)));
    }
    let (mut items, mut number) = (Vec::new(), 0);
    for item in &newest.proposal.items {
        items.push(rest_of(deeds, store, newest, item, number).await?);
        number += item.steps.len();
    }
    let is_left = items.iter().any(|item| !item.steps.is_empty());
    if newest.ending.is_some() && !is_left {
        return Err(NoProposal::NotHere(format!("nothing is left to do of entry {}", newest.id)));
    }
    items.retain(|item| !item.steps.is_empty() || !is_left);
    Ok(Proposal {
        verb: newest.proposal.verb.clone(),
        store: newest.proposal.store.clone(),
        about: Some(About::Resume(newest.id.clone())),
        backups: newest.proposal.backups.clone(),
        items,
    })
}

/// What is left of an item whose first step has this number.
async fn rest_of(
    deeds: &Deeds,
    store: &dyn ObjectStore,
    history: &History,
    item: &Item,
    first: usize,
) -> Result<Item, NoProposal> {
    let mut steps = Vec::new();
    for (number, step) in (first..).zip(&item.steps) {
        let rest = match &step.act {
            Act::SetServer(change) => servers::rest(deeds.fleet.as_ref(), change).await,
            Act::EmptyLog(log) => match (history.happened(number), history.outcomes.get(&number)) {
                (Happened::Yes, _) | (_, Some(StepOutcome::Already { .. })) => Rest::Done,
                (Happened::Perhaps, None) => files::rest(log, true).await,
                (Happened::Perhaps | Happened::No, _) => files::rest(log, false).await,
            },
            _ => rest(store, history, number, step).await?,
        };
        match rest {
            Rest::ToDo => steps.push(step.clone()),
            Rest::Done => {}
            Rest::Changed(why) => {
                return Err(NoProposal::NotHere(format!(
                    "entry {} cannot be finished as it was agreed to: {why}. Undo what it did, or propose {} anew",
                    history.id, history.proposal.verb
                )));
            }
        }
    }
    let mut mind = item.mind.clone();
    if steps.is_empty() {
        mind.push(
            "all its steps were done; what is left is to look whether anybody wrote meanwhile".to_owned(),
        );
    }
    let why =
        [format!("it finishes {}", earlier::words(history))].into_iter().chain(item.why.iter().cloned());
    // What was typed when it was begun stands.
    Ok(Item { state: None, why: why.collect(), steps, mind, ..item.clone() })
}

async fn rest(
    store: &dyn ObjectStore,
    history: &History,
    number: usize,
    step: &Step,
) -> Result<Rest, NoProposal> {
    match (history.happened(number), history.outcomes.get(&number)) {
        (Happened::Yes, _) | (Happened::No, Some(StepOutcome::Already { .. })) => return Ok(Rest::Done),
        (Happened::No, Some(StepOutcome::PutBack { why })) => return Ok(Rest::Changed(why.clone())),
        (Happened::No | Happened::Perhaps, _) => {}
    }
    // A step that may have happened counts as done where its object is as it would be afterwards.
    let perhaps = history.happened(number) == Happened::Perhaps;
    match &step.act {
        Act::Delete { version } => Ok(match earlier::seen(store, &step.key).await? {
            Some(entry) if entry.version.agrees_with(&Version(version.clone())) => Rest::ToDo,
            Some(_) => written_since(step),
            None if perhaps => Rest::Done,
            None => Rest::ToDo,
        }),
        Act::Create { content } | Act::PutBack { content, .. } => {
            let (size, digest) = measure(content);
            match earlier::seen(store, &step.key).await? {
                None => Ok(Rest::ToDo),
                Some(entry) => {
                    let same = earlier::holds(store, &entry, size, digest.as_deref()).await?;
                    Ok(if same { Rest::Done } else { written_since(step) })
                }
            }
        }
        Act::Replace { version, content } => {
            let (size, digest) = measure(content);
            match earlier::seen(store, &step.key).await? {
                Some(entry) if entry.version.agrees_with(&Version(version.clone())) => Ok(Rest::ToDo),
                Some(entry) if earlier::holds(store, &entry, size, digest.as_deref()).await? => {
                    Ok(Rest::Done)
                }
                Some(_) | None => Ok(written_since(step)),
            }
        }
        // These find out by themselves that there is nothing left to do.
        Act::RemoveFolder
        | Act::MakeFolder { .. }
        | Act::ApiDelete { .. }
        | Act::ApiPut { .. }
        | Act::SetServer(_)
        | Act::EmptyLog(_) => Ok(Rest::ToDo),
    }
}

fn written_since(step: &Step) -> Rest {
    Rest::Changed(format!("{} was written since", step.key))
}
