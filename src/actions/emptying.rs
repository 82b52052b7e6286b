//! Which log files can be emptied from here, and why others cannot.

use crate::event::{Errand, Intent};
use crate::model::{Order, Subject, Target};
use crate::state::State;

const NOT_HERE: &str = "only a log file has that";
const NOT_FOLLOWED: &str = "no log of this host that is followed lies in this file";

/// Whether it is a log file of this host.
pub const fn is_log_file(subject: &Subject) -> bool {
    matches!(subject, Subject::LogFile(_))
}

/// The intent to empty a log file where it lies.
///
/// # Errors
///
/// Why that does not apply.
pub fn order(state: &State, subject: &Subject) -> Result<Intent, &'static str> {
    let Subject::LogFile(path) = subject else { return Err(NOT_HERE) };
    let disks = state.logs.streams.all.values().filter_map(|stream| stream.disk.as_ref());
    if !disks.into_iter().any(|disk| disk.path == *path) {
        return Err(NOT_FOLLOWED);
    }
    let targets = vec![Target { subject: subject.clone(), object: None }];
    Ok(Intent::Propose(Errand::Verb(Order { verb: "truncate-log", targets })))
}
