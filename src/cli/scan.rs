//! `quarterdeck scan REF…`: is this tag whole, which object breaks it, and what cures it?

use std::io;

use futures::{Stream, StreamExt, stream};
use tokio::sync::{mpsc, watch};

use super::deed::flags;
use super::json::Line;
use super::look::Registry;
use super::out::{Out, complain, printed};
use super::paper::Paper;
use super::references::{self, Given, More, Parsed};
use super::work::{self, Progress};
use super::{Exit, Output, Place, Scan, place, report};
use crate::model::text::sanitise;
use crate::model::{Severity, TagState};
use crate::registry::repair::quote;
use crate::registry::report::TagReport;
use crate::sources::bucket::scan::Hashing;

/// Tags looked at side by side. The store's own limit bounds the requests.
const AT_ONCE: usize = 64;
/// The same where every blob is hashed: each tag holds pieces of several blobs, of a few MiB each.
const HASHED_AT_ONCE: usize = 4;

/// Scans what `arguments` name, and prints verdicts in the order of the references.
pub fn run(arguments: Scan, outer: Place) -> Exit {
    let given = match references::given(&arguments.references) {
        Ok(given) => given,
        Err(wrong) => {
            wrong.iter().for_each(|why| complain(why));
            return Exit::Usage;
        }
    };
    let place = arguments.place.or(outer);
    let flags = flags(&place).join(" ");
    let settings = place::settings(place, None, arguments.look.settle);
    match settings.and_then(|settings| place::profile(&settings).cloned()) {
        Ok(profile) => work::run(|stop| async move {
            match Registry::open(&profile, &arguments.look).await {
                Ok(registry) => {
                    scan(&registry, given, Telling::new(arguments.look.output, flags), stop).await
                }
                Err(exit) => exit,
            }
        }),
        Err(exit) => exit,
    }
}

async fn scan(registry: &Registry, given: Given, mut telling: Telling, stop: watch::Receiver<bool>) -> Exit {
    let (named, more) = (given.references.len(), given.more);
    match (more, named) {
        (More::Lines, _) => telling.progress.say("reading standard input"),
        // One verdict is there before a bar is.
        (More::Nothing, 1) => telling.progress = Progress::none(),
        (More::Nothing, _) => telling.progress.of(named as u64),
    }
    let look = |parsed: Parsed| async move {
        match parsed {
            Ok(reference) => Ok(registry.look(&reference).await),
            Err(why) => Err(why),
        }
    };
    let at_once = match registry.looking.options.hashing {
        Hashing::Suspects => AT_ONCE,
        Hashing::All => HASHED_AT_ONCE,
    };
    let answers = parsed(given).map(look).buffered(at_once).take_until(work::stopped(stop.clone()));
    let mut answers = std::pin::pin!(answers);
    while let Some(answer) = answers.next().await {
        if let Err(error) = telling.tell(answer, registry.place()) {
            return printed(Err(error), telling.exit);
        }
    }
    if *stop.borrow() {
        telling.cut_short(named, more);
    } else if telling.answered == 0 {
        complain("standard input held no reference, so nothing was looked at");
        return Exit::Unread;
    }
    telling.exit
}

/// The references given as arguments, then those of standard input as they come.
fn parsed(given: Given) -> impl Stream<Item = Parsed> {
    let (sender, receiver) = mpsc::channel(AT_ONCE);
    if given.more == More::Lines {
        // A thread of its own, because nothing ends a read of standard input but its end.
        std::thread::spawn(move || references::send_lines(&sender));
    }
    let lines =
        stream::unfold(receiver, |mut lines| async move { lines.recv().await.map(|line| (line, lines)) });
    stream::iter(given.references.into_iter().map(Ok)).chain(lines)
}

/// Prints verdicts as they come, and sums them up.
struct Telling {
    out: Out,
    paper: Paper,
    output: Output,
    /// The flags that name the same registry again.
    flags: String,
    progress: Progress,
    exit: Exit,
    answered: usize,
}

impl Telling {
    fn new(output: Output, flags: String) -> Self {
        Self {
            out: Out::lock(),
            paper: Paper::of_stdout(),
            output,
            flags,
            progress: Progress::new(),
            exit: Exit::Clean,
            answered: 0,
        }
    }

    fn tell(&mut self, answer: Result<TagReport, String>, place: report::Place<'_>) -> io::Result<()> {
        self.answered += 1;
        self.progress.step();
        match answer {
            Ok(report) => {
                self.exit = self.exit.and(exit(&report));
                let text = self.text(&report, place);
                let Self { out, progress, .. } = self;
                progress.aside(|| out.print(&text))
            }
            Err(why) => {
                self.exit = self.exit.and(Exit::Usage);
                self.progress.aside(|| complain(&why));
                Ok(())
            }
        }
    }

    fn text(&self, report: &TagReport, place: report::Place<'_>) -> String {
        match self.output {
            Output::Json => Line::tag(report).with_chain(report).text(),
            // An empty line between one verdict and the next.
            Output::Text => {
                let between = if self.answered > 1 { "\n" } else { "" };
                format!("{between}{}{}", report::full(report, place, self.paper), self.delete(report))
            }
        }
    }

    /// The command that deletes the tag, where that is a cure.
    fn delete(&self, report: &TagReport) -> String {
        let cures = || report.findings.iter().flat_map(|finding| &finding.repairs);
        match &report.tag {
            Some(tag) if cures().any(|cure| cure.name() == "delete-tag") => {
                let reference = quote(&format!("{}:{tag}", report.repository));
                let command = ["quarterdeck", "delete", &self.flags, &reference];
                let command =
                    command.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
                format!(
                    "  delete the tag with a backup, so that it can be taken back:\n  $ {}\n",
                    sanitise(&command)
                )
            }
            Some(_) | None => String::new(),
        }
    }

    fn cut_short(&mut self, named: usize, more: More) {
        let left = match (more, named.saturating_sub(self.answered)) {
            (More::Lines, _) => "the rest of standard input was".to_owned(),
            (More::Nothing, 0) => return,
            (More::Nothing, left) => format!("{left} of {named} references were"),
        };
        self.exit = self.exit.and(Exit::Unread);
        self.progress.aside(|| complain(&format!("cut short: {left} not looked at")));
    }
}

/// What one report makes of the exit code.
pub fn exit(report: &TagReport) -> Exit {
    let found = report.findings.iter().any(|finding| finding.severity != Severity::Harmless);
    match report.state {
        _ if found => Exit::Found,
        TagState::Absent | TagState::Unknown => Exit::Unread,
        TagState::Whole | TagState::Broken if report.unread.is_empty() => Exit::Clean,
        TagState::Whole | TagState::Broken => Exit::Unread,
    }
}
