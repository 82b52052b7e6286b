//! What a step can say of endpoints, cloud, servers, store and the registry's own failures.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::file::{parse_span, references};
use crate::registry::reference::Reference;
pub use crate::staging::google::ServerHealth;
pub use crate::staging::registry::StoreManner;

/// What the servers of the HAProxies are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behind {
    /// The addresses of the Service's load balancer.
    #[default]
    Ingress,
    /// Pods themselves, the first of them.
    Pods,
}

/// What is set by hand on a server of HAProxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerState {
    Ready,
    Drain,
    Maintenance,
}

/// What of the Service's endpoints is not as the pods are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// Pods that are in no slice, counted from 0.
    pub missing: Vec<u32>,
    /// Addresses that no pod has.
    pub foreign: Vec<Ipv4Addr>,
    /// There are none at all.
    pub none: bool,
}

/// How the cloud sees a server behind its load balancers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudServer {
    pub server: String,
    pub health: ServerHealth,
}

/// Requests that the registry fails at, with what its log says of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// What went wrong, in the words of its log.
    pub says: String,
    /// Share of the requests, from 0 to 1.
    #[serde(default = "all")]
    pub share: f64,
    /// Only in these pods, counted from 0.
    #[serde(default)]
    pub pods: Vec<u32>,
    /// Only the manifests of these tags.
    #[serde(default, deserialize_with = "references")]
    pub images: Vec<Reference>,
}

const fn all() -> f64 {
    1.0
}

pub(super) fn store<'de, D: Deserializer<'de>>(from: D) -> Result<Option<StoreManner>, D::Error> {
    let text = String::deserialize(from)?;
    let slow = |wait: &str| parse_span(wait).filter(|wait| *wait > Duration::ZERO).map(StoreManner::Slow);
    let manner = match text.as_str() {
        "well" => Some(StoreManner::Well),
        "refuses" => Some(StoreManner::Refuses),
        "denies" => Some(StoreManner::Denies),
        other => other.strip_prefix("slow ").and_then(slow),
    };
    let known = "well, refuses, denies, or slow and a span of time";
    manner.map(Some).ok_or_else(|| de::Error::custom(format!("{text:?} is none of {known}")))
}
