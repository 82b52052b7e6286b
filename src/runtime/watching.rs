//! The sources while the cockpit runs: each is a task of its own, begun again when it fails, and none ends the rest.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::bus::Lossless;
use crate::event::{Event, Fact, Outcome};
use crate::sources::Teller;

/// How long a source that failed is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// Something that watches the world for as long as the cockpit runs.
pub struct Source {
    /// What it watches, for messages.
    pub name: &'static str,
    run: Box<dyn Fn(Outlet) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl Source {
    /// A source that tells facts of its own kind; `wrap` makes them the bus's.
    pub fn new<F, R>(
        name: &'static str,
        wrap: fn(F) -> Fact,
        run: impl Fn(Teller<F>) -> R + Send + Sync + 'static,
    ) -> Self
    where
        F: Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self { name, run: Box::new(move |outlet| run(outlet.teller(wrap)).boxed()) }
    }
}

/// What a source is run with.
struct Outlet {
    lane: Lossless<Event>,
    settled: Arc<watch::Sender<bool>>,
    nudge: Arc<Notify>,
}

impl Outlet {
    fn teller<F: Send + 'static>(self, wrap: fn(F) -> Fact) -> Teller<F> {
        let lane = self.lane;
        let put = Arc::new(move |fact| {
            let lane = lane.clone();
            async move {
                // Nobody listens any more when the program is ending.
                let _ = lane.send(Event::Fact(wrap(fact))).await;
            }
            .boxed()
        });
        Teller::new(put, self.settled, self.nudge)
    }
}

/// The sources at work; dropping it ends them.
#[derive(Default)]
pub struct Watching {
    _tasks: JoinSet<()>,
    settled: Vec<watch::Receiver<bool>>,
}

impl Watching {
    /// Begins all of them.
    pub fn start(sources: Vec<Source>, lane: &Lossless<Event>, nudge: &Arc<Notify>) -> Self {
        let mut watching = Self::default();
        for source in sources {
            let settled = Arc::new(watch::Sender::new(false));
            watching.settled.push(settled.subscribe());
            watching._tasks.spawn(keep_running(source, lane.clone(), settled, Arc::clone(nudge)));
        }
        watching
    }

    /// Waits until every source has looked once.
    pub async fn settled(&self) {
        for settled in &self.settled {
            // A source that is gone has nothing more to tell.
            let _ = settled.clone().wait_for(|settled| *settled).await;
        }
    }
}

/// A source never ends by itself; one that does, or that panics, is told of and begun again.
async fn keep_running(
    source: Source,
    lane: Lossless<Event>,
    settled: Arc<watch::Sender<bool>>,
    nudge: Arc<Notify>,
) {
    loop {
        let outlet = Outlet { lane: lane.clone(), settled: settled.clone(), nudge: nudge.clone() };
        let ended = AssertUnwindSafe((source.run)(outlet)).catch_unwind().await;
        settled.send_replace(true);
        if ended.is_err() {
            let report = Some(format!("{} failed and is begun again in {} s", source.name, PAUSE.as_secs()));
            let _ = lane.send(Event::Outcome(Outcome::Survived { report })).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
