//! Follows one file by its name: whatever is done to it, each line once, or a word about what may be missing.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

use super::Marks;
use super::history::{Old, last_line, modified, older, tail};
use super::paths::{is_packed, older_parts};
use super::reader::{Mark, Reader, open};
use crate::sources::logs::desk::History;
use crate::sources::logs::disk::Disk;
use crate::sources::logs::docker::Container;
use crate::sources::logs::feed::{Feed, Raw};
use crate::sources::{Trouble, TroubleKind};

/// A file that got another name is read for so long: whoever writes to it may not know yet.
const GRACE: Duration = Duration::from_secs(60);
/// Disks and clocks agree on when a file was written up to this.
const AGREED: Duration = Duration::from_secs(2);
/// Chunks that are read in one look.
const CHUNKS: usize = 8;

/// Where a file is.
#[derive(Clone, Debug)]
pub enum Place {
    Path(PathBuf),
    /// Wherever a container of this name writes to.
    Container(Container),
}

impl Place {
    fn path(&mut self) -> Result<PathBuf, Trouble> {
        match self {
            Self::Path(path) => Ok(path.clone()),
            Self::Container(container) => container.log(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Container(container) => container.name().to_owned(),
        }
    }
}

/// What one look found.
#[derive(Default)]
struct Looked {
    lines: Vec<Old>,
    /// Lines may be missing before those since this time, for this reason.
    gap: Option<(Timestamp, &'static str)>,
    trouble: Option<Trouble>,
    /// There is more to read at once.
    more: bool,
    /// The last line of a file that was there before, and when the file was written last.
    last: Option<(Vec<u8>, Timestamp)>,
    path: PathBuf,
    size: u64,
}

/// A file that is followed.
pub struct Follow {
    place: Place,
    marks: Marks,
    current: Option<Reader>,
    old: Vec<(Reader, Instant)>,
    /// Files that nobody writes to any more, to be read to their ends before the current one, oldest first.
    behind: VecDeque<Reader>,
    /// Older parts that were there when the file was opened.
    parts: Vec<Mark>,
    /// When the end was last seen.
    seen: Timestamp,
    /// Since when nothing has the name, and how long that may be before it is told.
    missing: Option<Instant>,
    rotating: Duration,
    /// Lines of a file that was there before are as old as it is, where they do not say.
    modified: Option<Timestamp>,
    history: History,
}

impl Follow {
    /// The file at `place`, of which `marks` may know how far it was read.
    pub fn new(place: Place, marks: Marks) -> Self {
        Self {
            place,
            marks,
            current: None,
            old: Vec::new(),
            behind: VecDeque::new(),
            parts: Vec::new(),
            seen: Timestamp::now(),
            missing: None,
            rotating: Duration::ZERO,
            modified: None,
            history: History::default(),
        }
    }

    /// Follows it for ever.
    pub async fn run(mut self, feed: &mut Feed) {
        feed.opening().await;
        self.history = feed.desk().history;
        self.rotating = feed.desk().pace.rotating;
        let begun = Timestamp::now();
        feed.only_since(begun.checked_sub(self.history.span).ok());
        let (mut disk, mut told) = (Disk::default(), None);
        loop {
            let Some(looked) = self.look(feed).await else { return };
            let Looked { lines, gap, trouble, more, last, path, size } = looked;
            if let Some((line, at)) = last {
                feed.anchor(&line, at);
            }
            if let Some((from, why)) = gap {
                feed.gap(from, Timestamp::now(), why).await;
            }
            for Old { bytes, length, at } in &lines {
                feed.take(Raw { bytes, length: *length, collected: *at }).await;
            }
            if !lines.is_empty() {
                feed.flush().await;
            }
            if let Some(reader) = &self.current {
                self.marks.set(&self.place.name(), reader.mark());
            }
            if more {
                continue;
            }
            let pause = match &trouble {
                Some(_) => feed.desk().pace.look,
                None => feed.desk().pace.poll,
            };
            match trouble {
                Some(trouble) if told.as_ref() == Some(&trouble) => {}
                Some(trouble) => {
                    told = Some(trouble.clone());
                    feed.down(trouble).await;
                }
                None => {
                    told = None;
                    self.modified = None;
                    feed.only_since(None);
                    feed.live().await;
                    disk.tell(feed, &path, size).await;
                }
            }
            feed.desk().teller.clone().pause(pause).await;
        }
    }

    async fn look(&mut self, feed: &mut Feed) -> Option<Looked> {
        let empty = Self::new(self.place.clone(), self.marks.clone());
        let mut this = std::mem::replace(self, empty);
        let looking = tokio::task::spawn_blocking(move || {
            let looked = this.look_now();
            (this, looked)
        });
        match feed.meanwhile(looking).await {
            Ok((this, looked)) => {
                *self = this;
                Some(looked)
            }
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The program is ending.
                Err(_) => None,
            },
        }
    }

    fn look_now(&mut self) -> Looked {
        let mut looked = Looked::default();
        if let Err(trouble) = self.see(&mut looked) {
            looked.trouble = Some(trouble);
        } else if !looked.more {
            self.seen = Timestamp::now();
        }
        if let Some(at) = self.modified {
            looked.lines.iter_mut().for_each(|line| line.at = line.at.or(Some(at)));
        }
        looked
    }

    fn see(&mut self, looked: &mut Looked) -> Result<(), Trouble> {
        self.see_old(looked);
        self.catch_up(looked);
        if looked.more {
            return Ok(());
        }
        let path = self.place.path();
        let found = path.and_then(|path| {
            looked.path.clone_from(&path);
            std::fs::metadata(&path).map_err(|error| trouble(&path, &error))
        });
        let Some(reader) = &mut self.current else {
            found?;
            return self.begin(looked);
        };
        let found = match found {
            Ok(found) => found,
            Err(trouble) => {
                let since = *self.missing.get_or_insert_with(Instant::now);
                drain(reader, looked).map_err(|error| self::trouble(&looked.path, &error))?;
                return if since.elapsed() < self.rotating { Ok(()) } else { Err(trouble) };
            }
        };
        self.missing = None;
        let path = looked.path.clone();
        if !reader.is(&found) {
            return self.rotate(looked).map_err(|error| trouble(&path, &error));
        }
        looked.size = found.len();
        if reader.is_quiet(&found) {
            return Ok(());
        }
        self.read(looked).map_err(|error| trouble(&path, &error))
    }

    /// Reads on in the file that has the name.
    fn read(&mut self, looked: &mut Looked) -> io::Result<()> {
        let Some(reader) = &mut self.current else { return Ok(()) };
        if reader.is_begun_anew(looked.size) {
            looked.gap =
                Some((self.seen, "the file was emptied in place; what was written just before may be lost"));
            match copy(reader, looked) {
                Some(copy) => {
                    let new = Reader::new(reader.swap(copy), 0)?;
                    self.behind.push_back(std::mem::replace(reader, new));
                }
                None => {
                    looked.lines.extend(reader.rest());
                    reader.rewind();
                }
            }
        }
        self.read_on(looked)
    }

    /// Reads what is left of older files, and then the current one.
    fn read_on(&mut self, looked: &mut Looked) -> io::Result<()> {
        self.catch_up(looked);
        match &mut self.current {
            Some(reader) if !looked.more => drain(reader, looked),
            Some(_) | None => Ok(()),
        }
    }

    /// Reads older files to their ends, up to a bound.
    fn catch_up(&mut self, looked: &mut Looked) {
        while !looked.more
            && let Some(reader) = self.behind.front_mut()
        {
            // What cannot be read any more has nothing more to tell.
            if drain(reader, looked).is_err() || !looked.more {
                looked.lines.extend(reader.rest());
                self.behind.pop_front();
            }
        }
    }

    /// Another file has the name now: reads what had it before to its end, then what had it in between, then this one.
    fn rotate(&mut self, looked: &mut Looked) -> io::Result<()> {
        let Some(reader) = &mut self.current else { return Ok(()) };
        drain(reader, looked)?;
        if looked.more {
            return Ok(());
        }
        let new = Reader::new(open(&looked.path)?, 0)?;
        let seen = SystemTime::from(self.seen);
        if is_packed_unread(&looked.path, seen, reader) {
            let why =
                "the file was rotated and packed before it was read; what is in the packed one is left out";
            looked.gap = Some((self.seen, why));
        }
        for part in unpacked_parts(&looked.path) {
            // An older one that somebody unpacked is as old as it was.
            let is_new = written(&part).is_some_and(|at| at + AGREED >= seen);
            let is_known = self.parts.iter().any(|known| known.was_at(&part));
            if is_known || !is_new {
                continue;
            }
            let Ok(part) = open(&part).and_then(|file| Reader::new(file, 0)) else { continue };
            if !part.mark().is_same(&reader.mark()) && !part.mark().is_same(&new.mark()) {
                self.behind.push_back(part);
            }
        }
        self.parts = ends(&looked.path);
        let old = std::mem::replace(reader, new);
        self.old.push((old, Instant::now() + GRACE));
        self.read_on(looked)
    }

    /// Opens the file for the first time, or again where it was left.
    fn begin(&mut self, looked: &mut Looked) -> Result<(), Trouble> {
        let path = looked.path.clone();
        let wrong = |error: io::Error| trouble(&path, &error);
        let file = open(&path).map_err(wrong)?;
        let size = file.metadata().map_err(wrong)?.len();
        looked.size = size;
        looked.last = last_line(&file, size).ok().zip(modified(&path));
        let reader = match self.marks.of(&self.place.name()) {
            Some(mark) if mark.is_of(&file) => Reader::at(file, &mark).map_err(wrong)?,
            Some(mark) if mark.offset() > 0 => {
                self.resume(&mark, looked);
                Reader::new(file, 0).map_err(wrong)?
            }
            Some(_) => Reader::new(file, 0).map_err(wrong)?,
            None => {
                let since = Timestamp::now().checked_sub(self.history.span).ok();
                self.modified = modified(&path);
                let (start, count) = tail(&file, size, self.history.lines).map_err(wrong)?;
                if start == 0 {
                    looked.lines = older(&path, self.history.lines - count, since);
                }
                Reader::new(file, start).map_err(wrong)?
            }
        };
        self.parts = ends(&path);
        self.current = Some(reader);
        self.see_old(looked);
        self.read_on(looked).map_err(wrong)
    }

    /// Reads the rest of the file that had the name, if it is still beside it.
    fn resume(&mut self, mark: &Mark, looked: &mut Looked) {
        let part = unpacked_parts(&looked.path).into_iter().find(|part| mark.was_at(part));
        let reader = part.and_then(|part| Reader::at(open(&part).ok()?, mark).ok());
        match reader {
            Some(reader) => self.old.push((reader, Instant::now() + GRACE)),
            None => {
                let why = "the file that was read is gone; what was written to it since is lost";
                looked.gap = Some((mark.seen(), why));
            }
        }
    }

    fn see_old(&mut self, looked: &mut Looked) {
        let now = Instant::now();
        for (reader, until) in &mut self.old {
            // What cannot be read any more has nothing more to tell.
            let is_broken = drain(reader, looked).is_err();
            if is_broken || (now >= *until && !looked.more) {
                *until = now;
                looked.lines.extend(reader.rest());
            }
        }
        self.old.retain(|(_, until)| now < *until);
    }
}

/// The copy that was made before the file was emptied, if it is beside it.
fn copy(reader: &Reader, looked: &Looked) -> Option<File> {
    let here = reader.here();
    unpacked_parts(&looked.path).into_iter().rev().find_map(|part| {
        let file = open(&part).ok()?;
        here.is_in(&file).then_some(file)
    })
}

/// Whether a file had the name since `seen`, after the one that is read, and is packed already.
fn is_packed_unread(path: &Path, seen: SystemTime, reader: &Reader) -> bool {
    let is_near = |one: SystemTime, other: SystemTime| {
        one.duration_since(other).or_else(|_| other.duration_since(one)).is_ok_and(|apart| apart < AGREED)
    };
    older_parts(path).into_iter().filter(|part| is_packed(part)).any(|part| {
        let Some(at) = written(&part) else { return false };
        // Packing keeps the time; while it goes on, both are there.
        let is_read = reader.modified().is_some_and(|modified| is_near(at, modified));
        at >= seen && !is_read && !part.with_extension("").exists()
    })
}

fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// Reads what there is, up to a bound.
fn drain(reader: &mut Reader, looked: &mut Looked) -> io::Result<()> {
    for _ in 0..CHUNKS {
        let chunk = reader.read()?;
        if chunk.is_empty() {
            return Ok(());
        }
        reader.cut(&chunk, &mut looked.lines);
    }
    looked.more = true;
    Ok(())
}

fn unpacked_parts(path: &Path) -> Vec<PathBuf> {
    let mut parts = older_parts(path);
    parts.retain(|part| !is_packed(part));
    parts
}

/// The ends of older parts, by which they are known again under other names.
fn ends(path: &Path) -> Vec<Mark> {
    let end = |part: PathBuf| {
        let file = open(&part).ok()?;
        let size = file.metadata().ok()?.len();
        Some(Reader::new(file, size).ok()?.mark())
    };
    unpacked_parts(path).into_iter().filter_map(end).collect()
}

/// Why a file cannot be followed.
pub fn trouble(path: &Path, error: &io::Error) -> Trouble {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::new(
            TroubleKind::Absent,
            &format!("{path} is not there; it is followed as soon as it is"),
        ),
        io::ErrorKind::PermissionDenied => {
            Trouble::new(TroubleKind::Denied, &format!("{path} may not be read by this user: {error}"))
        }
        io::ErrorKind::Unsupported => Trouble::new(TroubleKind::Misconfigured, &format!("{path}: {error}")),
        _ => Trouble::new(TroubleKind::Broken, &format!("{path} cannot be read: {error}")),
    }
}
