//! Which log files can be emptied from here, and why others cannot.

use crate::event::{Errand, Intent};
use crate::model::{Order, Subject, Target};
use crate::state::State;

const NOT_HERE: &str = "only a log file has that";
const NOT_FOLLOWED: &str = "no log of this host that is followed lies in this file";
const ELSEWHERE: &str = "its lines come from no file of this host that is followed: empty it where it lies";

/// Whether it is a log file of this host, or a request that may fill one.
pub const fn has_log_file(subject: &Subject) -> bool {
    matches!(subject, Subject::LogFile(_) | Subject::Request { .. })
}

/// The intent to empty a log file where it lies: itself, or the one that a request fills.
///
/// # Errors
///
/// Why that does not apply.
pub fn order(state: &State, subject: &Subject) -> Result<Intent, &'static str> {
    let path = match subject {
        Subject::LogFile(path) => path,
        Subject::Request { .. } => {
            state.repetition(subject).and_then(|one| one.file.as_ref()).ok_or(ELSEWHERE)?
        }
        _ => return Err(NOT_HERE),
    };
    let disks = state.logs.streams.all.values().filter_map(|stream| stream.disk.as_ref());
    if !disks.into_iter().any(|disk| disk.path == *path) {
        return Err(NOT_FOLLOWED);
    }
    let targets = vec![Target { subject: Subject::LogFile(path.clone()), object: None }];
    Ok(Intent::Propose(Errand::Verb(Order { verb: "truncate-log", targets })))
}
