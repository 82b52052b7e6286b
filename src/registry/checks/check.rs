//! What one row of the catalogue says about a fault.

use crate::model::{Finding, Repair, Severity, Subject};

/// One fault that a registry's storage can have: what it is called, what it breaks, what cures it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable kebab-case id, used in output and runbooks.
    pub id: &'static str,
    /// What the fault breaks at its worst.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub title: &'static str,
    /// What docker-registry 2.8 on a file system answers.
    pub answers: Answers,
    /// What else follows from it on docker-registry 2.x.
    pub effects: &'static [Effect],
    /// Where other registries and stores differ.
    pub elsewhere: Elsewhere,
    /// Cures, best first.
    pub repairs: &'static [Repair],
}

/// Status codes and exit codes of docker-registry 2.8; absent where nobody can ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// GET of the manifest by tag.
    pub by_tag: Option<u16>,
    /// GET of the manifest by the digest that the tag had.
    pub by_digest: Option<u16>,
    /// GET of the guilty blob, or of the index's guilty child.
    pub part: Option<u16>,
    /// `garbage-collect` exits with an error.
    pub gc_stops: bool,
    /// `garbage-collect --delete-untagged` exits with an error.
    pub gc_untagged_stops: bool,
}

impl Answers {
    /// The answers of a registry where nothing is wrong with the tag itself.
    pub const NONE: Self =
        Self { by_tag: None, by_digest: None, part: None, gc_stops: false, gc_untagged_stops: false };

    /// What GET of the manifest answers by tag and by digest.
    pub const fn manifest(by_tag: u16, by_digest: u16) -> Self {
        Self { by_tag: Some(by_tag), by_digest: Some(by_digest), ..Self::NONE }
    }

    /// The manifest is served and one part of it answers `status`.
    pub const fn part(status: u16) -> Self {
        Self { part: Some(status), ..Self::manifest(200, 200) }
    }

    /// The same, and both ways of garbage collection stop.
    pub const fn stops_gc(self) -> Self {
        Self { gc_stops: true, gc_untagged_stops: true, ..self }
    }

    /// The same, and only garbage collection of untagged manifests stops.
    pub const fn stops_gc_untagged(self) -> Self {
        Self { gc_untagged_stops: true, ..self }
    }

    /// The same, and only garbage collection without untagged manifests stops.
    pub const fn stops_plain_gc(self) -> Self {
        Self { gc_stops: true, ..self }
    }
}

/// What follows from a fault besides the answers to GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// A pull fails or its bytes do not match their digest.
    Pull,
    /// A pull by tag succeeds and yields something else.
    WrongImage,
    /// A push of the same image is answered with an error.
    PushFails,
    /// A push is answered with success and cures nothing.
    PushCuresNothing,
    /// DELETE by this digest fails, or leaves the tag behind.
    Delete,
    /// DELETE by digest of any other tag in the repository fails after it has destroyed that tag.
    Poison,
    /// As poison, on a file system only.
    PoisonOnFileSystem,
    /// Garbage collection deletes blobs that the tag needs, or needs to be repaired.
    Loss,
    /// Listings show it although it cannot be used.
    Listed,
    /// Listings hide it although it can be used.
    Hidden,
    /// It takes space that nothing else gives back.
    Waste,
}

impl Effect {
    /// The effect as part of a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pull => "a pull fails",
            Self::WrongImage => "a pull yields something else without any error",
            Self::PushFails => "a push is refused",
            Self::PushCuresNothing => "a push is accepted and cures nothing",
            Self::Delete => "DELETE by its digest fails or leaves the tag",
            Self::Poison => "DELETE by digest of any other tag here answers 500 and destroys that tag",
            Self::PoisonOnFileSystem => {
                "on a file system DELETE by digest of any tag here answers 500 and destroys that tag"
            }
            Self::Loss => "garbage-collect deletes blobs that it needs",
            Self::Listed => "it is listed although it cannot be used",
            Self::Hidden => "it is not listed although it can be used",
            Self::Waste => "it takes space",
        }
    }
}

/// Where other registries differ from 2.8 on a file system; empty means the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Distribution 3.x.
    pub v3: &'static str,
    /// GitLab's registry with its metadata in the bucket.
    pub gitlab: &'static str,
    /// Buckets instead of a file system.
    pub bucket: &'static str,
}

impl Elsewhere {
    /// The same everywhere.
    pub const SAME: Self = Self { v3: "", gitlab: "", bucket: "" };
}

impl Check {
    /// A finding of this check about one object. The detail says what is there and what should be there.
    pub fn finding(&self, subject: Subject, object: impl Into<String>, detail: impl Into<String>) -> Finding {
        Finding {
            id: self.id,
            severity: self.severity,
            subject,
            object: object.into(),
            detail: detail.into(),
            repairs: self.repairs.to_vec(),
        }
    }

    /// Whether one such fault in a repository makes the API destroy other tags, on this kind of store.
    pub fn poisons(&self, store: StoreKind) -> bool {
        self.effects.iter().any(|effect| match effect {
            Effect::Poison => true,
            Effect::PoisonOnFileSystem => store == StoreKind::FileSystem,
            Effect::Pull
            | Effect::WrongImage
            | Effect::PushFails
            | Effect::PushCuresNothing
            | Effect::Delete
            | Effect::Loss
            | Effect::Listed
            | Effect::Hidden
            | Effect::Waste => false,
        })
    }

    /// What clients see, one line for each kind of registry: its name and a sentence.
    pub fn clients(&self) -> Vec<(&'static str, String)> {
        let other = |text: &str| if text.is_empty() { "the same".to_owned() } else { text.to_owned() };
        let mut lines = vec![
            ("2.x", self.on_distribution_2()),
            ("3.x", other(self.elsewhere.v3)),
            ("GitLab", other(self.elsewhere.gitlab)),
        ];
        if !self.elsewhere.bucket.is_empty() {
            lines.push(("in a bucket", self.elsewhere.bucket.to_owned()));
        }
        lines
    }

    fn on_distribution_2(&self) -> String {
        let mut parts = Vec::new();
        if let Some(status) = self.answers.by_tag {
            parts.push(format!("GET by tag {status}"));
        }
        if let Some(status) = self.answers.by_digest {
            parts.push(format!("by digest {status}"));
        }
        if let Some(status) = self.answers.part {
            parts.push(format!("GET of the guilty part {status}"));
        }
        parts.extend(self.effects.iter().map(|effect| effect.words().to_owned()));
        match (self.answers.gc_stops, self.answers.gc_untagged_stops) {
            (true, true) => parts.push("garbage-collect stops".to_owned()),
            (true, false) => parts.push("garbage-collect stops, with -m it does not".to_owned()),
            (false, true) => parts.push("garbage-collect -m stops".to_owned()),
            (false, false) => {}
        }
        if parts.is_empty() { "nothing a client notices".to_owned() } else { parts.join("; ") }
    }
}

/// What kind of store a tree lies in: each can hold states that the other cannot, and a fault can do other harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreKind {
    /// Folders exist by themselves, also empty ones, and can stand where a file should.
    FileSystem,
    /// Only objects exist, also ones whose key ends in `/`; folders are a way of speaking.
    Bucket,
}

impl StoreKind {
    /// What lies behind a store's URL: `file:` is a file system, everything else a bucket.
    pub fn of(url: &str) -> Self {
        if url.starts_with("file:") { Self::FileSystem } else { Self::Bucket }
    }
}
