//! One request over HTTP: with a deadline, a bound on the answer's size, and errors that hold no URL.

use std::{error::Error as _, fmt::Write as _};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    tls::TlsInfo,
};
use tokio::time::Instant;

use super::{
    error::{ApiError, ApiErrorKind},
    log::{Exchange, Log, modified},
    settings::Settings,
};
use crate::sources::proxy::client_for;

/// What is said of a server that connects and then does not answer.
pub(super) const SLOW: &str = "no complete answer in time";

/// One request.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    /// What the `Accept` header says; nothing if empty.
    pub(super) accept: &'a str,
    /// Bytes beyond which the answer's body is refused.
    pub(super) limit: u64,
    /// What is sent along.
    pub(super) content: Option<Content<'a>>,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(super) struct Content<'a> {
    pub(super) media_type: &'a str,
    pub(super) bytes: Bytes,
}

impl Request<'_> {
    /// Method and path, for messages. The query can hold a signature.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The server's certificate in DER.
    pub(super) certificate: Option<Vec<u8>>,
}

impl Answer {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What requests go through.
#[derive(Clone)]
pub(super) struct Transport {
    client: reqwest::Client,
    log: Option<Log>,
}

impl Transport {
    /// Redirects are never followed unseen: they lead to other hosts.
    pub(super) fn new(settings: &Settings) -> Result<Self, ApiError> {
        client_for(&settings.url)
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(settings.connect)
            .timeout(settings.deadline)
            .tls_info(true)
            .build()
            .map(|client| Self { client, log: settings.log.clone() })
            .map_err(|error| {
                ApiError::new(ApiErrorKind::Broken, "setting up HTTP", words(&error.without_url()))
            })
    }

    /// Sends a request and reads the whole answer, whatever its status.
    pub(super) async fn send(
        &self,
        request: &Request<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, ApiError> {
        let start = Instant::now();
        let result = self.exchange(request, authorization).await;
        if let Some(log) = &self.log {
            log.note(Exchange {
                request: request.name(),
                origin: request.url.origin().ascii_serialization(),
                latency: start.elapsed(),
                result: result.as_ref().map(|answer| answer.status.as_u16()).map_err(Clone::clone),
                modified: result.as_ref().ok().and_then(|answer| modified(&answer.headers)),
            });
        }
        result
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, ApiError> {
        let mut builder = self.client.request(request.method.clone(), request.url.clone());
        if !request.accept.is_empty() {
            builder = builder.header(ACCEPT, request.accept);
        }
        if let Some(value) = authorization {
            builder = builder.header(AUTHORIZATION, value.clone());
        }
        if let Some(Content { media_type, bytes }) = &request.content {
            builder = builder.header(CONTENT_TYPE, *media_type).body(bytes.clone());
        }
        let response = builder.send().await.map_err(|error| unreachable(request, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let certificate = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        let certificate = certificate.map(<[u8]>::to_vec);
        let body =
            if request.method == Method::HEAD { Bytes::new() } else { body(request, response).await? };
        Ok(Answer { status, headers, body, certificate })
    }
}

async fn body(request: &Request<'_>, mut response: Response) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(request, error))? {
        if (bytes.len() + chunk.len()) as u64 > request.limit {
            let detail = format!("the answer has more than {} bytes", request.limit);
            return Err(ApiError::new(ApiErrorKind::Broken, &request.name(), detail));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn unreachable(request: &Request<'_>, error: reqwest::Error) -> ApiError {
    let error = error.without_url();
    let detail = match () {
        () if error.is_timeout() && error.is_connect() => "no connection in time".to_owned(),
        () if error.is_timeout() => SLOW.to_owned(),
        () => words(&error),
    };
    ApiError::new(ApiErrorKind::Unreachable, &request.name(), detail)
}

/// An error with all its causes; the first says little.
fn words(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}
