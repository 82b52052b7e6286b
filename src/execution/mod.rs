//! Carries effects out, a few at a time, and tells the bus what came of them.
//!
//! One task holds the queues; each piece of work is a task of its own that can be cut short at any time.

pub mod deeds;
mod queue;
mod work;

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::actions::Work;
use crate::bus::Lossless;
use crate::event::{Event, Outcome};
use crate::model::Subject;
use crate::registry::report::TagReport;
use crate::sources::bucket::facts::Fact;
use crate::storage::{ObjectStore, StoreError};
use queue::Queue;

/// Most pieces of work at once; a scan has many requests of its own, which the store limits.
const AT_ONCE: usize = 6;

/// Opens the store that the session names.
pub type Opener = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn ObjectStore>, StoreError>> + Send + Sync>;
/// Walks one tag or manifest; `None` for what has no chain.
pub type Scanner =
    Arc<dyn Fn(Arc<dyn ObjectStore>, Subject) -> BoxFuture<'static, Option<TagReport>> + Send + Sync>;

/// What work is done with.
#[derive(Clone)]
pub struct Tools {
    /// URL of the store as configured, without secrets, for messages when it does not open.
    pub url: String,
    pub open: Opener,
    pub scan: Scanner,
    /// What writes; without it this can only look.
    pub deeds: Option<Arc<deeds::Deeds>>,
}

/// Takes effects; dropping it ends all work.
pub struct Executor {
    orders: mpsc::UnboundedSender<Work>,
    load: watch::Sender<usize>,
}

impl Executor {
    /// Starts the executor on the present runtime; what comes of the effects goes to `outbox`.
    pub fn start(tools: Tools, outbox: Lossless<Event>) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let load = watch::Sender::new(0);
        let desk = Desk {
            tools,
            outbox,
            load: load.clone(),
            store: None,
            queue: Queue::default(),
            jobs: JoinSet::new(),
        };
        tokio::spawn(desk.run(inbox));
        Self { orders, load }
    }

    /// Takes an effect in hand; never waits. The desk only moves orders into its queue, so none pile up before it.
    pub fn submit(&self, work: Work) {
        self.load.send_modify(|load| *load += 1);
        // A desk that is gone means that the program is ending.
        let _ = self.orders.send(work);
    }

    /// Whether nothing runs and nothing waits: all that came of it is on the bus.
    pub fn is_idle(&self) -> bool {
        *self.load.borrow() == 0
    }

    /// Waits until nothing runs and nothing waits.
    pub async fn idle(&self) {
        let _ = self.load.subscribe().wait_for(|load| *load == 0).await;
    }
}

/// What a finished piece of work leaves for the desk.
enum Done {
    /// The store is open.
    Opened(Arc<dyn ObjectStore>),
    /// The walk of this subject ended.
    Scanned(Subject),
    Nothing,
}

struct Desk {
    tools: Tools,
    outbox: Lossless<Event>,
    load: watch::Sender<usize>,
    store: Option<Arc<dyn ObjectStore>>,
    queue: Queue,
    jobs: JoinSet<Done>,
}

impl Desk {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Work>) {
        loop {
            tokio::select! {
                biased;
                order = inbox.recv() => match order {
                    Some(work) => self.take(work),
                    None => return,
                },
                Some(done) = self.jobs.join_next(), if !self.jobs.is_empty() => self.finish(done.ok()),
            }
            self.fill();
        }
    }

    /// The order's own place in the load becomes the place of what it put into the queue.
    fn take(&mut self, work: Work) {
        let before = self.queue.len();
        match work {
            Work::Stop => return self.stop(),
            Work::Open
            | Work::Survey
            | Work::List { .. }
            | Work::Scan(_)
            | Work::ScanSoon(_)
            | Work::ScanLater(_)
            | Work::Read(_)
            | Work::Prepare { .. }
            | Work::PrepareFrom { .. }
            | Work::CarryOut(_)
            | Work::Recall => self.queue.put(work),
        }
        let after = self.queue.len();
        self.load.send_modify(|load| *load = *load + after - before - 1);
    }

    fn stop(&mut self) {
        let effects = self.queue.len() + self.jobs.len();
        self.queue.clear();
        self.jobs.abort_all();
        self.jobs.detach_all();
        // The order itself stays in the load until the outcome is on the bus.
        self.load.send_modify(|load| *load = load.saturating_sub(effects));
        let outbox = self.outbox.clone();
        self.jobs.spawn(async move {
            let _ = outbox.send(Event::Outcome(Outcome::Stopped { effects })).await;
            Done::Nothing
        });
    }

    fn finish(&mut self, done: Option<Done>) {
        match done {
            Some(Done::Opened(store)) => return self.opened(store),
            Some(Done::Scanned(subject)) => self.queue.finish(&subject),
            Some(Done::Nothing) | None => {}
        }
        self.load.send_modify(|load| *load = load.saturating_sub(1));
    }

    /// What is planned on an open store must find it here, so the fact is told only now, as the same piece of work.
    fn opened(&mut self, store: Arc<dyn ObjectStore>) {
        let (url, outbox) = (store.url().to_owned(), self.outbox.clone());
        self.store = Some(store);
        self.jobs.spawn(async move {
            work::tell(&outbox, Fact::Opened { url }).await;
            Done::Nothing
        });
    }

    fn fill(&mut self) {
        while self.jobs.len() < AT_ONCE {
            let Some(work) = self.queue.take() else { return };
            let job = work::job(work, self.tools.clone(), self.store.clone(), self.outbox.clone());
            self.jobs.spawn(job);
        }
    }
}
