//! Asking the API server, with deadlines; credentials that are not taken any more are read anew, once for all who ask.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use kube::Client;
use kube::client::Body;
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, timeout};

use super::super::Options;
use super::super::facts::Cluster;
use super::{Refusal, configure, refusal};
use crate::sources::{Trouble, TroubleKind};

/// More than this is no answer but an accident.
const LARGEST_ANSWER: usize = 256 << 20;

/// How much of an error is read.
const LARGEST_ERROR: usize = 64 << 10;

/// What the API server sends: its body is still to be read.
pub type Answer = Response<Body>;

/// The way to one API server. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    options: Arc<Options>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    /// Counts how often it was found anew.
    generation: u64,
    found: Option<(Client, Cluster)>,
    /// When it was last looked for.
    looked: Option<Instant>,
    /// Why it was not found then.
    trouble: Option<Trouble>,
    /// Where it will be told, while somebody still looks for it.
    search: Option<oneshot::Receiver<Found>>,
}

type Found = Result<(Client, Cluster), Trouble>;

impl Known {
    /// Whether it was looked for just now, so that looking again is not worth it.
    fn is_fresh(&self, options: &Options) -> bool {
        self.looked.is_some_and(|looked| looked.elapsed() < options.pace.renew)
    }
}

impl Access {
    /// Nobody is asked yet.
    pub fn new(options: Options) -> Self {
        Self { options: Arc::new(options), known: Arc::default() }
    }

    /// What it was told.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Which cluster is asked; finds it if that has not been done.
    pub async fn cluster(&self) -> Result<Cluster, Trouble> {
        Ok(self.current().await?.2)
    }

    async fn current(&self) -> Result<(Client, u64, Cluster), Trouble> {
        let mut known = self.known.lock().await;
        let is_stale = known.found.as_ref().is_some_and(|(client, _)| has_expired(client));
        if is_stale {
            known.found = None;
        }
        if let (Some(trouble), true) = (&known.trouble, known.is_fresh(&self.options)) {
            return Err(trouble.clone());
        }
        let (client, cluster) = match known.found.clone() {
            Some(found) => found,
            None => {
                let found = find(&self.options, &mut known.search).await;
                known.looked = Some(Instant::now());
                known.trouble = found.as_ref().err().cloned();
                known.generation += 1;
                known.found.insert(found?).clone()
            }
        };
        Ok((client, known.generation, cluster))
    }

    /// Configuration and credentials are read anew before the next question. False where they were read just now.
    async fn forget(&self, generation: u64) -> bool {
        let mut known = self.known.lock().await;
        if known.generation != generation {
            return true;
        }
        if known.is_fresh(&self.options) {
            return false;
        }
        known.found = None;
        true
    }

    /// The same, however fresh they are.
    pub async fn forget_all(&self) {
        let mut known = self.known.lock().await;
        (known.found, known.trouble, known.search) = (None, None, None);
    }

    /// Asks for something of the namespace; `path` begins after it. The answer is a success.
    pub async fn ask(&self, group: &str, path: &str) -> Result<Answer, Refusal> {
        self.send(|namespace| Request::get(format!("{group}/namespaces/{namespace}/{path}")).body(Vec::new()))
            .await
    }

    /// Puts a question that has a body. The answer is a success.
    pub async fn post(&self, path: &str, body: impl Fn(&str) -> String) -> Result<Bytes, Refusal> {
        let answer = self
            .send(|namespace| {
                let request = Request::post(path).header(http::header::CONTENT_TYPE, "application/json");
                request.body(body(namespace).into_bytes())
            })
            .await?;
        self.whole(answer).await
    }

    async fn send(
        &self,
        request: impl Fn(&str) -> http::Result<Request<Vec<u8>>>,
    ) -> Result<Answer, Refusal> {
        let mut is_second = false;
        loop {
            let (client, generation, cluster) = self.current().await?;
            let request = request(&cluster.namespace)
                .map_err(|error| Refusal::of(TroubleKind::Misconfigured, &error.to_string()))?;
            match self.send_once(&client, &cluster, request).await {
                Err(refusal) if refusal.trouble.kind == TroubleKind::Unauthenticated => {
                    if is_second || !self.forget(generation).await {
                        return Err(refusal);
                    }
                    is_second = true;
                }
                other => return other,
            }
        }
    }

    async fn send_once(
        &self,
        client: &Client,
        cluster: &Cluster,
        request: Request<Vec<u8>>,
    ) -> Result<Answer, Refusal> {
        let mut request = request.map(Body::from);
        if request
            .uri()
            .query()
            .is_some_and(|query| query.contains("watch=true") || query.contains("follow=true"))
        {
            // A stream that is compressed is held back until a block of it is full.
            request.headers_mut().insert(ACCEPT_ENCODING, http::HeaderValue::from_static("identity"));
        }
        let answer = match timeout(self.options.pace.answer, client.send(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(refusal::of_client(&error, &cluster.server).into()),
            Err(_) => return Err(self.too_slow(&cluster.server)),
        };
        if answer.status().is_success() { Ok(answer) } else { Err(self.refused(answer).await) }
    }

    async fn refused(&self, answer: Answer) -> Refusal {
        let status: StatusCode = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Limited::new(answer.into_body(), LARGEST_ERROR).collect();
        let body = match timeout(self.options.pace.answer, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => Bytes::new(),
        };
        refusal::of_status(status, after.map(Duration::from_secs), &body)
    }

    /// The whole body of an answer.
    pub async fn whole(&self, answer: Answer) -> Result<Bytes, Refusal> {
        let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect();
        match timeout(self.options.pace.answer, body).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) => {
                let why = format!("the answer broke off: {}", deepest(error.as_ref()));
                Err(Refusal::of(TroubleKind::Unreachable, &why))
            }
            Err(_) => Err(self.too_slow("the API server")),
        }
    }

    fn too_slow(&self, server: &str) -> Refusal {
        let seconds = self.options.pace.answer.as_secs_f32();
        Refusal::of(TroubleKind::Slow, &format!("{server} did not answer within {seconds} s"))
    }
}

/// What an error is at bottom.
pub(super) fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

fn has_expired(client: &Client) -> bool {
    client.valid_until().is_some_and(|until| until <= jiff::Timestamp::now())
}

/// Waits for configuration and credentials. A plugin that takes too long is waited for again the next time, never begun
/// a second time beside itself: it may have opened a browser.
async fn find(options: &Arc<Options>, search: &mut Option<oneshot::Receiver<Found>>) -> Found {
    let told = match search {
        Some(told) => told,
        None => search.insert(begin(options)?),
    };
    let patience = options.pace.plugin;
    if let Ok(told) = timeout(patience, told).await {
        *search = None;
        return told.unwrap_or_else(|_| {
            Err(Trouble::new(TroubleKind::Misconfigured, "reading the kubeconfig failed"))
        });
    }
    let seconds = patience.as_secs_f32();
    let why = format!(
        "the kubeconfig's program for credentials did not end within {seconds} s; \
         log in to the cluster in another terminal"
    );
    Err(Trouble::new(TroubleKind::Unauthenticated, &why))
}

/// Looks for them on a thread of its own: a plugin may hang, and must not hold up the end of the program.
fn begin(options: &Arc<Options>) -> Result<oneshot::Receiver<Found>, Trouble> {
    let (tell, told) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let options = Arc::clone(options);
    let begun = std::thread::Builder::new().name("kubeconfig".to_owned()).spawn(move || {
        let _inside = runtime.enter();
        // Nobody waits any more when it was asked for anew.
        let _ = tell.send(configure::connect(&options));
    });
    match begun {
        Ok(_) => Ok(told),
        Err(error) => {
            Err(Trouble::new(TroubleKind::Misconfigured, &format!("cannot start a thread: {error}")))
        }
    }
}
