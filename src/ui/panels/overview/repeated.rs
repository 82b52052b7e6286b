//! Everything that is known of a request that is sent again and again, and of the file that its log fills, as text.

use ratatui::text::Line;

use super::{sign, style, until};
use crate::model::Subject;
use crate::model::text::clean;
use crate::sources::logs::picture::Filling;
use crate::state::State;
use crate::ui::text::{age, count, size, wrap};
use crate::ui::view::View;

/// Cells of the names of fields.
const NAME: usize = 14;

/// The lines that tell about a request.
pub fn request(state: &State, view: &View, subject: &Subject, cells: usize) -> Vec<Line<'static>> {
    let Some(one) = state.repetition(subject) else {
        return vec![Line::from("It is not repeated any more: it succeeded, or nobody asked for 5 minutes.")];
    };
    let storm = &one.storm;
    let client = one.client();
    let per_minute = format!("{:.0} a minute", storm.rate() * 60.0);
    let since = age(storm.first, state.now);
    let mut fields = vec![
        ("Request", format!("{} {}", storm.method, storm.uri)),
        ("Answered", format!("{}, each of {} times", storm.status, count(storm.count))),
        ("Asked by", if client.is_empty() { "nobody that its lines tell of".to_owned() } else { client }),
        ("How often", per_minute),
        ("Since", if since == "now" { "less than a minute".to_owned() } else { since }),
        ("Its log", format!("{} an hour", size(storm.bytes_per_hour()))),
    ];
    let file = one.file.clone();
    let own = |filling: &&Filling| file.as_ref().is_none_or(|file| filling.path == *file);
    match state.radar.filling().filter(own) {
        Some(filling) => fields.extend(disk(filling)),
        None => fields.extend(file.map(|path| ("Its file", path))),
    }
    let mut lines = told(&fields, cells);
    let tint = style(view, one.verdict);
    let who = format!("{} {} must change", sign(view, one.verdict), one.side.name());
    lines.extend([Line::default(), Line::styled(who, tint)]);
    lines.extend(wrapped(one.because, cells));
    lines.extend([Line::default(), Line::styled("Next", view.theme.title.0)]);
    lines.extend(wrapped(one.next, cells));
    lines.extend(wrapped(
        match one.file {
            Some(_) => "Enter shows its lines; a offers to empty its log file.",
            None => "Enter shows its lines; its log lies in no file of this host that is followed.",
        },
        cells,
    ));
    lines
}

/// The lines that tell about a log file of this host.
pub fn file(state: &State, view: &View, path: &str, cells: usize) -> Vec<Line<'static>> {
    let Some(filling) = state.logs.growth.filling(state.now).into_iter().find(|one| one.path == path) else {
        let fields = [("File", path.to_owned()), ("Grows", "not known yet".to_owned())];
        return told(&fields, cells);
    };
    let mut lines = told(&disk(&filling), cells);
    lines.extend([Line::default(), Line::styled("Next", view.theme.title.0)]);
    lines.extend(wrapped("Enter shows its lines. a offers to empty it where it lies: all in it is lost, and its disk has room again. What fills it goes on.", cells));
    lines
}

fn disk(filling: &Filling) -> Vec<(&'static str, String)> {
    let full = match filling.left {
        Some(left) => format!("in {} at this pace", until(left)),
        None => "not at this pace".to_owned(),
    };
    vec![
        ("Its file", filling.path.clone()),
        ("Holds", size(filling.size)),
        ("Grows by", format!("{} an hour", size(filling.per_hour))),
        ("Its disk", format!("{} free of {}", size(filling.free), size(filling.total))),
        ("Full", full),
    ]
}

fn told(fields: &[(&'static str, String)], cells: usize) -> Vec<Line<'static>> {
    let of = |(name, text): &(&'static str, String)| {
        let parts = wrap(&clean(text), cells.saturating_sub(NAME + 1)).into_iter().enumerate();
        let lead = |number| if number == 0 { *name } else { "" };
        parts.map(|(number, part)| Line::from(format!("{:<NAME$}{part}", lead(number)))).collect::<Vec<_>>()
    };
    fields.iter().flat_map(of).collect()
}

fn wrapped(text: &str, cells: usize) -> Vec<Line<'static>> {
    wrap(text, cells.saturating_sub(1)).into_iter().map(Line::from).collect()
}
