//! Files on this host: what was written lately first, then what is written, however they are rotated.

mod follow;
mod history;
mod paths;
mod reader;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use follow::once;
pub use follow::{Follow, Place};
use paths::Pattern;
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
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.now.values().chain(&marks.before).any(|mark| mark.was_at(path))
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
    let mut was_empty = false;
    loop {
        let (looking, dir) = (pattern.clone(), options.path.clone());
        let found = tokio::task::spawn_blocking(move || looking.find(&dir)).await.unwrap_or_default();
        for path in found {
            let is_new = !followed.contains(&path) && !options.marks.know(&path);
            if is_new || (first.is_some() && !followed.contains(&path)) {
                let name = pattern.name(&options.name, &path);
                let token = first.clone().unwrap_or_else(First::none);
                let feed = Feed::new(&name, Origin::File, desk, token);
                followed.insert(path.clone());
                tasks.spawn(one(path, options.marks.clone(), feed));
            }
        }
        if followed.is_empty() && !was_empty {
            was_empty = true;
            let why = format!("there is no file {} yet; it is looked for", options.path.display());
            none.down(Trouble::new(TroubleKind::Absent, &why)).await;
        } else if was_empty && !followed.is_empty() {
            was_empty = false;
            none.over().await;
        }
        first = None;
        desk.teller.pause(desk.pace.look).await;
        while let Some(ended) = tasks.try_join_next() {
            if let Some(panic) = ended.err().and_then(|error| error.try_into_panic().ok()) {
                std::panic::resume_unwind(panic);
            }
        }
    }
}
