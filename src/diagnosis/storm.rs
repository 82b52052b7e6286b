//! The same request over and over without success: what it costs, and which side must change.

use std::time::Duration;

use jiff::Timestamp;

use super::Scene;
use super::path::Verdict;
use crate::logs::{Client, Line, Request};
use crate::model::{Subject, age};
use crate::sources::logs::picture::{Filling, Stored, Storm};

/// A disk that is full sooner than this is broken already as far as anybody on call is concerned.
const SOON: Duration = Duration::from_hours(24);

/// Which side must change for a request to stop failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The registry: its version, its configuration, or what it stores.
    Registry,
    /// What the registry needs: the bucket, the network, the load balancer.
    Server,
    /// Whoever asks: it asks for what is not there, or too often.
    Client,
    /// Who asks has no valid credentials, or not the right to do it.
    Credentials,
}

impl Side {
    /// What it is called on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "the registry",
            Self::Server => "the server side",
            Self::Client => "the client",
            Self::Credentials => "the client's credentials",
        }
    }
}

/// A request that fails for ever, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    pub storm: Storm,
    pub verdict: Verdict,
    pub side: Side,
    /// What it is, in a few words: `DELETE …/manifests/latest answered 400 again and again`.
    pub words: String,
    /// Why that side must change.
    pub because: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// The file of this host that holds its lines, where one is followed.
    pub file: Option<String>,
}

/// All that is repeated, and the disk that it fills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repetitions {
    /// The most frequent first.
    pub all: Vec<Repetition>,
    /// Bytes of log that all of them write in an hour.
    pub bytes_per_hour: u64,
    /// The disk of a stream that is full first, at the pace of now.
    pub filling: Option<Filling>,
}

/// What makes a request fail for ever: the first row that fits.
struct Cause {
    fits: fn(&Case<'_>) -> bool,
    side: Side,
    because: &'static str,
    next: &'static str,
}

/// What is known of one storm.
struct Case<'a> {
    storm: &'a Storm,
    /// The newest line that is kept of it.
    line: Option<&'a Line>,
}

impl Case<'_> {
    fn says(&self, word: &str) -> bool {
        self.line.is_some_and(|line| line.text.contains(word))
    }

    fn is_delete_by_tag(&self) -> bool {
        let storm = self.storm;
        let last = storm.uri.split('?').next().and_then(|path| path.rsplit_once("/manifests/"));
        &*storm.method == "DELETE" && last.is_some_and(|(_, reference)| !is_digest(reference))
    }

    fn is_by_gitlab(&self) -> bool {
        self.storm.client.agent.as_deref().is_some_and(|agent| agent.starts_with("GitLab"))
    }

    fn has_status(&self, statuses: std::ops::RangeInclusive<u16>) -> bool {
        statuses.contains(&self.storm.status)
    }
}

/// Every cause that is known, the most exact first; the last one fits all.
const CAUSES: [Cause; 11] = [
    Cause {
        fits: |case| case.is_delete_by_tag() && case.has_status(400..=400) && case.is_by_gitlab(),
        side: Side::Registry,
        because: "GitLab deletes by tag and asks again until it succeeds; a registry before 3.0 answers 400 (digest invalid) to every delete by tag",
        next: "run the registry that this GitLab expects (its own, or distribution 3), or end the job in GitLab: Admin > Monitoring > Background jobs",
    },
    Cause {
        fits: |case| case.is_delete_by_tag() && case.has_status(400..=400),
        side: Side::Registry,
        because: "a registry before 3.0 cannot delete by tag: it takes the tag for a digest and answers 400",
        next: "delete by digest, or delete the tag in the bucket (here: Enter on the tag, then a), or upgrade the registry",
    },
    Cause {
        fits: |case| &*case.storm.method == "DELETE" && case.has_status(405..=405),
        side: Side::Registry,
        because: "deleting is switched off in the registry (storage.delete.enabled), or it is read-only",
        next: "enable deletes in the registry's configuration, or stop what deletes",
    },
    Cause {
        fits: |case| {
            &*case.storm.method == "DELETE" && (case.has_status(500..=599) || case.says("invalid checksum"))
        },
        side: Side::Registry,
        because: "a broken link somewhere in the repository fails every delete by digest in it, and each try removes one revision more",
        next: "stop what deletes first, then audit the repository in the bucket",
    },
    Cause {
        fits: |case| case.has_status(401..=401),
        side: Side::Credentials,
        because: "no token, or one that is expired, is sent every time",
        next: "renew the login or pull secret of this client",
    },
    Cause {
        fits: |case| case.has_status(403..=403) && case.line.is_none_or(|line| line.status() != Some(500)),
        side: Side::Credentials,
        because: "the client is known, and has no right to do this",
        next: "give its account the right, or stop it from asking",
    },
    Cause {
        fits: |case| case.has_status(429..=429),
        side: Side::Client,
        because: "it is told to wait and asks again at once: it does not heed Retry-After",
        next: "slow the client down or block it at the load balancer",
    },
    Cause {
        fits: |case| {
            let faults = ["invalid checksum", "unknown manifest name="];
            case.has_status(404..=404) && faults.iter().any(|fault| case.says(fault))
        },
        side: Side::Registry,
        because: "the tag is there and what it points at is not: asking again cannot help",
        next: "scan the tag (Enter), then push it again or delete it",
    },
    Cause {
        fits: |case| case.has_status(404..=404),
        side: Side::Client,
        because: "what it asks for is not there and does not come back: its list is stale",
        next: "correct the client's list (deployment, mirror, clean-up policy), or push the image again",
    },
    Cause {
        fits: |case| case.has_status(500..=599),
        side: Side::Server,
        because: "the server fails to answer; the client can do nothing about it",
        next: "scan what is asked for (Enter), then look at pods, load balancers and the bucket",
    },
    Cause {
        fits: |_| true,
        side: Side::Client,
        because: "the request is refused as it is, and is sent again unchanged",
        next: "see the error in its lines (Enter), then correct or stop the client",
    },
];

/// What is repeated without success now.
pub fn repetitions(scene: &Scene<'_>) -> Repetitions {
    let storms = scene.logs.storms.worst(scene.now);
    let filling = scene.logs.growth.filling(scene.now).into_iter().find(|one| one.left.is_some());
    let verdict = match filling.as_ref().and_then(|one| one.left) {
        Some(left) if left < SOON => Verdict::Broken,
        _ => Verdict::Minor,
    };
    Repetitions {
        bytes_per_hour: storms.iter().map(Storm::bytes_per_hour).sum(),
        all: storms.into_iter().map(|storm| judged(storm, verdict, scene)).collect(),
        filling,
    }
}

fn judged(storm: Storm, verdict: Verdict, scene: &Scene<'_>) -> Repetition {
    let line = newest(&storm, scene);
    let case = Case { storm: &storm, line };
    // The last cause fits all.
    let cause = CAUSES.iter().find(|cause| (cause.fits)(&case)).unwrap_or(&CAUSES[CAUSES.len() - 1]);
    let Cause { side, because, next, .. } = *cause;
    let words = format!("{} {} answered {} again and again", storm.method, storm.uri, storm.status);
    let file = file(&storm, scene);
    Repetition { words, side, because, next, file, verdict, storm }
}

/// Lines that are looked at for one of a storm; of what repeats the newest are never far.
const LOOKED_AT: usize = 2000;

/// The newest lines that are kept of a storm.
fn lines<'a>(storm: &Storm, scene: &Scene<'a>) -> impl Iterator<Item = &'a Stored> {
    let newest = scene.logs.store.lines().values().rev().take(LOOKED_AT);
    newest.filter(|stored| {
        let is_same = |request: &Request| *request.uri == *storm.uri && *request.method == *storm.method;
        stored.line.request.as_deref().is_some_and(is_same)
    })
}

/// The file of this host that the newest of its lines stands in.
fn file(storm: &Storm, scene: &Scene<'_>) -> Option<String> {
    let streams = &scene.logs.streams.all;
    let disks = lines(storm, scene).filter_map(|stored| streams.get(&stored.stream)?.disk.as_ref());
    disks.map(|disk| disk.path.clone()).next()
}

/// The newest line of the registry that is kept of a storm: it tells the error.
fn newest<'a>(storm: &Storm, scene: &Scene<'a>) -> Option<&'a Line> {
    lines(storm, scene).map(|stored| &stored.line).find(|line| line.error.is_some())
}

fn is_digest(reference: &str) -> bool {
    reference.contains(':') || reference.contains("%3A") || reference.contains("%3a")
}

impl Repetition {
    /// What one points at to mean it.
    pub fn subject(&self) -> Subject {
        let Storm { method, uri, .. } = &self.storm;
        Subject::Request { method: method.to_string(), uri: uri.to_string(), client: self.client() }
    }

    /// Who asks: its agent, else its address; nothing where neither is told.
    pub fn client(&self) -> String {
        let Client { agent, address } = &*self.storm.client;
        agent.as_deref().or(address.as_deref()).unwrap_or_default().to_owned()
    }

    /// How often: `12.5/s`.
    pub fn rate(&self) -> String {
        let rate = self.storm.rate();
        if rate >= 1.0 { format!("{rate:.1}/s") } else { format!("{:.0}/min", rate * 60.0) }
    }

    /// How often, how long, and how much log: `12.5/s for 3h, 41 MiB of log an hour`.
    pub fn pace(&self, now: Timestamp, size: impl Fn(u64) -> String) -> String {
        let rate = self.rate();
        let since = age(now.duration_since(self.storm.first).as_secs());
        format!("{rate} for {since}, {} of log an hour", size(self.storm.bytes_per_hour()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::logs::{Answer, Layer, read};
    use crate::model::Watched;
    use crate::sources::logs::facts::{Batch, Fact};
    use crate::sources::logs::picture::Picture;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn told(method: &str, uri: &str, status: u16, agent: &str, line: &str) -> Picture {
        let mut picture = Picture::default();
        for second in 0..=60 {
            let answer = Answer {
                layer: Layer::Registry,
                method: method.into(),
                uri: uri.into(),
                subject: None,
                status,
                client: Arc::new(Client { address: None, agent: Some(agent.into()) }),
                count: 5,
                bytes: 5000,
                first: at(second),
                last: at(second),
                is_fault: false,
            };
            let lines = vec![read(line.as_bytes(), None, at(second))];
            let batch = Batch {
                stream: "a".into(),
                lines,
                read: 5,
                bytes: 5000,
                answers: vec![answer],
                ..Batch::default()
            };
            picture.fold(&Fact::Lines(Arc::new(batch)), at(second));
        }
        picture
    }

    fn judged(logs: &Picture) -> Repetitions {
        let scene = Scene {
            watched: &Watched::default(),
            front_door: &Default::default(),
            google: &Default::default(),
            haproxy: &Default::default(),
            kubernetes: &Default::default(),
            bucket: &Default::default(),
            logs,
            now: at(60),
        };
        repetitions(&scene)
    }

    #[test]
    fn each_cause_names_the_side_that_must_change() {
        const TAG: &str = "/v2/group/image/manifests/latest";
        const DIGEST: &str = "/v2/group/image/manifests/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let dangling = format!(
            r#"level=error msg=x err.detail="unknown manifest name=a revision=sha256:9f" http.request.method=GET http.request.uri={TAG}"#
        );
        let table = [
            ("DELETE", TAG, 400, "GitLab/17.3.5", "", Side::Registry, "GitLab deletes by tag"),
            ("DELETE", TAG, 400, "curl/8", "", Side::Registry, "a registry before 3.0"),
            ("DELETE", DIGEST, 400, "curl/8", "", Side::Client, "the request is refused"),
            ("DELETE", DIGEST, 405, "curl/8", "", Side::Registry, "deleting is switched off"),
            ("DELETE", DIGEST, 500, "curl/8", "", Side::Registry, "a broken link somewhere"),
            ("GET", TAG, 401, "docker/20", "", Side::Credentials, "no token"),
            ("GET", TAG, 403, "docker/20", "", Side::Credentials, "the client is known"),
            ("GET", TAG, 404, "docker/20", "", Side::Client, "what it asks for is not there"),
            ("GET", TAG, 404, "docker/20", &dangling, Side::Registry, "the tag is there"),
            ("GET", TAG, 429, "docker/20", "", Side::Client, "it is told to wait"),
            ("GET", TAG, 500, "docker/20", "", Side::Server, "the server fails"),
            ("GET", TAG, 503, "docker/20", "", Side::Server, "the server fails"),
            ("PUT", TAG, 400, "docker/20", "", Side::Client, "the request is refused"),
        ];
        for (method, uri, status, agent, line, side, because) in table {
            let judged = judged(&told(method, uri, status, agent, line));
            let [one] = &*judged.all else { panic!("{method} {uri} {status}: {judged:?}") };
            assert_eq!((one.side, one.verdict), (side, Verdict::Minor), "{method} {uri} {status}");
            assert!(one.because.starts_with(because), "{method} {uri} {status}: {}", one.because);
        }
    }

    #[test]
    fn it_tells_pace_log_and_when_the_disk_is_full() {
        let mut logs = told("DELETE", "/v2/group/image/manifests/latest", 400, "GitLab/17.3.5", "");
        for (second, size) in [(0, 0), (60, 300_000)] {
            let (stream, path) = ("a".into(), "/var/lib/docker/containers/c/c-json.log".into());
            let disk = Fact::Disk { stream, path, size, free: 180_000_000 - size, total: 1 << 30 };
            logs.fold(&disk, at(second));
        }
        let judged = judged(&logs);
        let [one] = &*judged.all else { panic!("{judged:?}") };
        assert_eq!(
            one.pace(at(60), |bytes| format!("{bytes} B")),
            "5.1/s for 60s, 18300000 B of log an hour"
        );
        assert_eq!(judged.bytes_per_hour, 18_300_000);
        let filling = judged.filling.unwrap();
        assert_eq!((filling.per_hour, filling.left.map(|left| left.as_secs())), (18_000_000, Some(35_940)));
        assert_eq!(one.verdict, Verdict::Broken, "within a day");
        assert_eq!(one.words, "DELETE /v2/group/image/manifests/latest answered 400 again and again");
    }
}
