//! The panels that are tables, one row each: their columns, and what a row of them is.
//!
//! A table's rows are looked at, never kept: only their order is, and a cell is made when it is drawn or sorted by.

pub mod age;
mod balancers;
mod endpoints;
pub mod pods;
mod table;
mod terms;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
pub use table::{Direction, Place, Sort, Table, settle};
pub use terms::{Term, Terms};

use super::{State, Tone};
use crate::event::{Fact, PanelId};
use crate::model::Subject;

/// A panel that is a table.
pub struct Sheet {
    pub panel: PanelId,
    /// The first one says what a row is called; on a narrow screen columns go from the right.
    pub columns: &'static [Column],
    /// What one row is called in sentences, such as `pod`.
    pub noun: &'static str,
    /// Its rows as things are now.
    pub rows: for<'a> fn(&'a State) -> Box<dyn Rows + 'a>,
    /// Whether a fact may change its rows.
    pub concerns: fn(&Fact) -> bool,
    /// What Enter does, as a word of the key bar, and what it leads to.
    pub drill: (&'static str, fn(&State, &Subject) -> Drill),
    /// Whether rows can be marked, because a verb takes several.
    pub marks: Marking,
}

/// Whether rows can be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    Never,
    Rows,
}

/// Where Enter leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drill {
    /// Everything that is known of it, at once.
    Describe,
    /// Another panel, with this selected.
    Show(PanelId, Subject),
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// As in the header and in filters.
    pub title: &'static str,
    pub align: Align,
    /// Cells that it has at the least.
    pub least: usize,
    pub shown: Shown,
    /// The key that sorts by it, a capital; none for some.
    pub letter: Option<char>,
}

/// On which side the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// When a column is shown, where there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Always,
    /// Only while the table is wide.
    Wide,
}

impl Column {
    pub const fn left(title: &'static str, least: usize, letter: Option<char>) -> Self {
        Self { title, align: Align::Left, least, shown: Shown::Always, letter }
    }

    pub const fn right(title: &'static str, least: usize, letter: Option<char>) -> Self {
        Self { title, align: Align::Right, least, shown: Shown::Always, letter }
    }

    /// The same, shown only while the table is wide.
    pub const fn when_wide(self) -> Self {
        Self { shown: Shown::Wide, ..self }
    }
}

/// What a cell shows, how it is meant, and what it sorts by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: Cow<'static, str>,
    pub tone: Tone,
    pub key: Key,
}

/// What rows are sorted by; what is not known is last, whichever way they are sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Number(i64),
    Text(String),
    Unknown,
}

impl Cell {
    /// Text that sorts by itself.
    pub fn text(text: &str) -> Self {
        Self { text: Cow::Owned(text.to_owned()), tone: Tone::Plain, key: Key::Text(text.to_owned()) }
    }

    /// Text that sorts by a number.
    pub fn number(text: impl Into<Cow<'static, str>>, number: i64) -> Self {
        Self { text: text.into(), tone: Tone::Plain, key: Key::Number(number) }
    }

    /// Nothing known, or nothing to say.
    pub const fn none() -> Self {
        Self { text: Cow::Borrowed(""), tone: Tone::Dim, key: Key::Unknown }
    }

    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// The rows of a table as things are now, by number, in the order that they have without sorting.
pub trait Rows {
    fn count(&self) -> usize;
    fn subject(&self, row: usize) -> Subject;
    /// How the row as a whole is meant; anything but plain, dim and good is a fault.
    fn tone(&self, row: usize) -> Tone;
    fn cell(&self, row: usize, column: usize) -> Cell;

    /// What explains a row that is not well, on a line of its own.
    fn note(&self, _row: usize) -> Option<String> {
        None
    }

    fn is_fault(&self, row: usize) -> bool {
        matches!(self.tone(row), Tone::Warn | Tone::Bad | Tone::Unknown)
    }
}

/// Rows that were made all at once, for tables that are never long.
pub struct Whole(pub Vec<Row>);

/// A row that was made with all its cells.
pub struct Row {
    pub subject: Subject,
    pub tone: Tone,
    pub cells: Vec<Cell>,
    pub note: Option<String>,
}

impl Rows for Whole {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn subject(&self, row: usize) -> Subject {
        self.0[row].subject.clone()
    }

    fn tone(&self, row: usize) -> Tone {
        self.0[row].tone
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        self.0[row].cells.get(column).cloned().unwrap_or_else(Cell::none)
    }

    fn note(&self, row: usize) -> Option<String> {
        self.0[row].note.clone()
    }
}

/// The panels that are tables.
pub const TABLES: &[Sheet] = &[pods::SHEET, endpoints::SHEET, balancers::SHEET];

/// The table of a panel, if it is one.
pub fn sheet(panel: PanelId) -> Option<&'static Sheet> {
    TABLES.iter().find(|sheet| sheet.panel == panel)
}

/// What the operator chose in each table, and the order of its rows.
#[derive(Debug)]
pub struct Tables {
    tables: BTreeMap<PanelId, Table>,
    /// When the shown table was last put in order. Ages are told as of then, so that a screen on which nothing else
    /// changes stays as it is.
    pub at: Timestamp,
}

impl Default for Tables {
    fn default() -> Self {
        let tables = TABLES.iter().map(|sheet| (sheet.panel, Table::default())).collect();
        Self { tables, at: Timestamp::default() }
    }
}

impl Tables {
    /// The table of a panel, if it is one.
    pub fn get(&self, panel: PanelId) -> Option<&Table> {
        self.tables.get(&panel)
    }

    pub(super) fn get_mut(&mut self, panel: PanelId) -> Option<&mut Table> {
        self.tables.get_mut(&panel)
    }
}

impl State {
    /// The table that is shown, if the panel is one.
    pub fn table(&self) -> Option<&Table> {
        self.tables.get(self.screen.panel)
    }

    pub(super) fn table_mut(&mut self) -> Option<&mut Table> {
        self.tables.get_mut(self.screen.panel)
    }
}
