//! What a registry says of its store when that fails it: by the words of its drivers and of the system below.

use super::line::{Layer, Level, Line};

/// How a store fails its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreFault {
    /// Rights, credentials, or it may only be read.
    Refused,
    /// There is no room left.
    Full,
    /// It does not answer, or answers with an error of its own.
    Gone,
    /// It answers too late, or asks for patience.
    Slow,
}

/// Names of drivers, as they begin what they say.
const DRIVERS: [&str; 8] =
    ["filesystem: ", "s3aws: ", "s3: ", "gcs: ", "swift: ", "azure: ", "oss: ", "cos: "];

/// What only a store says, with or without a driver's name before it.
const OF_STORES: [(&str, StoreFault); 4] = [
    ("no space left on device", StoreFault::Full),
    ("disk quota exceeded", StoreFault::Full),
    ("read-only file system", StoreFault::Refused),
    ("stale NFS file handle", StoreFault::Gone),
];

/// What a driver says that is no fault of its store: of one object, or of the client that went away.
const HARMLESS: [&str; 8] = [
    "Path not found",
    "invalid path",
    "invalid offset",
    "Not Found",
    "a directory",
    "context canceled",
    "not a valid",
    "file name too long",
];

/// What a driver says, the first that fits; anything else that it says is an error of the store.
const OF_DRIVERS: [(&str, StoreFault); 20] = [
    ("permission denied", StoreFault::Refused),
    ("AccessDenied", StoreFault::Refused),
    ("Forbidden", StoreFault::Refused),
    ("Error 403", StoreFault::Refused),
    ("Error 401", StoreFault::Refused),
    ("status code: 403", StoreFault::Refused),
    ("InvalidAccessKeyId", StoreFault::Refused),
    ("SignatureDoesNotMatch", StoreFault::Refused),
    ("ExpiredToken", StoreFault::Refused),
    ("invalid_grant", StoreFault::Refused),
    ("NoSuchBucket", StoreFault::Refused),
    ("QuotaExceeded", StoreFault::Full),
    ("SlowDown", StoreFault::Slow),
    ("Error 429", StoreFault::Slow),
    ("rateLimitExceeded", StoreFault::Slow),
    ("Timeout", StoreFault::Slow),
    ("timeout", StoreFault::Slow),
    ("timed out", StoreFault::Slow),
    ("deadline exceeded", StoreFault::Slow),
    ("TooManyRequests", StoreFault::Slow),
];

/// How the store failed the registry, where this line tells of it.
pub fn store_fault(line: &Line) -> Option<StoreFault> {
    if line.layer != Layer::Registry || line.severity() < Level::Error {
        return None;
    }
    let error = line.error.as_deref();
    let texts =
        [error.map(|error| &*error.detail), error.map(|error| &*error.message), line.message.as_deref()];
    texts.into_iter().flatten().find_map(told)
}

fn told(text: &str) -> Option<StoreFault> {
    let fits = |table: &[(&str, StoreFault)]| {
        table.iter().find(|(words, _)| text.contains(words)).map(|(_, fault)| *fault)
    };
    if let Some(fault) = fits(&OF_STORES) {
        return Some(fault);
    }
    let is_of_driver = DRIVERS.iter().any(|driver| {
        text.match_indices(driver).any(|(at, _)| at == 0 || text[..at].ends_with([' ', '"', '(']))
    });
    if !is_of_driver || HARMLESS.iter().any(|words| text.contains(words)) {
        return None;
    }
    Some(fits(&OF_DRIVERS).unwrap_or(StoreFault::Gone))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::logs::read;

    /// Lines that docker-registry 2.8.2 wrote when its folder was locked, and when its disk was full.
    const LOCKED: &str = r#"time="2026-11-21T21:31:34.810829054Z" level=error msg="response completed with error" err.code=unknown err.detail="filesystem: open /srv/registry/docker/registry/v2/repositories/group/image/_manifests/tags/latest/current/link: permission denied" err.message="unknown error" go.version=go1.19.8 http.request.method=GET http.request.uri=/v2/group/image/manifests/latest http.response.duration="819.075µs" http.response.status=500 http.response.written=257 vars.name=group/image vars.reference=latest"#;
    const FULL: [&str; 2] = [
        r#"time="2026-11-21T21:31:58.535295978Z" level=error msg="unknown error reading request payload: write /srv/registry/docker/registry/v2/repositories/group/image/_uploads/d8972a1f-28fc-4476-8645-97029638e634/data: no space left on device" go.version=go1.19.8 http.request.method=PUT"#,
        r#"time="2026-11-21T21:31:58.624451589Z" level=error msg="response completed with error" err.code=unknown err.detail="filesystem: write /srv/registry/docker/registry/v2/repositories/group/other/_uploads/647491bd-25d9-4cef-8e76-6b211cdc53cb/startedat: no space left on device" err.message="unknown error" go.version=go1.19.8 http.request.method=POST http.request.uri=/v2/group/other/blobs/uploads/ http.response.status=500 vars.name=group/other"#,
    ];

    fn fault(line: &str) -> Option<StoreFault> {
        store_fault(&read(line.as_bytes(), None, Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn what_a_registry_wrote_when_its_store_failed_is_known() {
        assert_eq!(fault(LOCKED), Some(StoreFault::Refused));
        assert_eq!(FULL.map(fault), [Some(StoreFault::Full); 2]);
    }

    #[test]
    fn what_drivers_say_is_told_from_what_is_wrong_with_one_object() {
        for (detail, expected) in [
            (
                "gcs: googleapi: Error 403: registry@project.iam does not have storage.objects.get access",
                Some(StoreFault::Refused),
            ),
            ("gcs: googleapi: Error 503: Backend Error", Some(StoreFault::Gone)),
            ("gcs: googleapi: Error 429: rate limit, rateLimitExceeded", Some(StoreFault::Slow)),
            ("s3aws: AccessDenied: Access Denied\\n\\tstatus code: 403", Some(StoreFault::Refused)),
            ("s3aws: SlowDown: Please reduce your request rate", Some(StoreFault::Slow)),
            (
                "s3aws: RequestError: send request failed caused by: dial tcp 10.0.0.9:443: connect: connection refused",
                Some(StoreFault::Gone),
            ),
            ("swift: Timeout when reading or writing data", Some(StoreFault::Slow)),
            ("filesystem: open /srv/link: input/output error", Some(StoreFault::Gone)),
            ("filesystem: mkdir /srv/x: read-only file system", Some(StoreFault::Refused)),
            ("filesystem: Path not found: /docker/registry/v2/blobs/x/data", None),
            ("filesystem: read /srv/link: is a directory", None),
            ("filesystem: invalid path: /a b", None),
            ("s3aws: RequestCanceled: context canceled", None),
            ("invalid checksum digest format", None),
            ("unknown tag=v1", None),
            ("unknown error reading request payload: unexpected EOF", None),
            ("dial tcp: i/o timeout", None),
        ] {
            let line = format!(
                r#"level=error msg="response completed with error" err.code=unknown err.detail="{detail}" err.message="unknown error" http.request.method=GET http.request.uri=/v2/a/manifests/b http.response.status=500"#
            );
            assert_eq!(fault(&line), expected, "{detail}");
            assert_eq!(
                fault(&line.replace("level=error", "level=info").replace("status=500", "status=200")),
                None
            );
        }
    }
}
