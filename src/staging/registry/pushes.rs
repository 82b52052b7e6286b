//! Pushes by staging's own clients: of images that are there already, so that nothing has to be written.

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::registry::reference::{ApiPath, Repository, Target};

/// The answer to a step of a push; none if this is none.
pub fn answer(asked: &ApiPath, method: &Method, query: Option<&str>) -> Option<Response> {
    match asked {
        ApiPath::Upload { repository, id } => upload(repository, id.as_deref(), method, query),
        ApiPath::Manifest { repository, target: Target::Tag(tag) } if *method == Method::PUT => {
            Some(created(&format!("/v2/{repository}/manifests/{tag}")))
        }
        _ => None,
    }
}

fn upload(
    repository: &Repository,
    id: Option<&str>,
    method: &Method,
    query: Option<&str>,
) -> Option<Response> {
    let here = |id: &str| format!("/v2/{repository}/blobs/uploads/{id}");
    match (method, id) {
        (&Method::POST, None) => Some(accepted(&here("new"))),
        (&Method::PATCH, Some(id)) => Some(accepted(&here(id))),
        (&Method::PUT, Some(_)) => Some(created(&format!("/v2/{repository}/blobs/{}", pushed(query)?))),
        _ => None,
    }
}

/// The digest that an upload ends with.
pub fn pushed(query: Option<&str>) -> Option<String> {
    let mut asked = url::form_urlencoded::parse(query?.as_bytes());
    asked.find(|(key, _)| key == "digest").map(|(_, digest)| digest.into_owned())
}

fn accepted(location: &str) -> Response {
    (StatusCode::ACCEPTED, [(header::LOCATION, location.to_owned())]).into_response()
}

fn created(location: &str) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, location.to_owned())]).into_response()
}
