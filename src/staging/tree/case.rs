//! One row of the tables of faults and look-alikes, and the scene on which it acts.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Severity, TagState};

use super::error::{Result, TreeError};
use super::image::Image;
use super::images::Images;
use super::keys;
use super::sink::Sink;
use super::truth::Blame;
use crate::registry::checks::StoreKind;

/// Which kinds of store can hold a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stores {
    Both,
    FileSystem,
    Bucket,
    Neither,
}

impl Stores {
    /// Whether a store of this kind can.
    pub fn hold(self, kind: StoreKind) -> bool {
        match self {
            Self::Both => true,
            Self::FileSystem => kind == StoreKind::FileSystem,
            Self::Bucket => kind == StoreKind::Bucket,
            Self::Neither => false,
        }
    }
}

/// Where a case is to be staged.
#[derive(Clone, Debug)]
pub struct Place {
    pub repository: String,
    pub tag: String,
}

/// How an image can get into a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A registry takes it from an ordinary client.
    Pushed,
    /// A registry or its clients refuse it or its name: it has to be put into the store.
    Planted,
}

/// An image that is there before anything is spoilt.
#[derive(Clone, Debug)]
pub struct Part {
    pub repository: String,
    pub tag: Option<String>,
    pub image: Image,
    pub arrival: Arrival,
}

impl Part {
    /// An image that a client pushes to a tag.
    pub fn pushed(repository: &str, tag: &str, image: Image) -> Self {
        Self { repository: repository.to_owned(), tag: Some(tag.to_owned()), image, arrival: Arrival::Pushed }
    }

    /// The same, put into the store behind the registry's back.
    pub fn planted(self) -> Self {
        Self { arrival: Arrival::Planted, ..self }
    }

    /// The same without a tag.
    pub fn untagged(self) -> Self {
        Self { tag: None, ..self }
    }
}

/// Makes the images that a case starts from.
pub type Cast = fn(&Images, &Place) -> Result<Vec<Part>>;

/// Changes the store after they were pushed.
pub type Change = fn(&mut Scene) -> Result<()>;

/// Whether a healthy image tagged `ok` stands beside the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Beside,
    Without,
}

/// A fault: how it comes about, and what it breaks.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The id of the check that has to find it.
    pub id: &'static str,
    pub severity: Severity,
    /// What has to be said about the tag, if the fault has one.
    pub tag: TagState,
    pub stores: Stores,
    /// Where a delete of any other digest of the repository fails half-way because of it.
    pub poisons: Stores,
    pub control: Control,
    pub cast: Cast,
    pub spoil: Change,
}

/// A state that looks like a fault and is none.
#[derive(Clone, Copy, Debug)]
pub struct Lookalike {
    pub id: &'static str,
    /// Why it is none.
    pub why: &'static str,
    pub stores: Stores,
    /// What has to be said about the place's tag.
    pub state: TagState,
    pub cast: Cast,
    pub add: Change,
}

/// The store around one case, after its images were pushed.
pub struct Scene<'a> {
    sink: &'a mut dyn Sink,
    /// For bytes that look invented.
    pub images: Images,
    /// The moment the tree is written for.
    pub now: Timestamp,
    pub place: &'a Place,
    /// What the cast put there.
    pub parts: &'a [Part],
    /// The healthy image beside it.
    pub control: Option<&'a Image>,
    row: Option<&'a Fault>,
    blames: Vec<Blame>,
}

impl<'a> Scene<'a> {
    /// The scene of a case; `row` names the fault that accusations will carry.
    pub fn new(
        sink: &'a mut dyn Sink,
        images: Images,
        now: Timestamp,
        place: &'a Place,
        parts: &'a [Part],
    ) -> Self {
        Self { sink, images, now, place, parts, control: None, row: None, blames: Vec::new() }
    }

    /// Lets a fault loose on the scene, and says what has to be found afterwards.
    pub fn spoil(mut self, fault: &'a Fault, control: Option<&'a Image>) -> Result<Vec<Blame>> {
        self.row = Some(fault);
        self.control = control;
        (fault.spoil)(&mut self)?;
        Ok(self.blames)
    }

    /// When ordinary objects of a tree were last changed: a day ago.
    pub fn modified(&self) -> Timestamp {
        self.ago(SignedDuration::from_hours(24))
    }

    /// A moment before the one that the tree is written for.
    pub fn ago(&self, age: SignedDuration) -> Timestamp {
        self.now.checked_sub(age).unwrap_or(self.now)
    }

    /// The first part: the one that most faults are about.
    pub fn part(&self) -> Result<&'a Part> {
        self.parts.first().ok_or_else(|| TreeError::Missing("no image was pushed".to_owned()))
    }

    /// Repository of the first part, or of the place if nothing was pushed.
    pub fn repository(&self) -> &'a str {
        self.parts.first().map_or(self.place.repository.as_str(), |part| part.repository.as_str())
    }

    /// Tag of the first part, or of the place.
    pub fn tag(&self) -> &'a str {
        self.parts.first().and_then(|part| part.tag.as_deref()).unwrap_or(self.place.tag.as_str())
    }

    /// Digest of the first part's configuration.
    pub fn config(&self) -> Result<&'a str> {
        let config = self.part()?.image.config.as_ref();
        config.map(|it| it.digest.as_str()).ok_or_else(|| TreeError::Missing("no configuration".to_owned()))
    }

    /// Digest of one of the first part's layers.
    pub fn layer(&self, number: usize) -> Result<&'a str> {
        let layer = self.part()?.image.layers.get(number);
        layer.map(|it| it.digest.as_str()).ok_or_else(|| TreeError::Missing(format!("no layer {number}")))
    }

    /// One of the first part's children.
    pub fn child(&self, number: usize) -> Result<&'a Image> {
        let child = self.part()?.image.children.get(number);
        child.ok_or_else(|| TreeError::Missing(format!("no child {number}")))
    }

    /// Invented bytes.
    pub fn noise(&self, label: &str, length: usize) -> Vec<u8> {
        self.images.seed.bytes(&format!("{} {label}", self.place.repository), length)
    }

    /// An invented UUID.
    pub fn uuid(&self, label: &str) -> String {
        self.images.seed.uuid(&format!("{} {label}", self.place.repository))
    }

    /// What lies at a key.
    pub fn get(&self, key: &str) -> Result<Bytes> {
        self.sink.get(key)
    }

    /// Writes an object, a day old.
    pub fn put(&mut self, key: &str, bytes: &[u8]) -> Result<()> {
        let modified = self.modified();
        self.sink.put(key, bytes, modified)
    }

    /// Writes an object of another age.
    pub fn put_at(&mut self, key: &str, bytes: &[u8], modified: Timestamp) -> Result<()> {
        self.sink.put(key, bytes, modified)
    }

    /// Removes an object if it is there.
    pub fn remove(&mut self, key: &str) -> Result<()> {
        if self.sink.has(key) { self.sink.remove(key) } else { Ok(()) }
    }

    /// Removes all below a folder.
    pub fn remove_all(&mut self, folder: &str) -> Result<()> {
        if self.sink.has(folder) { self.sink.remove_all(folder) } else { Ok(()) }
    }

    /// Makes an empty folder, where there is such a thing.
    pub fn folder(&mut self, key: &str) -> Result<()> {
        self.sink.folder(key)
    }

    /// Starts an upload: its date, its bytes and the state of its hash.
    pub fn upload(&mut self, id: &str, age: SignedDuration) -> Result<()> {
        let folder = keys::upload(self.repository(), id);
        let at = self.ago(age);
        self.put_at(
            &format!("{folder}/startedat"),
            at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().as_bytes(),
            at,
        )?;
        self.put_at(&format!("{folder}/data"), &self.noise("upload", 3000), at)?;
        self.put_at(&format!("{folder}/hashstates/sha256/0"), &self.noise("hash state", 108), at)
    }

    /// The finding has to name this tag and this object.
    pub fn blame_tag(&mut self, object: impl Into<String>) {
        let (repository, tag) = (self.repository().to_owned(), self.tag().to_owned());
        self.blame(Some(repository), Some(tag), object.into(), None);
    }

    /// The finding has to name this part's tag and this object.
    pub fn blame_part(&mut self, part: &Part, object: impl Into<String>) {
        self.blame(Some(part.repository.clone()), part.tag.clone(), object.into(), None);
    }

    /// The finding has to name something in the place of a tag that is none.
    pub fn blame_name(&mut self, name: &str, object: impl Into<String>) {
        self.blame(Some(self.repository().to_owned()), Some(name.to_owned()), object.into(), None);
    }

    /// The finding has to name the repository and this object.
    pub fn blame_repository(&mut self, object: impl Into<String>) {
        self.blame(Some(self.repository().to_owned()), None, object.into(), None);
    }

    /// The finding has to name this object of the store, with a severity of its own.
    pub fn blame_as(&mut self, severity: Severity, repository: Option<String>, object: impl Into<String>) {
        self.blame(repository, None, object.into(), Some(severity));
    }

    /// The finding has to name this object of the blob store.
    pub fn blame_store(&mut self, object: impl Into<String>) {
        self.blame(None, None, object.into(), None);
    }

    fn blame(
        &mut self,
        repository: Option<String>,
        tag: Option<String>,
        object: String,
        severity: Option<Severity>,
    ) {
        let Some(row) = self.row else { return };
        let severity = severity.unwrap_or(row.severity);
        if row.poisons != Stores::Neither {
            self.blames.push(Blame {
                id: "poisoned-repository",
                severity: Severity::DeleteBroken,
                state: TagState::Whole,
                stores: row.poisons,
                repository: repository.clone(),
                tag: None,
                object: object.clone(),
            });
        }
        let state = row.tag;
        self.blames.push(Blame { id: row.id, severity, state, stores: row.stores, repository, tag, object });
    }
}
