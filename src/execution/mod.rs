//! Carries effects out, a few at a time, and tells the bus what came of them.
//!
//! One task holds the queues; each piece of work is a task of its own that can be cut short at any time, but for what
//! writes: that ends by itself after the object it is at.

pub mod backup;
pub mod deeds;
pub mod disk;
mod document;
pub mod journal;
pub mod notebook;
mod queue;
mod work;
mod write;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::actions::Work;
use crate::actions::confirm::Confirmed;
use crate::bus::Lossless;
use crate::event::{Event, Outcome};
use crate::model::Subject;
use crate::registry::report::TagReport;
use crate::sources::bucket::facts::Fact;
use crate::sources::look::Looking;
use crate::storage::{ObjectStore, StoreError};
pub use document::Consultant;
use document::Reading;
use notebook::{Keeper, Notebook};
use queue::Queue;

/// How long the end of the program waits for the object that is being written to.
const PATIENCE: Duration = Duration::from_secs(20);
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
    /// Where the registry's tags are kept, as configuration, store and registry tell.
    pub looking: Arc<Looking>,
    /// What writes; without it this can only look.
    pub deeds: Option<Arc<deeds::Deeds>>,
    /// Fetches documents; without it there are none.
    pub consult: Option<Consultant>,
    /// Keeps how far somebody came with runbooks; without it that is over with the program.
    pub notebook: Option<Notebook>,
    /// Asks the sources to look again now.
    pub nudge: Arc<Notify>,
}

/// Takes effects; dropping it ends all work.
pub struct Executor {
    orders: mpsc::UnboundedSender<Work>,
    load: watch::Sender<usize>,
    /// Proposals that are being carried out, or are about to be, and what is being kept.
    writing: watch::Sender<usize>,
}

impl Executor {
    /// Starts the executor on the present runtime; what comes of the effects goes to `outbox`.
    pub fn start(tools: Tools, outbox: Lossless<Event>) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (load, writing) = (watch::Sender::new(0), watch::Sender::new(0));
        let keeper = Keeper::start(tools.notebook.clone(), outbox.clone(), [load.clone(), writing.clone()]);
        let desk = Desk {
            tools,
            outbox: outbox.clone(),
            load: load.clone(),
            writing: writing.clone(),
            store: None,
            queue: Queue::default(),
            jobs: JoinSet::new(),
            deeds: JoinSet::new(),
            stops: Vec::new(),
            turn: Arc::default(),
            keeper,
            document: Reading::new(outbox),
        };
        tokio::spawn(desk.run(inbox));
        Self { orders, load, writing }
    }

    /// Takes an effect in hand; never waits. The desk only moves orders into its queue, so none pile up before it.
    pub fn submit(&self, work: Work) {
        self.load.send_modify(|load| *load += 1);
        if matches!(work, Work::CarryOut(_) | Work::Keep { .. } | Work::Remember) {
            self.writing.send_modify(|writing| *writing += 1);
        }
        // A desk that is gone means that the program is ending.
        let _ = self.orders.send(work);
    }

    /// Whether nothing runs and nothing waits: all that came of it is on the bus.
    pub fn is_idle(&self) -> bool {
        *self.load.borrow() == 0
    }

    /// Stops everything before the program ends. Returns when no object is being written to, or is never going to be.
    pub async fn rest(&self) {
        self.submit(Work::Stop);
        let mut writing = self.writing.subscribe();
        let _ = tokio::time::timeout(PATIENCE, writing.wait_for(|writing| *writing == 0)).await;
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
    writing: watch::Sender<usize>,
    store: Option<Arc<dyn ObjectStore>>,
    queue: Queue,
    jobs: JoinSet<Done>,
    /// What writes; never aborted.
    deeds: JoinSet<()>,
    /// One for each of them.
    stops: Vec<watch::Sender<bool>>,
    /// They write one after the other.
    turn: Arc<Mutex<()>>,
    /// What nobody stops: it takes no time, and what was noted is not lost.
    keeper: Keeper,
    /// The document that somebody reads.
    document: Reading,
}

impl Desk {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Work>) {
        loop {
            tokio::select! {
                biased;
                order = inbox.recv() => match order {
                    Some(work) => self.take(work),
                    None => return self.end().await,
                },
                Some(_) = self.deeds.join_next(), if !self.deeds.is_empty() => self.written(),
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
            Work::CarryOut(confirmed) => return self.carry_out(confirmed),
            Work::Keep { .. } | Work::Remember => return self.keeper.take(work),
            Work::Consult { ticket, question } => {
                return self.document.open(&self.tools, ticket, question, &self.load);
            }
            Work::CloseDocument => self.document.close(),
            Work::Nudge => self.tools.nudge.notify_waiters(),
            Work::Open
            | Work::Survey
            | Work::List { .. }
            | Work::ListLinks(_)
            | Work::Scan(_)
            | Work::ScanSoon(_)
            | Work::ScanLater(_)
            | Work::Read(_)
            | Work::Prepare { .. }
            | Work::PrepareFrom { .. }
            | Work::Recall => self.queue.put(work),
        }
        let after = self.queue.len();
        self.load.send_modify(|load| *load = *load + after - before - 1);
    }

    fn carry_out(&mut self, confirmed: Confirmed) {
        let (stop, stopped) = watch::channel(false);
        self.stops.push(stop);
        let (tools, outbox, turn) = (self.tools.clone(), self.outbox.clone(), Arc::clone(&self.turn));
        self.deeds.spawn(async move {
            let _turn = turn.lock().await;
            write::carry_out(tools.deeds, confirmed, stopped, outbox).await;
        });
    }

    fn written(&mut self) {
        self.writing.send_modify(|writing| *writing = writing.saturating_sub(1));
        self.load.send_modify(|load| *load = load.saturating_sub(1));
    }

    /// What is being written to is finished, whoever still listens.
    async fn end(mut self) {
        self.jobs.abort_all();
        self.stops.drain(..).for_each(|stop| _ = stop.send_replace(true));
        while self.deeds.join_next().await.is_some() {}
        self.keeper.end().await;
    }

    fn stop(&mut self) {
        self.document.close();
        self.stops.drain(..).for_each(|stop| _ = stop.send_replace(true));
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
