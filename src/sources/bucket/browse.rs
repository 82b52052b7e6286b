//! Lists the tree level by level and page by page, for somebody to look at.

use jiff::Timestamp;

use super::facts::{Listed, Survey, Trouble};
use crate::model::text::clean;
use crate::registry::layout::{REPOSITORIES, ROOT, repository_prefix, tags_prefix};
use crate::registry::mode::Mode;
use crate::registry::reference::Repository;
use crate::sources::look::Looking;
use crate::storage::{Delimiter, Entry, ErrorKind, ObjectStore, Page, PageToken, StoreError};

/// A level of the tree that can be listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// All repositories and groups at the top.
    Root,
    /// What is below a group or a repository, by its name.
    Folder(String),
    /// The tags of a repository.
    Tags(String),
    /// Any other prefix, by its key.
    Prefix(String),
}

impl Place {
    /// The prefix to list.
    pub fn prefix(&self) -> String {
        match self {
            Self::Root => REPOSITORIES.to_owned(),
            Self::Folder(name) => repository_prefix(&Repository::found(name)),
            Self::Tags(name) => tags_prefix(&Repository::found(name)),
            Self::Prefix(prefix) => prefix.clone(),
        }
    }
}

/// One name in a level of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The last part of the key as the store wrote it; a folder's ends in `/`.
    pub name: String,
    /// The name made safe to show, where that differs.
    shown: Option<Box<str>>,
    /// What the listing says of an object; `None` for a folder.
    pub object: Option<Object>,
    /// Where the name is known from.
    pub origin: Origin,
}

/// Where a name is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A listing had it.
    Listed,
    /// Somebody asked for it by name; it may not be there.
    Named,
}

/// What a listing says of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// Bytes, if the store says.
    pub size: Option<u64>,
    /// Last change by the store's clock, if it says.
    pub modified: Option<Timestamp>,
}

impl Child {
    /// A folder, by its name with the final `/`.
    pub fn folder(name: impl Into<String>) -> Self {
        Self::new(name.into(), None)
    }

    /// A folder that somebody asked for and no listing has shown, by its name with the final `/`.
    pub fn named(name: impl Into<String>) -> Self {
        Self { origin: Origin::Named, ..Self::folder(name) }
    }

    /// An object, by its name.
    pub fn stored(name: impl Into<String>, object: Object) -> Self {
        Self::new(name.into(), Some(object))
    }

    fn new(name: String, object: Option<Object>) -> Self {
        let safe = clean(&name);
        let shown = (safe != name).then(|| safe.trim_end_matches('/').into());
        Self { name, shown, object, origin: Origin::Listed }
    }

    /// The name to show: safe, and without the final `/`.
    pub fn shown(&self) -> &str {
        if self.name.is_empty() {
            return "(folder marker)";
        }
        self.shown.as_deref().unwrap_or_else(|| self.stem())
    }

    /// The name as the store wrote it, without the final `/`.
    pub fn stem(&self) -> &str {
        self.name.strip_suffix('/').unwrap_or(&self.name)
    }

    fn of_entry(prefix: &str, entry: Entry) -> Option<Self> {
        let name = entry.key.strip_prefix(prefix)?;
        let object = Object { size: entry.size, modified: entry.modified };
        Some(Self::new(name.to_owned(), Some(object)))
    }
}

/// Lists one page of a level.
pub async fn list(
    store: &dyn ObjectStore,
    place: &Place,
    page: Option<&PageToken>,
) -> Result<Listed, Trouble> {
    let prefix = place.prefix();
    match store.list(&prefix, Delimiter::Slash, page).await {
        Ok(listed) => Ok(to_fact(place, &prefix, listed, page)),
        Err(error) => Err(Trouble::of(&error)),
    }
}

fn to_fact(place: &Place, prefix: &str, listed: Page, page: Option<&PageToken>) -> Listed {
    let folders = listed.prefixes.iter().filter_map(|key| key.strip_prefix(prefix)).map(Child::folder);
    let objects = listed.entries.into_iter().filter_map(|entry| Child::of_entry(prefix, entry));
    let mut children: Vec<_> = folders.chain(objects).collect();
    children.sort_by(|one, other| one.name.cmp(&other.name));
    Listed {
        place: place.clone(),
        asked: page.cloned(),
        children,
        next: listed.next,
        unread: listed.unread.iter().map(Trouble::of).collect(),
    }
}

/// Finds out, in at most seven requests, what kind of store this is: where the registry's tree begins, and whether
/// the tags live here at all. The registry itself is asked only where it matters most: before missing repositories
/// are taken for a loss.
pub async fn survey(store: &dyn ObjectStore, looking: &Looking) -> Result<(Survey, u32), Trouble> {
    let mut requests = 2;
    let mut mode = looking.mode_by_store(store).await;
    for level in [REPOSITORIES, ROOT, ""] {
        let names = names_at(store, level).await?;
        if level == ROOT && !names.is_empty() && mode == Mode::FileMetadata {
            mode = looking.mode(store).await;
            requests += 1;
        }
        if !names.is_empty() {
            return Ok((judge(level, names, mode), requests));
        }
        requests += 1;
    }
    Ok((Survey::Empty, requests - 1))
}

fn judge(level: &str, names: Vec<String>, mode: Mode) -> Survey {
    match (level, mode) {
        (REPOSITORIES, Mode::MetadataDatabase) => Survey::Database,
        (REPOSITORIES, Mode::FileMetadata) => Survey::Registry,
        (REPOSITORIES | ROOT, Mode::Unknown { why }) => Survey::Undecided { why: clean(&why).into_owned() },
        // A registry that began with a database has no folder of repositories while nothing is pushed.
        (ROOT, Mode::MetadataDatabase) => Survey::Database,
        (ROOT, Mode::FileMetadata) => Survey::NoRepositories { names },
        (_, _) => Survey::Elsewhere { names },
    }
}

fn means_absent(error: &StoreError) -> bool {
    matches!(error.kind, ErrorKind::Gone | ErrorKind::Folder)
}

async fn names_at(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<String>, Trouble> {
    const ENOUGH: usize = 8;
    match store.list(prefix, Delimiter::Slash, None).await {
        Ok(page) => {
            let keys = page.prefixes.iter().chain(page.entries.iter().map(|entry| &entry.key));
            let names = keys.filter_map(|key| key.strip_prefix(prefix)).filter(|name| !name.is_empty());
            Ok(names.take(ENOUGH).map(|name| clean(name).into_owned()).collect())
        }
        Err(error) if means_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(Trouble::of(&error)),
    }
}
