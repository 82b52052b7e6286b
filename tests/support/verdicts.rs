//! What an audit says about a tree, held against what staging knows of it.

#![allow(dead_code)]

use std::collections::BTreeSet;
use std::time::Duration;

use quarterdeck::model::{Finding, Unread};
use quarterdeck::registry::report::TagReport;
use quarterdeck::runtime::stores::{OpenOptions, open};
use quarterdeck::sources::bucket::audit::{AuditLine, AuditOptions, audit};
use quarterdeck::sources::bucket::scan::{Hashing, ScanOptions};
use quarterdeck::staging::tree::{Blame, StoreKind, Truth};
use tokio::sync::{mpsc, watch};

/// A finding with the repository and tag of the line it came in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accused {
    pub repository: Option<String>,
    pub tag: Option<String>,
    pub id: &'static str,
    pub severity: &'static str,
    pub object: String,
}

/// Everything that one audit said.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    pub tags: Vec<TagReport>,
    pub accused: BTreeSet<Accused>,
    pub unread: Vec<Unread>,
}

/// Judges at once, and reads every byte.
pub fn thorough() -> ScanOptions {
    ScanOptions { hashing: Hashing::All, settle: Duration::ZERO, ..ScanOptions::default() }
}

/// Reads every byte, and spares what may still be under way.
pub fn patient() -> ScanOptions {
    ScanOptions { hashing: Hashing::All, ..ScanOptions::default() }
}

impl Verdicts {
    /// Audits the whole registry at a URL.
    pub async fn on(url: &str, store: &OpenOptions, scan: ScanOptions) -> Self {
        let opened = open(url, store).await.unwrap();
        let options = AuditOptions { scan, below: None, requests: store.requests.clone() };
        let (lines, mut told) = mpsc::channel(64);
        let (_going_on, stop) = watch::channel(false);
        let collect = async {
            let mut verdicts = Self::default();
            while let Some(line) = told.recv().await {
                verdicts.take(line);
            }
            verdicts
        };
        let (summary, verdicts) = tokio::join!(audit(opened, options, stop, lines), collect);
        summary.unwrap();
        verdicts
    }

    fn take(&mut self, line: AuditLine) {
        match line {
            AuditLine::Tag(report) => {
                for finding in &report.findings {
                    self.accuse(Some(&report.repository), report.tag.as_deref(), finding);
                }
                self.tags.push(report);
            }
            AuditLine::Fault { repository, finding } => self.accuse(repository.as_deref(), None, &finding),
            AuditLine::Unread(unread) => self.unread.push(unread),
            AuditLine::Progress(_) => {}
        }
    }

    fn accuse(&mut self, repository: Option<&str>, tag: Option<&str>, finding: &Finding) {
        self.accused.insert(Accused {
            repository: repository.map(str::to_owned),
            tag: tag.map(str::to_owned),
            id: finding.id,
            severity: finding.severity.name(),
            object: finding.object.clone(),
        });
    }

    /// The report on a tag.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<&TagReport> {
        self.tags.iter().find(|report| report.repository == repository && report.tag.as_deref() == Some(tag))
    }

    /// The ids of all findings.
    pub fn ids(&self) -> BTreeSet<&'static str> {
        self.accused.iter().map(|accused| accused.id).collect()
    }

    /// Whether a finding says what was to be said; what no tag or repository holds may be named by its object alone.
    pub fn say(&self, blame: &Blame) -> bool {
        self.accused.iter().any(|accused| {
            (accused.repository.is_none() || accused.repository == blame.repository)
                && (accused.tag.is_none() || blame.tag.is_none() || accused.tag == blame.tag)
                && accused.id == blame.id
                && accused.severity == blame.severity.name()
                && accused.object == blame.object
        })
    }

    /// What is wrong with the verdicts on a tree whose truth is known.
    pub fn complaints(&self, truth: &Truth, kind: StoreKind) -> Vec<String> {
        let mut complaints = Vec::new();
        for ((repository, tag), expected) in &truth.tags {
            match self.tag(repository, tag) {
                None => complaints.push(format!("nothing is said about {repository}:{tag}")),
                Some(report) if report.state == expected.state => {}
                Some(report) => complaints.push(format!(
                    "{repository}:{tag} is {} and was called {}: {:?}",
                    expected.state, report.state, report.findings
                )),
            }
        }
        for blame in truth.blames_on(kind).filter(|blame| !self.say(blame)) {
            let said: Vec<_> =
                self.accused.iter().filter(|accused| accused.repository == blame.repository).collect();
            complaints.push(format!("not found: {blame:?}, only {said:?}"));
        }
        complaints.extend(self.unread.iter().map(|unread| format!("not read: {unread:?}")));
        complaints.extend(self.false_alarms(truth, kind));
        complaints
    }

    /// Findings where nothing was to be found: at spotless tags, in repositories and in the blob store.
    fn false_alarms(&self, truth: &Truth, kind: StoreKind) -> Vec<String> {
        let expected = |accused: &Accused| {
            truth.blames_on(kind).any(|blame| {
                let place = blame.repository == accused.repository;
                let tag = accused.tag.is_none() || blame.tag.is_none() || accused.tag == blame.tag;
                (place && tag) || blame.object == accused.object
            })
        };
        let unexpected = self.accused.iter().filter(|accused| !expected(accused));
        unexpected.map(|accused| format!("accused without cause: {accused:?}")).collect()
    }
}
