//! One question over HTTP, and why it was not answered.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use crate::sources::google::compute::unreachable;
use crate::sources::proxy::client_for;
use crate::sources::{Trouble, TroubleKind};

/// An answer with more bytes is not read.
const LARGEST: usize = 256 << 20;
/// Patience where the other side asks for it and says not how much.
const PATIENCE: Duration = Duration::from_secs(15);
/// Nobody is waited for longer, whatever he says.
const LONGEST: Duration = Duration::from_hours(1);
/// Characters of the other side's own words that are passed on.
const WORDS: usize = 300;

/// Whom we ask.
pub struct Service {
    client: Result<reqwest::Client, Trouble>,
    deadline: Duration,
    /// What may help, by status.
    hints: &'static [(u16, &'static str)],
    /// What is said of an answer that is no JSON.
    stranger: &'static str,
}

/// A question.
pub struct Call {
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub trouble: Trouble,
    /// So long nobody should ask again.
    pub wait: Option<Duration>,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, wait: None }
    }
}

impl Service {
    /// Sends nothing yet.
    pub fn new(
        url: &Url,
        deadline: Duration,
        hints: &'static [(u16, &'static str)],
        stranger: &'static str,
    ) -> Self {
        let client = client_for(url)
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client =
            client.map_err(|error| Trouble::new(TroubleKind::Misconfigured, &unreachable("HTTP", error).why));
        Self { client, deadline, hints, stranger }
    }

    /// Asks, and reads the whole answer.
    ///
    /// # Errors
    ///
    /// There was no answer, a refusal, or no JSON.
    pub async fn ask(&self, call: Call) -> Result<Value, Refusal> {
        let name = format!("POST {}{}", call.url.origin().ascii_serialization(), call.url.path());
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let request = client.post(call.url).headers(call.headers).json(&call.body).timeout(self.deadline);
        let answer = request.send().await.map_err(|error| unreachable(&name, error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = read(&name, answer).await?;
        let value = serde_json::from_slice::<Value>(&bytes);
        if status != StatusCode::OK {
            return Err(self.refused(&name, status, &headers, value.ok().as_ref()));
        }
        Ok(value
            .map_err(|_| Trouble::new(TroubleKind::Broken, &format!("{name}: no JSON; {}", self.stranger)))?)
    }

    fn refused(&self, name: &str, status: StatusCode, headers: &HeaderMap, said: Option<&Value>) -> Refusal {
        let code = status.as_u16();
        let words = said.and_then(words).or_else(|| status.canonical_reason()).unwrap_or("no words");
        let words: String = words.chars().take(WORDS).collect();
        let hint = self.hints.iter().find(|(of, _)| *of == code).map(|(_, hint)| *hint);
        let hint = hint.or_else(|| (status.is_redirection() || said.is_none()).then_some(self.stranger));
        let more = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        let kind = match code {
            401 => TroubleKind::Unauthenticated,
            403 => TroubleKind::Denied,
            404 => TroubleKind::Absent,
            429 => TroubleKind::Throttled,
            408 | 502..=504 => TroubleKind::Unreachable,
            _ => TroubleKind::Broken,
        };
        let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let asked = asked.map(Duration::from_secs).or((code == 429).then_some(PATIENCE));
        let trouble = Trouble::new(kind, &format!("{name}: HTTP {code}, {words}{more}"));
        Refusal { trouble, wait: asked.map(|wait| wait.min(LONGEST)) }
    }
}

async fn read(name: &str, mut answer: Response) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(name, error))? {
        if bytes.len() + chunk.len() > LARGEST {
            let why = format!("{name}: the answer has more than {} MiB", LARGEST >> 20);
            return Err(Trouble::new(TroubleKind::Broken, &why));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The other side's own words.
fn words(said: &Value) -> Option<&str> {
    const PLACES: [&str; 5] =
        ["/error/root_cause/0/reason", "/error/reason", "/error/message", "/error", "/message"];
    PLACES.iter().find_map(|place| said.pointer(place)?.as_str())
}
