//! What has to be typed before a proposal is carried out.

use super::{About, Proposal, Subject, TagState};

/// What has to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The tag, another name, or a count.
    pub word: String,
    /// What the word is: `the tag`, `the number of them`.
    pub what: &'static str,
    /// Further words: `healthy` and `unknown` for what is not known to be broken, `last` for a server without which a
    /// backend has none.
    pub also: Vec<&'static str>,
}

/// What was typed, or given on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub word: String,
    pub also: Vec<String>,
}

impl Demand {
    /// The whole line as it is to be typed.
    pub fn line(&self) -> String {
        [self.word.as_str()].into_iter().chain(self.also.iter().copied()).collect::<Vec<_>>().join(" ")
    }

    /// The answer that a typed line is, if it is exactly the one that is demanded.
    pub fn answer(&self, line: &str) -> Option<Answer> {
        let also = self.also.iter().map(|word| (*word).to_owned()).collect();
        (line == self.line()).then(|| Answer { word: self.word.clone(), also })
    }

    /// What is missing from an answer, in words; nothing if it is right.
    pub fn missing(&self, answer: &Answer) -> Option<String> {
        if answer.word != self.word {
            return Some(format!("{:?} has to be given, {}", self.word, self.what));
        }
        let word = self.also.iter().find(|word| !answer.also.iter().any(|given| given == *word))?;
        Some(match *word {
            "healthy" => {
                "nothing was found wrong with it: the word healthy has to be given as well".to_owned()
            }
            "last" => "no server of its backend would be sent anything any more: the word last has to be given as well"
                .to_owned(),
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
        (None, items) => (items.len().to_string(), "the number of them"),
    };
    let leaves_none = proposal.settings().any(|setting| setting.left == Some(0));
    let states = || proposal.items.iter().filter_map(|item| item.state);
    let also = [(TagState::Whole, "healthy"), (TagState::Unknown, "unknown")];
    let also = also.into_iter().filter(|(state, _)| states().any(|seen| seen == *state));
    let also = also.map(|(_, word)| word).chain(leaves_none.then_some("last"));
    Demand { word, what, also: also.collect() }
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
        Subject::Object(key) | Subject::LogFile(key) => (last(key), "the last part of its name"),
        Subject::Server { server, .. } | Subject::CloudServer { server, .. } => {
            (server.clone(), "the server")
        }
        Subject::Pod(name) | Subject::Service(name) | Subject::Address(name) | Subject::Instance(name) => {
            (name.clone(), "its name")
        }
        Subject::FrontDoor
        | Subject::Request { .. }
        | Subject::Hop(_)
        | Subject::Cause { .. }
        | Subject::Checks => (subject.to_string(), "its name"),
    };
    let typeable = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let trimmed = word.trim() == word;
    if typeable && trimmed { (word, what) } else { ("1".to_owned(), "the number of them") }
}
