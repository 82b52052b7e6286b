//! Opens the object store that a URL names; the only place that knows which drivers exist.

use std::sync::Arc;
use std::time::Duration;

use crate::model::Permit;
use crate::storage::filesystem::Filesystem;
use crate::storage::gcs::{ENDPOINT, Grpc, Identity, Json, Place};
use crate::storage::layers::{Counted, Deadline, Limit, Policy, ReadOnly, Requests, Retry};
use crate::storage::{ErrorKind, ObjectStore, StoreError};

/// The forms of URL that [`open`] takes, for messages and help.
pub const FORMS: &str = "file:///folder/of/the/registry or gs://bucket or gs://bucket/root/directory";

/// Why no store was opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The URL or an option makes no sense; says what is allowed.
    #[error("{0}")]
    Usage(String),
    /// The store itself could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenError {
    /// The same as a failure of the store at `url`, for whoever knows no other.
    pub fn of_store(self, url: &str) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Usage(why) => StoreError::new(ErrorKind::Broken, url, why),
        }
    }
}

/// How Google Cloud Storage is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// gRPC for listings and metadata, HTTP for bytes.
    #[default]
    Grpc,
    /// The JSON API over HTTP(S) for everything, for sites where only an HTTP proxy leads out.
    Json,
}

/// Who we say we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Application Default Credentials.
    #[default]
    Default,
    /// Nobody: public buckets and emulators.
    Anonymous,
}

/// How to open a store and how to treat it.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    pub transport: Transport,
    pub credentials: Credentials,
    /// Where the JSON API is, instead of Google's (`http://127.0.0.1:4443`).
    pub http_endpoint: Option<String>,
    /// Where the gRPC API is, instead of Google's (`http://127.0.0.1:4444`).
    pub grpc_endpoint: Option<String>,
    /// Longest wait for one answer; many bytes get more (1 MiB a second).
    pub deadline: Duration,
    /// Most requests at once.
    pub in_flight: usize,
    /// How to ask again.
    pub retry: Policy,
    /// Counts the requests; keep a clone to show them.
    pub requests: Requests,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            transport: Transport::default(),
            credentials: Credentials::default(),
            http_endpoint: None,
            grpc_endpoint: None,
            deadline: Duration::from_secs(30),
            in_flight: 256,
            retry: Policy::default(),
            requests: Requests::default(),
        }
    }
}

impl OpenOptions {
    /// Fills what is not set from `STORAGE_EMULATOR_HOST` and `STORAGE_EMULATOR_HOST_GRPC`, as `variable` reads them.
    /// An emulator knows no credentials.
    pub fn or_emulator(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name| variable(name).filter(|value| !value.is_empty()).map(with_scheme);
        let (http, grpc) = (named("STORAGE_EMULATOR_HOST"), named("STORAGE_EMULATOR_HOST_GRPC"));
        if self.http_endpoint.is_some() || self.grpc_endpoint.is_some() || (http.is_none() && grpc.is_none())
        {
            return self;
        }
        if grpc.is_none() {
            self.transport = Transport::Json;
        }
        Self {
            http_endpoint: http.or_else(|| grpc.clone()),
            grpc_endpoint: grpc,
            credentials: Credentials::Anonymous,
            ..self
        }
    }
}

/// An endpoint as a URL; emulators are often given as host and port alone.
fn with_scheme(endpoint: String) -> String {
    if endpoint.contains("://") { endpoint } else { format!("http://{endpoint}") }
}

/// Opens the store at `url` for reading, with every layer on. A folder must be there; a bucket is not asked yet. The
/// environment's emulator variables count where `options` name no endpoint.
pub async fn open(url: &str, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>, OpenError> {
    Ok(Arc::new(ReadOnly::new(driver(url, options).await?)))
}

/// The same for writing, which takes an open gate.
pub async fn open_to_write(
    url: &str,
    options: &OpenOptions,
    _permit: Permit,
) -> Result<Arc<dyn ObjectStore>, OpenError> {
    driver(url, options).await
}

async fn driver(url: &str, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>, OpenError> {
    let (scheme, rest) = split(url)?;
    match scheme {
        "file" => Ok(layered(Filesystem::open(folder(url, rest)?)?, options)),
        "gs" => bucket(url, rest, &options.clone().or_emulator(|name| std::env::var(name).ok())).await,
        other => Err(OpenError::Usage(format!("no store is called \"{other}\" in {url}; allowed: {FORMS}"))),
    }
}

async fn bucket(url: &str, rest: &str, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>, OpenError> {
    let usage = || {
        OpenError::Usage(format!("{url} names no bucket; write gs://bucket or gs://bucket/root/directory"))
    };
    let place = Place::parse(rest).ok_or_else(usage)?;
    let identity = match options.credentials {
        Credentials::Default => Identity::default_credentials()?,
        Credentials::Anonymous => Identity::anonymous(),
    };
    let http = endpoint(options.http_endpoint.as_deref())?;
    Ok(match options.transport {
        Transport::Json => layered(Json::open(place, http, identity)?, options),
        Transport::Grpc => {
            let grpc = endpoint(options.grpc_endpoint.as_deref())?;
            layered(Grpc::open(place, grpc, http, identity).await?, options)
        }
    })
}

/// The endpoint that was named, which must be a web address, or Google's.
fn endpoint(named: Option<&str>) -> Result<&str, OpenError> {
    let Some(named) = named else { return Ok(ENDPOINT) };
    match reqwest::Url::parse(named) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(named),
        Ok(_) | Err(_) => Err(OpenError::Usage(format!(
            "the endpoint \"{named}\" is no web address; write http://host:port"
        ))),
    }
}

fn split(url: &str) -> Result<(&str, &str), OpenError> {
    url.split_once("://").ok_or_else(|| {
        OpenError::Usage(match url.strip_prefix('/') {
            Some(_) => format!("{url} is a path, not a URL; write file://{url}"),
            None => format!("\"{url}\" is not the URL of a store; allowed: {FORMS}"),
        })
    })
}

/// The path in a `file:` URL.
fn folder<'a>(url: &str, rest: &'a str) -> Result<&'a str, OpenError> {
    if rest.starts_with('/') {
        return Ok(rest);
    }
    Err(OpenError::Usage(format!("{url} names a host; a folder has three slashes: file:///{rest}")))
}

/// Puts every layer on a driver: what is innermost sees each request that is really sent.
fn layered(driver: impl ObjectStore + 'static, options: &OpenOptions) -> Arc<dyn ObjectStore> {
    let counted = Counted::new(driver, options.requests.clone());
    let limited = Limit::new(Deadline::new(counted, options.deadline), options.in_flight);
    Arc::new(Retry::new(limited, options.retry))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str) -> String {
        open(url, &OpenOptions::default()).await.err().map_or_else(String::new, |error| error.to_string())
    }

    #[tokio::test]
    async fn a_url_that_makes_no_sense_says_what_would() {
        let table = [
            ("/srv/registry", "write file:///srv/registry"),
            ("srv/registry", "allowed: file:///"),
            ("", "allowed: file:///"),
            ("file://srv/registry", "file:///srv/registry"),
            ("s3://bucket", "no store is called \"s3\""),
            ("gs://", "names no bucket"),
            ("gs:///root", "names no bucket"),
            ("gs://bucket/../other", "names no bucket"),
        ];
        for (url, expected) in table {
            let said = refused(url).await;
            assert!(said.contains(expected), "{url}: {said}");
        }
    }

    #[tokio::test]
    async fn a_wrong_root_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let table = [(folder.path().join("none"), "no such folder"), (file, "a file, not a folder")];
        for (path, expected) in table {
            let said = refused(&format!("file://{}", path.display())).await;
            assert!(said.contains(expected) && said.contains("docker/"), "{said}");
        }
    }

    #[test]
    fn an_emulator_counts_where_nothing_else_is_named() {
        let both = |name: &str| match name {
            "STORAGE_EMULATOR_HOST" => Some("http://127.0.0.1:1".to_owned()),
            _ => Some("127.0.0.1:2".to_owned()),
        };
        let options = OpenOptions::default().or_emulator(both);
        assert_eq!(options.http_endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(options.grpc_endpoint.as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!((options.transport, options.credentials), (Transport::Grpc, Credentials::Anonymous));

        let http_only = |name: &str| (name == "STORAGE_EMULATOR_HOST").then(|| "127.0.0.1:1".to_owned());
        assert_eq!(OpenOptions::default().or_emulator(http_only).transport, Transport::Json);

        let named = OpenOptions { http_endpoint: Some("http://here".to_owned()), ..OpenOptions::default() };
        assert_eq!(named.or_emulator(both).http_endpoint.as_deref(), Some("http://here"));
        assert_eq!(OpenOptions::default().or_emulator(|_| None).credentials, Credentials::Default);
    }
}
