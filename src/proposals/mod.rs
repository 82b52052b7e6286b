//! Works out what a writing verb would do: every object with its version, what else refers to it, what clients will
//! see. It only reads; one module for each verb.

mod delete_layer_link;
mod delete_repository;
mod delete_revision_link;
mod delete_stray;
mod delete_tag;
mod delete_tag_api;
mod delete_wrong_blob;
mod ground;
mod look;
mod manifests;
mod restore_link;
mod server_drain;
mod server_maint;
mod server_ready;
mod server_weight;
pub mod servers;
mod tags;
pub mod truncate_log;
mod words;

use std::collections::HashSet;

use futures::future::BoxFuture;

use crate::model::{EmptyLog, Item, Order, Permit, Proposal, SetServer, Step, Target, place};
use crate::registry::mode::Mode;
use crate::sources::haproxy::Fleet;
use crate::sources::logs::emptying;
use crate::sources::look::Looking;
use crate::storage::ObjectStore;
pub use ground::Ground;

/// Where a proposal is worked out.
pub struct Scene<'a> {
    pub store: &'a dyn ObjectStore,
    pub looking: &'a Looking,
    /// The load balancers, where they are known.
    pub fleet: Option<&'a Fleet>,
    /// With it the registry may be asked what it allows by trying something that cannot happen.
    pub permit: Option<Permit>,
}

/// Why there is no proposal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    /// The verb is not for this, or is not safe here; why, and what is.
    #[error("{0}")]
    NotHere(String),
    /// What it is about is not there.
    #[error("{0}")]
    Absent(String),
    /// What has to be known first could not be read.
    #[error("{0}")]
    Unread(String),
}

impl NoProposal {
    /// The same, naming what it is about.
    fn about(self, what: &str) -> Self {
        match self {
            Self::NotHere(why) => Self::NotHere(format!("{what}: {why}")),
            Self::Absent(why) => Self::Absent(format!("{what}: {why}")),
            Self::Unread(why) => Self::Unread(format!("{what}: {why}")),
        }
    }
}

/// Where a verb may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Only where the bucket's files are the truth: it writes to the bucket.
    FileMetadata,
    /// Anywhere: it decides by itself.
    Nothing,
    /// Load balancers; no store has to do with it.
    Balancers,
    /// Log files of this host; no store has to do with it.
    Logs,
}

/// How one verb works out what it would do to one target.
pub struct Recipe {
    /// Id of the verb.
    pub verb: &'static str,
    pub needs: Needs,
    pub item: for<'a> fn(&'a Ground<'a>, &'a Target) -> BoxFuture<'a, Result<Item, NoProposal>>,
}

/// A verb that writes to the bucket.
macro_rules! in_bucket {
    ($verb:literal, $recipe:ident) => {
        Recipe {
            verb: $verb,
            needs: Needs::FileMetadata,
            item: |ground, target| Box::pin($recipe::item(ground, target)),
        }
    };
}

/// A verb that sets something on servers of load balancers.
macro_rules! on_servers {
    ($verb:literal, $recipe:ident) => {
        Recipe {
            verb: $verb,
            needs: Needs::Balancers,
            item: |ground, target| Box::pin($recipe::item(ground, target)),
        }
    };
}

/// All verbs that write.
pub const RECIPES: &[Recipe] = &[
    in_bucket!("delete-tag", delete_tag),
    Recipe {
        verb: "delete-tag-api",
        needs: Needs::Nothing,
        item: |ground, target| Box::pin(delete_tag_api::item(ground, target)),
    },
    in_bucket!("delete-revision-link", delete_revision_link),
    in_bucket!("delete-layer-link", delete_layer_link),
    in_bucket!("delete-stray", delete_stray),
    in_bucket!("delete-repository", delete_repository),
    in_bucket!("restore-link", restore_link),
    in_bucket!("delete-wrong-blob", delete_wrong_blob),
    on_servers!("server-drain", server_drain),
    on_servers!("server-maint", server_maint),
    on_servers!("server-ready", server_ready),
    on_servers!("server-weight", server_weight),
    Recipe {
        verb: "truncate-log",
        needs: Needs::Logs,
        item: |ground, target| Box::pin(truncate_log::item(ground, target)),
    },
];

/// Whether a verb is about load balancers or log files, so that no store need be open for it.
pub fn needs_no_store(verb: &str) -> bool {
    RECIPES.iter().any(|recipe| recipe.verb == verb && matches!(recipe.needs, Needs::Balancers | Needs::Logs))
}

/// What the ordered verb would do to its targets.
///
/// # Errors
///
/// Why it would do nothing, in words for the operator.
pub async fn propose(order: &Order, scene: &Scene<'_>) -> Result<Proposal, NoProposal> {
    let Some(recipe) = RECIPES.iter().find(|recipe| recipe.verb == order.verb) else {
        return Err(NoProposal::NotHere(format!("no verb that writes is called {}", order.verb)));
    };
    if order.targets.is_empty() {
        return Err(NoProposal::NotHere(format!("{}: nothing is selected", order.verb)));
    }
    if recipe.needs == Needs::FileMetadata {
        files_are_the_truth(scene).await?;
    }
    let ground = Ground::new(scene, order);
    let (mut items, mut written, mut seen) = (Vec::new(), HashSet::new(), HashSet::new());
    for target in order.targets.iter().filter(|target| seen.insert(*target)) {
        let item = (recipe.item)(&ground, target).await;
        let mut item = match order.targets.len() {
            1 => item?,
            _ => item.map_err(|why| why.about(&target.subject.to_string()))?,
        };
        item.steps.retain(|step| !written.contains(&step.key));
        written.extend(item.steps.iter().map(|step| step.key.clone()));
        items.push(words::presentable(item));
    }
    let store = match recipe.needs {
        Needs::Balancers => place(items.iter().flat_map(|item| &item.steps).filter_map(part)),
        Needs::Logs => EmptyLog::place(&emptying::host()),
        Needs::FileMetadata | Needs::Nothing => scene.store.url().to_owned(),
    };
    Ok(Proposal { verb: order.verb.to_owned(), store, about: None, backups: None, items })
}

fn part(step: &Step) -> Option<String> {
    step.act.setting().map(SetServer::part)
}

/// Nothing is written to a bucket whose files are not known to be what the registry goes by.
async fn files_are_the_truth(scene: &Scene<'_>) -> Result<(), NoProposal> {
    match scene.looking.mode(scene.store).await {
        Mode::FileMetadata => Ok(()),
        Mode::MetadataDatabase => Err(NoProposal::NotHere(
            "a metadata database holds this registry's tags and links, not the bucket: files that are missing or look \
             broken there mean nothing, so nothing is written to it; delete-tag-api deletes a tag through the \
             registry"
                .to_owned(),
        )),
        Mode::Unknown { why } => Err(NoProposal::NotHere(format!(
            "it is not known whether the bucket or a metadata database holds this registry's tags, so nothing is \
             written to the bucket: {why}"
        ))),
    }
}
