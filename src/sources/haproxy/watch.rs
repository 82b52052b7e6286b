//! Asks every instance again and again, each by itself: one that hangs holds up none of the others.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;

use super::address::Address;
use super::facts::{Fact, Look};
use super::look::Looker;
use crate::sources::registry_api::Password;
use crate::sources::{Pauses, Teller, Trouble};

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

/// Pauses after failures double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Watches until it is dropped.
pub async fn run(options: Options, teller: Teller<Fact>) {
    let instances = options.instances.iter().map(|named| named.name.clone()).collect();
    teller.tell(Fact::Configured { instances }).await;
    let unseen = AtomicUsize::new(options.instances.len());
    if options.instances.is_empty() {
        teller.settled();
    }
    let watches = options.instances.iter().map(|named| watch(named, &options, &teller, &unseen));
    join_all(watches).await;
    pending().await
}

/// Looks at one instance for ever. `unseen` counts the instances that were not looked at yet.
async fn watch(named: &Named, options: &Options, teller: &Teller<Fact>, unseen: &AtomicUsize) {
    let looker = Looker::new(named, options.deadline);
    let mut pauses = Pauses::new(options.interval, LONGEST_PAUSE);
    let mut is_first = true;
    loop {
        let looked = match &looker {
            Ok(looker) => looker.look().await,
            Err(trouble) => Err(trouble.clone()),
        };
        let is_well = looked.is_ok();
        teller.tell(fact(&named.name, looked)).await;
        if is_first && unseen.fetch_sub(1, Ordering::Relaxed) == 1 {
            teller.settled();
        }
        is_first = false;
        if is_well {
            pauses.reset();
            teller.pause(options.interval).await;
        } else {
            pauses.wait(None, teller).await;
        }
    }
}

fn fact(instance: &str, looked: Result<Look, Trouble>) -> Fact {
    let instance = instance.to_owned();
    match looked {
        Ok(look) => Fact::Looked { instance, look: Arc::new(look) },
        Err(trouble) => Fact::NotLooked { instance, trouble },
    }
}
