//! Steps that empty log files of this host: done, and what is seen before and after. Nothing takes them back.

use super::inverse::Inverse;
use super::resume::Rest;
use crate::model::{Act, EmptyLog, Item, Permit, Proof, StepOutcome};
use crate::proposals::truncate_log::mib;
use crate::sources::logs::emptying::{NotEmptied, Seen, empty, look};

/// Empties it, if it is still the same file.
pub async fn set_to_nothing(permit: Permit, log: &EmptyLog) -> StepOutcome {
    let log = log.clone();
    match tokio::task::spawn_blocking(move || empty(permit, &log)).await {
        Ok(Ok(0)) => StepOutcome::Already { why: "it was empty already".to_owned() },
        Ok(Ok(_)) => StepOutcome::Done { version: None },
        Ok(Err(why @ NotEmptied::Changed(_))) => StepOutcome::Changed { why: why.to_string() },
        Ok(Err(why @ NotEmptied::Failed { .. })) => StepOutcome::Failed { why: why.to_string() },
        Err(stopped) => StepOutcome::Failed { why: stopped.to_string() },
    }
}

/// What was lost stays lost.
pub fn inverse(log: &EmptyLog) -> Inverse {
    Inverse::Left(format!("what stood in {} was not kept, so it cannot come back", log.path))
}

/// Whether it is still to be emptied; where that was begun and nobody knows how it ended, what is there may be new.
pub async fn rest(log: &EmptyLog, is_open: bool) -> Rest {
    match seen(&log.path).await {
        Err(why) => Rest::Changed(why),
        Ok(now) if (now.file.device, now.file.inode) != (log.device, log.inode) => {
            Rest::Changed(NotEmptied::Changed(log.path.clone()).to_string())
        }
        // Whoever writes to it has begun anew since.
        Ok(now) if now.file.size < log.size => Rest::Done,
        Ok(now) if is_open => Rest::Changed(format!(
            "whether {} was emptied is not known: {} are in it, which may have been written since",
            log.path,
            mib(now.file.size)
        )),
        Ok(_) => Rest::ToDo,
    }
}

/// What the files hold and what their disks have free.
pub async fn proofs(item: &Item) -> Vec<Proof> {
    let mut proofs = Vec::new();
    for step in &item.steps {
        let Act::EmptyLog(log) = &step.act else { continue };
        let before = match seen(&log.path).await {
            Ok(now) => format!(
                "{} in it, {} of {} free on its disk",
                mib(now.file.size),
                mib(now.file.free),
                mib(now.total)
            ),
            Err(why) => why,
        };
        proofs.push(Proof { of: log.path.clone(), before, after: None });
    }
    proofs
}

async fn seen(path: &str) -> Result<Seen, String> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || look(&path)).await.unwrap_or_else(|stopped| Err(stopped.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_may_have_been_emptied_and_has_grown_again_is_not_emptied_silently() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        std::fs::write(&path, "grown again\n").unwrap();
        let log = look(path.to_str().unwrap()).unwrap().file;
        let known = rest(&log, true).await;
        assert!(matches!(known, Rest::Changed(why) if why.contains("is not known")));
        assert!(matches!(rest(&log, false).await, Rest::ToDo));
        std::fs::write(&path, "").unwrap();
        assert!(matches!(rest(&log, true).await, Rest::Done));
    }
}
