//! What clients see of the registry: its first page, its API, its certificate, and whether an image can be pulled.

mod canary;
mod certificate;
pub mod facts;
mod page;
pub mod picture;

use std::future::pending;
use std::time::Duration;

use futures::future::join;
use reqwest::Url;

use self::facts::{Fact, Page};
use self::page::Pages;
use super::Teller;
use super::registry_api::{Client, Credentials, Log, Settings};
use crate::registry::reference::Reference;

/// What to ask, and how often.
#[derive(Clone, Debug)]
pub struct Options {
    /// `https://registry.example.com`, without `/v2/`.
    pub url: Url,
    /// Who pulls; nobody if absent.
    pub credentials: Option<Credentials>,
    /// Images to pull.
    pub canaries: Vec<Reference>,
    /// Between two looks at the pages.
    pub interval: Duration,
    /// Between two pulls of every canary.
    pub canary_interval: Duration,
    /// How long to wait for one answer.
    pub deadline: Duration,
}

impl Options {
    /// The front door at `url`: pages every 15 s, canaries every minute, 10 s for an answer.
    pub fn at(url: Url) -> Self {
        Self {
            url,
            credentials: None,
            canaries: Vec::new(),
            interval: Duration::from_secs(15),
            canary_interval: Duration::from_mins(1),
            deadline: Duration::from_secs(10),
        }
    }

    /// The address without anything that could be a secret.
    fn address(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path().trim_end_matches('/'))
    }

    fn settings(&self, log: Option<Log>) -> Settings {
        let credentials = self.credentials.clone();
        let connect = self.deadline.min(Duration::from_secs(5));
        Settings { credentials, connect, deadline: self.deadline, log, ..Settings::at(self.url.clone()) }
    }
}

/// Asks for the pages and pulls the canaries, for ever.
pub async fn run(options: Options, teller: Teller<Fact>) {
    let canaries = options.canaries.iter().map(ToString::to_string).collect();
    teller.tell(Fact::Configured { url: options.address(), canaries }).await;
    match Client::new(options.settings(None)) {
        Ok(client) => watch(&options, Pages::new(client), &teller).await,
        Err(error) => {
            for page in [Page::Root, Page::Api] {
                teller.tell(Fact::NotAnswered { page, trouble: error.clone().into() }).await;
            }
            teller.settled();
            pending().await
        }
    }
}

async fn watch(options: &Options, mut pages: Pages, teller: &Teller<Fact>) {
    join(pages.look(options, teller), pull(options, teller)).await;
    teller.settled();
    let looking = async {
        loop {
            teller.pause(options.interval).await;
            pages.look(options, teller).await;
        }
    };
    let pulling = async {
        loop {
            teller.pause(options.canary_interval).await;
            pull(options, teller).await;
        }
    };
    join(looking, pulling).await;
}

/// One canary after the other, so that a registry in need is not asked for more than one image at a time.
async fn pull(options: &Options, teller: &Teller<Fact>) {
    for reference in &options.canaries {
        let pull = canary::pull(options, reference).await;
        teller.tell(Fact::Canary { image: reference.to_string(), pull }).await;
    }
}
