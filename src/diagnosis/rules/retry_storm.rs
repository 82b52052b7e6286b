//! The same request is sent again and again without success.

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::storm::Repetition;
use crate::diagnosis::words::roughly;
use crate::model::{Subject, TagState};

/// Repetitions that are told one by one.
const TOLD: usize = 5;
/// Slower than this (a second) it costs next to nothing: a cluster asks so often for an image that is not there.
const RATE: f64 = 0.5;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "retry-storm",
    title: "retry storm",
    sentence: "The same request is sent again and again without success",
    impact: Impact::Risk,
    step: "endless-deletes#who-repeats-what",
    explains: &["log-fills-disk"],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let storms = look.storms()?;
    let told: Vec<_> = storms.all.iter().filter(|one| counts(look, one)).take(TOLD).collect();
    match told.first() {
        None => Ok(Judgement::Clear("no request is repeated without success".to_owned())),
        Some(worst) => Ok(Judgement::Fires(vec![finding(look, worst, &told)])),
    }
}

/// Whether it is a fault of its own: what fails by a broken image, or as all else does, is not.
fn counts(look: &Look<'_>, one: &Repetition) -> bool {
    let state = one.storm.subject.as_ref().and_then(|subject| look.bucket.verdicts.get(subject)?.state());
    one.storm.rate() >= RATE && one.storm.status < 500 && state != Some(TagState::Broken)
}

fn finding(look: &Look<'_>, worst: &Repetition, told: &[&Repetition]) -> Finding {
    let more = match told.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more like it)"),
    };
    let filling = look.storms().ok().and_then(|storms| storms.filling.as_ref());
    let files = told.iter().filter_map(|one| one.file.clone());
    let mut about = vec![worst.subject()];
    about.extend(told.iter().filter_map(|one| one.storm.subject.clone()));
    about.extend(files.chain(filling.map(|filling| filling.path.clone())).map(Subject::LogFile));
    about.dedup();
    let evidence = told.iter().map(|one| {
        let (storm, client) = (&one.storm, one.client());
        let by = if client.is_empty() { String::new() } else { format!(" by {client}") };
        let words = format!("{}{by}, {} times, {}", one.words, roughly(storm.count), pace(storm.rate()));
        Evidence::proof(Witness::Logs, words).seen(Some(storm.last))
    });
    let mut evidence: Vec<_> = evidence.collect();
    evidence
        .push(Evidence::hint(Witness::Logs, format!("{} must change: {}", worst.side.name(), worst.because)));
    Finding {
        rule: RULE.id,
        words: format!("{}{more}: {} must change", worst.words, worst.side.name()),
        impact: RULE.impact,
        since: told.iter().map(|one| one.storm.first).min(),
        about,
        evidence,
        against: Vec::new(),
        next: worst.next.to_owned(),
        verbs: vec!["describe", "truncate-log"],
    }
}

/// How often, roughly.
fn pace(per_second: f64) -> String {
    match per_second {
        2.0.. => format!("some {per_second:.0} a second"),
        _ => "about once a second".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::{NOW, World, at};
    use super::*;
    use crate::diagnosis::finding::Confidence;

    const URI: &str = "/v2/group/image/manifests/latest";

    #[test]
    fn a_request_must_be_repeated_often_and_without_success() {
        let broken = |world: World| {
            world.scanned("group/image:latest", TagState::Broken, &[("missing-current-link", "")], None)
        };
        for (world, said) in [
            (World::dark(), "unknown: logs: not watched"),
            (World::watched(), "clear: no request is repeated"),
            (
                World::watched().answered("DELETE", URI, 400, 300),
                "fires: DELETE /v2/group/image/manifests/latest answered 400 again and again: the registry must change",
            ),
            (
                World::watched().answered("GET", URI, 404, 300),
                "fires: GET /v2/group/image/manifests/latest answered 404 again and again: the client must change",
            ),
            (World::watched().answered("GET", URI, 404, 15), "clear"),
            (World::watched().answered("GET", URI, 200, 300), "clear"),
            (World::watched().answered("GET", URI, 500, 300), "clear"),
            (broken(World::watched().answered("GET", URI, 404, 300)), "clear"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }

    #[test]
    fn it_says_who_asks_and_which_side_must_change() {
        let finding = World::watched().answered("DELETE", URI, 400, 300).finding(&RULE);
        assert_eq!(finding.confidence(at(NOW)), Confidence::Certain);
        assert!(
            finding.evidence[0].words.contains("by docker/27, some 300 times, some 5 a second"),
            "{finding:?}"
        );
        assert!(matches!(&finding.about[0], Subject::Request { method, .. } if method == "DELETE"));
        assert!(finding.next.starts_with("delete by digest"));
    }
}
