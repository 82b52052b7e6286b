//! What the Kubernetes source has seen, in the past tense.

use super::objects::{Autoscaler, Deployment, Happening, Kind, Pod, ReplicaSet, Service, Slice};
use crate::sources::Trouble;

/// Something that the Kubernetes source saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Configuration and credentials were found; which cluster is being asked.
    Configured(Cluster),
    /// There is nobody to ask: no kubeconfig, no such context, a plugin that fails.
    NotConfigured { trouble: Trouble },
    /// The whole of a kind: what is not in it is gone. A list that came in pages is one fact.
    Listed(Batch),
    /// These changed or are new. At most one fact of a kind each 100 ms.
    Changed(Batch),
    /// These are gone, by name.
    Gone { kind: Kind, names: Vec<String> },
    /// Whether a kind is watched.
    Watched { kind: Kind, watch: Watch },
    /// Some objects of a kind could not be read, and are not in what was told; the rest is. Until the next list.
    Odd { kind: Kind, trouble: Trouble },
    /// What these credentials may do; the answer of the start-up self-test.
    Rights(Vec<Right>),
}

/// Which cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The context's name, or `in-cluster`.
    pub context: String,
    /// The API server's URL.
    pub server: String,
    pub namespace: String,
}

/// Objects of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    Pods(Vec<Pod>),
    Services(Vec<Service>),
    /// Endpoint slices, or endpoints where there are no slices.
    Slices(Kind, Vec<Slice>),
    Deployments(Vec<Deployment>),
    ReplicaSets(Vec<ReplicaSet>),
    Autoscalers(Vec<Autoscaler>),
    Happenings(Vec<Happening>),
}

impl Batch {
    /// Of which kind they are.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Pods(_) => Kind::Pod,
            Self::Services(_) => Kind::Service,
            Self::Slices(kind, _) => *kind,
            Self::Deployments(_) => Kind::Deployment,
            Self::ReplicaSets(_) => Kind::ReplicaSet,
            Self::Autoscalers(_) => Kind::Autoscaler,
            Self::Happenings(_) => Kind::Event,
        }
    }
}

/// How a kind is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// A list is under way.
    Listing,
    /// The watch stands.
    Live,
    /// May be listed but not watched: asked again every so often, which is said in the panel.
    Polled { trouble: Trouble },
    /// Neither; tried again with rising pauses.
    Down { trouble: Trouble },
}

/// One right of the self-test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    pub kind: Kind,
    /// get, list, watch; `log` stands for reading a pod's logs.
    pub verb: &'static str,
    /// None where nobody could say.
    pub allowed: Option<bool>,
}
