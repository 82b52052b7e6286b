//! What a profile says of its logs: where they are, how much is kept, and what counts as a failure.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::profile::Secret;

/// Where logs are, and what is made of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    /// Whether the containers of the registry's pods are followed.
    pub kubernetes: bool,
    /// Files on this host by a name of one's choice; `*`, `?` and `[…]` stand for many.
    pub files: Vec<(String, PathBuf)>,
    /// Containers of Docker on this host, by name or id.
    pub docker: Vec<(String, String)>,
    /// Docker's own folder.
    pub docker_folder: PathBuf,
    /// Units of the journal on this host.
    pub journal: Vec<(String, String)>,
    /// Programs with their arguments, whose output is followed.
    pub commands: Vec<(String, Vec<String>)>,
    pub elasticsearch: Option<Elasticsearch>,
    pub google: Option<GoogleLogging>,
    /// Expressions by a name of one's choice.
    pub lenses: Vec<(String, String)>,
    /// How far back is read at first.
    pub history: Duration,
    /// Bytes of memory for lines.
    pub keep: usize,
    /// Bytes that log files may take, where that is less than their disk.
    pub room: Option<u64>,
    /// Statuses that count as failures.
    pub radar: Vec<RangeInclusive<u16>>,
}

impl Default for Logs {
    fn default() -> Self {
        Self {
            kubernetes: true,
            files: Vec::new(),
            docker: Vec::new(),
            docker_folder: PathBuf::from("/var/lib/docker"),
            journal: Vec::new(),
            commands: Vec::new(),
            elasticsearch: None,
            google: None,
            lenses: Vec::new(),
            history: Duration::from_mins(10),
            keep: 32 << 20,
            room: None,
            radar: vec![500..=599],
        }
    }
}

/// Logs in indices of Elasticsearch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elasticsearch {
    /// Where it is; none was a mistake, or is yet to be said.
    pub url: Option<Url>,
    /// Name or pattern of the indices.
    pub index: Option<String>,
    /// Which documents, as one writes it into Kibana's search bar in Lucene's syntax; all without it.
    pub query: Option<String>,
    /// The field that holds a document's time.
    pub time: String,
    /// The field that holds the line; without it, it is looked for.
    pub message: Option<String>,
    /// How often it is asked.
    pub interval: Duration,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// An API key, instead of name and password.
    pub api_key: Option<Secret>,
}

impl Default for Elasticsearch {
    fn default() -> Self {
        Self {
            url: None,
            index: None,
            query: None,
            time: "@timestamp".to_owned(),
            message: None,
            interval: Duration::from_secs(5),
            username: None,
            password: None,
            api_key: None,
        }
    }
}

/// Logs in Google Cloud Logging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleLogging {
    pub project: Option<String>,
    /// Which entries, in its query language; all without it.
    pub filter: Option<String>,
    /// Where its API is, if not at its usual address.
    pub endpoint: Option<Url>,
    /// Whether to ask it without credentials.
    pub anonymous: bool,
    /// How often it is asked.
    pub interval: Duration,
}

impl Default for GoogleLogging {
    fn default() -> Self {
        Self {
            project: None,
            filter: None,
            endpoint: None,
            anonymous: false,
            interval: Duration::from_secs(5),
        }
    }
}
