//! How the store failed the registry lately, by the registry's own lines.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::logs::{Line, StoreFault, store_fault};
use crate::sources::logs::totals::{STEP, WINDOW};

/// Lines of one kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ail {
    steps: Vec<(i64, u64)>,
    /// Since when there was no pause of five minutes.
    pub first: Timestamp,
    pub last: Timestamp,
    /// What the newest of them says.
    pub says: Box<str>,
}

/// How the store fails the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ailing {
    all: BTreeMap<StoreFault, Ail>,
}

impl Ailing {
    /// Takes in a line that arrived at `now`.
    pub fn take(&mut self, line: &Line, now: Timestamp) {
        let Some(fault) = store_fault(line) else { return };
        let at = line.at.min(now);
        let says = line.error.as_ref().map(|error| error.words());
        let says = says.or_else(|| line.message.as_deref().map(str::to_owned)).unwrap_or_default();
        let begun = || Ail { steps: Vec::new(), first: at, last: at, says: Box::default() };
        let known = self.all.entry(fault).or_insert_with(begun);
        if at.duration_since(known.last) > WINDOW {
            *known = begun();
        }
        known.first = known.first.min(at);
        if known.last <= at {
            (known.last, known.says) = (at, says.into());
        }
        let number = at.as_second().div_euclid(STEP);
        match known.steps.iter_mut().rev().find(|(step, _)| *step == number) {
            Some((_, count)) => *count += 1,
            None => {
                let from = now.as_second() - WINDOW.as_secs();
                known.steps.retain(|(step, _)| (step + 1) * STEP > from);
                known.steps.push((number, 1));
            }
        }
    }

    /// Faults of one kind within five minutes, and how many lines told of them.
    pub fn of(&self, fault: StoreFault, now: Timestamp) -> Option<(&Ail, u64)> {
        let known = self.all.get(&fault)?;
        let from = now.as_second() - WINDOW.as_secs();
        let lately = known.steps.iter().filter(|(step, _)| (step + 1) * STEP > from);
        Some((known, lately.map(|(_, count)| count).sum())).filter(|(_, count)| *count > 0)
    }
}
