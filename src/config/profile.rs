//! What a configuration says once it is read: profiles and what is common to them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::SignedDuration;
use url::Url;

use super::watch::Watch;

/// How old an object must be before it is judged, unless the configuration says otherwise.
pub const SETTLE: SignedDuration = SignedDuration::from_mins(10);

/// Everything that the configuration file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Profile to use when none is named.
    pub default_profile: Option<String>,
    pub theme: Theme,
    pub clipboard: Clipboard,
    /// Folder of the journal and the backups, if not the platform's.
    pub state_folder: Option<PathBuf>,
    /// Profiles by name; each was checked to have a bucket.
    pub profiles: BTreeMap<String, Profile>,
}

/// One environment: its bucket, its registry, and how protected it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the environment is called on screen (`production`); free text.
    pub environment: Option<String>,
    /// Whether a slip here hurts customers; shown on screen.
    pub protected: bool,
    /// How old an object must be, by the store's clock, before what a running push may still be writing is judged.
    pub settle: SignedDuration,
    pub bucket: Bucket,
    pub registry: Registry,
    /// What else is watched.
    pub watch: Watch,
}

impl Profile {
    /// A bucket of which nothing else is known.
    pub fn around(bucket: Bucket) -> Self {
        Self {
            environment: None,
            protected: false,
            settle: SETTLE,
            bucket,
            registry: Registry::default(),
            watch: Watch::default(),
        }
    }
}

/// Where the registry keeps its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `file:///srv/registry` or `gs://bucket/root`: what holds `docker/registry/v2`.
    pub url: Url,
    pub transport: Transport,
    /// Where the bucket's HTTP API is, if not at its usual address.
    pub endpoint: Option<Url>,
    /// Where the bucket's gRPC API is, if not at its usual address.
    pub grpc_endpoint: Option<Url>,
    /// Whether to ask without credentials.
    pub anonymous: bool,
}

impl Bucket {
    /// The bucket at `url`, reached in the usual way.
    pub fn at(url: Url) -> Self {
        Self { url, transport: Transport::default(), endpoint: None, grpc_endpoint: None, anonymous: false }
    }
}

/// How a `gs://` bucket is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// gRPC for listing, HTTP for reading.
    #[default]
    Grpc,
    /// JSON over HTTP for everything, where only an HTTP proxy leads out.
    Json,
}

/// The registry in front of the bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// Its address as clients see it (`https://registry.example.com`).
    pub url: Option<Url>,
    pub mode: Mode,
    /// Name to log in with.
    pub username: Option<String>,
    /// Where the password or token is.
    pub password: Option<Secret>,
}

/// Where the truth about tags and manifests is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Told by the bucket's lock files and the registry's answer.
    #[default]
    Auto,
    /// In the bucket.
    Files,
    /// In a metadata database (GitLab 16 and later); the bucket holds blobs only.
    Database,
}

/// Where a secret is; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// In this file, surrounding white space apart.
    File(PathBuf),
    /// In the environment variable of this name.
    Environment(String),
}

/// Colours of the cockpit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// No colours.
    Mono,
}

/// Whether copying may ask the terminal to set the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Clipboard {
    /// By the OSC 52 control sequence, and what tmux or screen needs around it.
    #[default]
    Auto,
    /// By the bare OSC 52 control sequence.
    Osc52,
    /// Never.
    Off,
}
