//! Columns that are as wide as they must be: cells align over lines that follow each other.

use crate::model::text::clean;

/// Between two columns.
const GAP: usize = 2;

/// Lines of cells; the last cell of a line belongs to no column.
#[derive(Default)]
pub struct Sheet {
    rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A line of cells, indented by levels of two.
    pub fn row(&mut self, level: usize, cells: &[&str]) {
        let mut cells: Vec<String> = cells.iter().map(|cell| clean(cell).into_owned()).collect();
        if let Some(first) = cells.first_mut() {
            first.insert_str(0, &"  ".repeat(level));
        }
        self.rows.push(cells);
    }

    /// The lines.
    pub fn lines(self) -> Vec<String> {
        let widths: Vec<Vec<usize>> = (0..self.rows.len()).map(|row| self.widths(row)).collect();
        let line = |(cells, widths): (&Vec<String>, &Vec<usize>)| {
            let mut line = String::new();
            for (at, cell) in cells.iter().enumerate() {
                line.push_str(cell);
                if let Some(width) = widths.get(at) {
                    line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
                }
            }
            line
        };
        self.rows.iter().zip(&widths).map(line).collect()
    }

    /// How wide the columns are in a row: as the widest cell of the rows around it that have this column.
    fn widths(&self, row: usize) -> Vec<usize> {
        let columns = self.rows[row].len().saturating_sub(1);
        let widest = |column: usize| {
            let has = |cells: &&Vec<String>| cells.len() > column + 1;
            let above = self.rows[..row].iter().rev().take_while(has);
            let below = self.rows[row..].iter().take_while(has);
            above.chain(below).map(|cells| cells[column].chars().count() + GAP).max().unwrap_or_default()
        };
        (0..columns).map(widest).collect()
    }
}
