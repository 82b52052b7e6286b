//! What is right to say about a tree that was written: the answer sheet for `scan` and `audit`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Severity, TagState};

use super::case::{Place, Stores};
use crate::registry::checks::StoreKind;

/// A finding that has to come out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blame {
    /// Id of the check.
    pub id: &'static str,
    pub severity: Severity,
    /// What this makes of the tag, if there is one.
    pub state: TagState,
    /// The kinds of store on which this is a fault at all.
    pub stores: Stores,
    /// None for faults of the blob store.
    pub repository: Option<String>,
    /// None for faults of a repository, an upload or the blob store.
    pub tag: Option<String>,
    /// Key of the guilty object or folder, from the root of the store on.
    pub object: String,
}

/// What has to be said about a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagTruth {
    /// The manifest that was pushed under the tag last.
    pub digest: String,
    pub state: TagState,
}

/// What has to be said about a whole tree.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Every tag that was pushed, by repository and tag.
    pub tags: BTreeMap<(String, String), TagTruth>,
    /// Every finding, sorted.
    pub blames: BTreeSet<Blame>,
    /// Every repository that something was written into.
    pub repositories: BTreeSet<String>,
}

impl Truth {
    /// The findings that a store of this kind has to show.
    pub fn blames_on(&self, kind: StoreKind) -> impl Iterator<Item = &Blame> {
        self.blames.iter().filter(move |blame| blame.stores.hold(kind))
    }

    /// The tags that have to be whole, without any finding.
    pub fn spotless(&self) -> impl Iterator<Item = (&str, &str)> {
        let accused: BTreeSet<_> = self
            .blames
            .iter()
            .filter_map(|blame| blame.repository.as_deref().zip(blame.tag.as_deref()))
            .collect();
        let whole = self.tags.iter().filter(|(_, truth)| truth.state == TagState::Whole);
        let names = whole.map(|((repository, tag), _)| (repository.as_str(), tag.as_str()));
        names.filter(move |name| !accused.contains(name))
    }

    pub(super) fn saw_tag(&mut self, repository: &str, tag: &str, digest: &str) {
        let truth = TagTruth { digest: digest.to_owned(), state: TagState::Whole };
        self.tags.insert((repository.to_owned(), tag.to_owned()), truth);
    }

    pub(super) fn decide(&mut self, place: &Place, state: TagState) {
        if let Some(truth) = self.tags.get_mut(&(place.repository.clone(), place.tag.clone())) {
            truth.state = state;
        }
    }

    pub(super) fn accuse(&mut self, blame: Blame) {
        if let (Some(repository), Some(tag)) = (&blame.repository, &blame.tag)
            && let Some(truth) = self.tags.get_mut(&(repository.clone(), tag.clone()))
        {
            truth.state = blame.state;
        }
        self.blames.insert(blame);
    }
}
