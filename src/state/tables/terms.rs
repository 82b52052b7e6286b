//! The filter of a table: terms that all have to hold, each for the whole row or for one column.

use super::{Column, Rows};
use crate::state::Filter;

/// What rows have to look like to be shown.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    text: String,
    terms: Vec<Term>,
    /// Terms that name a column which there is not; they hide nothing.
    inactive: Vec<String>,
}

/// One thing that a row has to satisfy.
#[derive(Clone, Debug)]
pub struct Term {
    /// The column that is looked at; none for all of them.
    column: Option<usize>,
    filter: Filter,
}

impl Terms {
    /// Reads a filter as it is typed; no text is refused. `-f` takes all that follows for one term.
    pub fn parse(text: &str, columns: &[Column]) -> Self {
        let mut read = Self { text: text.to_owned(), ..Self::default() };
        let words = if text.starts_with("-f") { vec![text] } else { text.split_whitespace().collect() };
        for word in words {
            let (negation, rest) = word.strip_prefix('!').map_or(("", word), |rest| ("!", rest));
            match rest.split_once(':').filter(|(name, _)| is_name(name)) {
                None => read.terms.push(Term { column: None, filter: Filter::parse(word) }),
                Some((name, wanted)) => match find(columns, name) {
                    Some(column) => {
                        let filter = Filter::parse(&format!("{negation}{wanted}"));
                        read.terms.push(Term { column: Some(column), filter });
                    }
                    None => read.inactive.push(word.to_owned()),
                },
            }
        }
        read
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What is to be said of it: terms that do nothing, and texts that are not taken as what they look like.
    pub fn remark(&self) -> Option<String> {
        if !self.inactive.is_empty() {
            return Some(format!("inactive, no such column: {}", self.inactive.join(" ")));
        }
        self.terms.iter().find_map(|term| term.filter.remark()).map(str::to_owned)
    }

    /// Whether a row is shown.
    pub fn pass(&self, rows: &dyn Rows, row: usize, columns: usize) -> bool {
        self.terms.iter().all(|term| match term.column {
            Some(column) => term.filter.passes(&rows.cell(row, column).text),
            None => {
                let cells = (0..columns).map(|column| rows.cell(row, column).text);
                term.filter.passes(&cells.collect::<Vec<_>>().join(" "))
            }
        })
    }
}

/// Whether what stands before a colon could name a column: an address or an image does not.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-')
}

/// The column whose title begins like this, in any case.
fn find(columns: &[Column], name: &str) -> Option<usize> {
    let name = name.to_lowercase().replace('-', " ");
    columns.iter().position(|column| column.title.to_lowercase().starts_with(&name))
}
