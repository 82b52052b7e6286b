//! Whole lines from bytes as they come, in big blocks: a block is read once and copied never.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::{memchr, memrchr};

/// What is read at once; of a line that is longer only its beginning is told.
pub const BLOCK: usize = 256 << 10;
/// So much of a line that is too long is told.
const BEGINNING: usize = 64 << 10;

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All was read; the last line may have no end of its own.
    Whole,
    /// Told to stop.
    Stopped,
}

/// Tells whole lines, many at once, each with its end, except perhaps the very last.
///
/// # Errors
///
/// What `read` answered. All whole lines before are told; the beginning of a line that was held then is not.
pub fn blocks(
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
    skip_first: bool,
    stop: &AtomicBool,
    mut tell: impl FnMut(&[u8]),
) -> io::Result<End> {
    let mut cutter = Cutter { buffer: vec![0; BLOCK], held: 0, skipping: skip_first };
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(End::Stopped);
        }
        match read(&mut cutter.buffer[cutter.held..]) {
            Ok(0) => {
                cutter.finish(tell);
                return Ok(End::Whole);
            }
            Ok(more) => cutter.cut(more, &mut tell),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

struct Cutter {
    buffer: Vec<u8>,
    /// The beginning of a line whose end is not there yet.
    held: usize,
    /// Inside a line of which nothing more is wanted.
    skipping: bool,
}

impl Cutter {
    fn cut(&mut self, more: usize, tell: &mut impl FnMut(&[u8])) {
        let filled = self.held + more;
        let mut start = 0;
        if self.skipping {
            match memchr(b'\n', &self.buffer[..filled]) {
                Some(end) => (start, self.skipping) = (end + 1, false),
                None => {
                    self.held = 0;
                    return;
                }
            }
        }
        if let Some(last) = memrchr(b'\n', &self.buffer[start..filled]) {
            tell(&self.buffer[start..=start + last]);
            start += last + 1;
        }
        self.held = filled - start;
        self.buffer.copy_within(start..filled, 0);
        if self.held == self.buffer.len() {
            tell(&self.buffer[..BEGINNING]);
            (self.held, self.skipping) = (0, true);
        }
    }

    fn finish(self, mut tell: impl FnMut(&[u8])) {
        if self.held > 0 && !self.skipping {
            tell(&self.buffer[..self.held]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(mut bytes: &[u8], step: usize, skip_first: bool) -> Vec<Vec<u8>> {
        let mut told = Vec::new();
        let read = |buffer: &mut [u8]| {
            let most = step.min(buffer.len());
            io::Read::read(&mut bytes, &mut buffer[..most])
        };
        let end = blocks(read, skip_first, &AtomicBool::new(false), |block| told.extend_from_slice(block));
        assert_eq!(end.unwrap(), End::Whole);
        told.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    proptest! {
        #[test]
        fn however_they_come_all_lines_are_told(bytes in "[a\n]{0,80}", step in 1..9usize, skip in any::<bool>()) {
            let expected: Vec<Vec<u8>> =
                bytes.as_bytes().split_inclusive(|byte| *byte == b'\n').skip(usize::from(skip)).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(lines(bytes.as_bytes(), step, skip), expected);
        }
    }

    #[test]
    fn of_a_line_without_end_only_the_beginning_is_told() {
        let mut bytes = b"first\n".to_vec();
        bytes.extend(vec![b'x'; 10 << 20]);
        bytes.extend(b"\nlast\n");
        let told = lines(&bytes, 100_000, false);
        // Its beginning has no end of its own, so the next line follows it here.
        assert_eq!(told.len(), 2);
        assert_eq!(told[0], b"first\n");
        assert!(told[1].len() == BEGINNING + b"last\n".len() && told[1].ends_with(b"xlast\n"));
    }

    #[test]
    fn an_error_in_the_middle_leaves_what_was_whole() {
        let mut answers =
            vec![Err(io::Error::from(io::ErrorKind::UnexpectedEof)), Ok("a\nb")].into_iter().rev();
        let mut told = Vec::new();
        let read = |buffer: &mut [u8]| {
            let answer: &str = answers.next().unwrap()?;
            buffer[..answer.len()].copy_from_slice(answer.as_bytes());
            Ok(answer.len())
        };
        let end = blocks(read, false, &AtomicBool::new(false), |block| told.extend_from_slice(block));
        assert_eq!((end.unwrap_err().kind(), told), (io::ErrorKind::UnexpectedEof, b"a\n".to_vec()));
    }
}
