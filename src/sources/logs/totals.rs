//! Counts what was asked and how it was answered, over all lines that were read: cheap enough for every one of them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use memchr::memmem::find;

use crate::logs::{Fields, Layer, Level};

/// What one step of the count spans, in seconds.
pub const STEP: i64 = 10;
/// How far back is counted.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// What a store that is well needs for a manifest, with much to spare.
const SLOW: Duration = Duration::from_secs(1);
/// After so long clients begin to give up.
const STUCK: Duration = Duration::from_secs(5);

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// GET or HEAD of a manifest.
    Manifest,
    /// GET of a blob. A HEAD is how a push asks whether it has to send one, so it is none.
    Blob,
    /// PUT of a manifest: the last step of a push.
    Push,
    Delete,
    /// Steps of pushes, lists.
    Other,
    /// Somebody who only wants to know whether there is an answer.
    Probe,
}

impl Operation {
    const COUNT: usize = 6;

    fn of(method: &str, uri: &str) -> Self {
        let path = &uri.as_bytes()[..uri.find('?').unwrap_or(uri.len())];
        let has = |route: &str| find(path, route.as_bytes()).is_some();
        match method {
            _ if !has("/v2/") && !has("/gitlab/v1/") || path.ends_with(b"/v2/") => Self::Probe,
            "GET" | "HEAD" if has("/manifests/") => Self::Manifest,
            "GET" if has("/blobs/sha") => Self::Blob,
            "PUT" if has("/manifests/") => Self::Push,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

/// How it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answered {
    /// 2xx and 3xx.
    Good,
    /// 404.
    Missing,
    /// Other 4xx.
    Refused,
    /// 5xx.
    Failed,
}

impl Answered {
    const COUNT: usize = 4;

    const fn of(status: u16) -> Self {
        match status {
            ..400 => Self::Good,
            404 => Self::Missing,
            500.. => Self::Failed,
            _ => Self::Refused,
        }
    }
}

/// What one layer told of within one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Which step, counted from the beginning of time.
    pub step: i64,
    pub layer: Layer,
    pub(super) counts: [[u64; Answered::COUNT]; Operation::COUNT],
    /// Requests for manifests whose time was told, and those of them that took over a second, and over five.
    pub timed: u64,
    pub slow: u64,
    pub stuck: u64,
    /// Lines of errors that are about no answer.
    pub errors: u64,
}

impl Totals {
    /// Nothing yet, of the step that holds `at`.
    pub fn at(at: Timestamp, layer: Layer) -> Self {
        Self { step: at.as_second().div_euclid(STEP), layer, ..Self::default() }
    }

    /// How often this was answered so.
    pub const fn of(&self, operation: Operation, answered: Answered) -> u64 {
        self.counts[operation as usize][answered as usize]
    }

    /// All answers to this.
    pub fn answers_to(&self, operation: Operation) -> u64 {
        self.counts[operation as usize].iter().sum()
    }

    /// How often anything but a probe was answered so.
    pub fn all(&self, answered: Answered) -> u64 {
        self.counts[..Operation::Probe as usize].iter().map(|row| row[answered as usize]).sum()
    }

    /// All answers but those to probes.
    pub fn answers(&self) -> u64 {
        self.counts[..Operation::Probe as usize].iter().flatten().sum()
    }

    /// Whether anything, a probe too, was answered well.
    pub fn has_good(&self) -> bool {
        self.counts.iter().any(|row| row[Answered::Good as usize] > 0)
    }

    /// The same, more of it.
    #[must_use]
    pub fn with(mut self, operation: Operation, answered: Answered, count: u64) -> Self {
        self.counts[operation as usize][answered as usize] += count;
        self
    }

    /// Takes in what else was told.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *count += more;
        }
        self.timed += other.timed;
        self.slow += other.slow;
        self.stuck += other.stuck;
        self.errors += other.errors;
    }

    /// When the step ends, in seconds.
    pub const fn end(&self) -> i64 {
        (self.step + 1) * STEP
    }

    fn take(&mut self, fields: &Fields<'_>) {
        let (Some(status), Some(uri)) = (fields.status, fields.uri.as_deref()) else {
            self.errors += u64::from(is_error(fields));
            return;
        };
        let operation = Operation::of(fields.method.as_deref().unwrap_or_default(), uri);
        self.counts[operation as usize][Answered::of(status) as usize] += 1;
        // How long a blob takes is up to the client's network.
        if let (Operation::Manifest, Some(took)) = (operation, fields.took) {
            self.timed += 1;
            self.slow += u64::from(took > SLOW);
            self.stuck += u64::from(took > STUCK);
        }
    }
}

/// Whether a line without an answer tells of an error of the server's own, not of one that it found in a request.
fn is_error(fields: &Fields<'_>) -> bool {
    let is_clients = fields.code.as_deref().is_some_and(|code| !code.eq_ignore_ascii_case("unknown"));
    fields.level >= Level::Error && !is_clients
}

/// Counts a line that was written at `at` and read at `now`, unless it is too old to matter.
pub fn take(totals: &mut Vec<Totals>, fields: &Fields<'_>, at: Timestamp, now: Timestamp) {
    let is_answer = fields.status.is_some() && fields.uri.is_some();
    if now.duration_since(at) > WINDOW || !(is_answer || is_error(fields)) {
        return;
    }
    let (step, layer) = (at.as_second().div_euclid(STEP), fields.layer);
    // Lines come nearly in the order in which they were written.
    let known = totals.iter().rposition(|known| known.step == step && known.layer == layer);
    let place = known.unwrap_or_else(|| {
        totals.push(Totals::at(at, layer));
        totals.len() - 1
    });
    totals[place].take(fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn told(method: &'static str, uri: &'static str, status: u16) -> Fields<'static> {
        Fields {
            layer: Layer::Registry,
            method: Some(method.into()),
            uri: Some(uri.into()),
            status: Some(status),
            ..Fields::default()
        }
    }

    #[test]
    fn what_is_asked_is_told_by_method_and_path() {
        use Operation::{Blob, Delete, Manifest, Other, Probe, Push};
        for (method, uri, operation) in [
            ("GET", "/v2/group/image/manifests/latest", Manifest),
            ("HEAD", "/v2/group/image/manifests/sha256:00", Manifest),
            ("GET", "https://registry.example.com/v2/group/image/manifests/latest", Manifest),
            ("GET", "/v2/group/image/blobs/sha256:00", Blob),
            ("HEAD", "/v2/group/image/blobs/sha256:00", Other),
            ("PUT", "/v2/group/image/manifests/latest", Push),
            ("PUT", "/v2/group/image/blobs/uploads/1?digest=sha256:00", Other),
            ("POST", "/v2/group/image/blobs/uploads/?mount=sha256:00", Other),
            ("DELETE", "/v2/group/image/manifests/latest", Delete),
            ("GET", "/v2/group/image/tags/list", Other),
            ("GET", "/gitlab/v1/repositories/group/image/", Other),
            ("GET", "/v2/", Probe),
            ("GET", "/", Probe),
            ("GET", "/debug/health", Probe),
        ] {
            assert_eq!(Operation::of(method, uri), operation, "{method} {uri}");
        }
    }

    #[test]
    fn lines_are_counted_where_they_belong_in_time_and_old_ones_are_not() {
        let mut totals = Vec::new();
        for (second, status) in [(1000, 200), (1001, 500), (1010, 404), (1009, 401), (600, 500)] {
            take(&mut totals, &told("GET", "/v2/a/manifests/v1", status), at(second), at(1011));
        }
        let error = |code: Option<&'static str>| Fields {
            level: Level::Error,
            code: code.map(Into::into),
            ..Fields::default()
        };
        take(&mut totals, &error(None), at(1011), at(1011));
        take(&mut totals, &error(Some("MANIFEST_UNKNOWN")), at(1011), at(1011));
        take(&mut totals, &error(Some("UNKNOWN")), at(1011), at(1011));
        let [first, second, other] = &*totals else { panic!("{totals:?}") };
        let of = |totals: &Totals, answered| totals.of(Operation::Manifest, answered);
        let all = [Answered::Good, Answered::Missing, Answered::Refused, Answered::Failed];
        assert_eq!(all.map(|answered| of(first, answered)), [1, 0, 1, 1]);
        assert_eq!(all.map(|answered| of(second, answered)), [0, 1, 0, 0]);
        assert_eq!((first.answers(), first.all(Answered::Failed), other.errors), (3, 1, 2));
    }

    #[test]
    fn only_times_of_manifests_tell_how_quick_the_store_is() {
        let mut totals = Vec::new();
        for (uri, millis) in [
            ("/v2/a/manifests/v1", 20),
            ("/v2/a/manifests/v1", 2_000),
            ("/v2/a/manifests/v1", 9_000),
            ("/v2/a/blobs/sha256:00", 90_000),
        ] {
            let fields = Fields { took: Some(Duration::from_millis(millis)), ..told("GET", uri, 200) };
            take(&mut totals, &fields, at(5), at(5));
        }
        assert_eq!((totals[0].timed, totals[0].slow, totals[0].stuck), (3, 2, 1));
    }
}
