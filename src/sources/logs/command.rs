//! What a program prints, such as `ssh fe-01 tail -F /var/log/haproxy.log`: begun again when it ends.

use std::process::Stdio;

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::{Feed, Raw};
use super::keep::{End, Tail, keep};
use super::lines::Lines;
use crate::sources::{Trouble, TroubleKind};

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
    keep(Running { program: options.program, ended: None }, feed).await;
}

struct Running {
    program: Vec<String>,
    /// When it ended, once it ran.
    ended: Option<Timestamp>,
}

impl Tail for Running {
    async fn follow(&mut self, feed: &mut Feed) -> Result<End, Trouble> {
        let mut child = begin(&self.program)?;
        let said = child.stderr.take().map(|stderr| tokio::spawn(last_words(stderr)));
        feed.live().await;
        if let Some(ended) = self.ended.take() {
            feed.gap(ended, Timestamp::now(), "the command ended and was run again").await;
        }
        if let Some(stdout) = child.stdout.take() {
            read(stdout, feed).await;
        }
        self.ended = Some(Timestamp::now());
        Err(why(child, said).await)
    }
}

fn begin(argv: &[String]) -> Result<Child, Trouble> {
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

async fn read(mut stdout: ChildStdout, feed: &mut Feed) {
    let (mut lines, mut buffer) = (Lines::default(), vec![0; 64 << 10]);
    // What cannot be read any more is at its end.
    while let Ok(count @ 1..) = feed.meanwhile(stdout.read(&mut buffer)).await {
        let mut chunk = &buffer[..count];
        while let Some(piece) = lines.next(&mut chunk) {
            feed.take(Raw::new(piece)).await;
        }
    }
    if let Some(piece) = lines.rest() {
        feed.take(Raw::new(piece)).await;
    }
}

/// The last line that is not empty.
async fn last_words(stderr: ChildStderr) -> String {
    let (mut lines, mut last) = (BufReader::new(stderr).lines(), String::new());
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.trim().is_empty() {
            last = line;
        }
    }
    last
}

async fn why(mut child: Child, said: Option<JoinHandle<String>>) -> Trouble {
    let ended = child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
    let said = match said {
        Some(said) => said.await.unwrap_or_default(),
        None => String::new(),
    };
    let why = if said.is_empty() { format!("it ended ({ended})") } else { format!("{said} ({ended})") };
    Trouble::new(TroubleKind::Unreachable, &why)
}
