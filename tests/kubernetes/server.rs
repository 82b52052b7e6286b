//! An API server that says what it is told to, else what a real one said; and somebody who listens to the source.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures::{FutureExt, StreamExt};
use quarterdeck::sources::Teller;
use quarterdeck::sources::kubernetes::facts::{Fact, Watch};
use quarterdeck::sources::kubernetes::picture::Picture;
use quarterdeck::sources::kubernetes::{self, Options, Pace};
use tokio::sync::{Notify, broadcast, mpsc, watch};

/// What is answered once.
#[derive(Clone, Debug)]
pub enum Reply {
    Say {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Lines of a stream, which then stays open in silence, or ends.
    Stream {
        lines: Vec<String>,
        stays: bool,
    },
    /// Nothing, ever.
    Silence,
}

impl Reply {
    /// A success with this body.
    pub fn json(body: &str) -> Self {
        Self::Say { status: 200, headers: Vec::new(), body: body.to_owned() }
    }

    /// A recorded answer of a real server.
    pub fn recorded(name: &str) -> Self {
        let text = fixture(name);
        let answer = &text[text.find("HTTP/1.1 ").unwrap()..];
        let (head, body) = answer.split_once("\n\n").unwrap();
        Self::Say { status: head[9..12].parse().unwrap(), headers: Vec::new(), body: body.to_owned() }
    }

    /// A watch that says this and stays open.
    pub fn watch(lines: &[String]) -> Self {
        Self::Stream { lines: lines.to_vec(), stays: true }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Say { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// A file of recordings.
pub fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/kubernetes/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.replace("\r\n", "\n")
}

/// What a list of this resource is, unless told otherwise.
const RECORDED: &[(&str, &str)] = &[
    ("pods", "list-pods.http"),
    ("services", "list-services.http"),
    ("endpointslices", "list-endpointslices.http"),
    ("endpoints", "list-endpoints.http"),
    ("deployments", "list-deployments.http"),
    ("replicasets", "list-replicasets.http"),
    ("horizontalpodautoscalers", "list-hpa.http"),
    ("events", "list-events.http"),
    ("selfsubjectrulesreviews", "rules-review-admin.http"),
    ("selfsubjectaccessreviews", "access-review.http"),
];

#[derive(Default)]
struct Told {
    /// What comes next, by resource: `list pods`, `watch pods`, `get pods/name`.
    next: BTreeMap<String, VecDeque<Reply>>,
    /// What always comes when there is no next.
    always: BTreeMap<String, Reply>,
    requests: Vec<String>,
    tokens: Vec<String>,
}

#[derive(Clone)]
struct Shared {
    told: Arc<Mutex<Told>>,
    lines: broadcast::Sender<(String, String)>,
}

/// An API server on loopback, with a runtime of its own that can be killed.
pub struct Server {
    pub addr: SocketAddr,
    shared: Shared,
    runtime: Option<tokio::runtime::Runtime>,
    folder: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Self {
        let shared = Shared { told: Arc::default(), lines: broadcast::channel(1024).0 };
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { addr: ([127, 0, 0, 1], 0).into(), shared, runtime: None, folder };
        server.begin();
        server.write_token("first-token");
        server
    }

    /// Answers again, on the port that it had.
    pub fn begin(&mut self) {
        let listener = std::net::TcpListener::bind(self.addr).unwrap();
        listener.set_nonblocking(true).unwrap();
        self.addr = listener.local_addr().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let router = axum::Router::new().fallback(answer).with_state(self.shared.clone());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
        self.runtime = Some(runtime);
    }

    /// Dies, and every connection with it.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not allowed on a thread that runs other tasks.
            std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(5))).join().unwrap();
        }
    }

    /// The next answers to such questions.
    pub fn next(&self, what: &str, replies: impl IntoIterator<Item = Reply>) {
        self.shared.told.lock().unwrap().next.entry(what.to_owned()).or_default().extend(replies);
    }

    /// All answers to such questions for which there is no next.
    pub fn always(&self, what: &str, reply: Reply) {
        self.shared.told.lock().unwrap().always.insert(what.to_owned(), reply);
    }

    /// The real answers again.
    pub fn never(&self, what: &str) {
        self.shared.told.lock().unwrap().always.remove(what);
    }

    /// Says a line on every open watch of a resource.
    pub fn say(&self, resource: &str, line: &str) {
        self.shared.lines.send((resource.to_owned(), format!("{line}\n"))).unwrap();
    }

    pub fn requests(&self) -> Vec<String> {
        self.shared.told.lock().unwrap().requests.clone()
    }

    pub fn tokens(&self) -> Vec<String> {
        self.shared.told.lock().unwrap().tokens.clone()
    }

    pub fn write_token(&self, token: &str) {
        self.write_kubeconfig(&format!("{{token: {token}}}"));
    }

    /// A kubeconfig for this server with this user.
    pub fn write_kubeconfig(&self, user: &str) {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: lab\n\
             clusters: [{{name: lab, cluster: {{server: 'http://{}'}}}}]\n\
             contexts: [{{name: lab, context: {{cluster: lab, user: me, namespace: registry-lab}}}}]\n\
             users: [{{name: me, user: {user}}}]\n",
            self.addr
        );
        std::fs::write(self.folder.path().join("kubeconfig"), text).unwrap();
    }

    pub fn options(&self) -> Options {
        Options {
            kubeconfig: Some(self.folder.path().join("kubeconfig")),
            service: Some("gitlab-registry".to_owned()),
            pace: quick(),
            ..Options::new("app=registry")
        }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Pauses for tests: nothing waits longer than it must.
pub fn quick() -> Pace {
    Pace {
        gather: Duration::from_millis(20),
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(80),
        poll: Duration::from_millis(50),
        renew: Duration::ZERO,
        ..Pace::default()
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (what, resource) = question(&request);
    let reply = {
        let mut told = shared.told.lock().unwrap();
        let uri = request.uri();
        told.requests.push(format!("{} {}", request.method(), uri));
        let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        told.tokens.push(token.unwrap_or_default().to_owned());
        let next = told.next.get_mut(&what).and_then(VecDeque::pop_front);
        next.or_else(|| told.always.get(&what).cloned())
    };
    let usual = || match what.split_once(' ').unwrap() {
        ("watch", _) => Reply::watch(&[]),
        (_, resource) => RECORDED
            .iter()
            .find(|(known, _)| *known == resource)
            .map_or_else(|| Reply::recorded("get-pod-not-found.http"), |(_, name)| Reply::recorded(name)),
    };
    match reply.unwrap_or_else(usual) {
        Reply::Say { status, headers, body } => {
            let mut response = Response::builder().status(status).header("content-type", "application/json");
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Reply::Stream { lines, stays } => stream(&shared, resource, lines, stays),
        Reply::Silence => futures::future::pending().await,
    }
}

/// `list pods`, `watch pods`, `get pods/name`, `log pods/name`, `post selfsubject…`.
fn question(request: &Request) -> (String, String) {
    let parts: Vec<_> = request.uri().path().split('/').collect();
    let at = parts.iter().position(|part| *part == "namespaces").map_or(parts.len() - 1, |at| at + 2);
    let rest = &parts[at.min(parts.len() - 1)..];
    let query = request.uri().query().unwrap_or_default();
    let verb = match rest {
        [_, _, "log"] => "log",
        [_, _] => "get",
        _ if query.contains("watch=true") => "watch",
        _ if request.method() == "POST" => "post",
        _ => "list",
    };
    let named = if verb == "log" { rest[..2].join("/") } else { rest.join("/") };
    (format!("{verb} {named}"), rest[0].to_owned())
}

fn stream(shared: &Shared, resource: String, lines: Vec<String>, stays: bool) -> Response {
    let first = futures::stream::iter(lines).map(|line| format!("{}\n", line.trim_end()));
    let later = tokio_stream(shared.lines.subscribe(), resource);
    let all = if stays { first.chain(later).boxed() } else { first.boxed() };
    Response::new(Body::from_stream(all.map(|line| Ok::<_, std::io::Error>(Bytes::from(line)))))
}

fn tokio_stream(
    lines: broadcast::Receiver<(String, String)>,
    resource: String,
) -> impl futures::Stream<Item = String> + Send {
    futures::stream::unfold((lines, resource), |(mut lines, resource)| async move {
        loop {
            let (of, line) = lines.recv().await.ok()?;
            if of == resource {
                return Some((line, (lines, resource)));
            }
        }
    })
}

/// The source at work, and everything that it has said.
pub struct Listener {
    facts: mpsc::UnboundedReceiver<Fact>,
    pub picture: Picture,
    pub heard: Vec<Fact>,
    nudge: Arc<Notify>,
    pub settled: watch::Receiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Listener {
    pub fn start(options: Options) -> Self {
        let (tell, facts) = mpsc::unbounded_channel();
        let put = Arc::new(move |fact| {
            let _ = tell.send(fact);
            async {}.boxed()
        });
        let settled = Arc::new(watch::Sender::new(false));
        let nudge = Arc::new(Notify::new());
        let teller = Teller::new(put, settled.clone(), nudge.clone());
        let settled = settled.subscribe();
        let task = tokio::spawn(kubernetes::run(options, teller));
        Self { facts, picture: Picture::default(), heard: Vec::new(), nudge, settled, task }
    }

    /// Waits for a fact, folding all that come before it.
    pub async fn until(&mut self, what: &str, mut is_it: impl FnMut(&Fact, &Picture) -> bool) -> Fact {
        let wait = async {
            loop {
                let fact = self.facts.recv().await.expect("the source ended");
                self.picture.fold(&fact, jiff::Timestamp::now());
                self.heard.push(fact.clone());
                if is_it(&fact, &self.picture) {
                    return fact;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), wait).await;
        found.unwrap_or_else(|_| panic!("never heard: {what}; heard {:#?}", brief(&self.heard)))
    }

    /// Waits until the first round is over, and hears what has come by then.
    pub async fn settle(&mut self) {
        let wait = self.settled.wait_for(|settled| *settled);
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("never settled").unwrap();
        while let Ok(fact) = self.facts.try_recv() {
            self.picture.fold(&fact, jiff::Timestamp::now());
            self.heard.push(fact);
        }
    }

    /// Waits until every watch stands, so that what the server says then is heard.
    pub async fn live(&mut self) {
        let is_live = |fact: &Fact| matches!(fact, Fact::Watched { watch: Watch::Live, .. });
        let mut count = self.heard.iter().filter(|fact| is_live(fact)).count();
        if count < 7 {
            let all = |fact: &Fact, _: &Picture| {
                count += usize::from(is_live(fact));
                count == 7
            };
            self.until("every watch stands", all).await;
        }
    }

    /// The operator presses Ctrl-r.
    pub fn nudge(&self) {
        self.nudge.notify_waiters();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn brief(facts: &[Fact]) -> Vec<String> {
    facts.iter().map(|fact| format!("{fact:?}").chars().take(160).collect()).collect()
}
