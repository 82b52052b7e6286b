//! The provider's public feed of incidents, fetched again only when it has changed.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};

use super::compute::{client, unreachable};
use super::facts::Incident;
use super::{Feed, parse};
use crate::sources::{Trouble, TroubleKind};

/// The feed, and what it said last.
pub struct Status {
    client: Result<reqwest::Client, Trouble>,
    feed: Feed,
    deadline: Duration,
    known: Option<(HeaderValue, Vec<Incident>)>,
}

impl Status {
    /// Sends nothing yet.
    pub fn new(feed: Feed, deadline: Duration) -> Self {
        Self { client: client(), feed, deadline, known: None }
    }

    /// The incidents that go on.
    ///
    /// # Errors
    ///
    /// There was no answer, or it was no feed.
    pub async fn read(&mut self) -> Result<Vec<Incident>, Trouble> {
        let name = format!("GET {}{}", self.feed.url.origin().ascii_serialization(), self.feed.url.path());
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let mut request = client.get(self.feed.url.clone()).timeout(self.deadline);
        if let Some((tag, _)) = &self.known {
            request = request.header(IF_NONE_MATCH, tag.clone());
        }
        let answer = request.send().await.map_err(|error| unreachable(&name, error))?;
        let (status, tag) = (answer.status(), answer.headers().get(ETAG).cloned());
        if let (StatusCode::NOT_MODIFIED, Some((_, incidents))) = (status, &self.known) {
            return Ok(incidents.clone());
        }
        if status != StatusCode::OK {
            let kind = match status.as_u16() {
                404 => TroubleKind::Absent,
                429 => TroubleKind::Throttled,
                502..=504 => TroubleKind::Unreachable,
                _ => TroubleKind::Broken,
            };
            return Err(Trouble::new(kind, &format!("{name}: HTTP {}", status.as_u16())));
        }
        let bytes = answer.bytes().await.map_err(|error| unreachable(&name, error))?;
        let value = serde_json::from_slice(&bytes).ok();
        let found = value.and_then(|value| parse::incidents(&value, &self.feed.products));
        let mut found = found
            .ok_or_else(|| Trouble::new(TroubleKind::Broken, &format!("{name}: no feed of incidents")))?;
        for incident in &mut found {
            incident.url =
                incident.url.take().and_then(|uri| Some(self.feed.url.join(&uri).ok()?.to_string()));
        }
        self.known = tag.map(|tag| (tag, found.clone()));
        Ok(found)
    }
}
