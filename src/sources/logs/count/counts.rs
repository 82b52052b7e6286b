//! How often each key came, in bounded memory: what does not fit goes to a file without a name and is summed up later.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::mem::take;

/// What an entry of the table costs beside its key, roughly: the slot, its share of empty slots, the allocator's due.
const ENTRY: usize = 80;
/// What is read at once of each file.
const READ: usize = 16 << 10;

/// Counts of one thread.
pub struct Counts {
    held: HashMap<Box<[u8]>, u64>,
    bytes: usize,
    limit: usize,
    spilled: Vec<File>,
    trouble: Option<io::Error>,
}

impl Counts {
    /// Holds about so many bytes; what is more is spilled.
    pub fn new(limit: usize) -> Self {
        Self { held: HashMap::new(), bytes: 0, limit, spilled: Vec::new(), trouble: None }
    }

    pub fn add(&mut self, key: &[u8]) {
        if let Some(count) = self.held.get_mut(key) {
            *count += 1;
            return;
        }
        self.held.insert(key.into(), 1);
        self.bytes += key.len() + ENTRY;
        if self.bytes > self.limit {
            self.spill();
        }
    }

    /// Why memory is not bounded any more: the files could not be written.
    pub const fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    fn spill(&mut self) {
        match self.write() {
            Ok(file) => {
                self.spilled.push(file);
                self.held.clear();
                self.bytes = 0;
            }
            // Right counts matter more than little memory.
            Err(error) => {
                self.limit = usize::MAX;
                self.trouble = Some(error);
            }
        }
    }

    fn write(&self) -> io::Result<File> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for (key, count) in self.sorted() {
            let length = u32::try_from(key.len()).map_err(io::Error::other)?;
            file.write_all(&length.to_le_bytes())?;
            file.write_all(key)?;
            file.write_all(&count.to_le_bytes())?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn sorted(&self) -> Vec<(&[u8], u64)> {
        let mut all: Vec<(&[u8], u64)> = self.held.iter().map(|(key, count)| (&**key, *count)).collect();
        all.sort_unstable();
        all
    }
}

/// A key and how often it came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    pub count: u64,
    pub key: Vec<u8>,
}

/// The keys that came most often, over all threads: those of `limit`, or all where it is none. The order is that of
/// `sort -nr` on bytes: by count, and among equals the greater key first.
///
/// # Errors
///
/// What was spilled cannot be read back.
pub fn most(all: &[Counts], limit: Option<usize>) -> io::Result<Vec<Counted>> {
    let mut runs = Vec::new();
    for counts in all {
        runs.push(Run::Held(counts.sorted().into_iter()));
        for mut file in &counts.spilled {
            file.seek(SeekFrom::Start(0))?;
            runs.push(Run::Spilled(BufReader::with_capacity(READ, file)));
        }
    }
    let mut most = Most { best: BinaryHeap::new(), limit: limit.unwrap_or(usize::MAX) };
    merge(runs, |counted| most.offer(counted))?;
    Ok(most.best.into_sorted_vec().into_iter().map(|Reverse(counted)| counted).collect())
}

/// The best so far; the least of them is on top.
struct Most {
    best: BinaryHeap<Reverse<Counted>>,
    limit: usize,
}

impl Most {
    fn offer(&mut self, counted: Counted) {
        if self.best.len() < self.limit {
            self.best.push(Reverse(counted));
        } else if let Some(mut least) = self.best.peek_mut()
            && least.0 < counted
        {
            least.0 = counted;
        }
    }
}

/// Keys in order, each once.
enum Run<'a> {
    Held(std::vec::IntoIter<(&'a [u8], u64)>),
    Spilled(BufReader<&'a File>),
}

impl Run<'_> {
    /// The next key into `key`, and its count; none at the end.
    fn next(&mut self, key: &mut Vec<u8>) -> io::Result<Option<u64>> {
        key.clear();
        match self {
            Self::Held(all) => Ok(all.next().map(|(next, count)| {
                key.extend_from_slice(next);
                count
            })),
            Self::Spilled(file) => {
                let mut length = [0; 4];
                if file.read(&mut length[..1])? == 0 {
                    return Ok(None);
                }
                file.read_exact(&mut length[1..])?;
                key.resize(u32::from_le_bytes(length) as usize, 0);
                file.read_exact(key)?;
                let mut count = [0; 8];
                file.read_exact(&mut count)?;
                Ok(Some(u64::from_le_bytes(count)))
            }
        }
    }
}

/// Tells each key once, with the sum of its counts.
fn merge(mut runs: Vec<Run>, mut tell: impl FnMut(Counted)) -> io::Result<()> {
    let mut heads = BinaryHeap::new();
    for (at, run) in runs.iter_mut().enumerate() {
        let mut key = Vec::new();
        if let Some(count) = run.next(&mut key)? {
            heads.push(Reverse((key, at, count)));
        }
    }
    let mut sum = Counted { count: 0, key: Vec::new() };
    while let Some(Reverse((mut key, at, count))) = heads.pop() {
        if sum.count > 0 && sum.key == key {
            sum.count += count;
        } else {
            let next = Counted { count, key: key.clone() };
            let done = std::mem::replace(&mut sum, next);
            if done.count > 0 {
                tell(done);
            }
        }
        if let Some(count) = runs[at].next(&mut key)? {
            heads.push(Reverse((take(&mut key), at, count)));
        }
    }
    if sum.count > 0 {
        tell(sum);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counts(keys: &[String], limit: usize) -> Counts {
        let mut counts = Counts::new(limit);
        keys.iter().for_each(|key| counts.add(key.as_bytes()));
        counts
    }

    proptest! {
        #[test]
        fn whatever_fits_the_sums_are_right_and_in_order(
            threads in prop::collection::vec(prop::collection::vec("[ab]{0,3}", 0..60), 0..4),
            memory in prop::sample::select(vec![0, 300, 100_000]),
            limit in prop::option::of(0..9usize),
        ) {
            let all: Vec<Counts> = threads.iter().map(|keys| counts(keys, memory)).collect();
            let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
            threads.iter().flatten().for_each(|key| *naive.entry(key).or_default() += 1);
            let mut naive: Vec<(u64, &str)> = naive.into_iter().map(|(key, count)| (count, key)).collect();
            naive.sort_by(|one, other| other.cmp(one));
            naive.truncate(limit.unwrap_or(usize::MAX));
            let told = most(&all, limit).unwrap();
            let told: Vec<(u64, &str)> =
                told.iter().map(|one| (one.count, std::str::from_utf8(&one.key).unwrap())).collect();
            prop_assert_eq!(told, naive);
        }
    }

    #[test]
    fn what_was_asked_once_can_be_asked_again() {
        let all = [counts(&["a", "b", "a"].map(String::from), 0)];
        assert_eq!(all[0].spilled.len(), 3);
        assert_eq!(most(&all, Some(1)).unwrap(), most(&all, Some(1)).unwrap());
    }
}
