//! What clients ask of the registry, and when: a pure function of the time since the start.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::file::{Scenario, read_reference, span};
use crate::registry::reference::Reference;

/// How the registry writes its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// An image that is pulled over and over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    #[serde(deserialize_with = "reference")]
    pub image: Reference,
    /// When the first pull is, after the start.
    #[serde(default, deserialize_with = "span")]
    pub from: Duration,
    #[serde(deserialize_with = "span")]
    pub every: Duration,
}

/// A request that is made over and over, by one client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    pub method: String,
    pub uri: String,
    pub agent: String,
    pub client: String,
    #[serde(default, deserialize_with = "span")]
    pub from: Duration,
    #[serde(deserialize_with = "span")]
    pub every: Duration,
}

/// What somebody sets out to do at a moment.
#[derive(Clone, Debug)]
pub struct Errand<'a> {
    /// How long after the start.
    pub at: Duration,
    /// The same in every run; no other errand has it.
    pub number: u64,
    pub what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    Pull(&'a Reference),
    Push(&'a Reference),
    Ask(&'a Repeated),
}

/// Images that are pulled in every scenario, in turn.
const USUAL: [&str; 6] = [
    "lighthouse/checkout/api:v1.13.0",
    "base/alder/runtime:latest",
    "lighthouse/checkout/web:latest",
    "signal/bridge/relay:latest",
    "cartography/tiles/renderer:v1.4.0",
    "shipyard/ci/runner:v1.8.0",
];
/// How often one of them is pulled. A pull is some five requests.
const USUALLY: Duration = Duration::from_millis(900);

/// Images that are pushed in every scenario, in turn.
const PUSHED: [&str; 4] = [
    "shipyard/ci/runner:latest",
    "lighthouse/checkout/api:latest",
    "signal/bridge/relay:v1.6.0",
    "lighthouse/checkout/worker:latest",
];
/// How often one of them is pushed. Its layers are there already.
const PUSHING: Duration = Duration::from_millis(1_700);
/// Errands that push are told apart from those that pull by this.
const PUSHES: u64 = 1 << 39;

/// The images that are pulled in every scenario, and those that are pushed.
pub fn usual() -> Usual {
    let parse = |images: &[&str]| images.iter().filter_map(|image| Reference::parse(image).ok()).collect();
    Usual { pulled: parse(&USUAL), pushed: parse(&PUSHED) }
}

/// Images of every day.
#[derive(Clone, Debug)]
pub struct Usual {
    pub pulled: Vec<Reference>,
    pub pushed: Vec<Reference>,
}

/// What is begun after `from` and up to `to`, in the order of time. `demand` is a multiple of an ordinary day's, and
/// only concerns what is pulled every day.
pub fn due<'a>(
    scenario: &'a Scenario,
    usual: &'a Usual,
    demand: f64,
    (from, to): (Duration, Duration),
) -> Vec<Errand<'a>> {
    let mut errands = Vec::new();
    let begin = Duration::ZERO;
    let (pull, push) = (What::Pull as fn(&'a Reference) -> What<'a>, What::Push as _);
    for (images, every, first, what) in
        [(&usual.pulled, USUALLY, 0, pull), (&usual.pushed, PUSHING, PUSHES, push)]
    {
        let every = if demand > 0.0 { every.div_f64(demand.min(10.0)) } else { Duration::MAX };
        for turn in turns(begin, every, from, to) {
            let image =
                usize::try_from(turn).ok().and_then(|turn| images.get(turn.checked_rem(images.len())?));
            let errand =
                |image| Errand { at: moment(begin, every, turn), number: first | turn, what: what(image) };
            errands.extend(image.map(errand));
        }
    }
    let pulls = scenario.pulls.iter().map(|pull| (pull.from, pull.every, What::Pull(&pull.image)));
    let asked = scenario.requests.iter().map(|it| (it.from, it.every, What::Ask(it)));
    for ((begin, every, what), row) in pulls.chain(asked).zip(1..) {
        let errand = |turn| Errand { at: moment(begin, every, turn), number: row << 40 | turn, what };
        errands.extend(turns(begin, every, from, to).map(errand));
    }
    errands.sort_by_key(|errand| (errand.at, errand.number));
    errands
}

/// The turns that come after `from` and up to `to`; the first one is at `begin`.
fn turns(begin: Duration, every: Duration, from: Duration, to: Duration) -> std::ops::Range<u64> {
    let until = |moment: Duration| match moment.checked_sub(begin) {
        // What is due at the moment itself counts.
        Some(since) => whole(since.as_nanos() / every.as_nanos().max(1)) + 1,
        None => 0,
    };
    until(from)..until(to)
}

fn moment(begin: Duration, every: Duration, turn: u64) -> Duration {
    begin + Duration::from_nanos(whole(every.as_nanos()).saturating_mul(turn))
}

fn whole(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX - 1)
}

fn reference<'de, D: Deserializer<'de>>(from: D) -> Result<Reference, D::Error> {
    read_reference(&String::deserialize(from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_turn_is_due_once_however_the_time_is_cut() {
        let (begin, every) = (Duration::from_secs(2), Duration::from_millis(300));
        let at = Duration::from_millis;
        let whole: Vec<_> = turns(begin, every, at(0), at(5_000)).collect();
        assert_eq!(whole, (0..11).collect::<Vec<_>>());
        let cut = (0..50).flat_map(|slice| turns(begin, every, at(slice * 100), at((slice + 1) * 100)));
        assert_eq!(cut.collect::<Vec<_>>(), whole);
        assert_eq!(moment(begin, every, 10), at(5_000));
    }
}
