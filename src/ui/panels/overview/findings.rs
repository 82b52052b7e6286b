//! The tags that were looked at and are not whole, and do not fail just now: the worst first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, select};
use crate::model::TagState;
use crate::model::text::clean;
use crate::state::{Fault, State};
use crate::ui::text::{count, fit, pad};
use crate::ui::view::View;

/// Draws them.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect, focus: Focus) {
    let faults = state.bucket.verdicts.faults();
    let title = format!("Faulty tags {}", count(faults as u64));
    let failing = state.radar.rows.iter().filter(|row| state.bucket.verdicts.is_faulty(&row.subject)).count();
    let here = faults - failing;
    let remark = match failing {
        0 => looked_at(state),
        failing => format!("{} of them among the failing", count(failing as u64)),
    };
    let block = boxed(view, area, &title, &[remark], edge(view, focus));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width);
    if faults == 0 {
        let lines = nothing(state, view, cells);
        return frame.render_widget(Paragraph::new(lines), inside);
    }
    if here == 0 {
        let words = " All that is known to be wrong fails right now: see above.";
        return frame.render_widget(Line::styled(words, view.theme.dim.0), inside);
    }
    let height = usize::from(inside.height).max(1);
    view.page_rows = height;
    let chosen = state.finding();
    let at = state.faults().position(|fault| Some(fault.subject) == chosen.as_ref());
    let top = (at.unwrap_or(0) + 1).saturating_sub(height);
    let lines = state.faults().enumerate().skip(top).take(height).map(|(number, fault)| {
        let line = finding(view, &fault, cells);
        if Some(number) == at { select(view, &line, cells) } else { line }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inside);
}

/// Whether there is nothing to show but words.
pub fn is_bare(state: &State) -> bool {
    state.faults().next().is_none()
}

fn looked_at(state: &State) -> String {
    match state.bucket.verdicts.seen() {
        0 => "no tag was looked at yet".to_owned(),
        1 => "of the one tag looked at".to_owned(),
        seen => format!("of the {} tags looked at", count(seen as u64)),
    }
}

/// What to say where nothing was found, and what to press next.
fn nothing(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let words = match state.bucket.verdicts.seen() {
        0 => "Tags are looked at as they come on the screen.",
        _ => "No fault is known. That is no promise: only tags that were on the screen were looked at.",
    };
    let words = fit(words, cells.saturating_sub(2), view.glyphs.cut);
    let keys = [("6", "opens the bucket"), (":tag", "g/p:v1 goes straight to a tag")];
    let mut next = vec![Span::raw(" ")];
    for (key, words) in keys {
        next.extend([Span::styled(key, view.theme.accent.0), Span::raw(format!(" {words}   "))]);
    }
    vec![Line::styled(format!(" {words}"), view.theme.dim.0), Line::from(next)]
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
