//! Units of the journal on this host, read by `journalctl`, which goes on after the last entry that was read.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::command::{Running, begin};
use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::{Feed, Raw};
use super::keep::{End, Tail, keep};
use super::lines::Lines;
use crate::sources::Trouble;

/// Which unit.
#[derive(Clone, Debug)]
pub struct Options {
    pub name: String,
    pub unit: String,
    /// What is run, with its first arguments.
    pub program: Vec<String>,
    /// The last entry that was read, for whoever runs this again.
    cursor: Arc<Mutex<Option<String>>>,
}

impl Options {
    /// A unit under a name of one's choice.
    pub fn new(name: &str, unit: &str) -> Self {
        let program = vec!["journalctl".to_owned()];
        Self { name: name.to_owned(), unit: unit.to_owned(), program, cursor: Arc::default() }
    }
}

/// Follows the unit for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let feed = Feed::new(&options.name, Origin::Journal, &desk, first);
    keep(Journal { options, desk }, feed).await;
}

struct Journal {
    options: Options,
    desk: Desk,
}

/// An entry as `journalctl -o json` prints it.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "__CURSOR")]
    cursor: String,
    /// In microseconds.
    #[serde(rename = "__REALTIME_TIMESTAMP", default)]
    at: String,
    /// Text; bytes where it is no text; several of them where the field is there more than once.
    #[serde(rename = "MESSAGE", default)]
    message: Value,
}

impl Journal {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.options.program.clone();
        // Without all of it, what is longer than 4,096 bytes comes as nothing.
        arguments.extend(["--follow", "--all", "--output=json", "--no-pager"].map(str::to_owned));
        arguments.push(format!("--unit={}", self.options.unit));
        let cursor = self.options.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let history = self.desk.history;
        match cursor {
            Some(cursor) => arguments.extend(["--no-tail".to_owned(), format!("--after-cursor={cursor}")]),
            None => {
                let since = Timestamp::now().checked_sub(history.span).map_or(0, Timestamp::as_second);
                arguments
                    .extend([format!("--lines={}", history.lines), format!("--since=@{}", since.max(0))]);
            }
        }
        arguments
    }
}

impl Tail for Journal {
    async fn follow(&mut self, feed: &mut Feed) -> Result<End, Trouble> {
        let mut running = Running::of(begin(&self.arguments())?);
        let mut lines = Lines::default();
        while let Some(chunk) = running.read(feed).await {
            let (mut chunk, mut newest) = (chunk.as_slice(), None);
            while let Some(piece) = lines.next(&mut chunk) {
                let Ok(entry) = serde_json::from_slice::<Entry>(piece.bytes) else {
                    feed.dropped(1);
                    continue;
                };
                let at = entry.at.parse().ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
                for message in messages(&entry.message) {
                    feed.take(Raw { bytes: &message, length: piece.length, collected: at }).await;
                }
                newest = Some(entry.cursor);
            }
            if newest.is_some() {
                feed.flush().await;
                *self.options.cursor.lock().unwrap_or_else(PoisonError::into_inner) = newest;
            }
        }
        Err(running.why().await)
    }
}

/// The texts of an entry.
fn messages(message: &Value) -> Vec<Vec<u8>> {
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    match message {
        Value::String(text) => vec![text.as_bytes().to_vec()],
        Value::Array(parts) => match parts.iter().map(byte).collect::<Option<Vec<u8>>>() {
            Some(bytes) => vec![bytes],
            None => parts.iter().flat_map(messages).collect(),
        },
        // Without a text.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            vec![b"(an entry whose text journalctl does not print)".to_vec()]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_text_or_bytes_or_several() {
        let texts = |value| {
            messages(&value)
                .into_iter()
                .map(|text| String::from_utf8_lossy(&text).into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(json!("one")), ["one"]);
        assert_eq!(texts(json!([111, 110, 101, 255])), ["one\u{fffd}"]);
        assert_eq!(texts(json!(["one", [116, 119, 111]])), ["one", "two"]);
        assert_eq!(texts(json!(null)).len(), 1);
    }
}
