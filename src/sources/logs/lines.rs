//! Cuts bytes into lines. A line without an end is never kept without bound.

/// The longest line that is kept, in bytes; of a longer one the rest is only counted.
pub const LONGEST: usize = 1 << 20;

/// Bytes that come in pieces of any size.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// Bytes of it that were read.
    length: u64,
    /// What is in `begun` was given out as a whole line.
    is_spent: bool,
}

/// A line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub bytes: &'a [u8],
    /// Its whole length as it was read, with its end.
    pub length: u64,
}

impl Lines {
    /// The first line of what came before and of `chunk`, which loses it; none once there is no whole line left: the
    /// rest is kept then, and `chunk` is empty.
    pub fn next<'a, 'c: 'a>(&'a mut self, chunk: &mut &'c [u8]) -> Option<Piece<'a>> {
        self.renew();
        let Some(end) = memchr::memchr(b'\n', chunk) else {
            self.keep(chunk);
            *chunk = &[];
            return None;
        };
        let (line, rest) = chunk.split_at(end + 1);
        *chunk = rest;
        if self.length == 0 {
            let bytes = bare(&line[..end.min(LONGEST)]);
            return Some(Piece { bytes, length: line.len() as u64 });
        }
        self.keep(&line[..end]);
        (self.length, self.is_spent) = (self.length + 1, true);
        Some(Piece { bytes: bare(&self.begun), length: self.length })
    }

    /// What is left when nothing more will come: a line without an end, if there is one.
    pub fn rest(&mut self) -> Option<Piece<'_>> {
        self.renew();
        if self.length == 0 {
            return None;
        }
        self.is_spent = true;
        Some(Piece { bytes: bare(&self.begun), length: self.length })
    }

    /// Bytes that were read of a line whose end has not come.
    pub const fn begun(&self) -> u64 {
        if self.is_spent { 0 } else { self.length }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.length += bytes.len() as u64;
    }

    fn renew(&mut self) {
        if self.is_spent {
            *self = Self::default();
        }
    }
}

fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(chunks: &[&[u8]]) -> Vec<(Vec<u8>, u64)> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for chunk in chunks {
            let mut chunk = *chunk;
            while let Some(piece) = lines.next(&mut chunk) {
                found.push((piece.bytes.to_vec(), piece.length));
            }
        }
        found.extend(lines.rest().map(|piece| (piece.bytes.to_vec(), piece.length)));
        found
    }

    #[test]
    fn a_line_is_whole_however_it_came() {
        let whole = |text: &str, length| (text.as_bytes().to_vec(), length);
        assert_eq!(
            cut(&[b"one\r\ntw", b"", b"o\n\nthr"]),
            [whole("one", 5), whole("two", 4), whole("", 1), whole("thr", 3)]
        );
    }

    #[test]
    fn of_an_endless_line_the_beginning_is_kept_and_the_rest_counted() {
        let part = vec![b'x'; LONGEST / 2];
        let mut lines = Lines::default();
        for _ in 0..20 {
            assert_eq!(lines.next(&mut part.as_slice()), None);
            assert!(lines.begun.len() <= LONGEST);
        }
        let mut end: &[u8] = b"y\nnext\n";
        let piece = lines.next(&mut end).unwrap();
        assert_eq!((piece.bytes.len(), piece.length), (LONGEST, 10 * LONGEST as u64 + 2));
        assert_eq!(lines.next(&mut end), Some(Piece { bytes: b"next", length: 5 }));
    }

    proptest! {
        #[test]
        fn cutting_anywhere_changes_nothing(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), any::<u8>()], 0..200), at in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let mut places: Vec<_> = at.iter().map(|at| at.index(bytes.len() + 1)).collect();
            places.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for place in places.into_iter().chain([bytes.len()]) {
                chunks.push(&bytes[from..place]);
                from = place;
            }
            let whole = cut(&[&bytes]);
            prop_assert_eq!(&cut(&chunks), &whole);
            prop_assert_eq!(whole.iter().map(|(_, length)| length).sum::<u64>(), bytes.len() as u64);
        }
    }
}
