//! Writes a link back, only where its right content is certain.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{self, Content};
use super::{Ground, NoProposal, manifests, words};
use crate::model::{Act, Content as Bytes, Expect, Guard, Item, Step, Subject, Target};
use crate::registry::checks::StoreKind;
use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::{Key, Place, layers_prefix, tag_prefix};
use crate::registry::manifest::{self, MANIFEST_LIMIT};
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::report::{HopState, Role, TagReport};
use crate::storage::Entry;

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let object = match (&target.object, &target.subject) {
        (Some(object), _) | (None, Subject::Object(object)) => object.clone(),
        (None, Subject::Tag { repository, tag }) => {
            Key::CurrentLink { repository: Repository::found(repository), tag: Tag::found(tag) }.path()
        }
        (
            None,
            Subject::Repository(_) | Subject::Manifest { .. } | Subject::Blob(_) | Subject::Upload { .. },
        ) => target.subject.to_string(),
    };
    let item = words::blank(&target.subject);
    match (Key::parse(&object), Place::of(&object)) {
        (Key::CurrentLink { repository, tag }, _) => current(ground, repository, tag, item).await,
        (key @ Key::RevisionLink { .. }, _) => revision(ground, key, item).await,
        (key @ Key::LayerLink { .. }, _) => by_path(ground, key, item).await,
        (key @ Key::IndexLink { .. }, _) => {
            has_link(ground, &key).await?;
            by_path(ground, key, item).await
        }
        (_, Place::Layers { repository }) => layers(ground, repository, item).await,
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

/// A tag's link follows from its history, if that names exactly one revision.
async fn current(
    ground: &Ground<'_>,
    repository: Repository,
    tag: Tag,
    mut item: Item,
) -> Result<Item, NoProposal> {
    let key = Key::CurrentLink { repository: repository.clone(), tag: tag.clone() }.path();
    let history = history(ground, &repository, &tag).await?;
    let (digest, entry) = match history.iter().next() {
        Some(only) if history.len() == 1 => only,
        Some(_) => return Err(several(ground, &history).await),
        None => {
            return Err(NoProposal::NotHere(format!(
                "the history of {repository}:{tag} names no revision, so nothing tells what its link should hold: \
                 push it again"
            )));
        }
    };
    let there = there(ground, &key, digest).await?;
    let tag = ground.scene.looking.look(ground.store(), &Reference::tag(repository.clone(), tag)).await;
    leads_nowhere(&tag, there.as_ref())?;
    let newest = entry.modified.max(there.as_ref().and_then(|(entry, _)| entry.modified));
    look::has_settled(ground, &item.subject.to_string(), newest).await?;
    let reference = Reference::digest(repository, digest.clone());
    let report = ground.scene.looking.look(ground.store(), &reference).await;
    match (hop(&report, Role::RevisionLink), hop(&report, Role::Manifest)) {
        (Some(HopState::Good), Some(HopState::Good)) => {}
        (Some(HopState::Unknown), _) | (_, Some(HopState::Unknown)) => {
            let why = words::why(&report).join("; ");
            return Err(NoProposal::Unread(format!("the manifest {digest} could not be read: {why}")));
        }
        _ => {
            return Err(NoProposal::NotHere(format!(
                "the one revision that the tag's history names cannot be served, so the tag would stay broken: {}",
                words::why(&report).join("; ")
            )));
        }
    }
    item.why.push(format!(
        "certain: the history of the tag names one revision, {digest}, and its link and its manifest are whole; {}",
        now_holds(there.as_ref())
    ));
    let now = there.as_ref().map(|(entry, _)| entry);
    item.steps.extend(write(ground, &key, now, digest, vec![as_it_is(entry)]).await);
    item.state = Some(tag.state);
    item.why.extend(tag.findings.iter().map(words::finding));
    item.before = words::before(&tag, ground.kind());
    item.after = format!("GET by tag 200, with the manifest {digest}");
    item.references.push("the manifest, the blobs and all other tags stay as they are".to_owned());
    let others = report.findings.iter().filter(|found| found.severity.breaks_tag());
    item.mind
        .extend(others.map(|found| format!("the image stays broken besides: {}", words::finding(found))));
    Ok(item)
}

/// How the look at the manifest itself found what has this role.
fn hop(report: &TagReport, role: Role) -> Option<HopState> {
    report.hops.iter().find(|hop| hop.depth == 0 && hop.role == role).map(|hop| hop.state)
}

/// A link that names another revision of the repository is not overruled by a history that lacks it.
fn leads_nowhere(tag: &TagReport, there: Option<&(Entry, Content)>) -> Result<(), NoProposal> {
    let Some((entry, Ok(other))) = there else { return Ok(()) };
    match hop(tag, Role::RevisionLink) {
        Some(HopState::Good) => Err(NoProposal::NotHere(format!(
            "{} holds {other}, which is a revision of the repository: only the tag's history does not name it, so \
             nothing tells which of the two is right",
            entry.key
        ))),
        Some(HopState::Unknown) => Err(NoProposal::Unread(format!(
            "{} holds {other}, and whether that is a revision of the repository could not be read: {}",
            entry.key,
            words::why(tag).join("; ")
        ))),
        Some(_) | None => Ok(()),
    }
}

/// The revisions that a tag's history names.
async fn history(
    ground: &Ground<'_>,
    repository: &Repository,
    tag: &Tag,
) -> Result<BTreeMap<Digest, Entry>, NoProposal> {
    let contents = look::below(ground.store(), &tag_prefix(repository, tag)).await?;
    if contents.is_empty() {
        return Err(NoProposal::Absent(format!("there is no tag {repository}:{tag}")));
    }
    let named = contents.objects.into_iter().filter_map(|entry| match Key::parse(&entry.key) {
        Key::IndexLink { digest, .. } => Some((digest, entry)),
        _ => None,
    });
    Ok(named.collect())
}

/// Which of several was last is not recorded anywhere.
async fn several(ground: &Ground<'_>, history: &BTreeMap<Digest, Entry>) -> NoProposal {
    let now = ground.store().now().await.ok();
    let mut candidates: Vec<_> = history.iter().map(|(digest, entry)| (entry.modified, digest)).collect();
    candidates.sort_by(|one, two| two.cmp(one));
    let named: Vec<String> = candidates
        .into_iter()
        .map(|(modified, digest)| match modified.zip(now) {
            Some((modified, now)) => format!("{digest} ({} old)", words::age(now.duration_since(modified))),
            None => digest.to_string(),
        })
        .collect();
    NoProposal::NotHere(format!(
        "the tag's history names {} revisions, and which of them was last is not recorded: {}. Push the image again, \
         or ask its owner; an entry's age tells when it was first pushed, not when last",
        named.len(),
        words::names(&named)
    ))
}

/// All layer links of a repository that has none: those that its tags' images need.
async fn layers(ground: &Ground<'_>, repository: Repository, mut item: Item) -> Result<Item, NoProposal> {
    let folder = layers_prefix(&repository);
    if !look::below(ground.store(), &folder).await?.objects.is_empty() {
        return Err(NoProposal::NotHere(format!(
            "{folder} holds links: restore-link on the one that is missing or broken"
        )));
    }
    let manifests = manifests::of(ground.store(), &*ground.tags(&repository).await?).await;
    if manifests.all.is_empty() {
        let unseen = manifests.gaps().join("; ");
        return Err(NoProposal::NotHere(format!(
            "no tag of {repository} leads to a manifest that could be read, so nothing tells which links it needs; \
             {unseen}"
        )));
    }
    let parts = manifests.all.values().flat_map(|(manifest, _)| manifest.blobs());
    let needed: BTreeSet<Digest> = parts
        .filter(|part| !part.is_elsewhere())
        .filter_map(|part| part.digest.as_ref().ok().cloned())
        .collect();
    for digest in &needed {
        let key = Key::LayerLink { repository: repository.clone(), digest: digest.clone() }.path();
        match proven(ground, digest).await {
            Ok(blob) => {
                for step in write(ground, &key, None, digest, vec![as_it_is(&blob)]).await {
                    if !item.steps.iter().any(|made| made.key == step.key) {
                        item.steps.push(step);
                    }
                }
            }
            Err(NoProposal::NotHere(why)) => item.mind.push(format!("left out: {why}")),
            Err(why) => return Err(why),
        }
    }
    if item.steps.is_empty() {
        return Err(NoProposal::NotHere(item.mind.join("; ")));
    }
    item.why.push(format!(
        "certain: {} of {repository} name these blobs, and each blob's bytes were hashed just now",
        words::count(manifests.all.len(), "manifest")
    ));
    item.before = "GET of every layer 404; garbage-collect takes what the tags need".to_owned();
    item.after = "every image whose layers are stored can be pulled again".to_owned();
    item.references.push("the blobs stay as they are".to_owned());
    item.mind.extend(manifests.gaps());
    Ok(item)
}
