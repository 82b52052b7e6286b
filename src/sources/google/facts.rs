//! What was seen of Google Cloud, in the past tense.

use jiff::Timestamp;

use crate::sources::Trouble;

/// Something that was seen of Google Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// These load balancers are going to be asked, and whether incidents are.
    Configured { balancers: Vec<String>, incidents: bool },
    /// A load balancer told how its servers are.
    Looked { balancer: String, kind: BalancerKind, servers: Vec<Server> },
    /// It did not.
    NotLooked { balancer: String, trouble: Trouble },
    /// The incidents that are going on, of the products that were asked for; none is good news.
    Incidents(Vec<Incident>),
    /// They could not be read.
    NoIncidents { trouble: Trouble },
}

/// What kind of load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalancerKind {
    TargetPool,
    BackendService,
}

/// A server behind a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Short name of the instance or endpoint.
    pub name: String,
    pub address: Option<String>,
    /// Zone or region, if it is told.
    pub place: Option<String>,
    pub health: ServerHealth,
}

/// How the cloud sees a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerHealth {
    Healthy,
    Draining,
    Unhealthy,
    /// The cloud itself does not know, or says something new.
    Unknown,
}

/// An incident of the provider that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub id: String,
    /// Where to read on.
    pub url: Option<String>,
    pub began: Option<Timestamp>,
    pub modified: Option<Timestamp>,
    /// low, medium, high.
    pub severity: String,
    /// SERVICE_OUTAGE, SERVICE_DISRUPTION, SERVICE_INFORMATION.
    pub impact: String,
    pub products: Vec<String>,
    pub locations: Vec<String>,
    /// The newest text in one paragraph.
    pub text: String,
}
