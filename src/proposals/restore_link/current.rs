//! Writes a tag's link back, where the tag's history tells what it should hold.

use std::collections::BTreeMap;

use super::super::look::{self, Content};
use super::super::{Ground, NoProposal, words};
use super::{as_it_is, now_holds, there, write};
use crate::model::Item;
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, tag_prefix};
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::report::{HopState, Role, TagReport};
use crate::storage::Entry;

/// A tag's link follows from its history, if that names exactly one revision.
pub async fn item(
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
