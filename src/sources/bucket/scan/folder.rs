//! Lists a tag's folder.

use super::look::{Eye, facts, look};
use crate::registry::chain::{Age, Listing, Look, TagFolder};
use crate::registry::checks::StoreKind;
use crate::registry::layout::Key;
use crate::storage::{Delimiter, Page};

/// Pages of a tag's folder that are read when the tag has no link.
const FOLDER_PAGES: u32 = 20;

impl Eye<'_> {
    /// What lies in a tag's folder, and where its listing goes on.
    pub async fn tag_folder(&self, prefix: &str) -> (Look<TagFolder>, Option<Page>) {
        let page = match self.page(prefix, Delimiter::None, None).await {
            Ok(page) => page,
            Err(error) => return (look(Err(error)), None),
        };
        let bare = page.entries.is_empty() && page.prefixes.is_empty() && page.unread.is_empty();
        if bare && self.kind() == StoreKind::Bucket {
            return (Look::Missing, None);
        }
        let mut folder = TagFolder {
            index: Default::default(),
            markers: Vec::new(),
            objects: 0,
            listing: Listing::Complete,
            newest: None,
            age: Age::NotAsked,
        };
        take_page(&mut folder, &page);
        (Look::There(folder), Some(page))
    }

    /// The rest of a tag's folder, up to a bound. Yields how many pages were read.
    pub async fn rest_of_folder(&self, prefix: &str, folder: &mut TagFolder, first: Page) -> u32 {
        let mut last = first;
        for pages in 0..FOLDER_PAGES {
            if last.next.is_none() {
                return pages;
            }
            match self.page(prefix, Delimiter::None, Some(&last)).await {
                Ok(page) => last = page,
                Err(_) => return pages + 1,
            }
            take_page(folder, &last);
        }
        FOLDER_PAGES
    }
}

/// Adds one page of a tag's folder.
fn take_page(folder: &mut TagFolder, page: &Page) {
    for entry in &page.entries {
        match Key::parse(&entry.key) {
            Key::Marker(_) => {
                folder.markers.push(entry.key.clone());
                continue;
            }
            Key::IndexLink { digest, .. } => {
                folder.index.insert(digest, facts(entry));
            }
            Key::BlobData { .. }
            | Key::LayerLink { .. }
            | Key::RevisionLink { .. }
            | Key::CurrentLink { .. }
            | Key::Upload { .. }
            | Key::TarsumLink { .. }
            | Key::SignatureLink { .. }
            | Key::Lockfile(_)
            | Key::Temporary { .. }
            | Key::Stray { .. } => {}
        }
        folder.objects += 1;
        folder.newest = folder.newest.max(entry.modified);
    }
    let complete = page.next.is_none() && page.unread.is_empty();
    folder.listing = if complete { Listing::Complete } else { Listing::Partial };
}
