//! Opens the object store that a URL names; the only place that knows which drivers exist.

use std::sync::Arc;
use std::time::Duration;

use crate::storage::filesystem::Filesystem;
use crate::storage::layers::{Counted, Deadline, Limit, Policy, ReadOnly, Requests, Retry};
use crate::storage::{ObjectStore, StoreError};

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

/// Opens the store at `url` for reading, with every layer on.
pub async fn open(url: &str, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>, OpenError> {
    let (scheme, rest) = split(url)?;
    match scheme {
        "file" => Ok(layered(Filesystem::open(folder(url, rest)?)?, options)),
        other => Err(OpenError::Usage(format!("no store is called \"{other}\" in {url}; allowed: {FORMS}"))),
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
    Arc::new(ReadOnly::new(Retry::new(limited, options.retry)))
}
