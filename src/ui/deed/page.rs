//! Lines of a text as they are put together: headings, sentences, commands.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::text::clean;
use crate::ui::text::wrap;
use crate::ui::view::View;

/// Lines of at most so many cells, set in by one.
pub struct Page<'a> {
    view: &'a View,
    cells: usize,
    lines: Vec<Line<'static>>,
}

impl<'a> Page<'a> {
    pub const fn new(view: &'a View, cells: usize) -> Self {
        Self { view, cells, lines: Vec::new() }
    }

    pub fn into_lines(self) -> Vec<Line<'static>> {
        self.lines
    }

    pub fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    /// A line by itself, after an empty one unless it is the first.
    pub fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.blank();
        }
        self.styled(text, self.view.theme.title.0);
    }

    pub fn text(&mut self, text: &str) {
        self.styled(text, self.view.theme.text.0);
    }

    pub fn dim(&mut self, text: &str) {
        self.styled(text, self.view.theme.dim.0);
    }

    pub fn styled(&mut self, text: &str, style: Style) {
        self.hanging(" ", text, style);
    }

    /// The text after a lead, which the lines after the first leave free.
    pub fn hanging(&mut self, lead: &str, text: &str, style: Style) {
        self.led((lead, self.view.theme.text.0), text, style);
    }

    /// The same with a style for the lead.
    pub fn led(&mut self, (lead, lead_style): (&str, Style), text: &str, style: Style) {
        let indent = crate::ui::text::width(lead);
        for (number, part) in wrap(&clean(text), self.cells.saturating_sub(indent)).into_iter().enumerate() {
            let start = if number == 0 { lead.to_owned() } else { " ".repeat(indent) };
            self.lines.push(Line::from(vec![Span::styled(start, lead_style), Span::styled(part, style)]));
        }
    }

    /// A label and its words.
    pub fn labelled(&mut self, label: &str, words: &str) {
        if !words.is_empty() {
            self.hanging(&format!(" {label:<5} "), words, self.view.theme.text.0);
        }
    }

    /// Sentences below a heading; without any there is no heading.
    pub fn section(&mut self, heading: &str, sentences: &[String]) {
        if !sentences.is_empty() {
            self.heading(heading);
            for sentence in sentences {
                self.hanging(" - ", sentence, self.view.theme.text.0);
            }
        }
    }

    pub fn lines_of(&mut self, sentences: &[String]) {
        for sentence in sentences {
            self.text(sentence);
        }
    }

    pub fn push(&mut self, line: Line<'static>) {
        self.lines.push(line);
    }
}
