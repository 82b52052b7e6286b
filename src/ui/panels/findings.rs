//! What is wrong with a tag, what clients see of it, and what cures it, as lines.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::text::clean;
use crate::model::{Finding, Repair, TagState};
use crate::registry::checks;
use crate::registry::checks::repairs::DELETE_TAG_API;
use crate::registry::repair::{Cure, Scene, cures};
use crate::registry::report::TagReport;
use crate::state::State;
use crate::ui::text::{fit, fit_middle, wrap};
use crate::ui::view::View;

/// How much is told of the commands that cure a finding by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// All of them, of every cure.
    Every,
    /// The first one of the best cure.
    First,
}

/// What was found, what clients see, what cures it; then what was not read, and what was left out.
pub fn findings(
    state: &State,
    view: &View,
    report: &TagReport,
    cells: usize,
    commands: Commands,
) -> Vec<Line<'static>> {
    let theme = &view.theme;
    let mut lines = Vec::new();
    if report.findings.is_empty() && report.state == TagState::Whole {
        lines.extend([Line::default(), Line::styled("Nothing is wrong with this tag.", theme.good.0)]);
    }
    for (number, finding) in report.findings.iter().enumerate() {
        // What follows from a fault is the same for all of its kind, and is said once.
        if report.findings[..number].iter().all(|earlier| earlier.id != finding.id) {
            lines.push(Line::default());
            lines.extend(one(view, finding, cells, commands));
            let others = report.findings[number + 1..].iter().filter(|other| other.id == finding.id);
            lines.extend(others.flat_map(|other| the_same(view, other, cells, commands)));
            lines.extend(clients(view, finding, cells, commands));
            lines.extend(cure_lines(state, view, report, finding, cells, commands));
        }
    }
    for unread in &report.unread {
        lines.push(Line::default());
        let what = format!("{} could not be read: {}", view.glyphs.unknown, unread.why);
        lines.extend(wrap(&what, cells).into_iter().map(|line| Line::styled(line, theme.unknown.0)));
        lines.push(Line::styled(fit_middle(&clean(&unread.object), cells, view.glyphs.cut), theme.dim.0));
        lines.push(Line::from("Nothing is claimed about it; s looks again."));
    }
    for note in &report.notes {
        lines.push(Line::default());
        lines.extend(wrap(note, cells).into_iter().map(|line| Line::styled(line, theme.dim.0)));
    }
    lines
}

/// The worst of a tag in six lines: what, where, what a pull answers, what to do next.
pub fn in_short(state: &State, view: &View, report: &TagReport, cells: usize) -> Vec<Line<'static>> {
    let Some(worst) = report.findings.first() else { return Vec::new() };
    let (theme, cut) = (&view.theme, view.glyphs.cut);
    let mut lines = vec![head(view, worst), Line::from(fit(&title(worst), cells, cut))];
    lines.push(Line::styled(fit_middle(&clean(&worst.object), cells, cut), theme.dim.0));
    if let Some((_, words)) = answers(worst).into_iter().next() {
        let words = fit(&format!("a pull: {words}"), cells, cut);
        lines.push(Line::from(words));
    }
    if let Some(cure) = cures(worst, &scene(state, report)).first() {
        let next = format!("{}: {}", repair_words(cure.repair), clean(&cure.why));
        lines.push(Line::from(vec![
            Span::styled("next: ", theme.title.0),
            Span::raw(fit(&next, cells.saturating_sub(6), cut)),
        ]));
        lines.extend(first_command(cure, cells, cut));
    }
    lines
}

fn head(view: &View, finding: &Finding) -> Line<'static> {
    let theme = &view.theme;
    let style = if finding.severity.breaks_tag() { theme.bad.0 } else { theme.warn.0 };
    Line::from(vec![
        Span::styled(format!("{} {}", view.glyphs.bad, finding.id), style),
        Span::styled(format!("  {}", finding.severity.name()), theme.dim.0),
    ])
}

/// What is wrong, as a sentence.
fn title(finding: &Finding) -> String {
    checks::find(finding.id).map_or_else(String::new, |check| format!("{}.", check.title))
}

fn one(view: &View, finding: &Finding, cells: usize, commands: Commands) -> Vec<Line<'static>> {
    let mut lines = vec![head(view, finding)];
    lines.extend(wrap(&title(finding), cells).into_iter().map(Line::from));
    lines.extend(evidence(view, finding, cells, commands));
    lines
}

fn evidence(view: &View, finding: &Finding, cells: usize, commands: Commands) -> Vec<Line<'static>> {
    let dim = view.theme.dim.0;
    // The panel keeps room for what to do; the whole of it is told on request.
    let most = match commands {
        Commands::Every => usize::MAX,
        Commands::First => 2,
    };
    let detail = wrap(&finding.detail, cells).into_iter().take(most).map(|line| Line::styled(line, dim));
    let object = fit_middle(&clean(&finding.object), cells, view.glyphs.cut);
    detail.chain([Line::from(object)]).collect()
}

/// A finding of the same kind as the one before.
fn the_same(view: &View, finding: &Finding, cells: usize, commands: Commands) -> Vec<Line<'static>> {
    match commands {
        Commands::Every => {
            let mut lines = vec![Line::default(), head(view, finding)];
            lines.extend(evidence(view, finding, cells, commands));
            lines
        }
        Commands::First => {
            let object = fit_middle(&clean(&finding.object), cells.saturating_sub(5), view.glyphs.cut);
            vec![Line::from(format!("and  {object}"))]
        }
    }
}

/// What kinds of registry answer, those that answer the same named together.
fn answers(finding: &Finding) -> Vec<(String, String)> {
    let mut groups: Vec<(String, String)> = Vec::new();
    for (registry, words) in checks::find(finding.id).map(checks::Check::clients).unwrap_or_default() {
        match groups.first_mut() {
            Some((registries, _)) if words == "the same" => *registries = format!("{registries}, {registry}"),
            Some(_) | None => groups.push((registry.to_owned(), words)),
        }
    }
    groups
}

fn clients(view: &View, finding: &Finding, cells: usize, commands: Commands) -> Vec<Line<'static>> {
    let groups = answers(finding).into_iter();
    let lines = groups.flat_map(|(registries, words)| hanging(&registries, &words, cells, view.theme.dim.0));
    let heading = match commands {
        Commands::Every => Some(Line::styled("Clients see", view.theme.title.0)),
        Commands::First => None,
    };
    heading.into_iter().chain(lines).collect()
}

/// What cures it, best first, with the commands that do it by hand as far as they are wanted.
fn cure_lines(
    state: &State,
    view: &View,
    report: &TagReport,
    finding: &Finding,
    cells: usize,
    commands: Commands,
) -> Vec<Line<'static>> {
    let (theme, cut) = (&view.theme, view.glyphs.cut);
    let mut lines = Vec::new();
    for (number, cure) in cures(finding, &scene(state, report)).into_iter().enumerate() {
        if number == 0 {
            lines.push(Line::styled("Cures, best first", theme.title.0));
        }
        let name = format!("{} {}", number + 1, repair_words(cure.repair));
        lines.extend(hanging(&name, &clean(&cure.why), cells, theme.text.0));
        match (commands, number) {
            (Commands::Every, _) => {
                lines.extend(cure.commands.iter().flat_map(|command| command_lines(&clean(command), cells)));
            }
            (Commands::First, 0) => lines.extend(first_command(&cure, cells, cut)),
            (Commands::First, _) => {}
        }
    }
    lines
}

/// What a cure is called in a sentence.
fn repair_words(repair: Repair) -> String {
    match repair {
        Repair::RePush => repair.name().to_owned(),
        DELETE_TAG_API => "delete tag by the API".to_owned(),
        Repair::Verb(id) => id.replace('-', " "),
    }
}

/// The first command of a cure in one line; the copy menu has all of it.
fn first_command(cure: &Cure, cells: usize, cut: &str) -> Option<Line<'static>> {
    let command = cure.commands.first()?;
    Some(Line::from(format!("    $ {}", fit_middle(&clean(command), cells.saturating_sub(6), cut))))
}

/// A command within the frame; the copy menu has it in one piece.
fn command_lines(command: &str, cells: usize) -> Vec<Line<'static>> {
    let parts = wrap(command, cells.saturating_sub(7)).into_iter().enumerate();
    parts
        .map(|(number, part)| Line::from(format!("    {}{part}", if number == 0 { "$ " } else { "    " })))
        .collect()
}

fn scene<'a>(state: &'a State, report: &'a TagReport) -> Scene<'a> {
    let repository = Some(report.repository.as_str());
    Scene {
        store: &state.session.bucket,
        registry: state.session.registry.as_deref(),
        repository,
        report: Some(report),
    }
}

/// `label: words`, the lines after the first one set in.
fn hanging(label: &str, words: &str, cells: usize, style: Style) -> Vec<Line<'static>> {
    let whole = if words.is_empty() { label.to_owned() } else { format!("{label}: {words}") };
    let wrapped = wrap(&whole, cells.saturating_sub(4)).into_iter().enumerate();
    wrapped
        .map(|(number, line)| match (number, line.split_once(':')) {
            (0, Some((start, rest))) if start == label => {
                Line::from(vec![Span::styled(format!("  {start}:"), style), Span::raw(rest.to_owned())])
            }
            (0, _) => Line::from(format!("  {line}")),
            (_, _) => Line::from(format!("    {line}")),
        })
        .collect()
}
