//! A statistics page over HTTP: its CSV, and its head for what the CSV does not say.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url, redirect::Policy};

use super::Login;
use super::client::LIMIT;
use super::facts::Info;
use super::parse;
use crate::sources::proxy::client_for;
use crate::sources::{Trouble, TroubleKind};

/// A statistics page.
pub(super) struct Page {
    url: Url,
    login: Option<Login>,
    client: Client,
}

impl Page {
    /// The page at `url`, asked with `login`.
    pub fn new(url: &Url, login: Option<&Login>, deadline: Duration) -> Result<Self, Trouble> {
        // A redirect leads to another host, which the password is not for.
        let client = client_for(url)
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            // On a connection that is kept, an old worker would go on answering after a reload.
            .pool_max_idle_per_host(0)
            .connect_timeout(deadline)
            .timeout(deadline)
            .build()
            .map_err(|error| Trouble::new(TroubleKind::Misconfigured, &words(error)))?;
        Ok(Self { url: url.clone(), login: login.cloned(), client })
    }

    /// The statistics as CSV.
    pub async fn csv(&self) -> Result<String, Trouble> {
        self.get(";csv").await
    }

    /// What the head of the page says. The scope is one that nothing has, which leaves the tables out.
    pub async fn info(&self) -> Option<Info> {
        let html = self.get(";norefresh?scope=.none.").await.ok()?;
        Some(parse::page(&html))
    }

    async fn get(&self, suffix: &str) -> Result<String, Trouble> {
        // Whatever the page's address ends in, HAProxy looks for its options at the end.
        let url = format!("{}{suffix}", self.url.as_str().trim_end_matches(";csv"));
        let mut request = self.client.get(url);
        if let Some(login) = &self.login {
            let password = login.password.read();
            let password = password.map_err(|why| Trouble::new(TroubleKind::Misconfigured, &why))?;
            request = request.basic_auth(&login.user, Some(password.0));
        }
        let mut answer = request.send().await.map_err(|error| self.unreached(error))?;
        self.refused(answer.status())?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreached(error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > LIMIT {
                return Err(self.broken(&format!("more than {LIMIT} bytes")));
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn refused(&self, status: StatusCode) -> Result<(), Trouble> {
        let (kind, hint) = match status.as_u16() {
            200 => return Ok(()),
            401 if self.login.is_some() => {
                (TroubleKind::Unauthenticated, "user or password are not those of its `stats auth`")
            }
            401 => (TroubleKind::Unauthenticated, "it asks for user and password (`stats auth`)"),
            403 => (TroubleKind::Denied, "not from here, or not for this user"),
            404 => (TroubleKind::Absent, "no statistics page there: see its `stats uri`"),
            429 => (TroubleKind::Throttled, "too many requests"),
            _ => (TroubleKind::Broken, "that is not how a statistics page answers"),
        };
        Err(self.trouble(kind, &format!("{}: {hint}", status.as_u16())))
    }

    fn unreached(&self, error: reqwest::Error) -> Trouble {
        let kind = match error.is_timeout() && !error.is_connect() {
            true => TroubleKind::Slow,
            false => TroubleKind::Unreachable,
        };
        self.trouble(kind, &words(error))
    }

    /// The answer makes no sense.
    pub fn broken(&self, why: &str) -> Trouble {
        self.trouble(TroubleKind::Broken, why)
    }

    fn trouble(&self, kind: TroubleKind, why: &str) -> Trouble {
        Trouble::new(kind, &format!("{}: {why}", self.url))
    }
}

/// An error in the words of its innermost cause, without the URL; the outer ones say little.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no whole answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
