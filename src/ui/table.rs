//! Draws any panel that is a table: header, rows around the cursor, and what explains those that are not well.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::panels::{Focus, boxed, edge};
use super::text::{count, fit, fit_middle, pad, pad_left, width};
use super::view::View;
use crate::event::PanelId;
use crate::model::text::clean;
use crate::state::tables::{Align, Direction, Place, Rows, Sheet, Table, sheet};
use crate::state::{Faults, State, Tone};

/// Cells before the first column: a sign, or a mark.
const SIGN: usize = 3;
/// Blanks between two columns.
const GAP: usize = 2;

/// What a panel says around its table.
pub struct Around {
    /// After the panel's name, such as `18/20`.
    pub title: String,
    /// On the right of the title, as far as they fit.
    pub remarks: Vec<String>,
    /// Above the rows: what holds for all of them, and what could not be read.
    pub lines: Vec<(Tone, String)>,
    /// In place of rows while there are none.
    pub empty: Vec<String>,
}

/// Draws the table of a panel.
pub fn draw(
    state: &State,
    view: &mut View,
    frame: &mut Frame<'_>,
    area: Rect,
    panel: PanelId,
    around: Around,
) {
    let (Some(sheet), Some(table)) = (sheet(panel), state.tables.get(panel)) else { return };
    let name = super::panels::of(panel);
    let title = format!("{} {}{} {}", name.digit, name.title, chosen_words(table), around.title);
    let block = boxed(view, area, title.trim_end(), &around.remarks, edge(view, Focus::Here));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width);
    let remark = table.filter.remark().map(|remark| (Tone::Warn, format!("filter: {}", clean(&remark))));
    let said: Vec<_> = remark.into_iter().chain(around.lines.iter().cloned()).collect();
    let mut lines = head_lines(view, &said, cells, usize::from(inside.height) / 2);
    if table.shown.is_empty() {
        lines.extend(no_rows(view, table, &around.empty, cells));
        return frame.render_widget(Paragraph::new(lines), inside);
    }
    let room = usize::from(inside.height).saturating_sub(lines.len() + 1).max(1);
    let rows = (sheet.rows)(state);
    let shown = window(view, table, &*rows, room);
    let widths = widths(view, sheet, table, &*rows, &shown, cells);
    lines.push(header(view, sheet, table, &widths));
    let first = inside.y + u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let body = body(view, table, &*rows, &shown, (&widths, cells), first);
    lines.extend(body.into_iter().take(room));
    frame.render_widget(Paragraph::new(lines), inside);
}

/// What the operator chose to see, for the title.
fn chosen_words(table: &Table) -> String {
    let mut words = String::new();
    if !table.filter.is_empty() {
        words = format!(
            " /{} {} of {}",
            clean(table.filter.text()),
            count(table.shown.len() as u64),
            count(table.all as u64)
        );
    }
    if !table.marks().is_empty() {
        words = format!("{words} {} marked", table.marks().len());
    }
    if table.faults == Faults::Only {
        words.push_str(" faults only");
    }
    words
}

fn head_lines(view: &View, lines: &[(Tone, String)], cells: usize, most: usize) -> Vec<Line<'static>> {
    let wrapped = lines.iter().flat_map(|(tone, text)| {
        let style = view.theme.tone(*tone);
        let lines = super::text::wrap(text, cells.saturating_sub(2)).into_iter();
        lines.map(move |line| Line::styled(format!(" {line}"), style))
    });
    wrapped.take(most).collect()
}

fn no_rows(view: &View, table: &Table, empty: &[String], cells: usize) -> Vec<Line<'static>> {
    let words = match (table.filter.is_empty(), table.faults, table.all) {
        (_, _, 0) => empty.to_vec(),
        (false, _, _) => vec!["Nothing here passes the filter; Esc drops it.".to_owned()],
        (true, Faults::Only, all) => vec![format!("No fault among {}; Ctrl-z shows all.", count(all as u64))],
        (true, Faults::AndHealthy, _) => Vec::new(),
    };
    let lines = words.iter().flat_map(|line| super::text::wrap(line, cells.saturating_sub(2)));
    lines.map(|line| Line::styled(format!(" {line}"), view.theme.dim.0)).collect()
}

/// The rows to show, the chosen one among them, each with the line that explains it.
fn window<'t>(
    view: &mut View,
    table: &'t Table,
    rows: &dyn Rows,
    room: usize,
) -> Vec<(&'t Place, Option<String>)> {
    let chosen = table.position().unwrap_or(0);
    // Every row has a line at least, so no other row than these can be the first one.
    let mut top = view.table_top.min(chosen).max((chosen + 1).saturating_sub(room));
    let mut shown = Vec::new();
    let (mut used, mut before) = (0, None);
    for place in &table.shown[top..] {
        let number = top + shown.len();
        if used >= room && number > chosen {
            break;
        }
        // What is said of the row above is not said again.
        let note = rows.note(place.row);
        let said = note.clone().filter(|_| note != before);
        before = note;
        used += 1 + usize::from(said.is_some());
        shown.push((place, said));
    }
    while used > room && top < chosen {
        let (_, note) = shown.remove(0);
        used -= 1 + usize::from(note.is_some());
        top += 1;
    }
    view.table_top = top;
    view.page_rows = shown.len().max(1);
    shown
}

/// Columns that are shown, by number, each with its cells.
type Widths = Vec<(usize, usize)>;

/// As wide as what was seen so far in each, as many as fit from the left; what is missing the first one gives.
fn widths(
    view: &mut View,
    sheet: &Sheet,
    table: &Table,
    rows: &dyn Rows,
    shown: &[(&Place, Option<String>)],
    cells: usize,
) -> Widths {
    let key = (sheet.panel, table.wide, cells);
    if view.table_widths.0 != Some(key) {
        view.table_widths = (Some(key), vec![0; sheet.columns.len()]);
    }
    let seen = &mut view.table_widths.1;
    for (number, column) in sheet.columns.iter().enumerate().filter(|(_, column)| table.has(column)) {
        let widest =
            shown.iter().map(|(place, _)| width(&rows.cell(place.row, number).text)).max().unwrap_or(0);
        // The header has a sign behind it while its column sorts.
        seen[number] = seen[number].max(widest).max(column.least).max(width(column.title) + 1);
    }
    let mut left = cells.saturating_sub(SIGN + 1);
    let least = sheet.columns[0].least.min(left);
    left -= least;
    let mut widths: Widths = vec![(0, least)];
    for (number, column) in sheet.columns.iter().enumerate().skip(1).filter(|(_, column)| table.has(column)) {
        // The last column that fits in part is cut, the others go.
        let wanted = seen[number];
        if left < GAP + column.least.max(width(column.title)) {
            break;
        }
        let given = wanted.min(left - GAP);
        widths.push((number, given));
        left -= GAP + given;
    }
    widths[0].1 = (least + left).min(seen[0].max(least));
    widths
}

fn header(view: &View, sheet: &Sheet, table: &Table, widths: &Widths) -> Line<'static> {
    let dim = view.theme.dim.0;
    let mut spans = vec![Span::raw(" ".repeat(SIGN))];
    for (number, cells) in widths {
        let column = &sheet.columns[*number];
        let sorted = table.sort.column == *number;
        let sign = match (sorted, table.sort.direction) {
            (false, _) => "",
            (true, Direction::Rising) => view.glyphs.rising,
            (true, Direction::Falling) => view.glyphs.falling,
        };
        let text = fit(&format!("{}{sign}", column.title), *cells, view.glyphs.cut);
        let blanks = " ".repeat(cells.saturating_sub(width(&text)));
        let style = if sorted { dim.add_modifier(Modifier::REVERSED) } else { dim };
        let title = Span::styled(text, style);
        match column.align {
            Align::Left => spans.extend([title, Span::raw(blanks)]),
            Align::Right => spans.extend([Span::raw(blanks), title]),
        }
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    Line::from(spans)
}

fn body(
    view: &mut View,
    table: &Table,
    rows: &dyn Rows,
    shown: &[(&Place, Option<String>)],
    (widths, cells): (&Widths, usize),
    first: u16,
) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (place, note) in shown {
        let at = first + u16::try_from(lines.len()).unwrap_or(u16::MAX);
        view.table_rows.push((at, place.subject.clone()));
        let chosen = table.chosen.as_ref() == Some(&place.subject);
        let marked = table.marks().contains(&place.subject);
        let line = row(view, rows, place.row, widths, marked);
        lines.push(if chosen { super::panels::select(view, &line, cells) } else { line });
        lines.extend(note.as_ref().map(|note| {
            let text = format!("{}{} {}", " ".repeat(SIGN), view.glyphs.leads, clean(note));
            Line::styled(fit(&text, cells, view.glyphs.cut), view.theme.dim.0)
        }));
    }
    lines
}

fn row(view: &View, rows: &dyn Rows, row: usize, widths: &Widths, marked: bool) -> Line<'static> {
    let tone = rows.tone(row);
    let sign = if marked { view.glyphs.mark } else { view.glyphs.tone(tone) };
    let mut spans = vec![Span::styled(format!(" {} ", pad(sign, 1, "")), view.theme.tone(tone))];
    for (number, cells) in widths {
        let cell = rows.cell(row, *number);
        let cut = view.glyphs.cut;
        let text =
            if *number == 0 { fit_middle(&cell.text, *cells, cut) } else { fit(&cell.text, *cells, cut) };
        let align = sheet_align(view, *number);
        let text = if align == Align::Right { pad_left(&text, *cells) } else { pad(&text, *cells, cut) };
        let style = if cell.tone == Tone::Plain { Style::default() } else { view.theme.tone(cell.tone) };
        spans.extend([Span::styled(text, style), Span::raw(" ".repeat(GAP))]);
    }
    Line::from(spans)
}

fn sheet_align(view: &View, column: usize) -> Align {
    let panel = view.table_widths.0.map(|(panel, _, _)| panel);
    panel.and_then(sheet).map_or(Align::Left, |sheet| sheet.columns[column].align)
}
