//! Deletes a tag through the registry's API: second choice where the bucket holds the tags, the only one where a
//! metadata database does.

use super::words;
use super::{Ground, NoProposal};
use crate::model::{Act, Item, Step, Subject, TagState, Target};
use crate::registry::mode::Mode;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::report::TagReport;
use crate::sources::registry_api::{ApiError, Client, DeleteByTag, ManifestAnswer};

const NO_ADDRESS: &str = "the registry's address is not known: set url in the profile's registry section, or \
                          QUARTERDECK_REGISTRY_URL";

const NOT_ARMED: &str = "whether this registry deletes by tag is found out by asking it to delete a tag that nobody \
                         has, and that is only done while this session may write: start with --write, or type \
                         :write 10m";

/// A tag to be deleted, and what was seen of it.
struct Doomed {
    repository: Repository,
    tag: Tag,
    mode: Mode,
    report: TagReport,
    /// What the registry serves under the tag.
    served: Result<ManifestAnswer, ApiError>,
}

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let Subject::Tag { repository, tag } = &target.subject else {
        return Err(NoProposal::NotHere(format!(
            "{} is no tag, and a DELETE by digest would take every tag on it",
            target.subject
        )));
    };
    let (repository, tag) = (Repository::found(repository), Tag::found(tag));
    if let Some(flaw) = repository.flaw().or_else(|| tag.flaw()) {
        return Err(NoProposal::NotHere(format!("the API has no words for this name: {flaw}")));
    }
    let looking = ground.scene.looking;
    let client = looking.client().ok_or_else(|| NoProposal::NotHere(NO_ADDRESS.to_owned()))?;
    can_delete(ground, client, &repository).await?;
    let reference = Reference::tag(repository.clone(), tag.clone());
    let served = client.manifest(&reference).await;
    let report = looking.look(ground.store(), &reference).await;
    let doomed = Doomed { repository, tag, mode: looking.mode(ground.store()).await, report, served };
    doomed.is_there()?;
    doomed.is_the_same_registry()?;
    Ok(doomed.item(ground, target))
}

/// Asks the registry, which takes a permit.
async fn can_delete(ground: &Ground<'_>, client: &Client, repository: &Repository) -> Result<(), NoProposal> {
    let permit = ground.scene.permit.ok_or_else(|| NoProposal::NotHere(NOT_ARMED.to_owned()))?;
    match ground.deletes_by_tag(client, permit, repository).await {
        DeleteByTag::Yes(_) => Ok(()),
        DeleteByTag::No(why) => Err(NoProposal::NotHere(why)),
        DeleteByTag::Unknown(why) => {
            Err(NoProposal::Unread(format!("whether this registry deletes by tag was not found out: {why}")))
        }
    }
}

impl Doomed {
    fn is_there(&self) -> Result<(), NoProposal> {
        match (self.report.state, &self.served) {
            (TagState::Absent, Err(error)) if error.is_not_found() => {
                Err(NoProposal::Absent(format!("there is no tag {}:{}", self.repository, self.tag)))
            }
            (TagState::Absent | TagState::Whole | TagState::Broken | TagState::Unknown, _) => Ok(()),
        }
    }

    /// Where the bucket holds the tags, it and the registry have to tell the same story.
    fn is_the_same_registry(&self) -> Result<(), NoProposal> {
        let (Mode::FileMetadata, Ok(served)) = (&self.mode, &self.served) else { return Ok(()) };
        let in_bucket = self.report.digest.as_deref();
        let served = served.digest.to_string();
        match in_bucket {
            _ if self.report.state == TagState::Absent => {}
            Some(digest) if digest != served => {}
            Some(_) | None => return Ok(()),
        }
        Err(NoProposal::Unread(format!(
            "the registry serves {served} under this tag, and in the bucket it is {}: either somebody pushed just now, \
             then ask once more, or this registry does not keep its tags in this bucket",
            in_bucket.unwrap_or("not there")
        )))
    }

    fn item(&self, ground: &Ground<'_>, target: &Target) -> Item {
        Item {
            subject: target.subject.clone(),
            state: Some(self.report.state),
            why: words::why(&self.report),
            steps: vec![self.step()],
            references: vec![
                "only the tag goes: other tags on the same manifest stay, as does the manifest by its digest"
                    .to_owned(),
            ],
            before: self.before(ground),
            after: "GET by tag 404, as for a tag that never was; a push makes it anew".to_owned(),
            mind: self.mind(),
        }
    }

    fn step(&self) -> Step {
        let (repository, tag) = (self.repository.to_string(), self.tag.to_string());
        Step {
            key: format!("{repository}:{tag}"),
            act: Act::ApiDelete { repository, tag },
            size: self.served.as_ref().ok().map(|served| served.bytes.len() as u64),
            modified: None,
            guards: Vec::new(),
        }
    }

    fn before(&self, ground: &Ground<'_>) -> String {
        match &self.served {
            Ok(served) => format!("GET by tag 200, {}", served.digest),
            Err(error) => match error.status {
                Some(status) => format!("GET by tag {status}"),
                None => words::before(&self.report, ground.kind()),
            },
        }
    }

    fn mind(&self) -> Vec<String> {
        let mut mind = vec![
            "the API knows no precondition: a push of this tag in the same moment would be deleted as well"
                .to_owned(),
        ];
        match &self.mode {
            Mode::FileMetadata => mind.push(
                "delete-tag does the same in the bucket, only while nothing has changed, and comes before this"
                    .to_owned(),
            ),
            Mode::MetadataDatabase => mind.push(
                "a registry with a metadata database collects a manifest that no tag and no index names any more by \
                 itself, after a while; what undo pushes back is only the manifest"
                    .to_owned(),
            ),
            Mode::Unknown { why } => {
                mind.push(format!("where this registry keeps its tags is not known: {why}"));
            }
        }
        if let Err(error) = &self.served {
            mind.push(format!("it cannot be undone: the registry does not serve its manifest ({error})"));
        }
        mind
    }
}
