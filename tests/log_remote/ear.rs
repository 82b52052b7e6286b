//! All that a source of logs tells, and a way to wait for more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quarterdeck::sources::Teller;
use quarterdeck::sources::logs::Fact;
use tokio::sync::{Notify, watch};

/// All that was told, and a way to wait for more.
#[derive(Clone)]
pub struct Ear {
    facts: Arc<Mutex<Vec<Fact>>>,
    bell: Arc<watch::Sender<usize>>,
}

impl Ear {
    pub fn new() -> Self {
        Self { facts: Arc::default(), bell: Arc::new(watch::Sender::new(0)) }
    }

    pub fn teller(&self) -> Teller<Fact> {
        let ear = self.clone();
        let put = Arc::new(move |fact| {
            ear.facts.lock().unwrap().push(fact);
            ear.bell.send_modify(|count| *count += 1);
            Box::pin(std::future::ready(())) as futures::future::BoxFuture<'static, ()>
        });
        Teller::new(put, Arc::new(watch::Sender::new(false)), Arc::new(Notify::new()))
    }

    pub fn all<T>(&self, pick: impl Fn(&Fact) -> Option<T>) -> Vec<T> {
        self.facts.lock().unwrap().iter().filter_map(pick).collect()
    }

    /// The numbers in the lines of each stream, in the order in which they were told.
    pub fn numbers(&self) -> BTreeMap<String, Vec<u32>> {
        let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for fact in self.facts.lock().unwrap().iter() {
            if let Fact::Lines(batch) = fact {
                let numbers = batch.lines.iter().map(|line| {
                    line.text
                        .rsplit(' ')
                        .next()
                        .unwrap()
                        .parse::<u32>()
                        .unwrap_or_else(|_| panic!("{}", line.text))
                });
                found.entry(batch.stream.to_string()).or_default().extend(numbers);
            }
        }
        found
    }

    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut bell = self.bell.subscribe();
        let waiting = async {
            while !holds(self) {
                bell.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), waiting).await.is_err() {
            panic!("{what}: {:#?}", self.facts.lock().unwrap());
        }
    }
}
