//! Deletes everything that is a repository's own: tags, then revision links, layer links, uploads. Those below it stay.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{self, Contents, MOST_OBJECTS};
use super::tags::{LeadsTo, Tags};
use super::{Ground, NoProposal, delete_tag, words};
use crate::model::{Expect, Guard, Item, Step, Subject, TagState, Target};
use crate::registry::checks::repository::{self, Folders, Presence};
use crate::registry::checks::{Check, StoreKind};
use crate::registry::layout::{
    Key, LAYERS_FOLDER, MANIFESTS_FOLDER, Place, UPLOADS_FOLDER, repository_prefix, tags_prefix,
};
use crate::registry::reference::{Reference, Repository, Tag};
use crate::storage::{Delimiter, Entry, PageToken};

/// Tags that are looked at to the end; of the rest only the link counts.
const LOOKED_AT: usize = 50;

/// What is a repository's own.
struct Own {
    repository: Repository,
    tags: Contents,
    revisions: Contents,
    layers: Contents,
    uploads: Contents,
    /// Objects directly in the repository's folder.
    strays: Vec<Entry>,
    /// Names of what else lies there: repositories below.
    below: Vec<String>,
}

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let Subject::Repository(name) = &target.subject else {
        return Err(NoProposal::NotHere(format!("{} is no repository", target.subject)));
    };
    let own = Own::of(ground, Repository::found(name)).await?;
    own.is_there()?;
    own.is_small_enough()?;
    own.is_quiet(ground).await?;
    let tags = ground.tags(&own.repository).await?;
    let states = own.states(ground, &tags).await;
    let mut item = words::blank(&target.subject);
    item.steps = own.steps(ground.kind(), &states);
    item.state = worth_keeping(&states);
    own.describe(ground.kind(), &tags, &states, &mut item);
    item.mind.extend(own.changed_lately(ground).await);
    Ok(item)
}

impl Own {
    async fn of(ground: &Ground<'_>, repository: Repository) -> Result<Self, NoProposal> {
        let prefix = repository_prefix(&repository);
        let (strays, below) = directly(ground, &prefix).await?;
        let tags_prefix = tags_prefix(&repository);
        let manifests = look::below(ground.store(), &format!("{prefix}{MANIFESTS_FOLDER}/")).await?;
        let (tags, revisions) =
            manifests.objects.into_iter().partition(|entry| entry.key.starts_with(&tags_prefix));
        Ok(Self {
            tags: Contents { objects: tags, folders: Vec::new() },
            revisions: Contents { objects: revisions, folders: manifests.folders },
            layers: look::below(ground.store(), &format!("{prefix}{LAYERS_FOLDER}/")).await?,
            uploads: look::below(ground.store(), &format!("{prefix}{UPLOADS_FOLDER}/")).await?,
            strays: look::versions(ground.store(), strays).await?,
            below,
            repository,
        })
    }

    fn parts(&self) -> [&Contents; 4] {
        [&self.tags, &self.revisions, &self.layers, &self.uploads]
    }

    fn count(&self) -> usize {
        self.parts().iter().map(|part| part.objects.len()).sum::<usize>() + self.strays.len()
    }

    fn is_there(&self) -> Result<(), NoProposal> {
        if self.parts().iter().any(|part| !part.is_empty()) {
            return Ok(());
        }
        let name = &self.repository;
        Err(NoProposal::Absent(match self.below.as_slice() {
            [] => format!("there is no repository {name} in this store"),
            below => format!("{name} is no repository, only a group of others: {}", words::names(below)),
        }))
    }

    fn is_small_enough(&self) -> Result<(), NoProposal> {
        let count = self.count();
        if count <= MOST_OBJECTS {
            return Ok(());
        }
        Err(NoProposal::NotHere(format!(
            "{} holds {count} objects, and one proposal takes {MOST_OBJECTS} at most: delete tags in batches first, or \
             let the store's lifecycle rules do it",
            self.repository
        )))
    }

    /// While an upload is young a push is running, and so it is while a repository without manifests gets layers.
    async fn is_quiet(&self, ground: &Ground<'_>) -> Result<(), NoProposal> {
        let newest =
            |contents: &Contents| contents.objects.iter().map(|entry| entry.modified).max().flatten();
        if !self.uploads.objects.is_empty() {
            let what = format!("an upload of {}", self.repository);
            look::has_settled(ground, &what, newest(&self.uploads)).await?;
        }
        if self.revisions.objects.is_empty() && !self.layers.objects.is_empty() {
            let what = format!("{}, which has layers and no manifest yet,", self.repository);
            look::has_settled(ground, &what, newest(&self.layers)).await?;
        }
        Ok(())
    }

    /// That somebody may be pushing, if anything is young.
    async fn changed_lately(&self, ground: &Ground<'_>) -> Option<String> {
        let all = self.parts().into_iter().flat_map(|part| &part.objects);
        let newest = all.filter_map(|entry| entry.modified).max()?;
        let age = ground.store().now().await.ok()?.duration_since(newest);
        let settle = jiff::SignedDuration::try_from(ground.scene.looking.options.settle).ok()?;
        (age < settle)
            .then(|| format!("something in it changed {} ago: somebody may be pushing", words::age(age)))
    }

    /// What each tag is: of the first ones by a look at the image, of the rest by the link alone.
    async fn states(&self, ground: &Ground<'_>, tags: &Tags) -> BTreeMap<Tag, TagState> {
        let mut states = BTreeMap::new();
        for (number, (tag, to)) in tags.all.iter().enumerate() {
            let state = match to {
                LeadsTo::Nowhere | LeadsTo::Missing => TagState::Broken,
                LeadsTo::Digest(_) if number < LOOKED_AT => {
                    let reference = Reference::tag(self.repository.clone(), tag.clone());
                    ground.scene.looking.look(ground.store(), &reference).await.state
                }
                LeadsTo::Digest(_) | LeadsTo::Unread(_) => TagState::Unknown,
            };
            states.insert(tag.clone(), state);
        }
        states
    }

    fn steps(&self, kind: StoreKind, states: &BTreeMap<Tag, TagState>) -> Vec<Step> {
        let prefix = tags_prefix(&self.repository);
        let no_tags = [Guard { key: prefix.clone(), expect: Expect::NothingBelow }];
        let mut steps = self.tag_steps(&prefix, states);
        let links = self.revisions.objects.iter().chain(&self.layers.objects);
        steps.extend(links.map(|entry| look::delete(entry, no_tags.to_vec())));
        let rest = self.uploads.objects.iter().chain(&self.strays);
        steps.extend(rest.map(|entry| look::delete(entry, Vec::new())));
        for part in [&self.revisions, &self.layers, &self.uploads] {
            steps.extend(part.remove_folders(&no_tags));
        }
        if kind == StoreKind::FileSystem && self.below.is_empty() {
            steps.push(look::remove_folder(&repository_prefix(&self.repository), no_tags.to_vec()));
        }
        steps
    }

    /// Broken tags first, then the others; what lies beside them at the end.
    fn tag_steps(&self, prefix: &str, states: &BTreeMap<Tag, TagState>) -> Vec<Step> {
        let mut folders: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
        let mut beside = Vec::new();
        for entry in &self.tags.objects {
            match entry.key[prefix.len()..].split_once('/') {
                Some((tag, _)) => folders.entry(tag).or_default().push(entry.clone()),
                None => beside.push(look::delete(entry, Vec::new())),
            }
        }
        let state = |tag: &str| states.get(&Tag::found(tag)).copied().unwrap_or(TagState::Unknown);
        let mut order: Vec<(bool, &str)> =
            folders.keys().map(|tag| (state(tag) != TagState::Broken, *tag)).collect();
        order.sort_unstable();
        let steps = order.into_iter().flat_map(|(_, tag)| {
            let link = Key::CurrentLink { repository: self.repository.clone(), tag: Tag::found(tag) }.path();
            delete_tag::steps(&link, &folders[tag], delete_tag::Order::of(state(tag)))
        });
        steps.chain(beside).collect()
    }

    fn describe(&self, kind: StoreKind, tags: &Tags, states: &BTreeMap<Tag, TagState>, item: &mut Item) {
        let name = &self.repository;
        let checks = self.checks();
        item.why
            .extend(checks.iter().map(|check| format!("{} ({}): {}", check.id, check.severity, check.title)));
        let with = |state: TagState| -> Vec<&Tag> {
            states.iter().filter(|(_, is)| **is == state).map(|(tag, _)| tag).collect()
        };
        for (state, words) in [
            (TagState::Whole, "whole"),
            (TagState::Broken, "broken"),
            (TagState::Unknown, "not looked at, or could not be read"),
        ] {
            let with = with(state);
            if !with.is_empty() {
                let number = words::count(with.len(), "tag");
                item.why.push(format!("{number} of it, {words}: {}", words::names(&with)));
            }
        }
        item.references.push(
            "all blobs stay: repositories that mounted some of them keep working, and garbage collection takes what \
             no other repository links"
                .to_owned(),
        );
        if !self.below.is_empty() {
            item.references
                .push(format!("what lies below it is left as it is: {}", words::names(&self.below)));
        }
        item.before = match checks.first() {
            Some(check) => words::clients(check, kind),
            None if with(TagState::Whole).is_empty() => {
                "no tag of it that was looked at can be pulled".to_owned()
            }
            None => format!("{} can be pulled", words::count(with(TagState::Whole).len(), "tag")),
        };
        item.after =
            format!("{name} is unknown: tags/list and GET of anything in it 404; a push makes it anew");
        item.mind.push(
            "make sure that nothing pushes to it meanwhile: a push that finds its layers linked does not send them"
                .to_owned(),
        );
        item.mind.extend(tags.unseen());
    }

    /// What is wrong with the repository as a whole.
    fn checks(&self) -> Vec<&'static Check> {
        let seen = |is: bool| if is { Presence::Seen } else { Presence::Absent };
        let folders = Folders {
            layers: seen(!self.layers.is_empty()),
            manifests: seen(!self.tags.is_empty() || !self.revisions.is_empty()),
            uploads: seen(!self.uploads.is_empty()),
        };
        repository::name(&self.repository).into_iter().chain(repository::folders(folders)).collect()
    }
}

/// The best that any tag is: a repository with a whole tag is not to be deleted by habit, nor one that is not known.
fn worth_keeping(states: &BTreeMap<Tag, TagState>) -> Option<TagState> {
    let any = |state| states.values().any(|is| *is == state).then_some(state);
    any(TagState::Whole).or_else(|| any(TagState::Unknown))
}

/// What lies directly in a repository's folder: objects, and names of folders that are not the repository's own.
async fn directly(ground: &Ground<'_>, prefix: &str) -> Result<(Vec<Entry>, Vec<String>), NoProposal> {
    let own: BTreeSet<String> = [MANIFESTS_FOLDER, LAYERS_FOLDER, UPLOADS_FOLDER]
        .iter()
        .map(|own| format!("{prefix}{own}/"))
        .collect();
    let (mut objects, mut below) = (Vec::new(), Vec::new());
    let mut next: Option<PageToken> = None;
    loop {
        let page = match ground.store().list(prefix, Delimiter::Slash, next.as_ref()).await {
            Ok(page) => page,
            Err(error) if error.is_gone() => return Ok((objects, below)),
            Err(error) => return Err(look::unread(&error)),
        };
        if let Some(error) = page.unread.first() {
            return Err(look::unread(error));
        }
        objects.extend(page.entries);
        let others = page.prefixes.iter().filter(|folder| !own.contains(*folder));
        below.extend(others.map(|folder| match Place::of(folder) {
            Place::Repository { repository } => repository.to_string(),
            _ => folder.clone(),
        }));
        next = page.next;
        if next.is_none() {
            return Ok((objects, below));
        }
    }
}
