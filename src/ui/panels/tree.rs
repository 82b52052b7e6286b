//! The tree of the bucket: a window of its rows, with what holds them kept in sight above.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tui_tree_widget::{Tree, TreeItem, TreeState};

use super::rest::{self, Tone};
use crate::model::text::clean;
use crate::model::{Subject, TagState};
use crate::sources::bucket::node::{Node, NodeKind};
use crate::sources::bucket::picture::Verdict;
use crate::sources::bucket::verdicts::Below;
use crate::state::{Faults, Row, State, is_stray};
use crate::ui::text::{count, fit, pad, size, width};
use crate::ui::view::View;

/// Cells that the widget puts before a row for each level above it.
const INDENT: usize = 2;

/// Draws the rows around the selection, and notes which tags of them were not looked at.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let rows = window(state, view, usize::from(area.height));
    view.rows = (area.y..).zip(&rows).map(|(line, row)| (line, row.node.clone())).collect();
    view.unseen = unseen(state, &rows);
    let lines: Vec<_> =
        rows.iter().map(|row| (row, text(state, view, row, usize::from(area.width)))).collect();
    let mut shown = TreeState::default();
    let items = items(&lines, 0, &mut Vec::new(), &mut shown);
    if let Some(at) = rows.iter().position(|row| row.node == state.browser.selected) {
        shown.select(path(&rows, at));
    }
    // Names are unique within a level, and a level is in the window once.
    let Ok(tree) = Tree::new(&items) else { return };
    let tree = tree.node_closed_symbol("").node_open_symbol("").node_no_children_symbol("");
    frame.render_stateful_widget(tree.highlight_style(view.theme.selected.0), area, &mut shown);
}

/// The rows to show: what holds the first row, then the rows from there on, the selected one among them.
fn window(state: &State, view: &mut View, height: usize) -> Vec<Row> {
    let (rows, picture) = (&state.browser.rows, &state.bucket);
    let selected = state.browser.position();
    view.page_rows = height;
    view.tree_top = view.tree_top.min(selected).min(rows.len().saturating_sub(height));
    loop {
        let above = rows.get(picture, view.tree_top).map_or_else(Vec::new, |row| holders(&row));
        let room = height.saturating_sub(above.len()).max(1);
        if selected < view.tree_top + room {
            let below = (view.tree_top..rows.len()).take(room).filter_map(|number| rows.get(picture, number));
            return above.into_iter().chain(below).take(height.max(1)).collect();
        }
        view.tree_top = (selected + 1 - room).max(view.tree_top + 1);
    }
}

/// The rows that hold a row, outermost first.
fn holders(row: &Row) -> Vec<Row> {
    let chain = std::iter::successors(row.node.parent(), Node::parent);
    let mut holders: Vec<_> = chain.take(row.depth).collect();
    holders.reverse();
    holders.into_iter().enumerate().map(|(depth, node)| Row { node, depth }).collect()
}

fn unseen(state: &State, rows: &[Row]) -> Vec<Subject> {
    if state.browser.is_stopped() {
        return Vec::new();
    }
    let mut tags: Vec<_> = rows
        .iter()
        .filter(|row| row.node.kind() == NodeKind::Tag)
        .map(|row| row.node.subject())
        .filter(|subject| !state.bucket.verdicts.contains(subject))
        .collect();
    let selected = state.browser.selected.subject();
    let wanted = state.browser.selected.kind() == NodeKind::Tag && state.bucket.report(&selected).is_none();
    if wanted && state.bucket.verdicts.get(&selected) != Some(&Verdict::Scanning) {
        tags.retain(|subject| *subject != selected);
        tags.insert(0, selected);
    }
    tags
}

type Lines<'a> = [(&'a Row, Line<'static>)];

/// Nests the rows, and opens all that hold others.
fn items(
    lines: &Lines<'_>,
    depth: usize,
    path: &mut Vec<Node>,
    shown: &mut TreeState<Node>,
) -> Vec<TreeItem<'static, Node>> {
    let (mut items, mut from) = (Vec::new(), 0);
    while let Some((row, line)) = lines.get(from) {
        let below = lines[from + 1..].iter().take_while(|(row, _)| row.depth > depth).count();
        path.push(row.node.clone());
        let children = self::items(&lines[from + 1..from + 1 + below], depth + 1, path, shown);
        if !children.is_empty() {
            shown.open(path.clone());
        }
        path.pop();
        let item = TreeItem::new(row.node.clone(), line.clone(), children);
        items.extend(item.ok());
        from += below + 1;
    }
    items
}

fn path(rows: &[Row], at: usize) -> Vec<Node> {
    let mut path = vec![rows[at].node.clone()];
    let mut depth = rows[at].depth;
    for row in rows[..at].iter().rev() {
        if row.depth < depth {
            depth = row.depth;
            path.insert(0, row.node.clone());
        }
    }
    path
}

fn text(state: &State, view: &View, row: &Row, cells: usize) -> Line<'static> {
    let room = cells.saturating_sub(row.depth * INDENT + 1);
    let (sign, style, name, remark) = match row.node.kind() {
        NodeKind::Folder | NodeKind::Prefix => folder(state, view, &row.node),
        NodeKind::Tag => tag(state, view, &row.node),
        NodeKind::Object => object(state, view, &row.node),
        NodeKind::Rest => unlisted(state, view, &row.node),
    };
    let marked = row.node.kind() == NodeKind::Tag && state.browser.marks().contains(&row.node.subject());
    let name = if marked { format!("{} {name}", view.glyphs.mark) } else { name };
    // A name keeps at least two thirds of the row.
    let remark_room = room.saturating_sub(2 + width(&name) + 2).max(room / 3).min(room.saturating_sub(8));
    let remark = fit(&remark, remark_room, view.glyphs.cut);
    let name_room = room.saturating_sub(2 + width(&remark) + usize::from(!remark.is_empty()) * 2);
    Line::from(vec![
        Span::styled(format!("{sign} "), style),
        Span::raw(pad(&name, name_room, view.glyphs.cut)),
        Span::styled(if remark.is_empty() { remark } else { format!("  {remark}") }, style),
    ])
}

type Parts = (&'static str, Style, String, String);

fn folder(state: &State, view: &View, node: &Node) -> Parts {
    let theme = &view.theme;
    if state.bucket.is_absent(node) {
        return (view.glyphs.absent, theme.dim.0, format!("{}/", name_of(state, node)), "absent".to_owned());
    }
    let sign = if state.browser.open.contains(node) { view.glyphs.opened } else { view.glyphs.closed };
    let below = match node.subject() {
        Subject::Repository(name) => state.bucket.verdicts.below(&name),
        _ => Below::default(),
    };
    let (style, remark) = match (below.found, below.unread) {
        (0, 0) => {
            let quiet = state.browser.faults == Faults::AndHealthy || sign == view.glyphs.opened;
            (theme.dim.0, if quiet { String::new() } else { "not looked at".to_owned() })
        }
        (0, unread) => (theme.unknown.0, format!("{} {}", view.glyphs.unknown, count(unread))),
        (found, _) => (theme.bad.0, format!("{} {}", view.glyphs.bad, count(found))),
    };
    (sign, style, format!("{}/", name_of(state, node)), remark)
}

fn tag(state: &State, view: &View, node: &Node) -> Parts {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let (sign, style, remark) = match state.bucket.verdicts.get(&node.subject()) {
        None => (glyphs.unseen, theme.dim.0, String::new()),
        Some(Verdict::Scanning) => (glyphs.busy, theme.dim.0, "scanning".to_owned()),
        Some(Verdict::Seen { state, worst, .. }) => {
            let (style, word) = match state {
                TagState::Whole => (theme.good.0, ""),
                TagState::Broken => (theme.bad.0, "broken"),
                TagState::Absent => (theme.dim.0, "absent"),
                TagState::Unknown => (theme.unknown.0, "could not read"),
            };
            let worst = worst.map(|(id, _)| id);
            (glyphs.tag(*state), style, worst.unwrap_or(word).to_owned())
        }
    };
    (sign, style, name_of(state, node), remark)
}

fn object(state: &State, view: &View, node: &Node) -> Parts {
    let child = match node {
        Node::Child { place, name } => state
            .bucket
            .listings
            .get(place)
            .and_then(|listing| listing.position(name).ok().and_then(|at| listing.children.get(at))),
        Node::Rest(_) => None,
    };
    let bytes = child.and_then(|child| child.object).and_then(|object| object.size);
    let mut remark = bytes.map(size).unwrap_or_default();
    let (mut sign, mut style) = (" ", view.theme.dim.0);
    if is_stray(node) {
        (sign, style) = (view.glyphs.bad, view.theme.warn.0);
        remark = format!("stray file {remark}").trim_end().to_owned();
    }
    (sign, style, name_of(state, node), remark)
}

fn unlisted(state: &State, view: &View, node: &Node) -> Parts {
    let (tone, words) = rest::row(state, node.place());
    let (sign, style) = match tone {
        Tone::Quiet => (" ", view.theme.dim.0),
        Tone::Busy => (view.glyphs.busy, view.theme.dim.0),
        Tone::Unknown => (view.glyphs.unknown, view.theme.unknown.0),
    };
    (sign, style, words, String::new())
}

fn name_of(state: &State, node: &Node) -> String {
    let Node::Child { place, name } = node else { return String::new() };
    let listing = state.bucket.listings.get(place);
    let child =
        listing.and_then(|listing| listing.position(name).ok().and_then(|at| listing.children.get(at)));
    let shown = child.map(|child| child.shown().to_owned());
    shown.unwrap_or_else(|| clean(name.trim_end_matches('/')).into_owned())
}
