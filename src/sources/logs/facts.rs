//! What is seen of logs: batches of lines, and how the streams they come from stand.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::totals::Totals;
use crate::logs::{Answer, Line};
use crate::sources::Trouble;

/// The name of a stream, unique and readable: `registry-7d9f-abcde/registry`, `fe-01`, `/var/log/haproxy.log`.
pub type StreamId = Arc<str>;

/// Where lines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A container of a pod.
    Kubernetes,
    /// A container of Docker on this host.
    Docker,
    /// A unit of the journal on this host.
    Journal,
    /// A file on this host.
    File,
    /// What a configured command prints.
    Command,
    /// Our own standard input.
    Input,
    Elasticsearch,
    /// Google Cloud Logging.
    Google,
}

/// What was seen.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Lines of one stream, in the order in which they were written.
    Lines(Arc<Batch>),
    /// A stream is about to be opened, or opened again.
    Opening { stream: StreamId, origin: Origin },
    /// It is followed now; silence is silence.
    Live { stream: StreamId },
    /// It cannot be read now; it is tried again.
    Down { stream: StreamId, origin: Origin, trouble: Trouble },
    /// It is over and will not come back: a pod that is gone, a file read to its end.
    Over { stream: StreamId },
    /// Lines may be missing between these two times, and why.
    Gap { stream: StreamId, from: Timestamp, to: Timestamp, why: String },
    /// So many streams that could be followed are not, out of so many.
    LeftOut { streams: usize, of: usize },
    /// Its dates name no zone, and are taken to be of this one.
    Clock { stream: StreamId, offset: Offset },
    /// The disk of this host that holds the stream's file.
    Disk { stream: StreamId, path: String, size: u64, free: u64, total: u64 },
}

/// Lines that were read together, within 50 ms or 256 of them.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub stream: StreamId,
    /// Those that are told one by one.
    pub lines: Vec<Line>,
    /// Lines and bytes that were read, told or not.
    pub read: u64,
    pub bytes: u64,
    /// Lines that are only counted, because too many came at once; those of errors are left out last.
    pub sampled: u64,
    /// Lines of the collector's that had to be given up before they were counted in `read`.
    pub dropped: u64,
    /// What was answered, over all lines that were read: answers that failed (400 and above), and those that did not
    /// where the same had failed lately.
    pub answers: Vec<Answer>,
    /// How often what was answered how, over all lines that were read and are not old.
    pub totals: Vec<Totals>,
}
