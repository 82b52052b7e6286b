//! Repositories that were pushed to lately, by the lines that were told one by one.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::logs::Line;
use crate::model::Subject;
use crate::sources::logs::totals::WINDOW;

/// Repositories that are kept; beyond it those pushed to longest ago are forgotten.
const KEPT: usize = 64;

/// Repositories that were pushed to, with the time of the last push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushes {
    last: BTreeMap<String, Timestamp>,
}

impl Pushes {
    /// Takes in a line that arrived at `now`.
    pub fn take(&mut self, line: &Line, now: Timestamp) {
        let Some(repository) = pushed(line) else { return };
        // A clock that is ahead of ours must not keep what is old.
        let at = line.at.min(now);
        match self.last.get_mut(repository) {
            Some(last) => *last = at.max(*last),
            None => _ = self.last.insert(repository.to_owned(), at),
        }
        if self.last.len() > KEPT {
            let oldest = self.last.iter().min_by_key(|(_, at)| **at).map(|(name, _)| name.clone());
            oldest.map(|name| self.last.remove(&name));
        }
    }

    /// Those of the last five minutes, the newest push first.
    pub fn lately(&self, now: Timestamp) -> Vec<(&str, Timestamp)> {
        let all = self.last.iter().map(|(name, at)| (name.as_str(), *at));
        let mut lately: Vec<_> = all.filter(|(_, at)| now.duration_since(*at) <= WINDOW).collect();
        lately.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        lately
    }
}

/// The repository that a line says was pushed to: a manifest or the end of a blob was taken.
fn pushed(line: &Line) -> Option<&str> {
    let request = line.request.as_deref()?;
    let is_taken = &*request.method == "PUT" && matches!(request.status, Some(200..300));
    match request.subject.as_ref().filter(|_| is_taken)? {
        Subject::Tag { repository, .. }
        | Subject::Manifest { repository, .. }
        | Subject::Upload { repository, .. } => Some(repository),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;
    use crate::logs::{Client, Layer, Level, Request, subject_of_uri};

    fn line(method: &str, uri: &str, status: u16, second: i64) -> Line {
        let request = Request {
            method: method.into(),
            uri: uri.into(),
            status: Some(status),
            took: None,
            written: None,
            client: Client::default(),
            id: None,
            server: None,
            subject: subject_of_uri(uri),
        };
        Line {
            at: at(second),
            layer: Layer::Registry,
            level: Level::Info,
            text: uri.into(),
            message: None,
            request: Some(Box::new(request)),
            error: None,
            fingerprint: 0,
            bytes: 0,
        }
    }

    #[test]
    fn only_a_push_that_was_taken_counts_and_the_newest_comes_first() {
        let mut pushes = Pushes::default();
        for (method, uri, status, second) in [
            ("PUT", "/v2/a/manifests/v1", 201, 0),
            ("PUT", "/v2/b/image/manifests/v1", 201, 10),
            ("PUT", "/v2/a/blobs/uploads/1f2e?digest=sha256:00", 201, 20),
            ("PUT", "/v2/refused/manifests/v1", 500, 30),
            ("GET", "/v2/pulled/manifests/v1", 200, 30),
            ("POST", "/v2/begun/blobs/uploads/", 202, 30),
        ] {
            pushes.take(&line(method, uri, status, second), at(40));
        }
        assert_eq!(pushes.lately(at(40)), [("a", at(20)), ("b/image", at(10))]);
        assert_eq!(pushes.lately(at(315)), [("a", at(20))], "a push of more than five minutes ago");
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for_and_no_clock_ahead_keeps_what_is_old() {
        let mut pushes = Pushes::default();
        pushes.take(&line("PUT", "/v2/ahead/manifests/v1", 201, 90_000), at(0));
        for number in 1..=100 {
            pushes.take(&line("PUT", &format!("/v2/r{number}/manifests/v1"), 201, number), at(number));
        }
        let lately = pushes.lately(at(100));
        assert_eq!((lately.len(), lately[0].0), (KEPT, "r100"));
        assert!(lately.iter().all(|(name, _)| *name != "ahead"));
    }
}
