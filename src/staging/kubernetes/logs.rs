//! What the containers wrote: the run of now, and the one before.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

/// Bytes that are kept of one run; older lines go.
const KEPT: usize = 2 << 20;

/// A pod's container.
type Writer = (String, String);

/// One line with the time it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    pub text: String,
}

/// The lines of one run of a container.
#[derive(Debug, Default)]
pub struct Run {
    lines: VecDeque<Line>,
    /// How many lines went from the front.
    gone: usize,
    /// Bytes of the lines that are kept.
    held: usize,
    /// How many runs of the container there were before it.
    pub number: u64,
}

impl Run {
    fn push(&mut self, line: Line) {
        self.held += line.text.len();
        self.lines.push_back(line);
        while self.held > KEPT {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.held -= oldest.text.len();
            self.gone += 1;
        }
    }

    /// The lines from a number on, counted from the run's start.
    pub fn since(&self, number: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().skip(number.saturating_sub(self.gone))
    }

    /// How many lines the run has written.
    pub fn written(&self) -> usize {
        self.gone + self.lines.len()
    }
}

/// The logs of all containers.
#[derive(Debug, Default)]
pub struct Logs {
    now: BTreeMap<Writer, Run>,
    before: BTreeMap<Writer, Run>,
}

impl Logs {
    /// A line of the current run.
    pub fn write(&mut self, pod: &str, container: &str, line: Line) {
        self.now.entry((pod.to_owned(), container.to_owned())).or_default().push(line);
    }

    /// A line of the run before.
    pub fn write_previous(&mut self, pod: &str, container: &str, line: Line) {
        self.before.entry((pod.to_owned(), container.to_owned())).or_default().push(line);
    }

    /// The container starts anew: its run of now becomes the one before.
    pub fn restart(&mut self, pod: &str, container: &str) {
        let writer = (pod.to_owned(), container.to_owned());
        let run = self.now.remove(&writer).unwrap_or_default();
        self.now.insert(writer.clone(), Run { number: run.number + 1, ..Run::default() });
        self.before.insert(writer, run);
    }

    /// A pod is gone, and its logs with it.
    pub fn forget(&mut self, pod: &str) {
        self.now.retain(|writer, _| writer.0 != pod);
        self.before.retain(|writer, _| writer.0 != pod);
    }

    /// One run of a container.
    pub fn run(&self, pod: &str, container: &str, previous: bool) -> Option<&Run> {
        let runs = if previous { &self.before } else { &self.now };
        runs.get(&(pod.to_owned(), container.to_owned()))
    }
}
