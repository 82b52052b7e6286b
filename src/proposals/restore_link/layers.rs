//! Writes all layer links of a repository that has none.

use std::collections::BTreeSet;

use super::super::{Ground, NoProposal, look, manifests, words};
use super::{as_it_is, proven, write};
use crate::model::Item;
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, layers_prefix};
use crate::registry::reference::Repository;

/// All layer links of a repository that has none: those that its tags' images need.
pub async fn item(ground: &Ground<'_>, repository: Repository, mut item: Item) -> Result<Item, NoProposal> {
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
