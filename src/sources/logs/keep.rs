//! Keeps a stream followed: opened again when it breaks, more patiently each time, and at once when the operator asks.

use std::time::Duration;

use tokio::time::Instant;

use super::feed::Feed;
use crate::sources::Trouble;

/// A stream that was followed for so long has gone well.
const WELL: Duration = Duration::from_secs(10);

/// How following a stream ended, without a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It will not come back.
    Over,
    /// It goes on, and wants to be opened again.
    Again,
}

/// Something that can be followed, and that knows where it was when it is followed again.
pub trait Tail: Send {
    /// Follows until it breaks or is over. Says [`Feed::live`] as soon as it is followed.
    ///
    /// # Errors
    ///
    /// Says why it cannot be followed, or not any more.
    fn follow(&mut self, feed: &mut Feed) -> impl Future<Output = Result<End, Trouble>> + Send;
}

/// Follows `tail` for as long as there is something to follow.
pub async fn keep(mut tail: impl Tail, mut feed: Feed) {
    let mut pauses = feed.desk().pace.pauses();
    loop {
        feed.opening().await;
        let begun = Instant::now();
        let ended = tail.follow(&mut feed).await;
        let was_well = begun.elapsed() >= WELL;
        match ended {
            Ok(End::Over) => return feed.over().await,
            Ok(End::Again) => feed.flush().await,
            Err(trouble) => feed.down(trouble).await,
        }
        if was_well {
            pauses.reset();
        }
        pauses.wait(None, &feed.desk().teller).await;
    }
}
