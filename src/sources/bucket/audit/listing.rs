//! One repository as a listing shows it: names, sizes and ages, folded object by object.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::blobs::Blobs;
use crate::model::{Finding, Severity, Subject};
use crate::registry::checks::{Check, repository, revision, tag_folder};
use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::{Key, Place, UploadPart};
use crate::registry::reference::{NameError, Repository, Tag};
use crate::storage::Entry;

/// What was seen of one upload.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// Key of its `startedat`, if it has one.
    pub started_at: Option<String>,
    /// Last change of any of its objects.
    pub newest: Option<Timestamp>,
}

/// Everything that a listing showed of one repository, without those below it.
#[derive(Debug)]
pub struct Listing {
    pub repository: Repository,
    /// All objects of its `_layers`, `_manifests` and `_uploads`, by key.
    pub entries: BTreeMap<String, Entry>,
    /// Folders below `tags/`, even empty ones.
    pub tags: BTreeSet<Tag>,
    /// Files directly under `tags/`: listed like tags.
    pub stray_tags: BTreeSet<Tag>,
    /// Revisions with a link at the right path.
    pub revisions: BTreeSet<Digest>,
    pub uploads: BTreeMap<String, Upload>,
    /// Links whose content names another digest than their path, on purpose: the content must be read.
    pub aliases: Vec<String>,
    pub folders: repository::Folders,
    /// Last change of any layer link.
    pub newest_layer: Option<Timestamp>,
    /// Faults that names alone prove.
    pub findings: Vec<Finding>,
}

impl Listing {
    /// A repository of which nothing has been seen yet.
    pub fn new(repository: Repository) -> Self {
        let mut listing = Self {
            entries: BTreeMap::new(),
            tags: BTreeSet::new(),
            stray_tags: BTreeSet::new(),
            revisions: BTreeSet::new(),
            uploads: BTreeMap::new(),
            aliases: Vec::new(),
            folders: repository::Folders::default(),
            newest_layer: None,
            findings: Vec::new(),
            repository,
        };
        if let Some(flaw) = listing.repository.flaw() {
            let key = Place::Repository { repository: listing.repository.clone() }.prefix();
            let object = key.trim_end_matches('/').to_owned();
            listing.repository_finding(name_check(&flaw), object, flaw.to_string());
        }
        listing
    }

    /// Takes in one object; blobs that it links are marked as used.
    pub fn see(&mut self, entry: Entry, blobs: Option<&Blobs>) {
        let key = Key::parse(&entry.key);
        if let (Some(digest), Some(blobs)) = (key.promise(), blobs) {
            blobs.mark_used(digest);
        }
        // A marker shows in listings, but it is nothing that could be a tag or a folder's content.
        if !matches!(key, Key::Marker(_)) {
            self.note_folder(&key.place());
        }
        match key {
            Key::LayerLink { digest, .. } => {
                self.newest_layer = self.newest_layer.max(entry.modified);
                if digest.algorithm() != Algorithm::Sha256 {
                    self.aliases.push(entry.key.clone());
                }
            }
            Key::TarsumLink { .. } => self.aliases.push(entry.key.clone()),
            Key::RevisionLink { digest, .. } => {
                self.revisions.insert(digest);
            }
            Key::Upload { id, part, .. } => self.see_upload(id, &part, &entry),
            Key::Marker(_) => self.findings.push(marker(&entry.key)),
            Key::Stray { inside, rest } => self.see_stray(&inside, &rest, &entry),
            Key::CurrentLink { .. }
            | Key::IndexLink { .. }
            | Key::SignatureLink { .. }
            | Key::Temporary { .. }
            | Key::BlobData { .. }
            | Key::Lockfile(_) => {}
        }
        self.entries.insert(entry.key.clone(), entry);
    }

    /// Takes in an empty folder of a file system.
    pub fn see_folder(&mut self, prefix: &str) {
        self.note_folder(&Place::of(prefix));
    }

    /// Notes which of the repository's folders this place proves.
    fn note_folder(&mut self, place: &Place) {
        use repository::Presence::Seen;
        match place {
            Place::Layers { .. } | Place::LayerAlgorithm { .. } | Place::Layer { .. } => {
                self.folders.layers = Seen;
            }
            Place::Tag { tag, .. }
            | Place::TagCurrent { tag, .. }
            | Place::TagIndex { tag, .. }
            | Place::TagIndexAlgorithm { tag, .. }
            | Place::TagIndexEntry { tag, .. } => {
                self.folders.manifests = Seen;
                self.tags.insert(tag.clone());
            }
            Place::Manifests { .. }
            | Place::Revisions { .. }
            | Place::RevisionAlgorithm { .. }
            | Place::Revision { .. }
            | Place::Tags { .. } => self.folders.manifests = Seen,
            Place::Stray { inside, .. } => self.note_folder(inside),
            Place::Upload { .. }
            | Place::HashStates { .. }
            | Place::HashStateAlgorithm { .. }
            | Place::Uploads { .. }
            | Place::Top
            | Place::Root
            | Place::Lockfiles
            | Place::Blobs
            | Place::BlobAlgorithm { .. }
            | Place::BlobShard { .. }
            | Place::Blob { .. }
            | Place::Repositories
            | Place::Repository { .. } => {}
        }
    }

    fn see_upload(&mut self, id: String, part: &UploadPart, entry: &Entry) {
        self.folders.uploads = repository::Presence::Seen;
        let upload = self.uploads.entry(id).or_default();
        upload.newest = upload.newest.max(entry.modified);
        if *part == UploadPart::StartedAt {
            upload.started_at = Some(entry.key.clone());
        }
    }

    fn see_stray(&mut self, inside: &Place, rest: &str, entry: &Entry) {
        let name = rest.rsplit('/').next().unwrap_or(rest);
        let what = format!("{} lies where the registry keeps no such file", size_in_words(entry));
        match inside {
            Place::Tags { .. } if !rest.contains('/') => {
                self.stray_tags.insert(Tag::found(rest));
            }
            Place::Revisions { .. } | Place::RevisionAlgorithm { .. } | Place::Revision { .. }
                if name == "link" =>
            {
                self.object_finding(&revision::STRAY, entry, what);
            }
            // What lies where a link belongs is the tag's own fault: its scan says so.
            Place::TagCurrent { .. } if rest.starts_with("link/") => {}
            Place::Upload { id, .. }
            | Place::HashStates { id, .. }
            | Place::HashStateAlgorithm { id, .. } => {
                self.see_upload(id.clone(), &UploadPart::Data, entry);
            }
            _ => self.object_finding(&repository::STRAY_FILE, entry, what),
        }
    }

    fn object_finding(&mut self, check: &Check, entry: &Entry, detail: String) {
        self.findings.push(check.finding(Subject::Object(entry.key.clone()), &entry.key, detail));
    }

    fn repository_finding(&mut self, check: &Check, object: String, detail: String) {
        let subject = Subject::Repository(self.repository.to_string());
        self.findings.push(check.finding(subject, object, detail));
    }
}

/// The finding about an object whose key ends in `/`.
pub fn marker(key: &str) -> Finding {
    let check = &repository::FOLDER_MARKER;
    let mut finding = check.finding(
        Subject::Object(key.to_owned()),
        key,
        "an object whose name ends in / pretends to be a folder",
    );
    finding.severity = repository::folder_marker(key);
    finding
}

/// The finding about a file in a folder of repositories. One that stands where a repository keeps its links makes
/// every push and garbage collection fail.
pub fn stray(entry: &Entry) -> Finding {
    let name = entry.key.rsplit('/').next().unwrap_or_default();
    let blocks = ["_layers", "_manifests", "_uploads"].contains(&name);
    let place =
        if blocks { "the repository's folder of that name belongs" } else { "only repositories belong" };
    let detail = format!("{} lies where {place}", size_in_words(entry));
    let mut finding = repository::STRAY_FILE.finding(Subject::Object(entry.key.clone()), &entry.key, detail);
    if blocks {
        finding.severity = Severity::PushBroken;
    }
    finding
}

/// What a tag called like a file under `tags/` is.
pub fn stray_tag(repository: &Repository, tag: &Tag, entry: Option<&Entry>) -> Finding {
    let key = Place::Tags { repository: repository.clone() }.prefix() + tag.as_str();
    let detail = match entry {
        Some(entry) => format!("{} lies where only tags' folders belong", size_in_words(entry)),
        None => "a file lies where only tags' folders belong".to_owned(),
    };
    let subject = Subject::Tag { repository: repository.to_string(), tag: tag.to_string() };
    tag_folder::stray(tag.as_str()).finding(subject, key, detail)
}

fn size_in_words(entry: &Entry) -> String {
    match entry.size {
        Some(1) => "a file of 1 byte".to_owned(),
        Some(size) => format!("a file of {size} bytes"),
        None => "a file".to_owned(),
    }
}

fn name_check(flaw: &NameError) -> &'static Check {
    match flaw {
        NameError::RepositoryTooLong { .. } => &repository::NAME_TOO_LONG,
        NameError::Repository { name, .. } | NameError::EmptyPart { name, .. } => {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
            if name.chars().all(legal) { &repository::NAME_UPPERCASE } else { &repository::PATH_WITH_SPACE }
        }
        NameError::EmptyRepository
        | NameError::EmptyTag
        | NameError::TagTooLong { .. }
        | NameError::Tag { .. } => &repository::NAME_UPPERCASE,
    }
}
