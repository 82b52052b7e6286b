//! Deletes a tag's folder: a broken tag loses its link first, any other last.

use super::look::{self, Contents};
use super::tags::Tags;
use super::words;
use super::{Ground, NoProposal};
use crate::model::{Expect, Guard, Item, Step, Subject, TagState, Target};
use crate::registry::checks::repairs::{DELETE_STRAY, DELETE_WRONG_BLOB};
use crate::registry::checks::{Effect, StoreKind};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, tag_prefix};
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::repair::leaves_gc_stopped;
use crate::registry::report::{Role, TagReport};
use crate::storage::{Entry, Version};

/// When a tag loses its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is what breaks.
    LinkFirst,
    /// A plan that stops half-way leaves a tag that works.
    LinkLast,
}

impl Order {
    pub const fn of(state: TagState) -> Self {
        match state {
            TagState::Broken => Self::LinkFirst,
            TagState::Whole | TagState::Unknown | TagState::Absent => Self::LinkLast,
        }
    }
}

/// The deletes of all objects of a tag's folder. Until the tag's link is deleted it has to be as it was seen,
/// afterwards it has to stay away: a push that comes in between stops the plan.
pub fn steps(link: &str, objects: &[Entry], order: Order) -> Vec<Step> {
    let current = objects.iter().find(|entry| entry.key == link);
    let guard = |expect| vec![Guard { key: link.to_owned(), expect }];
    let around = match (order, current) {
        (Order::LinkLast, Some(entry)) => guard(Expect::Version(entry.version.0.clone())),
        (Order::LinkFirst, _) | (Order::LinkLast, None) => guard(Expect::Absent),
    };
    let in_its_place = format!("{link}/");
    let rank = |entry: &&Entry| match Key::parse(&entry.key) {
        _ if entry.key.starts_with(&in_its_place) => 0,
        Key::IndexLink { .. } => 1,
        _ => 2,
    };
    let mut others: Vec<&Entry> = objects.iter().filter(|entry| entry.key != link).collect();
    others.sort_by_key(rank);
    let others = others.into_iter().map(|entry| look::delete(entry, around.clone()));
    let current = current.map(|entry| look::delete(entry, Vec::new()));
    match order {
        Order::LinkFirst => current.into_iter().chain(others).collect(),
        Order::LinkLast => others.chain(current).collect(),
    }
}

/// A tag to be deleted, and what was seen of it.
struct Doomed<'a> {
    ground: &'a Ground<'a>,
    repository: Repository,
    tag: Tag,
    /// Key of `current/link`.
    link: String,
    contents: Contents,
    report: TagReport,
}

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let Subject::Tag { repository, tag } = &target.subject else {
        return Err(NoProposal::NotHere(format!("{} is no tag", target.subject)));
    };
    if tag.contains('/') {
        // Below the folder of another tag: `v1/index` would be the history of v1.
        return Err(NoProposal::NotHere(format!(
            "{} is no tag: no tag has a slash in its name",
            target.subject
        )));
    }
    let (repository, tag) = (Repository::found(repository), Tag::found(tag));
    let contents = look::below(ground.store(), &tag_prefix(&repository, &tag)).await?;
    let reference = Reference::tag(repository.clone(), tag.clone());
    let report = ground.scene.looking.look(ground.store(), &reference).await;
    let link = Key::CurrentLink { repository: repository.clone(), tag: tag.clone() }.path();
    let doomed = Doomed { ground, repository, tag, link, contents, report };
    doomed.is_there()?;
    doomed.is_what_was_judged()?;
    Ok(doomed.item(target).await)
}

impl Doomed<'_> {
    fn is_there(&self) -> Result<(), NoProposal> {
        let only_marker = match self.contents.objects.as_slice() {
            [only] => only.key == tag_prefix(&self.repository, &self.tag),
            _ => false,
        };
        let stray = self.report.findings.iter().find(|found| found.repairs.contains(&DELETE_STRAY));
        if !self.contents.is_empty() && !only_marker {
            return Ok(());
        }
        match stray {
            Some(stray) => Err(NoProposal::NotHere(format!(
                "{} is no tag: {}; {} deletes it",
                stray.object,
                stray.detail,
                DELETE_STRAY.name()
            ))),
            None if self.report.state == TagState::Unknown => Err(NoProposal::Unread(format!(
                "whether there is a tag {}:{} could not be read: {}",
                self.repository,
                self.tag,
                words::why(&self.report).join("; ")
            ))),
            None => Err(NoProposal::Absent(words::why(&self.report).join("; "))),
        }
    }

    /// The link that would be deleted has to be the one that was judged.
    fn is_what_was_judged(&self) -> Result<(), NoProposal> {
        let judged = self.report.hops.iter().find(|hop| hop.role == Role::TagLink);
        let judged = judged.and_then(|hop| hop.version.clone()).map(Version);
        let same = match (judged, self.current()) {
            (Some(judged), Some(now)) => judged.agrees_with(&now.version),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if same { Ok(()) } else { Err(look::changed(&self.link)) }
    }

    fn current(&self) -> Option<&Entry> {
        self.contents.objects.iter().find(|entry| entry.key == self.link)
    }

    async fn item(&self, target: &Target) -> Item {
        let tags = self.ground.tags(&self.repository).await;
        let (mut references, mut mind) = match &tags {
            Ok(tags) => (self.references(tags), self.surroundings(tags)),
            Err(why) => (Vec::new(), vec![format!("other tags of the repository were not looked at: {why}")]),
        };
        references.push(
            "the manifest, its revision link and all blobs stay: what else names them, by digest or in an index, \
             keeps working"
                .to_owned(),
        );
        mind.extend(self.left_behind());
        Item {
            subject: target.subject.clone(),
            state: Some(self.report.state),
            why: words::why(&self.report),
            steps: self.steps(),
            references,
            before: words::before(&self.report, self.ground.kind()),
            after: self.after(),
            mind,
        }
    }

    fn steps(&self) -> Vec<Step> {
        let gone = [Guard { key: self.link.clone(), expect: Expect::Absent }];
        let order = Order::of(self.report.state);
        let mut steps = steps(&self.link, &self.contents.objects, order);
        steps.extend(self.contents.remove_folders(&gone));
        steps
    }

    /// The digests that the tag leads or led to: the one it names, else those of its history.
    fn digests(&self) -> Vec<Digest> {
        match self.report.digest.as_deref().and_then(|text| Digest::parse(text).ok()) {
            Some(digest) => vec![digest],
            None => {
                let keys = self.contents.objects.iter().map(|entry| Key::parse(&entry.key));
                keys.filter_map(|key| key.promise().cloned()).collect()
            }
        }
    }

    fn references(&self, tags: &Tags) -> Vec<String> {
        let digests = self.digests();
        let others: Vec<&Tag> =
            digests.iter().flat_map(|digest| tags.on(digest)).filter(|tag| **tag != self.tag).collect();
        let searched = words::count(tags.all.len(), "tag");
        let mut said = vec![match (digests.as_slice(), others.as_slice()) {
            ([], _) => {
                "nothing tells which manifest it stood for, so no other tag could be compared".to_owned()
            }
            (_, []) => format!(
                "no other tag points at the same manifest ({searched} of the repository were compared)"
            ),
            (_, others) => format!(
                "{} at the same manifest and {} by a link of {} own: {}",
                if others.len() == 1 { "another tag points" } else { "other tags point" },
                if others.len() == 1 { "works" } else { "work" },
                if others.len() == 1 { "its" } else { "their" },
                words::names(others)
            ),
        }];
        said.extend(tags.unseen());
        said
    }

    /// What becomes of the repository.
    fn surroundings(&self, tags: &Tags) -> Vec<String> {
        let kind = self.ground.kind();
        let goes = |tag: &Tag| *tag == self.tag || self.ground.is_ordered(&self.repository, tag);
        let mut mind = Vec::new();
        let last = tags.more.is_none() && !tags.all.is_empty() && tags.all.keys().all(goes);
        if last && kind == StoreKind::Bucket {
            mind.push(
                "no tag is left in the repository afterwards: in a bucket its tags folder vanishes, and \
                 garbage-collect -m of 2.x stops there for the whole registry while revisions remain; \
                 delete-repository or delete-revision-link takes those (3.x does not mind)"
                    .to_owned(),
            );
        } else if last {
            mind.push("no tag is left in the repository afterwards".to_owned());
        }
        let poison = tags.poison(kind, goes);
        let poisons = !tags.poison(kind, |tag| *tag != self.tag).is_empty();
        match (poisons, poison.as_slice()) {
            (true, []) => mind.push(
                "until it is gone, DELETE by digest of any other tag here destroys that tag; afterwards no more"
                    .to_owned(),
            ),
            (_, []) => {}
            (_, others) => mind.push(format!(
                "also afterwards, DELETE by digest of any tag here destroys that tag, because of {}",
                words::names(others)
            )),
        }
        mind
    }

    /// What the tag's folder does not take with it.
    fn left_behind(&self) -> Vec<String> {
        let mut mind = Vec::new();
        let findings = &self.report.findings;
        if findings.iter().any(leaves_gc_stopped) {
            mind.push(
                "what the tag led to still stops garbage collection afterwards: delete-revision-link is next"
                    .to_owned(),
            );
        }
        if findings.iter().any(|found| found.repairs.contains(&DELETE_WRONG_BLOB)) {
            mind.push(
                "a push never replaces a blob that is stored with wrong bytes: delete-wrong-blob before the same \
                 image is pushed again"
                    .to_owned(),
            );
        }
        mind
    }

    fn after(&self) -> String {
        let gone = "GET by tag 404, as for a tag that never was";
        let push = match self.tag.flaw() {
            Some(_) => "no listing shows it any more; no client could ask for it or push it by this name",
            None if words::has(&self.report, Effect::PushFails) => "a push of another image makes it anew",
            None => "a push makes it anew",
        };
        format!("{gone}; {push}")
    }
}
