//! A server that plays a registry, its token service and its bucket, and remembers what it was sent.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use quarterdeck::sources::registry_api::{Client, Settings};
use tokio::net::TcpListener;

/// What a request is answered with, given the double that got it.
pub type Script = Arc<dyn Fn(&Double, &Seen) -> Response + Send + Sync>;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A server on loopback that ends with the test.
#[derive(Clone)]
pub struct Double {
    pub address: SocketAddr,
    script: Script,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Tokens that the token service issued and nobody revoked.
    tokens: Arc<Mutex<BTreeSet<String>>>,
}

impl Double {
    pub async fn start(script: impl Fn(&Self, &Seen) -> Response + Send + Sync + 'static) -> Self {
        let script: Script = Arc::new(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let double = Self { address, script, seen: Arc::default(), tokens: Arc::default() };
        let app = Router::new().fallback(answer).with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        double
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn settings(&self) -> Settings {
        Settings::at(self.url().parse().unwrap())
    }

    pub fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }

    /// Requests so far whose path starts with `prefix`.
    pub fn seen(&self, prefix: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.path.starts_with(prefix)).cloned().collect()
    }

    pub fn issue(&self) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let count = self.seen("/token").len();
        let token = format!("t0ken-{count}");
        tokens.insert(token.clone());
        token
    }

    pub fn revoke_all(&self) {
        self.tokens.lock().unwrap().clear();
    }

    /// Whether a request carries a token that is good.
    pub fn knows(&self, seen: &Seen) -> bool {
        let token = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| self.tokens.lock().unwrap().contains(token))
    }

    /// A 401 that sends the client to this double's token service.
    pub fn challenge(&self) -> Response {
        self.challenge_for("pull")
    }

    /// The same, for a token with which these actions can be done.
    pub fn challenge_for(&self, actions: &str) -> Response {
        let challenge = format!(
            "Bearer realm=\"{}/token\",service=\"registry\",scope=\"repository:g/p:{actions}\"",
            self.url()
        );
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)], body).into_response()
    }
}

async fn answer(State(double): State<Double>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: to_bytes(body, 1 << 20).await.unwrap(),
    };
    double.seen.lock().unwrap().push(seen.clone());
    (double.script)(&double, &seen)
}
