//! How the store failed the registry lately, by the registry's own lines.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::logs::{Layer, Line, StoreFault, store_fault};
use crate::sources::logs::totals::{STEP, WINDOW};

/// Objects of one kind of fault that are told apart: more than these are many.
const OBJECTS: usize = 8;

/// Lines of one kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ail {
    steps: Vec<(i64, u64)>,
    /// What could not be read or written, with the newest step in which it could not.
    objects: Vec<(Box<str>, i64)>,
    /// Since when there was no pause of five minutes.
    pub first: Timestamp,
    pub last: Timestamp,
    /// What the newest of them says.
    pub says: Box<str>,
}

/// How the store fails the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ailing {
    all: BTreeMap<StoreFault, Ail>,
    /// Whether a line of the registry itself was ever read.
    pub is_heard: bool,
}

impl Ailing {
    /// Takes in a line that arrived at `now`.
    pub fn take(&mut self, line: &Line, now: Timestamp) {
        self.is_heard |= line.layer == Layer::Registry;
        let Some(fault) = store_fault(line) else { return };
        let at = line.at.min(now);
        let says = line.error.as_ref().map(|error| error.words());
        let says = says.or_else(|| line.message.as_deref().map(str::to_owned)).unwrap_or_default();
        let object = object(line, &says);
        let begun =
            || Ail { steps: Vec::new(), objects: Vec::new(), first: at, last: at, says: Box::default() };
        let known = self.all.entry(fault).or_insert_with(begun);
        if at.duration_since(known.last) > WINDOW {
            *known = begun();
        }
        known.first = known.first.min(at);
        if known.last <= at {
            (known.last, known.says) = (at, says.into());
        }
        let number = at.as_second().div_euclid(STEP);
        let from = now.as_second() - WINDOW.as_secs();
        known.note(object, number, from);
        match known.steps.iter_mut().rev().find(|(step, _)| *step == number) {
            Some((_, count)) => *count += 1,
            None => {
                known.steps.retain(|(step, _)| (step + 1) * STEP > from);
                known.steps.push((number, 1));
            }
        }
    }

    /// How many different things those faults were of, up to eight.
    pub fn objects(&self, fault: StoreFault, now: Timestamp) -> usize {
        let from = now.as_second() - WINDOW.as_secs();
        let all = self.all.get(&fault).into_iter().flat_map(|known| &known.objects);
        all.filter(|(_, step)| (step + 1) * STEP > from).count()
    }

    /// Faults of one kind within five minutes, and how many lines told of them.
    pub fn of(&self, fault: StoreFault, now: Timestamp) -> Option<(&Ail, u64)> {
        let known = self.all.get(&fault)?;
        let from = now.as_second() - WINDOW.as_secs();
        let lately = known.steps.iter().filter(|(step, _)| (step + 1) * STEP > from);
        Some((known, lately.map(|(_, count)| count).sum())).filter(|(_, count)| *count > 0)
    }
}

impl Ail {
    fn note(&mut self, object: Box<str>, number: i64, from: i64) {
        if let Some((_, step)) = self.objects.iter_mut().find(|(known, _)| *known == object) {
            *step = number.max(*step);
            return;
        }
        if self.objects.len() >= OBJECTS {
            self.objects.retain(|(_, step)| (step + 1) * STEP > from);
        }
        if self.objects.len() < OBJECTS {
            self.objects.push((object, number));
        }
    }
}

/// What a line says that the store failed at: a path in its words, else what was asked for.
fn object(line: &Line, says: &str) -> Box<str> {
    const LONGEST: usize = 256;
    let mut words = says.split([' ', '"']).map(|word| word.trim_end_matches([':', ',']));
    let path = words.find(|word| word.contains("docker/registry/v2/"));
    // Every upload has a folder of its own.
    let path = path.and_then(|path| path.split("/_uploads/").next());
    let asked = line.request.as_deref().map(|request| &*request.uri);
    let object = path.or(asked).unwrap_or_default();
    object[..object.floor_char_boundary(LONGEST)].into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;
    use crate::logs::Level;

    fn line(says: &str, second: i64) -> Line {
        Line {
            at: at(second),
            layer: Layer::Registry,
            level: Level::Error,
            text: says.into(),
            message: Some(says.into()),
            request: None,
            error: None,
            fingerprint: 0,
            bytes: 0,
        }
    }

    const DENIED: &str = "filesystem: open /srv/registry/docker: permission denied";

    #[test]
    fn faults_are_counted_by_kind_over_five_minutes_and_the_newest_is_quoted() {
        let mut ailing = Ailing::default();
        for (says, second) in [
            (DENIED, 0),
            ("gcs: googleapi: Error 403: no access", 200),
            ("s3aws: SlowDown: reduce your request rate", 200),
            ("manifest unknown", 200),
        ] {
            ailing.take(&line(says, second), at(second));
        }
        let told = |fault, now| {
            ailing.of(fault, at(now)).map(|(ail, count)| (count, ail.first, ail.last, ail.says.to_string()))
        };
        let newest = "gcs: googleapi: Error 403: no access".to_owned();
        assert_eq!(told(StoreFault::Refused, 200), Some((2, at(0), at(200), newest.clone())));
        assert_eq!(told(StoreFault::Refused, 400), Some((1, at(0), at(200), newest)));
        assert_eq!(told(StoreFault::Refused, 600), None);
        assert_eq!(told(StoreFault::Slow, 200).map(|(count, ..)| count), Some(1));
        assert_eq!(told(StoreFault::Full, 200), None);
    }

    #[test]
    fn different_objects_are_told_apart_by_their_paths_and_not_without_end() {
        let mut ailing = Ailing::default();
        let denied = |name: &str| {
            format!("filesystem: open /srv/docker/registry/v2/repositories/{name}/link: permission denied")
        };
        assert!(!ailing.is_heard);
        for (name, second) in [("a", 0), ("a", 1), ("b", 2), ("a", 200)] {
            ailing.take(&line(&denied(name), second), at(second));
        }
        let of = |ailing: &Ailing, second| ailing.objects(StoreFault::Refused, at(second));
        assert_eq!((ailing.is_heard, of(&ailing, 200), of(&ailing, 400), of(&ailing, 600)), (true, 2, 1, 0));
        for number in 0..100 {
            ailing.take(&line(&denied(&number.to_string()), 500), at(500));
        }
        assert_eq!(of(&ailing, 500), OBJECTS);
    }

    #[test]
    fn after_a_pause_of_five_minutes_it_begins_anew() {
        let mut ailing = Ailing::default();
        for second in [0, 300, 601] {
            ailing.take(&line(DENIED, second), at(second));
        }
        let (ail, count) = ailing.of(StoreFault::Refused, at(601)).unwrap();
        assert_eq!((ail.first, count), (at(601), 1));
    }

    #[test]
    fn a_clock_that_is_ahead_and_lines_out_of_order_do_no_harm() {
        let mut ailing = Ailing::default();
        for (says, second) in [(DENIED, 90_000), ("filesystem: late: permission denied", 4)] {
            ailing.take(&line(says, second), at(5));
        }
        let (ail, count) = ailing.of(StoreFault::Refused, at(5)).unwrap();
        assert_eq!((ail.first, ail.last, &*ail.says, count), (at(4), at(5), DENIED, 2));
        assert!(ailing.of(StoreFault::Refused, at(400)).is_none());
    }
}
