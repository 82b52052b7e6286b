//! Markdown as calm text: paragraphs and lists wrapped, what is stressed in bold, tables as they were written.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::ui::text::{head, width};
use crate::ui::view::View;

/// Text in lines of at most `cells`.
pub fn lines(view: &View, text: &str, cells: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for part in parts(text) {
        match part {
            Part::Blank => lines.push(Line::default()),
            Part::Verbatim(text) => {
                lines.push(Line::styled(
                    format!(" {}", head(&text, cells.saturating_sub(1))),
                    view.theme.text.0,
                ));
            }
            Part::Heading(text) => lines.push(Line::styled(format!(" {text}"), view.theme.title.0)),
            Part::Flow { indent, mark, text } => lines.extend(flow(view, indent, &mark, &text, cells)),
        }
    }
    lines
}

/// Text without the marks of Markdown.
pub fn plain(text: &str) -> String {
    spans(text, Style::default(), Style::default()).into_iter().map(|(word, _)| word).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Blank,
    /// A row of a table, or anything that is not to be joined with the line before it.
    Verbatim(String),
    Heading(String),
    /// A paragraph, or an item of a list with its mark.
    Flow {
        indent: usize,
        mark: String,
        text: String,
    },
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        let item = item(bare);
        match (bare, item, parts.last_mut()) {
            ("", _, _) => parts.push(Part::Blank),
            (bare, _, _) if bare.starts_with('|') => parts.push(Part::Verbatim(line.to_owned())),
            (bare, _, _) if bare.starts_with("####") => {
                parts.push(Part::Heading(plain(bare.trim_start_matches('#').trim())));
            }
            (_, Some((mark, rest)), _) => {
                parts.push(Part::Flow { indent, mark: mark.to_owned(), text: rest.to_owned() });
            }
            (bare, None, Some(Part::Flow { text, .. })) => {
                text.push(' ');
                text.push_str(bare.trim_end());
            }
            (bare, None, _) => {
                parts.push(Part::Flow { indent, mark: String::new(), text: bare.trim_end().to_owned() });
            }
        }
    }
    parts
}

/// The mark of a list's item, and what follows it.
fn item(line: &str) -> Option<(&str, &str)> {
    let (mark, rest) = line.split_once(' ')?;
    let numbered = mark.strip_suffix(['.', ')']).is_some_and(|number| number.parse::<u16>().is_ok());
    (numbered || ["-", "*", "+", ">"].contains(&mark)).then_some((mark, rest.trim_start()))
}

/// A paragraph in lines of at most `cells`, hanging beside its mark.
fn flow(view: &View, indent: usize, mark: &str, text: &str, cells: usize) -> Vec<Line<'static>> {
    let mark = match mark {
        "" => String::new(),
        "-" | "*" | "+" => format!("{} ", view.glyphs.dot),
        mark => format!("{mark} "),
    };
    let lead = " ".repeat(1 + indent.min(8));
    let hang = format!("{lead}{}", " ".repeat(width(&mark)));
    let room = cells.saturating_sub(width(&hang)).max(8);
    let bold = view.theme.text.0.add_modifier(Modifier::BOLD);
    let rows = rows(spans(text, view.theme.text.0, bold), room);
    let lines = rows.into_iter().enumerate().map(|(number, mut row)| {
        let head = if number == 0 { format!("{lead}{mark}") } else { hang.clone() };
        row.insert(0, Span::raw(head));
        Line::from(row)
    });
    lines.collect()
}

/// Words with their styles: what is stressed is bold, and so is code; links keep their address.
fn spans(text: &str, usual: Style, bold: Style) -> Vec<(String, Style)> {
    let (mut spans, mut rest, mut stressed): (Vec<(String, Style)>, _, Option<&str>) =
        (Vec::new(), text, None);
    let mut word = String::new();
    let style = |stressed: Option<&str>| if stressed.is_some() { bold } else { usual };
    while let Some(letter) = rest.chars().next() {
        let code = rest.strip_prefix('`').and_then(|after| after.split_once('`'));
        let mark = ["**", "__", "*"].into_iter().find(|mark| rest.starts_with(mark));
        match (code, mark) {
            (Some((code, after)), _) => {
                spans.push((std::mem::take(&mut word), style(stressed)));
                spans.push((code.to_owned(), bold));
                rest = after;
            }
            (None, Some(mark)) if toggles(stressed, mark, &word, &rest[mark.len()..]) => {
                spans.push((std::mem::take(&mut word), style(stressed)));
                stressed = if stressed == Some(mark) { None } else { Some(mark) };
                rest = &rest[mark.len()..];
            }
            (_, _) => {
                word.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    spans.push((word, style(stressed)));
    spans.retain(|(word, _)| !word.is_empty());
    spans
}

/// Whether a mark begins something stressed or ends it, and does not simply stand there.
fn toggles(stressed: Option<&str>, mark: &str, before: &str, after: &str) -> bool {
    match stressed {
        Some(open) => open == mark && !before.ends_with(' '),
        None => after.contains(mark) && !after.starts_with(' '),
    }
}

/// Styled words in rows of at most `cells`, broken at blanks or, where a word is longer than a row, anywhere.
fn rows(spans: Vec<(String, Style)>, cells: usize) -> Vec<Vec<Span<'static>>> {
    let (mut rows, mut row, mut used) = (Vec::new(), Vec::<Span<'static>>::new(), 0);
    for piece in pieces(spans) {
        let wide: usize = piece.iter().map(|(word, _)| width(word)).sum();
        let blank = usize::from(used > 0);
        if used > 0 && used + blank + wide > cells {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        if used > 0 {
            row.push(Span::raw(" "));
            used += 1;
        }
        for (word, style) in piece {
            let mut rest = word.as_str();
            while used + width(rest) > cells {
                let part = head(rest, cells - used);
                row.push(Span::styled(part.to_owned(), style));
                rows.push(std::mem::take(&mut row));
                (rest, used) = (&rest[part.len()..], 0);
            }
            used += width(rest);
            row.push(Span::styled(rest.to_owned(), style));
        }
    }
    rows.push(row);
    rows
}

/// What stands between blanks, each in the styles that it has.
fn pieces(spans: Vec<(String, Style)>) -> Vec<Vec<(String, Style)>> {
    let mut pieces: Vec<Vec<(String, Style)>> = vec![Vec::new()];
    for (text, style) in spans {
        for (number, word) in text.split(' ').enumerate() {
            if number > 0 {
                pieces.push(Vec::new());
            }
            if let (false, Some(piece)) = (word.is_empty(), pieces.last_mut()) {
                piece.push((word.to_owned(), style));
            }
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
