//! What a program prints, such as `ssh fe-01 tail -F /var/log/haproxy.log`: begun again when it ends.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::{Feed, Raw};
use super::keep::{End, Tail, keep};
use super::lines::{Lines, Piece};
use super::overlap::{New, Printed};
use crate::sources::{Trouble, TroubleKind};

/// A program that says nothing is believed to run after so long.
const BEGINS: Duration = Duration::from_secs(1);
/// So long may it take to end once its output is closed.
const ENDS: Duration = Duration::from_secs(2);
/// The longest last word that is told, in bytes.
const LONGEST_WORDS: usize = 512;

/// A program and its arguments; no shell is between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub name: String,
    pub program: Vec<String>,
}

impl Options {
    /// A program under a name of one's choice.
    pub fn new(name: &str, program: &[String]) -> Self {
        Self { name: name.to_owned(), program: program.to_vec() }
    }
}

/// Runs the program for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let feed = Feed::new(&options.name, Origin::Command, &desk, first);
    keep(Printing { program: options.program, printed: Printed::default(), ended: None }, feed).await;
}

struct Printing {
    program: Vec<String>,
    printed: Printed,
    /// When it ended, once it ran.
    ended: Option<Timestamp>,
}

impl Tail for Printing {
    async fn follow(&mut self, feed: &mut Feed) -> Result<End, Trouble> {
        let mut running = Running::of(begin(&self.program)?);
        self.printed.begin_again();
        let mut lines = Lines::default();
        while let Some(chunk) = self.read(&mut running, feed).await {
            let mut chunk = chunk.as_slice();
            while let Some(piece) = lines.next(&mut chunk) {
                self.take(piece, feed).await;
            }
        }
        if let Some(piece) = lines.rest() {
            self.take(piece, feed).await;
        }
        let left = self.printed.settle();
        self.tell(left, feed).await;
        self.ended.get_or_insert_with(Timestamp::now);
        Err(running.why().await)
    }
}

impl Printing {
    /// What it prints next; lines that wait to be known do not wait for that.
    async fn read(&mut self, running: &mut Running, feed: &mut Feed) -> Option<Vec<u8>> {
        if self.printed.is_waiting() {
            // With nothing left to tell, the reading may be given up at any time.
            feed.flush().await;
            match timeout(BEGINS, running.read(feed)).await {
                Ok(read) => return read,
                Err(_) => {
                    let left = self.printed.settle();
                    self.tell(left, feed).await;
                }
            }
        }
        running.read(feed).await
    }

    async fn take(&mut self, piece: Piece<'_>, feed: &mut Feed) {
        if self.printed.is_open() {
            let new = self.printed.take(piece);
            return self.tell(new, feed).await;
        }
        self.printed.note(piece.bytes);
        self.tell_gap(feed).await;
        feed.take(Raw::new(piece)).await;
    }

    /// Tells what turned out to be new.
    async fn tell(&mut self, new: Option<New>, feed: &mut Feed) {
        let Some(New { is_known, lines }) = new else { return };
        if is_known {
            self.ended = None;
        } else if !lines.is_empty() {
            self.tell_gap(feed).await;
        }
        for line in &lines {
            feed.take(Raw { bytes: &line.bytes, length: line.length, collected: None }).await;
        }
    }

    async fn tell_gap(&mut self, feed: &mut Feed) {
        if let Some(ended) = self.ended.take() {
            feed.gap(ended, Timestamp::now(), "the command ended and was run again").await;
        }
    }
}

/// Begins a program; no shell is between.
///
/// # Errors
///
/// It is not there, or may not be run.
pub fn begin(argv: &[String]) -> Result<Child, Trouble> {
    let (program, arguments) =
        argv.split_first().ok_or_else(|| Trouble::new(TroubleKind::Misconfigured, "the command is empty"))?;
    Command::new(program)
        .args(arguments)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => TroubleKind::Absent,
                std::io::ErrorKind::PermissionDenied => TroubleKind::Denied,
                _ => TroubleKind::Broken,
            };
            Trouble::new(kind, &format!("{program} cannot be run: {error}"))
        })
}

/// A program that runs; it and all that it began end when this is dropped.
pub struct Running {
    child: Child,
    stdout: Option<ChildStdout>,
    /// Whoever listens to its complaints, and the last of them.
    listening: Option<JoinHandle<()>>,
    said: watch::Receiver<String>,
    buffer: Vec<u8>,
    has_begun: bool,
}

impl Running {
    /// Listens to what it prints.
    pub fn of(mut child: Child) -> Self {
        let (sender, said) = watch::channel(String::new());
        let listening = child.stderr.take().map(|stderr| tokio::spawn(last_words(stderr, sender)));
        let buffer = vec![0; 64 << 10];
        Self { stdout: child.stdout.take(), child, listening, said, buffer, has_begun: false }
    }

    /// What it prints next; none when it has ended. It is followed once it has printed something, or has run for a
    /// while without complaining.
    pub async fn read(&mut self, feed: &mut Feed) -> Option<Vec<u8>> {
        let stdout = self.stdout.as_mut()?;
        let mut reading = std::pin::pin!(stdout.read(&mut self.buffer));
        let read = if self.has_begun {
            feed.meanwhile(reading).await
        } else if let Ok(read) = timeout(BEGINS, &mut reading).await {
            read
        } else {
            loop {
                let said = self.said.borrow_and_update().clone();
                if said.is_empty() {
                    feed.live().await;
                } else {
                    feed.down(Trouble::new(TroubleKind::Unreachable, &format!("it says: {said}"))).await;
                }
                tokio::select! {
                    biased;
                    read = &mut reading => break read,
                    heard = self.said.changed() => if heard.is_err() { break reading.await },
                }
            }
        };
        self.has_begun = true;
        // What cannot be read any more is at its end.
        let count = read.ok().filter(|count| *count > 0)?;
        feed.live().await;
        Some(self.buffer[..count].to_vec())
    }

    /// Why it ended, by its last word about it.
    pub async fn why(mut self) -> Trouble {
        let waited = timeout(ENDS, self.child.wait()).await;
        let ended = match waited {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it closed its output and goes on; it was ended".to_owned(),
        };
        if let Some(listening) = &mut self.listening {
            // What was heard until then is what there is.
            let _ = timeout(ENDS, listening).await;
        }
        let said = self.said.borrow().clone();
        let why = if said.is_empty() {
            format!("the command ended ({ended})")
        } else {
            format!("{said} ({ended})")
        };
        Trouble::new(TroubleKind::Unreachable, &why)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its number is its own only as long as nobody has heard of its end.
        let own = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(own) = own {
            // Those that have ended already need no ending.
            let _ = kill_process_group(own, Signal::KILL);
        }
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// Tells each line that is not empty, cut where it is longer than anybody reads.
async fn last_words(mut stderr: ChildStderr, said: watch::Sender<String>) {
    let (mut lines, mut buffer) = (Lines::default(), vec![0; 4 << 10]);
    let hear = |bytes: &[u8]| {
        let words = bytes[..bytes.len().min(LONGEST_WORDS)].trim_ascii();
        if !words.is_empty() {
            said.send_replace(String::from_utf8_lossy(words).into_owned());
        }
    };
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let mut chunk = &buffer[..count];
        while let Some(piece) = lines.next(&mut chunk) {
            hear(piece.bytes);
        }
    }
    if let Some(piece) = lines.rest() {
        hear(piece.bytes);
    }
}
