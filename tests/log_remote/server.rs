//! A server on loopback that answers questions in JSON, and fails when it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use quarterdeck::sources::logs::{self, Desk, Fact, First, History, Input, Pace};
use quarterdeck::sources::{Trouble, TroubleKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::ear::Ear;

/// A question that came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Value,
    pub at: Instant,
}

/// An answer, or none in JSON.
pub type Told = Result<Value, Failure>;

/// An answer that is none.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
}

impl Failure {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }
}

type Answer = Arc<dyn Fn(&Asked) -> Told + Send + Sync>;

#[derive(Clone)]
struct Shared {
    answer: Answer,
    /// What is answered before anything else.
    failures: Arc<Mutex<VecDeque<Failure>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_down: Arc<AtomicBool>,
}

pub struct Server {
    address: SocketAddr,
    shared: Shared,
    serving: Option<JoinHandle<()>>,
}

impl Server {
    pub async fn new(answer: impl Fn(&Asked) -> Told + Send + Sync + 'static) -> Self {
        let shared = Shared {
            answer: Arc::new(answer),
            failures: Arc::default(),
            asked: Arc::default(),
            is_down: Arc::default(),
        };
        let mut server = Self { address: ([127, 0, 0, 1], 0).into(), shared, serving: None };
        server.up().await;
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers this instead, once for each.
    pub fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.shared.failures.lock().unwrap().extend(failures);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Nobody listens any more, and connections that are open break.
    pub async fn down(&mut self) {
        self.shared.is_down.store(true, Ordering::SeqCst);
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Listens where it did before.
    pub async fn up(&mut self) {
        self.shared.is_down.store(false, Ordering::SeqCst);
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(self.shared.clone());
        self.serving = Some(tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }));
    }
}

async fn answer(State(shared): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if shared.is_down.load(Ordering::SeqCst) {
        let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("down"))]);
        return Body::from_stream(broken).into_response();
    }
    let asked = Asked {
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap(),
        at: Instant::now(),
    };
    shared.asked.lock().unwrap().push(asked.clone());
    let failure = shared.failures.lock().unwrap().pop_front();
    match failure.map_or_else(|| (shared.answer)(&asked), Err) {
        Ok(value) => value.to_string().into_response(),
        Err(failure) => {
            let mut response = failure.body.into_response();
            *response.status_mut() = StatusCode::from_u16(failure.status).unwrap();
            for (name, value) in failure.headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
    }
}

/// An input that is followed.
pub struct Followed {
    pub ear: Ear,
    task: JoinHandle<()>,
}

impl Followed {
    pub fn new(input: Input, history: History, ear: Ear) -> Self {
        let pace = Pace {
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(20),
            told: 1_000_000,
            ..Pace::default()
        };
        let options = logs::Options { inputs: Vec::new(), history, pace };
        let task = tokio::spawn(input.run(Desk::new(&options, ear.teller()), First::none()));
        Self { ear, task }
    }

    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub fn troubles(&self) -> Vec<Trouble> {
        self.ear.all(|fact| match fact {
            Fact::Down { trouble, .. } => Some(trouble.clone()),
            _ => None,
        })
    }

    pub fn lives(&self) -> usize {
        self.ear.all(|fact| matches!(fact, Fact::Live { .. }).then_some(())).len()
    }

    /// All numbers that were told, sorted.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<_> = self.ear.numbers().into_values().flatten().collect();
        numbers.sort_unstable();
        numbers
    }

    pub async fn told(&self, what: &str, count: usize) {
        self.ear.until(what, |_| self.numbers().len() >= count).await;
    }

    pub async fn troubled(&self, kind: TroubleKind) {
        let what = format!("{kind:?}");
        self.ear.until(&what, |_| self.troubles().iter().any(|trouble| trouble.kind == kind)).await;
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Statuses that every store may answer with, and what is made of them.
pub async fn refusals_are_told_as_what_they_are(server: &Server, followed: &Followed) {
    use TroubleKind::{Absent, Broken, Denied, Throttled, Unauthenticated, Unreachable};
    let said =
        |status: u16| Failure::json(status, &json!({ "error": { "message": format!("said {status}") } }));
    let kinds = [
        (401, Unauthenticated),
        (403, Denied),
        (404, Absent),
        (400, Broken),
        (500, Broken),
        (503, Unreachable),
        (429, Throttled),
    ];
    for (status, kind) in kinds {
        let lives = followed.lives();
        let mut failure = said(status);
        failure.headers.push(("retry-after", "0"));
        server.fail([failure]);
        let what = format!("{status}");
        followed.ear.until(&what, |_| followed.lives() > lives).await;
        let last = followed.troubles().pop().unwrap();
        assert_eq!(last.kind, kind, "{last:?}");
        assert!(last.why.contains(&format!("HTTP {status}, said {status}")), "{last:?}");
    }
    let lives = followed.lives();
    server.fail([Failure { status: 200, headers: Vec::new(), body: "<html>Log in</html>".to_owned() }]);
    followed.ear.until("a page for people", |_| followed.lives() > lives).await;
    let last = followed.troubles().pop().unwrap();
    assert!(last.kind == Broken && last.why.contains("no JSON; is this the address of"), "{last:?}");
}

/// Nobody asks before the time that he was told.
pub async fn patience_is_kept(server: &Server, followed: &Followed) {
    let troubles = followed.troubles().len();
    server.fail([Failure { status: 429, headers: vec![("retry-after", "1")], body: String::new() }]);
    followed.ear.until("a request for patience", |_| followed.troubles().len() > troubles).await;
    assert_eq!(followed.troubles().pop().unwrap().kind, TroubleKind::Throttled);
    let before = server.asked();
    let lives = followed.lives();
    followed.ear.until("after the wait", |_| followed.lives() > lives).await;
    let waited = server.asked()[before.len()].at - before.last().unwrap().at;
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}
