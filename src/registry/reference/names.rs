//! Names of repositories and tags: strict as the registry's API takes them, or as they were found in storage.

use std::{fmt, sync::Arc};

/// Longest repository name, in characters.
pub const REPOSITORY_LIMIT: usize = 255;
/// Longest tag, in characters.
pub const TAG_LIMIT: usize = 128;

/// What a name is refused for. Texts from outside are quoted and escaped in the message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NameError {
    #[error("the repository name is empty; it looks like group/project/image")]
    EmptyRepository,
    #[error("the repository name has {length} characters; at most {REPOSITORY_LIMIT} are allowed")]
    RepositoryTooLong { length: usize },
    #[error("repository name {name:?} has an empty part at character {at}: two slashes, or one at an end")]
    EmptyPart { name: String, at: usize },
    #[error(
        "repository name {name:?} is not allowed from character {at} on: a part is lower-case letters and digits, \
         joined inside by one \".\", one or two \"_\", or any number of \"-\""
    )]
    Repository { name: String, at: usize },
    #[error("the tag is empty; it looks like v1.2 or latest")]
    EmptyTag,
    #[error("the tag has {length} characters; at most {TAG_LIMIT} are allowed")]
    TagTooLong { length: usize },
    #[error(
        "tag {tag:?} is not allowed from character {at} on: letters, digits, \"_\", \".\" and \"-\", and neither \
         \".\" nor \"-\" first"
    )]
    Tag { tag: String, at: usize },
}

/// A repository's name, such as `group/project/image`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(Arc<str>);

impl Repository {
    /// Takes a name that the registry's API accepts: parts joined by `/`, at most 255 characters, and the first
    /// of several parts may hold capitals and dots (the registry takes it for a host name).
    pub fn parse(name: &str) -> Result<Self, NameError> {
        Self::check(name).map(|()| Self::found(name))
    }

    /// Takes a name as it was found in storage, legal or not.
    pub fn found(name: &str) -> Self {
        Self(name.into())
    }

    /// Why the registry's API refuses this name, if it does.
    pub fn flaw(&self) -> Option<NameError> {
        Self::check(&self.0).err()
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(name: &str) -> Result<(), NameError> {
        if name.is_empty() {
            return Err(NameError::EmptyRepository);
        }
        let length = name.chars().count();
        if length > REPOSITORY_LIMIT {
            return Err(NameError::RepositoryTooLong { length });
        }
        let several = name.contains('/');
        let mut start = 0;
        for part in name.split('/') {
            if part.is_empty() {
                return Err(NameError::EmptyPart { name: name.into(), at: position(name, start) });
            }
            if let Some(flaw) = part_flaw(part)
                && !(several && start == 0 && is_domain(part))
            {
                return Err(NameError::Repository { name: name.into(), at: position(name, start + flaw) });
            }
            start += part.len() + 1;
        }
        Ok(())
    }
}

/// A tag's name, such as `v1.2`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag that a client asks for when none is written.
    pub const DEFAULT: &str = "latest";

    /// Takes a name that the registry's API accepts.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        Self::check(name).map(|()| Self::found(name))
    }

    /// Takes a folder's name as it was found below `tags/`, legal or not, even an empty one.
    pub fn found(name: &str) -> Self {
        Self(name.into())
    }

    /// Why the registry's API refuses this name, if it does.
    pub fn flaw(&self) -> Option<NameError> {
        Self::check(&self.0).err()
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(name: &str) -> Result<(), NameError> {
        if name.is_empty() {
            return Err(NameError::EmptyTag);
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let allowed = |(at, c): (usize, char)| word(c) || (at > 0 && matches!(c, '.' | '-'));
        if let Some(at) = name.chars().enumerate().position(|place| !allowed(place)) {
            return Err(NameError::Tag { tag: name.into(), at: at + 1 });
        }
        match name.len() {
            length if length > TAG_LIMIT => Err(NameError::TagTooLong { length }),
            _ => Ok(()),
        }
    }
}

/// Which character, counted from one, starts at this byte.
fn position(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.chars().count() + 1)
}

/// Byte at which a part stops following `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn part_flaw(part: &str) -> Option<usize> {
    let bytes = part.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        if at > 0 {
            at += separator(&bytes[at..]);
        }
        if !is_word(at) || (start > 0 && at == start) {
            return Some(floor(part, at.min(bytes.len() - 1)));
        }
        while is_word(at) {
            at += 1;
        }
    }
    None
}

/// Length of the separator that these bytes start with; 0 if with none.
fn separator(bytes: &[u8]) -> usize {
    match bytes {
        [b'_', b'_', ..] => 2,
        [b'.' | b'_', ..] => 1,
        _ => bytes.iter().take_while(|&&byte| byte == b'-').count(),
    }
}

fn floor(text: &str, mut byte: usize) -> usize {
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// Whether a first part passes as a host name: labels of letters, digits and inner dashes, joined by dots.
pub(super) fn is_domain(part: &str) -> bool {
    part.split('.').all(|label| {
        let plain = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        plain(bytes.first())
            && plain(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    })
}

macro_rules! text_like {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_like!(Repository);
text_like!(Tag);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn legal_repositories_pass() {
        for name in [
            "a",
            "group/project/image",
            "a.b/c_d/e__f/g-h/i--j/k-----l",
            "tags",
            "x/link",
            "a/blobs/uploads",
            "a/manifests/b",
            "UPPER/case",
            "Example.com/library/x",
            "a--B.c/x",
            "0/1",
            &"a".repeat(255),
        ] {
            assert_eq!(Repository::parse(name).map(|r| r.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn illegal_repositories_name_the_place() {
        for (name, at) in [
            ("Upper", 1),
            ("a/Upper", 3),
            ("a b", 2),
            ("a/b c/d", 4),
            ("a..b", 3),
            ("a___b", 4),
            ("a._b", 3),
            ("-a", 1),
            ("a-", 2),
            ("a/b_", 4),
            ("_layers", 1),
            ("a/_manifests", 3),
            ("UP_PER/case", 1),
            ("a:80/b", 2),
            ("gr\u{fc}n", 3),
            ("a/\u{1b}[0m", 3),
        ] {
            assert_eq!(
                Repository::parse(name),
                Err(NameError::Repository { name: name.into(), at }),
                "{name}"
            );
            assert!(Repository::found(name).flaw().is_some());
        }
        assert_eq!(Repository::parse(""), Err(NameError::EmptyRepository));
        assert_eq!(Repository::parse(&"a".repeat(256)), Err(NameError::RepositoryTooLong { length: 256 }));
        for (name, at) in [("/a", 1), ("a/", 3), ("a//b", 3)] {
            assert_eq!(
                Repository::parse(name),
                Err(NameError::EmptyPart { name: name.into(), at }),
                "{name}"
            );
        }
    }

    #[test]
    fn legal_tags_pass() {
        let long = "t".repeat(128);
        for tag in ["latest", "link", "current", "index", "_uploads", "_layers", "v1.2-3_4", "A", "0", &long]
        {
            assert_eq!(Tag::parse(tag).map(|t| t.to_string()), Ok(tag.to_owned()));
        }
    }

    #[test]
    fn illegal_tags_are_refused_and_can_still_be_found() {
        for (tag, at) in [("-v1", 1), (".v1", 1), ("bad copy", 4), ("v1\n", 3), ("v/1", 2), ("\u{e9}", 1)] {
            assert_eq!(Tag::parse(tag), Err(NameError::Tag { tag: tag.into(), at }));
            assert_eq!(Tag::found(tag).as_str(), tag);
        }
        assert_eq!(Tag::parse(&"t".repeat(129)), Err(NameError::TagTooLong { length: 129 }));
        assert_eq!(Tag::found("").flaw(), Some(NameError::EmptyTag));
    }

    #[test]
    fn messages_say_where_and_what_is_allowed_and_escape_what_came_from_outside() {
        let message = Tag::parse("v1 \u{1b}]52;c;x").unwrap_err().to_string();
        assert!(message.contains("from character 3 on") && message.contains("letters, digits"), "{message}");
        assert!(!message.contains('\u{1b}'), "{message}");
    }

    proptest! {
        #[test]
        fn names_of_the_grammar_pass(name in "[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}(/[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}){0,4}") {
            prop_assert!(Repository::parse(&name).is_ok());
        }

        #[test]
        fn any_text_is_a_name_or_an_error_at_a_place_in_it(text in any::<String>()) {
            if let Err(NameError::Repository { at, .. } | NameError::EmptyPart { at, .. }) = Repository::parse(&text) {
                prop_assert!(at >= 1 && at <= text.chars().count() + 1);
            }
            if let Err(NameError::Tag { at, .. }) = Tag::parse(&text) {
                prop_assert!(at >= 1 && at <= text.chars().count());
            }
        }
    }
}
