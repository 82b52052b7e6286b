//! A packed file, read to its end, no further ahead than somebody listens.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::follow::trouble;
use super::history::{Old, each_line, modified};
use crate::sources::logs::feed::{Feed, Raw};

/// Bytes of lines that are handed over at once.
const HANDFUL: usize = 256 << 10;
/// Handfuls that wait for whoever listens.
const WAITING: usize = 16;

/// Reads a file to its end, once; nobody writes to it any more.
pub async fn once(path: &Path, feed: &mut Feed) {
    loop {
        feed.opening().await;
        let ended = unpack(path, feed).await;
        let Err(error) = ended else { return feed.over().await };
        let is_final = !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied);
        feed.down(trouble(path, &error)).await;
        if is_final {
            return;
        }
        feed.desk().teller.clone().pause(feed.desk().pace.longest_pause).await;
    }
}

async fn unpack(path: &Path, feed: &mut Feed) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || hand_over(&path, &sender));
    while let Some(handful) = feed.meanwhile(receiver.recv()).await {
        for Old { bytes, length, at } in &handful {
            feed.take(Raw { bytes, length: *length, collected: *at }).await;
        }
    }
    reading.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn hand_over(path: &Path, sender: &mpsc::Sender<Vec<Old>>) -> io::Result<()> {
    let at: Option<Timestamp> = modified(path);
    let (mut handful, mut size) = (Vec::new(), 0);
    let ended = each_line(path, |bytes, length| {
        size += bytes.len() + size_of::<Old>();
        handful.push(Old { bytes: bytes.to_vec(), length, at });
        if size < HANDFUL {
            return ControlFlow::Continue(());
        }
        size = 0;
        match sender.blocking_send(std::mem::take(&mut handful)) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody listens any more.
            Err(_) => ControlFlow::Break(()),
        }
    });
    // Where nobody listens any more, nobody misses it.
    let _ = sender.blocking_send(handful);
    ended
}
