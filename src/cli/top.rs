//! `quarterdeck top LOG…`: which paths fail most.

use std::io::{self, ErrorKind, IsTerminal};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::HumanCount;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::out::{Out, complain, printed};
use super::work::{self, Progress};
use super::{By, Exit, Output, Top};
use crate::model::text::clean_bytes;
use crate::sources::logs::count::{self, Counted, Counting, Input, News, Question, Seen, Statuses};

/// How often the progress is drawn.
const DRAW: Duration = Duration::from_millis(100);
/// The cursor to the first corner, and nothing left of what stood there.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Counts what `arguments` name, and prints what came most often.
pub fn run(arguments: Top) -> Exit {
    let inputs: Vec<Input> = arguments.logs.iter().map(|log| input(log)).collect();
    if inputs.iter().filter(|input| **input == Input::Stdin).count() > 1 {
        complain("standard input can be read only once");
        return Exit::Usage;
    }
    let now = Timestamp::now();
    let question = Question {
        statuses: Statuses::any_of(arguments.status),
        methods: arguments.method,
        by: arguments.by.into(),
        since: arguments.since.map(|since| since.at(now)),
        until: arguments.until.map(|until| until.at(now)),
    };
    let list = List {
        by: arguments.by,
        limit: Some(arguments.limit).filter(|limit| *limit > 0),
        output: arguments.output,
    };
    let follow = arguments.follow;
    work::run(|stop| async move {
        let flag = Arc::new(AtomicBool::new(false));
        tokio::spawn(heed(stop, Arc::clone(&flag)));
        let work = if follow {
            tokio::task::spawn_blocking(move || list.follow(&inputs, &question, &flag)).await
        } else {
            let progress = Arc::new(count::Progress::default());
            let shown = tokio::spawn(show(Arc::clone(&progress)));
            let counted =
                tokio::task::spawn_blocking(move || count::count(&inputs, &question, &progress, &flag)).await;
            shown.abort();
            let _ = shown.await;
            counted.map(|counting| list.once(&counting))
        };
        work.unwrap_or_else(|panic| {
            complain(&format!("the count broke down: {panic}"));
            Exit::Unread
        })
    })
}

fn input(log: &Path) -> Input {
    if log.as_os_str() == "-" { Input::Stdin } else { Input::File(log.to_owned()) }
}

async fn heed(stop: watch::Receiver<bool>, flag: Arc<AtomicBool>) {
    work::stopped(stop).await;
    flag.store(true, Ordering::Relaxed);
}

/// Draws how far the count is, until it is told to end.
async fn show(progress: Arc<count::Progress>) {
    const MEBI: u64 = 1 << 20;
    let shown = Progress::new();
    let mut beat = tokio::time::interval(DRAW);
    loop {
        beat.tick().await;
        let (read, total) = (progress.read.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
        shown.at(read / MEBI, total.max(read) / MEBI);
        shown.say("MiB");
    }
}

/// How the answer is printed.
struct List {
    by: By,
    limit: Option<usize>,
    output: Output,
}

impl List {
    fn once(&self, counting: &Counting) -> Exit {
        let most = counting.most(self.limit);
        let printing = match &most {
            Ok(most) => Out::lock().print_all(&self.text(most)),
            Err(_) => Ok(()),
        };
        let mut exit = printed(printing, Exit::Clean);
        if let Err(error) = most {
            complain(&format!(
                "what did not fit into memory cannot be read back, so nothing is listed: {error}"
            ));
            exit = Exit::Unread;
        }
        for (input, error) in &counting.unread {
            complain(&unread(input, error));
            exit = exit.and(Exit::Unread);
        }
        if counting.stopped {
            complain("cut short: only what had been read until then is counted");
            exit = exit.and(Exit::Unread);
        }
        if let Some(error) = counting.trouble() {
            complain(&format!(
                "more memory was used than is meant to be, because nothing can be put aside: {error}"
            ));
        }
        exit.and(self.remarks(&counting.seen))
    }

    /// What has to be known to trust the numbers.
    fn remarks(&self, seen: &Seen) -> Exit {
        let of = HumanCount(seen.lines);
        let by = self.by.name();
        let remarks = [
            (
                seen.strange,
                format!(
                    "of {of} lines hold such a number but are of no kind that is known here, and not counted"
                ),
            ),
            (
                seen.silent,
                format!("of {of} lines hold such a number but tell no status, and are not counted"),
            ),
            (seen.undated, "answers do not tell when, and are not counted".to_owned()),
            (seen.keyless, format!("answers have no {by}, and are not counted")),
        ];
        for (count, remark) in remarks.iter().filter(|(count, _)| *count > 0) {
            complain(&format!("{} {remark}", HumanCount(*count)));
        }
        let layers = [(seen.haproxy, "HAProxy"), (seen.access, "access logs"), (seen.registry, "registries")];
        let told: Vec<String> = layers
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, layer)| format!("{} by {layer}", HumanCount(*count)))
            .collect();
        if told.len() > 1 {
            complain(&format!("the same request may be counted more than once: {}", told.join(", ")));
        }
        if seen.lines > 0 && !seen.understood {
            complain("nothing of it was understood");
            return Exit::Unread;
        }
        if seen.counted() == 0 && seen.keyless == 0 {
            complain(&format!("none of {of} lines is an answer that was asked for"));
        }
        Exit::Clean
    }

    fn text(&self, most: &[Counted]) -> String {
        most.iter().map(|one| self.line(one)).collect()
    }

    fn line(&self, one: &Counted) -> String {
        let key = clean_bytes(&one.key);
        match self.output {
            Output::Text => format!("{:7} {key}\n", one.count),
            // A map would put the count first.
            Output::Json => {
                let (by, key) = (self.by.name(), Value::from(key));
                format!("{{\"{by}\":{key},\"count\":{}}}\n", one.count)
            }
        }
    }

    fn follow(&self, inputs: &[Input], question: &Question, stop: &AtomicBool) -> Exit {
        let mut out = Out::lock();
        let screen = io::stdout().is_terminal() && self.output == Output::Text;
        let (mut shown, mut last, mut exit) = (None, Seen::default(), Exit::Clean);
        count::follow(inputs, question, self.limit, stop, |news| match news {
            News::Unread(input, error) => {
                complain(&unread(input, &error));
                exit = exit.and(Exit::Unread);
                ControlFlow::Continue(())
            }
            News::Counted(Ok(most), seen) => {
                last = seen;
                let text = self.text(&most);
                if shown.as_ref() == Some(&text) {
                    return ControlFlow::Continue(());
                }
                // Lists that follow each other are told apart by an empty line; objects need none.
                let before = match (screen, &shown, self.output) {
                    (true, ..) => CLEAR,
                    (false, Some(_), Output::Text) => "\n",
                    _ => "",
                };
                let printing = out.print_all(&format!("{before}{text}"));
                shown = Some(text);
                let flow = if printing.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                exit = printed(printing, exit);
                flow
            }
            News::Counted(Err(error), _) => {
                complain(&format!("what did not fit into memory cannot be read back: {error}"));
                exit = exit.and(Exit::Unread);
                ControlFlow::Break(())
            }
        });
        exit.and(self.remarks(&last))
    }
}

/// What was not read, and what it means for the numbers.
fn unread(input: &Input, error: &io::Error) -> String {
    let name = match input {
        Input::Stdin => "standard input".to_owned(),
        Input::File(path) => path.display().to_string(),
    };
    match error.kind() {
        ErrorKind::NotFound => format!("{name} is not there"),
        ErrorKind::IsADirectory => format!("{name} is a directory; name the files in it"),
        ErrorKind::PermissionDenied => format!("{name} may not be read: {error}"),
        ErrorKind::UnexpectedEof => {
            format!("{name} ends too early, as if it was cut off: what is left of it is counted")
        }
        _ => format!("{name} was not read to its end, what came before is counted: {error}"),
    }
}
