//! Google's own client: gRPC for listings and metadata, HTTP for bytes.
//!
//! Uploads go by the JSON API: the client appends a part with checksums to each, which emulators refuse.

use std::ops::Range;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::client::{Storage, StorageControl};
use google_cloud_storage::model::{
    self, DeleteObjectRequest, GetObjectRequest, ListObjectsRequest, RestoreObjectRequest,
    RewriteObjectRequest,
};
use google_cloud_storage::model_ext::{ObjectHighlights, ReadRange};
use google_cloud_storage::read_resume_policy::NeverResume;
use google_cloud_wkt::FieldMask;
use jiff::Timestamp;

use super::attributes::{self, Look};
use super::bucket::{Bucket, Wire};
use super::copies::{Copied, Copying, State, Whole};
use super::failure::{Answer, Failure, chain};
use super::identity::Identity;
use super::json::Json;
use super::listing::Listing;
use super::media;
use super::metadata::{MASK, Metadata};
use super::place::Place;
use crate::storage::{Checksum, Delimiter, Entry, ErrorKind, Object, Result, StoreError};

/// Google's client for one bucket.
pub struct Grpc {
    place: Place,
    control: StorageControl,
    storage: Storage,
    json: Json,
}

impl Grpc {
    /// Speaks gRPC to `grpc_endpoint` and HTTP to `http_endpoint` (URLs without path) as `identity`. Sends nothing
    /// yet.
    pub async fn open(
        place: Place,
        grpc_endpoint: &str,
        http_endpoint: &str,
        identity: Identity,
    ) -> Result<Bucket<Self>> {
        let failed = |error: google_cloud_gax::client_builder::Error| {
            StoreError::new(ErrorKind::Denied, place.url(), format!("no client: {}", chain(&error)))
        };
        let control = StorageControl::builder()
            .with_endpoint(grpc_endpoint)
            .with_credentials(identity.credentials())
            .with_retry_policy(NeverRetry)
            .build();
        let storage = Storage::builder()
            .with_endpoint(http_endpoint.trim_end_matches('/'))
            .with_credentials(identity.credentials())
            .with_retry_policy(NeverRetry)
            .with_read_resume_policy(NeverResume)
            .build();
        let (control, storage) = (control.await.map_err(failed)?, storage.await.map_err(failed)?);
        let json = Json::wire(place.clone(), http_endpoint, identity)?;
        Ok(Bucket::new(place.clone(), Self { place, control, storage, json }))
    }

    /// Asks for the credentials first: the client's own error does not say what to set.
    async fn identified(&self) -> Answer<()> {
        self.json.identity.headers().await.map(drop)
    }

    fn get(&self, name: &str) -> GetObjectRequest {
        GetObjectRequest::new().set_bucket(self.place.resource()).set_object(name)
    }

    fn entry(&self, name: &str, object: model::Object) -> Answer<Entry> {
        Metadata::try_from(object)?.entry_of(name, &self.place)
    }
}

#[async_trait]
impl Wire for Grpc {
    async fn list(&self, prefix: &str, delimiter: Delimiter, token: &str, most: u16) -> Answer<Listing> {
        self.identified().await?;
        let request = ListObjectsRequest::new()
            .set_parent(self.place.resource())
            .set_prefix(prefix)
            .set_delimiter(if delimiter == Delimiter::Slash { "/" } else { "" })
            .set_page_size(most)
            .set_page_token(token)
            .set_read_mask(mask(&MASK));
        let page = self.control.list_objects().with_request(request).send().await?;
        let objects = page.objects.into_iter().map(Metadata::try_from).collect::<Answer<_>>()?;
        Ok(Listing { objects, prefixes: page.prefixes, next: Some(page.next_page_token) })
    }

    async fn describe(&self, name: &str) -> Answer<Entry> {
        self.identified().await?;
        let request = self.get(name).set_read_mask(mask(&MASK));
        let object = self.control.get_object().with_request(request).send().await?;
        self.entry(name, object)
    }

    async fn look(&self, name: &str, state: State) -> Answer<Whole> {
        self.identified().await?;
        let request = match state {
            State::Live => self.get(name),
            State::Generation(generation) => self.get(name).set_generation(generation),
            State::SoftDeleted(generation) => {
                self.get(name).set_generation(generation).set_soft_deleted(true)
            }
        };
        let request = request.set_read_mask(mask(&[&MASK[..], &attributes::MASK].concat()));
        let object = self.control.get_object().with_request(request).send().await?;
        Ok(Whole { look: Look::from(&object), entry: self.entry(name, object)? })
    }

    async fn download(&self, name: &str, range: Option<&Range<u64>>) -> Answer<Object> {
        self.identified().await?;
        let mut request = self.storage.read_object(self.place.resource(), name);
        if let Some(range) = range {
            request = request.set_read_range(ReadRange::segment(range.start, range.end - range.start));
        }
        let mut answer = request.send().await?;
        let metadata = metadata(name, answer.object())?;
        let expected = range.map_or(0..metadata.size, |range| range.start..range.end.min(metadata.size));
        media::bounded(&expected)?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = answer.next().await.transpose()? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > expected.end.saturating_sub(expected.start) {
                return Err(Failure::broken("more bytes come than the headers promise"));
            }
        }
        media::object(metadata, &self.place, &expected, bytes.freeze())
    }

    async fn upload(&self, name: &str, bytes: Bytes, generation: i64, look: Option<&Look>) -> Answer<Entry> {
        self.json.upload(name, bytes, generation, look).await
    }

    async fn remove(&self, name: &str, generation: i64) -> Answer<()> {
        self.identified().await?;
        let request = DeleteObjectRequest::new()
            .set_bucket(self.place.resource())
            .set_object(name)
            .set_if_generation_match(generation);
        self.control.delete_object().with_request(request).send().await?;
        Ok(())
    }

    async fn restore(&self, name: &str, generation: i64) -> Answer<Entry> {
        self.identified().await?;
        let request = RestoreObjectRequest::new()
            .set_bucket(self.place.resource())
            .set_object(name)
            .set_generation(generation)
            .set_if_generation_match(0);
        let object = self.control.restore_object().with_request(request).send().await?;
        self.entry(name, object)
    }

    async fn copy(&self, copy: &Copying<'_>) -> Answer<Copied> {
        self.identified().await?;
        let request = RewriteObjectRequest::new()
            .set_source_bucket(self.place.resource())
            .set_source_object(copy.from)
            .set_destination_bucket(self.place.resource())
            .set_destination_name(copy.to)
            .set_destination(copy.look.object())
            .set_if_generation_match(0)
            .set_rewrite_token(&copy.token);
        let request = match copy.live {
            true => request.set_if_source_generation_match(copy.generation),
            false => request.set_source_generation(copy.generation),
        };
        let answer = self.control.rewrite_object().with_request(request).send().await?;
        match answer.resource {
            Some(object) if answer.done => Ok(Copied::Done(self.entry(copy.to, object)?)),
            None if answer.done => Err(Failure::broken("the copy is done and not described")),
            Some(_) | None => {
                Ok(Copied::Partly(answer.total_bytes_rewritten.unsigned_abs(), answer.rewrite_token))
            }
        }
    }

    async fn clock(&self) -> Answer<Timestamp> {
        self.json.clock().await
    }
}

fn mask(fields: &[&str]) -> FieldMask {
    FieldMask::default().set_paths(fields.iter().copied())
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
