//! A watch as a stream of lines, bounded in time and length.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::time::{Instant, timeout_at};

use super::super::client::Refusal;
use crate::sources::TroubleKind;

/// No object is longer.
const LONGEST_LINE: usize = 32 << 20;

/// The lines of an answer that goes on and on.
pub struct Lines {
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer is known to have no end of line.
    searched: usize,
    /// The answer should have ended by then.
    until: Instant,
    /// What is borne after that, from the last byte on.
    grace: Duration,
}

impl Lines {
    /// The lines of this body, which should end within `watch`.
    pub fn new(body: Body, watch: Duration, grace: Duration) -> Self {
        Self { body, buffer: BytesMut::new(), searched: 0, until: Instant::now() + watch, grace }
    }

    /// What came after the last end of line.
    pub fn rest(&mut self) -> BytesMut {
        self.searched = 0;
        self.buffer.split()
    }

    /// The next line without its end; none at the end of the answer.
    pub async fn next(&mut self) -> Result<Option<BytesMut>, Refusal> {
        loop {
            if let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + at);
                self.buffer.advance(1);
                self.searched = 0;
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.searched > LONGEST_LINE {
                return Err(Refusal::of(TroubleKind::Broken, "a line of the watch has no end"));
            }
            let deadline = self.until.max(Instant::now()) + self.grace;
            match timeout_at(deadline, self.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Ok(None) => return Ok(None),
                // Broken off: what was heard counts, and the watch is taken up again.
                Ok(Some(Err(_))) => return Ok(None),
                Err(_) => {
                    let why = "the API server fell silent on an open watch; it is asked again";
                    return Err(Refusal::of(TroubleKind::Slow, why));
                }
            }
        }
    }
}
