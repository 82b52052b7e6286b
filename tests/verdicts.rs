//! Every scenario over the wire servers, with the real sources and rules: what the verdict says, how soon, and what else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "verdicts/clock.rs"]
mod clock;
#[path = "verdicts/play.rs"]
mod play;
#[path = "verdicts/told.rs"]
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;

use clock::OwnClock;
use play::{Stage, play};
use quarterdeck::cli::Shelf;
use quarterdeck::diagnosis::rules::RULES;
use quarterdeck::staging::scenario;
use tokio::sync::Semaphore;

/// Scenarios that are played at once.
const AT_ONCE: usize = 12;

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

/// `ONLY=name,name` plays some of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verdict_on_every_scenario_is_its_cause_within_ten_seconds_and_nothing_else() {
    let only = std::env::var("ONLY").ok();
    let is_wanted = |name: &&str| only.as_ref().is_none_or(|only| only.split(',').any(|it| it == *name));
    let stage = Stage {
        shelf: Arc::new(Shelf::new().unwrap()),
        room: Arc::new(Semaphore::new(AT_ONCE)),
        clock: OwnClock::start(),
    };
    let mut names: Vec<_> = scenario::names().filter(is_wanted).collect();
    // What takes longest begins first.
    names.sort_by_key(|name| !scenario::find(name).unwrap().unwrap().causes.is_empty());
    let played: Vec<_> = names.into_iter().map(|name| tokio::spawn(play(name, stage.clone()))).collect();
    let mut all = Vec::new();
    for one in played {
        all.push(one.await.unwrap());
    }
    for seen in all.iter_mut().filter(|seen| seen.was_slowed && seen.complaint().is_some()) {
        println!(
            "{} is played again, alone: the machine was busy, and it was {:?}",
            seen.name,
            seen.complaint()
        );
        *seen = play(seen.name, stage.clone()).await;
    }
    println!("{}\n{}", told::table(&all), told::matrix(&all));
    let wrong: Vec<_> = all
        .iter()
        .filter_map(|seen| Some(format!("{}: {}\n{}", seen.name, seen.complaint()?, seen.story())))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}
