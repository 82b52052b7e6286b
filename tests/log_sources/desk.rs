//! A source of logs that runs, and what it tells.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use quarterdeck::sources::Teller;
use quarterdeck::sources::logs::{Fact, Input, Options, Pace, run};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

/// No wait of a test is longer; it is never waited out unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was told.
pub struct Heard {
    facts: mpsc::UnboundedReceiver<Fact>,
    pub all: Vec<Fact>,
    pub nudge: Arc<Notify>,
    pub settled: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Faster than life, so that tests are.
pub fn options(inputs: Vec<Input>) -> Options {
    let pace = Pace {
        poll: Duration::from_millis(10),
        look: Duration::from_millis(20),
        rotating: Duration::from_millis(200),
        first_pause: Duration::from_millis(20),
        ..Pace::default()
    };
    Options { inputs, pace, ..Options::default() }
}

/// Runs a source.
pub fn listen(options: Options) -> Heard {
    let (sender, facts) = mpsc::unbounded_channel();
    let put = Arc::new(move |fact| {
        let sender = sender.clone();
        async move {
            let _ = sender.send(fact);
        }
        .boxed()
    });
    let (settled, nudge) = (Arc::new(watch::Sender::new(false)), Arc::new(Notify::new()));
    let hears = settled.subscribe();
    let task = tokio::spawn(run(options, Teller::new(put, settled, nudge.clone())));
    Heard { facts, all: Vec::new(), nudge, settled: hears, task }
}

impl Heard {
    /// Waits until what was told is as it should be.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&[Fact]) -> bool) {
        let waiting = async {
            while !is_so(&self.all) {
                self.all.push(self.facts.recv().await.expect("the source goes on"));
            }
        };
        let ended = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(ended.is_ok(), "{what} was not told; what was: {:#?}", brief(&self.all));
    }

    /// Waits for the line.
    pub async fn line(&mut self, text: &str) {
        self.until(text, |facts| texts(facts).iter().any(|line| line.contains(text))).await;
    }

    pub async fn live(&mut self) {
        self.until("live", |facts| facts.iter().any(|fact| matches!(fact, Fact::Live { .. }))).await;
    }

    /// Waits for a failure whose reason has `why` in it.
    pub async fn down(&mut self, why: &str) {
        let is_so = |fact: &Fact| matches!(fact, Fact::Down { trouble, .. } if trouble.why.contains(why));
        self.until(why, |facts| facts.iter().any(is_so)).await;
    }

    /// The lines, in the order in which they were told.
    pub fn texts(&self) -> Vec<String> {
        texts(&self.all)
    }

    /// The reasons of all gaps.
    pub fn gaps(&self) -> Vec<String> {
        let gap = |fact: &Fact| match fact {
            Fact::Gap { why, from, to, .. } => {
                assert!(from <= to);
                Some(why.clone())
            }
            _ => None,
        };
        self.all.iter().filter_map(gap).collect()
    }

    /// Ends it, as a restart of its task would.
    pub async fn end(mut self) -> Vec<Fact> {
        self.task.abort();
        let _ = (&mut self.task).await;
        while let Ok(fact) = self.facts.try_recv() {
            self.all.push(fact);
        }
        std::mem::take(&mut self.all)
    }
}

pub fn texts(facts: &[Fact]) -> Vec<String> {
    let lines = facts.iter().filter_map(|fact| match fact {
        Fact::Lines(batch) => Some(batch.lines.iter().map(|line| line.text.to_string())),
        _ => None,
    });
    lines.flatten().collect()
}

/// The numbers of lines such as `line 17`.
pub fn numbers(facts: &[Fact]) -> Vec<u32> {
    texts(facts).iter().filter_map(|text| text.strip_prefix("line ")?.parse().ok()).collect()
}

/// `line 1`, `line 2` and so on.
pub fn numbered(numbers: std::ops::RangeInclusive<u32>) -> String {
    numbers.map(|number| format!("line {number}\n")).collect()
}

fn brief(facts: &[Fact]) -> Vec<String> {
    let tell = |fact: &Fact| match fact {
        Fact::Lines(batch) => format!("{}: {} lines, {} read", batch.stream, batch.lines.len(), batch.read),
        other => format!("{other:?}"),
    };
    let mut told: Vec<_> = facts.iter().map(tell).collect();
    told.extend(texts(facts).into_iter().rev().take(5));
    told
}
