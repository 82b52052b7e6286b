//! The JSON API over HTTP(S), for sites where only an HTTP proxy leads out. The proxy is the environment's.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;

use super::attributes::{self, Look};
use super::bucket::{Bucket, Wire};
use super::clock;
use super::copies::{Copied, Copying, State, Whole};
use super::failure::{Answer, Failure, chain};
use super::http_answer::{body, client, decode, expect, refused};
use super::identity::Identity;
use super::listing::Listing;
use super::media::{self, Media};
use super::metadata::{Described, FIELDS, Metadata};
use super::multipart;
use super::place::Place;
use crate::storage::{Delimiter, Entry, Object, Result};

/// The JSON API of one bucket.
pub struct Json {
    place: Place,
    endpoint: String,
    client: reqwest::Client,
    pub(super) identity: Identity,
}

impl Json {
    /// Speaks to `endpoint` (a URL without path) as `identity`. Sends nothing yet.
    pub fn open(place: Place, endpoint: &str, identity: Identity) -> Result<Bucket<Self>> {
        Ok(Bucket::new(place.clone(), Self::wire(place, endpoint, identity)?))
    }

    /// The wire alone.
    pub(super) fn wire(place: Place, endpoint: &str, identity: Identity) -> Result<Self> {
        let client = client().map_err(|failure| failure.at(place.url()))?;
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { place, endpoint, client, identity })
    }

    fn objects(&self, method: Method) -> RequestBuilder {
        self.client.request(method, format!("{}/storage/v1/b/{}/o", self.endpoint, self.place.bucket()))
    }

    fn object(&self, method: Method, name: &str) -> Answer<RequestBuilder> {
        self.at(method, &[name])
    }

    /// A request whose path goes on from the bucket's objects with these parts, each in one piece.
    fn at(&self, method: Method, parts: &[&str]) -> Answer<RequestBuilder> {
        let mut url =
            reqwest::Url::parse(&format!("{}/storage/v1/b/{}/o", self.endpoint, self.place.bucket()))
                .map_err(|error| {
                    Failure::broken(format!("the endpoint {} is no URL: {error}", self.endpoint))
                })?;
        match url.path_segments_mut() {
            Ok(mut path) => path.extend(parts),
            Err(()) => {
                return Err(Failure::broken(format!("the endpoint {} is no web address", self.endpoint)));
            }
        };
        Ok(self.client.request(method, url))
    }

    /// Sends a request; a status that is no success is a failure.
    async fn send(&self, request: RequestBuilder) -> Answer<Response> {
        let request = request.headers(self.identity.headers().await?);
        let answer = request.send().await.map_err(|error| Failure::unreachable(chain(&error)))?;
        if answer.status().is_success() { Ok(answer) } else { Err(refused(answer).await) }
    }

    async fn metadata(&self, name: &str, answer: Response) -> Answer<Entry> {
        self.entry(name, decode(answer).await?)
    }

    fn entry(&self, name: &str, described: Described) -> Answer<Entry> {
        expect(&described.kind, "storage#object")?;
        Metadata::try_from(described)?.entry_of(name, &self.place)
    }
}

#[async_trait]
impl Wire for Json {
    async fn list(&self, prefix: &str, delimiter: Delimiter, token: &str, most: u16) -> Answer<Listing> {
        let fields = format!("kind,nextPageToken,prefixes,items({FIELDS})");
        let most = most.to_string();
        let mut query = vec![("prefix", prefix), ("maxResults", &most), ("fields", &fields)];
        if delimiter == Delimiter::Slash {
            query.push(("delimiter", "/"));
        }
        if !token.is_empty() {
            query.push(("pageToken", token));
        }
        let answer = self.send(self.objects(Method::GET).query(&query)).await?;
        let page: Objects = decode(answer).await?;
        expect(&page.kind, "storage#objects")?;
        let objects = page.items.into_iter().map(Metadata::try_from).collect::<Answer<_>>()?;
        Ok(Listing { objects, prefixes: page.prefixes, next: page.next_page_token })
    }

    async fn describe(&self, name: &str) -> Answer<Entry> {
        let request = self.object(Method::GET, name)?.query(&[("fields", format!("kind,{FIELDS}"))]);
        self.metadata(name, self.send(request).await?).await
    }

    async fn look(&self, name: &str, state: State) -> Answer<Whole> {
        let fields = format!("kind,{FIELDS},{}", attributes::FIELDS);
        let mut query = vec![("fields", fields)];
        match state {
            State::Live => {}
            State::Generation(generation) => query.push(("generation", generation.to_string())),
            State::SoftDeleted(generation) => {
                query.push(("generation", generation.to_string()));
                query.push(("softDeleted", "true".to_owned()));
            }
        }
        let answer = self.send(self.object(Method::GET, name)?.query(&query)).await?;
        let whole: WholeObject = decode(answer).await?;
        Ok(Whole { entry: self.entry(name, whole.described)?, look: whole.look })
    }

    async fn download(&self, name: &str, range: Option<&Range<u64>>) -> Answer<Object> {
        // Compressed content is taken as it is stored: only then do its length and checksums hold.
        let request =
            self.object(Method::GET, name)?.query(&[("alt", "media")]).header("accept-encoding", "gzip");
        let request = match range {
            Some(range) => request.header("range", format!("bytes={}-{}", range.start, range.end - 1)),
            None => request,
        };
        let answer = self.send(request).await?;
        let media =
            Media::from_headers(name, answer.status() == StatusCode::PARTIAL_CONTENT, answer.headers())?;
        let expected = media.expected(range)?;
        media::bounded(&expected)?;
        let bytes = body(answer, expected.end - expected.start).await?;
        media::object(media.into_metadata(), &self.place, &expected, bytes)
    }

    async fn upload(&self, name: &str, bytes: Bytes, generation: i64, look: Option<&Look>) -> Answer<Entry> {
        let url = format!("{}/upload/storage/v1/b/{}/o", self.endpoint, self.place.bucket());
        let (upload, (kind, body)) = match look {
            None => ("media", ("application/octet-stream".to_owned(), bytes)),
            Some(look) => ("multipart", multipart::related(look, &bytes)?),
        };
        let (generation, fields) = (generation.to_string(), format!("kind,{FIELDS}"));
        let query =
            [("uploadType", upload), ("name", name), ("ifGenerationMatch", &generation), ("fields", &fields)];
        let request = self.client.post(url).query(&query).header("content-type", kind);
        self.metadata(name, self.send(request.body(body)).await?).await
    }

    async fn remove(&self, name: &str, generation: i64) -> Answer<()> {
        let request = self.object(Method::DELETE, name)?.query(&[("ifGenerationMatch", generation)]);
        self.send(request).await.map(drop)
    }

    async fn restore(&self, name: &str, generation: i64) -> Answer<Entry> {
        let request = self.at(Method::POST, &[name, "restore"])?;
        let query = [("generation", generation), ("ifGenerationMatch", 0)];
        let request = request.query(&query).query(&[("fields", format!("kind,{FIELDS}"))]);
        self.metadata(name, self.send(request.header("content-length", 0)).await?).await
    }

    async fn copy(&self, copy: &Copying<'_>) -> Answer<Copied> {
        let path = [copy.from, "rewriteTo", "b", self.place.bucket(), "o", copy.to];
        let source = if copy.live { "ifSourceGenerationMatch" } else { "sourceGeneration" };
        let mut request =
            self.at(Method::POST, &path)?.query(&[("ifGenerationMatch", 0), (source, copy.generation)]);
        if !copy.token.is_empty() {
            request = request.query(&[("rewriteToken", &copy.token)]);
        }
        let request = request.header("content-type", "application/json").body(copy.look.json()?);
        let answer: Rewritten = decode(self.send(request).await?).await?;
        expect(&answer.kind, "storage#rewriteResponse")?;
        match answer.resource {
            Some(object) if answer.done => Ok(Copied::Done(self.entry(copy.to, object)?)),
            None if answer.done => Err(Failure::broken("the copy is done and not described")),
            Some(_) | None => {
                let bytes = answer.total_bytes_rewritten.parse().unwrap_or(0);
                Ok(Copied::Partly(bytes, answer.rewrite_token))
            }
        }
    }

    async fn clock(&self) -> Answer<Timestamp> {
        clock::now(&self.client, &self.endpoint).await
    }
}

/// A page of objects as the JSON API sends it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Objects {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Vec<Described>,
    #[serde(default)]
    prefixes: Vec<String>,
    next_page_token: Option<String>,
}

/// An object with what comes back with its bytes, as the JSON API sends it.
#[derive(Debug, Deserialize)]
struct WholeObject {
    #[serde(flatten)]
    described: Described,
    #[serde(flatten)]
    look: Look,
}

/// How far a copy has come, as the JSON API sends it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rewritten {
    #[serde(default)]
    kind: String,
    done: bool,
    #[serde(default)]
    total_bytes_rewritten: String,
    #[serde(default)]
    rewrite_token: String,
    resource: Option<Described>,
}
