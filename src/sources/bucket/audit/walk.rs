//! Walks the store's listing once: blobs into their index, then repository by repository.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::blobs::Blobs;
use super::listing::{self, Listing};
use crate::model::{Finding, Subject, Unread};
use crate::registry::checks::blob_store;
use crate::registry::digest::Digest;
use crate::registry::layout::{BLOBS, Key, Place};
use crate::registry::reference::Repository;
use crate::storage::{Delimiter, Entry, ObjectStore, Page, PageToken, StoreError};

/// What a walk comes upon, in the listing's order.
#[derive(Debug)]
pub enum Step {
    /// A repository, whole.
    Repository(Box<Listing>),
    /// A fault of the blob store, or of what lies in a folder of repositories (then with that folder's name).
    Fault {
        repository: Option<String>,
        finding: Finding,
    },
    Unread(Unread),
    /// So many more objects were listed.
    Listed(u64),
}

/// Why a walk ended before its end.
#[derive(Debug)]
pub enum Stop {
    /// Somebody asked for it, or nobody listens any more.
    Asked,
    /// A page could not be read, so what comes after it is unknown.
    Unread(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Unread(error)
    }
}

/// A listing, page by page, until its end or until somebody says stop.
struct Pages<'a> {
    store: &'a dyn ObjectStore,
    prefix: &'a str,
    stop: &'a watch::Receiver<bool>,
    next: Option<Option<PageToken>>,
}

impl<'a> Pages<'a> {
    fn new(store: &'a dyn ObjectStore, prefix: &'a str, stop: &'a watch::Receiver<bool>) -> Self {
        Self { store, prefix, stop, next: Some(None) }
    }

    async fn next(&mut self) -> Result<Option<Page>, Stop> {
        let Some(token) = self.next.take() else { return Ok(None) };
        if *self.stop.borrow() {
            return Err(Stop::Asked);
        }
        let first = token.is_none();
        match self.store.list(self.prefix, Delimiter::None, token.as_ref()).await {
            Ok(page) => {
                self.next = page.next.clone().map(Some);
                Ok(Some(page))
            }
            Err(error) if error.is_gone() && first => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

async fn send(steps: &mpsc::Sender<Step>, step: Step) -> Result<(), Stop> {
    steps.send(step).await.map_err(|_| Stop::Asked)
}

async fn send_page_facts(steps: &mpsc::Sender<Step>, page: &mut Page) -> Result<(), Stop> {
    send(steps, Step::Listed(page.entries.len() as u64)).await?;
    for error in page.unread.drain(..) {
        send(steps, Step::Unread(Unread { object: error.key.clone(), why: error.to_string() })).await?;
    }
    Ok(())
}

/// Lists the whole blob store into an index; what does not belong there goes out as faults.
pub async fn blobs(
    store: &dyn ObjectStore,
    stop: &watch::Receiver<bool>,
    steps: &mpsc::Sender<Step>,
) -> Result<Blobs, Stop> {
    let mut blobs = Blobs::default();
    let mut pages = Pages::new(store, BLOBS, stop);
    while let Some(mut page) = pages.next().await? {
        send_page_facts(steps, &mut page).await?;
        for entry in page.entries {
            if let Some(finding) = place_blob(&mut blobs, entry) {
                send(steps, Step::Fault { repository: None, finding }).await?;
            }
        }
    }
    Ok(blobs)
}

fn place_blob(blobs: &mut Blobs, entry: Entry) -> Option<Finding> {
    match Key::parse(&entry.key) {
        Key::BlobData { digest } => {
            blobs.add(&digest, &entry);
            None
        }
        Key::Marker(_) => Some(listing::marker(&entry.key)),
        Key::Stray { inside: Place::Blob { digest }, .. } => {
            blobs.add_neighbour(&digest, entry);
            None
        }
        _ => misplaced(&entry),
    }
}

fn misplaced(entry: &Entry) -> Option<Finding> {
    let path = entry.key.strip_prefix(BLOBS)?;
    let blob_store::Place::Fault(check) = blob_store::place(path) else { return None };
    let subject = digest_named(path).map_or_else(|| Subject::Object(entry.key.clone()), Subject::Blob);
    Some(check.finding(subject, &entry.key, format!("{path:?} is no place for a blob")))
}

/// The digest that a path below `blobs/` would have if its folders were right.
fn digest_named(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let (algorithm, hash) = (parts.next()?, parts.nth(1)?);
    Digest::from_parts(algorithm, &hash.to_lowercase()).ok().map(|digest| digest.to_string())
}

/// Lists the repositories below `prefix` and hands each on when its last object was seen.
///
/// A repository's own objects stand together in a listing, for its folders start with `_` and no part of a name
/// does; the repositories below it come before or after them.
pub async fn repositories(
    store: &dyn ObjectStore,
    prefix: &str,
    blobs: Option<&Arc<Blobs>>,
    stop: &watch::Receiver<bool>,
    steps: &mpsc::Sender<Step>,
) -> Result<(), Stop> {
    let mut pages = Pages::new(store, prefix, stop);
    let mut current: Option<Box<Listing>> = None;
    while let Some(mut page) = pages.next().await? {
        send_page_facts(steps, &mut page).await?;
        for item in in_order(page) {
            let Some(repository) = item.repository() else {
                if let Some(finding) = item.fault() {
                    let folder = item.place().repository().map(ToString::to_string);
                    send(steps, Step::Fault { repository: folder, finding }).await?;
                }
                continue;
            };
            let same = current.as_ref().is_some_and(|listing| listing.repository == repository);
            if !same && let Some(done) = current.replace(Box::new(Listing::new(repository))) {
                send(steps, Step::Repository(done)).await?;
            }
            match (item, &mut current) {
                (Item::Object(entry), Some(listing)) => listing.see(entry, blobs.map(Arc::as_ref)),
                (Item::Folder(prefix), Some(listing)) => listing.see_folder(&prefix),
                (_, None) => {}
            }
        }
    }
    match current {
        Some(done) => send(steps, Step::Repository(done)).await,
        None => Ok(()),
    }
}

/// One line of a listing.
enum Item {
    Object(Entry),
    /// An empty folder of a file system.
    Folder(String),
}

impl Item {
    fn key(&self) -> &str {
        match self {
            Self::Object(entry) => &entry.key,
            Self::Folder(prefix) => prefix,
        }
    }

    /// The deepest folder of the layout that this lies in.
    fn place(&self) -> Place {
        let folder = &self.key()[..self.key().rfind('/').map_or(0, |at| at + 1)];
        let mut place = Place::of(folder);
        while let Place::Stray { inside, .. } = place {
            place = *inside;
        }
        place
    }

    /// The repository that this is part of; none for what lies between repositories.
    fn repository(&self) -> Option<Repository> {
        match self.place() {
            Place::Repository { .. } | Place::Repositories => None,
            place => place.repository().cloned(),
        }
    }

    /// What is wrong with something that lies between repositories.
    fn fault(&self) -> Option<Finding> {
        match self {
            Self::Object(entry) if entry.key.ends_with('/') => Some(listing::marker(&entry.key)),
            Self::Object(entry) => Some(listing::stray(entry)),
            Self::Folder(_) => None,
        }
    }
}

fn in_order(page: Page) -> Vec<Item> {
    let mut items: Vec<Item> = page.entries.into_iter().map(Item::Object).collect();
    if !page.prefixes.is_empty() {
        items.extend(page.prefixes.into_iter().map(Item::Folder));
        items.sort_by(|a, b| a.key().cmp(b.key()));
    }
    items
}
