//! The hops of the way of a pull: what a request passes from the client to the bucket.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A hop of the way of a pull, in the order of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopId {
    /// What a client gets: whole pulls of images that are kept for that.
    Client,
    FrontDoor,
    CloudBalancer,
    Haproxy,
    Service,
    Endpoints,
    Pods,
    Bucket,
}

impl HopId {
    /// All of them, in the order of the way.
    pub const ALL: [Self; 8] = [
        Self::Client,
        Self::FrontDoor,
        Self::CloudBalancer,
        Self::Haproxy,
        Self::Service,
        Self::Endpoints,
        Self::Pods,
        Self::Bucket,
    ];

    /// What it is called on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::FrontDoor => "Front door",
            Self::CloudBalancer => "GCP balancer",
            Self::Haproxy => "HAProxy",
            Self::Service => "Service",
            Self::Endpoints => "Endpoints",
            Self::Pods => "Pods",
            Self::Bucket => "Bucket",
        }
    }
}

impl fmt::Display for HopId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
