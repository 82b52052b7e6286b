//! Collects one frame's bytes and writes them in one piece, counting them.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes that went to the terminal.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Bytes written since the start.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// A writer that holds everything back until it is flushed.
#[derive(Debug)]
pub struct Frame<W> {
    pending: Vec<u8>,
    output: W,
    meter: Meter,
}

impl<W> Frame<W> {
    /// An empty frame in front of `output`.
    pub fn new(output: W, meter: Meter) -> Self {
        Self { pending: Vec::new(), output, meter }
    }
}

impl<W: Write> Write for Frame<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let sent = self.output.write_all(&self.pending).and_then(|()| self.output.flush());
        self.meter.add(self.pending.len());
        self.pending.clear();
        sent
    }
}
