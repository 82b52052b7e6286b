//! Steps that set something on servers of load balancers: done, taken back, finished, and what is seen before and
//! after.

use super::inverse::Inverse;
use super::resume::Rest;
use crate::model::{Act, Item, Permit, Proof, SetServer, Setting, StepOutcome};
use crate::proposals::servers::{left, words};
use crate::sources::haproxy::facts::Look;
use crate::sources::haproxy::{Fleet, Named, NotSet};

/// What an instance says of a server now.
struct Now {
    look: Look,
    setting: Setting,
}

impl Now {
    /// Whether another process answers than the one that was asked before.
    fn is_reloaded(&self, since: &SetServer) -> bool {
        since.worker.is_some() && self.look.info.pid != since.worker
    }
}

/// Sets it, if the server still has what it had.
pub async fn set(fleet: Option<&Fleet>, permit: Permit, change: &SetServer) -> StepOutcome {
    let (fleet, named) = match instance(fleet, change) {
        Ok(known) => known,
        Err(why) => return StepOutcome::Failed { why },
    };
    match now(fleet, named, change).await {
        Err(why) => return StepOutcome::Failed { why },
        Ok(now) if now.is_reloaded(change) => return StepOutcome::Changed { why: reloaded(change) },
        Ok(now) if now.setting == change.to => {
            return StepOutcome::Already { why: format!("{} is {} already", change.key(), now.setting) };
        }
        Ok(now) if now.setting != change.was => {
            return StepOutcome::Changed { why: set_since(change, now.setting) };
        }
        Ok(_) => {}
    }
    let answer = fleet.set(permit, &named.address, change).await;
    proved(fleet, named, change, answer).await
}

/// What a command came to: only what the server has afterwards tells.
async fn proved(fleet: &Fleet, named: &Named, change: &SetServer, answer: Result<(), NotSet>) -> StepOutcome {
    let said = |words: &str| format!("{}: {}", change.instance, words);
    match (answer, now(fleet, named, change).await) {
        (Ok(()) | Err(NotSet::Unanswered(_)), Ok(now)) if change.is_done_by(now.setting) => {
            StepOutcome::Done { version: None }
        }
        (Err(NotSet::Refused(words)), _) => {
            StepOutcome::Failed { why: said(&format!("HAProxy says: {words}")) }
        }
        (Err(NotSet::Unanswered(trouble)), Ok(_)) => StepOutcome::Failed { why: said(&trouble.why) },
        (Ok(()), Ok(now)) => StepOutcome::Changed {
            why: format!("{}, right after it was set", set_since(change, now.setting)),
        },
        (Ok(()), Err(why)) => {
            StepOutcome::Failed { why: format!("it was set, and whether it is could not be seen: {why}") }
        }
        (Err(NotSet::Unanswered(trouble)), Err(_)) => StepOutcome::Failed {
            why: said(&format!(
                "{}; whether it was set is not known, so look before the next step",
                trouble.why
            )),
        },
    }
}

/// What takes a change back, if the server still has what was set.
pub async fn inverse(fleet: Option<&Fleet>, change: &SetServer) -> Inverse {
    let now = match seen(fleet, change).await {
        Ok(now) => now,
        Err(why) => return Inverse::Left(format!("{} is left as it is: {why}", change.key())),
    };
    if change.is_undone_by(now.setting) {
        return Inverse::Nothing;
    }
    if !change.is_done_by(now.setting) {
        return Inverse::Left(format!("{}, so it is left as it is", set_since(change, now.setting)));
    }
    let mut back = change.back_from(now.setting, now.look.info.pid);
    back.left = left(&now.look, &back, &[]);
    Inverse::Step(Act::SetServer(Box::new(back)))
}

/// Whether a change is still to be done; one that was begun may have been.
pub async fn rest(fleet: Option<&Fleet>, change: &SetServer) -> Rest {
    match seen(fleet, change).await {
        Err(why) => Rest::Changed(why),
        Ok(now) if change.is_done_by(now.setting) => Rest::Done,
        Ok(now) if now.is_reloaded(change) => Rest::Changed(reloaded(change)),
        Ok(now) if now.setting == change.was => Rest::ToDo,
        Ok(now) => Rest::Changed(set_since(change, now.setting)),
    }
}

/// What the instances say of the servers that an item is about.
pub async fn proofs(fleet: Option<&Fleet>, item: &Item) -> Vec<Proof> {
    let changes = item.steps.iter().filter_map(|step| step.act.setting());
    let looks = changes.map(|change| async move {
        let before = match seen(fleet, change).await {
            Ok(now) => words(&now.look, &change.backend, &change.server),
            Err(why) => why,
        };
        Proof { of: change.key(), before, after: None }
    });
    futures::future::join_all(looks).await
}

/// What to mind of a change that leaves a backend without servers.
pub fn warning(change: &SetServer) -> Option<String> {
    let none = change.left == Some(0);
    none.then(|| format!("{}: NO server of {} is left that is up", change.instance, change.backend))
}

async fn seen(fleet: Option<&Fleet>, change: &SetServer) -> Result<Now, String> {
    let (fleet, named) = instance(fleet, change)?;
    now(fleet, named, change).await
}

fn instance<'a>(fleet: Option<&'a Fleet>, change: &SetServer) -> Result<(&'a Fleet, &'a Named), String> {
    let known = fleet.and_then(|fleet| Some((fleet, fleet.of(change)?)));
    known.ok_or_else(|| format!("the profile knows no instance {} at {}", change.instance, change.socket))
}

async fn now(fleet: &Fleet, named: &Named, change: &SetServer) -> Result<Now, String> {
    let look = fleet.look(named).await.map_err(|trouble| format!("{}: {}", named.name, trouble.why))?;
    match look.state_of(&change.backend, &change.server).map(|state| state.setting()) {
        Some(setting) => Ok(Now { look, setting }),
        None => Err(format!("{} has no server {}/{} any more", named.name, change.backend, change.server)),
    }
}

fn reloaded(change: &SetServer) -> String {
    format!("{} was reloaded or restarted since, so what was set by hand there is gone", change.instance)
}

fn set_since(change: &SetServer, now: Setting) -> String {
    format!("{} was set by somebody since: it is {now}, and was {}", change.key(), change.was)
}
