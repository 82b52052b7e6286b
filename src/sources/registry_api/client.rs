//! The requests that can be made of a registry.

use std::fmt;

use reqwest::{
    Method, StatusCode, Url,
    header::{CONTENT_LENGTH, CONTENT_TYPE, LINK},
};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    answers::{Access, ManifestAnswer, ManifestHead, PageLink, Ping, TagPage},
    auth::Auth,
    error::{ApiError, ApiErrorKind},
    knock::versions,
    link,
    settings::Settings,
    transport::{Answer, Request, Transport},
};
use crate::registry::{
    digest::{Digest, Hasher},
    manifest::{MANIFEST_LIMIT, media_type},
    mode::Claim,
    reference::{NameError, Reference, Repository, Target},
};

pub(super) const DIGEST: &str = "docker-content-digest";
const API_VERSION: &str = "docker-distribution-api-version";
const GITLAB_VERSION: &str = "gitlab-container-registry-version";
const DATABASE: &str = "gitlab-container-registry-database-enabled";
/// Tags asked for at a time.
const PAGE: &str = "1000";
/// Bytes of a page of tags, or of an error.
pub(super) const LIST_LIMIT: u64 = 8 << 20;

/// A registry's API. Cheap to share by reference; keeps connections and tokens.
pub struct Client {
    url: Url,
    transport: Transport,
    auth: Auth,
}

/// A page of tags as sent.
#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

impl Client {
    /// A client for a registry. Sends nothing yet.
    pub fn new(settings: Settings) -> Result<Self, ApiError> {
        let refuse = |why: &str| Err(ApiError::new(ApiErrorKind::Broken, "registry address", why));
        let url = settings.url.clone();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return refuse("it must look like https://registry.example.com");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "it holds a user or password; name them in the profile (username, password) instead",
            );
        }
        let transport = Transport::new(&settings)?;
        let auth = Auth::new(transport.clone(), &url, settings.credentials);
        Ok(Self { url, transport, auth })
    }

    /// The registry's scheme, host and port.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Knocks at `/v2/`: is it a registry, does it let us in, does it use a metadata database? Fails only if there
    /// is no answer at all.
    pub async fn ping(&self) -> Result<Ping, ApiError> {
        let request = self.request(Method::GET, "/v2/", "", LIST_LIMIT);
        let start = Instant::now();
        let first = self.transport.send(&request, None).await?;
        let latency = start.elapsed();
        let text = |answer: &Answer, name| answer.header(name).map(str::to_owned);
        let mut ping = Ping {
            status: first.status.as_u16(),
            latency,
            api_version: text(&first, API_VERSION),
            gitlab_version: text(&first, GITLAB_VERSION),
            database: claim(&first),
            versions: versions(&first),
            access: Access::Open,
        };
        if first.status == StatusCode::UNAUTHORIZED {
            match self.let_in(&request, &first).await {
                Ok(answer) => {
                    ping.access = Access::Granted;
                    ping.gitlab_version = text(&answer, GITLAB_VERSION);
                    ping.database = claim(&answer);
                    ping.versions = versions(&answer);
                }
                Err(error) => {
                    ping.access = Access::Refused(error.to_string());
                    ping.database = Claim::Unread(error.to_string());
                }
            }
        } else if !first.status.is_success() {
            let error = failure(&request, &first).to_string();
            ping.access = Access::Refused(error.clone());
            ping.database = Claim::Unread(error);
        }
        Ok(ping)
    }

    async fn let_in(&self, request: &Request<'_>, refusal: &Answer) -> Result<Answer, ApiError> {
        let header = self.auth.answer("", None, refusal, request).await?;
        let answer = self.transport.send(request, Some(&header)).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(failure(request, &answer)) }
    }

    /// The manifest that a reference leads to.
    pub async fn manifest(&self, reference: &Reference) -> Result<ManifestAnswer, ApiError> {
        let answer = self.ask_manifest(Method::GET, reference).await?;
        let digest = match &reference.target {
            Target::Tag(_) => Digest::of(&answer.body),
            Target::Digest(digest) => {
                let mut hasher = Hasher::new(digest.algorithm());
                hasher.update(&answer.body);
                hasher.finish()
            }
        };
        Ok(ManifestAnswer {
            media_type: media_type_of(&answer),
            claimed: answer.header(DIGEST).map(str::to_owned),
            digest,
            bytes: answer.body,
        })
    }

    /// What the registry says about the manifest that a reference leads to.
    pub async fn head_manifest(&self, reference: &Reference) -> Result<ManifestHead, ApiError> {
        let answer = self.ask_manifest(Method::HEAD, reference).await?;
        Ok(ManifestHead {
            media_type: media_type_of(&answer),
            claimed: answer.header(DIGEST).map(str::to_owned),
            size: length(&answer),
        })
    }

    async fn ask_manifest(&self, method: Method, reference: &Reference) -> Result<Answer, ApiError> {
        let path = reference.api_path();
        speakable(&method, &path, reference)?;
        let accept = media_type::ACCEPTED.join(", ");
        let request = self.request(method, &path, &accept, MANIFEST_LIMIT);
        let answer = self.call(&request, &reference.repository).await?;
        if answer.status == StatusCode::OK { Ok(answer) } else { Err(failure(&request, &answer)) }
    }

    /// A page of a repository's tags, from the start or where another page ended.
    pub async fn tags(&self, repository: &Repository, page: Option<&PageLink>) -> Result<TagPage, ApiError> {
        let path = format!("/v2/{repository}/tags/list");
        speakable(&Method::GET, &path, &Reference::digest(repository.clone(), Digest::EMPTY))?;
        let mut request = self.request(Method::GET, &path, "application/json", LIST_LIMIT);
        match page {
            Some(PageLink(query)) => request.url.set_query(Some(query)),
            None => request.url.set_query(Some(&format!("n={PAGE}"))),
        }
        let answer = self.call(&request, repository).await?;
        if answer.status != StatusCode::OK {
            return Err(failure(&request, &answer));
        }
        let tags: Tags = serde_json::from_slice(&answer.body)
            .map_err(|error| broken(&request, format!("no list of tags: {error}")))?;
        Ok(TagPage { tags: tags.tags.unwrap_or_default(), next: next_page(&request, &answer)? })
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    pub(super) const fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(super) fn request<'a>(&self, method: Method, path: &str, accept: &'a str, limit: u64) -> Request<'a> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url.set_query(None);
        url.set_fragment(None);
        Request { method, url, accept, limit, content: None }
    }

    /// Sends a request about a repository, with a token at hand, and once more with a fresh one if that is refused.
    pub(super) async fn call(
        &self,
        request: &Request<'_>,
        repository: &Repository,
    ) -> Result<Answer, ApiError> {
        let sent = self.auth.at_hand(repository.as_str(), request).await;
        let answer = self.transport.send(request, sent.as_ref()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let fresh = self.auth.answer(repository.as_str(), sent.as_ref(), &answer, request).await?;
        self.transport.send(request, Some(&fresh)).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("origin", &self.origin()).finish_non_exhaustive()
    }
}

/// Refuses names that the API has no words for, before they turn into another path.
pub(super) fn speakable(method: &Method, path: &str, reference: &Reference) -> Result<(), ApiError> {
    let tag_flaw = match &reference.target {
        Target::Tag(tag) => tag.flaw(),
        Target::Digest(_) => None,
    };
    let refuse = |flaw: NameError| {
        let detail = format!("the API cannot be asked for it: {flaw}");
        Err(ApiError::new(ApiErrorKind::Broken, &format!("{method} {path}"), detail))
    };
    reference.repository.flaw().or(tag_flaw).map_or(Ok(()), refuse)
}

pub(super) fn failure(request: &Request<'_>, answer: &Answer) -> ApiError {
    ApiError::of_answer(&request.name(), answer.status, &answer.headers, &answer.body)
}

pub(super) fn broken(request: &Request<'_>, detail: impl AsRef<str>) -> ApiError {
    ApiError::new(ApiErrorKind::Broken, &request.name(), detail)
}

fn claim(answer: &Answer) -> Claim {
    match answer.header(DATABASE) {
        Some(value) if value.eq_ignore_ascii_case("true") => Claim::Enabled,
        Some(value) if value.eq_ignore_ascii_case("false") => Claim::Disabled,
        Some(value) => Claim::Unread(format!("the header {DATABASE} says {value:?}, neither true nor false")),
        None => Claim::Silent,
    }
}

pub(super) fn media_type_of(answer: &Answer) -> Option<String> {
    let value = answer.header(CONTENT_TYPE.as_str())?;
    Some(value.split(';').next().unwrap_or_default().trim().to_owned())
}

pub(super) fn length(answer: &Answer) -> Option<u64> {
    answer.header(CONTENT_LENGTH.as_str())?.parse().ok()
}

/// The query of the next page; host and scheme in the link are those of some proxy and do not count.
fn next_page(request: &Request<'_>, answer: &Answer) -> Result<Option<PageLink>, ApiError> {
    let Some(target) = answer.header(LINK.as_str()).and_then(link::next) else { return Ok(None) };
    let next =
        request.url.join(target).map_err(|_| broken(request, "the link to the next page is no URL"))?;
    if !request.url.path().ends_with(next.path()) {
        return Err(broken(request, "the link to the next page leads elsewhere"));
    }
    match next.query() {
        Some(query) if Some(query) != request.url.query() => Ok(Some(PageLink(query.to_owned()))),
        Some(_) | None => Err(broken(request, "the link to the next page leads back to this one")),
    }
}
