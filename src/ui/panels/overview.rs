//! The overview: what answers, what was looked at, what is broken, and what to do next.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, select};
use crate::model::TagState;
use crate::model::text::clean;
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::picture::Health;
use crate::state::{Fault, State};
use crate::ui::text::{age, count, counted, fit, pad};
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let [above, below] = Layout::vertical([Constraint::Length(6), Constraint::Fill(1)]).areas(area);
    let block =
        boxed(view, above, "1 Overview", &["what is known so far".to_owned()], edge(view, Focus::Elsewhere));
    let inside = block.inner(above);
    frame.render_widget(block, above);
    let lines = vec![bucket(state, view), kind(state, view), tags(state, view), next(state, view)];
    frame.render_widget(Paragraph::new(lines), inside);
    draw_findings(state, view, frame, below);
}

fn row(view: &View, label: &str, mut spans: Vec<Span<'static>>) -> Line<'static> {
    spans.insert(0, Span::styled(format!(" {label:<10}"), view.theme.dim.0));
    Line::from(spans)
}

fn bucket(state: &State, view: &View) -> Line<'static> {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let url = if state.bucket.url.is_empty() { &state.session.bucket } else { &state.bucket.url };
    let health = match &state.bucket.health {
        Health::Opening => Span::styled(format!("{} opening", glyphs.busy), theme.dim.0),
        Health::Live => Span::styled(format!("{} answers", glyphs.good), theme.good.0),
        Health::Down { trouble, since } => {
            let text = format!("{} {} for {}", glyphs.unknown, trouble.kind.name(), age(*since, state.now));
            Span::styled(text, theme.unknown.0)
        }
    };
    let spent = format!("  {}", counted(state.bucket.requests, "request"));
    row(
        view,
        "Bucket",
        vec![health, Span::raw(format!("  {}", clean(url))), Span::styled(spent, theme.dim.0)],
    )
}

fn kind(state: &State, view: &View) -> Line<'static> {
    let words = match &state.bucket.survey {
        Some(_) if state.bucket.lost.is_some() => "there is none here any more; 6 says more",
        None => "not known yet",
        Some(Survey::Registry) => "tags and manifests are kept in the bucket",
        Some(Survey::Database) => {
            "tags and manifests are kept in a database; what is missing in the bucket can be fine"
        }
        Some(Survey::Undecided { .. }) => {
            "where its tags are kept is not known, so nothing is claimed; 6 says why"
        }
        Some(Survey::NoRepositories { .. }) => "there is a registry, and no repository in it",
        Some(Survey::Elsewhere { .. }) => "there is no docker/registry/v2/ here; 6 says more",
        Some(Survey::Empty) => "there is nothing in it",
    };
    row(view, "Registry", vec![Span::raw(words)])
}

fn tags(state: &State, view: &View) -> Line<'static> {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let seen = |tag_state| state.bucket.verdicts.count(tag_state) as u64;
    let looked_at = state.bucket.verdicts.seen() as u64;
    if looked_at == 0 {
        return row(view, "Tags", vec![Span::raw("none looked at yet")]);
    }
    let part = |tag_state: TagState, word: &str, style| {
        let text = format!("   {} {} {word}", glyphs.tag(tag_state), count(seen(tag_state)));
        (seen(tag_state) > 0).then(|| Span::styled(text, style))
    };
    let parts = [
        part(TagState::Whole, "whole", theme.good.0),
        part(TagState::Broken, "broken", theme.bad.0),
        part(TagState::Unknown, "could not be read", theme.unknown.0),
        part(TagState::Absent, "absent", theme.dim.0),
    ];
    let head = Span::raw(format!("{} looked at", count(looked_at)));
    row(view, "Tags", std::iter::once(head).chain(parts.into_iter().flatten()).collect())
}

/// The one thing to do next.
fn next(state: &State, view: &View) -> Line<'static> {
    let words = match (state.bucket.verdicts.faults() == 0, state.bucket.verdicts.seen() == 0) {
        (false, _) => [("Enter", "shows the selected tag and its chain")],
        (true, true) => [("6", "opens the bucket; tags are looked at as they come on the screen")],
        (true, false) => [("6", "opens the bucket; :tag group/project:v1 goes straight to a tag")],
    };
    let spans = words.into_iter().flat_map(|(key, words)| {
        [Span::styled(key.to_owned(), view.theme.accent.0), Span::raw(format!(" {words}"))]
    });
    row(view, "Next", spans.collect())
}

fn draw_findings(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let faults = state.bucket.verdicts.faults();
    let title = format!("Findings {}", count(faults as u64));
    let block = boxed(view, area, &title, &["of the tags looked at".to_owned()], edge(view, Focus::Here));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    if faults == 0 {
        let words =
            "No fault is known. That is no promise: only tags that were on the screen were looked at.";
        let words = fit(words, usize::from(inside.width).saturating_sub(2), view.glyphs.cut);
        return frame
            .render_widget(Paragraph::new(Line::styled(format!(" {words}"), view.theme.dim.0)), inside);
    }
    let height = usize::from(inside.height).max(1);
    view.page_rows = height;
    let chosen = state.finding();
    let at = state.bucket.verdicts.ranked().position(|subject| Some(subject) == chosen);
    let top = (at.unwrap_or(0) + 1).saturating_sub(height);
    let lines = state.faults().enumerate().skip(top).take(height).map(|(number, fault)| {
        let line = finding(view, &fault, usize::from(inside.width));
        if Some(number) == at { select(view, &line, usize::from(inside.width)) } else { line }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inside);
}

fn finding(view: &View, fault: &Fault<'_>, cells: usize) -> Line<'static> {
    let (theme, cut) = (&view.theme, view.glyphs.cut);
    let style = match (fault.state, fault.worst) {
        (TagState::Broken, _) => theme.bad.0,
        (TagState::Whole, Some(_)) => theme.warn.0,
        (TagState::Whole | TagState::Unknown | TagState::Absent, _) => theme.unknown.0,
    };
    let (id, severity) = match fault.worst {
        Some((id, severity)) => (id, severity.name()),
        None => ("could not be read", fault.state.name()),
    };
    let sign = if fault.state == TagState::Whole { view.glyphs.bad } else { view.glyphs.tag(fault.state) };
    let name_room = cells.saturating_sub(3 + 30 + 2 + 14);
    Line::from(vec![
        Span::styled(format!(" {sign} "), style),
        Span::styled(pad(id, 30, cut), style),
        Span::raw(pad(&clean(&fault.subject.to_string()), name_room, cut)),
        Span::styled(format!("  {severity}"), theme.dim.0),
    ])
}
