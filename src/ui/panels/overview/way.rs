//! The way of a pull as rows: a hop each, joined by a line, the one where it breaks lit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, select, sign, style};
use crate::diagnosis::finding::Impact;
use crate::diagnosis::path::{Hop, Verdict, first_broken};
use crate::model::text::clean;
use crate::model::{HopId, Subject};
use crate::state::State;
use crate::ui::text::{age, fit, pad, pad_left, width};
use crate::ui::view::View;

/// Cells of the longest name of a hop and the blanks after it.
const NAME: usize = 14;
/// Cells of an age.
const AGE: usize = 7;
/// On a narrower screen a row is only the hop and how it stands.
const NARROW: usize = 60;

/// With more room than this behind the names, how a hop stands gets a larger part of it.
const SPACIOUS: usize = 90;

/// Whether the line that joins the hops has rows of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    Wide,
    Tight,
}

impl Spread {
    /// The widest one that fits into so many lines.
    pub fn fitting(state: &State, lines: u16) -> Self {
        if height(state, Self::Wide) <= lines { Self::Wide } else { Self::Tight }
    }
}

fn watched(state: &State) -> impl Iterator<Item = &Hop> {
    state.path().iter().filter(|hop| hop.verdict != Verdict::Off)
}

/// Lines that the panel needs, its frame included.
pub fn height(state: &State, spread: Spread) -> u16 {
    let hops = watched(state).count();
    let joints = if spread == Spread::Wide { hops.saturating_sub(1) } else { 0 };
    let rest = usize::from(!unwatched(state).is_empty());
    u16::try_from(hops + joints + rest + 2).unwrap_or(u16::MAX)
}

/// Draws it.
pub fn draw(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect, (spread, focus): (Spread, Focus)) {
    // Where a cause is known, the hop is only where it comes to light.
    let is_known = state.diagnosis().causes.first().is_some_and(|cause| cause.impact() < Impact::Risk);
    let breaks = if is_known { "it shows at" } else { "it breaks at" };
    let remark = first_broken(state.path()).map_or_else(
        || "from the client to the bucket".to_owned(),
        |hop| format!("{breaks}: {}", hop.title()),
    );
    let block = boxed(view, area, "The way of a pull", &[remark], edge(view, focus));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width);
    let chosen = state.finding();
    let hops: Vec<_> = watched(state).collect();
    let columns = Columns::of(&hops, cells);
    let mut lines = Vec::new();
    for (number, hop) in hops.iter().enumerate() {
        if spread == Spread::Wide && number > 0 {
            lines.push(Line::styled(format!("  {}", view.glyphs.border.vertical_left), view.theme.border.0));
        }
        let line = row(state, view, hop, &columns);
        let is_chosen = chosen == Some(Subject::Hop(hop.id));
        lines.push(if is_chosen { select(view, &line, cells) } else { line });
    }
    let rest = unwatched(state);
    if !rest.is_empty() {
        let short = format!("  {} not watched: {}", view.glyphs.absent, rest.join(", "));
        let long = format!("{short}; quarterdeck config init shows how");
        let words = if width(&long) <= cells { long } else { short };
        lines.push(Line::styled(fit(&words, cells, view.glyphs.cut), view.theme.dim.0));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// How wide the columns are.
struct Columns {
    words: usize,
    evidence: usize,
    age: usize,
}

impl Columns {
    fn of(hops: &[&Hop], cells: usize) -> Self {
        let room = cells.saturating_sub(4 + NAME);
        if cells < NARROW {
            return Self { words: room, evidence: 0, age: 0 };
        }
        let longest = hops.iter().map(|hop| width(&hop.words)).max().unwrap_or(0);
        let most = if room > SPACIOUS { room * 2 / 5 } else { room / 3 };
        let words = longest.clamp(12, most);
        Self { words, evidence: room.saturating_sub(words + 2 + AGE), age: AGE }
    }
}

fn row(state: &State, view: &View, hop: &Hop, columns: &Columns) -> Line<'static> {
    let (theme, cut) = (&view.theme, view.glyphs.cut);
    let is_lit = first_broken(state.path()) == Some(hop.id);
    let (lead, name) = match is_lit {
        true => (view.glyphs.closed, theme.accent.0.add_modifier(ratatui::style::Modifier::BOLD)),
        false => (" ", Style::default()),
    };
    let tint = if hop.verdict == Verdict::Good { Style::default() } else { style(view, hop.verdict) };
    let mut spans = vec![
        Span::styled(lead.to_owned(), name),
        Span::styled(format!(" {} ", sign(view, hop.verdict)), style(view, hop.verdict)),
        Span::styled(pad(hop.id.title(), NAME, cut), name),
        Span::styled(pad(&clean(&hop.words), columns.words, cut), tint),
    ];
    if columns.evidence > 0 {
        let first = hop.evidence.first();
        let words = first.map(|one| clean(&one.words).into_owned()).unwrap_or_default();
        let since = first.filter(|one| one.verdict.is_unwell()).and_then(|one| one.since);
        let since = since.map(|since| age(since, state.now)).unwrap_or_default();
        let quiet = if hop.verdict.is_unwell() { Style::default() } else { theme.dim.0 };
        spans.push(Span::styled(format!("  {}", pad(&words, columns.evidence, cut)), quiet));
        spans.push(Span::styled(pad_left(&since, columns.age), theme.dim.0));
    }
    Line::from(spans)
}

/// The sections of the profile that would make the others watched.
fn unwatched(state: &State) -> Vec<&'static str> {
    let off = state.path().iter().filter(|hop| hop.verdict == Verdict::Off);
    let mut sections: Vec<_> = off.map(|hop| section(hop.id)).collect();
    sections.dedup();
    if sections.contains(&"front_door") {
        sections.retain(|section| *section != "canaries of front_door");
    }
    sections
}

const fn section(hop: HopId) -> &'static str {
    match hop {
        HopId::Client => "canaries of front_door",
        HopId::FrontDoor => "front_door",
        HopId::CloudBalancer => "google",
        HopId::Haproxy => "haproxy",
        HopId::Service | HopId::Endpoints | HopId::Pods => "kubernetes",
        HopId::Bucket => "bucket",
    }
}
