//! HTTP answers, read whole or not at all.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::failure::{Answer, Failure, chain, first_line, seconds};

/// No page of 1,000 objects is longer.
const LONGEST_PAGE: u64 = 64 << 20;
const CONNECT: Duration = Duration::from_secs(10);

/// A client that follows no redirects (no API answers with one, a login page does).
pub fn client() -> Answer<reqwest::Client> {
    let builder =
        reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none());
    let builder = builder.user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")));
    builder.build().map_err(|error| Failure::unreachable(format!("no HTTP client: {}", chain(&error))))
}

/// The body as the JSON that it must be.
pub async fn decode<T: DeserializeOwned>(answer: Response) -> Answer<T> {
    let bytes = body(answer, LONGEST_PAGE).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::broken(format!("not an answer of this API: {error}")))
}

/// Holds an answer's kind against what was asked for: an empty page and a stranger's `{}` differ by nothing else.
pub fn expect(kind: &str, wanted: &str) -> Answer<()> {
    if kind == wanted {
        Ok(())
    } else {
        Err(Failure::broken(format!("the answer is a \"{kind}\", not a {wanted}")))
    }
}

/// The whole body, which is refused once it is longer than `most`.
pub async fn body(mut answer: Response, most: u64) -> Answer<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| Failure::unreachable(chain(&error)))? {
        if (whole.len() + chunk.len()) as u64 > most {
            return Err(Failure::broken(format!("more bytes come than the {most} that were to come")));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// What the server said when it refused.
pub async fn refused(answer: Response) -> Failure {
    #[derive(Deserialize)]
    struct Body {
        error: Said,
    }
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get("retry-after").and_then(|wait| seconds(wait.to_str().ok()?));
    let bytes = body(answer, 1 << 20).await.unwrap_or_default();
    let message = match serde_json::from_slice::<Body>(&bytes) {
        Ok(body) => first_line(&body.error.message),
        Err(_) => first_line(&String::from_utf8_lossy(&bytes)),
    };
    Failure::Refused { status, message, retry_after }
}
