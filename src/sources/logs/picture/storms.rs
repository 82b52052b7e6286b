//! The same request over and over without success: who asks, how often, and how much log it writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::logs::{Answer, Client, Layer};
use crate::model::Subject;

/// So often must the same have failed in a row to be told.
const ENOUGH: u64 = 20;
/// So long must it have gone on.
const LONG: SignedDuration = SignedDuration::from_secs(30);
/// A request that was not seen for so long is over.
const OVER: SignedDuration = SignedDuration::from_mins(5);
/// Requests that are counted at once.
const COUNTED: usize = 4096;

/// The same request of one client, that was answered the same way each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    pub method: Arc<str>,
    pub uri: Arc<str>,
    pub status: u16,
    pub client: Arc<Client>,
    pub layer: Layer,
    pub subject: Option<Subject>,
    /// Answers since `first` without one that succeeded, and the bytes of log that they wrote.
    pub count: u64,
    pub bytes: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// What makes requests the same.
type Key = (Layer, Arc<str>, Arc<str>, Option<Box<str>>);

/// Requests that fail again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storms {
    counted: BTreeMap<Key, Storm>,
}

impl Storms {
    /// Counts an answer. One that succeeded ends what came before it.
    pub fn take(&mut self, answer: &Answer) {
        let key = (answer.layer, answer.method.clone(), answer.uri.clone(), answer.client.agent.clone());
        let known = self.counted.get_mut(&key);
        match known {
            _ if answer.status < 400 => drop(self.counted.remove(&key)),
            Some(storm) if storm.status == answer.status && answer.first - OVER <= storm.last => {
                storm.count += answer.count;
                storm.bytes += answer.bytes;
                storm.first = storm.first.min(answer.first);
                storm.last = storm.last.max(answer.last);
            }
            Some(_) | None => {
                self.counted.insert(key, begun(answer));
            }
        }
        if self.counted.len() > COUNTED {
            let oldest = self.counted.iter().min_by_key(|(_, storm)| storm.last).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.counted.remove(&key));
        }
    }

    /// Those that are worth a word, the most frequent first.
    pub fn worst(&self, now: Timestamp) -> Vec<&Storm> {
        let lasts = |storm: &&Storm| now - OVER <= storm.last;
        let tells = |storm: &&Storm| storm.count >= ENOUGH && storm.last.duration_since(storm.first) >= LONG;
        let mut storms: Vec<_> = self.counted.values().filter(lasts).filter(tells).collect();
        storms.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.uri.cmp(&other.uri)));
        storms
    }
}

fn begun(answer: &Answer) -> Storm {
    Storm {
        method: answer.method.clone(),
        uri: answer.uri.clone(),
        status: answer.status,
        client: answer.client.clone(),
        layer: answer.layer,
        subject: answer.subject.clone(),
        count: answer.count,
        bytes: answer.bytes,
        first: answer.first,
        last: answer.last,
    }
}
