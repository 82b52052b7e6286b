//! Writes a link back, only where its right content is certain.

mod current;
mod layers;

use super::look::{self, Content};
use super::{Ground, NoProposal, words};
use crate::model::{Act, Content as Bytes, Expect, Guard, Item, Step, Subject, Target};
use crate::registry::checks::StoreKind;
use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::{Key, Place};
use crate::registry::manifest::{self, MANIFEST_LIMIT};
use crate::registry::reference::{Repository, Tag};
use crate::storage::Entry;

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let object = match (&target.object, &target.subject) {
        (Some(object), _) | (None, Subject::Object(object)) => object.clone(),
        (None, Subject::Tag { repository, tag }) => {
            Key::CurrentLink { repository: Repository::found(repository), tag: Tag::found(tag) }.path()
        }
        (None, _) => target.subject.to_string(),
    };
    let item = words::blank(&target.subject);
    match (Key::parse(&object), Place::of(&object)) {
        (Key::CurrentLink { repository, tag }, _) => current::item(ground, repository, tag, item).await,
        (key @ Key::RevisionLink { .. }, _) => revision(ground, key, item).await,
        (key @ Key::LayerLink { .. }, _) => by_path(ground, key, item).await,
        (key @ Key::IndexLink { .. }, _) => {
            has_link(ground, &key).await?;
            by_path(ground, key, item).await
        }
        (_, Place::Layers { repository }) => layers::item(ground, repository, item).await,
        _ => Err(NoProposal::NotHere(format!("{object} is no link that can be written back"))),
    }
}

/// The steps that make a link say this. On a file system the folders that it needs come first, so that they go again
/// when it is undone.
async fn write(
    ground: &Ground<'_>,
    key: &str,
    there: Option<&Entry>,
    digest: &Digest,
    guards: Vec<Guard>,
) -> Vec<Step> {
    let content = Bytes::Text(digest.to_string());
    let mut steps = missing_folders(ground, key).await;
    let act = match there {
        Some(entry) => Act::Replace { version: entry.version.0.clone(), content },
        None => Act::Create { content },
    };
    steps.push(Step {
        act,
        key: key.to_owned(),
        size: there.and_then(|entry| entry.size),
        modified: there.and_then(|entry| entry.modified),
        guards,
    });
    steps
}

/// The folders above a key that are not there, outermost first.
async fn missing_folders(ground: &Ground<'_>, key: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut above = key;
    while ground.kind() == StoreKind::FileSystem
        && let Some((folder, _)) = above.rsplit_once('/')
    {
        let prefix = format!("{folder}/");
        match ground.store().attributes(&prefix).await {
            Err(error) if error.is_gone() => {}
            Ok(_) | Err(_) => break,
        }
        let act = Act::MakeFolder { attributes: String::new() };
        steps.push(Step { act, key: prefix, size: None, modified: None, guards: Vec::new() });
        above = folder;
    }
    steps.reverse();
    steps
}

fn as_it_is(entry: &Entry) -> Guard {
    Guard { key: entry.key.clone(), expect: Expect::Version(entry.version.0.clone()) }
}

/// What stands in the link's place; refuses if it is right already.
async fn there(
    ground: &Ground<'_>,
    key: &str,
    digest: &Digest,
) -> Result<Option<(Entry, Content)>, NoProposal> {
    let there = look::link(ground.store(), key).await?;
    match &there {
        Some((_, Ok(found))) if found == digest => {
            Err(NoProposal::NotHere(format!("{key} holds {digest} already, as it should")))
        }
        Some(_) | None => Ok(there),
    }
}

fn now_holds(there: Option<&(Entry, Content)>) -> String {
    match there {
        None => "it is missing".to_owned(),
        Some((_, Ok(other))) => format!("it holds {other}"),
        Some((_, Err(malformed))) => format!("it holds {}", malformed.what),
    }
}

/// The blob that a link promises, hashed just now.
async fn proven(ground: &Ground<'_>, digest: &Digest) -> Result<Entry, NoProposal> {
    if digest.algorithm() != Algorithm::Sha256 {
        return Err(NoProposal::NotHere(format!(
            "{digest} is stored under its sha256, and only the link that is lost could tell which that is: push the \
             image again"
        )));
    }
    let key = Key::BlobData { digest: digest.clone() }.path();
    let look::Stands::Object(entry) = look::at(ground.store(), &key).await? else {
        return Err(NoProposal::NotHere(format!(
            "the bytes of {digest} are not stored, so a link to them helps nobody: push the image again"
        )));
    };
    match look::hash(ground.store(), &entry, digest.algorithm()).await? {
        found if found == *digest => Ok(entry),
        found => Err(NoProposal::NotHere(format!(
            "the bytes stored for {digest} are those of {found}: delete-wrong-blob, then push the image again"
        ))),
    }
}

/// An entry of the history makes a tag that is listed, so the tag has to be one already.
async fn has_link(ground: &Ground<'_>, entry: &Key) -> Result<(), NoProposal> {
    let Key::IndexLink { repository, tag, .. } = entry else { return Ok(()) };
    let link = Key::CurrentLink { repository: repository.clone(), tag: tag.clone() }.path();
    match look::at(ground.store(), &link).await? {
        look::Stands::Object(_) => Ok(()),
        look::Stands::Nothing | look::Stands::Folder => Err(NoProposal::NotHere(format!(
            "{repository}:{tag} has no link, and an entry of its history alone would only list a tag that nobody can \
             pull: restore-link on the tag first"
        ))),
    }
}

/// A link whose path names its content.
async fn by_path(ground: &Ground<'_>, key: Key, mut item: Item) -> Result<Item, NoProposal> {
    let path = key.path();
    let Some(digest) = key.promise().cloned() else {
        return Err(NoProposal::NotHere(format!("the path {path} names no digest")));
    };
    let there = there(ground, &path, &digest).await?;
    if let Some((_, Ok(found))) = &there
        && found.algorithm() != digest.algorithm()
    {
        return Err(NoProposal::NotHere(format!(
            "{path} rightly holds another algorithm's digest of the blob"
        )));
    }
    let blob = proven(ground, &digest).await?;
    item.why.push(format!(
        "certain: the link's own path names {digest}, and the stored bytes were hashed just now and are those; {}",
        now_holds(there.as_ref())
    ));
    let entry = there.as_ref().map(|(entry, _)| entry);
    item.steps.extend(write(ground, &path, entry, &digest, vec![as_it_is(&blob)]).await);
    (item.before, item.after) = match key {
        Key::IndexLink { .. } => (
            "nothing a client notices".to_owned(),
            "nothing a client notices; the tag's history is complete".to_owned(),
        ),
        _ => (
            "GET of what it leads to fails in this repository, or yields something else".to_owned(),
            "GET of it 200, with the right bytes".to_owned(),
        ),
    };
    item.references.push("the blob and other repositories' links to it stay as they are".to_owned());
    Ok(item)
}

/// A revision link also has to lead to a manifest.
async fn revision(ground: &Ground<'_>, key: Key, item: Item) -> Result<Item, NoProposal> {
    let digest = key.promise().cloned();
    let item = by_path(ground, key, item).await?;
    let Some(digest) = digest else { return Ok(item) };
    let blob = Key::BlobData { digest: digest.clone() }.path();
    let read = ground.store().read(&blob, Some(0..MANIFEST_LIMIT + 1)).await;
    match manifest::parse(&read.map_err(|error| look::unread(&error))?.bytes) {
        Ok(_) => Ok(item),
        Err(why) => Err(NoProposal::NotHere(format!(
            "what is stored as {digest} is no manifest that a registry serves, so a link to it helps nobody: {why}"
        ))),
    }
}
