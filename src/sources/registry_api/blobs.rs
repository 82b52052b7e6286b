//! Blobs of a registry, which may send its clients to a bucket for them.

use bytes::Bytes;
use reqwest::{Method, StatusCode, Url, header::LOCATION};

use super::{
    answers::BlobHead,
    client::{Client, DIGEST, LIST_LIMIT, broken, failure, length, speakable},
    error::ApiError,
    transport::{Answer, Request},
};
use crate::registry::{
    digest::Digest,
    reference::{Reference, Repository},
};

/// Hosts that a client may be sent to for a blob, one after the other.
const REDIRECTS: usize = 3;

impl Client {
    /// What is said about a blob. Follows the registry to another host without showing it who we are.
    pub async fn head_blob(&self, repository: &Repository, digest: &Digest) -> Result<BlobHead, ApiError> {
        let served = self.blob(Method::HEAD, repository, digest, LIST_LIMIT).await?;
        let served_by =
            (!same_origin(&served.at, self.url())).then(|| served.at.origin().ascii_serialization());
        Ok(BlobHead { size: length(&served.answer), claimed: served.claimed, served_by })
    }

    /// The bytes of a blob of at most `limit` bytes, from wherever the registry sends us.
    pub async fn read_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        limit: u64,
    ) -> Result<Bytes, ApiError> {
        Ok(self.blob(Method::GET, repository, digest, limit).await?.answer.body)
    }

    async fn blob(
        &self,
        method: Method,
        repository: &Repository,
        digest: &Digest,
        limit: u64,
    ) -> Result<Served, ApiError> {
        let path = format!("/v2/{repository}/blobs/{digest}");
        speakable(&method, &path, &Reference::digest(repository.clone(), digest.clone()))?;
        let request = self.request(method.clone(), &path, "", limit);
        let mut answer = self.call(&request, repository).await?;
        let mut at = request.url.clone();
        let claimed = answer.header(DIGEST).map(str::to_owned);
        for _ in 0..REDIRECTS {
            let Some(url) = redirect(&request, &at, &answer)? else { break };
            let follow = Request { method: method.clone(), url, accept: "", limit, content: None };
            answer = match same_origin(&follow.url, self.url()) {
                true => self.call(&follow, repository).await?,
                false => self.transport().send(&follow, None).await?,
            };
            at = follow.url;
        }
        if answer.status != StatusCode::OK {
            return Err(failure(&request, &answer));
        }
        Ok(Served { answer, at, claimed })
    }
}

/// A blob's answer.
struct Served {
    answer: Answer,
    /// Where it came from in the end.
    at: Url,
    /// `Docker-Content-Digest` of the registry itself, as sent.
    claimed: Option<String>,
}

fn same_origin(left: &Url, right: &Url) -> bool {
    left.origin() == right.origin()
}

/// Where an answer sends the client, if anywhere.
fn redirect(request: &Request<'_>, at: &Url, answer: &Answer) -> Result<Option<Url>, ApiError> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let url = answer.header(LOCATION.as_str()).and_then(|text| at.join(text).ok());
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(Some).ok_or_else(|| broken(request, format!("HTTP {} to no address", answer.status.as_u16())))
}
