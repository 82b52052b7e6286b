//! What the registry answers when it does not give what was asked for.

use axum::Extension;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::registry::digest::DigestError;
use crate::storage::StoreError;

/// A refusal in the shape of the registry's API.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    detail: Value,
    told: String,
}

/// What the registry's log says of a refusal: `err.code`, `err.message` and `err.detail`. An answer carries it as an
/// extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub message: &'static str,
    pub detail: String,
}

impl Refusal {
    /// The registry fell over something; the detail stays in its log.
    pub fn unknown(error: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "unknown error", json!({}))
            .told(error.to_string())
    }

    pub fn no_tag(tag: &str) -> Self {
        Self::no_manifest(json!({ "Tag": tag })).told(format!("unknown tag={tag}"))
    }

    pub fn no_revision(repository: &str, digest: &str) -> Self {
        Self::no_manifest(json!({ "Name": repository, "Revision": digest }))
            .told(format!("unknown manifest name={repository} revision={digest}"))
    }

    fn no_manifest(detail: Value) -> Self {
        Self::new(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown", detail)
    }

    /// A tag cannot be deleted through the API of 2.x, which takes its name for a digest.
    pub fn no_digest() -> Self {
        let message = "provided digest did not match uploaded content";
        Self::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message, Value::Null)
    }

    /// The client did not say that it understands what is there.
    pub fn not_accepted(message: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", message, Value::Null)
    }

    pub fn no_blob(digest: &str) -> Self {
        let message = "blob unknown to registry";
        Self::new(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", message, json!(digest)).told(digest.to_owned())
    }

    pub fn no_repository(name: &str) -> Self {
        let message = "repository name not known to registry";
        Self::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", message, json!({ "name": name }))
            .told(format!("map[name:{name}]"))
    }

    pub fn unsupported() -> Self {
        let message = "The operation is unsupported.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message, Value::Null)
    }

    const fn new(status: StatusCode, code: &'static str, message: &'static str, detail: Value) -> Self {
        Self { status, code, message, detail, told: String::new() }
    }

    /// What the log says of it, which the client need not know.
    fn told(self, detail: String) -> Self {
        Self { told: detail, ..self }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::unknown(&error)
    }
}

impl From<DigestError> for Refusal {
    fn from(error: DigestError) -> Self {
        Self::unknown(&error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if !self.detail.is_null() {
            error["detail"] = self.detail;
        }
        let body = format!("{}\n", json!({ "errors": [error] }));
        let code = self.code.to_ascii_lowercase().replace('_', " ");
        let failure = Failure { code, message: self.message, detail: self.told };
        let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
        (self.status, Extension(failure), kind, body).into_response()
    }
}
