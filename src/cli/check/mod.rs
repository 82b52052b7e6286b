//! `quarterdeck check`: everything that is known to go wrong is looked for once, without a terminal.

mod json;
mod text;

use std::collections::BTreeSet;
use std::time::Duration;

use super::out::{Out, complain, printed};
use super::paper::Paper;
use super::work::{self, Progress};
use super::{Arming, Check, Exit, Output, Place, Screen, cockpit};
use crate::diagnosis::finding::Finding;
use crate::diagnosis::look::{Lack, Need};
use crate::diagnosis::verdict::Diagnosis;
use crate::model::Watched;
use crate::runtime::{CockpitOptions, Observed, observe};

/// Looks, and prints what was found.
pub fn run(arguments: Check, outer: Place) -> Exit {
    let Ok(within) = Duration::try_from(arguments.within) else {
        complain("--within: a time to look, such as 20s");
        return Exit::Usage;
    };
    let place = arguments.place.clone().or(outer);
    let options = match cockpit::options(place, &Screen::default(), &Arming::default(), &[]) {
        Ok(options) => CockpitOptions { deeds: None, consult: None, notebook: None, ..options },
        Err(exit) => return exit,
    };
    work::run(|stop| async move {
        let progress = Progress::new();
        progress.say("looking");
        let observed = observe(options, within, stop).await;
        drop(progress);
        match observed {
            Ok(observed) => tell(&observed, &arguments),
            Err(error) => {
                complain(&error.to_string());
                Exit::Unread
            }
        }
    })
}

fn tell(observed: &Observed, arguments: &Check) -> Exit {
    let exit = exit(observed);
    let text = match (arguments.output, arguments.quiet) {
        (Output::Json, _) => json::text(observed),
        (Output::Text, true) if exit == Exit::Clean => return exit,
        (Output::Text, true) => text::summary(observed, Paper::of_stdout()),
        (Output::Text, false) => text::full(observed, Paper::of_stdout()),
    };
    printed(Out::lock().print(&text), exit)
}

/// What it amounts to. What nobody configured does not count, nor what takes longer watching than this.
fn exit(observed: &Observed) -> Exit {
    let diagnosis = observed.state.diagnosis();
    let lacks = |lack| open(diagnosis, lack).next().is_some();
    match diagnosis.causes.is_empty() {
        false => Exit::Found,
        true if no_registry(observed).is_some()
            || !diagnosis.unread.is_empty()
            || lacks(Lack::Blind)
            || !observed.is_settled && lacks(Lack::Waiting) =>
        {
            Exit::Unread
        }
        true => Exit::Clean,
    }
}

/// What there is in the bucket where a registry should be.
fn no_registry(observed: &Observed) -> Option<String> {
    let bucket = &observed.state.bucket;
    let lost = bucket.lost.as_ref().map(|lost| lost.why.clone());
    lost.or_else(|| bucket.survey.as_ref()?.instead())
}

/// The checks that could not be made, the worst of what they lack being this.
fn open(diagnosis: &Diagnosis, lack: Lack) -> impl Iterator<Item = &(&'static str, Vec<Need>)> {
    diagnosis.open.iter().filter(move |(_, needs)| needs.iter().map(|need| need.lack).min() == Some(lack))
}

/// Everything in one line.
fn summary(observed: &Observed) -> String {
    let diagnosis = observed.state.diagnosis();
    let profile = &observed.state.session.profile;
    let count = |lack| open(diagnosis, lack).count();
    let (blind, waiting) = (count(Lack::Blind), count(Lack::Waiting));
    let blind = if observed.is_settled { blind } else { blind + waiting };
    let mut unmade = if blind > 0 { format!(", {} could not be made", checks(blind)) } else { String::new() };
    let unread = diagnosis.unread.len();
    if unread > 0 {
        unmade.push_str(&format!(", {} could not be read", sources(unread)));
    }
    if let (true, Some(instead)) = (diagnosis.causes.is_empty(), no_registry(observed)) {
        return format!("{profile}: no registry there: {instead}{unmade}");
    }
    // Without anything else that is watched this says little of a registry, and nothing of any tag.
    let Watched { kubernetes, balancers, google, front_door, logs, .. } = &observed.state.session.watched;
    let is_alone = kubernetes.is_none() && balancers.is_none() && !(*google || *front_door || *logs);
    let unwalked = if is_alone { "; no tag was walked: quarterdeck audit does that" } else { "" };
    match diagnosis.causes.as_slice() {
        [] if diagnosis.clear.is_empty() && blind > 0 => {
            format!("{profile}: nothing could be looked at{unmade}")
        }
        [] if diagnosis.clear.is_empty() => {
            format!("{profile}: nothing is watched that could tell what is wrong")
        }
        [] => {
            let words = if blind > 0 || unread > 0 {
                "nothing wrong was found"
            } else {
                "nothing is wrong as far as it is watched"
            };
            format!("{profile}: {words}: {} found nothing{unmade}{unwalked}", checks(diagnosis.clear.len()))
        }
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                1 => "; and 1 more cause".to_owned(),
                more => format!("; and {more} more causes"),
            };
            let words = first.finding.words.trim_end_matches('.');
            format!("{profile}: {words} ({}){more}{unmade}", first.confidence.name())
        }
    }
}

fn checks(number: usize) -> String {
    format!("{number} check{}", if number == 1 { "" } else { "s" })
}

fn sources(number: usize) -> String {
    format!("{number} source{}", if number == 1 { "" } else { "s" })
}

/// The rules of the causes that a finding follows from.
fn explained_by<'a>(diagnosis: &'a Diagnosis, finding: &Finding) -> Vec<&'a str> {
    let leads = diagnosis.causes.iter().filter(|cause| cause.symptoms.contains(finding));
    let rules: BTreeSet<_> = leads.map(|cause| cause.finding.rule).collect();
    rules.into_iter().collect()
}
