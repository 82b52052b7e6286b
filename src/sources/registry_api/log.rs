//! What was sent to a registry and how long each answer took, for whoever wants to know.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, LAST_MODIFIED};

use super::error::ApiError;

/// Remembers exchanges until they are taken. Clones share what they remember.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<Exchange>>>);

/// One request, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Method and path.
    pub request: String,
    /// Scheme, host and port that were asked.
    pub origin: String,
    /// Until the whole answer was there.
    pub latency: Duration,
    /// The status, or why there was none.
    pub result: Result<u16, ApiError>,
    /// `Last-Modified`.
    pub modified: Option<Timestamp>,
}

impl Log {
    pub(super) fn note(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

    /// The exchanges since the last time, oldest first.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When a server says that what it served was changed last.
pub(super) fn modified(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(LAST_MODIFIED)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_date_of_http_is_a_time_and_anything_else_is_none() {
        let read = |text| modified(&[(LAST_MODIFIED, HeaderValue::from_static(text))].into_iter().collect());
        assert_eq!(read("Sat, 21 Nov 2026 13:37:00 GMT"), "2026-11-21T13:37:00Z".parse().ok());
        for text in ["", "yesterday", "1795268220", "2026-11-21T13:37:00Z"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
