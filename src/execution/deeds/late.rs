//! Looks again at what was deleted or replaced: a registry that had a file open may have written to it after it was
//! moved away.

use futures::{FutureExt, StreamExt, stream};

use super::carry::Run;
use super::{earlier, has_folders};
use crate::model::{About, Ending, Step, StepOutcome};
use crate::storage::{Aftermath, ObjectStore, StoreError, Version};

/// Objects that are looked at side by side.
const AT_ONCE: usize = 16;

/// An object that was moved away.
struct Moved {
    /// The step of this plan that did it; none for one of an earlier part.
    step: Option<usize>,
    key: String,
    version: Version,
}

/// Looks at once and, on file systems, a while later; what was written late is put back. How it ends then.
pub async fn look_again(run: &mut Run<'_>, mut ending: Ending) -> Ending {
    let mut left = moved(run);
    left.extend(moved_before(run).await);
    let rounds = if has_folders(&*run.store) { 2 } else { 1 };
    for round in 0..rounds {
        if round > 0 && !left.is_empty() {
            tokio::time::sleep(run.deeds.late).await;
        }
        let last = round + 1 == rounds;
        let mut quiet = Vec::new();
        for (gone, aftermath) in aftermaths(&*run.store, left).await {
            match heard(run, &gone, aftermath, last).await {
                Some(Ok(())) => {}
                Some(Err(why)) => ending = worse(ending, why),
                None => quiet.push(gone),
            }
        }
        left = quiet;
    }
    ending
}

async fn aftermaths(
    store: &dyn ObjectStore,
    left: Vec<Moved>,
) -> Vec<(Moved, Result<Aftermath, StoreError>)> {
    let looks: Vec<_> = left.into_iter().map(|gone| aftermath(store, gone).boxed()).collect();
    stream::iter(looks).buffered(AT_ONCE).collect().await
}

async fn aftermath(store: &dyn ObjectStore, gone: Moved) -> (Moved, Result<Aftermath, StoreError>) {
    let aftermath = store.look_again(&gone.key, &gone.version).await;
    (gone, aftermath)
}

/// Nothing while it stays quiet.
async fn heard(
    run: &mut Run<'_>,
    gone: &Moved,
    aftermath: Result<Aftermath, StoreError>,
    last: bool,
) -> Option<Result<(), String>> {
    let key = &gone.key;
    match aftermath {
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
                "somebody wrote to {key} in the moment it was taken away, and something else stands there by now; the \
                 late bytes lie at {place}"
            );
            run.notes.push(why.clone());
            Some(Err(why))
        }
        // What cannot be looked at now may be, a moment later.
        Err(_) if !last => None,
        Err(error) => {
            run.notes.push(format!(
                "whether anybody wrote to {key} while it was taken away could not be seen: {error}"
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

/// What the entry that is finished here moved away, before anybody could look again.
async fn moved_before(run: &mut Run<'_>) -> Vec<Moved> {
    let Some(About::Resume(id)) = &run.proposal.about else { return Vec::new() };
    let histories = match earlier::histories(&run.deeds.journal).await {
        Ok(histories) => histories,
        Err(why) => {
            run.notes.push(format!("what entry {id} deleted could not be looked at again: {why}"));
            return Vec::new();
        }
    };
    let parts = histories.chain(id);
    let of = |(key, version): (&str, &str)| Moved {
        step: None,
        key: key.to_owned(),
        version: Version(version.to_owned()),
    };
    parts.iter().flat_map(|part| part.moved()).map(of).collect()
}

/// What this plan moved away, or may have.
fn moved(run: &Run<'_>) -> Vec<Moved> {
    let of = |(number, step): (usize, &Step)| {
        let is_moved =
            matches!(run.outcomes.get(&number)?, StepOutcome::Done { .. } | StepOutcome::Failed { .. });
        let version = step.act.takes_version().filter(|_| is_moved)?;
        Some(Moved { step: Some(number), key: step.key.clone(), version: Version(version.to_owned()) })
    };
    run.proposal.steps().enumerate().filter_map(of).collect()
}
