//! All tags of a repository and what they point at, with as few reads as their listing allows.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;

use super::NoProposal;
use super::look::{SIDE_BY_SIDE, unread};
use crate::registry::checks::{StoreKind, link, tag_folder};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, tags_prefix};
use crate::registry::reference::{Repository, Tag};
use crate::sources::bucket::audit::is_proven;
use crate::storage::{Delimiter, Entry, ObjectStore, PageToken};

/// Pages of the listing that are read.
const PAGES: usize = 50;
/// Links that are read because their listing proves nothing.
const READS: usize = 5_000;

/// What a tag's link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadsTo {
    Digest(Digest),
    /// Its link is no digest, or a folder.
    Nowhere,
    /// It has no link.
    Missing,
    /// It could not be read, or there were too many; why.
    Unread(String),
}

/// The tags of a repository.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    pub all: BTreeMap<Tag, LeadsTo>,
    /// Keys of files directly under `tags/`.
    pub strays: Vec<String>,
    /// Why there may be more, if the listing was not read to its end.
    pub more: Option<String>,
}

impl Tags {
    /// The tags that point at a digest.
    pub fn on<'a>(&'a self, digest: &'a Digest) -> impl Iterator<Item = &'a Tag> {
        self.all.iter().filter(move |(_, to)| **to == LeadsTo::Digest(digest.clone())).map(|(tag, _)| tag)
    }

    /// What was not seen, in words; nothing if all was.
    pub fn unseen(&self) -> Vec<String> {
        let unread = self.all.iter().filter_map(|(tag, to)| match to {
            LeadsTo::Unread(why) => Some(format!("{tag} ({why})")),
            LeadsTo::Digest(_) | LeadsTo::Nowhere | LeadsTo::Missing => None,
        });
        let unread: Vec<String> = unread.collect();
        let mut unseen = Vec::new();
        if !unread.is_empty() {
            unseen.push(format!("what these tags point at was not read: {}", super::words::names(&unread)));
        }
        unseen.extend(self.more.clone());
        unseen
    }

    /// What makes DELETE by digest destroy tags of this repository, besides the tags left out.
    pub fn poison<'a>(&'a self, kind: StoreKind, left_out: impl Fn(&Tag) -> bool + 'a) -> Vec<String> {
        let refused = |tag: &Tag| tag_folder::name(tag.as_str()).is_some_and(|check| check.poisons(kind));
        let tags = self.all.iter().filter(|(tag, to)| **to == LeadsTo::Nowhere || refused(tag));
        let mut poison: Vec<String> =
            tags.filter(|(tag, _)| !left_out(tag)).map(|(tag, _)| format!("tag {tag}")).collect();
        if kind == StoreKind::FileSystem {
            poison.extend(self.strays.iter().map(|key| format!("file {key}")));
        }
        poison
    }
}

/// What a listing showed of one tag.
#[derive(Default)]
struct Folder {
    link: Option<Entry>,
    /// Something lies where its link should be.
    blocked: bool,
    index: BTreeSet<Digest>,
}

/// The tags of a repository and what they point at.
///
/// # Errors
///
/// Their folder could not be listed.
pub async fn of(store: &dyn ObjectStore, repository: &Repository) -> Result<Tags, NoProposal> {
    let prefix = tags_prefix(repository);
    let (mut tags, mut folders) = (Tags::default(), BTreeMap::<Tag, Folder>::new());
    let mut next: Option<PageToken> = None;
    for number in 0.. {
        let page = match store.list(&prefix, Delimiter::None, next.as_ref()).await {
            Ok(page) => page,
            Err(error) if error.is_gone() && number == 0 => break,
            Err(error) => return Err(unread(&error)),
        };
        tags.more =
            page.unread.first().map(|error| format!("not all tags were listed: {error}")).or(tags.more);
        page.prefixes.iter().for_each(|folder| see(&mut tags, &mut folders, &prefix, folder, None));
        for entry in page.entries {
            let key = entry.key.clone();
            see(&mut tags, &mut folders, &prefix, &key, Some(entry));
        }
        next = page.next;
        match next {
            None => break,
            Some(_) if number + 1 == PAGES => {
                tags.more = Some(format!("only the first {PAGES} pages of the tags' listing were read"));
                break;
            }
            Some(_) => {}
        }
    }
    tags.all = follow(store, folders).await;
    Ok(tags)
}

fn see(tags: &mut Tags, folders: &mut BTreeMap<Tag, Folder>, prefix: &str, key: &str, entry: Option<Entry>) {
    let Some((name, rest)) = key.strip_prefix(prefix).and_then(|rest| rest.split_once('/')) else {
        if key != prefix {
            tags.strays.push(key.to_owned());
        }
        return;
    };
    if rest.is_empty() && entry.is_some() {
        // A marker: what lies below it makes it a tag, if anything does.
        return;
    }
    let folder = folders.entry(Tag::found(name)).or_default();
    match Key::parse(key) {
        Key::CurrentLink { .. } => folder.link = entry,
        Key::IndexLink { digest, .. } => {
            folder.index.insert(digest);
        }
        _ => folder.blocked |= rest.starts_with("current/link/"),
    }
}

async fn follow(store: &dyn ObjectStore, folders: BTreeMap<Tag, Folder>) -> BTreeMap<Tag, LeadsTo> {
    let mut reads = 0;
    let mut known = BTreeMap::new();
    let mut asked = Vec::new();
    for (tag, folder) in folders {
        match (by_listing(&folder), folder.link) {
            (Some(to), _) => {
                known.insert(tag, to);
            }
            (None, Some(entry)) if reads < READS => {
                reads += 1;
                asked.push((tag, entry.key));
            }
            (None, _) => {
                known.insert(tag, LeadsTo::Unread(format!("more than {READS} links would have to be read")));
            }
        }
    }
    let answers = asked.into_iter().map(|(tag, key)| async move { (tag, read(store, &key).await) });
    let read: Vec<_> = futures::stream::iter(answers).buffered(SIDE_BY_SIDE).collect().await;
    known.extend(read);
    known
}

/// What a tag points at, if its listing tells.
fn by_listing(folder: &Folder) -> Option<LeadsTo> {
    let Some(entry) = &folder.link else {
        return Some(if folder.blocked { LeadsTo::Nowhere } else { LeadsTo::Missing });
    };
    if entry.size.is_some_and(|size| !link::plausible_size(size)) {
        return Some(LeadsTo::Nowhere);
    }
    let proven = folder.index.iter().find(|digest| is_proven(entry, digest.to_string().as_bytes()));
    proven.map(|digest| LeadsTo::Digest(digest.clone()))
}

async fn read(store: &dyn ObjectStore, key: &str) -> LeadsTo {
    match store.read(key, Some(0..link::READ_AT_MOST)).await {
        Ok(object) => {
            let size = object.entry.size.unwrap_or(object.bytes.len() as u64);
            link::read(&object.bytes, size).map_or(LeadsTo::Nowhere, LeadsTo::Digest)
        }
        Err(error) if error.is_gone() => LeadsTo::Missing,
        Err(error) => LeadsTo::Unread(error.to_string()),
    }
}
