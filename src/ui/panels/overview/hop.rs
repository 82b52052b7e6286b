//! Everything that is known of a hop, as text: what speaks for and against it, with ages, and what was asked.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::{ago, sign, signed, style, titled};
use crate::diagnosis::path::{Evidence, Hop, Verdict, first_broken};
use crate::model::text::clean;
use crate::model::{HopId, Subject};
use crate::sources::bucket::facts::Survey;
use crate::sources::front_door::facts::{Page, Pull};
use crate::state::State;
use crate::ui::text::{counted, wrap};
use crate::ui::view::View;

/// The lines that tell about a hop.
pub fn lines(state: &State, view: &View, id: HopId, cells: usize) -> Vec<Line<'static>> {
    let Some(hop) = state.hop(id) else { return Vec::new() };
    let mut lines = head(state, view, hop);
    let (against, others): (Vec<_>, Vec<_>) = hop.evidence.iter().partition(|one| one.verdict.is_unwell());
    lines.extend(part(state, view, "Against it", &against, cells));
    lines.extend(part(state, view, "For it", &others, cells));
    lines.extend(match id {
        HopId::Client => pulls(state, view, cells),
        HopId::FrontDoor => front_door(state, view, cells),
        HopId::Bucket => bucket(state, cells),
        HopId::CloudBalancer | HopId::Haproxy | HopId::Service | HopId::Endpoints | HopId::Pods => Vec::new(),
    });
    lines.extend(next(view, hop));
    lines
}

fn head(state: &State, view: &View, hop: &Hop) -> Vec<Line<'static>> {
    let verdict = format!("{} {}", sign(view, hop.verdict), hop.verdict.name());
    let is_lit = first_broken(state.path()) == Some(hop.id);
    let lit = if is_lit { ": here the way of a pull breaks" } else { "" };
    let mut lines = vec![Line::from(vec![
        Span::raw("State    "),
        Span::styled(format!("{verdict}{lit}"), style(view, hop.verdict)),
    ])];
    if !hop.words.is_empty() {
        lines.push(Line::from(format!("In short {}", clean(&hop.words))));
    }
    if let Some(seen) = hop.seen {
        lines.push(Line::from(format!("Answered {}", ago(seen, state.now))));
    }
    if hop.verdict == Verdict::Off {
        lines.push(Line::from("The profile has no section for it, so it is not watched."));
        lines.push(Line::from("quarterdeck config init shows all sections."));
    }
    lines
}

fn part(
    state: &State,
    view: &View,
    title: &'static str,
    evidence: &[&Evidence],
    cells: usize,
) -> Vec<Line<'static>> {
    if evidence.is_empty() {
        return Vec::new();
    }
    let mut lines = titled(view, title);
    for one in evidence {
        let since = one.since.map(|since| format!(" ({})", ago(since, state.now))).unwrap_or_default();
        let tint = style(view, one.verdict);
        lines.extend(signed(sign(view, one.verdict), tint, &format!("{}{since}", one.words), cells));
    }
    lines
}

/// Every canary, step by step.
fn pulls(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (image, pulled) in &state.front_door.canaries {
        lines.extend([Line::default(), Line::styled(clean(image).into_owned(), view.theme.title.0)]);
        match pulled {
            None => lines.push(Line::styled("not pulled yet", view.theme.dim.0)),
            Some((at, pull)) => lines.extend(of_pull(state, view, *at, pull, cells)),
        }
    }
    lines
}

fn of_pull(state: &State, view: &View, at: Timestamp, pull: &Pull, cells: usize) -> Vec<Line<'static>> {
    let pushed = pull.pushed.map(|pushed| format!(", made or pushed {}", ago(pushed, state.now)));
    let words = format!("pulled {}{}", ago(at, state.now), pushed.unwrap_or_default());
    let mut lines = vec![Line::styled(words, view.theme.dim.0)];
    for step in &pull.steps {
        let took = step.latency.as_millis();
        let (verdict, result) = match &step.result {
            Ok(status) => (Verdict::Good, format!("{status} in {took} ms")),
            Err(trouble) => {
                (Verdict::Broken, format!("{} after {took} ms: {}", trouble.kind.name(), trouble.why))
            }
        };
        let words = format!("{:<9} {}  {result}", step.name, step.target);
        lines.extend(signed(sign(view, verdict), style(view, verdict), &words, cells));
    }
    if let Some(mind) = &pull.mind {
        lines.extend(signed(view.glyphs.warn, view.theme.warn.0, mind, cells));
    }
    lines
}

fn front_door(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let picture = &state.front_door;
    let mut lines = Vec::new();
    if !picture.url.is_empty() {
        lines.extend([Line::default(), Line::from(format!("Asked at {}", clean(&picture.url)))]);
    }
    for (page, asked) in &picture.pages {
        let name = match page {
            Page::Root => "GET /",
            Page::Api => "GET /v2/",
        };
        lines.extend(titled(view, name));
        let Some(answer) = &asked.answer else {
            lines.push(Line::styled("no answer so far", view.theme.dim.0));
            continue;
        };
        let seen = asked.health.seen().map(|seen| format!(", {}", ago(seen, state.now))).unwrap_or_default();
        let bytes = counted(answer.bytes, "byte");
        lines.push(Line::from(format!(
            "{} in {} ms, {bytes}{seen}",
            answer.status,
            answer.latency.as_millis()
        )));
        for (name, value) in &answer.versions {
            let header = wrap(&format!("{name}: {value}"), cells);
            lines.extend(header.into_iter().map(|line| Line::styled(line, view.theme.dim.0)));
        }
    }
    if let Some(shown) = &picture.certificate {
        lines.extend(titled(view, "Certificate"));
        let date = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let rows = [
            format!("for   {}", shown.subject),
            format!("by    {}", shown.issuer),
            format!("from  {}", date(shown.not_before)),
            format!("until {}", date(shown.not_after)),
        ];
        lines.extend(rows.iter().flat_map(|row| wrap(&clean(row), cells)).map(Line::from));
    }
    lines
}

fn bucket(state: &State, cells: usize) -> Vec<Line<'static>> {
    let url = if state.bucket.url.is_empty() { &state.session.bucket } else { &state.bucket.url };
    let kind = match &state.bucket.survey {
        _ if state.bucket.lost.is_some() => "none any more",
        None => "not known yet",
        Some(Survey::Registry) => "tags and manifests are kept in the bucket",
        Some(Survey::Database) => "tags and manifests are kept in a database",
        Some(Survey::Undecided { .. }) => "where its tags are kept is not known",
        Some(Survey::NoRepositories { .. }) => "one without any repository",
        Some(Survey::Elsewhere { .. } | Survey::Empty) => "none here",
    };
    let rows = [
        format!("Bucket   {}", clean(url)),
        format!("Registry {kind}"),
        format!("Spent    {}", counted(state.bucket.requests, "request")),
    ];
    let lines = rows.iter().flat_map(|row| wrap(row, cells)).map(Line::from);
    std::iter::once(Line::default()).chain(lines).collect()
}

fn next(view: &View, hop: &Hop) -> Vec<Line<'static>> {
    let words = match (hop.guilty(), hop.id) {
        (Some(Subject::FrontDoor) | None, HopId::Client | HopId::FrontDoor) => return Vec::new(),
        (Some(guilty), _) => format!(" there goes to {}", clean(&guilty.to_string())),
        (None, _) => " there opens its panel".to_owned(),
    };
    let key = |key| Span::styled(key, view.theme.accent.0);
    vec![
        Line::default(),
        Line::from(vec![key("Esc"), Span::raw(" closes this, "), key("Enter"), Span::raw(words)]),
    ]
}
