//! Google's own client: gRPC for listings and metadata, HTTP for bytes.

use std::ops::Range;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::client::{Storage, StorageControl};
use google_cloud_storage::model::{DeleteObjectRequest, GetObjectRequest, ListObjectsRequest};
use google_cloud_storage::model_ext::{ObjectHighlights, ReadRange};
use google_cloud_storage::read_resume_policy::NeverResume;
use google_cloud_wkt::FieldMask;
use jiff::Timestamp;

use super::failure::{Answer, Failure, chain};
use super::http_answer::client;
use super::identity::Identity;
use super::listing::{Listing, Position};
use super::metadata::{MASK, Metadata, known};
use super::place::Place;
use super::witness::Witness;
use super::{PAGE, clock, media};
use crate::storage::{
    Checksum, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError, Version,
};

/// A bucket over Google's client.
pub struct Grpc {
    place: Place,
    control: StorageControl,
    storage: Storage,
    http: reqwest::Client,
    http_endpoint: String,
    identity: Identity,
    witness: Witness,
}

impl Grpc {
    /// Speaks gRPC to `grpc_endpoint` and HTTP to `http_endpoint` (URLs without path) as `identity`. Sends nothing
    /// yet.
    pub async fn new(
        place: Place,
        grpc_endpoint: &str,
        http_endpoint: &str,
        identity: Identity,
    ) -> Result<Self> {
        let failed = |error: google_cloud_gax::client_builder::Error| {
            StoreError::new(ErrorKind::Denied, place.url(), format!("no client: {}", chain(&error)))
        };
        let http_endpoint = http_endpoint.trim_end_matches('/').to_owned();
        let control = StorageControl::builder()
            .with_endpoint(grpc_endpoint)
            .with_credentials(identity.credentials())
            .with_retry_policy(NeverRetry)
            .build();
        let storage = Storage::builder()
            .with_endpoint(&http_endpoint)
            .with_credentials(identity.credentials())
            .with_retry_policy(NeverRetry)
            .with_read_resume_policy(NeverResume)
            .with_resumable_upload_threshold(usize::MAX)
            .build();
        let (control, storage) = (control.await.map_err(failed)?, storage.await.map_err(failed)?);
        let http = client().map_err(|failure| failure.at(place.url()))?;
        Ok(Self { place, control, storage, http, http_endpoint, identity, witness: Witness::default() })
    }

    /// Asks for the credentials first: the client's own error does not say what to set.
    async fn identified(&self) -> Answer<()> {
        self.identity.headers().await.map(drop)
    }

    async fn listed(
        &self,
        prefix: &str,
        delimiter: Delimiter,
        from: &Position,
        most: u16,
    ) -> Answer<Listing> {
        self.identified().await?;
        let request = ListObjectsRequest::new()
            .set_parent(self.place.resource())
            .set_prefix(self.place.name(prefix))
            .set_delimiter(if delimiter == Delimiter::Slash { "/" } else { "" })
            .set_page_size(most)
            .set_page_token(&from.token)
            .set_read_mask(mask());
        let page = self.control.list_objects().with_request(request).send().await?;
        let objects = page.objects.into_iter().map(Metadata::try_from).collect::<Answer<_>>()?;
        Ok(Listing { objects, prefixes: page.prefixes, next: Some(page.next_page_token) })
    }

    async fn described(&self, name: &str) -> Answer<Entry> {
        self.identified().await?;
        let request =
            GetObjectRequest::new().set_bucket(self.place.resource()).set_object(name).set_read_mask(mask());
        let object = self.control.get_object().with_request(request).send().await?;
        Metadata::try_from(object)?.entry_of(name, &self.place)
    }

    async fn media(&self, name: &str, range: Option<&Range<u64>>) -> Answer<Object> {
        self.identified().await?;
        let mut request = self.storage.read_object(self.place.resource(), name);
        if let Some(range) = range {
            request = request.set_read_range(ReadRange::segment(range.start, range.end - range.start));
        }
        let mut answer = request.send().await?;
        let metadata = metadata(name, answer.object())?;
        let expected = range.map_or(0..metadata.size, |range| range.start..range.end.min(metadata.size));
        let mut bytes = BytesMut::new();
        while let Some(chunk) = answer.next().await.transpose()? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > expected.end.saturating_sub(expected.start) {
                return Err(Failure::broken("more bytes come than the headers promise"));
            }
        }
        let bytes = bytes.freeze();
        media::complete(&expected, &bytes)?;
        Ok(Object { entry: metadata.entry(&self.place)?, bytes })
    }

    async fn upload(&self, name: &str, bytes: Bytes, generation: i64) -> Answer<Entry> {
        self.identified().await?;
        let request = self.storage.write_object(self.place.resource(), name, bytes);
        let object = request.set_if_generation_match(generation).send_unbuffered().await?;
        Metadata::try_from(object)?.entry_of(name, &self.place)
    }

    async fn removed(&self, name: &str, generation: i64) -> Answer<()> {
        self.identified().await?;
        let request = DeleteObjectRequest::new()
            .set_bucket(self.place.resource())
            .set_object(name)
            .set_if_generation_match(generation);
        self.control.delete_object().with_request(request).send().await?;
        Ok(())
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
impl ObjectStore for Grpc {
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
        clock::now(&self.http, &self.http_endpoint).await.map_err(|failure| failure.at(self.place.url()))
    }
}

fn mask() -> FieldMask {
    FieldMask::default().set_paths(MASK)
}

/// What the headers of a download say; the client does not show when the object was written.
fn metadata(name: &str, object: ObjectHighlights) -> Answer<Metadata> {
    let size = u64::try_from(object.size)
        .map_err(|_| Failure::broken(format!("{name} has the size {}", object.size)))?;
    let checksum = object.checksums.and_then(|sums| {
        let md5 = sums.md5_hash.as_ref().try_into().ok().map(Checksum::Md5);
        md5.or(sums.crc32c.map(Checksum::Crc32c))
    });
    Ok(Metadata { name: name.to_owned(), generation: object.generation, size, updated: None, checksum })
}
