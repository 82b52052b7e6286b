//! Why a registry's API did not answer what it was asked.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::Deserialize;

use super::transport::SLOW;
use crate::model::text::clean;
use crate::sources::{Trouble, TroubleKind};

/// The class of a failure; it decides what the caller may conclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiErrorKind {
    /// The registry itself says that there is no such thing, or that we may not know of it.
    NotFound,
    /// The registry or its token service refuses us.
    Denied,
    /// The registry asks to slow down.
    Throttled,
    /// No answer: network, name, certificate, timeout, connection cut, a gateway without its registry.
    Unreachable,
    /// The registry failed on the request, or its answer makes no sense.
    Broken,
}

impl ApiErrorKind {
    /// A few words for screens and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken answer",
        }
    }
}

/// A failed request: what was asked, and why it failed. Holds no secret and nothing that a terminal would obey.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{request}: {}: {detail}", kind.name())]
pub struct ApiError {
    pub kind: ApiErrorKind,
    /// Method and path.
    pub request: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The registry's own code (`MANIFEST_UNKNOWN`), if it gave one.
    pub code: Option<String>,
    /// What was said, and what to do about it.
    pub detail: String,
    /// How long the registry asked to wait, if it did.
    pub retry_after: Option<Duration>,
}

/// The body of a registry's error answer.
#[derive(Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: serde_json::Value,
}

/// Characters of a server's own words that are passed on.
const DETAIL_LIMIT: usize = 300;

impl ApiError {
    /// A failure that is no HTTP status.
    pub(super) fn new(kind: ApiErrorKind, request: &str, detail: impl AsRef<str>) -> Self {
        Self {
            kind,
            request: clean(request).into_owned(),
            status: None,
            code: None,
            detail: shorten(detail.as_ref()),
            retry_after: None,
        }
    }

    /// What an answer with a status other than 200 means.
    ///
    /// A 404 counts as the registry's word only if it bears the registry's mark: a load balancer that knows no
    /// such host answers 404 as well.
    pub(super) fn of_answer(request: &str, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Self {
        let said =
            serde_json::from_slice::<Errors>(body).ok().and_then(|body| body.errors.into_iter().next());
        let registry = said.is_some() || headers.contains_key("docker-distribution-api-version");
        let kind = match status.as_u16() {
            401 | 403 => ApiErrorKind::Denied,
            404 if registry => ApiErrorKind::NotFound,
            429 => ApiErrorKind::Throttled,
            408 | 502..=504 => ApiErrorKind::Unreachable,
            _ => ApiErrorKind::Broken,
        };
        let detail = match &said {
            Some(said) => said.words(),
            None if status == StatusCode::NOT_FOUND && !registry => {
                "404 without a registry's mark; is this the registry's address?".to_owned()
            }
            None if status.is_redirection() => format!("redirected{}", destination(headers)),
            None => "no further words".to_owned(),
        };
        Self {
            status: Some(status.as_u16()),
            code: said.map(|said| clean(&said.code).into_owned()).filter(|code| !code.is_empty()),
            retry_after: retry_after(headers),
            ..Self::new(kind, request, format!("HTTP {}, {detail}", status.as_u16()))
        }
    }

    /// Whether the registry itself said that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.kind == ApiErrorKind::NotFound
    }
}

impl From<ApiError> for Trouble {
    /// In the classes that all sources share.
    fn from(error: ApiError) -> Self {
        let kind = match (error.kind, error.status) {
            (ApiErrorKind::NotFound, _) => TroubleKind::Absent,
            (ApiErrorKind::Denied, Some(403)) => TroubleKind::Denied,
            (ApiErrorKind::Denied, _) => TroubleKind::Unauthenticated,
            (ApiErrorKind::Throttled, _) => TroubleKind::Throttled,
            (ApiErrorKind::Unreachable, _) if error.detail.ends_with(SLOW) => TroubleKind::Slow,
            // Whatever stands there answered.
            (ApiErrorKind::Unreachable, Some(_)) => TroubleKind::Broken,
            (ApiErrorKind::Unreachable, None) => TroubleKind::Unreachable,
            (ApiErrorKind::Broken, _) => TroubleKind::Broken,
        };
        Self::new(kind, &format!("{}: {}", error.request, error.detail))
    }
}

impl OneError {
    fn words(&self) -> String {
        let detail = match &self.detail {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => format!(" ({text})"),
            other => format!(" ({other})"),
        };
        format!("{} {}{detail}", self.code, self.message)
    }
}

fn shorten(text: &str) -> String {
    let text = clean(text);
    match text.char_indices().nth(DETAIL_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// Where to, without the query: a signed URL is as good as a password.
fn destination(headers: &HeaderMap) -> String {
    let location = headers.get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
    match location.and_then(|text| reqwest::Url::parse(text).ok()) {
        Some(url) => format!(" to {}; configure that address", url.origin().ascii_serialization()),
        None => String::new(),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn judged(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> ApiError {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let status = StatusCode::from_u16(status).unwrap();
        ApiError::of_answer("GET /v2/g/p/manifests/x", status, &headers, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn every_status_has_its_class() {
        use ApiErrorKind::{Broken, Denied, NotFound, Throttled, Unreachable};
        let unknown = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":"unknown tag=x"}]}"#;
        let mark = [("docker-distribution-api-version", "registry/2.0")];
        for (status, headers, body, kind) in [
            (404, &[][..], unknown, NotFound),
            (404, &mark[..], "", NotFound),
            (404, &[], "<html>no such host</html>", Broken),
            (401, &[], "", Denied),
            (403, &[], r#"{"errors":[{"code":"DENIED"}]}"#, Denied),
            (429, &[], "", Throttled),
            (502, &[], "<html>bad gateway</html>", Unreachable),
            (503, &[], "", Unreachable),
            (504, &[], "", Unreachable),
            (500, &mark, r#"{"errors":[{"code":"UNKNOWN","detail":{}}]}"#, Broken),
            (400, &mark, r#"{"errors":[]}"#, Broken),
            (307, &[], "", Broken),
        ] {
            let error = judged(status, headers, body);
            assert_eq!((error.kind, error.status), (kind, Some(status)), "{status} {body}");
        }
        let error = judged(404, &[], unknown);
        assert_eq!(error.code.as_deref(), Some("MANIFEST_UNKNOWN"));
        assert_eq!(
            error.to_string(),
            "GET /v2/g/p/manifests/x: not found: HTTP 404, MANIFEST_UNKNOWN manifest unknown (unknown tag=x)"
        );
    }

    #[test]
    fn a_servers_words_are_short_safe_and_without_secrets() {
        let error = judged(
            500,
            &[],
            r#"{"errors":[{"code":"\u001b[2J","message":"Authorization: Bearer abc.def.ghi"}]}"#,
        );
        assert!(!error.to_string().contains("abc.def") && !error.to_string().contains('\u{1b}'), "{error}");
        let error = judged(302, &[("location", "https://other.example.com/x?X-Goog-Signature=5ec4e7")], "");
        assert!(
            error.detail.contains("https://other.example.com; configure") && !error.detail.contains("5ec4e7")
        );
        assert_eq!(judged(429, &[("retry-after", "7")], "").retry_after, Some(Duration::from_secs(7)));
    }
}
