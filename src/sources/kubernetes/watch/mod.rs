//! Keeping up with the API: one task for each kind lists and watches it, and all of them feed one gatherer.

mod gather;
mod kind;
mod query;
mod roster;
mod stream;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::client::Access;
use super::facts::{Fact, Right, Watch};
use super::objects::Kind;
use super::selector::Selector;
use super::wire::Object;
use super::{Options, rights};
use crate::sources::{Teller, Trouble};
use gather::Gatherer;
use kind::Watcher;
pub use stream::Lines;

/// Updates that wait for the gatherer; a task that has more waits, and so does the server.
const LANE: usize = 256;

/// What is always watched; endpoints only stand in for slices.
const WATCHED: [Kind; 7] = [
    Kind::Pod,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::Autoscaler,
    Kind::Event,
];

/// What a task tells the gatherer.
enum Update {
    Watched(Kind, Watch),
    /// All there is of a kind.
    Listed(Kind, Vec<Object>),
    Changed(Kind, Box<Object>),
    Gone(Kind, String),
    /// An object could not be read.
    Odd(Kind, Trouble),
    Rights(Vec<Right>),
}

/// Watches until it is dropped.
pub async fn run(options: Options, teller: Teller<Fact>) {
    let access = Access::new(options.clone());
    configured(&access, &teller).await;
    let (tell, told) = mpsc::channel(LANE);
    let selector = Selector::new(&options.selector, options.service.clone());
    let mut tasks: FuturesUnordered<_> = WATCHED
        .into_iter()
        .map(|kind| Watcher::new(kind, access.clone(), selector.clone(), tell.clone(), teller.clone()).run())
        .map(|task| tokio::spawn(task))
        .map(Task)
        .collect();
    tasks.push(Task(tokio::spawn(told_rights(access, tell, teller.clone()))));
    let gatherer =
        Gatherer::new(teller, options.pace.gather, options.service.is_some(), options.roll.clone());
    tokio::select! {
        () = gatherer.run(told) => {}
        // A task that ends has failed: whoever runs this begins it again.
        _ = tasks.next() => {}
    }
}

/// A task that ends with whoever waits for it.
pub struct Task(tokio::task::JoinHandle<()>);

impl Task {
    /// Ties a task to its owner.
    pub const fn new(task: tokio::task::JoinHandle<()>) -> Self {
        Self(task)
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        std::pin::Pin::new(&mut self.0).poll(context).map(|_| ())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits until there is a server to ask.
async fn configured(access: &Access, teller: &Teller<Fact>) {
    let mut pauses = access.options().pace.pauses();
    let mut said = None;
    loop {
        match access.cluster().await {
            Ok(cluster) => return teller.tell(Fact::Configured(cluster)).await,
            Err(trouble) => {
                if said.as_ref() != Some(&trouble) {
                    said = Some(trouble.clone());
                    teller.tell(Fact::NotConfigured { trouble }).await;
                }
                access.options().roll.settle();
                teller.settled();
                if pauses.wait(None, teller).await {
                    access.forget_all().await;
                }
            }
        }
    }
}

/// What may be done is asked at the beginning, and again whenever the operator wants to know anew.
async fn told_rights(access: Access, tell: mpsc::Sender<Update>, teller: Teller<Fact>) {
    loop {
        let rights = rights::ask(&access).await;
        let nudged = teller.nudged();
        // The gatherer ends with this task.
        let _ = tell.send(Update::Rights(rights)).await;
        nudged.await;
    }
}
