//! Asks for a page as somebody would whom the registry does not know yet.

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::{challenge, client::Client, error::ApiError, transport::Answer};

/// Bytes of a page.
const PAGE_LIMIT: u64 = 1 << 20;

/// How a page answered, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knock {
    pub status: u16,
    pub latency: Duration,
    /// Bytes of the body.
    pub bytes: u64,
    /// Whether the body is JSON.
    pub is_json: bool,
    /// `Content-Type` without parameters.
    pub media_type: Option<String>,
    /// Headers in which a registry says what it is, by their usual spelling.
    pub versions: Vec<(String, String)>,
    /// Whether it asks for a login in a way that clients understand.
    pub is_challenge: bool,
    /// Where it sends us: scheme, host and port, and the path.
    pub redirect: Option<String>,
    /// The server's certificate in DER.
    pub certificate: Option<Vec<u8>>,
}

impl Client {
    /// Asks for `path` without logging in and without following anywhere.
    ///
    /// # Errors
    ///
    /// There was no answer, or one that is far too long for a page.
    pub async fn knock(&self, path: &str) -> Result<Knock, ApiError> {
        let request = self.request(Method::GET, path, "", PAGE_LIMIT);
        let start = Instant::now();
        let answer = self.transport().send(&request, None).await?;
        let latency = start.elapsed();
        Ok(Knock {
            status: answer.status.as_u16(),
            latency,
            bytes: answer.body.len() as u64,
            is_json: serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok(),
            media_type: super::client::media_type_of(&answer),
            versions: versions(&answer),
            is_challenge: challenge::choose(&answer).is_some(),
            redirect: destination(&request.url, &answer),
            certificate: answer.certificate,
        })
    }
}

/// Headers in which a registry says what it is.
pub(super) fn versions(answer: &Answer) -> Vec<(String, String)> {
    let ours = |name: &str| {
        name.starts_with("docker-distribution-") || name.starts_with("gitlab-container-registry-")
    };
    let told = answer.headers.iter().filter(|(name, _)| ours(name.as_str()));
    told.filter_map(|(name, value)| Some((usual_case(name.as_str()), value.to_str().ok()?.to_owned())))
        .collect()
}

/// `docker-distribution-api-version` as it is usually written.
fn usual_case(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('-').filter_map(part).collect::<Vec<_>>().join("-")
}

/// Where to, without the query: a signed URL is as good as a password.
fn destination(at: &reqwest::Url, answer: &Answer) -> Option<String> {
    let location =
        answer.header(reqwest::header::LOCATION.as_str()).filter(|_| answer.status.is_redirection())?;
    let url = at.join(location).ok()?;
    Some(format!("{}{}", url.origin().ascii_serialization(), url.path()))
}
