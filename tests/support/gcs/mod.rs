//! A Google Cloud Storage server on loopback: one bucket in memory, spoken to over real gRPC and real HTTP, with
//! troubles on demand.
//!
//! ```ignore
//! let server = Server::start(load_folder(tree)).await;
//! server.inject(Fault::on(Call::Read, Trouble::refuse(503, "try later")).times(2));
//! open(&server.url(), &options_for(&server)).await
//! ```

mod bucket;
mod grpc;
mod json;
mod trouble;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use bucket::{BUCKET, Stored};
pub use trouble::{Call, Fault, Lie, Trouble};

use bucket::{Bucket, Rewrite};

/// A running server; it stops when dropped.
pub struct Server {
    /// Where the JSON API is, without a slash at the end.
    pub http_url: String,
    /// Where the gRPC API is.
    pub grpc_url: String,
    world: Arc<World>,
    tasks: [JoinHandle<()>; 2],
}

/// One request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `grpc` or `http`.
    pub transport: &'static str,
    pub call: Call,
    /// Object, or prefix of a listing.
    pub key: String,
    /// What was asked besides: query parameters or message fields that matter, for example `generation=0`.
    pub detail: String,
}

/// What both transports serve.
#[derive(Default)]
struct World {
    bucket: Mutex<Bucket>,
    faults: Mutex<Vec<Fault>>,
    requests: Mutex<Vec<Request>>,
    latency: Mutex<Duration>,
    /// Copies under way, by token.
    rewrites: Mutex<Vec<Rewrite>>,
}

impl Server {
    /// Serves a bucket named [`BUCKET`] with these objects, all an hour old.
    pub async fn start<K: Into<String>, B: Into<Bytes>>(objects: impl IntoIterator<Item = (K, B)>) -> Self {
        let world = Arc::new(World::default());
        let (http, http_url) = listen().await;
        let (grpc, grpc_url) = listen().await;
        let tasks = [
            tokio::spawn(json::serve(http, Arc::clone(&world))),
            tokio::spawn(grpc::serve(grpc, Arc::clone(&world))),
        ];
        let server = Self { http_url, grpc_url, world, tasks };
        let hour_ago = Timestamp::now() - Duration::from_secs(3600);
        for (key, bytes) in objects {
            server.put_at(key, bytes, hour_ago);
        }
        server
    }

    /// The URL of the bucket, as a user writes it.
    pub fn url(&self) -> String {
        format!("gs://{BUCKET}")
    }

    /// Puts an object there as if it had just been written.
    pub fn put(&self, key: impl Into<String>, bytes: impl Into<Bytes>) {
        self.put_at(key, bytes, Timestamp::now());
    }

    /// Puts an object there as if it had been written at `updated`.
    pub fn put_at(&self, key: impl Into<String>, bytes: impl Into<Bytes>, updated: Timestamp) {
        self.world.bucket.lock().unwrap().put(key.into(), bytes.into(), updated);
    }

    /// Takes an object away.
    pub fn remove(&self, key: &str) {
        self.world.bucket.lock().unwrap().remove(key);
    }

    /// What the bucket holds under `key`.
    pub fn object(&self, key: &str) -> Option<Stored> {
        self.world.bucket.lock().unwrap().get(key).cloned()
    }

    /// Puts an object there with a look, in the words of the JSON API.
    pub fn put_with(&self, key: &str, bytes: impl Into<Bytes>, look: serde_json::Value) {
        let look = look.as_object().unwrap().clone();
        self.world.bucket.lock().unwrap().put_with(key.to_owned(), bytes.into(), Timestamp::now(), look);
    }

    /// From now on the bucket keeps what is deleted, to be restored.
    pub fn soft_delete(&self) {
        self.world.bucket.lock().unwrap().soft_delete = true;
    }

    /// From now on the bucket keeps old generations.
    pub fn versioning(&self) {
        self.world.bucket.lock().unwrap().versioning = true;
    }

    /// From now on things go wrong as `fault` says; of several, the first that fits strikes.
    pub fn inject(&self, fault: Fault) {
        self.world.faults.lock().unwrap().push(fault);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.world.faults.lock().unwrap().clear();
    }

    /// Every answer takes this long.
    pub fn latency(&self, latency: Duration) {
        *self.world.latency.lock().unwrap() = latency;
    }

    /// Every request that came in so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.world.requests.lock().unwrap().clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.world.requests.lock().unwrap().clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl World {
    /// The copy that a token stands for, or a new one.
    fn rewrite(&self, token: &str, new: Rewrite) -> Rewrite {
        let rewrites = self.rewrites.lock().unwrap();
        token.parse().ok().and_then(|at: usize| rewrites.get(at).cloned()).unwrap_or(new)
    }

    /// A token for going on with a copy.
    fn park(&self, rewrite: Rewrite) -> String {
        let mut rewrites = self.rewrites.lock().unwrap();
        rewrites.push(rewrite);
        (rewrites.len() - 1).to_string()
    }

    /// Notes a request, lets the latency pass, and answers what goes wrong with it, if anything.
    async fn arrive(&self, request: Request) -> Option<Trouble> {
        let trouble = self.faults.lock().unwrap().iter_mut().find_map(|fault| fault.strike(&request));
        self.requests.lock().unwrap().push(request);
        let latency = *self.latency.lock().unwrap();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if trouble == Some(Trouble::Hang) {
            std::future::pending::<()>().await;
        }
        trouble
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Every file below `root` as key and bytes; an empty folder becomes a marker object `folder/` of no bytes.
pub fn load_folder(root: impl AsRef<Path>) -> Vec<(String, Bytes)> {
    let mut objects = Vec::new();
    let mut folders = vec![(String::new(), root.as_ref().to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        let found: Vec<_> = std::fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
        if found.is_empty() && !prefix.is_empty() {
            objects.push((prefix.clone(), Bytes::new()));
        }
        for entry in found {
            let key = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            match std::fs::metadata(entry.path()).unwrap() {
                meta if meta.is_dir() => folders.push((format!("{key}/"), entry.path())),
                _ => objects.push((key, std::fs::read(entry.path()).unwrap().into())),
            }
        }
    }
    objects.sort();
    objects
}

/// Every file below `root` as key and bytes, and nothing for empty folders, as after a plain copy to a bucket.
pub fn load_files(root: impl AsRef<Path>) -> Vec<(String, Bytes)> {
    load_folder(root).into_iter().filter(|(key, _)| !key.ends_with('/')).collect()
}
