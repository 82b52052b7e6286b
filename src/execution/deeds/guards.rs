//! What has to be as it was before a step may be done.

use super::hands::{Hands, written_since};
use crate::model::{Act, Expect, Guard, Step, StepOutcome};
use crate::storage::{Delimiter, ErrorKind, StoreError, Version};

/// Empty folders that were looked through, for each one that may go before they are looked through again.
const FOLDERS_FOR_EACH: usize = 16;

/// What is below a prefix.
struct Below {
    object: Option<String>,
    /// Empty ones.
    folders: usize,
}

impl Hands<'_> {
    /// How a step ends before it is begun, if something is not as its guards demand.
    pub async fn guarded(&mut self, step: &Step) -> Option<StepOutcome> {
        for guard in step.guards.iter().filter(|guard| !is_of_the_act(guard, step)) {
            if self.was_seen(guard, step) {
                continue;
            }
            if let Some(outcome) = self.breach(guard).await {
                return Some(outcome);
            }
        }
        None
    }

    /// Whether what a guard demands was seen just now, for an act that can take nothing away from anybody: a folder goes
    /// only while it is empty. To look through thousands of folders again before each of them takes minutes.
    fn was_seen(&mut self, guard: &Guard, step: &Step) -> bool {
        let Some((prefix, left)) = &mut self.nothing_below else { return false };
        let stands = step.act == Act::RemoveFolder
            && guard.expect == Expect::NothingBelow
            && guard.key == *prefix
            && *left > 0;
        *left = if stands { *left - 1 } else { 0 };
        stands
    }

    /// What is not as a guard demands.
    async fn breach(&mut self, guard: &Guard) -> Option<StepOutcome> {
        let key = &guard.key;
        let why = match &guard.expect {
            Expect::Version(version) => match self.store.stat(key).await {
                Ok(entry) if entry.version.agrees_with(&Version(version.clone())) => return None,
                Ok(entry) => written_since(key, &entry),
                Err(error) if error.is_gone() => format!("{key} is gone since"),
                Err(error) => return Some(unread(&error)),
            },
            Expect::Absent => match self.store.stat(key).await {
                Ok(entry) => written_since(key, &entry),
                Err(error) if matches!(error.kind, ErrorKind::Gone | ErrorKind::Folder) => return None,
                Err(error) => return Some(unread(&error)),
            },
            Expect::NothingBelow => match self.below(key).await {
                Ok(Below { object: None, folders }) => {
                    self.nothing_below = Some((key.clone(), folders / FOLDERS_FOR_EACH));
                    return None;
                }
                Ok(Below { object: Some(found), .. }) => format!("{found} was written since"),
                Err(error) => return Some(unread(&error)),
            },
        };
        Some(StepOutcome::Changed { why })
    }

    /// The first object below a prefix, and the empty folders before it.
    async fn below(&self, prefix: &str) -> Result<Below, StoreError> {
        let (mut folders, mut token) = (0, None);
        loop {
            let page = match self.store.list(prefix, Delimiter::None, token.as_ref()).await {
                Err(error) if error.is_gone() => return Ok(Below { object: None, folders }),
                page => page?,
            };
            folders += page.prefixes.len();
            let object = page.entries.into_iter().next().map(|entry| entry.key);
            if object.is_some() {
                return Ok(Below { object, folders });
            }
            if let Some(error) = page.unread.into_iter().next() {
                return Err(error);
            }
            match page.next {
                None => return Ok(Below { object, folders }),
                next => token = next,
            }
        }
    }
}

/// Whether the act itself demands what the guard does: its own object in its version.
fn is_of_the_act(guard: &Guard, step: &Step) -> bool {
    match (&guard.expect, &step.act) {
        (Expect::Version(guarded), Act::Delete { version } | Act::Replace { version, .. }) => {
            guard.key == step.key && guarded == version
        }
        _ => false,
    }
}

fn unread(error: &StoreError) -> StepOutcome {
    StepOutcome::Failed { why: format!("whether anything changed could not be seen: {error}") }
}
