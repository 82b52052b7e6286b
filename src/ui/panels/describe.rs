//! Everything that is known of a subject, as text.

use ratatui::text::{Line, Span};

use super::findings::{Commands, findings};
use super::{chain, inside, overview, server};
use crate::model::text::clean;
use crate::model::{HopId, Subject, TagState};
use crate::registry::report::{Hop, TagReport};
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::picture::Verdict;
use crate::state::State;
use crate::ui::text::{age, count, counted, size, wrap};
use crate::ui::view::View;

/// The lines that tell about a subject.
pub fn lines(state: &State, view: &View, subject: &Subject, cells: usize) -> Vec<Line<'static>> {
    let lines = match (subject, state.bucket.report(subject)) {
        (Subject::Hop(id), _) => overview::describe(state, view, *id, cells),
        (Subject::Cause { .. }, _) => overview::cause(state, view, subject, cells),
        (Subject::Checks, _) => overview::checks(state, view, cells),
        (Subject::Request { .. }, _) => overview::request(state, view, subject, cells),
        (Subject::LogFile(path), _) => overview::file(state, view, path, cells),
        (Subject::FrontDoor, _) => overview::describe(state, view, HopId::FrontDoor, cells),
        (_, Some(report)) => of_report(state, view, report, cells),
        (Subject::Repository(name), None) => of_repository(state, name),
        (Subject::Tag { .. } | Subject::Manifest { .. }, None) => match state.bucket.verdicts.get(subject) {
            Some(Verdict::Scanning) => vec![Line::from("Walking its chain …")],
            Some(Verdict::Seen { .. }) | None => vec![Line::from("Not looked at yet: s scans it.")],
        },
        (Subject::Server { .. } | Subject::CloudServer { .. } | Subject::Instance(_), None) => {
            server::lines(state, view, subject, cells)
        }
        (subject, None) if inside::is_for(subject) => inside::lines(state, view, subject, cells),
        (_, None) => of_object(state, subject),
    };
    lines.into_iter().map(indent).collect()
}

fn indent(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, Span::raw(" "));
    line
}

fn of_report(state: &State, view: &View, report: &TagReport, cells: usize) -> Vec<Line<'static>> {
    let theme = &view.theme;
    let mut lines = vec![
        Line::from(format!("State       {} {}", view.glyphs.tag(report.state), report.state.name())),
        Line::from(format!("Digest      {}", report.digest.as_deref().unwrap_or("not known"))),
        Line::from(format!(
            "Looked at   {} in {}",
            counted(u64::from(report.requests), "request"),
            counted(u64::from(report.trips), "round trip")
        )),
    ];
    if report.unhashed > 0 {
        let blobs = counted(u64::from(report.unhashed), "blob");
        lines.push(Line::from(format!("Not hashed  {blobs}: sizes were compared, bytes were not")));
    }
    lines.extend(findings(state, view, report, cells, Commands::Every));
    lines.extend([Line::default(), Line::styled("The way of a pull", theme.title.0)]);
    for hop in &report.hops {
        lines.extend(of_hop(state, view, hop, cells));
    }
    lines
}

fn of_hop(state: &State, view: &View, hop: &Hop, cells: usize) -> Vec<Line<'static>> {
    let mut facts = vec![hop.role.name().to_owned()];
    facts.extend(hop.size.map(size));
    facts.extend(
        hop.expected
            .filter(|expected| Some(*expected) != hop.size)
            .map(|bytes| format!("of {}", size(bytes))),
    );
    facts.extend(hop.modified.map(|modified| match age(modified, state.now).as_str() {
        "now" => "just changed".to_owned(),
        age => format!("{age} old"),
    }));
    facts.extend(hop.version.as_deref().and_then(chain::generation));
    facts.extend(Some(hop.note.clone()).filter(|note| !note.is_empty()));
    let mut lines = vec![Line::from(format!("{} {}", view.glyphs.hop(hop.state), facts.join(", ")))];
    let object = wrap(&clean(&hop.object), cells.saturating_sub(4));
    lines.extend(object.into_iter().map(|line| Line::styled(format!("  {line}"), view.theme.dim.0)));
    lines
}

fn of_repository(state: &State, name: &str) -> Vec<Line<'static>> {
    let listing = state.bucket.listings.get(&Place::Tags(name.to_owned()));
    let known = listing.map_or(0, |listing| listing.children.len() as u64);
    let verdicts = state.bucket.verdicts.iter().filter(|(subject, _)| match subject {
        Subject::Tag { repository, .. } => repository == name,
        _ => false,
    });
    let states: Vec<_> = verdicts.filter_map(|(_, verdict)| verdict.state()).collect();
    let of = |wanted: TagState| count(states.iter().filter(|state| **state == wanted).count() as u64);
    let listed = match listing {
        None => "not listed; Enter opens it".to_owned(),
        Some(_) => format!("{} so far", counted(known, "tag")),
    };
    vec![
        Line::from(format!("Listed      {listed}")),
        Line::from(format!("Looked at   {}", counted(states.len() as u64, "tag"))),
        Line::from(format!("Whole       {}", of(TagState::Whole))),
        Line::from(format!("Broken      {}", of(TagState::Broken))),
        Line::from(format!("Not read    {}", of(TagState::Unknown))),
    ]
}

fn of_object(state: &State, subject: &Subject) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(format!("Key    {}", clean(&subject.to_string())))];
    if let Subject::Object(key) = subject {
        let address = format!("{}/{key}", state.session.bucket.trim_end_matches('/'));
        lines.push(Line::from(format!("Where  {}", clean(&address))));
    }
    lines.push(Line::from("y shows its bytes, C copies its path."));
    lines
}
