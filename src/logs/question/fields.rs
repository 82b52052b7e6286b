//! The fields that a question can name, and where they are in a line.

use crate::logs::line::{Line, Request};
use crate::logs::mask;
use crate::model::Subject;

/// The texts of a field; one of them must match.
pub type Read = for<'a> fn(&'a Line, &'a str) -> [Option<&'a str>; 2];

/// Every field that is matched as text, by its name.
pub const FIELDS: [(&str, Read); 12] = [
    ("repo", repository),
    ("repository", repository),
    ("tag", tag),
    ("digest", digest),
    ("method", |line, _| [request(line).map(|request| &*request.method), None]),
    ("uri", |line, _| [request(line).map(|request| &*request.uri), None]),
    ("id", |line, _| [request(line).and_then(|request| request.id.as_deref()), None]),
    ("server", |line, _| [request(line).and_then(|request| request.server.as_deref()), None]),
    ("client", client),
    ("code", |line, _| [line.error.as_ref().map(|error| &*error.code), None]),
    ("pod", |_, stream| [Some(stream), None]),
    ("stream", |_, stream| [Some(stream), None]),
];

fn request(line: &Line) -> Option<&Request> {
    line.request.as_deref()
}

fn repository<'a>(line: &'a Line, _: &'a str) -> [Option<&'a str>; 2] {
    let Some(request) = request(line) else { return [None, None] };
    let of_subject = match &request.subject {
        Some(
            Subject::Repository(repository)
            | Subject::Tag { repository, .. }
            | Subject::Manifest { repository, .. }
            | Subject::Upload { repository, .. },
        ) => Some(repository.as_str()),
        _ => None,
    };
    [of_subject.or_else(|| mask::repository(&request.uri)), None]
}

fn tag<'a>(line: &'a Line, _: &'a str) -> [Option<&'a str>; 2] {
    match request(line).and_then(|request| request.subject.as_ref()) {
        Some(Subject::Tag { tag, .. }) => [Some(tag), None],
        _ => [None, None],
    }
}

fn digest<'a>(line: &'a Line, _: &'a str) -> [Option<&'a str>; 2] {
    match request(line).and_then(|request| request.subject.as_ref()) {
        Some(Subject::Manifest { digest, .. } | Subject::Blob(digest)) => [Some(digest), None],
        _ => [None, None],
    }
}

fn client<'a>(line: &'a Line, _: &'a str) -> [Option<&'a str>; 2] {
    let client = request(line).map(|request| &request.client);
    client.map_or([None, None], |client| [client.address.as_deref(), client.agent.as_deref()])
}
