//! Every scenario over the wire servers, with the real sources and rules: what the verdict says, how soon, and what else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::cli::{Arming, Shelf, demonstration};
use quarterdeck::diagnosis::finding::Confidence;
use quarterdeck::diagnosis::rules::RULES;
use quarterdeck::diagnosis::verdict::Diagnosis;
use quarterdeck::runtime::look_on;
use quarterdeck::staging::scenario;
use quarterdeck::state::State;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// After what is shown last, the verdict has so long, and then has to stay.
const SOON: Duration = Duration::from_secs(10);
const LASTING: Duration = Duration::from_secs(3);
/// Nobody is believed to find nothing before this.
const PATIENCE: Duration = Duration::from_secs(4);
/// Scenarios whose verdict is not what it should be yet: they are shown, and held against nothing.
const NOT_YET: &[&str] =
    &["bucket-slow", "errors-spread", "front-door-down", "pods-throw-errors", "slow-bucket-and-maintenance"];
/// Scenarios that are played at once.
const AT_ONCE: usize = 12;

/// The causes of a verdict by rule, the first line first.
type Causes = Vec<&'static str>;

/// What was seen of one scenario.
struct Seen {
    name: &'static str,
    wanted: Vec<String>,
    /// What has to be found to follow from it.
    follows: Vec<String>,
    /// When the verdict became right for good, after the last fault was shown.
    right: Option<Duration>,
    /// Every verdict that differed from the one before, with its time after the start.
    verdicts: Vec<(Duration, Causes)>,
    confidence: Option<Confidence>,
    symptoms: BTreeSet<&'static str>,
    words: Vec<String>,
}

fn causes(diagnosis: &Diagnosis) -> Causes {
    diagnosis.causes.iter().map(|cause| cause.finding.rule).collect()
}

fn is_right(causes: &Causes, wanted: &[String]) -> bool {
    let all = wanted.iter().all(|id| causes.iter().any(|cause| cause == id));
    let no_other = causes.iter().all(|cause| wanted.iter().any(|id| id == cause));
    all && no_other && causes.first().copied() == wanted.first().map(String::as_str)
}

/// Plays a scenario until its verdict has lasted, or the time is over.
async fn play(name: &'static str, shelf: Arc<Shelf>, room: Arc<Semaphore>) -> Seen {
    let _room = room.acquire_owned().await.unwrap();
    let shown = demonstration(Some(name), &Arming::default(), Some(shelf)).ok().unwrap();
    let scenario = shown.scenario;
    let mut seen = Seen {
        name,
        wanted: scenario.causes.clone(),
        follows: scenario.follows.clone(),
        right: None,
        verdicts: Vec::new(),
        confidence: None,
        symptoms: BTreeSet::new(),
        words: Vec::new(),
    };
    shown.environment.serve(|_| ()).unwrap();
    let (started, last) = (Instant::now(), scenario.length());
    let look = |state: &State| {
        let (at, diagnosis) = (started.elapsed(), state.diagnosis());
        let causes = causes(diagnosis);
        if seen.verdicts.last().map_or(&Causes::new(), |(_, before)| before) != &causes {
            seen.verdicts.push((at, causes.clone()));
        }
        // Nothing may be found where nothing is wrong, not even while everything comes up.
        let symptoms: BTreeSet<_> = diagnosis.findings().map(|finding| finding.rule).collect();
        let follows = seen.follows.iter().all(|id| symptoms.contains(id.as_str()));
        let counts = is_right(&causes, &seen.wanted) && follows;
        seen.right = seen.right.filter(|_| counts).or_else(|| counts.then(|| at.saturating_sub(last)));
        seen.confidence = diagnosis.causes.first().map(|cause| cause.confidence);
        seen.symptoms = symptoms;
        seen.words = diagnosis.causes.iter().map(|cause| cause.finding.words.clone()).collect();
        seen.right.is_some_and(|right| at >= last + right.max(PATIENCE) + LASTING)
    };
    // Nothing need ever happen again, so the observation ends by the clock.
    let _ = tokio::time::timeout(last + SOON + LASTING, look_on(shown.options, look)).await;
    let _ = std::fs::remove_dir_all(shown.folder.path());
    seen
}

impl Seen {
    fn last(&self) -> Causes {
        self.verdicts.last().map(|(_, causes)| causes.clone()).unwrap_or_default()
    }

    /// What is wrong with what was seen.
    fn complaint(&self) -> Option<String> {
        let last = self.last();
        match self.right {
            Some(right) if right > SOON => Some(format!("right only after {:.1} s", right.as_secs_f64())),
            Some(_) if self.wanted.is_empty() && !self.verdicts.is_empty() => {
                Some(format!("found something: {:?}", self.verdicts))
            }
            Some(_) => None,
            None => Some(format!("wanted {:?}, found {last:?} and {:?}", self.wanted, self.symptoms)),
        }
    }

    fn row(&self) -> String {
        let last = self.last();
        let of = |wanted: bool| {
            let rules = last.iter().filter(|id| self.wanted.iter().any(|it| it == *id) == wanted);
            rules.copied().collect::<Vec<_>>().join(" ")
        };
        let symptoms: Vec<_> = self.symptoms.iter().filter(|id| !last.contains(id)).copied().collect();
        let confidence = self.confidence.map_or("-", Confidence::name);
        let after = self.right.map_or_else(|| "-".to_owned(), |it| format!("{:.1} s", it.as_secs_f64()));
        format!(
            "{:<34}{:<42}{after:>7}  {confidence:<10}{:<30}{}",
            self.name,
            of(true),
            of(false),
            symptoms.join(" ")
        )
    }
}

/// The table, and the matrix of causes that a scenario contains against those that were found.
fn told(all: &[Seen]) -> String {
    let mut text = format!(
        "{:<34}{:<42}{:>7}  {:<10}{:<30}{}\n",
        "scenario", "cause found", "after", "confidence", "other causes", "follows from it"
    );
    for seen in all {
        let _ = writeln!(text, "{}", seen.row());
    }
    let _ =
        writeln!(text, "\n{:<30}{:>10}{:>8}{:>8}  found instead", "cause", "scenarios", "found", "missed");
    let mut rows: BTreeMap<&str, (u32, u32, BTreeSet<&str>)> = BTreeMap::new();
    for seen in all {
        let last = seen.last();
        let others: Vec<_> =
            last.iter().filter(|id| !seen.wanted.iter().any(|it| it == *id)).copied().collect();
        for wanted in
            seen.wanted.iter().map(String::as_str).chain(seen.wanted.is_empty().then_some("(nothing)"))
        {
            let row = rows.entry(wanted).or_default();
            row.0 += 1;
            row.1 += u32::from(last.contains(&wanted) || (seen.wanted.is_empty() && last.is_empty()));
            row.2.extend(&others);
        }
    }
    for (cause, (scenarios, found, others)) in rows {
        let others: Vec<_> = others.into_iter().collect();
        let missed = scenarios - found;
        let _ = writeln!(text, "{cause:<30}{scenarios:>10}{found:>8}{missed:>8}  {}", others.join(" "));
    }
    text
}

#[test]
fn every_cause_of_a_scenario_is_a_rule_and_every_rule_is_played() {
    let all = || scenario::names().map(|name| scenario::find(name).unwrap().unwrap());
    let played: BTreeSet<_> =
        all().flat_map(|scenario| [scenario.causes, scenario.follows].concat()).collect();
    let known: BTreeSet<_> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    let unknown: Vec<_> = played.difference(&known).collect();
    assert!(unknown.is_empty(), "no rules: {unknown:?}");
    let unplayed: Vec<_> = known.difference(&played).collect();
    assert!(unplayed.is_empty(), "no scenario has this cause: {unplayed:?}");
    assert!(all().filter(|scenario| scenario.causes.len() == 2).count() >= 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verdict_on_every_scenario_is_its_cause_within_ten_seconds_and_nothing_else() {
    let only = std::env::var("ONLY").ok();
    let is_wanted = |name: &&str| only.as_ref().is_none_or(|only| only.split(',').any(|it| it == *name));
    let (shelf, room) = (Arc::new(Shelf::new().unwrap()), Arc::new(Semaphore::new(AT_ONCE)));
    let names = scenario::names().filter(is_wanted);
    let played: Vec<_> = names.map(|name| tokio::spawn(play(name, shelf.clone(), room.clone()))).collect();
    let mut all = Vec::new();
    for one in played {
        all.push(one.await.unwrap());
    }
    println!("{}", told(&all));
    let wrong: Vec<_> = all
        .iter()
        .filter(|seen| !NOT_YET.contains(&seen.name))
        .filter_map(|seen| {
            Some(format!("{}: {}\n  {:?}\n  {:?}", seen.name, seen.complaint()?, seen.verdicts, seen.words))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}
