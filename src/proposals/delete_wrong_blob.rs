//! Deletes a blob whose bytes are not the ones that its digest names, so that a push can bring the right ones.

use std::collections::VecDeque;

use futures::StreamExt;

use super::look::SIDE_BY_SIDE;
use super::{Ground, NoProposal, look, words};
use crate::model::{Item, Subject, Target};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, LAYERS_FOLDER, MANIFESTS_FOLDER, REPOSITORIES};
use crate::registry::reference::Repository;
use crate::storage::{Delimiter, ObjectStore, Page, PageToken};

/// Requests that the search for repositories may take.
const BUDGET: usize = 2_000;

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let digest = named(target)?;
    let key = Key::BlobData { digest: digest.clone() }.path();
    let mut item = words::blank(&target.subject);
    match look::at(ground.store(), &key).await? {
        look::Stands::Nothing => return Err(NoProposal::Absent(format!("there is no {key}"))),
        look::Stands::Folder => folder(ground, &key, &mut item).await?,
        look::Stands::Object(entry) => {
            let found = look::hash(ground.store(), &entry, digest.algorithm()).await?;
            if found == digest {
                return Err(NoProposal::NotHere(format!(
                    "the bytes of {digest} are the right ones: they were hashed just now, and many images may need \
                     them"
                )));
            }
            let bytes = entry.size.map_or_else(String::new, |size| format!("its {size} bytes "));
            item.why.push(format!("hashed just now: {bytes}are those of {found}, not of {digest}"));
            item.steps.push(look::delete(&entry, Vec::new()));
            item.before = "GET of it yields other bytes than its own, or an error; a push is accepted and cures nothing"
                .to_owned();
        }
    }
    references(ground.store(), &digest, &mut item).await;
    item.after = "GET of it 404; a push of any image that has it brings it back for all of them".to_owned();
    item.mind.extend([
        "next: push an image that has it again; until then none of them can be pulled".to_owned(),
        "a registry with a descriptor cache still takes it for stored: restart it, or flush its redis, before the \
         push"
            .to_owned(),
    ]);
    Ok(item)
}

fn named(target: &Target) -> Result<Digest, NoProposal> {
    let object = match (&target.object, &target.subject) {
        (Some(object), _) | (None, Subject::Object(object)) => object.clone(),
        (None, Subject::Blob(digest) | Subject::Manifest { digest, .. }) => match Digest::parse(digest) {
            Ok(digest) => Key::BlobData { digest }.path(),
            Err(why) => return Err(NoProposal::NotHere(format!("{digest} is no digest: {why}"))),
        },
        (None, _) => target.subject.to_string(),
    };
    match Key::parse(&object) {
        Key::BlobData { digest } => Ok(digest),
        _ => Err(NoProposal::NotHere(format!("{object} is no blob"))),
    }
}

/// A folder in a blob's place is as wrong as wrong bytes.
async fn folder(ground: &Ground<'_>, key: &str, item: &mut Item) -> Result<(), NoProposal> {
    let contents = look::below(ground.store(), &format!("{key}/")).await?;
    item.why.push("a folder stands where the blob's bytes should be".to_owned());
    item.steps.extend(contents.objects.iter().map(|entry| look::delete(entry, Vec::new())));
    item.steps.extend(contents.remove_folders(&[]));
    item.before = "GET of it 404; a push is refused".to_owned();
    Ok(())
}

/// The repositories that link the blob, as far as the budget reaches.
async fn references(store: &dyn ObjectStore, digest: &Digest, item: &mut Item) {
    let search = search(store, digest).await;
    let looked = words::count(search.looked, "repository");
    item.references.push(match search.links.as_slice() {
        [] => format!("none of the {looked} looked at links it"),
        links => format!("linked by {} of the {looked} looked at: {}", links.len(), words::names(links)),
    });
    item.mind.extend(search.unseen);
}

#[derive(Default)]
struct Search {
    links: Vec<String>,
    looked: usize,
    unseen: Vec<String>,
}

/// A level of the tree of repositories still to be listed.
struct Level {
    prefix: String,
    page: Option<PageToken>,
}

async fn search(store: &dyn ObjectStore, digest: &Digest) -> Search {
    let mut search = Search::default();
    let mut levels = VecDeque::from([Level { prefix: REPOSITORIES.to_owned(), page: None }]);
    let (mut repositories, mut spent, mut unread) = (Vec::new(), 0, Vec::new());
    while !levels.is_empty() || !repositories.is_empty() {
        let left = BUDGET.saturating_sub(spent);
        if left == 0 {
            search.unseen.push(format!(
                "after {BUDGET} requests the search for repositories that link it was ended: {}, and {} with all \
                 below, were not searched",
                words::count(repositories.len(), "repository"),
                words::count(levels.len(), "folder"),
            ));
            break;
        }
        if repositories.is_empty() {
            let now: Vec<Level> = levels.drain(..levels.len().min(SIDE_BY_SIDE).min(left)).collect();
            spent += now.len();
            let pages = now.into_iter().map(|level| async move {
                let page = store.list(&level.prefix, Delimiter::Slash, level.page.as_ref()).await;
                (level.prefix, page)
            });
            for (prefix, page) in
                futures::stream::iter(pages).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await
            {
                match page {
                    Ok(page) => {
                        unread.extend(page.unread.iter().map(ToString::to_string));
                        descend(&prefix, page, &mut levels, &mut repositories);
                    }
                    Err(error) if error.is_gone() => {}
                    Err(error) => unread.push(error.to_string()),
                }
            }
            continue;
        }
        let now: Vec<String> = repositories.drain(..repositories.len().min(left.div_ceil(2))).collect();
        spent += 2 * now.len();
        search.looked += now.len();
        let asked = now.into_iter().map(|name| async move { (links(store, &name, digest).await, name) });
        for (linked, name) in futures::stream::iter(asked).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await {
            match linked {
                Ok(true) => search.links.push(name),
                Ok(false) => {}
                Err(why) => unread.push(why),
            }
        }
    }
    if !unread.is_empty() {
        search.unseen.push(format!("this could not be searched: {}", words::names(&unread)));
    }
    search
}

fn descend(prefix: &str, page: Page, levels: &mut VecDeque<Level>, repositories: &mut Vec<String>) {
    let name =
        |prefix: &str| prefix.strip_prefix(REPOSITORIES).unwrap_or_default().trim_end_matches('/').to_owned();
    for below in page.prefixes {
        match below.strip_prefix(prefix).unwrap_or_default().trim_end_matches('/') {
            LAYERS_FOLDER | MANIFESTS_FOLDER => {
                let name = name(prefix);
                if !repositories.contains(&name) {
                    repositories.push(name);
                }
            }
            folder if folder.starts_with('_') => {}
            _ => levels.push_back(Level { prefix: below, page: None }),
        }
    }
    if page.next.is_some() {
        levels.push_back(Level { prefix: prefix.to_owned(), page: page.next });
    }
}

/// Whether a repository links the blob, as a layer or as a manifest.
async fn links(store: &dyn ObjectStore, name: &str, digest: &Digest) -> Result<bool, String> {
    let repository = Repository::found(name);
    let layer = Key::LayerLink { repository: repository.clone(), digest: digest.clone() }.path();
    let revision = Key::RevisionLink { repository, digest: digest.clone() }.path();
    let mut linked = false;
    for key in [layer, revision] {
        match store.stat(&key).await {
            Ok(_) => linked = true,
            Err(error) if error.is_gone() => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(linked)
}
