//! Looks for links of layers that were written lately, in the bucket of a registry that should write none.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::facts::Trouble;
use crate::registry::layout::{Key, Place};
use crate::registry::reference::Repository;
use crate::storage::{Delimiter, ObjectStore, StoreError};

/// Links that were written before are of the time before the database, or were carried over into it.
pub const NEW: SignedDuration = SignedDuration::from_mins(10);
/// Repositories whose last look is kept.
const KEPT: usize = 64;

/// The links of layers of one repository, as far as one page of a listing goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    pub number: usize,
    /// How many of them were written within [`NEW`] before the look.
    pub lately: usize,
    /// The oldest and the newest of those, by the store's clock.
    pub span: Option<(Timestamp, Timestamp)>,
    /// What the store's clock said at the look.
    pub clock: Timestamp,
    /// There are more, which are later by name; whether they are newer nobody knows.
    pub is_cut: bool,
    /// Links of which the store does not tell when they were written.
    pub undated: usize,
}

/// Lists one page of a repository's links, and asks the store for the time.
///
/// # Errors
/// The store did not answer, or could not list all of the page; then nothing is claimed.
pub async fn look(store: &dyn ObjectStore, repository: &str) -> Result<Links, Trouble> {
    let failed = |error: StoreError| Trouble::of(&error);
    let algorithm = "sha256".to_owned();
    let place = Place::LayerAlgorithm { repository: Repository::found(repository), algorithm };
    let clock = store.now().await.map_err(failed)?;
    let page = match store.list(&place.prefix(), Delimiter::None, None).await {
        Err(error) if error.is_gone() => Default::default(),
        answer => answer.map_err(failed)?,
    };
    let is_link = |key: &str| matches!(Key::parse(key), Key::LayerLink { .. });
    let links = page.entries.iter().filter(|entry| is_link(&entry.key));
    let links = Links::of(links.map(|entry| entry.modified), clock, page.next.is_some());
    match page.unread.first() {
        Some(error) if links.lately == 0 => Err(Trouble::of(error)),
        _ => Ok(links),
    }
}

impl Links {
    /// Links that were written at these times.
    pub fn of(written: impl Iterator<Item = Option<Timestamp>>, clock: Timestamp, is_cut: bool) -> Self {
        let mut links = Self { number: 0, lately: 0, span: None, clock, is_cut, undated: 0 };
        for at in written {
            links.number += 1;
            match at {
                Some(at) if clock.duration_since(at) <= NEW => {
                    links.lately += 1;
                    let (oldest, newest) = links.span.unwrap_or((at, at));
                    links.span = Some((oldest.min(at), newest.max(at)));
                }
                Some(_) => {}
                None => links.undated += 1,
            }
        }
        links
    }
}

/// What came of the last look at one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub at: Timestamp,
    pub found: Result<Links, Trouble>,
}

impl Looked {
    /// The links, if some of them are still new now.
    pub fn new_links(&self, now: Timestamp) -> Option<&Links> {
        let links = self.found.as_ref().ok()?;
        let (_, newest) = links.span?;
        let age = links.clock.duration_since(newest) + now.duration_since(self.at);
        (age <= NEW).then_some(links)
    }
}

/// The last look at each of the repositories that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    all: BTreeMap<String, Looked>,
}

impl Looks {
    /// Notes what came of a look.
    pub fn take(&mut self, repository: &str, found: Result<Links, Trouble>, at: Timestamp) {
        self.all.insert(repository.to_owned(), Looked { at, found });
        if self.all.len() > KEPT {
            let oldest = self.all.iter().min_by_key(|(_, looked)| looked.at).map(|(name, _)| name.clone());
            oldest.map(|name| self.all.remove(&name));
        }
    }

    /// What came of the last look at a repository.
    pub fn of(&self, repository: &str) -> Option<&Looked> {
        self.all.get(repository)
    }

    /// All of them, by the repository's name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Looked)> {
        self.all.iter().map(|(name, looked)| (name.as_str(), looked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::filesystem::Filesystem;

    const NOW: i64 = 1_700_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn new_is_what_was_written_within_ten_minutes_of_the_stores_own_clock() {
        let written = [Some(at(NOW - 601)), Some(at(NOW - 600)), Some(at(NOW + 5)), None];
        let links = Links::of(written.into_iter(), at(NOW), true);
        assert_eq!((links.number, links.lately, links.undated, links.is_cut), (4, 2, 1, true));
        assert_eq!(links.span, Some((at(NOW - 600), at(NOW + 5))));
    }

    #[test]
    fn links_grow_old_after_the_look_whatever_the_stores_clock_says() {
        let hours_ahead = at(NOW + 7_200);
        let links = Links::of([Some(at(NOW + 7_200 - 60))].into_iter(), hours_ahead, false);
        let looked = Looked { at: at(NOW), found: Ok(links) };
        assert!(looked.new_links(at(NOW + 540)).is_some());
        assert!(looked.new_links(at(NOW + 541)).is_none());
    }

    #[test]
    fn the_longest_ago_is_forgotten_first() {
        let mut looks = Looks::default();
        for number in 0..100 {
            let links = Links::of(std::iter::empty(), at(NOW), false);
            looks.take(&format!("r{}", 99 - number), Ok(links), at(NOW + number));
        }
        assert_eq!(looks.iter().count(), KEPT);
        assert!(looks.of("r0").is_some() && looks.of("r99").is_none());
    }

    #[tokio::test]
    async fn only_the_links_of_the_repository_itself_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Filesystem::open(folder.path()).unwrap();
        let none = look(&store, "group/image").await.unwrap();
        assert_eq!((none.number, none.lately), (0, 0));
        let root = folder.path().join("docker/registry/v2/repositories/group/image");
        let hex = |digit: &str| digit.repeat(64);
        for file in [
            format!("_layers/sha256/{}/link", hex("a")),
            format!("_layers/sha256/{}/link", hex("b")),
            format!("_layers/sha256/{}/stray", hex("c")),
            format!("_manifests/revisions/sha256/{}/link", hex("a")),
            format!("below/_layers/sha256/{}/link", hex("a")),
        ] {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "sha256:").unwrap();
        }
        let old = std::time::SystemTime::now() - std::time::Duration::from_mins(30);
        let link =
            std::fs::File::options().write(true).open(root.join(format!("_layers/sha256/{}/link", hex("a"))));
        link.unwrap().set_modified(old).unwrap();
        let links = look(&store, "group/image").await.unwrap();
        assert_eq!((links.number, links.lately, links.undated, links.is_cut), (2, 1, 0, false));
    }
}
