//! Our own standard input: `… | quarterdeck --log -`.

use std::fs::File;
use std::sync::Arc;

use tokio::io::AsyncReadExt;

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::{Feed, Raw};
use super::lines::Lines;
use crate::sources::{Trouble, TroubleKind};

/// Where it is, once the keys come from somewhere else.
#[derive(Clone, Debug)]
pub struct Options {
    pub file: Arc<File>,
}

/// Reads it to its end.
pub async fn run(options: Options, desk: Desk, first: First) {
    let mut feed = Feed::new("standard input", Origin::Input, &desk, first);
    feed.opening().await;
    feed.live().await;
    let (mut lines, mut buffer) = (Lines::default(), vec![0; 64 << 10]);
    let mut input = match options.file.try_clone() {
        Ok(file) => tokio::fs::File::from_std(file),
        Err(error) => return feed.down(trouble(&error)).await,
    };
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
        Some(error) => feed.down(trouble(&error)).await,
    }
}

fn trouble(error: &std::io::Error) -> Trouble {
    Trouble::new(TroubleKind::Broken, &format!("standard input cannot be read: {error}"))
}
