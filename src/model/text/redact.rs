//! Takes secrets out of text, so that neither screen, clipboard, journal nor recording can hold them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// One way in which secrets travel. `keep` matches what stays readable, `secret` what goes, `after` what follows.
struct Shape {
    keep: &'static str,
    secret: &'static str,
    after: &'static str,
}

/// Later shapes see the text only where no earlier one matched. Values stop at a backslash because log lines carry
/// `&` as `\u0026` and sanitised line breaks as `\n`.
const SHAPES: [Shape; 9] = [
    Shape {
        keep: "",
        secret: r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)",
        after: "",
    },
    Shape {
        keep: concat!(
            r"(?:(?-u:\b)|\\[nrt])(?:proxy-)?authorization",
            r#"\\?["']?[ \t]*[:=][ \t]*(?:\[?\\?["']?(?:bearer|basic|token|negotiate)[ \t]+|\[?\\?["'])?"#
        ),
        secret: r#"(?:digest\s[^\r\n\\]+|[^\s"'\\]+)"#,
        after: "",
    },
    Shape {
        keep: r#"(?:(?-u:\b)|\\[nrt])(?:set-cookie|cookie)\\?["']?[ \t]*:[ \t]*(?:\[?\\?["'])?"#,
        secret: r#"[^\s"'\\][^\r\n"'\\]*"#,
        after: "",
    },
    Shape {
        keep: concat!(
            r"(?:(?-u:\b)|\\[nrt])(?:private-token|job-token|deploy-token|x-[a-z-]*token)",
            r#"\\?["']?[ \t]*:[ \t]*(?:\[?\\?["'])?"#
        ),
        secret: r#"[^\s"'\\]+"#,
        after: "",
    },
    Shape {
        keep: concat!(
            r#"\\?["'](?:password|passwd|secret|client_secret|token|access_token|refresh_token|id_token"#,
            r#"|private_token|registry_token|identitytoken|private_key|api_key|auth)\\?["']\s*:\s*\\?["']"#
        ),
        secret: r#"[^"'\\]+(?:\\[^"'][^"'\\]*)*"#,
        after: "",
    },
    Shape {
        keep: concat!(
            r"(?:(?-u:\b)|_|u0026|%26|\\[nrt])(?:x-goog-signature|x-amz-signature|x-amz-security-token|signature|sig",
            r"|access_token|refresh_token|id_token|private_token|job_token|client_secret|secret|password|passwd",
            r"|api_key|token|_state)(?:=|%3D)"
        ),
        secret: r#"[^&\s"'<>\\]+"#,
        after: "",
    },
    // A backslash belongs to the password unless it starts an escape.
    Shape { keep: r#"://[^/\s:@'"\\]*:"#, secret: r#"(?:[^/\s@'"\\]|\\[^nrtux])+"#, after: "@" },
    Shape {
        keep: r"(?:(?-u:\b)|\\[nrt])(?:bearer|basic)[ \t]+",
        secret: r"[A-Za-z0-9._~+/-]{8,}=*",
        after: "",
    },
    Shape {
        keep: "",
        secret: concat!(
            r"(?-u:\b)(?:eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?",
            r"|gl[a-z]{2,5}-[A-Za-z0-9_-]{16,}|ya29\.[A-Za-z0-9._-]{8,})"
        ),
        after: "",
    },
];

/// Index of the shape whose match is only a secret if it does not read like a word (`basic authentication`).
const BARE_SCHEME: usize = 7;

static PATTERN: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    let arms = SHAPES.iter().enumerate().map(|(index, shape)| {
        format!(
            "(?P<keep{index}>{})(?P<secret{index}>{})(?P<after{index}>{})",
            shape.keep, shape.secret, shape.after
        )
    });
    Regex::new(&format!("(?is){}", arms.collect::<Vec<_>>().join("|")))
});

/// Text with tokens, passwords in URLs and JSON, cookies, private keys and signatures of signed URLs as `[redacted]`.
///
/// The names around a secret stay, so that a line still says what was sent.
pub fn redact(text: &str) -> Cow<'_, str> {
    match &*PATTERN {
        Ok(pattern) => pattern.replace_all(text, replacement),
        // Without a pattern nothing is known to be safe.
        Err(_) => Cow::Borrowed(REDACTED),
    }
}

fn replacement(found: &Captures<'_>) -> String {
    let part = |name: &str, index: usize| found.name(&format!("{name}{index}")).map(|part| part.as_str());
    let shape = (0..SHAPES.len()).find_map(|index| Some((index, part("secret", index)?)));
    match shape {
        Some((BARE_SCHEME, word)) if reads_like_a_word(word) => found[0].to_owned(),
        Some((index, _)) => {
            let keep = part("keep", index).unwrap_or_default();
            format!("{keep}{REDACTED}{}", part("after", index).unwrap_or_default())
        }
        None => REDACTED.to_owned(),
    }
}

fn reads_like_a_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_go_and_their_names_stay() {
        let cases = [
            ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
            ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic [redacted]"),
            (r#"{"Authorization":["Bearer x1"]}"#, r#"{"Authorization":["Bearer [redacted]"]}"#),
            ("> PRIVATE-TOKEN: glpat-abc", "> PRIVATE-TOKEN: [redacted]"),
            ("sent Bearer c2VjcmV0LXRva2Vu= to", "sent Bearer [redacted] to"),
            (
                "GET /b/o?X-Goog-Credential=a%40b&X-Goog-Signature=0af3&x=1",
                "GET /b/o?X-Goog-Credential=a%40b&X-Goog-Signature=[redacted]&x=1",
            ),
            (
                r#""/o?x=1\u0026X-Amz-Signature=0af3\u0026y=2""#,
                r#""/o?x=1\u0026X-Amz-Signature=[redacted]\u0026y=2""#,
            ),
            ("?Expires=1&Signature=Ab%2Bc%3D", "?Expires=1&Signature=[redacted]"),
            ("next=%2Fv2%26sig%3Dabc", "next=%2Fv2%26sig%3D[redacted]"),
            (
                "/v2/g/p/blobs/uploads/8c1d?_state=Zx-9_%3D&digest=sha256:0",
                "/v2/g/p/blobs/uploads/8c1d?_state=[redacted]&digest=sha256:0",
            ),
            ("?access_token=abc#x", "?access_token=[redacted]"),
            ("https://bob:s3cr:et@host/x", "https://bob:[redacted]@host/x"),
            ("https://:s3cret@host/x", "https://:[redacted]@host/x"),
            (r#"{"token": "abc", "expires_in":300}"#, r#"{"token": "[redacted]", "expires_in":300}"#),
            (r#""{\"password\":\"a b\"}""#, r#""{\"password\":\"[redacted]\"}""#),
            ("map[Authorization:[Bearer abc] Host:x]", "map[Authorization:[Bearer [redacted] Host:x]"),
            (r#"Authorization: Digest username="a", response="b""#, "Authorization: [redacted]"),
            ("Cookie: a=b; session=c", "Cookie: [redacted]"),
            (r"GET /\nCookie: a=b\nAccept: *", r"GET /\nCookie: [redacted]\nAccept: *"),
            ("jwt eyJhbGciOi.eyJzdWIi.c2ln end", "jwt [redacted] end"),
            ("-----BEGIN RSA PRIVATE KEY-----\\nMII\\n-----END RSA PRIVATE KEY-----", "[redacted]"),
        ];
        for (given, shown) in cases {
            assert_eq!(redact(given), shown, "{given}");
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_stays() {
        let cases = [
            "no basic auth credentials",
            "basic authentication required",
            r#"Www-Authenticate: Bearer realm="https://gitlab.example/jwt/auth",service="container_registry""#,
            "docker/registry/v2/blobs/sha256/ab/abcdef0123/data",
            "https://host:5000/v2/group/project/manifests/v1",
            "signature verification failed",
            "/jobs?state=running&job_state=done",
            "tokens: 3",
            "gs://bucket/path@sha256:0123",
            "group/project:tag@sha256:0123456789abcdef",
        ];
        for text in cases {
            assert_eq!(redact(text), text);
        }
    }

    proptest! {
        #[test]
        fn redacting_twice_changes_nothing(
            text in "((?i)(authorization: |bearer |sig=|://|a:b@|\"token\":\"|eyJabcdefg\\.|[ -~]{0,9})){0,6}"
        ) {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once).into_owned(), once);
        }

        #[test]
        fn a_secret_never_survives(secret in "[A-Z0-9]{12,30}", before in "[a-z /]{0,10}", after in "[a-z /]{0,10}") {
            let carriers = [
                format!("{before}Authorization: Basic {secret} {after}"),
                format!("{before}?sig={secret}&{after}"),
                format!("{before} https://me:{secret}@host/{after}"),
                format!("{before}{{\"access_token\":\"{secret}\"}}{after}"),
            ];
            for line in carriers {
                prop_assert!(!redact(&line).contains(&secret), "{}", line);
            }
        }
    }
}
