//! What drawing remembers from frame to frame; it can be thrown away at any time.

use ratatui::text::Line;

use crate::event::{Intent, PanelId};
use crate::model::Subject;
use crate::sources::bucket::node::Node;
use crate::sources::logs::picture::Place;

use super::deed;
use super::glyphs::{Glyphs, UNICODE};
use super::theme::Theme;

/// What drawing remembers from frame to frame.
#[derive(Debug)]
pub struct View {
    pub glyphs: Glyphs,
    pub theme: Theme,
    theme_name: String,
    /// Number of the tree's first row on the screen.
    pub tree_top: usize,
    /// First line of the chain on the screen.
    pub chain_top: usize,
    /// Number of the first row of the table on the screen.
    pub table_top: usize,
    /// How wide each column of a table was so far, for this panel, wide or not, and this many cells: columns do not
    /// jump while one scrolls.
    pub table_widths: (Option<(PanelId, bool, usize)>, Vec<usize>),
    /// Rows of the table on the screen, by their line.
    pub table_rows: Vec<(u16, Subject)>,
    /// Rows that a page has where the keys go.
    pub page_rows: usize,
    /// First line and number of lines of the open text.
    pub text: (usize, usize),
    /// Tags on the screen that were not looked at, the selected one first.
    pub unseen: Vec<Subject>,
    /// Rows of the tree on the screen, by their line.
    pub rows: Vec<(u16, Node)>,
    /// The first line of the logs on the screen, and all of them.
    pub log_top: Option<Place>,
    pub log_rows: Vec<Place>,
    /// The text of the verb that writes as it was drawn last, with what it was made from.
    pub deed: Option<(deed::Shape, Vec<Line<'static>>)>,
}

impl Default for View {
    fn default() -> Self {
        Self::new(UNICODE)
    }
}

impl View {
    /// A view that draws with these signs.
    pub fn new(glyphs: Glyphs) -> Self {
        Self {
            glyphs,
            theme: Theme::default(),
            theme_name: String::new(),
            tree_top: 0,
            chain_top: 0,
            table_top: 0,
            table_widths: (None, Vec::new()),
            table_rows: Vec::new(),
            log_top: None,
            log_rows: Vec::new(),
            page_rows: 1,
            text: (0, 0),
            unseen: Vec::new(),
            rows: Vec::new(),
            deed: None,
        }
    }

    /// The name of the theme that it wears.
    pub fn theme_name(&self) -> &str {
        &self.theme_name
    }

    /// Loads the theme unless it is the present one.
    pub fn wear(&mut self, name: &str) {
        if self.theme_name != name {
            self.theme = Theme::named(name);
            name.clone_into(&mut self.theme_name);
        }
    }

    /// Rows that a page moves: one less than fit, so that one stays in sight.
    pub fn page(&self) -> isize {
        isize::try_from(self.page_rows.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// The wish to scroll the open text by so many lines, within its ends.
    pub fn scroll(&self, lines: isize) -> Intent {
        let (top, count) = self.text;
        let last = count.saturating_sub(self.page_rows);
        Intent::Scroll(top.saturating_add_signed(lines).min(last))
    }

    /// The wish to select what is at a line of the screen.
    pub fn select_at(&self, line: u16) -> Option<Intent> {
        let node = self.rows.iter().find(|(at, _)| *at == line);
        let row = self.table_rows.iter().find(|(at, _)| *at == line);
        let select = node.map(|(_, node)| Intent::Select(node.clone()));
        select.or_else(|| row.map(|(_, subject)| Intent::Choose(subject.clone())))
    }
}
