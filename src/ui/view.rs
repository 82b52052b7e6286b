//! What drawing remembers from frame to frame; it can be thrown away at any time.

use ratatui::text::Line;

use crate::event::Intent;
use crate::model::Subject;
use crate::sources::bucket::node::Node;

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
    /// Rows that a page has where the keys go.
    pub page_rows: usize,
    /// First line and number of lines of the open text.
    pub text: (usize, usize),
    /// Tags on the screen that were not looked at, the selected one first.
    pub unseen: Vec<Subject>,
    /// Rows of the tree on the screen, by their line.
    pub rows: Vec<(u16, Node)>,
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

    /// The row of the tree at a line of the screen.
    pub fn row_at(&self, line: u16) -> Option<&Node> {
        self.rows.iter().find(|(at, _)| *at == line).map(|(_, node)| node)
    }
}
