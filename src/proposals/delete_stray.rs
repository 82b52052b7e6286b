//! Deletes what the registry never wrote or no longer needs: by its place in the layout, never by its name alone.

use super::look::{self, Contents, Stands};
use super::{Ground, NoProposal, words};
use crate::model::{Item, Subject, Target};
use crate::registry::checks::{
    Check, StoreKind, blob_store, config_and_layers, repository, revision, tag_folder, uploads,
};
use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::{BLOBS, Key, Place, REPOSITORIES, UploadPart};
use crate::registry::reference::Repository;
use crate::storage::Entry;

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let item = words::blank(&target.subject);
    let object = match (&target.object, &target.subject) {
        (_, Subject::Upload { repository, id }) => {
            let place = Place::Upload { repository: Repository::found(repository), id: id.clone() };
            match upload(ground, &place, item).await {
                Err(NoProposal::Absent(_)) if target.object.is_some() => {}
                done => return done,
            }
            target.object.clone().unwrap_or_default()
        }
        (Some(object), _) | (None, Subject::Object(object)) => object.clone(),
        (None, _) => {
            return Err(NoProposal::NotHere(format!("{} is no stray object", target.subject)));
        }
    };
    let item = words::blank(&target.subject);
    match Key::parse(&object) {
        Key::Upload { repository, id, .. } => upload(ground, &Place::Upload { repository, id }, item).await,
        Key::BlobData { digest } => neighbours(ground, &digest, item).await,
        Key::Marker(_) if ground.kind() == StoreKind::FileSystem => {
            Err(NoProposal::NotHere(format!("{object} is a folder, and folders are nothing stray")))
        }
        Key::Marker(_) if !object.starts_with(&Place::Root.prefix()) => Err(outside(&object)),
        Key::Marker(_) => one(ground, &object, &repository::FOLDER_MARKER, item).await,
        Key::Temporary { .. } => temporary(ground, &object, item).await,
        Key::Stray { inside, rest } => one(ground, &object, stray(&object, &inside, &rest)?, item).await,
        Key::LayerLink { .. }
        | Key::RevisionLink { .. }
        | Key::CurrentLink { .. }
        | Key::IndexLink { .. }
        | Key::TarsumLink { .. }
        | Key::SignatureLink { .. }
        | Key::Lockfile(_) => Err(NoProposal::NotHere(format!(
            "{object} is where the registry keeps such an object: it is nothing stray"
        ))),
    }
}

/// What is wrong with an object at a place where the registry keeps none.
fn stray(object: &str, inside: &Place, rest: &str) -> Result<&'static Check, NoProposal> {
    let name = rest.rsplit('/').next().unwrap_or(rest);
    match inside {
        Place::Stray { inside, .. } => stray(object, inside, rest),
        Place::Top | Place::Lockfiles => Err(outside(object)),
        Place::Blobs | Place::BlobAlgorithm { .. } | Place::BlobShard { .. } | Place::Blob { .. } => {
            match blob_store::place(object.strip_prefix(BLOBS).unwrap_or(object)) {
                blob_store::Place::Fault(check) => Ok(check),
                blob_store::Place::Blob(_) => {
                    Err(NoProposal::NotHere(format!("{object} is a blob in its place")))
                }
            }
        }
        Place::Tags { .. } => Ok(tag_folder::stray(name)),
        Place::Revisions { .. } | Place::RevisionAlgorithm { .. } | Place::Revision { .. }
            if name == "link" =>
        {
            Ok(&revision::STRAY)
        }
        Place::Root
        | Place::Repositories
        | Place::Repository { .. }
        | Place::Layers { .. }
        | Place::LayerAlgorithm { .. }
        | Place::Layer { .. }
        | Place::Manifests { .. }
        | Place::Revisions { .. }
        | Place::RevisionAlgorithm { .. }
        | Place::Revision { .. }
        | Place::Tag { .. }
        | Place::TagCurrent { .. }
        | Place::TagIndex { .. }
        | Place::TagIndexAlgorithm { .. }
        | Place::TagIndexEntry { .. }
        | Place::Uploads { .. }
        | Place::Upload { .. }
        | Place::HashStates { .. }
        | Place::HashStateAlgorithm { .. } => Ok(&repository::STRAY_FILE),
    }
}

fn outside(object: &str) -> NoProposal {
    NoProposal::NotHere(format!("{object} is no part of the registry's tree, so it is left alone"))
}

/// One object.
async fn one(
    ground: &Ground<'_>,
    key: &str,
    check: &'static Check,
    mut item: Item,
) -> Result<Item, NoProposal> {
    let entry = match look::at(ground.store(), key).await? {
        Stands::Object(entry) => entry,
        Stands::Nothing => return Err(NoProposal::Absent(format!("there is no {key}"))),
        Stands::Folder => {
            return Err(NoProposal::NotHere(format!(
                "{key} is a folder; name the object in it that is stray"
            )));
        }
    };
    item.why.push(format!("{} ({}): {}", check.id, check.severity, check.title));
    item.steps.push(look::delete(&entry, Vec::new()));
    item.steps.extend(unknown_folders(ground, key).await);
    bytes(ground, &entry, &mut item).await?;
    describe(ground, check, &mut item);
    item.references.push("nothing refers to it: the registry finds objects by their path alone".to_owned());
    Ok(item)
}

fn describe(ground: &Ground<'_>, check: &Check, item: &mut Item) {
    item.before = words::clients(check, ground.kind());
    item.after = if check.poisons(ground.kind()) {
        "listings and deletes are as if it had never been there".to_owned()
    } else {
        "nothing a client notices".to_owned()
    };
}

/// On a file system, folders that the layout does not know go with the only object in them.
async fn unknown_folders(ground: &Ground<'_>, key: &str) -> Vec<crate::model::Step> {
    let mut steps = Vec::new();
    if ground.kind() == StoreKind::Bucket {
        return steps;
    }
    let mut folder = key;
    while let Some((above, _)) = folder.rsplit_once('/') {
        let prefix = format!("{above}/");
        let Place::Stray { .. } = Place::of(&prefix) else { break };
        let Ok(contents) = look::below(ground.store(), &prefix).await else { break };
        if contents.objects.iter().any(|entry| entry.key != key) || contents.folders.len() > steps.len() + 1 {
            break;
        }
        steps.push(look::remove_folder(&prefix, Vec::new()));
        folder = above;
    }
    steps
}

/// Below `blobs/` a stray object may be the last copy of something.
async fn bytes(ground: &Ground<'_>, entry: &Entry, item: &mut Item) -> Result<(), NoProposal> {
    if !entry.key.starts_with(BLOBS) || entry.key.ends_with('/') {
        return Ok(());
    }
    let found = look::hash(ground.store(), entry, Algorithm::Sha256).await?;
    let place = Key::BlobData { digest: found.clone() }.path();
    item.mind.push(match look::at(ground.store(), &place).await? {
        Stands::Object(_) => format!("its bytes are those of {found}, which is stored at its place as well"),
        Stands::Folder | Stands::Nothing => format!(
            "its bytes are those of {found}, which is not stored at its place: if some image needs that, this may be \
             the only copy (moved to {place}, it would be found)"
        ),
    });
    Ok(())
}

/// What 3.x writes before it renames it; a crash leaves it behind.
async fn temporary(ground: &Ground<'_>, key: &str, item: Item) -> Result<Item, NoProposal> {
    if let Stands::Object(entry) = look::at(ground.store(), key).await? {
        look::has_settled(ground, key, entry.modified).await?;
    }
    one(ground, key, &repository::STRAY_FILE, item).await
}

/// Everything beside a blob that is not there: on S3 it keeps pushes from bringing the blob back.
async fn neighbours(ground: &Ground<'_>, digest: &Digest, mut item: Item) -> Result<Item, NoProposal> {
    let data = Key::BlobData { digest: digest.clone() }.path();
    if let Stands::Object(_) = look::at(ground.store(), &data).await? {
        return Err(NoProposal::NotHere(format!(
            "{data} is a blob in its place, and nothing stray; delete-wrong-blob, if its bytes are wrong"
        )));
    }
    let folder = Place::Blob { digest: digest.clone() }.prefix();
    let contents = look::below(ground.store(), &folder).await?;
    let inner = contents.folders.iter().filter(|inner| **inner != folder);
    if contents.objects.is_empty() && inner.clone().next().is_none() {
        return Err(NoProposal::Absent(format!("nothing lies beside {data}")));
    }
    // 3.x writes a blob beside its place and renames it.
    if !contents.objects.is_empty() {
        let newest = contents.objects.iter().map(|entry| entry.modified).max().flatten();
        look::has_settled(ground, &folder, newest).await?;
    }
    let check = &config_and_layers::MOVED_ASIDE;
    item.why.push(format!("{} ({}): {}", check.id, check.severity, check.title));
    for entry in &contents.objects {
        item.steps.push(look::delete(entry, Vec::new()));
        bytes(ground, entry, &mut item).await?;
    }
    item.steps.extend(inner.map(|inner| look::remove_folder(inner, Vec::new())));
    item.before = words::clients(check, ground.kind());
    item.after = "GET of the blob 404; a push of an image that has it brings it back".to_owned();
    item.references.push("nothing refers to what lies beside a blob".to_owned());
    item.mind.push("next: push an image that has this blob again".to_owned());
    Ok(item)
}

/// An upload as a whole, its start last: without that, the registry's own purger would never take the rest.
async fn upload(ground: &Ground<'_>, place: &Place, mut item: Item) -> Result<Item, NoProposal> {
    let Place::Upload { repository, id } = place else {
        return Err(NoProposal::NotHere(format!("{} is no upload", place.prefix())));
    };
    let folder = place.prefix();
    if !folder.starts_with(REPOSITORIES) {
        return Err(NoProposal::NotHere(format!("{folder} is no upload of a repository")));
    }
    let mut contents = look::below(ground.store(), &folder).await?;
    if contents.is_empty() {
        return Err(NoProposal::Absent(format!("{repository} has no upload {id}")));
    }
    let newest = contents.objects.iter().map(|entry| entry.modified).max().flatten();
    if !contents.objects.is_empty() {
        look::has_settled(ground, &format!("the upload {id} of {repository}"), newest).await?;
    }
    let check = abandoned(ground, id, &contents, newest).await?;
    contents.objects.sort_by_key(|entry| match Key::parse(&entry.key) {
        Key::Upload { part: UploadPart::Data, .. } => 0,
        Key::Upload { part: UploadPart::StartedAt, .. } => 2,
        _ => 1,
    });
    item.steps.extend(contents.objects.iter().map(|entry| look::delete(entry, Vec::new())));
    item.steps.extend(contents.remove_folders(&[]));
    match check {
        Some(check) => item.why.push(format!("{} ({}): {}", check.id, check.severity, check.title)),
        None => item.mind.push(
            "it was started less than a week ago: a client that still means to go on with it has to start again"
                .to_owned(),
        ),
    }
    item.before = "nothing a client notices; it takes space".to_owned();
    item.after =
        "nothing a client notices; who goes on with this upload is answered 404 and starts a new one"
            .to_owned();
    item.references.push("no tag and no manifest refers to an upload".to_owned());
    Ok(item)
}

/// The check that an upload fails, if it fails any.
async fn abandoned(
    ground: &Ground<'_>,
    id: &str,
    contents: &Contents,
    newest: Option<jiff::Timestamp>,
) -> Result<Option<&'static Check>, NoProposal> {
    let is_start =
        |entry: &&Entry| matches!(Key::parse(&entry.key), Key::Upload { part: UploadPart::StartedAt, .. });
    let read = match contents.objects.iter().find(is_start) {
        Some(entry) => {
            let read = ground.store().read(&entry.key, Some(0..64)).await;
            Some(read.map_err(|error| look::unread(&error))?.bytes)
        }
        None => None,
    };
    let started = read.as_deref().map_or(uploads::StartedAt::Missing, uploads::StartedAt::Content);
    let now = ground.store().now().await.map_err(|error| look::unread(&error))?;
    Ok(uploads::upload(id, started, newest, now, jiff::SignedDuration::ZERO))
}
