//! Empties a log file of this host where it lies, so that its disk has room again.

use super::words::blank;
use super::{Ground, NoProposal};
use crate::model::{Act, Item, Step, Subject, Target};
use crate::sources::logs::emptying::{Seen, look};

const LOST: &str = "all that stands in it is lost, and nothing of it is kept: this CANNOT be taken back. Copy what is \
                    still needed to another disk first";
const STAYS: &str = "the file stays the same one, so whoever writes to it goes on; Docker, rsyslog and HAProxy's daemons \
                     append, so no hole is left. A writer that does not append goes on at its old place";
const SYMPTOM: &str = "it cures the symptom only: while the same goes on being written, the disk fills again. Stop what \
                       is asked over and over, and set limits (max-size and max-file of Docker's json-file, logrotate)";

pub async fn item(_: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let Subject::LogFile(path) = &target.subject else {
        return Err(NoProposal::NotHere(format!("{} is no log file of this host", target.subject)));
    };
    let path = path.clone();
    let seen = tokio::task::spawn_blocking(move || look(&path)).await;
    let Seen { file, total, names } =
        seen.map_err(|stopped| NoProposal::Unread(stopped.to_string()))?.map_err(NoProposal::NotHere)?;
    if file.size == 0 {
        return Err(NoProposal::NotHere(format!("{} is empty already", file.path)));
    }
    let mut mind = vec![LOST.to_owned()];
    if names > 1 {
        mind.push(format!("the file has {names} names, and is emptied under all of them"));
    }
    mind.extend([STAYS, SYMPTOM].map(str::to_owned));
    Ok(Item {
        before: format!(
            "{} in the file; {} of {} free on its disk",
            mib(file.size),
            mib(file.free),
            mib(total)
        ),
        after: format!("an empty file; up to {} more free", mib(file.size)),
        mind,
        steps: vec![Step {
            key: file.path.clone(),
            size: Some(file.size),
            modified: None,
            guards: Vec::new(),
            act: Act::EmptyLog(Box::new(file)),
        }],
        ..blank(&target.subject)
    })
}

/// Bytes in the unit in which disks are spoken of.
pub fn mib(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mebi @ 1..10_240 => format!("{mebi} MiB"),
        mebi => format!("{} GiB", mebi >> 10),
    }
}
