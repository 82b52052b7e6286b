//! Asks every instance again and again, each by itself: one that hangs holds up none of the others.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::sleep;

use super::address::Address;
use super::facts::{Fact, Look};
use super::look::Looker;
use crate::sources::registry_api::Password;
use crate::sources::{Teller, Trouble};

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
    let mut failures = 0;
    let mut is_first = true;
    loop {
        let looked = match &looker {
            Ok(looker) => looker.look().await,
            Err(trouble) => Err(trouble.clone()),
        };
        failures = if looked.is_ok() { 0 } else { failures + 1 };
        teller.tell(fact(&named.name, looked)).await;
        if is_first && unseen.fetch_sub(1, Ordering::Relaxed) == 1 {
            teller.settled();
        }
        is_first = false;
        tokio::select! {
            () = sleep(pause(options.interval, failures, fastrand::f64())) => {}
            () = teller.nudged() => {}
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

/// How long to wait before the next look. `jitter` in 0..1 spreads those that failed together over half the pause.
fn pause(interval: Duration, failures: u32, jitter: f64) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return interval };
    let longest = interval.saturating_mul(1 << doublings.min(10)).min(LONGEST_PAUSE.max(interval));
    longest.mul_f64(1.0 - jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_while_there_is_no_answer_and_never_without_bound() {
        let interval = Duration::from_secs(2);
        let seconds = |failures, jitter| pause(interval, failures, jitter).as_secs_f64();
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 99].map(|failures| seconds(failures, 0.0)),
            [2.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        );
        assert_eq!((seconds(0, 1.0), seconds(4, 1.0)), (2.0, 8.0));
        assert_eq!(pause(Duration::from_secs(60), 3, 0.0), Duration::from_secs(60));
    }
}
