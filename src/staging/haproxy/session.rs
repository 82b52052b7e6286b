//! One connection to the socket: commands a line, answers, and the prompt for those who ask for it.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use super::commands;
use super::{Balancer, Manner};

/// What a connection may do. It can be lowered, never raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    User,
    Operator,
    Admin,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// What a connection is at.
pub struct Session {
    pub level: Level,
    /// Whether it stays open and prompts.
    pub is_interactive: bool,
    pub is_over: bool,
}

/// Serves one connection to its end. Without a prompt, the lines that came together are answered, then it is closed.
pub async fn run(balancer: Balancer, stream: impl AsyncRead + AsyncWrite + Send, level: Level) {
    let (reading, mut writing) = tokio::io::split(stream);
    let mut reading = BufReader::new(reading);
    let mut session = Session { level, is_interactive: false, is_over: false };
    let mut line = String::new();
    loop {
        match balancer.manner() {
            Manner::Answers => {}
            Manner::Hangs => std::future::pending().await,
            Manner::Refuses => return,
        }
        line.clear();
        if !matches!(reading.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        let answer = answer(&balancer, &mut session, &line);
        let more = session.is_interactive || reading.buffer().contains(&b'\n');
        if writing.write_all(answer.as_bytes()).await.is_err() || session.is_over || !more {
            let _ = writing.shutdown().await;
            return;
        }
    }
}

/// The answers to a line of commands. Each ends in an empty line; after the last one is the prompt, if one is wanted.
pub fn answer(balancer: &Balancer, session: &mut Session, line: &str) -> String {
    let mut answers = String::new();
    for command in line.trim_end_matches(['\r', '\n']).split(';') {
        let words: Vec<&str> = command.split_whitespace().collect();
        answers += &balancer.now(|instance, now| commands::answer(session, instance, &words, now));
        if session.is_over {
            return answers;
        }
        answers += if session.is_interactive { "\n> " } else { "\n" };
    }
    answers
}
