//! Texts as words of a shell: nothing in a name can become a command, and nothing unprintable is printed.

use std::fmt::Write;

/// One word for bash.
pub fn quote(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '@' | '=' | '+' | ',')
    };
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            // A shell that does not know these quotes would take a quote in them for their end.
            '\'' => word.push_str(r"\x27"),
            '\\' => word.push_str(r"\\"),
            ' ' => word.push(c),
            c if c.is_ascii_graphic() => word.push(c),
            c => bytes(c).iter().for_each(|byte| {
                let _ = write!(word, "\\x{byte:02x}");
            }),
        }
    }
    word.push('\'');
    word
}

/// The text with everything unprintable escaped, for messages.
pub fn visible(text: &str) -> String {
    text.escape_debug().to_string()
}

/// The bytes of a character in a key. A name that is not UTF-8 carries each stray byte as U+F700 + byte.
fn bytes(c: char) -> Vec<u8> {
    match u32::from(c).checked_sub(0xf700).and_then(|byte| u8::try_from(byte).ok()) {
        Some(byte) if byte >= 0x80 => vec![byte],
        Some(_) | None => c.encode_utf8(&mut [0; 4]).as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_far_as_needed() {
        for (text, word) in [
            ("/srv/registry/docker/link", "/srv/registry/docker/link"),
            ("", "''"),
            ("my image", "'my image'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("a\u{1b}[2J'", r"$'a\x1b[2J\x27'"),
            ("na\u{ef}ve", r"$'na\xc3\xafve'"),
            ("a\u{f7ff}", r"$'a\xff'"),
        ] {
            assert_eq!(quote(text), word);
        }
    }
}
