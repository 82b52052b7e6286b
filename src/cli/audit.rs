//! `quarterdeck audit [PREFIX]`: every tag, and the faults that no tag shows.

use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use indicatif::HumanCount;
use tokio::sync::{mpsc, watch};

use super::json::Line;
use super::look::Registry;
use super::out::{Out, complain, printed};
use super::paper::Paper;
use super::work::{self, Progress};
use super::{Audit, Exit, Output, Place, place, report, summary};
use crate::config::Profile;
use crate::model::text::{sanitise, sanitise_bytes};
use crate::model::{Severity, TagState};
use crate::registry::mode::Mode;
use crate::registry::reference::Repository;
use crate::sources::bucket::audit::{AuditLine, AuditOptions, AuditSummary, audit};
use crate::storage::StoreError;

/// What the bucket alone can say about tags that are not in it.
const IN_DATABASE: &str = "a metadata database holds this registry's tags, so an audit of its bucket would say nothing \
                           about them; scan tags by name instead";

/// Audits what `arguments` name, and prints what is found as it is found.
pub fn run(arguments: Audit, outer: Place) -> Exit {
    let below = match arguments.prefix.as_ref().map(prefix).transpose() {
        Ok(below) => below,
        Err(why) => {
            complain(&why);
            return Exit::Usage;
        }
    };
    let settings = place::settings(arguments.place.clone().or(outer), None, arguments.look.settle);
    match settings.and_then(|settings| place::profile(&settings).cloned()) {
        Ok(profile) => work::run(|stop| async move { look(&profile, &arguments, below, stop).await }),
        Err(exit) => exit,
    }
}

/// A group's or a repository's name, with or without a slash at its end.
fn prefix(text: &OsString) -> Result<String, String> {
    let bytes = text.as_encoded_bytes();
    let name = text.to_str().ok_or_else(|| format!("\"{}\" is not UTF-8", sanitise_bytes(bytes)))?;
    let name = name.trim_end_matches('/');
    Repository::parse(name)
        .map(|_| name.to_owned())
        .map_err(|why| format!("{why}; a prefix is a group or a repository, such as group/project"))
}

async fn look(
    profile: &Profile,
    arguments: &Audit,
    below: Option<String>,
    stop: watch::Receiver<bool>,
) -> Exit {
    let registry = match Registry::open(profile, &arguments.look).await {
        Ok(registry) => registry,
        Err(exit) => return exit,
    };
    match registry.mode().await {
        Mode::FileMetadata => {}
        Mode::MetadataDatabase => {
            complain(IN_DATABASE);
            return Exit::Unread;
        }
        Mode::Unknown { why } => {
            complain(&format!("it is not clear what holds this registry's tags: {why}"));
            return Exit::Unread;
        }
    }
    tell(&registry, below, arguments.look.output, stop).await
}

async fn tell(
    registry: &Registry,
    below: Option<String>,
    output: Output,
    stop: watch::Receiver<bool>,
) -> Exit {
    let (sender, mut lines) = mpsc::channel(256);
    let options =
        AuditOptions { scan: registry.looking.options.clone(), below, requests: registry.requests.clone() };
    let running = tokio::spawn(audit(Arc::clone(&registry.store), options, stop.clone(), sender));
    let mut telling = Telling {
        out: Out::lock(),
        paper: Paper::of_stdout(),
        output,
        progress: Progress::new(),
        exit: Exit::Clean,
    };
    let mut printing = Ok(());
    while let Some(line) = lines.recv().await {
        printing = telling.tell(&line);
        if printing.is_err() {
            break;
        }
    }
    // The audit ends when nobody listens.
    drop(lines);
    match (printing, running.await) {
        (Err(error), _) => printed(Err(error), telling.exit),
        (Ok(()), Ok(Ok(summary))) => telling.sum_up(&summary, *stop.borrow()),
        (Ok(()), Ok(Err(error))) => telling.fail(&error),
        (Ok(()), Err(panic)) => {
            complain(&format!("the audit broke down: {panic}"));
            telling.exit.and(Exit::Unread)
        }
    }
}

struct Telling {
    out: Out,
    paper: Paper,
    output: Output,
    progress: Progress,
    exit: Exit,
}

impl Telling {
    fn tell(&mut self, line: &AuditLine) -> io::Result<()> {
        self.exit = self.exit.and(exit(line));
        let text = match self.output {
            Output::Json => json(line),
            Output::Text => text(line, self.paper),
        };
        if let AuditLine::Progress(come) = line {
            let counts = format!(
                "{} objects, {} tags, {} requests",
                HumanCount(come.objects),
                HumanCount(come.tags),
                HumanCount(come.requests)
            );
            self.progress.say(format!("{counts}: {}", sanitise(&come.at)));
        }
        let Self { out, progress, .. } = self;
        text.map_or(Ok(()), |text| progress.aside(|| out.print(&text)))
    }

    fn sum_up(&mut self, found: &AuditSummary, cut_short: bool) -> Exit {
        let left = if found.unread > 0 || cut_short { Exit::Unread } else { Exit::Clean };
        let (exit, text) = (self.exit.and(left), summary::text(found, self.paper));
        let Self { out, progress, output, .. } = self;
        match output {
            Output::Text => printed(progress.aside(|| out.print(&text)), exit),
            Output::Json => {
                let left_out = found.not_looked_at.iter();
                progress.aside(|| left_out.for_each(|what| complain(&format!("not looked at: {what}"))));
                exit
            }
        }
    }

    /// There was nothing to audit.
    fn fail(&self, error: &StoreError) -> Exit {
        self.progress.aside(|| complain(&error.to_string()));
        self.exit.and(Exit::Unread)
    }
}

/// What one line makes of the exit code.
fn exit(line: &AuditLine) -> Exit {
    match line {
        AuditLine::Tag(report) => super::scan::exit(report),
        AuditLine::Fault { finding, .. } if finding.severity == Severity::Harmless => Exit::Clean,
        AuditLine::Fault { .. } => Exit::Found,
        AuditLine::Unread(_) => Exit::Unread,
        AuditLine::Progress(_) => Exit::Clean,
    }
}

fn json(line: &AuditLine) -> Option<String> {
    match line {
        AuditLine::Tag(report) => Some(Line::tag(report).text()),
        AuditLine::Fault { repository, finding } => Some(Line::fault(repository.as_deref(), finding).text()),
        AuditLine::Unread(unread) => Some(Line::unread(unread).text()),
        AuditLine::Progress(_) => None,
    }
}

/// Only what is worth a look: for a whole tag without any finding, nothing.
fn text(line: &AuditLine, paper: Paper) -> Option<String> {
    match line {
        AuditLine::Tag(report) => {
            let quiet =
                report.state == TagState::Whole && report.findings.is_empty() && report.unread.is_empty();
            (!quiet).then(|| report::short(report, paper))
        }
        AuditLine::Fault { repository, finding } => {
            Some(report::fault(repository.as_deref(), finding, paper))
        }
        AuditLine::Unread(unread) => Some(report::unread(unread, paper)),
        AuditLine::Progress(_) => None,
    }
}
