//! The step that takes another one back, after a look at what is there now.

use super::earlier::{holds, seen};
use super::{files, servers};
use crate::execution::journal::{Happened, History};
use crate::model::{Act, Backup, Content, Step, StepOutcome};
use crate::proposals::NoProposal;
use crate::registry::digest::Digest;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::sources::haproxy::Fleet;
use crate::sources::registry_api::Client;
use crate::storage::{ErrorKind, ObjectStore, Version};

/// What takes a step back.
pub enum Inverse {
    Step(Act),
    /// Nothing has to be done: it is as it was.
    Nothing,
    /// It is left as it is; why.
    Left(String),
}

/// Where steps are taken back.
pub struct Ground<'a> {
    pub store: &'a dyn ObjectStore,
    pub client: Option<&'a Client>,
    pub fleet: Option<&'a Fleet>,
}

impl Ground<'_> {
    /// What takes back the step of this number, if it happened.
    pub async fn inverse(
        &self,
        history: &History,
        number: usize,
        step: &Step,
    ) -> Result<Option<Step>, Result<String, NoProposal>> {
        let happened = history.happened(number);
        if happened == Happened::No {
            return Ok(None);
        }
        let written = match history.outcomes.get(&number) {
            Some(StepOutcome::Done { version }) => version.as_deref(),
            Some(_) | None => None,
        };
        let past = Past { key: &step.key, kept: history.kept.get(&number), written };
        let inverse = match &step.act {
            Act::Delete { version } => self.deleted(&past, version).await,
            Act::RemoveFolder => self.folder_removed(&past).await,
            Act::MakeFolder { .. } => self.folder_made(&past).await,
            Act::Create { content } | Act::PutBack { content, .. } => self.created(&past, content).await,
            Act::Replace { version, content } => self.replaced(&past, version, content).await,
            Act::ApiDelete { repository, tag } => self.deleted_by_api(&past, repository, tag).await,
            Act::ApiPut { repository, tag, content, .. } => self.put_by_api(repository, tag, content).await,
            Act::SetServer(change) => Ok(servers::inverse(self.fleet, change).await),
            Act::EmptyLog(log) => Ok(files::inverse(log)),
        };
        match inverse.map_err(Err)? {
            Inverse::Nothing => Ok(None),
            Inverse::Left(why) => Err(Ok(why)),
            Inverse::Step(act) => {
                let size = past.kept.map(|kept| kept.size).filter(|_| !act.is_folder());
                Ok(Some(Step { act, key: step.key.clone(), size, modified: None, guards: Vec::new() }))
            }
        }
    }

    async fn deleted(&self, past: &Past<'_>, version: &str) -> Result<Inverse, NoProposal> {
        let Some(kept) = past.kept else {
            return Ok(Inverse::Left(format!("of {} nothing was kept", past.key)));
        };
        let Some(entry) = seen(self.store, past.key).await? else {
            let (version, content) = (version.to_owned(), Content::Backup(kept.clone()));
            return Ok(Inverse::Step(Act::PutBack { version, content }));
        };
        let untouched = entry.version.agrees_with(&Version(version.to_owned()));
        if untouched || holds(self.store, &entry, kept.size, kept.digest.as_deref()).await? {
            return Ok(Inverse::Nothing);
        }
        Ok(left(past.key))
    }

    /// What was written goes, as long as it is what was written.
    async fn created(&self, past: &Past<'_>, content: &Content) -> Result<Inverse, NoProposal> {
        Ok(match self.ours(past, content).await? {
            Now::Gone => Inverse::Nothing,
            Now::Ours(version) => Inverse::Step(Act::Delete { version }),
            Now::Other => left(past.key),
        })
    }

    async fn replaced(
        &self,
        past: &Past<'_>,
        version: &str,
        content: &Content,
    ) -> Result<Inverse, NoProposal> {
        let Some(kept) = past.kept else {
            return Ok(Inverse::Left(format!("of {} nothing was kept", past.key)));
        };
        let back = Content::Backup(kept.clone());
        Ok(match self.ours(past, content).await? {
            Now::Gone => Inverse::Step(Act::Create { content: back }),
            Now::Ours(version) => Inverse::Step(Act::Replace { version, content: back }),
            Now::Other => match seen(self.store, past.key).await? {
                Some(entry) if entry.version.agrees_with(&Version(version.to_owned())) => Inverse::Nothing,
                Some(entry) if holds(self.store, &entry, kept.size, kept.digest.as_deref()).await? => {
                    Inverse::Nothing
                }
                Some(_) | None => left(past.key),
            },
        })
    }

    /// Whether what is there is what the step wrote: by its version, or where that was never told, by its bytes.
    async fn ours(&self, past: &Past<'_>, content: &Content) -> Result<Now, NoProposal> {
        let Some(entry) = seen(self.store, past.key).await? else { return Ok(Now::Gone) };
        let same = match past.written {
            Some(version) => entry.version.agrees_with(&Version(version.to_owned())),
            None => {
                let (size, digest) = measure(content);
                holds(self.store, &entry, size, digest.as_deref()).await?
            }
        };
        Ok(if same { Now::Ours(entry.version.0) } else { Now::Other })
    }

    async fn folder_removed(&self, past: &Past<'_>) -> Result<Inverse, NoProposal> {
        let Some(attributes) = past.kept.and_then(|kept| kept.attributes.clone()) else {
            return Ok(Inverse::Nothing);
        };
        Ok(if self.is_folder(past.key).await? {
            Inverse::Nothing
        } else {
            Inverse::Step(Act::MakeFolder { attributes })
        })
    }

    async fn folder_made(&self, past: &Past<'_>) -> Result<Inverse, NoProposal> {
        let there = self.is_folder(past.key).await?;
        Ok(if there { Inverse::Step(Act::RemoveFolder) } else { Inverse::Nothing })
    }

    /// What removes the folders that a step made on its way, innermost first.
    pub async fn folders_made(&self, history: &History, number: usize) -> Result<Vec<Step>, NoProposal> {
        let mut steps = Vec::new();
        let made = history.makes.get(&number).filter(|_| history.happened(number) != Happened::No);
        for folder in made.into_iter().flatten().rev() {
            if self.is_folder(folder).await? {
                let (act, key) = (Act::RemoveFolder, folder.clone());
                steps.push(Step { act, key, size: None, modified: None, guards: Vec::new() });
            }
        }
        Ok(steps)
    }

    async fn is_folder(&self, key: &str) -> Result<bool, NoProposal> {
        match self.store.attributes(key).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind, ErrorKind::Gone | ErrorKind::Folder) => Ok(false),
            Err(error) => Err(NoProposal::Unread(error.to_string())),
        }
    }

    async fn deleted_by_api(
        &self,
        past: &Past<'_>,
        repository: &str,
        tag: &str,
    ) -> Result<Inverse, NoProposal> {
        let Some((kept, media_type)) = past.kept.and_then(|kept| Some((kept, kept.attributes.clone()?)))
        else {
            return Ok(Inverse::Left(format!(
                "of {repository}:{tag} nothing was kept: the registry served nothing"
            )));
        };
        let (repository, tag) = (repository.to_owned(), tag.to_owned());
        Ok(match self.manifest_now(&repository, &tag).await? {
            None => {
                let content = Content::Backup(kept.clone());
                Inverse::Step(Act::ApiPut { repository, tag, media_type, content })
            }
            Some(digest) if digest.is_some() && digest == kept.digest => Inverse::Nothing,
            Some(_) => Inverse::Left(format!("{repository}:{tag} was pushed since and is left as it is")),
        })
    }

    async fn put_by_api(
        &self,
        repository: &str,
        tag: &str,
        content: &Content,
    ) -> Result<Inverse, NoProposal> {
        let (repository, tag) = (repository.to_owned(), tag.to_owned());
        Ok(match self.manifest_now(&repository, &tag).await? {
            None => Inverse::Nothing,
            Some(digest) if digest.is_some() && digest == measure(content).1 => {
                Inverse::Step(Act::ApiDelete { repository, tag })
            }
            Some(_) => Inverse::Left(format!("{repository}:{tag} was pushed since and is left as it is")),
        })
    }

    /// The digest that the registry names for a tag, if it says; nothing where there is no such tag.
    async fn manifest_now(&self, repository: &str, tag: &str) -> Result<Option<Option<String>>, NoProposal> {
        let Some(client) = self.client else {
            let why = "the registry's address is not known; set url in the profile's registry section";
            return Err(NoProposal::Unread(why.to_owned()));
        };
        let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
        match client.head_manifest(&reference).await {
            Ok(head) => Ok(Some(head.claimed)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(NoProposal::Unread(error.to_string())),
        }
    }
}

/// A step that was done.
struct Past<'a> {
    key: &'a str,
    kept: Option<&'a Backup>,
    /// The version that it wrote.
    written: Option<&'a str>,
}

enum Now {
    Gone,
    /// In this version.
    Ours(String),
    Other,
}

fn left(key: &str) -> Inverse {
    Inverse::Left(format!("{key} was written since and is left as it is"))
}

/// Size and digest of what is to be written.
pub fn measure(content: &Content) -> (u64, Option<String>) {
    match content {
        Content::Text(text) => (text.len() as u64, Some(Digest::of(text.as_bytes()).to_string())),
        Content::Backup(kept) => (kept.size, kept.digest.clone()),
    }
}
