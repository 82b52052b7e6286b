//! How things stand, in the header: each hop of the way of a pull and the tags, the worst first.

use ratatui::style::Style;
use ratatui::text::Span;

use super::panels::overview::{name, sign, style, weight};
use super::text::count;
use super::view::View;
use crate::diagnosis::path::{Hop, Verdict};
use crate::model::{HopId, TagState};
use crate::sources::bucket::picture::Health;
use crate::state::State;

/// A part of the strip, and how much it matters.
type Part = (Verdict, Vec<Span<'static>>);

/// The parts that there are, the worst first.
pub fn strip(state: &State, view: &View) -> Vec<Vec<Span<'static>>> {
    let hops = state.path().iter().rev().filter_map(|hop| of_hop(view, hop));
    let mut parts: Vec<Part> = hops.collect();
    parts.extend(bucket(state, view));
    parts.extend(failures(state, view));
    parts.sort_by_key(|(verdict, _)| *verdict);
    parts.splice(0..0, cause(state, view));
    parts.into_iter().map(|(_, spans)| spans).collect()
}

/// What is most likely wrong, in a few words, wherever one is.
fn cause(state: &State, view: &View) -> Option<Part> {
    let cause = state.diagnosis().causes.first()?;
    let verdict = weight(cause.impact());
    let text = format!("{} {}", sign(view, verdict), name(cause.finding.rule));
    Some(part(verdict, text, style(view, verdict)))
}

fn part(verdict: Verdict, text: String, style: Style) -> Part {
    (verdict, vec![Span::styled(text, style), Span::raw("   ")])
}

fn of_hop(view: &View, hop: &Hop) -> Option<Part> {
    let name = match hop.id {
        HopId::Client => "pulls",
        HopId::FrontDoor => "front door",
        HopId::CloudBalancer => "gcp",
        HopId::Haproxy => "lb",
        HopId::Endpoints => "eps",
        HopId::Pods => "pods",
        // Without figures they are worth a word only while something is wrong with them.
        HopId::Service if hop.verdict.is_unwell() => "service",
        HopId::Service | HopId::Bucket => return None,
    };
    let figures = match (hop.verdict, hop.gauge.as_str()) {
        (Verdict::Off | Verdict::Waiting, _) => return None,
        (verdict, "") => verdict.name(),
        (_, gauge) => gauge,
    };
    let tint = if hop.verdict == Verdict::Good { view.theme.dim.0 } else { style(view, hop.verdict) };
    Some(part(hop.verdict, format!("{} {name} {figures}", sign(view, hop.verdict)), tint))
}

/// Answers with 5xx by the logs, where no load balancer is asked for them.
fn failures(state: &State, view: &View) -> Option<Part> {
    let lately = state.radar.lately;
    let is_alone = state.session.watched.backends.is_none() && state.session.watched.balancers.is_none();
    (lately > 0 && is_alone).then(|| {
        let text = format!("{} 5xx {:.1}/s", view.glyphs.bad, lately as f64 / 60.0);
        part(Verdict::Broken, text, view.theme.bad.0)
    })
}

fn bucket(state: &State, view: &View) -> Vec<Part> {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let mut parts = Vec::new();
    // Where no bucket is meant, none is missed.
    if let Health::Down { trouble, .. } = &state.bucket.health
        && !state.session.bucket.is_empty()
    {
        let text = format!("{} bucket {}", glyphs.unknown, trouble.kind.name());
        parts.push(part(Verdict::Unknown, text, theme.unknown.0));
    }
    let tags = |tag_state| state.bucket.verdicts.count(tag_state) as u64;
    let (broken, unread) = (tags(TagState::Broken), tags(TagState::Unknown));
    let (when, tint) = match &state.bucket.lost {
        Some(_) => ("no registry any more; before that", theme.unknown.0),
        None => ("tags", theme.bad.0),
    };
    if broken > 0 {
        parts.push(part(Verdict::Broken, format!("{when} {} {} broken", glyphs.bad, count(broken)), tint));
    }
    if unread > 0 {
        let text = format!("{} {} not read", glyphs.unknown, count(unread));
        parts.push(part(Verdict::Unknown, text, theme.unknown.0));
    }
    if state.bucket.verdicts.scanning() > 0 {
        parts.push(part(Verdict::Waiting, format!("{} scanning", glyphs.busy), theme.dim.0));
    }
    parts
}
