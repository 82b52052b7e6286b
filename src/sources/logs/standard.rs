//! Our own standard input: `… | quarterdeck --log -`.

use tokio::io::AsyncReadExt;

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::{Feed, Raw};
use super::lines::Lines;
use crate::sources::{Trouble, TroubleKind};

/// Reads it to its end.
pub async fn run(desk: Desk, first: First) {
    let mut feed = Feed::new("standard input", Origin::Input, &desk, first);
    feed.opening().await;
    feed.live().await;
    let (mut input, mut lines, mut buffer) = (tokio::io::stdin(), Lines::default(), vec![0; 64 << 10]);
    let ended = loop {
        match feed.meanwhile(input.read(&mut buffer)).await {
            Ok(0) => break None,
            Ok(count) => {
                let mut chunk = &buffer[..count];
                while let Some(piece) = lines.next(&mut chunk) {
                    feed.take(Raw::new(piece)).await;
                }
            }
            Err(error) => break Some(error),
        }
    };
    if let Some(piece) = lines.rest() {
        feed.take(Raw::new(piece)).await;
    }
    match ended {
        None => feed.over().await,
        Some(error) => {
            let why = format!("standard input cannot be read: {error}");
            feed.down(Trouble::new(TroubleKind::Broken, &why)).await;
        }
    }
}
