//! The JSON API over HTTP(S), for sites where only an HTTP proxy leads out. The proxy is the environment's.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;

use super::failure::{Answer, Failure, chain};
use super::http_answer::{body, client, decode, expect, refused};
use super::identity::Identity;
use super::listing::{Listing, Position};
use super::media::{self, Media};
use super::metadata::{Described, FIELDS, Metadata, known};
use super::place::Place;
use super::witness::Witness;
use super::{PAGE, clock};
use crate::storage::{Delimiter, Entry, Object, ObjectStore, Page, PageToken, Result, Version};

/// A bucket over the JSON API.
pub struct Json {
    place: Place,
    endpoint: String,
    client: reqwest::Client,
    identity: Identity,
    witness: Witness,
}

impl Json {
    /// Speaks to `endpoint` (a URL without path) as `identity`. Sends nothing yet.
    pub fn new(place: Place, endpoint: &str, identity: Identity) -> Result<Self> {
        let client = client().map_err(|failure| failure.at(place.url()))?;
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { place, endpoint, client, identity, witness: Witness::default() })
    }

    fn objects(&self, method: Method) -> RequestBuilder {
        self.client.request(method, format!("{}/storage/v1/b/{}/o", self.endpoint, self.place.bucket()))
    }

    fn object(&self, method: Method, name: &str) -> Answer<RequestBuilder> {
        let mut url =
            reqwest::Url::parse(&format!("{}/storage/v1/b/{}/o", self.endpoint, self.place.bucket()))
                .map_err(|error| {
                    Failure::broken(format!("the endpoint {} is no URL: {error}", self.endpoint))
                })?;
        match url.path_segments_mut() {
            Ok(mut path) => path.push(name),
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

    async fn listed(
        &self,
        prefix: &str,
        delimiter: Delimiter,
        from: &Position,
        most: u16,
    ) -> Answer<Listing> {
        let fields = format!("kind,nextPageToken,prefixes,items({FIELDS})");
        let prefix = self.place.name(prefix);
        let most = most.to_string();
        let mut query = vec![("prefix", prefix.as_str()), ("maxResults", &most), ("fields", &fields)];
        if delimiter == Delimiter::Slash {
            query.push(("delimiter", "/"));
        }
        if !from.token.is_empty() {
            query.push(("pageToken", &from.token));
        }
        let answer = self.send(self.objects(Method::GET).query(&query)).await?;
        let page: Objects = decode(answer).await?;
        expect(&page.kind, "storage#objects")?;
        let objects = page.items.into_iter().map(Metadata::try_from).collect::<Answer<_>>()?;
        Ok(Listing { objects, prefixes: page.prefixes, next: page.next_page_token })
    }

    async fn described(&self, name: &str) -> Answer<Entry> {
        let request = self.object(Method::GET, name)?.query(&[("fields", format!("kind,{FIELDS}"))]);
        self.metadata(name, self.send(request).await?).await
    }

    async fn metadata(&self, name: &str, answer: Response) -> Answer<Entry> {
        let described: Described = decode(answer).await?;
        expect(&described.kind, "storage#object")?;
        Metadata::try_from(described)?.entry_of(name, &self.place)
    }

    async fn media(&self, name: &str, range: Option<&Range<u64>>) -> Answer<Object> {
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
        let bytes = body(answer, expected.end - expected.start).await?;
        media.object(&self.place, &expected, bytes)
    }

    async fn upload(&self, name: &str, bytes: Bytes, generation: i64) -> Answer<Entry> {
        let url = format!("{}/upload/storage/v1/b/{}/o", self.endpoint, self.place.bucket());
        let generation = generation.to_string();
        let query =
            [("uploadType", "media"), ("name", name), ("ifGenerationMatch", &generation), ("fields", FIELDS)];
        let request = self.client.post(url).query(&query).header("content-type", "application/octet-stream");
        let answer = self.send(request.body(bytes)).await?;
        self.metadata(name, answer).await
    }

    async fn removed(&self, name: &str, generation: i64) -> Answer<()> {
        let request = self.object(Method::DELETE, name)?.query(&[("ifGenerationMatch", generation)]);
        self.send(request).await.map(drop)
    }

    /// Whether the bucket is there.
    async fn look(&self) -> Answer<()> {
        self.listed("", Delimiter::None, &Position::default(), 1).await.map(drop)
    }

    async fn meant<T>(&self, key: &str, answer: Answer<T>) -> Result<T> {
        self.witness.object(key, &self.place, answer, self.look()).await
    }
}

#[async_trait]
impl ObjectStore for Json {
    fn url(&self) -> &str {
        self.place.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        let from = Position::parse(page).map_err(|failure| failure.at(prefix))?;
        let answer = self.listed(prefix, delimiter, &from, PAGE).await;
        let listing = self.witness.listing(prefix, &self.place, answer)?;
        listing.page(&self.place, prefix, delimiter, &from).map_err(|failure| failure.at(prefix))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        let name = self.place.object(key)?;
        let wanted = range.as_ref();
        let answer = match wanted.filter(|range| range.is_empty()) {
            Some(_) => self.described(&name).await.and_then(|entry| media::beyond(entry, wanted)),
            None => match self.media(&name, wanted).await {
                Err(failure) if failure.is_status(416) => {
                    self.described(&name).await.and_then(|entry| media::beyond(entry, wanted))
                }
                answer => answer,
            },
        };
        self.meant(key, answer).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.meant(key, self.described(&self.place.object(key)?).await).await
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Entry> {
        self.meant(key, self.upload(&self.place.object(key)?, bytes, 0).await).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        let generation = known(key, version)?;
        self.meant(key, self.upload(&self.place.object(key)?, bytes, generation).await).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        let generation = known(key, version)?;
        self.meant(key, self.removed(&self.place.object(key)?, generation).await).await
    }

    async fn now(&self) -> Result<Timestamp> {
        clock::now(&self.client, &self.endpoint).await.map_err(|failure| failure.at(self.place.url()))
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
