//! Who we are to a registry: answers its challenges, and keeps tokens until they expire.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex as SyncMutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Url, header::HeaderValue};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{
    challenge::{self, Challenge},
    error::{ApiError, ApiErrorKind},
    settings::{Credentials, Secret},
    transport::{Answer, Request, Transport},
};

/// How long a token lasts that does not say.
const DEFAULT_LIFE: u64 = 60;
/// A token this close to its end is not used any more.
const MARGIN: Duration = Duration::from_secs(5);
/// Repositories whose tokens are kept.
const MOST_SLOTS: usize = 1024;
/// Bytes of a token service's answer.
const TOKEN_LIMIT: u64 = 1 << 20;

/// Tokens of one registry. Requests about the same repository fetch theirs together.
pub(super) struct Auth {
    transport: Transport,
    /// Whether credentials may only travel encrypted.
    encrypted: bool,
    credentials: Option<Credentials>,
    slots: SyncMutex<BTreeMap<(String, Right), Slot>>,
}

/// The header for one repository and right; whoever fetches it holds the lock.
type Slot = Arc<Mutex<Option<Held>>>;

/// What a request has to be allowed to do to its repository. Each has tokens of its own, so that reading never asks
/// for more than it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Right {
    Pull,
    Push,
    Delete,
}

/// An `Authorization` header, and until when it is good.
#[derive(Clone)]
struct Held {
    header: HeaderValue,
    until: Option<Instant>,
}

/// What a token service answers.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Auth {
    pub(super) fn new(transport: Transport, url: &Url, credentials: Option<Credentials>) -> Self {
        Self { transport, encrypted: url.scheme() == "https", credentials, slots: SyncMutex::default() }
    }

    /// The header to send with a request about a repository (about none if empty), if one is at hand.
    pub(super) async fn at_hand(&self, repository: &str, request: &Request<'_>) -> Option<HeaderValue> {
        let slot = self.slot(repository, Right::of(&request.method));
        let held = slot.lock().await;
        held.as_ref().filter(|held| held.is_good()).map(|held| held.header.clone())
    }

    /// The header that answers a 401 to a request that went out with `sent`.
    pub(super) async fn answer(
        &self,
        repository: &str,
        sent: Option<&HeaderValue>,
        refusal: &Answer,
        request: &Request<'_>,
    ) -> Result<HeaderValue, ApiError> {
        let right = Right::of(&request.method);
        let slot = self.slot(repository, right);
        let mut held = slot.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.is_good() && Some(&held.header) != sent) {
            return Ok(held.header.clone());
        }
        let fresh = match challenge::choose(refusal) {
            Some(Challenge::Bearer { realm, service, scope: wanted }) => {
                let wanted = wanted.unwrap_or_else(|| usual(repository, right));
                self.token(&realm, service.as_deref(), &wanted, request).await?
            }
            Some(Challenge::Basic) => Held { header: self.basic(request)?, until: None },
            None => {
                let detail = "HTTP 401 without a challenge that is understood (Bearer or Basic)";
                return Err(ApiError::new(ApiErrorKind::Broken, &request.name(), detail));
            }
        };
        let header = fresh.header.clone();
        *held = Some(fresh);
        Ok(header)
    }

    fn slot(&self, repository: &str, right: Right) -> Slot {
        let key = (repository.to_owned(), right);
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST_SLOTS && !slots.contains_key(&key) {
            slots.clear();
        }
        slots.entry(key).or_default().clone()
    }

    fn basic(&self, request: &Request<'_>) -> Result<HeaderValue, ApiError> {
        let denied = |detail: &str| ApiError::new(ApiErrorKind::Denied, &request.name(), detail);
        let credentials = self.credentials.as_ref().ok_or_else(|| {
            denied(
                "the registry asks for a user and a password; name them in the profile (username, password)",
            )
        })?;
        let password = credentials.password.read().map_err(|why| denied(&why))?;
        let pair = Secret(STANDARD.encode(format!("{}:{}", credentials.username, password.0)));
        pair.header("Basic").ok_or_else(|| denied("the user name or password cannot be sent in a header"))
    }

    async fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        request: &Request<'_>,
    ) -> Result<Held, ApiError> {
        let broken = |detail: String| ApiError::new(ApiErrorKind::Broken, &request.name(), detail);
        let mut url = Url::parse(realm)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| broken(format!("the registry names a token service that is no URL: {realm:?}")))?;
        let authorization = match &self.credentials {
            None => None,
            Some(_) if self.encrypted && url.scheme() != "https" => {
                return Err(broken(format!(
                    "the registry wants our password sent unencrypted to {}; not sent",
                    url.origin().ascii_serialization()
                )));
            }
            Some(_) => Some(self.basic(request)?),
        };
        self.fill(&mut url, service, scope);
        let ask = Request {
            method: Method::GET,
            url,
            accept: "application/json",
            limit: TOKEN_LIMIT,
            content: None,
        };
        let answer =
            self.transport.send(&ask, authorization.as_ref()).await.map_err(|error| from(&ask, error))?;
        if !answer.status.is_success() {
            let error = ApiError::of_answer(&ask.name(), answer.status, &answer.headers, &answer.body);
            return Err(from(&ask, error));
        }
        Held::read(&answer).ok_or_else(|| {
            from(&ask, ApiError::new(ApiErrorKind::Broken, &ask.name(), "the answer holds no token"))
        })
    }

    fn fill(&self, url: &mut Url, service: Option<&str>, scope: &str) {
        let mut query = url.query_pairs_mut();
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        for scope in scope.split_whitespace() {
            query.append_pair("scope", scope);
        }
        if let Some(credentials) = &self.credentials {
            query.append_pair("account", &credentials.username);
        }
    }
}

impl Right {
    fn of(method: &Method) -> Self {
        match *method {
            Method::PUT => Self::Push,
            Method::DELETE => Self::Delete,
            _ => Self::Pull,
        }
    }

    const fn actions(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
            Self::Delete => "pull,push,delete",
        }
    }
}

impl Held {
    fn read(answer: &Answer) -> Option<Self> {
        let token: Token = serde_json::from_slice(&answer.body).ok()?;
        let text = token.token.or(token.access_token).filter(|text| !text.is_empty())?;
        let life = Duration::from_secs(token.expires_in.unwrap_or(DEFAULT_LIFE).min(24 * 3600));
        Some(Self { header: Secret(text).header("Bearer")?, until: Some(Instant::now() + life) })
    }

    fn is_good(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() + MARGIN < until)
    }
}

/// What we need to do when the registry does not say what that takes.
fn usual(repository: &str, right: Right) -> String {
    if repository.is_empty() { String::new() } else { format!("repository:{repository}:{}", right.actions()) }
}

/// A failure of the token service, told apart from one of the registry.
fn from(ask: &Request<'_>, error: ApiError) -> ApiError {
    let kind = match error.kind {
        ApiErrorKind::NotFound => ApiErrorKind::Broken,
        kind @ (ApiErrorKind::Denied
        | ApiErrorKind::Throttled
        | ApiErrorKind::Unreachable
        | ApiErrorKind::Broken) => kind,
    };
    let host = ask.url.origin().ascii_serialization();
    ApiError { kind, detail: format!("token service at {host}: {}", error.detail), ..error }
}

#[cfg(test)]
mod tests {
    use reqwest::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::sources::registry_api::{Password, Settings};

    #[tokio::test]
    async fn a_password_does_not_travel_from_an_encrypted_registry_to_an_unencrypted_token_service() {
        let url: Url = "https://registry.example.com".parse().unwrap();
        let credentials = Credentials { username: "me".into(), password: Password::Environment("X".into()) };
        let settings = Settings { credentials: Some(credentials.clone()), ..Settings::at(url.clone()) };
        let auth = Auth::new(Transport::new(&settings).unwrap(), &url, Some(credentials));
        let challenge = HeaderValue::from_static("Bearer realm=\"http://127.0.0.1:1/token\"");
        let refusal = Answer {
            status: reqwest::StatusCode::UNAUTHORIZED,
            headers: [(WWW_AUTHENTICATE, challenge)].into_iter().collect(),
            body: Default::default(),
            certificate: None,
        };
        let request = Request { method: Method::GET, url, accept: "", limit: 0, content: None };
        let error = auth.answer("g/p", None, &refusal, &request).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Broken);
        assert!(error.detail.contains("unencrypted to http://127.0.0.1:1; not sent"), "{error}");
    }
}
