//! Which repository is looked at next, in the background, for layer links that no registry with a database writes.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::State;
use super::radar::repository;
use crate::registry::reference::Repository;
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::picture::Health;

/// Between two looks; the first few need not wait for so long, as one repository alone says little.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
const FIRST: usize = 3;
/// What was looked at this long ago is looked at again, and sooner if it was pushed to since.
const STALE: SignedDuration = SignedDuration::from_mins(5);
/// A look that was asked for this long ago and did not come back never will.
const LOST: SignedDuration = SignedDuration::from_mins(2);
/// Of what somebody listed so many are looked at.
const LISTED: usize = 5;

/// How the looks go.
#[derive(Debug, Default)]
pub struct Links {
    /// The repository that the last event made worth a look, for the plan to turn into an effect.
    pub wanted: Option<String>,
    /// What was asked for last, and when.
    asked: Option<(String, Timestamp)>,
    looks: usize,
}

/// Says which repository is worth a look now, if it is time for one.
pub fn settle(state: &mut State) {
    let now = state.now;
    let bucket = &state.bucket;
    if bucket.survey != Some(Survey::Database) || bucket.health != Health::Live || bucket.lost.is_some() {
        return;
    }
    let pause = if state.links.looks < FIRST { FIRST_PAUSE } else { PAUSE };
    if let Some((repository, at)) = &state.links.asked {
        let is_back = bucket.links.of(repository).is_some_and(|looked| looked.at >= *at);
        let waited = now.duration_since(*at);
        if waited < pause || !is_back && waited < LOST {
            return;
        }
    }
    let Some(next) = next(state, now) else { return };
    state.links.looks += 1;
    state.links.asked = Some((next.clone(), now));
    state.links.wanted = Some(next);
}

/// Of those that are due the one that was looked at longest ago; of those that never were the first.
fn next(state: &State, now: Timestamp) -> Option<String> {
    let looks = &state.bucket.links;
    let candidates = candidates(state, now);
    let is_due = |name: &&String, pushed: Option<Timestamp>| match looks.of(name) {
        None => true,
        Some(looked) => pushed.is_some_and(|at| at > looked.at) || now.duration_since(looked.at) >= STALE,
    };
    let due = candidates.iter().filter(|(name, pushed)| is_due(&name, *pushed)).map(|(name, _)| name);
    due.min_by_key(|name| looks.of(name).map(|looked| looked.at)).cloned()
}

/// Where links may have been written, the likeliest first, with the last push where one is known: what was pushed to,
/// what fails, and where the logs tell of neither what was looked at before and what somebody listed.
fn candidates(state: &State, now: Timestamp) -> Vec<(String, Option<Timestamp>)> {
    let logs = &state.logs;
    let pushed = logs.pushes.lately(now).into_iter().map(|(name, at)| (name.to_owned(), Some(at)));
    let mut missed: Vec<_> = logs.answers.missed(now).collect();
    missed.sort_by_key(|(.., count)| Reverse(*count));
    let missed = missed.into_iter().map(|(name, ..)| (name.to_owned(), None));
    let failing = state.radar.rows.iter().filter_map(|row| repository(&row.subject));
    let failing = failing.map(|name| (name.to_owned(), None));
    let mut all: Vec<_> = pushed.chain(missed).chain(failing).collect();
    all.retain(|(name, _)| Repository::parse(name).is_ok());
    if all.is_empty() {
        let before = state.bucket.links.iter().map(|(name, _)| name.to_owned());
        all = before.chain(listed(state)).map(|name| (name, None)).collect();
    }
    all
}

/// Repositories that somebody opened and that have layer links.
fn listed(state: &State) -> impl Iterator<Item = String> + '_ {
    let folders = state.bucket.listings.iter().filter_map(|(place, listing)| match place {
        Place::Folder(name) => Some((name, listing)),
        Place::Root | Place::Tags(_) | Place::Prefix(_) => None,
    });
    let has_links = folders.filter(|(_, listing)| listing.position("_layers/").is_ok());
    has_links.map(|(name, _)| name.clone()).take(LISTED)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bus::Stamped;
    use crate::event::{Event, Fact};
    use crate::logs::read;
    use crate::sources::bucket::browse::Child;
    use crate::sources::bucket::facts::{ErrorKind, Fact as Seen, Listed, Trouble};
    use crate::sources::bucket::links;
    use crate::sources::logs::facts::{Batch, Fact as Logged};
    use crate::state::fold;

    struct Desk {
        state: State,
        second: i64,
    }

    impl Desk {
        fn over(survey: Survey) -> Self {
            let mut desk = Self { state: State::default(), second: 0 };
            desk.take(Fact::Bucket(Seen::Opened { url: "gs://bucket".into() }));
            desk.take(Fact::Bucket(Seen::Surveyed { survey, requests: 1 }));
            desk
        }

        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_700_000_000 + self.second).unwrap()
        }

        fn fold(&mut self, what: Event) -> Option<&str> {
            let at = self.now();
            fold(&mut self.state, &Stamped { seq: 0, at, what });
            self.state.links.wanted.as_deref()
        }

        fn take(&mut self, fact: Fact) -> Option<&str> {
            self.fold(Event::Fact(fact))
        }

        /// So many seconds later; what is wanted then.
        fn wait(&mut self, seconds: i64) -> Option<&str> {
            self.second += seconds;
            self.fold(Event::Tick)
        }

        fn pushed(&mut self, repository: &str) -> Option<&str> {
            let line = format!(
                "time=\"{}\" level=info msg=\"response completed\" http.request.method=PUT \
                 http.request.uri=/v2/{repository}/manifests/v1 http.response.status=201",
                self.now()
            );
            let lines = vec![read(line.as_bytes(), None, self.now())];
            let batch = Batch { stream: "pod/registry".into(), lines, ..Batch::default() };
            self.take(Fact::Logs(Logged::Lines(Arc::new(batch))))
        }

        fn looked(&mut self, repository: &str) -> Option<&str> {
            let links = links::Links::of(std::iter::empty(), self.now(), false);
            self.take(Fact::Bucket(Seen::Linked { repository: repository.into(), links, requests: 2 }))
        }
    }

    #[test]
    fn what_is_pushed_to_is_looked_at_one_at_a_time_and_after_the_first_few_with_pauses() {
        let mut desk = Desk::over(Survey::Database);
        assert_eq!(desk.wait(1), None, "nothing is known to be pushed to");
        assert_eq!(desk.pushed("g/a"), Some("g/a"));
        assert_eq!(desk.pushed("g/b"), None, "one is under way");
        assert_eq!(desk.wait(60), None, "it still is");
        assert_eq!(desk.looked("g/a"), Some("g/b"));
        desk.pushed("g/c");
        desk.pushed("g/d");
        assert_eq!(desk.looked("g/b"), None, "no two at once");
        assert_eq!(desk.wait(1), None);
        assert_eq!(desk.wait(1), Some("g/c"));
        desk.looked("g/c");
        assert_eq!(desk.wait(29), None, "after the first three there are pauses");
        assert_eq!(desk.wait(1), Some("g/d"));
        desk.looked("g/d");
        assert_eq!(desk.wait(60), None, "all were looked at since they were pushed to");
        assert_eq!(desk.pushed("g/c"), Some("g/c"), "pushed to again");
        desk.looked("g/c");
        assert_eq!(desk.wait(119), None);
        desk.second += 1;
        assert_eq!(desk.pushed("g/e"), Some("g/e"));
        assert_eq!(desk.wait(119), None, "it does not come back");
        assert_eq!(desk.wait(1), Some("g/e"), "and never will");
    }

    #[test]
    fn where_the_logs_tell_nothing_what_somebody_opened_is_looked_at_and_again_after_five_minutes() {
        let mut desk = Desk::over(Survey::Database);
        let listed = |name: &str, child: &str| {
            let children = vec![Child::folder(child)];
            let place = Place::Folder(name.into());
            let listed = Listed { place, asked: None, children, next: None, unread: Vec::new() };
            Fact::Bucket(Seen::Listed { listed, requests: 1 })
        };
        assert_eq!(desk.take(listed("group", "image/")), None, "a folder of repositories");
        assert_eq!(desk.take(listed("group/image", "_layers/")), Some("group/image"));
        desk.looked("group/image");
        assert_eq!(desk.wait(299), None);
        assert_eq!(desk.wait(1), Some("group/image"));
    }

    #[test]
    fn nothing_is_looked_at_where_the_bucket_is_down_or_holds_the_metadata_itself() {
        for survey in [Survey::Registry, Survey::Empty, Survey::Undecided { why: "both".into() }] {
            assert_eq!(Desk::over(survey).pushed("g/a"), None);
        }
        let mut desk = Desk::over(Survey::Database);
        let trouble = Trouble { kind: ErrorKind::Unreachable, object: String::new(), why: "refused".into() };
        desk.take(Fact::Bucket(Seen::NotListed { place: Place::Root, trouble, requests: 1 }));
        assert_eq!(desk.pushed("g/a"), None);
    }
}
