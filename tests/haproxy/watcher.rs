//! The source at work, and what its facts fold into.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use quarterdeck::sources::haproxy::facts::Fact;
use quarterdeck::sources::haproxy::picture::{Instance, Picture};
use quarterdeck::sources::haproxy::{Named, Options, run};
use quarterdeck::sources::{Health, Teller, TroubleKind};
use tokio::sync::{Notify, watch};

use super::balancer::PATIENCE;

pub struct Watcher {
    picture: Arc<Mutex<Picture>>,
    /// Counts the facts.
    told: watch::Receiver<u64>,
    pub settled: watch::Receiver<bool>,
    /// Everything that was told, as debug text.
    pub heard: Arc<Mutex<String>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watcher {
    pub fn of(instances: Vec<Named>) -> Self {
        let (sender, told) = watch::channel(0);
        let (settle, settled) = watch::channel(false);
        let picture = Arc::new(Mutex::new(Picture::default()));
        let heard = Arc::new(Mutex::new(String::new()));
        let (fold, note) = (picture.clone(), heard.clone());
        let put = Arc::new(move |fact: Fact| {
            note.lock().unwrap().push_str(&format!("{fact:?}\n"));
            fold.lock().unwrap().fold(&fact, Timestamp::now());
            sender.send_modify(|count| *count += 1);
            async {}.boxed()
        });
        let teller = Teller::new(put, Arc::new(settle), Arc::new(Notify::new()));
        let options =
            Options { instances, interval: Duration::from_millis(50), deadline: Duration::from_secs(2) };
        let task = tokio::spawn(run(options, teller));
        Self { picture, told, settled, heard, task }
    }

    /// Waits until something holds of the picture, and gives what was made of it then.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&Picture) -> Option<T>) -> T {
        let mut told = self.told.clone();
        let wait = async {
            loop {
                told.borrow_and_update();
                if let Some(found) = look(&self.picture.lock().unwrap()) {
                    return found;
                }
                told.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(found) => found,
            Err(_) => panic!("never: {what}; what is known: {:#?}", self.healths()),
        }
    }

    pub async fn until_live(&self, name: &str) {
        self.until(&format!("{name} is live"), |picture| {
            picture.instances.get(name)?.health.is_live().then_some(())
        })
        .await;
    }

    pub async fn until_down(&self, name: &str) -> (TroubleKind, String) {
        let down = |instance: &Instance| match &instance.health {
            Health::Down { trouble, .. } => Some((trouble.kind, trouble.why.clone())),
            Health::Off | Health::Waiting | Health::Live { .. } => None,
        };
        self.until(&format!("{name} is down"), |picture| down(picture.instances.get(name)?)).await
    }

    /// Waits for that many further answers of an instance.
    pub async fn until_looked(&self, name: &str, times: usize) {
        let mut last = None;
        for _ in 0..times {
            let before = last;
            last = self
                .until(&format!("{name} answers again"), |picture| {
                    let looked = picture.instances.get(name)?.looked;
                    (looked.is_some() && looked != before).then_some(looked)
                })
                .await;
        }
    }

    fn healths(&self) -> Vec<(String, Health)> {
        let picture = self.picture.lock().unwrap();
        picture.instances.iter().map(|(name, instance)| (name.clone(), instance.health.clone())).collect()
    }
}
