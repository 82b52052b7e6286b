//! The only place where a proposal becomes one that may be carried out.

use std::sync::Arc;

use crate::model::{About, Permit, Proposal, Subject, TagState};

/// What has to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The tag, another name, or a count.
    pub word: String,
    /// What the word is: `the tag`, `the number of tags`.
    pub what: &'static str,
    /// Further words for what is not known to be broken: `healthy`, `unknown`.
    pub also: Vec<&'static str>,
}

/// What was typed, or given on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub word: String,
    pub also: Vec<String>,
}

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

impl Demand {
    /// The whole line as it is to be typed.
    pub fn line(&self) -> String {
        [self.word.as_str()].into_iter().chain(self.also.iter().copied()).collect::<Vec<_>>().join(" ")
    }

    /// What is missing from an answer, in words; nothing if it is right.
    pub fn missing(&self, answer: &Answer) -> Option<String> {
        if answer.word != self.word {
            return Some(format!("{:?} has to be given, {}", self.word, self.what));
        }
        let word = self.also.iter().find(|word| !answer.also.iter().any(|given| given == *word))?;
        Some(match *word {
            "healthy" => "nothing is wrong with it: the word healthy has to be given as well".to_owned(),
            other => format!("its state could not be read: the word {other} has to be given as well"),
        })
    }
}

/// What has to be typed to agree to a proposal.
pub fn demand(proposal: &Proposal) -> Demand {
    let (word, what) = match (&proposal.about, proposal.items.as_slice()) {
        (Some(About::Undo(_)), _) => ("undo".to_owned(), "the word"),
        (Some(About::Resume(_)), _) => ("resume".to_owned(), "the word"),
        (None, [item]) => name(&item.subject),
        (None, items) => (items.len().to_string(), "the number of what is marked"),
    };
    let states = || proposal.items.iter().filter_map(|item| item.state);
    let also = [(TagState::Whole, "healthy"), (TagState::Unknown, "unknown")];
    let also = also.into_iter().filter(|(state, _)| states().any(|seen| seen == *state));
    Demand { word, what, also: also.map(|(_, word)| word).collect() }
}

/// A name that can be typed; a count where it cannot.
fn name(subject: &Subject) -> (String, &'static str) {
    let last = |key: &str| key.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let short = |digest: &str| {
        let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
        hex.chars().take(12).collect::<String>()
    };
    let (word, what) = match subject {
        Subject::Tag { tag, .. } => (tag.clone(), "the tag"),
        Subject::Repository(name) => (name.clone(), "the repository"),
        Subject::Manifest { digest, .. } | Subject::Blob(digest) => {
            (short(digest), "the first 12 letters of the digest")
        }
        Subject::Upload { id, .. } => (id.clone(), "the upload"),
        Subject::Object(key) => (last(key), "the last part of its name"),
    };
    let typeable = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let trimmed = word.trim() == word;
    if typeable && trimmed { (word, what) } else { ("1".to_owned(), "the number of what is to go") }
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
    use crate::model::{Gate, Item};

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
        Arc::new(Proposal { verb: "delete-tag".into(), store: "file:///r".into(), about: None, items })
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
