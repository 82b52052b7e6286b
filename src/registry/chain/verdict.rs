//! The verdict as it is being put together.

use std::collections::{BTreeSet, HashSet};

use super::{Chain, Facts};
use crate::model::{Finding, Repair, Severity, Subject, TagState, Unread};
use crate::registry::checks::{Check, poison, repairs::RESTORE_LINK};
use crate::registry::digest::Digest;
use crate::registry::reference::Target;
use crate::registry::report::{Hop, HopState, Role, TagReport};

/// What a chain was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The report, but for what it cost to get there.
    pub report: TagReport,
    /// Keys of the objects that the findings rest on: whoever looked should look at these once more.
    pub rests_on: BTreeSet<String>,
}

/// Whether writing a link back is safe: only if the bytes behind it are known to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    Stored,
    Doubtful,
}

/// Collects hops and findings in the order of a pull.
pub(super) struct Draft<'a> {
    pub chain: &'a Chain,
    report: TagReport,
    /// Manifests whose children and parts have been judged.
    entered: HashSet<Digest>,
    /// Id and object of every finding.
    found: HashSet<(&'static str, String)>,
    /// Object and reason of everything unread.
    unreadable: HashSet<(String, String)>,
    rests_on: BTreeSet<String>,
    certainty: Certainty,
    presence: Presence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Certain,
    /// Something that decides was not read.
    Undecided,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Present,
    Absent,
}

impl<'a> Draft<'a> {
    pub fn new(chain: &'a Chain) -> Self {
        Self {
            chain,
            report: TagReport::of(&chain.reference),
            entered: HashSet::new(),
            found: HashSet::new(),
            unreadable: HashSet::new(),
            rests_on: BTreeSet::new(),
            certainty: Certainty::Certain,
            presence: Presence::Present,
        }
    }

    /// The tag, or the manifest if the reference is a digest.
    pub fn subject(&self) -> Subject {
        let repository = self.chain.repository().to_string();
        match &self.chain.reference.target {
            Target::Tag(tag) => Subject::Tag { repository, tag: tag.to_string() },
            Target::Digest(digest) => Subject::Manifest { repository, digest: digest.to_string() },
        }
    }

    /// A manifest of the repository.
    pub fn manifest(&self, digest: &Digest) -> Subject {
        Subject::Manifest { repository: self.chain.repository().to_string(), digest: digest.to_string() }
    }

    /// The reference leads to this manifest.
    pub fn leads_to(&mut self, digest: &Digest) {
        self.report.digest = Some(digest.to_string());
    }

    /// Whether the chain comes to what this manifest names for the first time: indexes that name one another many
    /// times over would otherwise be walked for ever.
    pub fn enters(&mut self, digest: &Digest) -> bool {
        self.entered.insert(digest.clone())
    }

    /// Adds one hop; the caller fills in what it knows beyond the facts.
    pub fn hop(&mut self, depth: u8, role: Role, state: HopState, object: String) -> &mut Hop {
        self.report.hops.push(Hop {
            depth,
            role,
            state,
            object,
            digest: None,
            size: None,
            expected: None,
            modified: None,
            version: None,
            note: String::new(),
        });
        let last = self.report.hops.len() - 1;
        &mut self.report.hops[last]
    }

    /// A fault of `object`, resting on that object.
    pub fn fault(&mut self, check: &Check, subject: Subject, object: &str, detail: impl Into<String>) {
        self.rests_on.insert(object.to_owned());
        self.add(check.finding(subject, object, detail));
    }

    /// A fault of a link: writing the link back is offered only if what it should lead to is stored.
    pub fn link_fault(
        &mut self,
        check: &Check,
        subject: Subject,
        object: &str,
        detail: String,
        behind: Behind,
    ) {
        self.rests_on.insert(object.to_owned());
        let mut finding = check.finding(subject, object, detail);
        if behind == Behind::Doubtful {
            finding.repairs.retain(|repair| *repair != RESTORE_LINK);
            if finding.repairs.is_empty() {
                finding.repairs.push(Repair::RePush);
            }
        }
        self.add(finding);
    }

    /// A finding as it is; the same fault of the same object counts once.
    pub fn add(&mut self, finding: Finding) {
        if self.found.insert((finding.id, finding.object.clone())) {
            self.report.findings.push(finding);
        }
    }

    /// The findings rest on this object as well.
    pub fn rests_on(&mut self, object: String) {
        self.rests_on.insert(object);
    }

    /// Something that decides could not be read.
    pub fn undecided(&mut self, object: &str, why: &str) {
        self.certainty = Certainty::Undecided;
        self.unread(object, why);
    }

    /// Something that does not decide could not be read.
    pub fn unread(&mut self, object: &str, why: &str) {
        if self.unreadable.insert((object.to_owned(), why.to_owned())) {
            self.report.unread.push(Unread { object: object.to_owned(), why: why.to_owned() });
        }
    }

    /// There is no such tag or manifest.
    pub const fn absent(&mut self) {
        self.presence = Presence::Absent;
    }

    /// Whether the tag or manifest is there, as far as anybody saw.
    pub fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }

    /// It is too early, or too uncertain, to judge.
    pub fn postponed(&mut self, note: String) {
        self.certainty = Certainty::Undecided;
        if !self.report.notes.contains(&note) {
            self.report.notes.push(note);
        }
    }

    /// How many blobs were taken at their size.
    pub const fn unhashed(&mut self, count: u32) {
        self.report.unhashed = count;
    }

    /// The verdict, with what follows from its findings for the repository, worst first.
    pub fn finish(mut self) -> Verdict {
        let repository = self.report.repository.clone();
        let poisons: Vec<Finding> = self
            .report
            .findings
            .iter()
            .filter_map(|finding| poison::follows_from(finding, &repository, self.chain.store))
            .collect();
        self.report.findings.extend(poisons.into_iter().take(1));
        self.report.findings.sort_by_key(|finding| finding.severity);
        self.report.state = self.state();
        Verdict { report: self.report, rests_on: self.rests_on }
    }

    fn state(&self) -> TagState {
        let broken = self.report.findings.iter().map(|finding| finding.severity).any(Severity::breaks_tag);
        match (broken, self.certainty, self.presence) {
            (true, _, _) => TagState::Broken,
            (false, Certainty::Undecided, _) => TagState::Unknown,
            (false, Certainty::Certain, Presence::Absent) => TagState::Absent,
            (false, Certainty::Certain, Presence::Present) => TagState::Whole,
        }
    }
}

impl Hop {
    /// The same hop with an object's facts.
    pub(super) fn seen(&mut self, facts: &Facts) -> &mut Self {
        self.size = facts.size;
        self.modified = facts.modified;
        self.version.clone_from(&facts.version);
        self
    }

    /// The same hop with the digest that it stands for.
    pub(super) fn stands_for(&mut self, digest: &Digest) -> &mut Self {
        self.digest = Some(digest.to_string());
        self
    }

    /// The same hop with a few words.
    pub(super) fn noted(&mut self, note: impl Into<String>) -> &mut Self {
        self.note = note.into();
        self
    }
}
