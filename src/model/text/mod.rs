//! Makes text from outside safe to show and to keep: the one choke point before State.

mod redact;
mod sanitise;

use std::borrow::Cow;

pub use redact::{REDACTED, redact};
pub use sanitise::{sanitise, sanitise_bytes};

/// Text as State may hold it: [`redact`]ed while the line breaks that end a secret are still there, then
/// [`sanitise`]d.
pub fn clean(text: &str) -> Cow<'_, str> {
    match redact(text) {
        Cow::Borrowed(text) => sanitise(text),
        Cow::Owned(text) => Cow::Owned(sanitise(&text).into_owned()),
    }
}

/// As [`clean`], for bytes of unknown encoding such as log lines and error bodies.
pub fn clean_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => clean(text),
        Err(_) => Cow::Owned(redact(&sanitise_bytes(bytes)).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_invisible_character_does_not_hide_a_secret_and_a_line_break_ends_it() {
        let line = "GET /v2/\x1b[2J?access_token=ab\u{200b}cd\nAuthorization: Bearer abc.def";
        assert_eq!(
            clean(line),
            "GET /v2/\\x1b[2J?access_token=[redacted]\\nAuthorization: Bearer [redacted]"
        );
        assert_eq!(clean_bytes(b"\nsig=abc&n=\xff"), "\\nsig=[redacted]&n=\\xff");
        assert!(matches!(clean("gitlab-org/build:v1"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn clean_text_has_nothing_left_to_escape(
            text in "((?s).|\\PC|\n|\x1b|\u{200b}|sig=|cookie: |Authorization: |bearer |://|a:b@){0,24}"
        ) {
            let once = clean(&text).into_owned();
            prop_assert_eq!(sanitise(&once).into_owned(), once);
        }
    }
}
