//! What a profile says of the world around its bucket: cluster, load balancers, cloud, front door, logs.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::logs::Logs;
use super::profile::Secret;
use crate::registry::reference::Reference;

/// What is watched besides the bucket: a section that is not there is not watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    pub kubernetes: Option<Kubernetes>,
    pub haproxy: Option<Haproxy>,
    pub google: Option<Google>,
    pub front_door: Option<FrontDoor>,
    /// Those of the cluster are followed without it too.
    pub logs: Option<Logs>,
}

/// The registry's part of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// If not what `KUBECONFIG` names, the usual file, or the pod that we run in.
    pub kubeconfig: Option<PathBuf>,
    /// If not the current one.
    pub context: Option<String>,
    /// If not that of the context.
    pub namespace: Option<String>,
    /// Label selector of the registry's pods.
    pub selector: String,
    /// Name of the registry's service.
    pub service: String,
    /// How many pods there usually are.
    pub baseline: Option<u32>,
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            namespace: None,
            selector: "app=registry".to_owned(),
            service: "gitlab-registry".to_owned(),
            baseline: None,
        }
    }
}

/// Instances of HAProxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Haproxy {
    /// Name and address, in the order in which they were written.
    pub instances: Vec<(String, Address)>,
    /// Backends that lead to the registry; none means that all are shown.
    pub backends: Vec<String>,
    /// How often each instance is asked.
    pub interval: Duration,
    /// Name to log in with at statistics pages.
    pub username: Option<String>,
    pub password: Option<Secret>,
}

impl Default for Haproxy {
    fn default() -> Self {
        Self {
            instances: Vec::new(),
            backends: Vec::new(),
            interval: Duration::from_secs(2),
            username: None,
            password: None,
        }
    }
}

/// Where an HAProxy tells its statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Its socket in the file system.
    Unix(PathBuf),
    /// Its socket on the network, as `host:port`.
    Tcp(String),
    /// Its statistics page.
    Http(Url),
}

/// Load balancers of Google Cloud, and the provider's incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Google {
    pub project: Option<String>,
    /// Where target pools are that do not say so themselves.
    pub region: Option<String>,
    pub target_pools: Vec<Regional>,
    pub backend_services: Vec<Regional>,
    /// Where the Compute API is, if not at its usual address.
    pub endpoint: Option<Url>,
    /// Whether to ask the Compute API without credentials.
    pub anonymous: bool,
    /// How often the load balancers are asked; the incidents half as often.
    pub interval: Duration,
    /// The provider's public feed of incidents.
    pub status_url: Option<Url>,
    /// Products whose incidents matter.
    pub products: Vec<String>,
}

impl Default for Google {
    fn default() -> Self {
        Self {
            project: None,
            region: None,
            target_pools: Vec::new(),
            backend_services: Vec::new(),
            endpoint: None,
            anonymous: false,
            interval: Duration::from_secs(30),
            status_url: None,
            products: vec!["Google Cloud Storage".to_owned()],
        }
    }
}

/// Something of a region, or of the whole project where none is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regional {
    pub region: Option<String>,
    pub name: String,
}

/// The registry as clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontDoor {
    /// If not the registry's.
    pub url: Option<Url>,
    /// Images that are pulled to see whether that works.
    pub canaries: Vec<Reference>,
    /// How often the pages are asked for.
    pub interval: Duration,
}

impl Default for FrontDoor {
    fn default() -> Self {
        Self { url: None, canaries: Vec::new(), interval: Duration::from_secs(15) }
    }
}
