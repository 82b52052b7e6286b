//! A registry's front door on loopback: what clients ask of `/` and `/v2/`, answered from a store as distribution 2.x does.
//!
//! It reads only: nothing can be pushed, and nothing deleted, whatever it says of deletes. Staging's own clients push what
//! is there already.

mod answers;
mod blobs;
mod links;
mod lists;
mod manifests;
mod pushes;
mod trouble;

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::registry::reference::{ApiPath, NameError, ReferenceError, Target};
use crate::storage::{ObjectStore, StoreError};
pub use answers::Failure;
use answers::Refusal;
pub use trouble::{Failing, Hand, StoreManner, Troubles};

/// Opens the store that the registry's tree lies in.
pub type Opener = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn ObjectStore>, StoreError>> + Send + Sync>;

/// How the front door behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Well,
    /// Answers after this long.
    Slow(Duration),
    /// Answers this status to everything, as a load balancer does that has nobody to ask.
    Answers(u16),
    /// Nobody listens.
    Down,
}

/// The front door: cheap to clone, all clones are the same one.
#[derive(Clone)]
pub struct FrontDoor {
    open: Opener,
    /// Whether deletes are enabled, as far as it shows: a tag's name is no digest then.
    deletes: bool,
    /// Whether it says that a database holds its metadata.
    database: bool,
    manner: Arc<watch::Sender<Manner>>,
    troubles: Arc<watch::Sender<Troubles>>,
    /// Repository and digest of blobs that were pushed lately.
    fresh: Arc<Mutex<BTreeSet<(String, String)>>>,
    /// Requests over the wire, which the pods answer in turn.
    turn: Arc<AtomicUsize>,
}

/// How much longer an answer took because of what is behind the registry; an answer carries it as an extension.
#[derive(Clone, Copy, Debug)]
pub struct Waited(pub Duration);

impl FrontDoor {
    /// A front door to the tree that `open` opens.
    pub fn new(open: Opener) -> Self {
        Self {
            open,
            deletes: false,
            database: false,
            manner: Arc::default(),
            troubles: Arc::default(),
            fresh: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// The same, as a registry whose deletes are enabled: who deletes by tag is told 400 instead of 405.
    pub fn with_deletes(self, deletes: bool) -> Self {
        Self { deletes, ..self }
    }

    /// The same, as GitLab's registry that keeps its metadata in a database.
    pub fn with_database(self, database: bool) -> Self {
        Self { database, ..self }
    }

    /// What is wrong behind it from now on.
    pub fn trouble(&self, troubles: Troubles) {
        self.troubles.send_replace(troubles);
    }

    /// How it behaves now.
    pub fn manner(&self) -> Manner {
        self.manner.borrow().clone()
    }

    /// The store behind it.
    pub async fn store(&self) -> Result<Arc<dyn ObjectStore>, StoreError> {
        (self.open)().await
    }

    /// What the registry behind the door answers to this request of staging's own clients, however the door behaves.
    pub async fn ask(&self, request: &Parts, hand: Hand<'_>) -> Response {
        let Ok(asked) = ApiPath::parse(request.uri.path()) else { return routed(self, request).await };
        if let Some(refused) = self.refused(&asked, request, hand) {
            return refused;
        }
        let query = request.uri.query();
        let pushed = pushes::answer(&asked, &request.method, query);
        if let (Some(_), Some(repository), Some(digest)) =
            (&pushed, asked.repository(), pushes::pushed(query))
        {
            self.fresh().insert((repository.to_string(), digest));
        }
        let mut response = match pushed {
            Some(response) => response,
            None => routed(self, request).await,
        };
        response.extensions_mut().insert(Waited(self.troubles.borrow().wait(&asked)));
        response
    }

    /// What it would answer if nothing were wrong.
    pub async fn read(&self, request: &Parts) -> Response {
        routed(self, request).await
    }

    /// What is in the way of a request.
    fn refused(&self, asked: &ApiPath, request: &Parts, hand: Hand<'_>) -> Option<Response> {
        let is_fresh = match asked {
            ApiPath::Blob { repository, digest } => {
                self.fresh().contains(&(repository.to_string(), digest.to_string()))
            }
            _ => false,
        };
        let refusal = self.troubles.borrow().refusal(asked, &request.method, hand, is_fresh);
        refusal.map(IntoResponse::into_response)
    }

    fn fresh(&self) -> std::sync::MutexGuard<'_, BTreeSet<(String, String)>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same over the wire, where the pods answer in turn and a slow store makes itself felt.
    async fn ask_over_the_wire(&self, request: &Parts) -> Response {
        if let Ok(asked) = ApiPath::parse(request.uri.path()) {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let wait = self.troubles.borrow().wait(&asked);
            tokio::time::sleep(wait).await;
            let chance = fastrand::Rng::with_seed(turn as u64).f64();
            let pods = self.troubles.borrow().pods.clone();
            let pod = turn.checked_rem(pods.len()).and_then(|turn| pods.get(turn)).map_or("", String::as_str);
            if let Some(refused) = self.refused(&asked, request, Hand { pod, chance }) {
                return refused;
            }
        }
        routed(self, request).await
    }

    /// Has it behave differently from now on.
    pub fn behave(&self, manner: Manner) {
        self.manner.send_if_modified(|now| {
            let is_new = *now != manner;
            *now = manner;
            is_new
        });
    }

    /// Serves on `listener`, and after having been down again on the same address, for as long as the future is kept.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        let mut listener = Some(listener);
        let mut manner = self.manner.subscribe();
        loop {
            let open = match listener.take() {
                Some(open) => open,
                None => bind(address).await?,
            };
            let mut until = self.manner.subscribe();
            let down = async move {
                // The sender lives in this front door, so it is there.
                let _ = until.wait_for(|manner| *manner == Manner::Down).await;
            };
            let router = Router::new().fallback(answer).with_state(self.clone());
            axum::serve(open, router).with_graceful_shutdown(down).await?;
            let _ = manner.wait_for(|manner| *manner != Manner::Down).await;
        }
    }
}

/// What GitLab's registry says of itself.
const GITLAB: [(&str, &str); 3] = [
    ("gitlab-container-registry-version", "4.15.2-gitlab"),
    ("gitlab-container-registry-features", "tag_delete"),
    ("gitlab-container-registry-database-enabled", "true"),
];

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

async fn answer(State(door): State<FrontDoor>, request: Request) -> Response {
    match door.manner() {
        Manner::Well | Manner::Down => {}
        Manner::Slow(wait) => tokio::time::sleep(wait).await,
        Manner::Answers(status) => return unavailable(status),
    }
    // Bodies are of no interest, and cannot be looked at by two threads.
    let (request, _) = request.into_parts();
    let mut response = door.ask_over_the_wire(&request).await;
    if door.database && request.uri.path() == "/v2/" {
        for (name, value) in GITLAB {
            response.headers_mut().insert(name, header::HeaderValue::from_static(value));
        }
    }
    if request.uri.path() != "/" {
        let version = header::HeaderValue::from_static("registry/2.0");
        response.headers_mut().insert("docker-distribution-api-version", version);
    }
    response
}

async fn routed(door: &FrontDoor, request: &Parts) -> Response {
    let path = request.uri.path();
    if path == "/" {
        return ([(header::CACHE_CONTROL, "no-cache")], Body::empty()).into_response();
    }
    let asked = match ApiPath::parse(path) {
        Ok(asked) => asked,
        // A route takes names of any length, and what is behind it falls over them.
        Err(ReferenceError::Name(error @ NameError::RepositoryTooLong { .. })) => {
            return Refusal::unknown(&error).into_response();
        }
        Err(_) => return no_route(),
    };
    if let Some(refusal) = not_allowed(&asked, &request.method, door.deletes) {
        return refusal;
    }
    // Whether the API is there does not depend on what it serves.
    if matches!(asked, ApiPath::Base) {
        return lists::base();
    }
    let store = match (door.open)().await {
        Ok(store) => store,
        Err(error) => return Refusal::unknown(&error).into_response(),
    };
    let answered = match &asked {
        ApiPath::Catalog => lists::catalog(&*store, request.uri.query()).await,
        ApiPath::Tags { repository } => lists::tags(&*store, repository, request.uri.query()).await,
        ApiPath::Manifest { repository, target } => {
            manifests::get(&*store, repository, target, &request.headers).await
        }
        ApiPath::Blob { repository, digest } => {
            blobs::get(&*store, repository, digest, &request.headers).await
        }
        ApiPath::Base | ApiPath::Upload { .. } | ApiPath::Referrers { .. } => return no_route(),
    };
    answered.unwrap_or_else(IntoResponse::into_response)
}

/// Deletes are disabled (or take no tags), and who pushes is told that the registry is read-only.
fn not_allowed(asked: &ApiPath, method: &Method, deletes: bool) -> Option<Response> {
    let is_tag = matches!(asked, ApiPath::Manifest { target: Target::Tag(_), .. });
    let can_be_deleted = matches!(asked, ApiPath::Manifest { .. } | ApiPath::Blob { .. });
    let is_list = matches!(asked, ApiPath::Tags { .. } | ApiPath::Catalog);
    match *method {
        Method::GET => None,
        Method::HEAD if !is_list => None,
        Method::DELETE if deletes && is_tag => Some(Refusal::no_digest().into_response()),
        Method::DELETE if can_be_deleted => Some(Refusal::unsupported().into_response()),
        _ => Some((StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n").into_response()),
    }
}

/// What Go's router answers to what no route takes.
fn no_route() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

/// What HAProxy answers by itself.
fn unavailable(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let reason = status.canonical_reason().unwrap_or_default();
    let body = format!(
        "<html><body><h1>{} {reason}</h1>\nNo server is available to handle this request.\n</body></html>\n",
        status.as_u16()
    );
    let headers = [(header::CACHE_CONTROL, "no-cache"), (header::CONTENT_TYPE, "text/html")];
    (status, headers, body).into_response()
}
