//! Deletes a revision link that no tag needs any more, or that is itself what breaks its tags.

use super::delete_layer_link::alone;
use super::{Ground, NoProposal, look, manifests, words};
use crate::model::{Finding, Item, Subject, TagState, Target};
use crate::registry::checks::find;
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, Place};
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::report::TagReport;

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let (repository, digest) = named(target)?;
    let key = Key::RevisionLink { repository: repository.clone(), digest: digest.clone() }.path();
    let entry = match look::at(ground.store(), &key).await? {
        look::Stands::Object(entry) => entry,
        look::Stands::Nothing => return Err(NoProposal::Absent(format!("there is no {key}"))),
        look::Stands::Folder => {
            return Err(NoProposal::NotHere(format!("a folder stands at {key}, not a link")));
        }
    };
    // A push writes the tag's link after this one.
    look::has_settled(ground, &key, entry.modified).await?;
    let reference = Reference::digest(repository.clone(), digest.clone());
    let report = ground.scene.looking.look(ground.store(), &reference).await;
    let own: Vec<&Finding> =
        report.findings.iter().filter(|found| is_its_own(found, &key, &digest)).collect();
    let mut item = words::blank(&target.subject);
    item.why = own.iter().map(|found| words::finding(found)).collect();
    users(ground, &repository, &digest, !own.is_empty(), &mut item).await?;
    item.steps.push(look::delete(&entry, Vec::new()));
    let folder = Place::Revision { repository: repository.clone(), digest: digest.clone() }.prefix();
    if alone(ground, &folder, &key).await {
        item.steps.push(look::remove_folder(&folder, Vec::new()));
    }
    item.before = before(&report, &own, ground);
    item.after =
        "GET by digest 404; garbage collection passes over it and takes the manifest's blob, unless another \
                  repository links it"
            .to_owned();
    if own.is_empty() {
        item.state = Some(report.state);
        item.mind.push(match report.state {
            TagState::Unknown => format!(
                "whether something is wrong with this manifest could not be read: {}",
                words::why(&report).join("; ")
            ),
            TagState::Whole | TagState::Broken | TagState::Absent => {
                "nothing is wrong with this manifest: whoever pulls it by digest cannot any more".to_owned()
            }
        });
    }
    Ok(item)
}

fn named(target: &Target) -> Result<(Repository, Digest), NoProposal> {
    let object = match (&target.object, &target.subject) {
        (Some(object), _) | (None, Subject::Object(object)) => object.clone(),
        (None, Subject::Manifest { repository, digest }) => match Digest::parse(digest) {
            Ok(digest) => Key::RevisionLink { repository: Repository::found(repository), digest }.path(),
            Err(why) => return Err(NoProposal::NotHere(format!("{digest} is no digest: {why}"))),
        },
        (None, _) => target.subject.to_string(),
    };
    match Key::parse(&object) {
        Key::RevisionLink { repository, digest } => Ok((repository, digest)),
        _ => Err(NoProposal::NotHere(format!("{object} is no revision link"))),
    }
}

/// Whether a finding is about the link or its manifest, and not about a layer or a child.
fn is_its_own(found: &Finding, link: &str, digest: &Digest) -> bool {
    let breaks = found.severity.breaks_tag();
    breaks && (found.object == link || found.object == Key::BlobData { digest: digest.clone() }.path())
}

/// Refuses while anything that works needs the link, and says what was searched for.
async fn users(
    ground: &Ground<'_>,
    repository: &Repository,
    digest: &Digest,
    is_broken: bool,
    item: &mut Item,
) -> Result<(), NoProposal> {
    let tags = ground.tags(repository).await?;
    let unseen = tags.unseen();
    if !unseen.is_empty() {
        return Err(NoProposal::Unread(format!(
            "whether a tag needs {digest} is not known: {}",
            unseen.join("; ")
        )));
    }
    let on: Vec<&Tag> = tags.on(digest).collect();
    let manifests = manifests::of(ground.store(), &tags).await;
    if !is_broken && !manifests.unseen.is_empty() {
        return Err(NoProposal::Unread(format!(
            "whether an index lists {digest} is not known: {}",
            manifests.unseen.join("; ")
        )));
    }
    let listing: Vec<&str> = manifests.naming(digest).into_iter().collect();
    match (on.as_slice(), listing.as_slice()) {
        ([], _) => item.why.push(format!("no tag of {repository} points at it ({} looked at)", words::count(tags.all.len(), "tag"))),
        (on, _) if is_broken => item.mind.push(format!(
            "these tags point at it and are broken by it: {}; delete-tag first, or they stay listed and answer 404",
            words::names(on)
        )),
        (on, _) => {
            return Err(NoProposal::NotHere(format!(
                "these tags of {repository} point at {digest} and would break: {}; delete-tag them first",
                words::names(on)
            )));
        }
    }
    match listing.as_slice() {
        [] => item.references.push(format!(
            "no index that a tag leads to lists it ({} read); indexes without a tag were not searched",
            words::count(manifests.all.len(), "manifest")
        )),
        tags if is_broken => item.references.push(format!(
            "indexes list it, whose platform cannot be pulled already: {}",
            words::names(tags)
        )),
        tags => {
            return Err(NoProposal::NotHere(format!(
                "an index lists {digest}, and one of its platforms would break: {}",
                words::names(tags)
            )));
        }
    }
    item.mind.extend(manifests.gaps());
    Ok(())
}

fn before(report: &TagReport, own: &[&Finding], ground: &Ground<'_>) -> String {
    match own.first().and_then(|found| find(found.id)) {
        Some(check) => words::clients(check, ground.kind()),
        None => words::before(report, ground.kind()).replace("by tag", "by digest"),
    }
}
