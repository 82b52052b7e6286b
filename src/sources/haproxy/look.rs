//! One look at one instance, whichever way it is reached.

use std::time::Duration;

use super::address::Address;
use super::client::ask;
use super::facts::Look;
use super::page::Page;
use super::parse;
use super::watch::Named;
use crate::sources::Trouble;

/// How an instance is looked at.
pub(super) enum Looker {
    Socket { address: Address, deadline: Duration },
    Page(Page),
}

impl Looker {
    /// How `named` is looked at.
    pub fn new(named: &Named, deadline: Duration) -> Result<Self, Trouble> {
        match &named.address {
            Address::Http(url) => Page::new(url, named.login.as_ref(), deadline).map(Self::Page),
            address => Ok(Self::Socket { address: address.clone(), deadline }),
        }
    }

    /// Looks once. Nothing that is asked can change anything.
    pub async fn look(&self) -> Result<Look, Trouble> {
        match self {
            Self::Socket { address, deadline } => {
                let answer = ask(address, parse::QUESTION, *deadline).await?;
                parse::look(&answer).map_err(|trouble| at(address, &trouble))
            }
            Self::Page(page) => {
                let (csv, info) = tokio::join!(page.csv(), page.info());
                let rows = parse::stats(&csv?).map_err(|why| page.broken(&why))?;
                Ok(Look { info: info.unwrap_or_default(), rows, servers: None, is_admin: Some(false) })
            }
        }
    }
}

fn at(address: &Address, trouble: &Trouble) -> Trouble {
    Trouble { kind: trouble.kind, why: format!("{address}: {}", trouble.why) }
}
