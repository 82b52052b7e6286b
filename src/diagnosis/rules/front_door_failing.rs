//! The registry's own pages, as clients reach them, fail or are slow.

use jiff::SignedDuration;

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::path::Verdict;
use crate::diagnosis::path::front_door::{certificate, is_other_live, pages};
use crate::model::Subject;
use crate::sources::front_door::facts::Page;
use crate::sources::{Health, TroubleKind};

pub const ID: &str = "front-door-failing";

/// A page that fails for so long was asked more than once.
const STEADY: SignedDuration = SignedDuration::from_secs(5);

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    if !look.watched.front_door {
        return Err(Need::off("front door"));
    }
    let found = pages(look);
    let shown = look.front_door.certificate.as_ref().map(|shown| certificate(shown, look.now));
    let shown = shown.iter().filter(|one| one.verdict == Verdict::Broken);
    let told = found.iter().map(|one| (Witness::FrontDoor, one));
    let bad: Vec<_> = told
        .chain(shown.map(|one| (Witness::Certificate, one)))
        .filter(|(_, one)| match one.verdict {
            Verdict::Broken => true,
            // Since when is known once several answers were no good.
            Verdict::Minor => one.since.is_some() && is_steady(one, look.now),
            _ => false,
        })
        .collect();
    let Some((_, worst)) = bad.iter().min_by_key(|(_, one)| one.verdict) else {
        return unreached(look, &found)
            .map_or_else(|| quiet(&found), |found| Ok(Judgement::Fires(vec![found])));
    };
    let is_broken = worst.verdict == Verdict::Broken;
    let evidence = bad.iter().map(|(from, one)| {
        let make = if is_steady(one, look.now) { Evidence::proof } else { Evidence::hint };
        make(*from, one.words.clone()).seen(seen(look))
    });
    let good = found.iter().filter(|one| one.verdict == Verdict::Good);
    let against = good.map(|one| Evidence::hint(Witness::FrontDoor, one.words.clone()).seen(seen(look)));
    Ok(Judgement::Fires(vec![Finding {
        rule: ID,
        words: format!("The front door {}: {}", if is_broken { "fails" } else { "is not well" }, worst.words),
        impact: if is_broken { Impact::Outage } else { Impact::Degraded },
        about: vec![Subject::FrontDoor],
        since: bad.iter().filter_map(|(_, one)| one.since).min(),
        evidence: evidence.collect(),
        against: if is_broken { Vec::new() } else { against.collect() },
        next: "Ask GET /v2/ yourself from outside; then follow the way of a pull: load balancers, service, pods."
            .to_owned(),
        verbs: vec!["describe"],
    }]))
}

/// It refused or was out of reach from the beginning, while others answer us: clients may see more of it than we do.
fn unreached(look: &Look<'_>, found: &[crate::diagnosis::path::Evidence]) -> Option<Finding> {
    let Health::Down { trouble, since, seen: None } = &look.front_door.pages.get(&Page::Api)?.health else {
        return None;
    };
    let is_steady = look.now.duration_since(*since) >= STEADY;
    if trouble.kind != TroubleKind::Unreachable || !is_steady || !is_other_live(look) {
        return None;
    }
    let words = found.first()?.words.clone();
    Some(Finding {
        rule: ID,
        words: format!("The front door cannot be reached from here: {words}"),
        impact: Impact::Degraded,
        about: vec![Subject::FrontDoor],
        since: Some(*since),
        evidence: vec![Evidence::hint(Witness::FrontDoor, words)],
        against: vec![Evidence::hint(
            Witness::FrontDoor,
            "it never answered from here: the way there may be closed to us alone",
        )],
        next: "Ask GET /v2/ from where clients are; if it answers there, see to our own way to it (VPN, firewall, name)."
            .to_owned(),
        verbs: vec!["describe"],
    })
}

fn is_steady(one: &crate::diagnosis::path::Evidence, now: jiff::Timestamp) -> bool {
    one.since.is_none_or(|since| now.duration_since(since) >= STEADY)
}

/// Nothing is known to be bad: all is well, or it is not known.
fn quiet(found: &[crate::diagnosis::path::Evidence]) -> Result<Judgement, Need> {
    // Pulls go by the API alone, which stands first.
    match found.first() {
        Some(api) if api.verdict == Verdict::Good => Ok(Judgement::Clear(api.words.clone())),
        Some(api) if api.verdict == Verdict::Unknown => Err(Need::blind("front door", &api.words)),
        Some(_) | None => Err(Need::waiting("front door")),
    }
}

fn seen(look: &Look<'_>) -> Option<jiff::Timestamp> {
    let asked = look.front_door.pages.get(&Page::Api)?;
    match &asked.health {
        // That it does not answer is seen all the time.
        Health::Down { .. } => None,
        health => health.seen(),
    }
}
