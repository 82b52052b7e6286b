//! Runs the source as the cockpit does, and keeps what it tells.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use quarterdeck::{
    registry::reference::Reference,
    sources::{
        Teller,
        front_door::{
            self, Options,
            facts::{Answer, Certificate, Fact, Page, Pull},
            picture::Picture,
        },
    },
};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinHandle,
};

/// A running source.
pub struct Desk {
    facts: mpsc::UnboundedReceiver<Fact>,
    settled: watch::Receiver<bool>,
    nudge: Arc<Notify>,
    task: JoinHandle<()>,
    pub picture: Picture,
    pub told: Vec<Fact>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Asks whoever is at `url`, once an hour, with two seconds for an answer.
pub fn options(url: &str) -> Options {
    let hour = Duration::from_hours(1);
    let deadline = Duration::from_secs(2);
    Options { interval: hour, canary_interval: hour, deadline, ..Options::at(url.parse().unwrap()) }
}

pub fn canary(text: &str) -> Vec<Reference> {
    vec![Reference::parse(text).unwrap()]
}

impl Desk {
    /// Runs the source until it has looked once.
    pub async fn open(options: Options) -> Self {
        let (sender, facts) = mpsc::unbounded_channel();
        let put = Arc::new(move |fact| {
            let _ = sender.send(fact);
            async {}.boxed()
        });
        let (settled, nudge) = (Arc::new(watch::Sender::new(false)), Arc::new(Notify::new()));
        let teller = Teller::new(put, settled.clone(), nudge.clone());
        let mut looked = settled.subscribe();
        let task = tokio::spawn(front_door::run(options, teller));
        let mut desk = Self {
            facts,
            settled: looked.clone(),
            nudge,
            task,
            picture: Picture::default(),
            told: Vec::new(),
        };
        looked.wait_for(|looked| *looked).await.unwrap();
        while let Ok(fact) = desk.facts.try_recv() {
            desk.fold(fact);
        }
        desk
    }

    /// Asks to look again now, until a fact is `wanted`. Without it the source would wait for an hour.
    pub async fn again(&mut self, wanted: impl Fn(&Fact) -> bool) {
        loop {
            self.nudge.notify_waiters();
            let Ok(fact) = tokio::time::timeout(Duration::from_millis(50), self.facts.recv()).await else {
                continue;
            };
            let fact = fact.expect("the source runs");
            let found = wanted(&fact);
            self.fold(fact);
            if found {
                return;
            }
        }
    }

    fn fold(&mut self, fact: Fact) {
        self.picture.fold(&fact, Timestamp::now());
        self.told.push(fact);
    }

    pub fn answer(&self, page: Page) -> &Answer {
        let asked = &self.picture.pages[&page];
        assert!(asked.health.is_live(), "{:?}", asked.health);
        asked.answer.as_ref().unwrap()
    }

    pub fn pull(&self, image: &str) -> &Pull {
        &self.picture.canaries[image].as_ref().unwrap().1
    }

    /// Each step in one line, its latency apart.
    pub fn steps(&self, image: &str) -> Vec<String> {
        let line = |step: &front_door::facts::PullStep| match &step.result {
            Ok(status) => format!("{}: {} {status}", step.name, step.target),
            Err(trouble) => format!("{}: {} {}", step.name, step.target, trouble.kind.name()),
        };
        self.pull(image).steps.iter().map(line).collect()
    }

    pub fn certificate(&self) -> &Certificate {
        self.picture.certificate.as_ref().expect("a certificate")
    }

    /// Everything that was told, as text, to look for what must not be in it.
    pub fn everything(&self) -> String {
        format!("{:?}", self.told)
    }
}
