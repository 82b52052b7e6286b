//! A log grows so fast that its disk will be full soon, or is.

use std::time::Duration;

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::left;
use crate::model::Subject;
use crate::sources::logs::picture::Filling;

/// A disk that lasts longer than this is nobody's business at night.
const SOON: Duration = Duration::from_hours(24);
/// A disk with less than this part free (of a thousand) is full: what is written next may not fit.
const FULL: u64 = 5;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "log-fills-disk",
    title: "a log fills its disk",
    sentence: "A log grows so fast that its disk will be full within a day, or is full",
    impact: Impact::Risk,
    step: "endless-deletes#is-a-log-filling-the-disk",
    explains: &[],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let logs = look.logs()?;
    let all = logs.growth.filling(look.now);
    if all.is_empty() && logs.growth.is_watched() {
        return Err(Need::waiting("a log file on this host, watched for long enough"));
    }
    if all.is_empty() {
        return Err(Need::off("a log file on this host whose disk can be looked at"));
    }
    let mut fires: Vec<_> = all.iter().filter(|one| is_full(one)).collect();
    fires.extend(all.iter().filter(|one| !is_full(one) && is_full_soon(one)));
    // Several files on one disk fill the same one: the fastest is told.
    fires.dedup_by_key(|one| (one.total, one.free));
    if fires.is_empty() {
        let least = all.iter().filter_map(|one| one.left).min();
        return Ok(Judgement::Clear(match least {
            Some(time) => format!("the disk lasts {} at this pace", left(time)),
            None => "the disk does not fill".to_owned(),
        }));
    }
    Ok(Judgement::Fires(fires.into_iter().map(finding).collect()))
}

fn is_full(one: &Filling) -> bool {
    u128::from(one.free) * 1000 <= u128::from(one.total) * u128::from(FULL) && one.per_hour > 0
        || one.free == 0
}

/// Whether it is full soon, and the log has a good part in that.
fn is_full_soon(one: &Filling) -> bool {
    let by_itself = one.free as f64 / one.per_hour as f64 * 3600.0;
    one.left.is_some_and(|left| left < SOON && by_itself <= left.as_secs_f64() * 5.0)
}

fn finding(one: &Filling) -> Finding {
    let (path, time) = (&one.path, one.left.map(left));
    let words = match (&time, is_full(one)) {
        (_, true) => format!("The disk of a log is full: {path}"),
        (Some(time), false) => format!("The disk of a log is full in {time} at this pace: {path}"),
        (None, false) => format!("The disk of a log fills: {path}"),
    };
    let grows = format!("{path} grows by {} an hour", size(one.per_hour));
    let disk = format!("{} of {} are free", size(one.free), size(one.total));
    Finding {
        rule: RULE.id,
        words,
        impact: if is_full(one) { Impact::Outage } else { RULE.impact },
        about: vec![Subject::LogFile(path.clone())],
        since: None,
        evidence: vec![Evidence::proof(Witness::Logs, disk), Evidence::hint(Witness::Logs, grows)],
        against: Vec::new(),
        next: "stop what writes it; if that takes too long, empty the file (its lines are lost)".to_owned(),
        verbs: vec!["truncate-log"],
    }
}

/// A size in a unit that stays for a while.
fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => "under 1 MiB".to_owned(),
        mebibytes @ ..10_240 => format!("{mebibytes} MiB"),
        mebibytes => format!("{} GiB", mebibytes >> 10),
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::{NOW, World, at};
    use super::*;
    use crate::sources::logs::facts::Fact;

    const GIB: u64 = 1 << 30;

    /// The file grew by so many bytes within a minute, and so many were free then.
    fn disk(grown: u64, free_before: u64, free: u64) -> World {
        let mut world = World::watched();
        for (second, size, free) in [(NOW - 70, 0, free_before), (NOW - 10, grown, free)] {
            let path = "/var/lib/docker/containers/c/c-json.log".to_owned();
            let disk = Fact::Disk { stream: "pod-a/registry".into(), path, size, free, total: 100 * GIB };
            world.logs.fold(&disk, at(second));
        }
        world
    }

    fn seen_once() -> World {
        let (stream, path) = ("pod-a/registry".into(), "/var/log/registry.log".to_owned());
        let mut world = World::watched();
        world.logs.fold(&Fact::Disk { stream, path, size: 0, free: GIB, total: GIB }, at(NOW - 2));
        world
    }

    #[test]
    fn a_disk_must_be_full_soon_by_a_log() {
        const MIB: u64 = 1 << 20;
        for (world, said) in [
            (World::dark(), "unknown: logs: not watched"),
            (World::watched(), "unknown: a log file on this host whose disk can be looked at: not watched"),
            (seen_once(), "unknown: a log file on this host, watched for long enough: no answer yet"),
            (disk(0, 50 * GIB, 50 * GIB), "clear: the disk does not fill"),
            (disk(MIB, 50 * GIB, 50 * GIB), "clear: the disk lasts 35 d"),
            (
                disk(100 * MIB, 50 * GIB, 50 * GIB),
                "fires: The disk of a log is full in 8 h at this pace: /var/lib/docker/containers/c/c-json.log",
            ),
            (disk(MIB, 50 * GIB, 30 * GIB), "clear: the disk lasts 1 min"),
            (
                disk(100 * MIB, GIB, GIB / 4),
                "fires: The disk of a log is full: /var/lib/docker/containers/c/c-json.log",
            ),
            (disk(0, 0, 0), "fires: The disk of a log is full: /var/lib/docker/containers/c/c-json.log"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
        assert_eq!(disk(100 * MIB, 50 * GIB, 50 * GIB).finding(&RULE).impact, Impact::Risk);
        assert_eq!(disk(MIB, MIB, 0).finding(&RULE).impact, Impact::Outage);
    }
}
