//! What the recipes of one order share: where they look, and what they have seen of a repository already.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::tags::{self, Tags};
use super::{NoProposal, Scene};
use crate::model::{Order, Permit, Subject};
use crate::registry::checks::StoreKind;
use crate::registry::reference::{Repository, Tag};
use crate::sources::Trouble;
use crate::sources::haproxy::Fleet;
use crate::sources::haproxy::facts::Look;
use crate::sources::registry_api::{Client, DeleteByTag};
use crate::storage::ObjectStore;

/// What the recipes of one order share.
pub struct Ground<'a> {
    pub scene: &'a Scene<'a>,
    pub order: &'a Order,
    tags: Mutex<BTreeMap<String, Arc<Tags>>>,
    /// What each load balancer says, in their order.
    looks: OnceCell<Vec<Result<Look, Trouble>>>,
    /// Whether the registry deletes tags of a repository through its API.
    probed: Mutex<BTreeMap<String, DeleteByTag>>,
}

impl<'a> Ground<'a> {
    /// With nothing seen yet.
    pub fn new(scene: &'a Scene<'a>, order: &'a Order) -> Self {
        Self { scene, order, tags: Mutex::default(), looks: OnceCell::new(), probed: Mutex::default() }
    }

    pub fn store(&self) -> &'a dyn ObjectStore {
        self.scene.store
    }

    pub fn kind(&self) -> StoreKind {
        StoreKind::of(self.scene.store.url())
    }

    /// The tags of a repository and what they point at; listed once.
    ///
    /// # Errors
    ///
    /// They could not be listed.
    pub(super) async fn tags(&self, repository: &Repository) -> Result<Arc<Tags>, NoProposal> {
        let mut known = self.tags.lock().await;
        if let Some(tags) = known.get(repository.as_str()) {
            return Ok(Arc::clone(tags));
        }
        let tags = Arc::new(tags::of(self.store(), repository).await?);
        known.insert(repository.as_str().to_owned(), Arc::clone(&tags));
        Ok(tags)
    }

    /// What each instance says, in their order; asked once.
    pub(super) async fn looks(&self, fleet: &Fleet) -> &[Result<Look, Trouble>] {
        let looks = || futures::future::join_all(fleet.instances().iter().map(|named| fleet.look(named)));
        self.looks.get_or_init(looks).await
    }

    /// Whether the registry deletes tags of this repository through its API; asked once.
    pub(super) async fn deletes_by_tag(
        &self,
        client: &Client,
        permit: Permit,
        repository: &Repository,
    ) -> DeleteByTag {
        let mut known = self.probed.lock().await;
        if let Some(answer) = known.get(repository.as_str()) {
            return answer.clone();
        }
        let answer = client.probe_delete(&permit, repository).await;
        known.insert(repository.as_str().to_owned(), answer.clone());
        answer
    }

    /// Whether the same order is about this tag.
    pub(super) fn is_ordered(&self, repository: &Repository, tag: &Tag) -> bool {
        self.order.targets.iter().any(|target| match &target.subject {
            Subject::Tag { repository: of, tag: name } => of == repository.as_str() && name == tag.as_str(),
            _ => false,
        })
    }
}
