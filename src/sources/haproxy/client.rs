//! One command, or several in one line, and the whole answer. A connection is never kept: HAProxy closes it anyway,
//! and an old worker would go on answering on it after a reload.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::address::Address;
use crate::sources::{Trouble, TroubleKind};

/// Bytes beyond which an answer is refused: some 60,000 servers.
pub(super) const LIMIT: u64 = 32 << 20;

/// Gives one command to an instance and reads the whole answer, without the empty line that ends it.
///
/// Nothing else is sent, and nothing is sent twice. What HAProxy refuses (`Permission denied`, `No such server`) is an
/// answer like any other: only the caller knows what it means.
///
/// # Errors
///
/// The address takes no commands, nobody is there, or there was no whole answer before the deadline. A command that
/// was sent may have been carried out all the same, except where the kind is `Misconfigured`, `Absent`, `Denied` or
/// `Unreachable`: then nothing was sent.
pub async fn ask(address: &Address, command: &str, deadline: Duration) -> Result<String, Trouble> {
    if command.contains(['\n', '\r', '\0']) {
        return Err(Trouble::new(TroubleKind::Misconfigured, "a command is one line"));
    }
    match timeout(deadline, connect(address)).await {
        Ok(connected) => {
            let stream = connected?;
            let talk = timeout(deadline, talk(stream, command)).await;
            talk.map_err(|_| slow(address, deadline))?.map_err(|error| broken(address, &error))
        }
        Err(_) => Err(Trouble::new(
            TroubleKind::Unreachable,
            &format!("no connection to {address} within {} s", deadline.as_secs_f32()),
        )),
    }
}

/// Either kind of socket.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn connect(address: &Address) -> Result<Box<dyn Stream>, Trouble> {
    match address {
        Address::Unix(path) => match UnixStream::connect(path).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(no_socket(path, &error)),
        },
        Address::Tcp(host) => match TcpStream::connect(host).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let why = format!("cannot connect to {host}: {}", words(&error));
                Err(Trouble::new(TroubleKind::Unreachable, &why))
            }
        },
        Address::Http(_) => Err(Trouble::new(
            TroubleKind::Misconfigured,
            &format!("{address} is a statistics page, which takes no commands: they need a stats socket"),
        )),
    }
}

async fn talk(mut stream: Box<dyn Stream>, command: &str) -> io::Result<String> {
    stream.write_all(format!("{command}\n").as_bytes()).await?;
    let mut bytes = Vec::new();
    (&mut stream).take(LIMIT + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other(format!("the answer has more than {LIMIT} bytes")));
    }
    // Every answer ends in an empty line, one without a word is nothing but that line.
    let text = String::from_utf8_lossy(&bytes);
    match text.strip_suffix('\n') {
        Some(answer) if answer.is_empty() || answer.ends_with('\n') => Ok(answer.to_owned()),
        Some(_) | None if text.is_empty() => {
            Err(io::Error::other("the connection was closed without an answer"))
        }
        Some(_) | None => {
            Err(io::Error::other(format!("the answer was cut short after {} bytes", bytes.len())))
        }
    }
}

/// Why there is no socket to talk to, and what would help.
fn no_socket(path: &Path, error: &io::Error) -> Trouble {
    let path = path.display();
    let (kind, why) = match error.kind() {
        io::ErrorKind::NotFound => (
            TroubleKind::Absent,
            format!(
                "there is no socket {path}: HAProxy does not run here, or its `stats socket` is elsewhere"
            ),
        ),
        io::ErrorKind::PermissionDenied => (
            TroubleKind::Denied,
            format!("this user may not open {path}: see mode, user and group of its `stats socket`"),
        ),
        io::ErrorKind::ConnectionRefused => {
            (TroubleKind::Unreachable, format!("nobody listens on {path}: HAProxy does not run any more"))
        }
        _ => (TroubleKind::Unreachable, format!("cannot connect to {path}: {}", words(error))),
    };
    Trouble::new(kind, &why)
}

fn slow(address: &Address, deadline: Duration) -> Trouble {
    let why = format!("connected to {address}, and no whole answer within {} s", deadline.as_secs_f32());
    Trouble::new(TroubleKind::Slow, &why)
}

fn broken(address: &Address, error: &io::Error) -> Trouble {
    Trouble::new(TroubleKind::Broken, &format!("{address}: {}", words(error)))
}

/// An error without the number of the operating system.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
