//! Files on this host: what was written lately first, then what is written, however they are rotated.

mod follow;
mod history;
mod once;
mod paths;
mod reader;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

pub use follow::{Follow, Place};
use once::once;
use paths::{Found, Pattern};
use reader::Mark;

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::Feed;
use crate::sources::{Trouble, TroubleKind};

/// Files that were followed under a name that another has now, and are known again.
const REMEMBERED: usize = 64;

/// Which files.
#[derive(Clone, Debug)]
pub struct Options {
    pub name: String,
    /// A file, a folder, or a pattern with `*`, `?` and `[…]` in it.
    pub path: PathBuf,
    /// How far each was read, for whoever runs this again.
    marks: Marks,
}

/// How far files were read, by path.
#[derive(Clone, Debug, Default)]
pub struct Marks(Arc<Mutex<Marked>>);

#[derive(Debug, Default)]
struct Marked {
    now: BTreeMap<String, Mark>,
    /// Those that were followed before under a name that another file has now.
    before: VecDeque<Mark>,
}

impl Marks {
    fn of(&self, place: &str) -> Option<Mark> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now.get(place).cloned()
    }

    fn set(&self, place: &str, mark: Mark) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = marks.now.insert(place.to_owned(), mark.clone());
        marks.before.extend(before.filter(|before| !before.is_same(&mark)));
        if marks.before.len() > REMEMBERED {
            marks.before.pop_front();
        }
    }

    /// Whether the file at `path` was read under another name before it was renamed.
    fn know(&self, path: &Path) -> bool {
        let Ok(found) = std::fs::metadata(path) else { return false };
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alike: Vec<_> =
            marks.now.values().chain(&marks.before).filter(|mark| mark.is_at(&found)).cloned().collect();
        drop(marks);
        alike.iter().any(|mark| mark.was_at(path))
    }
}

impl Options {
    /// A file, a folder or a pattern, under a name of one's choice.
    pub fn new(name: &str, path: &Path) -> Self {
        Self { name: name.to_owned(), path: path.to_owned(), marks: Marks::default() }
    }
}

/// Follows them for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let pattern = match Pattern::new(&options.path) {
        Ok(pattern) => pattern,
        Err(why) => {
            let mut feed = Feed::new(&options.name, Origin::File, &desk, first);
            return feed.down(Trouble::new(TroubleKind::Misconfigured, &why)).await;
        }
    };
    if !pattern.is_many() && !options.path.is_dir() {
        let feed = Feed::new(&options.name, Origin::File, &desk, first);
        return one(options.path, options.marks, feed).await;
    }
    many(&options, &pattern, &desk, first).await;
}

async fn one(path: PathBuf, marks: Marks, mut feed: Feed) {
    if paths::is_packed(&path) {
        return once(&path, &mut feed).await;
    }
    Follow::new(Place::Path(path), marks).run(&mut feed).await;
}

/// Looks for new files every so often, and follows each in a task of its own.
async fn many(options: &Options, pattern: &Pattern, desk: &Desk, first: First) {
    let mut first = Some(first);
    let mut followed = BTreeSet::new();
    let mut tasks = JoinSet::new();
    let mut none = Feed::new(&options.name, Origin::File, desk, First::none());
    let mut told = None;
    loop {
        let (found, of) = new(options, pattern, &followed, first.is_some()).await;
        let missing = missing(&options.path, &found, of, followed.is_empty());
        for path in found.files {
            let name = pattern.name(&options.name, &path);
            let token = first.clone().unwrap_or_else(First::none);
            let feed = Feed::new(&name, Origin::File, desk, token);
            followed.insert(path.clone());
            tasks.spawn(one(path, options.marks.clone(), feed));
        }
        match &missing {
            Some(trouble) if told != missing => none.down(trouble.clone()).await,
            None if told.is_some() => none.over().await,
            Some(_) | None => {}
        }
        told = missing;
        first = None;
        desk.teller.pause(desk.pace.look).await;
        while let Some(ended) = tasks.try_join_next() {
            if let Some(panic) = ended.err().and_then(|error| error.try_into_panic().ok()) {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// What is there now, its files without those that are followed, and how many they were with them. The first time no
/// file is one that was renamed.
async fn new(
    options: &Options,
    pattern: &Pattern,
    followed: &BTreeSet<PathBuf>,
    is_first: bool,
) -> (Found, usize) {
    let (options, pattern, followed) = (options.clone(), pattern.clone(), followed.clone());
    let looking = tokio::task::spawn_blocking(move || {
        let mut found = pattern.find(&options.path);
        let of = found.files.len();
        found.files.retain(|path| !followed.contains(path) && (is_first || !options.marks.know(path)));
        (found, of)
    });
    looking.await.unwrap_or_default()
}

/// What is not followed, out of so many files that were found, where none were followed before or some were.
fn missing(path: &Path, found: &Found, of: usize, was_none: bool) -> Option<Trouble> {
    if let Some((folder, error)) = &found.unread {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied => TroubleKind::Denied,
            _ => TroubleKind::Broken,
        };
        let why = format!("the folder {} cannot be read: {error}", folder.display());
        return Some(Trouble::new(kind, &why));
    }
    let path = path.display();
    if found.left_out > 0 {
        let all = of + found.left_out;
        let why = format!("{of} of {all} files of {path} are followed, the rest is not; name fewer");
        return Some(Trouble::new(TroubleKind::Misconfigured, &why));
    }
    let why = || format!("there is no file {path} yet; it is looked for");
    (was_none && found.files.is_empty()).then(|| Trouble::new(TroubleKind::Absent, &why()))
}
