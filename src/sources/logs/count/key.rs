//! What an answer is counted under.

use std::io::Write;
use std::str::from_utf8;

use memchr::memmem::find;

use super::question::By;
use crate::logs;
use crate::model::Subject;
use crate::registry::reference::ApiPath;

/// A request and its answer, as a line tells it; whatever it does not tell is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer<'a> {
    pub method: &'a [u8],
    pub uri: &'a [u8],
    /// What stands for the URI where there is none: `<BADREQ>`.
    pub request: &'a [u8],
    pub client: &'a [u8],
    pub backend: &'a [u8],
    pub server: &'a [u8],
}

/// Writes the key of an answer; says whether it has one.
pub fn write(answer: &Answer, by: By, key: &mut Vec<u8>) -> bool {
    key.clear();
    match by {
        By::Path if answer.uri.is_empty() => key.extend_from_slice(answer.request),
        By::Path => key.extend_from_slice(path(answer.uri)),
        By::Client => key.extend_from_slice(answer.client),
        By::Server if answer.server.is_empty() => {}
        By::Server => {
            [answer.backend, b"/", answer.server].iter().for_each(|part| key.extend_from_slice(part))
        }
        By::Repository => {
            if let Some(Ok(api)) = from_utf8(path(answer.uri)).ok().map(ApiPath::parse)
                && let Some(repository) = api.repository()
            {
                key.extend_from_slice(repository.as_str().as_bytes());
            }
        }
        By::Tag => {
            if let Some(Subject::Tag { repository, tag }) =
                from_utf8(answer.uri).ok().and_then(logs::subject_of_uri)
            {
                // Writing to memory does not fail.
                let _ = write!(key, "{repository}:{tag}");
            }
        }
    }
    !key.is_empty()
}

/// A URI without scheme and host, which HTTP/2 and proxies send along.
fn path(uri: &[u8]) -> &[u8] {
    if uri.starts_with(b"/") {
        return uri;
    }
    let Some(scheme) = find(uri, b"://") else { return uri };
    let behind = &uri[scheme + 3..];
    behind.iter().position(|byte| *byte == b'/').map_or(uri, |slash| &behind[slash..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(uri: &str, by: By) -> String {
        let answer = Answer {
            uri: uri.as_bytes(),
            request: b"<BADREQ>",
            client: b"10.0.0.1",
            backend: b"gke",
            server: b"reg1",
            ..Answer::default()
        };
        let mut key = b"left".to_vec();
        let told = write(&answer, by, &mut key);
        assert_eq!(told, !key.is_empty());
        String::from_utf8(key).unwrap()
    }

    #[test]
    fn each_way_of_counting_has_its_key() {
        for (uri, path, repository, tag) in [
            ("/v2/g/p/manifests/v1", "/v2/g/p/manifests/v1", "g/p", "g/p:v1"),
            ("https://r.example.com/v2/g/p/manifests/v1", "/v2/g/p/manifests/v1", "g/p", "g/p:v1"),
            ("/v2/g/p/blobs/uploads/8c1d?_state=x", "/v2/g/p/blobs/uploads/8c1d?_state=x", "g/p", ""),
            ("/v2/g/p/tags/list?n=2", "/v2/g/p/tags/list?n=2", "g/p", ""),
            ("/v2/", "/v2/", "", ""),
            ("/healthz", "/healthz", "", ""),
            ("", "<BADREQ>", "", ""),
        ] {
            assert_eq!(key(uri, By::Path), path, "{uri}");
            assert_eq!(key(uri, By::Repository), repository, "{uri}");
            assert_eq!(key(uri, By::Tag), tag, "{uri}");
            assert_eq!((key(uri, By::Client), key(uri, By::Server)), ("10.0.0.1".into(), "gke/reg1".into()));
        }
    }
}
