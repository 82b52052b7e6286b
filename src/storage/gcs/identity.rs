//! Who we are to Google Cloud Storage.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use google_cloud_auth::credentials::{CacheableResource, Credentials, anonymous};
use http::{Extensions, HeaderMap};

use super::failure::{Failure, chain, first_line};
use crate::storage::{ErrorKind, Result, StoreError};

/// Enough to read and write objects; what the account may do is decided by its roles.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
/// A metadata server that has not answered by then is not there.
const PATIENCE: Duration = Duration::from_secs(10);
const HINT: &str = "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run \
    `gcloud auth application-default login`, or ask for anonymous access if the bucket is public";

/// Credentials, and whether they ever worked.
pub struct Identity {
    credentials: Credentials,
    worked: AtomicBool,
}

impl Identity {
    /// Nobody: public buckets and emulators.
    pub fn anonymous() -> Self {
        Self::from(anonymous::Builder::new().build())
    }

    /// Application Default Credentials: a key file, gcloud's login, or the metadata server.
    pub fn default_credentials() -> Result<Self> {
        let builder = google_cloud_auth::credentials::Builder::default().with_scopes([SCOPE]);
        let credentials = builder.build().map_err(|error| {
            let detail = format!("no usable credentials ({}); {HINT}", chain(&error));
            StoreError::new(ErrorKind::Denied, "", detail)
        })?;
        Ok(Self::from(credentials))
    }

    /// The credentials as Google's client takes them.
    pub fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// The headers that say who we are. They come from a cache, renewed in the background.
    pub async fn headers(&self) -> std::result::Result<HeaderMap, Failure> {
        let asked = tokio::time::timeout(PATIENCE, self.credentials.headers(Extensions::new())).await;
        let why = match asked {
            Ok(Ok(CacheableResource::New { data, .. })) => {
                self.worked.store(true, Ordering::Relaxed);
                return Ok(data);
            }
            Ok(Ok(CacheableResource::NotModified)) => return Ok(HeaderMap::new()),
            Ok(Err(error)) if self.worked.load(Ordering::Relaxed) && error.is_transient() => {
                return Err(Failure::unreachable(format!(
                    "the credentials could not be renewed: {}",
                    chain(&error)
                )));
            }
            Ok(Err(error)) => innermost(&error),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        Err(Failure::Failed(ErrorKind::Denied, format!("no usable credentials ({why}); {HINT}")))
    }
}

/// The cause at the bottom of an error; what lies above repeats that a token could not be fetched.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    first_line(&cause.to_string())
}

impl From<Credentials> for Identity {
    fn from(credentials: Credentials) -> Self {
        Self { credentials, worked: AtomicBool::new(false) }
    }
}
