//! The store fails the registry: it refuses, it is full, it is gone, or it is slow.

use jiff::Timestamp;

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{clip, percent, roughly};
use crate::logs::StoreFault;
use crate::sources::bucket::facts::ErrorKind;
use crate::sources::bucket::picture::Health;
use crate::sources::logs;
use crate::sources::logs::facts::Origin;
use crate::sources::logs::picture::Ail;
use crate::sources::logs::totals::{Answered, Operation};

/// A line or two may be of one odd object.
const ENOUGH: u64 = 3;
/// So many different things it must be, unless nearly all fails.
const OBJECTS: usize = 3;
/// So many of a hundred answers must tell of it, or so many of a hundred pushes have failed: a busy store fails a
/// request now and then.
const SHARE: u64 = 1;
const WRITES: u64 = 10;
/// So many requests for manifests must have been timed, and so many of a hundred have taken over five seconds, or over
/// one.
const TIMED: u64 = 20;
/// Where more were, so many of a hundred of five minutes: some fifteen seconds, so that a hiccup is none.
const NEWEST: u64 = 5;
const STUCK: u64 = 20;
const SLOW: u64 = 50;

/// The store refuses.
pub const REFUSING: Rule = Rule {
    id: "storage-refusing",
    title: "store refuses",
    sentence: "The registry's store refuses it, is full, or does not answer",
    impact: Impact::Outage,
    step: "storage-down#does-the-store-refuse",
    explains: &["errors-spread", "pods-throw-errors", "front-door-failing", "canary-fails", "few-tags-fail"],
    look: refusing,
};

/// The store is slow.
pub const SLOWNESS: Rule = Rule {
    id: "storage-slow",
    title: "store is slow",
    sentence: "The registry's store answers late",
    impact: Impact::Degraded,
    step: "storage-down#is-the-store-slow",
    explains: &["errors-spread", "front-door-failing", "canary-fails", "autoscaler-at-maximum"],
    look: slow,
};

/// A kind of fault.
struct Kind {
    fault: StoreFault,
    /// What the store does, and what to do about it.
    what: &'static str,
    next: &'static str,
    /// Whether it is of the whole store, whatever object it is told of.
    is_whole: bool,
}

const KINDS: [Kind; 3] = [
    Kind {
        fault: StoreFault::Full,
        what: "has no room left",
        next: "free room in the store: old logs and uploads first, never blobs by hand",
        is_whole: true,
    },
    Kind {
        fault: StoreFault::Refused,
        what: "refuses the registry",
        next: "compare the registry's credentials and rights with those of yesterday: who changed them, or the key ran out",
        is_whole: false,
    },
    Kind {
        fault: StoreFault::Gone,
        what: "does not answer the registry",
        next: "see the provider's status and the network between; restart nothing until the store answers",
        is_whole: false,
    },
];

/// How requests were answered, as far as that tells of the store.
struct Answers {
    good: u64,
    failed: u64,
    all: u64,
    /// Pushes and their steps, and those that failed.
    writes: (u64, u64),
    /// Whether good answers are told of at all.
    is_counted: bool,
}

impl Answers {
    fn of(answers: &logs::picture::Answers, now: Timestamp) -> Self {
        let totals = answers.lately(now);
        let writes = [Operation::Push, Operation::Other, Operation::Delete];
        let sum = |of: &dyn Fn(Operation) -> u64| writes.into_iter().map(of).sum::<u64>();
        Self {
            good: totals.all(Answered::Good),
            failed: totals.all(Answered::Failed),
            all: totals.answers(),
            writes: (
                sum(&|operation| totals.answers_to(operation)),
                sum(&|operation| totals.of(operation, Answered::Failed)),
            ),
            is_counted: answers.tells_of_good(),
        }
    }

    /// Whether at least as much fails as is known to go well.
    const fn is_most(&self) -> bool {
        self.failed > 0 && self.failed >= self.good
    }

    const fn is_outage(&self) -> bool {
        self.is_counted && self.is_most()
    }

    /// Whether so many lines are a part that counts.
    const fn is_share(&self, lines: u64) -> bool {
        let (writes, failed) = self.writes;
        lines * 100 >= SHARE * self.all || failed > 0 && failed * 100 >= WRITES * writes
    }
}

/// What the registry says of its store.
struct Told<'a> {
    kind: &'a Kind,
    ail: &'a Ail,
    lines: u64,
    objects: usize,
}

impl Told<'_> {
    fn is_wide(&self) -> bool {
        self.kind.is_whole || self.objects >= OBJECTS
    }

    /// Whether it is more than some odd objects, or a few of very many requests.
    fn counts(&self, answers: &Answers) -> bool {
        let is_share = self.kind.is_whole || !answers.is_counted || answers.is_share(self.lines);
        self.lines >= ENOUGH && (self.is_wide() && is_share || answers.is_outage())
    }

    /// Whether nothing else can be behind it.
    fn is_sure(&self, answers: &Answers) -> bool {
        self.kind.is_whole || self.is_wide() && answers.is_counted
    }
}

fn refusing(look: &Look<'_>) -> Result<Judgement, Need> {
    let ours = ours(look);
    let logs = match (look.logs(), &ours) {
        (Ok(logs), _) => logs,
        // Without a word of the registry's own, it is the only sign.
        (Err(_), Some(ours)) => return Ok(Judgement::Fires(vec![by_ours(ours.clone())])),
        (Err(need), None) => return Err(need),
    };
    let answers = Answers::of(&logs.answers, look.now);
    let told = KINDS.iter().filter_map(|kind| {
        let (ail, lines) = logs.ailing.of(kind.fault, look.now)?;
        Some(Told { kind, ail, lines, objects: logs.ailing.objects(kind.fault, look.now) })
    });
    let told: Vec<_> = told.collect();
    let worst = told.iter().filter(|told| told.counts(&answers)).max_by_key(|told| told.lines);
    Ok(match (worst, ours) {
        (Some(worst), ours) => Judgement::Fires(vec![by_registry(worst, &answers, ours)]),
        (None, Some(ours)) if answers.is_most() => Judgement::Fires(vec![by_ours(ours)]),
        (None, _) => match told.iter().map(|told| told.lines).sum() {
            0 if !is_heard(logs) => Judgement::Unknown(vec![Need::waiting("lines of the registry itself")]),
            0 => Judgement::Clear("no line of the registry tells of it".to_owned()),
            lines => {
                Judgement::Clear(format!("too little for that: {} lines within 5 minutes", roughly(lines)))
            }
        },
    })
}

/// Whether the registry's own lines are read: those of a load balancer tell nothing of the store.
fn is_heard(logs: &logs::picture::Picture) -> bool {
    let is_pod = |one: &logs::picture::Stream| one.origin == Some(Origin::Kubernetes) && one.health.is_live();
    logs.ailing.is_heard || logs.streams.all.values().any(is_pod)
}

fn by_registry(worst: &Told<'_>, answers: &Answers, ours: Option<Evidence>) -> Finding {
    let (kind, ail) = (worst.kind, worst.ail);
    let says = format!("{} lines within 5 minutes; the newest: {}", roughly(worst.lines), clip(&ail.says));
    let told = if worst.is_sure(answers) { Evidence::proof } else { Evidence::hint };
    let mut evidence = vec![told(Witness::Logs, says).seen(Some(ail.last))];
    if answers.is_counted && answers.failed > 0 {
        let all = roughly(answers.good + answers.failed);
        let words = format!("{} of {all} answers failed", roughly(answers.failed));
        evidence.push(Evidence::hint(Witness::Logs, words));
    }
    evidence.extend(ours);
    let is_outage = answers.is_outage() && worst.is_wide();
    Finding {
        rule: REFUSING.id,
        words: format!("The store {}: {}", kind.what, clip(&ail.says)),
        impact: if is_outage { Impact::Outage } else { Impact::Degraded },
        about: Vec::new(),
        since: Some(ail.first),
        evidence,
        against: Vec::new(),
        next: kind.next.to_owned(),
        verbs: Vec::new(),
    }
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
    let all = logs.answers.lately(look.now).timed;
    let totals = logs.answers.newest(look.now, TIMED.max(all * NEWEST / 100));
    let is_late = totals.timed >= TIMED
        && (totals.stuck * 100 >= STUCK * totals.timed || totals.slow * 100 >= SLOW * totals.timed);
    if told.is_none() && !is_late {
        return Ok(match totals.timed {
            ..TIMED => {
                Judgement::Unknown(vec![Need::waiting("enough requests for manifests with their times")])
            }
            timed => Judgement::Clear(format!(
                "{} of the newest requests for manifests took over a second",
                percent(totals.slow, timed).replace("all", "100 %"),
            )),
        });
    }
    let mut evidence = Vec::new();
    if let Some((ail, count)) = &told {
        let says = format!("{} lines within 5 minutes; the newest: {}", roughly(*count), clip(&ail.says));
        evidence.push(Evidence::proof(Witness::Logs, says).seen(Some(ail.last)));
    }
    let late = format!(
        "{} of the newest requests for manifests took over a second, {} over five",
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
    use super::super::told::{NOW, World, at};
    use super::*;
    use crate::logs::Layer;
    use crate::sources::logs::facts::Fact;
    use crate::sources::logs::totals::Totals;

    const FULL: &str = r#"level=error msg="response completed with error" err.code=unknown err.detail="filesystem: write /srv/registry/x/startedat: no space left on device" err.message="unknown error" http.request.method=POST http.request.uri=/v2/group/other/blobs/uploads/ http.response.status=500"#;

    const DENIED: &str = r#"level=error msg="response completed with error" err.code=unknown err.detail="filesystem: open /srv/docker/registry/v2/repositories/group/other/link: permission denied" err.message="unknown error" http.request.method=GET http.request.uri=/v2/group/other/manifests/v1 http.response.status=500"#;
    const GONE: &str = r#"level=error msg="response completed with error" err.code=unknown err.detail="gcs: googleapi: Error 503: Backend Error" err.message="unknown error" http.request.method=GET http.request.uri=/v2/group/other/manifests/v1 http.response.status=503"#;

    /// The registry said so of so many images, so often of each.
    fn of_images(world: World, line: &str, images: usize, times: usize) -> World {
        (0..images).fold(world, |world, number| {
            world.said(&line.replace("group/other", &format!("group/image-{number}")), times)
        })
    }

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
        says(of_images(World::watched(), DENIED, 3, 1), &REFUSING, "fires: The store refuses the registry: ");
        says(of_images(World::watched(), GONE, 3, 2), &REFUSING, "fires: The store does not answer");
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
    fn it_must_be_a_part_that_counts_and_more_than_one_odd_object() {
        use crate::diagnosis::finding::Confidence::{Certain, Possible};
        let totals = |operation, good, failed| {
            World::watched().totals(&[
                (Operation::Manifest, Answered::Good, good),
                (operation, Answered::Failed, failed),
                (Operation::Other, Answered::Good, 20),
            ])
        };
        let pulls = |good, failed| totals(Operation::Manifest, good, failed);
        for (world, said) in [
            (of_images(pulls(100, 3), DENIED, 1, 3), "clear: too little for that: 3 lines"),
            (of_images(World::watched(), DENIED, 1, 9), "clear: too little for that: 9 lines"),
            (of_images(pulls(0, 30), DENIED, 1, 9), "fires: The store refuses"),
            (of_images(pulls(100, 3), DENIED, 3, 1), "fires: The store refuses"),
            (of_images(pulls(5000, 3), GONE, 3, 1), "clear: too little"),
            (of_images(pulls(5000, 60), GONE, 3, 20), "fires: The store does not answer"),
            (of_images(totals(Operation::Other, 5000, 3), GONE, 3, 1), "fires: The store does not answer"),
            (of_images(pulls(5000, 3), FULL, 1, 3), "fires: The store has no room left"),
        ] {
            says(world, &REFUSING, said);
        }
        for (world, confidence, impact) in [
            (of_images(pulls(0, 30), DENIED, 3, 9), Certain, Impact::Outage),
            (of_images(pulls(0, 30), DENIED, 1, 9), Possible, Impact::Degraded),
            (of_images(pulls(100, 3), DENIED, 3, 1), Certain, Impact::Degraded),
            (of_images(World::watched(), DENIED, 3, 9), Possible, Impact::Degraded),
            (World::watched().said(FULL, 9), Certain, Impact::Degraded),
        ] {
            let finding = world.finding(&REFUSING);
            assert_eq!((finding.confidence(at(NOW)), finding.impact), (confidence, impact), "{finding:?}");
        }
    }

    #[test]
    fn a_load_balancer_s_lines_tell_nothing_of_the_store() {
        let mut world = World::dark();
        world.watched.logs = true;
        let stream = || "/var/log/haproxy.log".into();
        let fold = |world: &mut World, fact| world.logs.fold(&fact, at(NOW - 60));
        fold(&mut world, Fact::Opening { stream: stream(), origin: Origin::File });
        fold(&mut world, Fact::Live { stream: stream() });
        says(world, &REFUSING, "unknown: lines of the registry itself");
    }

    #[test]
    fn times_of_manifests_and_timeouts_tell_that_it_is_slow() {
        let timed = |timed, slow, stuck| {
            let mut totals = Totals::at(at(NOW - 30), Layer::Registry);
            (totals.timed, totals.slow, totals.stuck) = (timed, slow, stuck);
            World::watched()
                .take_totals("pod-a/registry", totals.with(Operation::Manifest, Answered::Good, timed))
        };
        says(World::dark(), &SLOWNESS, "unknown: logs: not watched");
        says(timed(19, 19, 19), &SLOWNESS, "unknown: enough requests");
        says(timed(100, 49, 19), &SLOWNESS, "clear: 49 % of the newest");
        says(timed(100, 50, 0), &SLOWNESS, "fires: The store answers late, as it seems: 50 %");
        says(timed(100, 20, 20), &SLOWNESS, "fires: The store answers late, as it seems: 20 %");
        let slow = FULL.replace(
            "filesystem: write /srv/registry/x/startedat: no space left on device",
            "swift: Timeout when reading or writing data",
        );
        says(World::watched().said(&slow, 4), &SLOWNESS, "fires: The store answers late: ");
    }
}
