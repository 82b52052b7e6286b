//! What sources told, for the tables of rules: logs, the bucket, and canaries.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Judgement, Rule};
use crate::diagnosis::Scene;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::look::Look;
use crate::logs::{Answer, Client, Layer, subject_of_uri};
use crate::model::{Subject, TagState, Watched};
use crate::registry::checks::find;
use crate::registry::reference::Reference;
use crate::registry::report::{Hop, HopState, Role, TagReport};
use crate::sources::bucket::facts::{ErrorKind, Fact as Stored, Survey, Trouble};
use crate::sources::bucket::links::Links;
use crate::sources::front_door::facts::{Fact as Door, Pull, PullStep};
use crate::sources::logs::facts::{Batch, Fact, Origin};
use crate::sources::logs::totals::{Answered, Operation, Totals};
use crate::sources::{self, TroubleKind, bucket, front_door, google, haproxy, kubernetes, logs};

/// The second at which rules look.
pub const NOW: i64 = 1_700_001_000;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Everything that was told.
pub struct World {
    pub watched: Watched,
    pub front_door: front_door::picture::Picture,
    pub google: google::picture::Picture,
    pub haproxy: haproxy::picture::Picture,
    pub kubernetes: kubernetes::picture::Picture,
    pub bucket: bucket::picture::Picture,
    pub logs: logs::picture::Picture,
}

impl World {
    /// Nothing is watched.
    pub fn dark() -> Self {
        Self {
            watched: Watched::default(),
            front_door: Default::default(),
            google: Default::default(),
            haproxy: Default::default(),
            kubernetes: Default::default(),
            bucket: Default::default(),
            logs: Default::default(),
        }
    }

    /// Logs and bucket are, and answer.
    pub fn watched() -> Self {
        Self::dark().logged().stored(Survey::Registry)
    }

    pub fn logged(mut self) -> Self {
        self.watched.logs = true;
        self.logs.fold(
            &Fact::Opening { stream: "pod-a/registry".into(), origin: Origin::Kubernetes },
            at(NOW - 600),
        );
        self.logs.fold(&Fact::Live { stream: "pod-a/registry".into() }, at(NOW - 600));
        self
    }

    pub fn stored(mut self, survey: Survey) -> Self {
        self.bucket.fold(&Stored::Opened { url: "gs://bucket".into() }, at(NOW - 600));
        self.bucket.fold(&Stored::Surveyed { survey, requests: 1 }, at(NOW - 600));
        self
    }

    /// The bucket does not answer us.
    pub fn store_down(mut self, kind: ErrorKind, why: &str) -> Self {
        let trouble = Trouble { kind, object: String::new(), why: why.into() };
        self.bucket.fold(&Stored::NotOpened { url: "gs://bucket".into(), trouble }, at(NOW - 60));
        self
    }

    /// The same was answered so often, by the clients at these addresses in turn, until a second ago.
    pub fn answered_to(mut self, clients: &[&str], method: &str, uri: &str, status: u16, count: u64) -> Self {
        for (number, client) in (0..).zip(clients.iter().cycle().take(count.min(60) as usize)) {
            let answer = Answer {
                layer: Layer::Registry,
                method: method.into(),
                uri: uri.into(),
                subject: subject_of_uri(uri),
                status,
                client: Arc::new(Client { address: Some((*client).into()), agent: Some("docker/27".into()) }),
                count: count / count.min(60),
                bytes: 500,
                first: at(NOW - 60 + number),
                last: at(NOW - 60 + number),
                is_fault: false,
            };
            let batch = Batch { stream: "pod-a/registry".into(), answers: vec![answer], ..Batch::default() };
            self.logs.fold(&Fact::Lines(Arc::new(batch)), at(NOW - 60 + number));
        }
        self
    }

    pub fn answered(self, method: &str, uri: &str, status: u16, count: u64) -> Self {
        self.answered_to(&["10.0.0.1"], method, uri, status, count)
    }

    /// The registry wrote this so often.
    pub fn said(mut self, line: &str, times: usize) -> Self {
        let lines = (0..times).map(|_| crate::logs::read(line.as_bytes(), None, at(NOW - 20))).collect();
        let batch = Batch { stream: "pod-a/registry".into(), lines, ..Batch::default() };
        self.logs.fold(&Fact::Lines(Arc::new(batch)), at(NOW - 20));
        self
    }

    /// How often what was answered how, all together, of a stream.
    pub fn totals_of(self, stream: &str, counts: &[(Operation, Answered, u64)]) -> Self {
        let mut totals = Totals::at(at(NOW - 30), Layer::Registry);
        for (operation, answered, count) in counts {
            totals = totals.with(*operation, *answered, *count);
        }
        self.take_totals(stream, totals)
    }

    /// The same, so many seconds ago.
    pub fn totals_before(mut self, seconds: i64, counts: &[(Operation, Answered, u64)]) -> Self {
        let totals = Totals::at(at(NOW - seconds), Layer::Registry);
        let totals = counts
            .iter()
            .fold(totals, |totals, (operation, answered, count)| totals.with(*operation, *answered, *count));
        let batch = Batch { stream: "pod-a/registry".into(), totals: vec![totals], ..Batch::default() };
        self.logs.fold(&Fact::Lines(Arc::new(batch)), at(NOW - seconds));
        self
    }

    /// Good answers were told of, long ago.
    pub fn heard_well(self) -> Self {
        self.totals_before(2000, &[(Operation::Probe, Answered::Good, 1)])
    }

    pub fn take_totals(mut self, stream: &str, totals: Totals) -> Self {
        let batch = Batch { stream: stream.into(), totals: vec![totals], ..Batch::default() };
        self.logs.fold(&Fact::Opening { stream: stream.into(), origin: Origin::Kubernetes }, at(NOW - 30));
        self.logs.fold(&Fact::Lines(Arc::new(batch)), at(NOW - 30));
        self
    }

    pub fn totals(self, counts: &[(Operation, Answered, u64)]) -> Self {
        self.totals_of("pod-a/registry", counts)
    }

    /// A tag was walked, with these faults by their ids.
    pub fn scanned(mut self, tag: &str, state: TagState, faults: &[(&str, &str)], bad: Option<&str>) -> Self {
        let reference = Reference::parse(tag).unwrap();
        let subject = self::tag(tag);
        let mut report = TagReport::of(&reference);
        report.state = state;
        for (id, object) in faults {
            let check = find(id).unwrap();
            report.findings.push(check.finding(
                subject.clone(),
                *object,
                "has 0 bytes; should hold a digest",
            ));
        }
        report.hops.extend(bad.map(|digest| Hop {
            depth: 0,
            role: Role::Layer,
            state: HopState::Bad,
            object: String::new(),
            digest: Some(digest.into()),
            size: None,
            expected: None,
            modified: None,
            version: None,
            note: String::new(),
        }));
        self.bucket.fold(&Stored::Scanned { subject, report: Arc::new(report) }, at(NOW - 10));
        self
    }

    /// These pods are ready.
    pub fn pods(mut self, names: &[&str]) -> Self {
        use crate::sources::kubernetes::facts::{Batch, Fact, Watch};
        use crate::sources::kubernetes::objects::{Kind, Pod};
        self.watched.kubernetes = Some(Default::default());
        let pods = names.iter().map(|name| Pod {
            name: (*name).into(),
            is_ready: true,
            ready: (1, 1),
            uid: String::new(),
            node: None,
            ip: None,
            status: "Running".into(),
            phase: Default::default(),
            ready_changed: None,
            restarts: 0,
            restarted: None,
            created: None,
            deleting: None,
            images: Vec::new(),
            containers: Vec::new(),
            owner: None,
            message: None,
        });
        self.kubernetes.fold(&Fact::Listed(Batch::Pods(pods.collect())), at(NOW - 60));
        self.kubernetes.fold(&Fact::Watched { kind: Kind::Pod, watch: Watch::Live }, at(NOW - 60));
        self
    }

    /// The layer links of a repository were looked at so many seconds ago, or it was said why they could not be.
    pub fn linked(mut self, repository: &str, found: Result<Links, &str>, seconds: i64) -> Self {
        let (repository, requests) = (repository.to_owned(), 2);
        let trouble = |why: &str| Trouble { kind: ErrorKind::Denied, object: String::new(), why: why.into() };
        let fact = match found {
            Ok(links) => Stored::Linked { repository, links, requests },
            Err(why) => Stored::NotLinked { repository, trouble: trouble(why), requests },
        };
        self.bucket.fold(&fact, at(NOW - seconds));
        self
    }

    pub fn being_scanned(mut self, tag: &str) -> Self {
        self.bucket.fold(&Stored::ScanBegan { subject: self::tag(tag) }, at(NOW - 10));
        self
    }

    /// A canary was pulled, or not.
    pub fn canary(mut self, image: &str, result: Result<u16, TroubleKind>) -> Self {
        self.watched.front_door = true;
        let canaries = self.front_door.canaries.keys().cloned().chain([image.to_owned()]).collect();
        self.front_door
            .fold(&Door::Configured { url: "https://registry.example.com".into(), canaries }, at(NOW - 60));
        let step = PullStep {
            name: "manifest",
            target: image.into(),
            latency: std::time::Duration::from_millis(20),
            result: result.map_err(|kind| sources::Trouble::new(kind, "answered 404: manifest unknown")),
        };
        let pull = Pull { steps: vec![step], pushed: None, mind: None };
        self.front_door.fold(&Door::Canary { image: image.into(), pull }, at(NOW - 20));
        self
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene {
            watched: &self.watched,
            front_door: &self.front_door,
            google: &self.google,
            haproxy: &self.haproxy,
            kubernetes: &self.kubernetes,
            bucket: &self.bucket,
            logs: &self.logs,
            now: at(NOW),
        }
    }

    pub fn judge(&self, rule: &Rule) -> Judgement {
        rule.judge(&Look::at(self.scene()))
    }

    /// The only finding of a rule.
    pub fn finding(&self, rule: &Rule) -> Finding {
        match self.judge(rule) {
            Judgement::Fires(mut findings) if findings.len() == 1 => findings.remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// In a word or two what a rule makes of it, for tables: `fires: …`, `clear: …`, `unknown: …`.
    pub fn says(&self, rule: &Rule) -> String {
        match self.judge(rule) {
            Judgement::Fires(findings) => {
                format!(
                    "fires: {}",
                    findings.iter().map(|one| one.words.as_str()).collect::<Vec<_>>().join(" | ")
                )
            }
            Judgement::Clear(seen) => format!("clear: {seen}"),
            Judgement::Unknown(needs) => {
                format!("unknown: {}", needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "))
            }
        }
    }
}

/// The tag called so: `group/image:v1`.
pub fn tag(name: &str) -> Subject {
    let (repository, tag) = name.rsplit_once(':').unwrap();
    Subject::Tag { repository: repository.into(), tag: tag.into() }
}

/// Ids of all storage checks by which a pull or a push fails.
pub fn breaking() -> impl Iterator<Item = &'static str> {
    let breaks = |check: &&crate::registry::checks::Check| check.severity.breaks_tag();
    crate::registry::checks::CHECKS.iter().filter(breaks).map(|check| check.id)
}
