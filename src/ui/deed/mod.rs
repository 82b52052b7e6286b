//! The layer of a verb that writes: what it would do, what has to be typed, how far it is, what came of it.

mod foot;
mod hints;
mod outcome;
mod page;
mod proposal;

pub use hints::{hints, keys};

use std::mem::{self, Discriminant};

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use super::text::{counted, fit_middle, width};
use super::view::View;
use crate::actions::writing;
use crate::event::Errand;
use crate::model::text::clean;
use crate::model::{About, Act, Ending, Proposal};
use crate::state::{Deed, Stage, State};
use page::Page;

/// So many subjects are shown by name before what is said about them.
const SHOWN: usize = 5;

/// What the lines of the text depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    ticket: u64,
    stage: Discriminant<Stage>,
    cells: usize,
    theme: String,
    /// Ages are told in minutes at the least.
    minute: i64,
}

/// Draws the layer over all of `area`.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect, deed: &Deed) {
    let cells = usize::from(area.width).saturating_sub(4);
    let (shape, lines) = body(state, view, deed, cells);
    let foot = foot::lines(state, view, deed, cells);
    let foot_rows = u16::try_from(foot.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(3));
    let height = usize::from(area.height.saturating_sub(2 + foot_rows)).max(1);
    let top = deed.top.min(lines.len().saturating_sub(height));
    view.page_rows = height;
    view.text = (top, lines.len());
    let block = framed(state, view, deed, area, (top, height, lines.len()));
    let inside = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let [above, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(foot_rows)]).areas(inside);
    let shown: Vec<_> = lines.iter().skip(top).take(height).cloned().collect();
    view.deed = Some((shape, lines));
    frame.render_widget(Paragraph::new(shown), above);
    frame.render_widget(Paragraph::new(foot), below);
}

/// The text and what it was made from; that of the last frame where nothing of it is different now. A proposal of
/// thousands of steps takes longer to put into words than a key may take.
fn body(state: &State, view: &mut View, deed: &Deed, cells: usize) -> (Shape, Vec<Line<'static>>) {
    let shape = Shape {
        ticket: deed.ticket,
        stage: mem::discriminant(&deed.stage),
        cells,
        theme: view.theme_name().to_owned(),
        minute: state.now.as_second() / 60,
    };
    let lasts = matches!(deed.stage, Stage::Asking { .. } | Stage::Ended { .. });
    match view.deed.take() {
        Some((drawn, lines)) if lasts && drawn == shape => (shape, lines),
        Some(_) | None => {
            let lines = text(state, view, deed, cells);
            (shape, lines)
        }
    }
}

fn text(state: &State, view: &View, deed: &Deed, cells: usize) -> Vec<Line<'static>> {
    match &deed.stage {
        Stage::Looking => looking(view, deed, cells),
        Stage::Refused { why } => refused(view, deed, why, cells),
        Stage::Asking { proposal, .. } => proposal::lines(state, view, proposal, cells),
        Stage::Running { proposal, progress, stopping } => {
            outcome::running(view, proposal, progress.as_ref(), *stopping, cells)
        }
        Stage::Ended { proposal, done } => {
            let follow_up = writing::follow_up(deed).map(|_| writing::FOLLOW_UP);
            outcome::lines(view, proposal, done, follow_up, cells)
        }
    }
}

fn looking(view: &View, deed: &Deed, cells: usize) -> Vec<Line<'static>> {
    let mut page = about(view, deed, cells);
    page.dim(&format!("Looking at what it would touch {}", view.glyphs.busy));
    page.dim("Nothing is written by that.");
    page.into_lines()
}

fn refused(view: &View, deed: &Deed, why: &str, cells: usize) -> Vec<Line<'static>> {
    let mut page = about(view, deed, cells);
    page.styled(&format!("{} Nothing can be done here:", view.glyphs.unknown), view.theme.warn.0);
    page.text(why);
    page.blank();
    page.dim("Nothing was written.");
    page.into_lines()
}

/// A page that begins with what it is about: of many only the first, so that what follows is seen.
fn about<'a>(view: &'a View, deed: &Deed, cells: usize) -> Page<'a> {
    let mut page = Page::new(view, cells);
    let subjects = subjects(deed);
    page.lines_of(&subjects[..subjects.len().min(SHOWN)]);
    if let Some(more) = subjects.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        page.text(&format!("and {more} more"));
    }
    page.blank();
    page
}

fn subjects(deed: &Deed) -> Vec<String> {
    match &deed.errand {
        Errand::Verb(order) => order.targets.iter().map(|target| target.subject.to_string()).collect(),
        Errand::Journal(About::Undo(entry) | About::Resume(entry)) => vec![format!("entry {entry}")],
    }
}

/// What it is and where, with the lines that are shown on the right.
fn framed(
    state: &State,
    view: &View,
    deed: &Deed,
    area: Rect,
    (top, height, count): (usize, usize, usize),
) -> Block<'static> {
    let what = errand_words(&deed.errand);
    let standing = match &deed.stage {
        Stage::Looking | Stage::Refused { .. } | Stage::Asking { .. } => "",
        Stage::Running { .. } => ": under way",
        Stage::Ended { done, .. } => ending_word(&done.ending),
    };
    let place = clean(&state.environment()).into_owned();
    let last = (top + height).min(count);
    let remark = if count > height { format!(" {}-{last} of {count} ", top + 1) } else { String::new() };
    let room = usize::from(area.width).saturating_sub(width(&remark) + 6);
    let title = fit_middle(&format!("{what} in {place}{standing}"), room, view.glyphs.cut);
    Block::bordered()
        .border_set(view.glyphs.border)
        .border_style(view.theme.accent.0)
        .title_top(Line::styled(format!(" {title} "), view.theme.title.0))
        .title_top(Line::styled(remark, view.theme.dim.0).right_aligned())
}

fn errand_words(errand: &Errand) -> String {
    let words = match errand {
        Errand::Verb(order) => order.verb.replace('-', " "),
        Errand::Journal(About::Undo(_)) => "undo".to_owned(),
        Errand::Journal(About::Resume(_)) => "do the rest".to_owned(),
    };
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

const fn ending_word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Done => ": done",
        Ending::Changed { .. } => ": left, something had changed",
        Ending::Failed { .. } => ": failed on the way",
        Ending::Stopped => ": stopped",
    }
}

/// What carrying it out does, as words after a key: `delete 4 objects`.
pub(super) fn effect(proposal: &Proposal) -> String {
    let objects = proposal.objects();
    let any = |which: fn(&Act) -> bool| proposal.steps().any(|step| which(&step.act));
    if proposal.is_about_servers() {
        return format!("set {}", counted(objects as u64, "server"));
    }
    if proposal.is_about_logs() {
        return format!("empty {}", counted(objects as u64, "log file"));
    }
    let verb = match () {
        () if any(|act| matches!(act, Act::PutBack { .. } | Act::ApiPut { .. })) => "put back",
        () if any(|act| matches!(act, Act::Create { .. } | Act::Replace { .. })) => "write",
        () if objects == 0 && any(|act| matches!(act, Act::MakeFolder { .. })) => "make",
        () => "delete",
    };
    let (count, thing) =
        if objects == 0 { (proposal.steps().count(), "folder") } else { (objects, "object") };
    format!("{verb} {count} {thing}{}", if count == 1 { "" } else { "s" })
}
