//! What a refused or failed request means.

use std::time::Duration;

use google_cloud_gax::error::Error as CallError;
use google_cloud_gax::error::rpc::{Code, Status, StatusDetails};

use crate::storage::{ErrorKind, StoreError};

/// What a request comes to.
pub type Answer<T> = Result<T, Failure>;

/// Why a request did not do what it was asked, before it is known what that means for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server refused, by HTTP status (or the one that a gRPC code stands for).
    Refused { status: u16, message: String, retry_after: Option<Duration> },
    /// No usable answer.
    Failed(ErrorKind, String),
}

impl Failure {
    /// An answer that cannot be what it claims to be.
    pub fn broken(detail: impl Into<String>) -> Self {
        Self::Failed(ErrorKind::Broken, detail.into())
    }

    /// No answer, or not all of it.
    pub fn unreachable(detail: impl Into<String>) -> Self {
        Self::Failed(ErrorKind::Unreachable, detail.into())
    }

    /// Whether the server refused with this status.
    pub fn is_status(&self, wanted: u16) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == wanted)
    }

    /// Whether the server says that there is no such bucket.
    pub fn names_no_bucket(&self) -> bool {
        matches!(self, Self::Refused { status: 404, message, .. } if message.contains("bucket does not exist"))
    }

    /// The failure as one of the object `key`.
    pub fn at(self, key: &str) -> StoreError {
        match self {
            Self::Failed(kind, detail) => StoreError::new(kind, key, detail),
            Self::Refused { status, message, retry_after } => {
                let (kind, hint) = meaning(status);
                let error = StoreError::new(kind, key, format!("{message} (status {status}{hint})"));
                StoreError { retry_after, ..error }
            }
        }
    }
}

/// What an account has to be allowed.
const NEEDED: &str = "; reading takes storage.objects.list and storage.objects.get, writing storage.objects.create \
                      and storage.objects.delete, bringing back storage.objects.restore";

/// What a status means for the object that was asked for, and what to do about it.
fn meaning(status: u16) -> (ErrorKind, &'static str) {
    match status {
        401 => (ErrorKind::Denied, "; the credentials are missing or no longer valid"),
        403 => (ErrorKind::Denied, NEEDED),
        407 => (ErrorKind::Denied, "; the proxy wants credentials"),
        404 => (ErrorKind::Gone, ""),
        412 => (ErrorKind::Changed, ""),
        429 => (ErrorKind::Throttled, ""),
        408 | 409 | 499 | 500 | 502..=599 => (ErrorKind::Unreachable, ""),
        _ => (ErrorKind::Broken, ""),
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.kind, error.detail)
    }
}

/// A failure as Google's client reports it.
impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        if error.is_authentication() {
            return Self::Failed(ErrorKind::Denied, chain(&error));
        }
        if let Some(status) = error.status() {
            return from_status(status, &error);
        }
        if let Some(status) = error.http_status_code() {
            let body = error.http_payload().map(|body| String::from_utf8_lossy(body)).unwrap_or_default();
            return Self::Refused { status, message: first_line(&body), retry_after: header_wait(&error) };
        }
        if error.is_deserialization() {
            return Self::broken(chain(&error));
        }
        Self::unreachable(chain(&error))
    }
}

fn from_status(status: &Status, error: &CallError) -> Failure {
    let retry_after = status.details.iter().find_map(wait).or_else(|| header_wait(error));
    let http = match status.code {
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound => 404,
        Code::Aborted => 409,
        Code::FailedPrecondition => 412,
        Code::OutOfRange => 416,
        Code::ResourceExhausted => 429,
        Code::Cancelled => 499,
        Code::Unavailable => 503,
        Code::DeadlineExceeded => 504,
        Code::Internal | Code::Unknown => 500,
        _ => 400,
    };
    // Over HTTP the status itself is more exact than the code that was made of it.
    let status_code = error.http_status_code().filter(|code| *code >= 400).unwrap_or(http);
    Failure::Refused { status: status_code, message: first_line(&status.message), retry_after }
}

fn wait(detail: &StatusDetails) -> Option<Duration> {
    let StatusDetails::RetryInfo(info) = detail else { return None };
    let delay = info.retry_delay.as_ref()?;
    Some(Duration::new(u64::try_from(delay.seconds()).ok()?, u32::try_from(delay.nanos()).ok()?))
}

fn header_wait(error: &CallError) -> Option<Duration> {
    seconds(error.http_headers()?.get("retry-after")?.to_str().ok()?)
}

/// A `Retry-After` in seconds; the form with a date is not used by this service.
pub fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// An error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    first_line(&text)
}

/// Enough of a message to know what it says.
pub fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("no message");
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_meaning() {
        let table = [
            (401, ErrorKind::Denied),
            (403, ErrorKind::Denied),
            (407, ErrorKind::Denied),
            (404, ErrorKind::Gone),
            (412, ErrorKind::Changed),
            (429, ErrorKind::Throttled),
            (408, ErrorKind::Unreachable),
            (500, ErrorKind::Unreachable),
            (503, ErrorKind::Unreachable),
            (504, ErrorKind::Unreachable),
            (302, ErrorKind::Broken),
            (400, ErrorKind::Broken),
            (501, ErrorKind::Broken),
        ];
        for (status, kind) in table {
            let refused = Failure::Refused { status, message: "said".to_owned(), retry_after: None };
            assert_eq!(refused.at("key").kind, kind, "{status}");
        }
    }

    #[test]
    fn a_grpc_code_is_the_status_it_stands_for() {
        let table = [
            (Code::NotFound, ErrorKind::Gone),
            (Code::PermissionDenied, ErrorKind::Denied),
            (Code::ResourceExhausted, ErrorKind::Throttled),
            (Code::DeadlineExceeded, ErrorKind::Unreachable),
            (Code::FailedPrecondition, ErrorKind::Changed),
            (Code::Unimplemented, ErrorKind::Broken),
            (Code::DataLoss, ErrorKind::Broken),
        ];
        for (code, kind) in table {
            let error = CallError::service(Status::default().set_code(code).set_message("said"));
            assert_eq!(Failure::from(error).at("key").kind, kind, "{code:?}");
        }
    }

    #[test]
    fn the_wait_that_was_asked_for_is_kept() {
        assert_eq!(seconds(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), None);
    }
}
