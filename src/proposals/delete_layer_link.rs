//! Deletes a layer link that is broken: until it is gone the registry answers 500 to every push of that layer.

use super::{Ground, NoProposal, look, manifests, words};
use crate::model::{Item, Subject, Target};
use crate::registry::checks::config_and_layers;
use crate::registry::checks::link::Malformed;
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, Place};
use crate::registry::reference::Repository;

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let (repository, digest) = named(target)?;
    let key = Key::LayerLink { repository: repository.clone(), digest: digest.clone() }.path();
    let Some((entry, content)) = look::link(ground.store(), &key).await? else {
        return Err(NoProposal::Absent(format!("there is no {key}")));
    };
    let what = broken(&content, &digest).ok_or_else(|| {
        NoProposal::NotHere(format!(
            "{key} is as it should be: without it no image of {repository} that needs {digest} could be pulled"
        ))
    })?;
    let mut item = words::blank(&target.subject);
    item.why.push(format!("the link {what}; should hold {digest}"));
    item.steps.push(look::delete(&entry, Vec::new()));
    item.steps.extend(own_folder(ground, &repository, &digest, &key).await);
    users(ground, &repository, &digest, &mut item).await?;
    let check = match &content {
        Ok(_) => &config_and_layers::LINK_MISMATCH,
        Err(malformed) => config_and_layers::link_of(config_and_layers::Part::Layer, malformed),
    };
    item.before = words::clients(check, ground.kind());
    item.after = "GET of the blob 404; a push of the image links it anew".to_owned();
    item.mind.push(
        "until the image is pushed again, or restore-link writes the link, it cannot be pulled".to_owned(),
    );
    Ok(item)
}

fn named(target: &Target) -> Result<(Repository, Digest), NoProposal> {
    let object = target.object.as_deref().or(match &target.subject {
        Subject::Object(key) => Some(key),
        _ => None,
    });
    match object.map(Key::parse) {
        Some(Key::LayerLink { repository, digest }) => Ok((repository, digest)),
        _ => Err(NoProposal::NotHere(format!("{} is no layer link", object.unwrap_or("this")))),
    }
}

/// What is wrong with a link, in words; none if it may be right.
pub fn broken(content: &Result<Digest, Malformed>, digest: &Digest) -> Option<String> {
    match content {
        Ok(found) if found == digest => None,
        // By another algorithm the link rightly names what the blob is stored under.
        Ok(found) if found.algorithm() != digest.algorithm() => None,
        Ok(found) => Some(format!("holds {found}")),
        Err(malformed) => Some(format!("holds {}", malformed.what)),
    }
}

/// On a file system the link's own folder goes with it, if nothing else is in there.
async fn own_folder(
    ground: &Ground<'_>,
    repository: &Repository,
    digest: &Digest,
    key: &str,
) -> Vec<crate::model::Step> {
    let folder = Place::Layer { repository: repository.clone(), digest: digest.clone() }.prefix();
    alone(ground, &folder, key).await.then(|| look::remove_folder(&folder, Vec::new())).into_iter().collect()
}

/// Whether an object is all that a folder of a file system holds.
pub async fn alone(ground: &Ground<'_>, folder: &str, key: &str) -> bool {
    look::below(ground.store(), folder).await.is_ok_and(|contents| {
        contents.folders.len() == 1 && contents.objects.iter().all(|entry| entry.key == key)
    })
}

/// The tags whose images need the layer.
async fn users(
    ground: &Ground<'_>,
    repository: &Repository,
    digest: &Digest,
    item: &mut Item,
) -> Result<(), NoProposal> {
    let manifests = manifests::of(ground.store(), &*ground.tags(repository).await?).await;
    let users: Vec<&str> = manifests.naming(digest).into_iter().collect();
    item.references.push(match users.as_slice() {
        [] => format!("no tag of {repository} that could be read needs it"),
        users => format!(
            "needed by {}, which cannot be pulled already: {}",
            words::count(users.len(), "tag"),
            words::names(users)
        ),
    });
    item.references.push("the blob stays, and so do other repositories' links to it".to_owned());
    item.mind.extend(manifests.gaps());
    Ok(())
}
