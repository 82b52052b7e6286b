//! The file of a scenario: read strictly, so that a slip of the pen is named with its line.

use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::environment::{BACKEND, INGRESS, NODES};
use super::fault::{Behind, CloudServer, Endpoints, Errors, ServerState, StoreManner, store};
use super::logfile::{LOG_ROOM, PLENTY};
use super::requests::{LogFormat, Pull, Repeated};
use crate::registry::reference::Reference;
use crate::staging::haproxy::{Check, Manner as BalancerManner};
use crate::staging::kubernetes::PodState;
use crate::staging::registry::Manner as DoorManner;

/// Why a file is no scenario: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct LoadError {
    pub file: String,
    pub line: usize,
    pub what: String,
}

/// A scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name by which it is asked for.
    #[serde(skip)]
    pub name: String,
    /// What it is about, in a line.
    pub title: String,
    /// What whoever is on call would be told.
    pub story: String,
    /// Ids of the rules that name what is wrong, the one that matters most first.
    pub causes: Vec<String>,
    /// Ids of rules that find what follows from it.
    #[serde(default)]
    pub follows: Vec<String>,
    #[serde(default)]
    pub bucket: Bucket,
    /// How many pods there are at the start.
    #[serde(default = "usual_pods")]
    pub pods: u32,
    /// How many pods there usually are.
    #[serde(default = "usual_pods")]
    pub baseline: u32,
    /// How the registry writes its log.
    #[serde(default)]
    pub log_format: LogFormat,
    /// Whether the registry has deletes enabled.
    #[serde(default)]
    pub deletes: bool,
    /// Whether the registry keeps tags and manifests in a database, and only blobs in the bucket.
    #[serde(default)]
    pub metadata_database: bool,
    /// What the servers of the HAProxies are.
    #[serde(default)]
    pub servers_are: Behind,
    /// Images that are pulled over and over, beside those that always are.
    #[serde(default)]
    pub pulls: Vec<Pull>,
    /// Requests that are made over and over.
    #[serde(default)]
    pub requests: Vec<Repeated>,
    #[serde(default, rename = "step", deserialize_with = "unspanned")]
    pub steps: Vec<(Step, usize)>,
    /// What can be seen once all has happened.
    pub ends: Ends,
}

/// What the registry's tree holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// Nothing is wrong.
    #[default]
    Whole,
    /// A few broken tags among the healthy ones, and a repository for every known fault.
    Incidents,
}

/// Something that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How long after the start.
    #[serde(deserialize_with = "span")]
    pub at: Duration,
    /// What happens, in a sentence.
    pub says: String,
    /// How many pods the Deployment wants from now on.
    pub replicas: Option<u32>,
    #[serde(default)]
    pub pods: Vec<Pods>,
    #[serde(default)]
    pub servers: Vec<Servers>,
    #[serde(default)]
    pub balancers: Vec<Balancers>,
    /// `well`, `down`, `slow 3s` or `answers 503`.
    #[serde(default, deserialize_with = "door")]
    pub front_door: Option<DoorManner>,
    /// Requests, as a multiple of an ordinary day's.
    pub demand: Option<f64>,
    /// Tags whose `current/link` becomes empty, as an upload leaves it that was cut off: `repository:tag`.
    #[serde(default, deserialize_with = "references")]
    pub empties: Vec<Reference>,
    /// Tags whose manifest's blob becomes empty.
    #[serde(default, deserialize_with = "references")]
    pub zeroes: Vec<Reference>,
    /// Tags whose manifest's blob goes, so that their link points at nothing.
    #[serde(default, deserialize_with = "references")]
    pub dangles: Vec<Reference>,
    /// Addresses of the Service's load balancer from now on.
    pub ingress: Option<Vec<Ipv4Addr>>,
    /// What of the Service's endpoints is not as the pods are.
    pub endpoints: Option<Endpoints>,
    /// Per cent of their processors that the pods use.
    pub used: Option<u32>,
    /// What the cloud makes of the servers behind its load balancers.
    #[serde(default)]
    pub cloud: Vec<CloudServer>,
    /// What the provider says of an incident of its store that begins now.
    pub incident: Option<String>,
    /// Requests that the registry fails at.
    #[serde(default)]
    pub errors: Vec<Errors>,
    /// How the registry's store answers it: `well`, `refuses`, `denies` or `slow 3s`.
    #[serde(default, deserialize_with = "store")]
    pub store: Option<StoreManner>,
    /// Whether the registry knows no blob but those that are pushed from now on.
    pub forgets_blobs: Option<bool>,
    /// Whether the registry writes links of layers into its bucket with each push.
    pub writes_links: Option<bool>,
    /// In how long the disk would be full that the log of the first HAProxy is on.
    #[serde(default, deserialize_with = "maybe_span")]
    pub fills: Option<Duration>,
}

/// What becomes of some pods.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pods {
    /// Which, counted from 0.
    pub numbers: Vec<u32>,
    pub state: PodState,
    /// How long it has been so already when that shows.
    #[serde(default, deserialize_with = "span")]
    pub already: Duration,
    pub restarts: Option<u32>,
    /// How the last run ended: code and reason.
    pub exit: Option<(i32, String)>,
    /// Why, in the words of Kubernetes.
    pub message: Option<String>,
    /// What the last run wrote before it ended.
    #[serde(default)]
    pub last_words: Vec<String>,
}

/// What becomes of a server of HAProxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    pub server: String,
    /// The instance; all of them without one.
    pub on: Option<String>,
    /// How it answers checks: `passes`, `status 503`, `refused`, `times out` or `silent`.
    #[serde(default, deserialize_with = "check")]
    pub check: Option<Check>,
    /// Share of its answers that are server errors, from 0 to 1.
    pub errors: Option<f64>,
    /// What somebody sets by hand: `ready`, `drain` or `maintenance`.
    pub state: Option<ServerState>,
}

/// What becomes of an HAProxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balancers {
    pub on: String,
    #[serde(default)]
    pub reload: bool,
    /// `answers`, `hangs` or `refuses`: how it treats those who ask it.
    #[serde(default, deserialize_with = "manner")]
    pub manner: Option<BalancerManner>,
}

/// What can be seen once all has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    pub pods: u32,
    /// Addresses that take requests.
    pub ready: u32,
    /// Servers that are up, of all HAProxies.
    pub servers_up: u32,
    /// What `GET /` is answered; 0 where nobody listens.
    pub front_door: u16,
}

impl Scenario {
    /// Reads a scenario from the text of a file.
    pub fn read(name: &str, file: &str, text: &str) -> Result<Self, LoadError> {
        let wrong = |line: usize, what: String| LoadError { file: file.to_owned(), line, what };
        let line_at =
            |offset: usize| text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
        let mut scenario: Self = toml::from_str(text).map_err(|error| {
            wrong(error.span().map_or(1, |span| line_at(span.start)), error.message().to_owned())
        })?;
        for (_, place) in &mut scenario.steps {
            *place = line_at(*place);
        }
        scenario.name = name.to_owned();
        scenario.mistake().map_or(Ok(()), |(line, what)| Err(wrong(line, what)))?;
        Ok(scenario)
    }

    /// What a step says of something that is not there, or at a time before that of the step above.
    fn mistake(&self) -> Option<(usize, String)> {
        let mut before = Duration::ZERO;
        for (step, line) in &self.steps {
            if step.at < before {
                return Some((*line, "this step comes before the one above it".to_owned()));
            }
            before = step.at;
            if let Some(what) = step.mistake(self.pods) {
                return Some((*line, what));
            }
        }
        None
    }

    /// Bytes that logs may take: so many that an ordinary day's are nothing, unless they are to fill it.
    pub fn log_room(&self) -> u64 {
        let fills = self.steps.iter().any(|(step, _)| step.fills.is_some());
        if fills { LOG_ROOM } else { PLENTY }
    }

    /// When the last step happens.
    pub fn length(&self) -> Duration {
        self.steps.last().map_or(Duration::ZERO, |(step, _)| step.at)
    }
}

impl Step {
    fn mistake(&self, pods: u32) -> Option<String> {
        let missing = self.endpoints.iter().flat_map(|endpoints| &endpoints.missing);
        let failing = self.errors.iter().flat_map(|errors| &errors.pods);
        let numbers = self.pods.iter().flat_map(|pods| &pods.numbers).chain(missing).chain(failing);
        if let Some(number) = numbers.into_iter().find(|number| **number >= pods) {
            return Some(format!(
                "there is no pod {number}: they are counted from 0 to {}",
                pods.saturating_sub(1)
            ));
        }
        let servers: Vec<_> = (1..=INGRESS.len()).map(|number| format!("{BACKEND}-{number}")).collect();
        if let Some(unknown) = self.servers.iter().find(|it| !servers.contains(&it.server)) {
            return Some(format!(
                "there is no server {:?}; there are {}",
                unknown.server,
                servers.join(", ")
            ));
        }
        let instances = self.servers.iter().filter_map(|it| it.on.as_deref());
        let named = instances.chain(self.balancers.iter().map(|it| it.on.as_str()));
        let mut named = named.chain(self.cloud.iter().map(|it| it.server.as_str()));
        let unknown = named.find(|name| !NODES.contains(name))?;
        Some(format!("there is no HAProxy {unknown:?}; there are {}", NODES.join(", ")))
    }
}

const fn usual_pods() -> u32 {
    20
}

pub(super) fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    parse_span(&text)
        .ok_or_else(|| de::Error::custom(format!("{text:?} is no span of time such as 10s or 1m")))
}

pub(super) fn parse_span(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}

fn maybe_span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    span(from).map(Some)
}

pub(super) fn references<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Reference>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| read_reference(text)).collect()
}

pub(super) fn read_reference<E: de::Error>(text: &str) -> Result<Reference, E> {
    Reference::parse(text).map_err(|error| de::Error::custom(format!("{text:?}: {error}")))
}

fn check<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Check>, D::Error> {
    let text = String::deserialize(from)?;
    let known = "passes, refused, times out, silent, or status and a number other than 200";
    Check::parse(&text).map(Some).ok_or_else(|| de::Error::custom(format!("{text:?} is none of {known}")))
}

fn manner<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BalancerManner>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "answers" => Ok(Some(BalancerManner::Answers)),
        "hangs" => Ok(Some(BalancerManner::Hangs)),
        "refuses" => Ok(Some(BalancerManner::Refuses)),
        other => Err(de::Error::custom(format!("{other:?} is none of answers, hangs, refuses"))),
    }
}

fn door<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DoorManner>, D::Error> {
    let text = String::deserialize(from)?;
    let manner = match text.split_once(' ') {
        None if text == "well" => Some(DoorManner::Well),
        None if text == "down" => Some(DoorManner::Down),
        Some(("slow", wait)) => parse_span(wait).map(DoorManner::Slow),
        Some(("answers", status)) => status.parse().ok().map(DoorManner::Answers),
        _ => None,
    };
    let known = "well, down, slow and a span of time, or answers and a status";
    manner.map(Some).ok_or_else(|| de::Error::custom(format!("{text:?} is none of {known}")))
}

/// The steps, each with where in the text it begins.
fn unspanned<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Step, usize)>, D::Error> {
    let steps = Vec::<Spanned<Step>>::deserialize(from)?;
    Ok(steps
        .into_iter()
        .map(|step| (step.span().start, step.into_inner()))
        .map(|(at, step)| (step, at))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = \"t\"\nstory = \"s\"\ncauses = []\n";
    const ENDS: &str = "[ends]\npods = 20\nready = 20\nservers_up = 8\nfront_door = 200\n";

    fn error(body: &str) -> LoadError {
        Scenario::read("x", "x.toml", &format!("{HEAD}{body}{ENDS}")).unwrap_err()
    }

    #[test]
    fn a_slip_of_the_pen_is_named_with_its_line() {
        for (body, line, part) in [
            ("pod = 3\n", 4, "unknown field"),
            ("[[step]]\nat = \"2 apples\"\nsays = \"\"\n", 5, "no span of time"),
            ("[[step]]\nat = \"2s\"\nsays = \"\"\nfront_door = \"sad\"\n", 7, "none of well"),
            (
                "[[step]]\nat = \"2s\"\nsays = \"\"\n[[step.servers]]\nserver = \"gke-registry-9\"\n",
                4,
                "gke-registry-4",
            ),
            (
                "[[step]]\nat = \"2s\"\nsays = \"\"\n[[step.servers]]\nserver = \"gke-registry-1\"\ncheck = \"ill\"\n",
                9,
                "none of passes",
            ),
            (
                "[[step]]\nat = \"2s\"\nsays = \"\"\n[[step.pods]]\nnumbers = [20]\nstate = \"running\"\n",
                4,
                "no pod 20",
            ),
            ("[[step]]\nat = \"2s\"\nsays = \"\"\n[[step.balancers]]\non = \"fe-09\"\n", 4, "fe-01, fe-02"),
            (
                "[[step]]\nat = \"2s\"\nsays = \"\"\n[[step]]\nat = \"1s\"\nsays = \"\"\n",
                7,
                "before the one above",
            ),
        ] {
            let error = error(body);
            assert!(error.what.contains(part), "{body}: {error}");
            assert_eq!((error.line, error.file.as_str()), (line, "x.toml"), "{body}: {error}");
        }
    }
}
