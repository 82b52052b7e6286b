//! The store fails the registry: it refuses, it is full, it is gone, or it is slow.

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{clip, percent, roughly};
use crate::logs::StoreFault;
use crate::sources::bucket::facts::ErrorKind;
use crate::sources::bucket::picture::Health;
use crate::sources::logs::totals::Answered;

/// A line or two may be of one odd object.
const ENOUGH: u64 = 3;
/// So many requests for manifests must have been timed, and so many of a hundred have taken over five seconds, or over
/// one.
const TIMED: u64 = 20;
const STUCK: u64 = 20;
const SLOW: u64 = 50;

/// The store refuses.
pub const REFUSING: Rule = Rule {
    id: "storage-refusing",
    sentence: "The registry's store refuses it, is full, or does not answer",
    impact: Impact::Outage,
    step: "storage-down#does-the-store-refuse",
    explains: &["errors-spread", "pods-throw-errors", "front-door-failing", "canary-fails", "few-tags-fail"],
    look: refusing,
};

/// The store is slow.
pub const SLOWNESS: Rule = Rule {
    id: "storage-slow",
    sentence: "The registry's store answers late",
    impact: Impact::Degraded,
    step: "storage-down#is-the-store-slow",
    explains: &["errors-spread", "front-door-failing", "canary-fails", "autoscaler-at-maximum"],
    look: slow,
};

/// What each kind of fault is, and what to do about it.
const KINDS: [(StoreFault, &str, &str); 3] = [
    (
        StoreFault::Full,
        "has no room left",
        "free room in the store: old logs and uploads first, never blobs by hand",
    ),
    (
        StoreFault::Refused,
        "refuses the registry",
        "compare the registry's credentials and rights with those of yesterday: who changed them, or the key ran out",
    ),
    (
        StoreFault::Gone,
        "does not answer the registry",
        "see the provider's status and the network between; restart nothing until the store answers",
    ),
];

fn refusing(look: &Look<'_>) -> Result<Judgement, Need> {
    let ours = ours(look);
    let logs = match (look.logs(), &ours) {
        (Ok(logs), _) => logs,
        // Without a word of the registry's own, it is the only sign.
        (Err(_), Some(ours)) => return Ok(Judgement::Fires(vec![by_ours(ours.clone())])),
        (Err(need), None) => return Err(need),
    };
    let told = KINDS.iter().filter_map(|kind| Some((kind, logs.ailing.of(kind.0, look.now)?)));
    let worst = told.filter(|(_, (_, count))| *count >= ENOUGH).max_by_key(|(_, (_, count))| *count);
    let totals = logs.answers.lately(look.now);
    let (good, failed) = (totals.all(Answered::Good), totals.all(Answered::Failed));
    let Some(((_, what, next), (ail, count))) = worst else {
        return Ok(match ours {
            Some(ours) if failed >= good && failed > 0 => Judgement::Fires(vec![by_ours(ours)]),
            _ => Judgement::Clear("no line of the registry tells of it".to_owned()),
        });
    };
    let says = format!("{} lines within 5 minutes; the newest: {}", roughly(count), clip(&ail.says));
    let mut evidence = vec![Evidence::proof(Witness::Logs, says).seen(Some(ail.last))];
    if failed > 0 {
        let words = format!("{} of {} answers failed", roughly(failed), roughly(good + failed));
        evidence.push(Evidence::hint(Witness::Logs, words));
    }
    evidence.extend(ours);
    let is_outage = good <= failed;
    Ok(Judgement::Fires(vec![Finding {
        rule: REFUSING.id,
        words: format!("The store {what}: {}", clip(&ail.says)),
        impact: if is_outage { Impact::Outage } else { Impact::Degraded },
        about: Vec::new(),
        since: Some(ail.first),
        evidence,
        against: Vec::new(),
        next: (*next).to_owned(),
        verbs: Vec::new(),
    }]))
}

/// What our own look at the bucket tells.
fn ours(look: &Look<'_>) -> Option<Evidence> {
    let Health::Down { trouble, since } = &look.bucket.health else { return None };
    let counts = [ErrorKind::Denied, ErrorKind::Throttled, ErrorKind::Unreachable].contains(&trouble.kind);
    let words = format!("our own look at the bucket failed: {}: {}", trouble.kind.name(), clip(&trouble.why));
    counts.then(|| Evidence::hint(Witness::Bucket, words).seen(Some(*since)))
}

/// Our own look is the only sign.
fn by_ours(ours: Evidence) -> Finding {
    Finding {
        rule: REFUSING.id,
        words: format!("The store may fail the registry: {}", ours.words),
        impact: Impact::Degraded,
        about: Vec::new(),
        since: ours.seen,
        against: vec![Evidence::hint(Witness::Bucket, "our credentials and network are not the registry's")],
        evidence: vec![ours],
        next:
            "see whether the registry says the same of its store (its log lines), then the provider's status"
                .to_owned(),
        verbs: Vec::new(),
    }
}

fn slow(look: &Look<'_>) -> Result<Judgement, Need> {
    let logs = look.logs()?;
    let told = logs.ailing.of(StoreFault::Slow, look.now).filter(|(_, count)| *count >= ENOUGH);
    let totals = logs.answers.lately(look.now);
    let is_late = totals.timed >= TIMED
        && (totals.stuck * 100 >= STUCK * totals.timed || totals.slow * 100 >= SLOW * totals.timed);
    if told.is_none() && !is_late {
        return Ok(match totals.timed {
            ..TIMED => {
                Judgement::Unknown(vec![Need::waiting("enough requests for manifests with their times")])
            }
            timed => Judgement::Clear(format!(
                "{} of {} requests for manifests took over a second",
                percent(totals.slow, timed).replace("all", "100 %"),
                roughly(timed)
            )),
        });
    }
    let mut evidence = Vec::new();
    if let Some((ail, count)) = &told {
        let says = format!("{} lines within 5 minutes; the newest: {}", roughly(*count), clip(&ail.says));
        evidence.push(Evidence::proof(Witness::Logs, says).seen(Some(ail.last)));
    }
    let late = format!(
        "{} of requests for manifests take over a second, {} over five",
        percent(totals.slow, totals.timed),
        percent(totals.stuck, totals.timed)
    );
    if is_late {
        evidence.push(Evidence::hint(Witness::Logs, late.clone()));
    }
    let words = match &told {
        Some((ail, _)) => format!("The store answers late: {}", clip(&ail.says)),
        None => format!("The store answers late, as it seems: {late}"),
    };
    Ok(Judgement::Fires(vec![Finding {
        rule: SLOWNESS.id,
        words,
        impact: SLOWNESS.impact,
        about: Vec::new(),
        since: told.map(|(ail, _)| ail.first),
        evidence,
        against: Vec::new(),
        next: "see the provider's status and the registry's load; slow down what is not urgent (clean-ups, mirrors)".to_owned(),
        verbs: Vec::new(),
    }]))
}

#[cfg(test)]
mod tests {
    use super::super::told::World;
    use super::*;
    use crate::logs::Layer;
    use crate::sources::logs::totals::{Operation, Totals};

    const FULL: &str = r#"level=error msg="response completed with error" err.code=unknown err.detail="filesystem: write /srv/registry/x/startedat: no space left on device" err.message="unknown error" http.request.method=POST http.request.uri=/v2/group/other/blobs/uploads/ http.response.status=500"#;

    fn says(world: World, rule: &Rule, said: &str) {
        let says = world.says(rule);
        assert!(says.starts_with(said), "{says}\nnot {said}");
    }

    #[test]
    fn the_registry_s_own_words_prove_it_and_our_own_look_hints_at_it() {
        let totals = |good, failed| {
            [(Operation::Push, Answered::Good, good), (Operation::Push, Answered::Failed, failed)]
        };
        says(World::dark(), &REFUSING, "unknown: logs: not watched");
        says(World::watched(), &REFUSING, "clear: no line of the registry tells of it");
        says(World::watched().said(FULL, 2), &REFUSING, "clear");
        says(World::watched().said(FULL, 3), &REFUSING, "fires: The store has no room left: ");
        let denied = FULL.replace("no space left on device", "permission denied");
        says(World::watched().said(&denied, 5), &REFUSING, "fires: The store refuses the registry: ");
        let gone = FULL.replace("filesystem: write", "gcs: googleapi: Error 503");
        says(
            World::watched().said(&gone.replace(": no space left on device", ""), 5),
            &REFUSING,
            "fires: The store does not answer",
        );
        let down = |world: World| world.store_down(ErrorKind::Denied, "no permission to list");
        says(down(World::dark()), &REFUSING, "fires: The store may fail the registry: our own look");
        says(down(World::watched()), &REFUSING, "clear: no line");
        says(down(World::watched().totals(&totals(100, 3))), &REFUSING, "clear: no line");
        says(
            down(World::watched().totals(&totals(3, 100))),
            &REFUSING,
            "fires: The store may fail the registry",
        );
        assert_eq!(
            World::watched().said(FULL, 3).totals(&totals(100, 3)).finding(&REFUSING).impact,
            Impact::Degraded
        );
        assert_eq!(
            World::watched().said(FULL, 9).totals(&totals(3, 90)).finding(&REFUSING).impact,
            Impact::Outage
        );
        assert_eq!(down(World::dark()).finding(&REFUSING).against.len(), 1);
    }

    #[test]
    fn times_of_manifests_and_timeouts_tell_that_it_is_slow() {
        let timed = |timed, slow, stuck| {
            let at = super::super::told::at(super::super::told::NOW - 30);
            let mut totals = Totals::at(at, Layer::Registry);
            (totals.timed, totals.slow, totals.stuck) = (timed, slow, stuck);
            World::watched()
                .take_totals("pod-a/registry", totals.with(Operation::Manifest, Answered::Good, timed))
        };
        says(World::dark(), &SLOWNESS, "unknown: logs: not watched");
        says(timed(19, 19, 19), &SLOWNESS, "unknown: enough requests");
        says(timed(100, 49, 19), &SLOWNESS, "clear: 49 % of some 100");
        says(timed(100, 50, 0), &SLOWNESS, "fires: The store answers late, as it seems: 50 %");
        says(timed(100, 20, 20), &SLOWNESS, "fires: The store answers late, as it seems: 20 %");
        let slow = FULL.replace(
            "filesystem: write /srv/registry/x/startedat: no space left on device",
            "swift: Timeout when reading or writing data",
        );
        says(World::watched().said(&slow, 4), &SLOWNESS, "fires: The store answers late: ");
    }
}
