//! What lines have in common that say the same: the text that stands for all of them, and a number for it.

use std::fmt::{Result, Write};

use super::line::Line;
use super::mask;

/// What a line shares with others that say the same, to show:
/// `500 GET /v2/*/manifests/*  invalid checksum digest format (response completed with error)`.
pub fn pattern(line: &Line) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(line, &mut text);
    text
}

/// The same number for all lines of one [`pattern`], in every run of the program.
pub(super) fn fingerprint(line: &Line) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    // Hashing cannot fail.
    let _ = write(line, &mut hash);
    hash.0
}

fn write(line: &Line, into: &mut impl Write) -> Result {
    let request = line.request.as_deref();
    if let Some(request) = request {
        write_request(&request.method, &request.uri, request.status, into)?;
    }
    let repository = request.and_then(|request| mask::repository(&request.uri));
    let Some(message) = &line.message else {
        return if request.is_some() { Ok(()) } else { mask::text(&line.text, None, into) };
    };
    into.write_str(if request.is_some() { "  " } else { "" })?;
    let Some(error) = &line.error else { return mask::text(message, repository, into) };
    let told = [&error.detail, &error.message, &error.code];
    let told = told.into_iter().find(|part| !part.is_empty()).map_or("", |part| part);
    // What went wrong tells more than that something did.
    mask::text(told, repository, into)?;
    into.write_str(" (")?;
    mask::text(message, repository, into)?;
    into.write_str(")")
}

fn write_request(method: &str, uri: &str, status: Option<u16>, into: &mut impl Write) -> Result {
    if let Some(status) = status {
        write!(into, "{status} ")?;
    }
    into.write_str(method)?;
    into.write_char(' ')?;
    mask::route(uri, into)
}

/// FNV-1a: what is written to it, as a number.
struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> Result {
        self.0 =
            text.bytes().fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::read::tests::line;
    use super::*;

    #[test]
    fn what_is_but_an_example_is_masked() {
        let table = [
            (
                r#"time="2026-11-20T22:01:41.7Z" level=error msg="response completed with error" err.code=unknown err.detail="invalid checksum digest format" http.request.method=GET http.request.uri=/v2/a/b/manifests/v1.2 http.response.status=500"#,
                "500 GET /v2/*/manifests/*  invalid checksum digest format (response completed with error)",
            ),
            (
                r#"level=error msg="response completed with error" err.detail="unknown manifest name=a/b revision=sha256:3012f8dda11bd38084a90fbef8ab980f105a5c43b5c4040941a56b8337cf58dd" http.request.method=HEAD http.request.uri="/v2/a/b/blobs/sha256:3012f8dda11bd38084a90fbef8ab980f105a5c43b5c4040941a56b8337cf58dd?ns=x" http.response.status=404"#,
                "404 HEAD /v2/*/blobs/sha256:*  unknown manifest name=* revision=* (response completed with error)",
            ),
            (
                r#"level=warning msg="looking up blob with canonical target: sha256:ec45cb29de7cff61 -> sha256:a7e831ee022d47f5""#,
                "looking up blob with canonical target: sha256:* -> sha256:*",
            ),
            (
                r#"127.0.0.1 - - [20/Nov/2026:22:02:23 +0000] "GET /v2/a/manifests/manifests/latest HTTP/1.1" 404 82 "" "x/1""#,
                "404 GET /v2/*/manifests/*",
            ),
            ("2026/11/20 22:01:41.123 dial tcp 10.0.0.1:5000: i/o timeout", "* * dial tcp *: i/o timeout"),
            ("E1120 14:02:03.123456       1 reflector.go:138] failed", "* *       * reflector.go:*] failed"),
            ("upload dd559f21-bcab-abcd-abcd-fedcbafedcba gone", "upload * gone"),
            (r#"open "/var/x": no such file"#, r#"open "*": no such file"#),
            ("s3aws: SlowDown, request ABC123DEF", "s3aws: SlowDown, request *"),
            ("GET /v2/x/y/tags/list?n=5 again", "GET /v2/*/tags/list again"),
            ("größe 12 µ", "größe * µ"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(pattern(&line(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_number_is_the_same_in_every_run() {
        assert_eq!(line("dial tcp 10.0.0.1:5000: i/o timeout").fingerprint, 0x57ba_3449_bd75_ca3e);
    }

    proptest! {
        #[test]
        fn names_numbers_and_times_make_no_difference(
            repository in "[a-z]{3,8}(/[a-z0-9]{1,8}){1,3}", tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}",
            hex in "[0-9a-f]{64}", second in 10..60, port in 1024..65535,
        ) {
            let text = |repository: &str, tag: &str, hex: &str, second: i32, port: i32| format!(
                r#"time="2026-11-20T22:01:{second}.7Z" level=error msg="response completed with error" err.code="manifest unknown" err.detail="unknown manifest name={repository} revision=sha256:{hex}" http.request.id={}-{}-{}-{}-{} http.request.method=GET http.request.remoteaddr="10.0.0.1:{port}" http.request.uri=/v2/{repository}/manifests/{tag} http.response.duration={second}.5ms http.response.status=404"#,
                &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]
            );
            let one = line(&text(&repository, &tag, &hex, second, port));
            let other = line(&text("group/image", "latest", &"ab".repeat(32), 11, 4711));
            prop_assert_eq!(pattern(&one), pattern(&other));
            prop_assert_eq!(one.fingerprint, other.fingerprint);
        }

        #[test]
        fn different_words_are_different_numbers(texts in proptest::collection::vec("[a-z]{1,6}( [a-z]{1,9}){0,6}", 2..200)) {
            let mut known = HashMap::new();
            for text in &texts {
                let line = line(text);
                let pattern = pattern(&line);
                let before = known.insert(line.fingerprint, pattern.clone());
                prop_assert!(before.is_none_or(|before| before == pattern));
            }
        }

        #[test]
        fn any_text_has_a_pattern_that_is_its_own(text in "(?s).{0,200}|[a-z0-9/:=\" .@-]{0,300}|/v2/.{0,80}") {
            let mut once = String::new();
            mask::text(&text, None, &mut once).unwrap();
            prop_assert!(once.len() <= 2 * text.len() + 8);
            let mut uri = String::new();
            mask::route(&text, &mut uri).unwrap();
            mask::repository(&text);
        }
    }
}
