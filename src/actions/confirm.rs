//! The only place where a proposal becomes one that may be carried out.

use std::sync::Arc;

pub use crate::model::{Answer, Demand, demand};
use crate::model::{Permit, Proposal};

/// A proposal that was agreed to while writing was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    proposal: Arc<Proposal>,
    permit: Permit,
    typed: String,
}

impl Confirmed {
    pub fn proposal(&self) -> &Arc<Proposal> {
        &self.proposal
    }

    pub const fn permit(&self) -> Permit {
        self.permit
    }

    /// What was typed to agree to it, for the journal.
    pub fn typed(&self) -> &str {
        &self.typed
    }
}

/// Agrees to a proposal, if the answer is right. The permit comes from an open gate.
///
/// # Errors
///
/// What is missing from the answer.
pub fn confirm(proposal: Arc<Proposal>, answer: &Answer, permit: Permit) -> Result<Confirmed, String> {
    let demand = demand(&proposal);
    match demand.missing(answer) {
        Some(why) => Err(why),
        None => Ok(Confirmed { proposal, permit, typed: demand.line() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gate, Item, Subject, TagState};

    fn item(tag: &str, state: TagState) -> Item {
        Item {
            subject: Subject::Tag { repository: "g/p".into(), tag: tag.into() },
            state: Some(state),
            why: Vec::new(),
            steps: Vec::new(),
            references: Vec::new(),
            before: String::new(),
            after: String::new(),
            mind: Vec::new(),
        }
    }

    fn proposal(items: Vec<Item>) -> Arc<Proposal> {
        Arc::new(Proposal {
            verb: "delete-tag".into(),
            store: "file:///r".into(),
            about: None,
            backups: None,
            items,
        })
    }

    fn answer(word: &str, also: &[&str]) -> Answer {
        Answer { word: word.into(), also: also.iter().map(|word| (*word).to_owned()).collect() }
    }

    #[test]
    fn one_is_agreed_to_by_its_name_and_many_by_their_number() {
        let (broken, whole, unknown) = (TagState::Broken, TagState::Whole, TagState::Unknown);
        for (items, line) in [
            (vec![item("v1", broken)], "v1"),
            (vec![item("v1", whole)], "v1 healthy"),
            (vec![item("v1", unknown)], "v1 unknown"),
            (vec![item("a b", broken)], "a b"),
            (vec![item("caf\u{e9}\u{202e}", broken)], "1"),
            (vec![item("v1", broken), item("v2", broken)], "2"),
            (vec![item("v1", unknown), item("v2", whole), item("v3", broken)], "3 healthy unknown"),
        ] {
            assert_eq!(demand(&proposal(items)).line(), line);
        }
    }

    #[test]
    fn nothing_is_agreed_to_by_habit() {
        let mut gate = Gate::default();
        gate.open(None, None).unwrap();
        let permit = gate.permit(jiff::Timestamp::UNIX_EPOCH).unwrap();
        let whole = proposal(vec![item("v1", TagState::Whole)]);
        for wrong in [answer("", &[]), answer("v", &[]), answer("V1", &["healthy"]), answer("v1", &[])] {
            assert!(confirm(whole.clone(), &wrong, permit).is_err(), "{wrong:?}");
        }
        assert!(confirm(whole, &answer("v1", &["healthy"]), permit).is_ok());
    }
}
