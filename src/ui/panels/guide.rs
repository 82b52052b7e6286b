//! What stands beside the tree while no tag's chain is there to show: how far one is, and the keys that lead on.

use ratatui::text::{Line, Span};

use crate::model::TagState;
use crate::model::text::clean;
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::node::NodeKind;
use crate::sources::bucket::picture::Verdict;
use crate::state::{Faults, State};
use crate::ui::text::{count, width, wrap};
use crate::ui::view::View;

/// Cells of the longest key.
const KEY: usize = 10;

/// The title of the frame around [`lines`].
pub fn title(state: &State) -> String {
    match state.browser.selected.kind() {
        NodeKind::Folder | NodeKind::Prefix => {
            format!("{}/", clean(&state.browser.selected.subject().to_string()).trim_end_matches('/'))
        }
        NodeKind::Tag | NodeKind::Object => clean(&state.browser.selected.subject().to_string()).into_owned(),
        NodeKind::Rest => "So far".to_owned(),
    }
}

/// What to say of the selected row, which has no chain to show.
pub fn lines(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    match (state.browser.selected.kind(), state.bucket.verdicts.get(&state.browser.selected.subject())) {
        (NodeKind::Tag, Some(Verdict::Scanning)) => {
            plain(view, &format!("Walking the way of a pull {}", view.glyphs.busy), cells)
        }
        (NodeKind::Tag, _) => keys(view, &[("s", "scans it now; it was not looked at yet")], cells),
        (NodeKind::Object, _) => {
            keys(view, &[("Enter", "shows its bytes"), ("a", "lists what can be done")], cells)
        }
        (NodeKind::Folder | NodeKind::Prefix | NodeKind::Rest, _) => so_far(state, view, cells),
    }
}

fn plain(view: &View, words: &str, cells: usize) -> Vec<Line<'static>> {
    wrap(words, cells).into_iter().map(|line| Line::styled(line, view.theme.dim.0)).collect()
}

/// How many tags were looked at and what came of it, then what to press.
fn so_far(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let mut lines = warning(state, view, cells);
    lines.extend(tally(state, view));
    lines.extend(plain(view, "Tags are looked at as they come on the screen.", cells));
    lines.push(Line::default());
    let all = match state.browser.faults {
        Faults::AndHealthy => "looks at all that is open, and shows the faults only",
        Faults::Only => "shows healthy tags again",
    };
    let mut next = vec![
        ("e", "goes to the next fault"),
        ("Ctrl-z", all),
        ("Enter", "opens or closes a folder"),
        (":tag", "g/p:v1 goes straight to a tag"),
    ];
    if state.bucket.verdicts.faults() > 0 {
        next.push(("1", "lists the faults, the worst first"));
    }
    lines.extend(keys(view, &next, cells));
    lines
}

/// Whether there is something to mind about all tags of this bucket.
pub const fn has_warning(state: &State) -> bool {
    matches!(state.bucket.survey, Some(Survey::Database | Survey::Undecided { .. }))
}

/// What to mind where the bucket is not the truth about tags, and what to do about it.
pub fn warning(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let words = match &state.bucket.survey {
        Some(Survey::Database) => vec![
            "This bucket is not the truth about tags: the registry keeps them in a metadata database. An empty tree can \
             be fine: delete nothing here."
                .to_owned(),
            "Links and tag folders that are missing or odd here are normal. Tags are asked of the registry: set \
             url in the profile's registry section (quarterdeck config init), or QUARTERDECK_REGISTRY_URL."
                .to_owned(),
        ],
        Some(Survey::Undecided { why }) => vec![
            format!("Where this registry keeps its tags is not known: {why}."),
            "Until that is decided no tag is called whole or broken. Ask whoever runs the registry, then set \
             mode in the profile's registry section."
                .to_owned(),
        ],
        Some(Survey::Registry | Survey::NoRepositories { .. } | Survey::Elsewhere { .. } | Survey::Empty)
        | None => return Vec::new(),
    };
    let mut lines: Vec<_> = words
        .iter()
        .flat_map(|words| wrap(words, cells))
        .map(|line| Line::styled(line, view.theme.unknown.0))
        .collect();
    lines.push(Line::default());
    lines
}

fn tally(state: &State, view: &View) -> Vec<Line<'static>> {
    let (theme, glyphs, verdicts) = (&view.theme, &view.glyphs, &state.bucket.verdicts);
    let number = |tag_state: TagState| count(verdicts.count(tag_state) as u64);
    let row = |sign: &str, number: String, words: &'static str, style| {
        let text = format!("{sign} {number:>7} {words}");
        Line::styled(text, style)
    };
    let tinted = |tag_state, style| if verdicts.count(tag_state) > 0 { style } else { theme.dim.0 };
    let looked_at = if verdicts.seen() == 1 { "tag looked at" } else { "tags looked at" };
    let mut lines = vec![
        row(" ", count(verdicts.seen() as u64), looked_at, theme.text.0),
        row(glyphs.bad, number(TagState::Broken), "broken", tinted(TagState::Broken, theme.bad.0)),
        row(
            glyphs.unknown,
            number(TagState::Unknown),
            "could not be read",
            tinted(TagState::Unknown, theme.unknown.0),
        ),
    ];
    if verdicts.count(TagState::Absent) > 0 {
        lines.push(row(glyphs.absent, number(TagState::Absent), "absent", theme.dim.0));
    }
    lines.push(Line::default());
    lines
}

fn keys(view: &View, rows: &[(&'static str, &'static str)], cells: usize) -> Vec<Line<'static>> {
    let entry = |(key, words): &(&'static str, &'static str)| {
        let parts = wrap(words, cells.saturating_sub(KEY)).into_iter().enumerate();
        let blanks = " ".repeat(KEY.saturating_sub(width(key)));
        parts
            .map(|(number, part)| match number {
                0 => Line::from(vec![
                    Span::styled(*key, view.theme.accent.0),
                    Span::raw(format!("{blanks}{part}")),
                ]),
                _ => Line::from(format!("{:KEY$}{part}", "")),
            })
            .collect::<Vec<_>>()
    };
    rows.iter().flat_map(entry).collect()
}
