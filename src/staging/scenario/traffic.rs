//! The clients of the registry: what they ask goes by an HAProxy to a pod, and everybody on the way writes it down.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::bucket;
use super::environment::{BACKEND, NODES};
use super::file::Scenario;
use super::lines::Asked;
use super::logfile::{LOG_ROOM, LogFile};
use super::play::{Stage, workload};
use super::requests::{Errand, Usual, What, due, usual};
use super::situation::Situation;
use crate::registry::manifest::{self, MANIFEST_LIMIT, media_type};
use crate::registry::reference::Reference;
use crate::staging::haproxy::{Backend, Check, Instance};
use crate::staging::kubernetes::CONTAINER;
use crate::staging::registry::{Failure, Hand, Manner, Waited};

/// Time that an errand is given to be over before it is written down, so that lines are in the order of time.
const SETTLED: Duration = Duration::from_millis(400);
/// Whoever slept for long need not catch up with more than this.
const CAUGHT_UP: Duration = Duration::from_secs(5);
/// How often there is a look at what is due.
const TICK: Duration = Duration::from_millis(250);
/// Layers of an image that a client has not got yet.
const LAYERS: usize = 3;

/// The addresses that the registry sees: those of the HAProxies.
const BALANCERS: [&str; NODES.len()] = ["10.220.8.11", "10.220.8.12"];

/// What clients say of themselves, and the networks that they come from.
const CLIENTS: &[(&str, &str)] = &[
    (
        "docker/20.10.17 go/go1.17.11 git-commit/a89b842 kernel/5.15.0-48-generic os/linux arch/amd64 \
         UpstreamClient(Docker-Client/20.10.17 \\(linux\\))",
        "198.51.100.",
    ),
    ("containerd/v1.7.24", "203.0.113."),
    (
        "docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.8.0-48-generic os/linux arch/arm64 \
         UpstreamClient(Docker-Client/27.3.1 \\(linux\\))",
        "203.0.113.",
    ),
    ("skopeo/1.9.3", "198.51.100."),
];

/// The clients of a scenario, on its stage.
pub struct Traffic {
    scenario: Arc<Scenario>,
    stage: Stage,
    started: Timestamp,
    usual: Arc<Usual>,
    /// The log of each HAProxy, by node.
    files: BTreeMap<String, LogFile>,
    /// Up to where errands were run, after the start.
    reached: Duration,
    /// How many tags were damaged.
    damaged: usize,
    /// The pods that take requests, and the situation of which that is true.
    pods: Option<(Situation, Vec<String>)>,
    requests: usize,
    /// The time of the last line that a container wrote.
    latest: Timestamp,
    /// What is written down once it is over.
    pending: Written,
}

/// What was written down since the last look.
#[derive(Default)]
struct Written {
    /// Time, pod and line.
    containers: Vec<(Timestamp, String, String)>,
    /// Time, node and line.
    balancers: Vec<(Timestamp, String, String)>,
}

/// Whom an HAProxy gives a request to.
enum Way {
    /// To a server, which has a pod answer.
    Through { server: String },
    /// To nobody who answers: what HAProxy or the server says instead.
    Short { server: String, status: u16, flags: &'static str },
}

/// Who asks.
struct Client {
    agent: String,
    address: String,
    rng: Rng,
    /// When it asks next.
    at: Timestamp,
}

/// What a client was answered.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
    /// How long it had to wait for what is behind the registry.
    waited: Duration,
}

impl Traffic {
    /// Nobody has asked anything yet. The lines of the HAProxies go into `files`, by node.
    pub fn new(
        scenario: Scenario,
        stage: Stage,
        started: Timestamp,
        files: BTreeMap<String, LogFile>,
    ) -> Self {
        Self {
            scenario: Arc::new(scenario),
            stage,
            started,
            usual: usual().into(),
            files,
            reached: Duration::ZERO,
            damaged: 0,
            pods: None,
            requests: 0,
            latest: started,
            pending: Written::default(),
        }
    }

    /// Has clients ask until it is dropped.
    pub async fn run(mut self, clock: fn() -> Timestamp) {
        loop {
            self.play(clock()).await;
            tokio::time::sleep(TICK).await;
        }
    }

    /// Everything that is due by `now`. What goes wrong with it goes wrong for the clients, and is written down.
    pub async fn play(&mut self, now: Timestamp) {
        let elapsed = Duration::try_from(self.started.duration_until(now)).unwrap_or_default();
        let (scenario, usual) = (self.scenario.clone(), self.usual.clone());
        let situation = scenario.at(elapsed);
        let until = elapsed.saturating_sub(SETTLED);
        let from = self.reached.max(until.saturating_sub(CAUGHT_UP));
        self.reached = until;
        let errands = due(&scenario, &usual, situation.demand, (from, until));
        self.look_for_pods(&situation);
        let mut written = Written::default();
        if self.stage.front_door.manner() != Manner::Down {
            for errand in errands {
                self.run_errand(&errand, &mut written).await;
            }
        }
        self.write(written, now);
        self.damage(&situation).await;
        self.fill(&situation, (from, until));
    }

    /// Damages what is due. What is not there is nothing that could break.
    async fn damage(&mut self, situation: &Situation) {
        for (damage, reference) in situation.damage.get(self.damaged..).unwrap_or_default() {
            if let Ok(store) = self.stage.front_door.store().await {
                let _ = bucket::damage(store.url(), *damage, reference).await;
            }
        }
        self.damaged = situation.damage.len();
    }

    /// Somebody left on that every probe is written down.
    fn fill(&mut self, situation: &Situation, (from, to): (Duration, Duration)) {
        let (Some(span), Some((node, file))) = (situation.fills, self.files.first_key_value()) else {
            return;
        };
        let now = self.started + SignedDuration::try_from(to).unwrap_or_default();
        let mut client = Client::of(to.as_secs(), Rng::with_seed(to.as_secs()), now);
        let mut probe = client.asks("GET", "/v2/");
        (probe.status, probe.written, probe.took) = (200, 2, Duration::from_millis(1));
        let server = format!("{BACKEND}/{BACKEND}-1");
        let line = probe.haproxy(node, 2_211, "registry_https", &server, "----");
        let share = to.saturating_sub(from).as_secs_f64() / span.as_secs_f64();
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let lines = (LOG_ROOM as f64 * share / line.len() as f64) as usize;
        // Without the file the rest of staging is as good as ever.
        let _ = file.fill(&line.repeat(lines));
    }

    fn look_for_pods(&mut self, situation: &Situation) {
        if self.pods.as_ref().is_none_or(|(of, _)| of != situation) {
            let workload = workload(&self.scenario, situation, self.started);
            let takes = workload.pods.iter().filter(|pod| pod.state.takes_traffic());
            self.pods = Some((situation.clone(), takes.map(|pod| pod.name.clone()).collect()));
        }
    }

    async fn run_errand(&mut self, errand: &Errand<'_>, written: &mut Written) {
        let after = SignedDuration::try_from(errand.at).unwrap_or_default();
        let at = self.started.checked_add(after).unwrap_or(self.started);
        let rng = Rng::with_seed(errand.number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x51AB);
        match errand.what {
            What::Ask(asked) => {
                let (agent, address) = (asked.agent.clone(), asked.client.clone());
                let mut client = Client { agent, address, rng, at };
                self.ask(&mut client, &asked.method, &asked.uri, written).await;
            }
            What::Push(image) => self.push(&mut Client::of(errand.number, rng, at), image, written).await,
            What::Pull(image) => self.pull(&mut Client::of(errand.number, rng, at), image, written).await,
        }
    }

    /// As a container runtime pulls: manifest by tag, then by digest, for an index one of its children, and what of
    /// the parts it has not got yet. Those it asks for side by side; before them it stops at the first answer that is no
    /// good.
    async fn pull(&mut self, client: &mut Client, image: &Reference, written: &mut Written) {
        let base = format!("/v2/{}", image.repository);
        let manifest = |reference: &str| format!("{base}/manifests/{reference}");
        let tag = manifest(&image.target.to_string());
        let known = self.ask(client, "HEAD", &tag, written).await;
        let digest = known.as_ref().and_then(Answered::digest);
        let Some(digest) = digest else {
            // Docker does not trust the answer to HEAD.
            self.ask(client, "GET", &tag, written).await;
            return;
        };
        let Some(mut found) = self.get(client, &manifest(&digest), written).await else { return };
        let child = found.entries.first().map(|child| child.digest_text.clone());
        if let Some(child) = child {
            let Some(image) = self.get(client, &manifest(&child), written).await else { return };
            found = image;
        }
        let layers = found.layers.iter().take(LAYERS);
        for part in found.config.iter().chain(layers) {
            let method = if client.rng.u8(..4) == 0 { "HEAD" } else { "GET" };
            self.ask(client, method, &format!("{base}/blobs/{}", part.digest_text), written).await;
        }
    }

    /// As Docker pushes an image whose layers are there: those it has not got it uploads, then the manifest.
    async fn push(&mut self, client: &mut Client, image: &Reference, written: &mut Written) {
        let base = format!("/v2/{}", image.repository);
        let Some(found) = self.image(image).await else { return };
        let parts: Vec<_> = found.config.iter().chain(found.layers.iter().take(LAYERS)).collect();
        for part in &parts {
            let blob = format!("{base}/blobs/{}", part.digest_text);
            let known = self.ask(client, "HEAD", &blob, written).await;
            if known.is_some_and(|answer| answer.status.is_success()) {
                continue;
            }
            let id = uuid(client.rng.u128(..));
            let upload = format!("{base}/blobs/uploads/");
            let steps = [
                ("POST", upload.clone()),
                ("PATCH", format!("{upload}{id}")),
                ("PUT", format!("{upload}{id}?digest={}", part.digest_text)),
            ];
            for (method, uri) in steps {
                if self.ask(client, method, &uri, written).await.is_none_or(|it| !it.status.is_success()) {
                    return;
                }
            }
        }
        self.ask(client, "PUT", &format!("{base}/manifests/{}", image.target), written).await;
        if self.scenario.at(self.reached).writes_links
            && let Ok(store) = (self.stage.bucket)().await
        {
            let digests = parts.iter().filter_map(|part| part.digest.clone().ok());
            // A link that is there already is as good as a new one.
            let _ = bucket::link(store.url(), &image.repository, digests).await;
        }
    }

    /// What an image consists of, as whoever pushes it knows.
    async fn image(&self, image: &Reference) -> Option<manifest::Manifest> {
        let uri = format!("/v2/{}/manifests/{}", image.repository, image.target);
        let answer = self.stage.front_door.read(&request("GET", &uri)?).await;
        manifest::parse(&Answered::of(answer).await.bytes).ok()
    }

    async fn get(
        &mut self,
        client: &mut Client,
        uri: &str,
        written: &mut Written,
    ) -> Option<manifest::Manifest> {
        let answer = self.ask(client, "GET", uri, written).await.filter(|it| it.status.is_success())?;
        manifest::parse(&answer.bytes).ok()
    }

    /// One request on its way. None if no registry answered.
    async fn ask(
        &mut self,
        client: &mut Client,
        method: &str,
        uri: &str,
        written: &mut Written,
    ) -> Option<Answered> {
        self.requests += 1;
        let number = self.requests % self.stage.balancers.len().max(1);
        let (node, balancer) = self.stage.balancers.get(number)?.clone();
        let door = self.stage.front_door.clone();
        let way = balancer.now(|instance, _| way(instance, client.rng.f64(), &door.manner()));
        let mut asked = client.asks(method, uri);
        let (server, flags, answer) = match way {
            Way::Short { server, status, flags } => {
                (asked.status, asked.content_type) = (status, "text/html".to_owned());
                (server, flags, None)
            }
            Way::Through { server } => {
                let pod = self.pod().unwrap_or_default();
                let answer = self.answer(method, uri, Hand { pod: &pod, chance: client.rng.f64() }).await?;
                answer.0.describe(&mut asked, &answer.1);
                asked.took += answer.0.waited;
                balancer.now(|instance, _| {
                    let server = instance.server(BACKEND, &server);
                    server.into_iter().for_each(|server| server.served.tell(asked.status));
                });
                (format!("{BACKEND}/{server}"), "----", Some(answer.0))
            }
        };
        if let Manner::Slow(wait) = door.manner() {
            asked.took += wait;
        }
        client.at = asked.answered() + SignedDuration::from_millis(client.rng.i64(2..9));
        let line = balancer
            .now(|instance, _| asked.haproxy(&node, instance.pid, &instance.frontend, &server, flags));
        written.balancers.push((asked.answered(), node, line));
        if answer.is_some() {
            self.note(&asked, BALANCERS.get(number).copied().unwrap_or_default(), written);
        }
        answer
    }

    /// What the registry answers, and why if it does not like to.
    async fn answer(&self, method: &str, uri: &str, hand: Hand<'_>) -> Option<(Answered, Option<Failure>)> {
        let response = self.stage.front_door.ask(&request(method, uri)?, hand).await;
        let failure = response.extensions().get::<Failure>().cloned();
        Some((Answered::of(response).await, failure))
    }

    /// The lines of the pod whose turn it is.
    fn note(&self, asked: &Asked, balancer: &str, written: &mut Written) {
        let Some(pod) = self.pod() else { return };
        let at = asked.answered();
        let lines = [asked.registry(self.scenario.log_format), asked.access(balancer)];
        written.containers.extend(lines.map(|line| (at, pod.clone(), line)));
    }

    /// The pod whose turn it is.
    fn pod(&self) -> Option<String> {
        let pods = self.pods.as_ref().map(|(_, pods)| pods.as_slice()).unwrap_or_default();
        self.requests.checked_rem(pods.len()).and_then(|turn| pods.get(turn)).cloned()
    }

    /// Lines come when a request is over, which may be a while after it came.
    fn write(&mut self, written: Written, now: Timestamp) {
        let mut written = self.pending.with(written).over(now);
        written.containers.sort_by_key(|(at, ..)| *at);
        for (at, pod, line) in written.containers {
            // What a container writes is stamped when it is written: never earlier than the line before.
            self.latest = self.latest.max(at);
            self.stage.cluster.log_at(&pod, CONTAINER, &line, self.latest);
        }
        written.balancers.sort_by_key(|(at, ..)| *at);
        for (node, file) in &self.files {
            let its = written.balancers.iter().filter(|(_, of, _)| of == node);
            let lines: String = its.map(|(.., line)| line.as_str()).collect();
            if !lines.is_empty() {
                // Without the file the rest of staging is as good as ever.
                let _ = file.append(&lines);
            }
        }
    }
}

impl Written {
    fn with(&mut self, more: Self) -> &mut Self {
        self.containers.extend(more.containers);
        self.balancers.extend(more.balancers);
        self
    }

    /// Takes out what is over by `now`.
    fn over(&mut self, now: Timestamp) -> Self {
        Self {
            containers: self.containers.extract_if(.., |(at, ..)| *at <= now).collect(),
            balancers: self.balancers.extract_if(.., |(at, ..)| *at <= now).collect(),
        }
    }
}

/// A request as one of staging's clients makes it.
fn request(method: &str, uri: &str) -> Option<Parts> {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(uri);
    for accepted in media_type::ACCEPTED {
        request = request.header(header::ACCEPT, accepted);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

/// Where HAProxy sends a request: `chance` (0 to 1) decides where a server fails now and then.
fn way(instance: &mut Instance, chance: f64, manner: &Manner) -> Way {
    let nobody = |status| Way::Short { server: format!("{BACKEND}/<NOSRV>"), status, flags: "SC--" };
    if let Manner::Answers(status) = manner {
        return nobody(*status);
    }
    let Some(server) = instance.backend(BACKEND).and_then(Backend::take_turn) else { return nobody(503) };
    let name = server.layout.name.clone();
    let short = |status, flags| Way::Short { server: format!("{BACKEND}/{name}"), status, flags };
    match server.check {
        Check::Status(status) => short(status, "----"),
        Check::Refused | Check::TimesOut => short(503, "SC--"),
        Check::Silent => short(504, "sH--"),
        Check::Passes if chance < server.errors => short(502, "SH--"),
        Check::Passes => Way::Through { server: name },
    }
}

impl Client {
    fn of(number: u64, mut rng: Rng, at: Timestamp) -> Self {
        let turn = usize::try_from(number).unwrap_or_default();
        let (agent, network) = CLIENTS.get(turn % CLIENTS.len()).copied().unwrap_or_default();
        Self { agent: agent.to_owned(), address: format!("{network}{}", rng.u8(2..60)), rng, at }
    }

    /// A request as it sets out.
    fn asks(&mut self, method: &str, uri: &str) -> Asked {
        let rng = &mut self.rng;
        let is_blob = uri.contains("/blobs/");
        let took = Duration::from_nanos(rng.u64(600_000..if is_blob { 42_000_000 } else { 9_000_000 }));
        Asked {
            at: self.at,
            took,
            id: uuid(rng.u128(..)),
            method: method.to_owned(),
            uri: uri.to_owned(),
            client: self.address.clone(),
            client_port: rng.u16(32_768..60_999),
            agent: self.agent.clone(),
            status: 0,
            written: 0,
            content_type: String::new(),
            failure: None,
        }
    }
}

fn uuid(number: u128) -> String {
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

impl Answered {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let limit = usize::try_from(MANIFEST_LIMIT).unwrap_or(usize::MAX).saturating_mul(16);
        let bytes = to_bytes(body, limit).await.unwrap_or_default();
        let waited = parts.extensions.get::<Waited>().map_or(Duration::ZERO, |waited| waited.0);
        Self { status: parts.status, headers: parts.headers, bytes, waited }
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    /// The digest of a manifest that was found.
    fn digest(&self) -> Option<String> {
        self.header("docker-content-digest").filter(|_| self.status.is_success())
    }

    fn describe(&self, asked: &mut Asked, failure: &Option<Failure>) {
        asked.status = self.status.as_u16();
        let is_head_of_blob = asked.method == "HEAD" && asked.uri.contains("/blobs/");
        asked.written = if is_head_of_blob { 0 } else { self.bytes.len() as u64 };
        asked.content_type = self.header("content-type").unwrap_or_default();
        asked.failure = failure.clone();
    }
}
