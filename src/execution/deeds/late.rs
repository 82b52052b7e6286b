//! Looks again at what was deleted: a registry that had a file open may have written to it after it was moved away.

use super::carry::Run;
use super::{earlier, has_folders};
use crate::model::{About, Act, Ending, StepOutcome};
use crate::storage::{Aftermath, Version};

/// An object that was deleted.
struct Deleted {
    /// The step of this plan that deleted it; none for one of an earlier part.
    step: Option<usize>,
    key: String,
    version: Version,
}

/// Looks at once and, on file systems, a while later; what was written late is put back. How it ends then.
pub async fn look_again(run: &mut Run<'_>, mut ending: Ending) -> Ending {
    let mut left = deleted(run);
    left.extend(deleted_before(run).await);
    let rounds = if has_folders(&*run.store) { 2 } else { 1 };
    for round in 0..rounds {
        if round > 0 && !left.is_empty() {
            tokio::time::sleep(run.deeds.late).await;
        }
        let last = round + 1 == rounds;
        let mut quiet = Vec::new();
        for gone in left {
            match once(run, &gone, last).await {
                Some(Ok(())) => {}
                Some(Err(why)) => ending = worse(ending, why),
                None => quiet.push(gone),
            }
        }
        left = quiet;
    }
    ending
}

/// Nothing while it stays quiet.
async fn once(run: &mut Run<'_>, gone: &Deleted, last: bool) -> Option<Result<(), String>> {
    let key = &gone.key;
    match run.store.look_again(key, &gone.version).await {
        Ok(Aftermath::Quiet) => None,
        Ok(Aftermath::PutBack) => {
            let why = format!("somebody wrote to {key} in the moment it was deleted, so it was put back");
            run.notes.push(why.clone());
            if let Some(step) = gone.step {
                let _ = run.record(step, StepOutcome::PutBack { why: why.clone() }).await;
            }
            Some(Err(why))
        }
        Ok(Aftermath::Aside(place)) => {
            let why = format!(
                "somebody wrote to {key} in the moment it was deleted, and something else stands there by now; the \
                 late bytes lie at {place}"
            );
            run.notes.push(why.clone());
            Some(Err(why))
        }
        // What cannot be looked at now may be, a moment later.
        Err(_) if !last => None,
        Err(error) => {
            run.notes.push(format!(
                "whether anybody wrote to {key} while it was deleted could not be seen: {error}"
            ));
            Some(Ok(()))
        }
    }
}

fn worse(ending: Ending, why: String) -> Ending {
    match ending {
        Ending::Done | Ending::Stopped => Ending::Changed { why },
        Ending::Changed { .. } | Ending::Failed { .. } => ending,
    }
}

/// What the entry that is finished here deleted, before anybody could look again.
async fn deleted_before(run: &mut Run<'_>) -> Vec<Deleted> {
    let Some(About::Resume(id)) = &run.proposal.about else { return Vec::new() };
    let histories = match earlier::histories(&run.deeds.journal).await {
        Ok(histories) => histories,
        Err(why) => {
            run.notes.push(format!("what entry {id} deleted could not be looked at again: {why}"));
            return Vec::new();
        }
    };
    let parts = histories.chain(id);
    let deleted = parts.iter().flat_map(|part| part.deleted());
    let of = |(_, key, version): (usize, &str, &str)| Deleted {
        step: None,
        key: key.to_owned(),
        version: Version(version.to_owned()),
    };
    deleted.map(of).collect()
}

/// What this plan deleted, or may have.
fn deleted(run: &Run<'_>) -> Vec<Deleted> {
    let steps: Vec<_> = run.proposal.steps().collect();
    let of = |(number, outcome): &(usize, StepOutcome)| match (&steps.get(*number)?.act, outcome) {
        (Act::Delete { version }, StepOutcome::Done { .. } | StepOutcome::Failed { .. }) => Some(Deleted {
            step: Some(*number),
            key: steps.get(*number)?.key.clone(),
            version: Version(version.clone()),
        }),
        _ => None,
    };
    run.outcomes.iter().filter_map(of).collect()
}
