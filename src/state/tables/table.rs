//! One table: what is chosen, how it is sorted and filtered, and the order that follows.

use std::collections::{BTreeSet, HashSet};

use super::{Column, Key, Rows, Sheet, Shown, Terms, sheet};
use crate::event::{Motion, PanelId, Way};
use crate::model::Subject;
use crate::state::{Faults, Notice, State};

/// One table.
#[derive(Debug, Default)]
pub struct Table {
    /// The row that the cursor is on, by what it stands for.
    pub chosen: Option<Subject>,
    pub filter: Terms,
    pub sort: Sort,
    pub faults: Faults,
    /// Whether the columns are shown that are for wide screens.
    pub wide: bool,
    pub(super) marks: BTreeSet<Subject>,
    /// The rows that are shown, in order.
    pub shown: Vec<Place>,
    /// How many there are, and how many of them are faults, shown or not.
    pub all: usize,
    pub faulty: usize,
}

/// Where a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub subject: Subject,
    /// Its number among the rows as they are now.
    pub row: usize,
    pub is_fault: bool,
}

/// By what the rows are sorted; by the first column they are as they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    pub column: usize,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Rising,
    Falling,
}

impl Table {
    /// Number of the chosen row among those shown.
    pub fn position(&self) -> Option<usize> {
        let chosen = self.chosen.as_ref()?;
        self.shown.iter().position(|place| place.subject == *chosen)
    }

    /// Whether a column is among those to be shown, where there is room.
    pub fn has(&self, column: &Column) -> bool {
        self.wide || column.shown == Shown::Always
    }

    /// The marked rows.
    pub const fn marks(&self) -> &BTreeSet<Subject> {
        &self.marks
    }

    /// Moves the cursor.
    pub fn step(&mut self, motion: Motion) {
        let last = self.shown.len().saturating_sub(1);
        let to = match motion {
            Motion::First => 0,
            Motion::Last => last,
            Motion::Rows(rows) => self.position().unwrap_or(0).saturating_add_signed(rows).min(last),
        };
        self.chosen = self.shown.get(to).map(|place| place.subject.clone());
    }

    /// Moves the cursor to the next or previous fault, past the end if need be; says whether there is one, and whether
    /// it was past the end.
    pub fn step_to_fault(&mut self, way: Way) -> Option<bool> {
        let here = self.position().unwrap_or(0);
        let faults: Vec<_> = (0..self.shown.len()).filter(|number| self.shown[*number].is_fault).collect();
        let (ahead, around) = match way {
            Way::Next => (faults.iter().find(|number| **number > here), faults.first()),
            Way::Previous => (faults.iter().rev().find(|number| **number < here), faults.last()),
        };
        let to = *ahead.or(around)?;
        self.chosen = Some(self.shown[to].subject.clone());
        Some(ahead.is_none())
    }

    /// Marks the chosen row or takes its mark away, then goes down a row.
    pub fn mark(&mut self) {
        if let Some(subject) = self.chosen.clone() {
            if !self.marks.remove(&subject) {
                self.marks.insert(subject);
            }
            self.step(Motion::Rows(1));
        }
    }

    pub fn clear_marks(&mut self) {
        self.marks.clear();
    }

    /// Sorts by a column; by the same one again the other way round.
    pub fn sort_by(&mut self, column: usize) {
        let direction = match (self.sort.column == column, self.sort.direction) {
            (true, Direction::Rising) => Direction::Falling,
            (true, Direction::Falling) | (false, _) => Direction::Rising,
        };
        self.sort = Sort { column, direction };
    }

    /// Takes in the rows as they are now; says what became of the chosen one if it is not among them any more.
    fn take(&mut self, sheet: &Sheet, rows: &dyn Rows) -> Option<Loss> {
        let places: Vec<_> = (0..rows.count())
            .map(|row| Place { subject: rows.subject(row), row, is_fault: rows.is_fault(row) })
            .collect();
        self.all = places.len();
        self.faulty = places.iter().filter(|place| place.is_fault).count();
        let is_there =
            self.chosen.as_ref().is_some_and(|chosen| places.iter().any(|at| at.subject == *chosen));
        if !self.marks.is_empty() {
            let there: HashSet<_> = places.iter().map(|place| &place.subject).collect();
            self.marks.retain(|mark| there.contains(mark));
        }
        let mut shown = places;
        if self.faults == Faults::Only {
            shown.retain(|place| place.is_fault);
        }
        if !self.filter.is_empty() {
            shown.retain(|place| self.filter.pass(rows, place.row, sheet.columns.len()));
        }
        self.order(rows, &mut shown);
        let before = std::mem::replace(&mut self.shown, shown);
        self.keep_cursor(&before, is_there)
    }

    fn order(&self, rows: &dyn Rows, shown: &mut Vec<Place>) {
        let Sort { column, direction } = self.sort;
        if column > 0 {
            let mut keyed: Vec<_> = std::mem::take(shown)
                .into_iter()
                .map(|place| (rows.cell(place.row, column).key, place))
                .collect();
            keyed.sort_by(|(one, _), (other, _)| match (one, other, direction) {
                (Key::Unknown, _, _) | (_, Key::Unknown, _) | (_, _, Direction::Rising) => one.cmp(other),
                (_, _, Direction::Falling) => other.cmp(one),
            });
            shown.extend(keyed.into_iter().map(|(_, place)| place));
        } else if direction == Direction::Falling {
            shown.reverse();
        }
    }

    /// A row that moved keeps the cursor; of one that went its nearest neighbour gets it.
    fn keep_cursor(&mut self, before: &[Place], is_there: bool) -> Option<Loss> {
        let first = || self.shown.first().map(|place| place.subject.clone());
        let Some(chosen) = self.chosen.clone() else {
            self.chosen = first();
            return None;
        };
        if self.shown.iter().any(|place| place.subject == chosen) {
            return None;
        }
        let left: HashSet<_> = self.shown.iter().map(|place| &place.subject).collect();
        // Before the first list has come nothing can be gone.
        let at = before.iter().position(|place| place.subject == chosen)?;
        let near = before[at..].iter().chain(before[..at].iter().rev());
        let neighbour = near.map(|place| &place.subject).find(|subject| left.contains(subject)).cloned();
        self.chosen = neighbour.or_else(first);
        Some(if is_there { Loss::Hidden(chosen) } else { Loss::Gone(chosen) })
    }
}

/// What became of the chosen row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Loss {
    Gone(Subject),
    /// It does not pass the filter or is no fault any more.
    Hidden(Subject),
}

/// Brings the order of a table up to date, and says where the cursor went if its row went.
pub fn settle(state: &mut State, panel: PanelId) {
    let Some(sheet) = sheet(panel) else { return };
    let Some(mut table) = state.tables.get_mut(panel).map(std::mem::take) else { return };
    state.tables.at = state.now;
    let loss = table.take(sheet, &*(sheet.rows)(state));
    let rests =
        table.chosen.as_ref().map_or_else(String::new, |chosen| format!("; the cursor rests on {chosen}"));
    if let Some(kept) = state.tables.get_mut(panel) {
        *kept = table;
    }
    state.screen.notice = match loss {
        Some(Loss::Gone(subject)) => {
            Some(Notice::plain(format!("The {} {subject} is gone{rests}.", sheet.noun)))
        }
        // While a filter is typed rows go all the time.
        Some(Loss::Hidden(subject)) if state.screen.prompt.is_none() => {
            Some(Notice::plain(format!("{subject} is not among the rows shown any more{rests}.")))
        }
        Some(Loss::Hidden(_)) | None => return,
    };
}
