//! What was seen at the front door, in the past tense.

use std::time::Duration;

use jiff::Timestamp;

use crate::sources::Trouble;

/// Something that was seen at the front door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// This is going to be asked, without secrets; and these images are going to be pulled.
    Configured { url: String, canaries: Vec<String> },
    /// A page answered.
    Answered { page: Page, answer: Answer },
    /// It did not.
    NotAnswered { page: Page, trouble: Trouble },
    /// The certificate that was shown; none for plain HTTP.
    Certificate(Option<Certificate>),
    /// A canary was pulled, or was not.
    Canary { image: String, pull: Pull },
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Page {
    /// `GET /`: an empty page with 200 is good.
    Root,
    /// `GET /v2/`: 200, or 401 with a challenge, is good.
    Api,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub latency: Duration,
    /// Bytes of the body, as far as it was read.
    pub bytes: u64,
    /// `Docker-Distribution-Api-Version`, GitLab's version and features headers and the like: name and value.
    pub versions: Vec<(String, String)>,
    /// What is wrong with it, in words; none if it is as it should be.
    pub wrong: Option<String>,
}

/// What the server's certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Why clients would refuse it; none if they would not.
    pub wrong: Option<String>,
}

/// How a canary's pull went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// In the order of the pull; the last one is where it ended.
    pub steps: Vec<PullStep>,
    /// When the image was made or pushed, as far as its config tells.
    pub pushed: Option<Timestamp>,
    /// What to mind although it was pulled, such as that it is young.
    pub mind: Option<String>,
}

/// One step of a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullStep {
    /// token, manifest, config, layer.
    pub name: &'static str,
    /// What was asked for: a path, without secrets.
    pub target: String,
    pub latency: Duration,
    /// The status, or why there was none or it was no good.
    pub result: Result<u16, Trouble>,
}

impl Pull {
    /// Whether all steps went well.
    pub fn is_good(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.result.is_ok())
    }
}
