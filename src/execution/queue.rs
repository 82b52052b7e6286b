//! What waits to be done, in the order in which it matters to whoever looks at the screen.

use std::collections::{BTreeSet, VecDeque};

use crate::actions::Work;
use crate::model::Subject;

/// Most scans at once of those that nobody asked for, so that listings never wait behind them.
const SCANS: usize = 4;

/// What waits to be done.
#[derive(Debug, Default)]
pub struct Queue {
    /// Opening, listing, reading, and the scans that were asked for.
    now: VecDeque<Work>,
    /// Scans of what is on the screen; replaced when the screen shows something else.
    soon: VecDeque<Subject>,
    /// Scans of what is not on the screen.
    later: VecDeque<Subject>,
    running: BTreeSet<Subject>,
}

impl Queue {
    /// How many pieces of work wait.
    pub fn len(&self) -> usize {
        self.now.len() + self.soon.len() + self.later.len()
    }

    /// Puts an effect where it belongs.
    pub fn put(&mut self, work: Work) {
        match work {
            Work::ScanSoon(subjects) => {
                self.soon = subjects.into_iter().filter(|subject| !self.running.contains(subject)).collect();
            }
            Work::ScanLater(subjects) => self.later.extend(subjects),
            Work::Scan(_) => self.now.push_front(work),
            Work::Open
            | Work::Survey
            | Work::List { .. }
            | Work::ListLinks(_)
            | Work::Read(_)
            | Work::Stop
            | Work::Prepare { .. }
            | Work::PrepareFrom { .. }
            | Work::CarryOut(_)
            | Work::Consult { .. }
            | Work::CloseDocument
            | Work::Nudge
            | Work::Recall
            | Work::Remember
            | Work::Keep { .. } => self.now.push_back(work),
        }
    }

    /// The next piece of work that may begin; a scan counts as running until [`Self::finish`].
    pub fn take(&mut self) -> Option<Work> {
        if let Some(work) = self.now.pop_front() {
            if let Work::Scan(subject) = &work {
                self.running.insert(subject.clone());
            }
            return Some(work);
        }
        if self.running.len() >= SCANS {
            return None;
        }
        let subject = self.soon.pop_front().or_else(|| self.later.pop_front())?;
        self.running.insert(subject.clone());
        Some(Work::Scan(subject))
    }

    /// A scan ended.
    pub fn finish(&mut self, subject: &Subject) {
        self.running.remove(subject);
    }

    /// Drops all that waits or runs.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str) -> Subject {
        Subject::Tag { repository: "r".into(), tag: name.into() }
    }

    #[test]
    fn what_is_on_the_screen_goes_before_what_is_not_and_what_was_asked_before_both() {
        let mut queue = Queue::default();
        queue.put(Work::ScanLater(vec![tag("later")]));
        queue.put(Work::ScanSoon(vec![tag("gone from the screen")]));
        queue.put(Work::ScanSoon(vec![tag("seen 1"), tag("seen 2")]));
        queue.put(Work::Survey);
        queue.put(Work::Scan(tag("asked")));
        let next = || {
            let work = queue.take()?;
            queue.running.clear();
            Some(work)
        };
        let order: Vec<_> = std::iter::from_fn(next).collect();
        let scan = |name| Work::Scan(tag(name));
        assert_eq!(order, [scan("asked"), Work::Survey, scan("seen 1"), scan("seen 2"), scan("later")]);
    }

    #[test]
    fn what_runs_is_not_begun_twice() {
        let mut queue = Queue::default();
        queue.put(Work::ScanSoon(vec![tag("a"), tag("b")]));
        queue.take();
        queue.put(Work::ScanSoon(vec![tag("a"), tag("b")]));
        assert_eq!(queue.len(), 1);
        queue.finish(&tag("a"));
        queue.put(Work::ScanSoon(vec![tag("a")]));
        assert_eq!(queue.len(), 1);
    }
}
