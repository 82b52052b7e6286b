//! Errors as a Kubernetes API server words them: `Status` objects.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::target::{Asked, Target};
use crate::staging::kubernetes::kinds::Resource;

/// Who everybody is on this server.
pub const USER: &str = "staging";

/// Why a request is not answered.
#[derive(Debug)]
pub struct Problem {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Option<Value>,
}

impl Problem {
    fn new(code: StatusCode, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, details: None }
    }

    fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized".to_owned())
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message.into())
    }

    pub fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json".to_owned();
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message)
    }

    pub fn no_such_path() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).with(json!({}))
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message).with(json!({}))
    }

    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let mut details = json!({"name": name, "kind": resource.plural});
        if !resource.group.is_empty() {
            details["group"] = resource.group.into();
        }
        let message = format!("{} {name:?} not found", resource.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).with(details)
    }

    pub fn forbidden(asked: &Asked, verb: &str, path: &str) -> Self {
        let resource = asked.resource;
        let place = match &asked.namespace {
            Some(namespace) => format!("in the namespace {namespace:?}"),
            None => "at the cluster scope".to_owned(),
        };
        let subject = match &asked.name {
            Some(name) => format!("{} {name:?}", resource.qualified()),
            None => resource.qualified(),
        };
        let message = format!(
            "{subject} is forbidden: User {USER:?} cannot {verb} resource {path:?} in API group {:?} {place}",
            resource.group
        );
        let mut details = json!({"kind": resource.plural});
        if let Some(name) = &asked.name {
            details["name"] = name.as_str().into();
        }
        if !resource.group.is_empty() {
            details["group"] = resource.group.into();
        }
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).with(details)
    }

    /// What a watch is told whose history is gone.
    pub fn too_old(asked: u64, oldest: u64) -> Self {
        Self::new(StatusCode::GONE, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// What the next page of a list is told whose history is gone.
    pub fn token_too_old() -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
                       new list without the continue parameter.";
        Self::new(StatusCode::GONE, "Expired", message.to_owned())
    }

    /// This API only tells.
    pub fn read_only(method: &str, target: &Target) -> Self {
        let (kind, name) = match target {
            Target::Objects(asked) => (asked.resource.qualified(), asked.name.clone().unwrap_or_default()),
            Target::Review(review) => (review.qualified(), String::new()),
            _ => return Self::no_such_path(),
        };
        let message =
            format!("staging is read-only: {method} of {kind} is not served; change the scenario instead");
        let details = json!({"kind": kind, "name": name});
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message).with(details)
    }

    /// The `Status` object.
    pub fn status(&self) -> Value {
        let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code.as_u16()});
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let headers =
            [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache, private")];
        (self.code, headers, self.status().to_string()).into_response()
    }
}

/// What a server answers that has too much to do; not a `Status`, but plain words.
pub fn too_many_requests(seconds: u32) -> Response {
    let headers = [(header::RETRY_AFTER, seconds.to_string())];
    let words = "Too many requests, please try again later.\n";
    (StatusCode::TOO_MANY_REQUESTS, headers, words).into_response()
}
