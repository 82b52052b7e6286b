//! Does one step: writes, and finds out what happened where the answer was lost.

use std::path::Path;

use bytes::Bytes;

use super::{files, registry_api, servers};
use crate::execution::backup;
use crate::model::{Act, Content, Permit, Step, StepOutcome};
use crate::sources::haproxy::Fleet;
use crate::sources::registry_api::Client;
use crate::storage::{Aftermath, Attributes, Entry, ErrorKind, ObjectStore, StoreError, Version};

/// What steps are done with.
pub struct Hands<'a> {
    pub store: &'a dyn ObjectStore,
    pub client: Option<&'a Client>,
    pub fleet: Option<&'a Fleet>,
    pub permit: Permit,
    /// The folder of all backups.
    pub backups: &'a Path,
    /// A prefix under which nothing was seen, and for how many folders to be removed that stands.
    pub nothing_below: Option<(String, usize)>,
}

impl<'a> Hands<'a> {
    pub const fn new(
        store: &'a dyn ObjectStore,
        (client, fleet): (Option<&'a Client>, Option<&'a Fleet>),
        permit: Permit,
        backups: &'a Path,
    ) -> Self {
        Self { store, client, fleet, permit, backups, nothing_below: None }
    }

    /// Does a step, if everything is still as it has to be.
    pub async fn act(&mut self, step: &Step) -> StepOutcome {
        if let Some(outcome) = self.guarded(step).await {
            return outcome;
        }
        match &step.act {
            Act::Delete { version } => self.delete(&step.key, &Version(version.clone())).await,
            Act::Create { content } => self.create(&step.key, content).await,
            Act::Replace { version, content } => {
                self.replace(&step.key, &Version(version.clone()), content).await
            }
            Act::PutBack { version, content } => {
                self.put_back(&step.key, &Version(version.clone()), content).await
            }
            Act::RemoveFolder => {
                let outcome = self.remove_folder(&step.key).await;
                if !matches!(outcome, StepOutcome::Done { .. }) {
                    self.nothing_below = None;
                }
                outcome
            }
            Act::SetServer(change) => servers::set(self.fleet, self.permit, change).await,
            Act::EmptyLog(log) => files::set_to_nothing(self.permit, log).await,
            Act::MakeFolder { attributes } => self.make_folder(&step.key, attributes).await,
            Act::ApiDelete { repository, tag } => {
                registry_api::delete(self.client, self.permit, repository, tag).await
            }
            Act::ApiPut { repository, tag, media_type, content } => match self.bytes(content) {
                Ok(bytes) => {
                    registry_api::put(self.client, self.permit, repository, tag, media_type, bytes).await
                }
                Err(why) => StepOutcome::Failed { why },
            },
        }
    }

    async fn delete(&self, key: &str, version: &Version) -> StepOutcome {
        let error = match self.store.delete(key, version).await {
            Ok(()) => return StepOutcome::Done { version: None },
            Err(error) => error,
        };
        match error.kind {
            ErrorKind::Gone => already(format!("{key} was gone already")),
            ErrorKind::Changed => changed(&error),
            ErrorKind::Denied | ErrorKind::Folder | ErrorKind::Special => failed(&error),
            ErrorKind::Throttled | ErrorKind::Unreachable | ErrorKind::Broken => {
                match self.store.stat(key).await {
                    Err(gone) if gone.is_gone() => StepOutcome::Done { version: None },
                    Ok(entry) if entry.version.agrees_with(version) => failed(&error),
                    Ok(entry) => StepOutcome::Changed { why: written_since(key, &entry) },
                    Err(_) => in_doubt(&error, "deleted"),
                }
            }
        }
    }

    async fn create(&self, key: &str, content: &Content) -> StepOutcome {
        let bytes = match self.bytes(content) {
            Ok(bytes) => bytes,
            Err(why) => return StepOutcome::Failed { why },
        };
        let attributes = attributes_of(content);
        match self.store.create(key, bytes.clone(), attributes.as_ref()).await {
            Ok(entry) => done(entry),
            Err(error) => self.not_written(key, &bytes, error).await,
        }
    }

    async fn replace(&self, key: &str, version: &Version, content: &Content) -> StepOutcome {
        let bytes = match self.bytes(content) {
            Ok(bytes) => bytes,
            Err(why) => return StepOutcome::Failed { why },
        };
        match self.store.replace(key, bytes.clone(), version).await {
            Ok(entry) => done(entry),
            Err(error) if error.is_gone() => StepOutcome::Changed { why: format!("{key} is gone since") },
            Err(error) => self.not_written(key, &bytes, error).await,
        }
    }

    /// What a write that was not confirmed came to: what is there decides.
    async fn not_written(&self, key: &str, bytes: &Bytes, error: StoreError) -> StepOutcome {
        if matches!(error.kind, ErrorKind::Denied | ErrorKind::Gone | ErrorKind::Folder | ErrorKind::Special)
        {
            return failed(&error);
        }
        let ours = error.kind != ErrorKind::Changed;
        match self.store.read(key, None).await {
            Ok(object) if object.bytes == bytes && ours => done(object.entry),
            Ok(object) if object.bytes == bytes => {
                already(format!("{key} is there already, with these very bytes"))
            }
            Ok(_) => StepOutcome::Changed {
                why: format!("{key} was written by somebody else since; it was left as it is"),
            },
            Err(gone) if gone.is_gone() && ours => failed(&error),
            Err(_) if ours => in_doubt(&error, "written"),
            Err(_) => changed(&error),
        }
    }

    async fn put_back(&self, key: &str, version: &Version, content: &Content) -> StepOutcome {
        let error = match self.store.undelete(key, version).await {
            Ok(entry) => return done(entry),
            Err(error) => error,
        };
        match (error.kind, self.bytes(content)) {
            (ErrorKind::Gone | ErrorKind::Denied, Ok(_)) => self.create(key, content).await,
            (ErrorKind::Gone | ErrorKind::Denied, Err(why)) => {
                StepOutcome::Failed { why: format!("{error}; and {why}") }
            }
            (ErrorKind::Changed, content) => self.taken(key, version, content.ok(), error).await,
            (_, Ok(bytes)) => self.not_written(key, &bytes, error).await,
            (_, Err(_)) => in_doubt(&error, "put back"),
        }
    }

    /// What stands in the way of an object that was to be put back: late bytes go before the old ones.
    async fn taken(
        &self,
        key: &str,
        version: &Version,
        bytes: Option<Bytes>,
        error: StoreError,
    ) -> StepOutcome {
        match (self.store.look_again(key, version).await, bytes) {
            (Ok(Aftermath::PutBack), _) => StepOutcome::Changed {
                why: format!(
                    "somebody wrote to {key} in the moment it was deleted; that was put back instead"
                ),
            },
            (_, Some(bytes)) => self.not_written(key, &bytes, error).await,
            (_, None) => changed(&error),
        }
    }

    async fn remove_folder(&self, key: &str) -> StepOutcome {
        match self.store.remove_folder(key).await {
            Ok(()) => StepOutcome::Done { version: None },
            Err(error) if error.is_gone() => already(format!("{key} was gone already")),
            Err(error) if error.kind == ErrorKind::Changed => {
                already(format!("{key} is not empty, so it was left"))
            }
            Err(error) => failed(&error),
        }
    }

    async fn make_folder(&self, key: &str, attributes: &str) -> StepOutcome {
        let attributes = (!attributes.is_empty()).then(|| Attributes(attributes.to_owned()));
        match self.store.make_folder(key, attributes.as_ref()).await {
            Ok(()) => StepOutcome::Done { version: None },
            Err(error) if error.kind == ErrorKind::Changed => already(format!("{key} is there already")),
            Err(error) => failed(&error),
        }
    }

    fn bytes(&self, content: &Content) -> Result<Bytes, String> {
        match content {
            Content::Text(text) => Ok(Bytes::copy_from_slice(text.as_bytes())),
            Content::Backup(kept) => backup::bytes(self.backups, kept),
        }
    }
}

fn attributes_of(content: &Content) -> Option<Attributes> {
    match content {
        Content::Text(_) => None,
        Content::Backup(kept) => kept.attributes.clone().map(Attributes),
    }
}

fn done(entry: Entry) -> StepOutcome {
    StepOutcome::Done { version: Some(entry.version.0) }
}

fn already(why: String) -> StepOutcome {
    StepOutcome::Already { why }
}

fn changed(error: &StoreError) -> StepOutcome {
    StepOutcome::Changed { why: error.to_string() }
}

fn failed(error: &StoreError) -> StepOutcome {
    StepOutcome::Failed { why: error.to_string() }
}

fn in_doubt(error: &StoreError, done: &str) -> StepOutcome {
    StepOutcome::Failed {
        why: format!("{error}; whether it was {done} is not known, so look before the next step"),
    }
}

/// What is said of an object that is no longer as it was shown.
pub fn written_since(key: &str, now: &Entry) -> String {
    let size = now.size.map(|size| format!(": it has {size} bytes now")).unwrap_or_default();
    let at = now.modified.map(|at| format!(", written {}", at.strftime("%Y-%m-%d %H:%M:%SZ")));
    format!("{key} was written to since{size}{}", at.unwrap_or_default())
}
