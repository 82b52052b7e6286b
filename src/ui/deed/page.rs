//! Lines of a text as they are put together: headings, sentences, commands.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::text::clean;
use crate::ui::text::{fit_middle, width, wrap};
use crate::ui::view::View;

/// A name keeps so many cells, or has a line of its own.
const NAME: usize = 24;

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
        let indent = width(lead);
        for (number, part) in wrap(&clean(text), self.cells.saturating_sub(indent)).into_iter().enumerate() {
            let start = if number == 0 { lead.to_owned() } else { " ".repeat(indent) };
            self.lines.push(Line::from(vec![Span::styled(start, lead_style), Span::styled(part, style)]));
        }
    }

    /// The name of an object after a lead, in one line: its middle is cut if need be.
    pub fn object(&mut self, (lead, lead_style): (&str, Style), name: &str) {
        let name = fit_middle(&clean(name), self.cells.saturating_sub(width(lead)), self.view.glyphs.cut);
        self.push(Line::from(vec![Span::styled(lead.to_owned(), lead_style), Span::raw(name)]));
    }

    /// The name of an object after a lead, with what is known of it: in one line if need be by cutting the name's
    /// middle, else in two.
    pub fn named(&mut self, lead: &str, name: &str, facts: &str) {
        let room = self.cells.saturating_sub(width(lead));
        let beside = room.saturating_sub(width(facts) + 2);
        let below = beside < NAME && !facts.is_empty();
        let name = fit_middle(&clean(name), if below { room } else { beside }, self.view.glyphs.cut);
        let mut spans = vec![Span::raw(format!("{lead}{name}"))];
        let facts = Span::styled(facts.to_owned(), self.view.theme.dim.0);
        if below {
            self.push(Line::from(spans));
            spans = vec![Span::raw(" ".repeat(width(lead)))];
        } else {
            spans.push(Span::raw("  "));
        }
        spans.push(facts);
        self.push(Line::from(spans));
    }

    /// A label and its words, each clause of them in a line of its own.
    pub fn clauses(&mut self, label: &str, words: &str) {
        for (number, clause) in words.split("; ").filter(|clause| !clause.is_empty()).enumerate() {
            let label = if number == 0 { label } else { "" };
            self.hanging(&format!(" {label:<5} "), clause, self.view.theme.text.0);
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
