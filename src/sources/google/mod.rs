//! What Google Cloud says: the health of the servers behind its load balancers, and incidents of the provider.

pub(in crate::sources) mod access;
pub(in crate::sources) mod compute;
pub mod facts;
mod feed;
mod parse;
pub mod picture;

use std::time::Duration;

use futures::future::{join, join_all};
use reqwest::Url;

use self::compute::Compute;
use self::facts::{BalancerKind, Fact};
use self::feed::Status;
use super::Teller;

/// Where the Compute API is.
pub const ENDPOINT: &str = "https://compute.googleapis.com/compute/v1";

/// What to ask, and how often.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project of the load balancers.
    pub project: String,
    pub balancers: Vec<Named>,
    /// Where the Compute API is; [`ENDPOINT`] is usual.
    pub endpoint: String,
    /// Whether to ask it without credentials.
    pub anonymous: bool,
    pub feed: Option<Feed>,
    /// Between two looks at the load balancers.
    pub interval: Duration,
    /// Between two looks at the incidents.
    pub status_interval: Duration,
    /// How long to wait for one answer.
    pub deadline: Duration,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub kind: BalancerKind,
    pub name: String,
    /// None for a global one.
    pub region: Option<String>,
}

/// The provider's public feed of incidents.
#[derive(Clone, Debug)]
pub struct Feed {
    pub url: Url,
    /// Products whose incidents matter; all if there are none.
    pub products: Vec<String>,
}

impl Options {
    /// Nothing to ask yet: load balancers every 30 s, incidents every minute, 10 s for an answer.
    pub fn new(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            balancers: Vec::new(),
            endpoint: ENDPOINT.to_owned(),
            anonymous: false,
            feed: None,
            interval: Duration::from_secs(30),
            status_interval: Duration::from_mins(1),
            deadline: Duration::from_secs(10),
        }
    }
}

/// Asks for the load balancers' servers and the provider's incidents, for ever.
pub async fn run(options: Options, teller: Teller<Fact>) {
    let balancers = options.balancers.iter().map(|balancer| balancer.name.clone()).collect();
    teller.tell(Fact::Configured { balancers, incidents: options.feed.is_some() }).await;
    let compute = Compute::new(&options);
    let mut status = options.feed.clone().map(|feed| Status::new(feed, options.deadline));
    join(look(&options, &compute, &teller), read(status.as_mut(), &teller)).await;
    teller.settled();
    let looking = async {
        loop {
            teller.pause(options.interval).await;
            look(&options, &compute, &teller).await;
        }
    };
    let reading = async {
        loop {
            teller.pause(options.status_interval).await;
            read(status.as_mut(), &teller).await;
        }
    };
    join(looking, reading).await;
}

async fn look(options: &Options, compute: &Compute, teller: &Teller<Fact>) {
    join_all(options.balancers.iter().map(async |named| {
        let (balancer, kind) = (named.name.clone(), named.kind);
        let fact = match compute.servers(named).await {
            Ok(servers) => Fact::Looked { balancer, kind, servers },
            Err(trouble) => Fact::NotLooked { balancer, trouble },
        };
        teller.tell(fact).await;
    }))
    .await;
}

async fn read(status: Option<&mut Status>, teller: &Teller<Fact>) {
    if let Some(status) = status {
        let fact = match status.read().await {
            Ok(incidents) => Fact::Incidents(incidents),
            Err(trouble) => Fact::NoIncidents { trouble },
        };
        teller.tell(fact).await;
    }
}
