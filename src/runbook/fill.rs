//! Commands of a runbook with the names of what is looked at in place of `{bucket}` and the like.

use std::collections::BTreeMap;

use crate::registry::repair::quote;

/// What can stand in braces.
pub const NAMES: &[&str] = &[
    "context",
    "namespace",
    "selector",
    "service",
    "backend",
    "instance",
    "bucket",
    "registry",
    "repository",
    "tag",
    "pod",
    "log-file",
];

/// Names that whoever pushes chooses: what is odd about one of them is never put into a command.
const FROM_OUTSIDE: &[&str] = &["repository", "tag", "pod"];

/// What the names stand for, as far as it is known.
pub type Names = BTreeMap<&'static str, String>;

/// A piece of a command.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'static str),
    /// Something in braces that looks like a name and is none.
    Unknown(&'a str),
}

/// A command with the names in it filled in; what is not known stands as `<name>`. In a shell's command they are
/// quoted as far as they need it, whatever they hold.
pub fn fill(language: &str, text: &str, names: &Names) -> String {
    let is_shell =
        matches!(language.split_whitespace().next(), Some("sh" | "bash" | "zsh" | "shell" | "console"));
    let (mut filled, mut quotes) = (String::with_capacity(text.len()), Quotes::None);
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => {
                filled.push_str(text);
                quotes = quotes.after(text);
            }
            Piece::Unknown(name) => filled.extend(["{", name, "}"]),
            Piece::Name(name) => match names.get(name).filter(|value| is_fit(name, value)) {
                None => filled.extend(["<", name, ">"]),
                Some(value) if is_shell => filled.push_str(&quotes.around(value)),
                Some(value) => filled.push_str(value),
            },
        }
    }
    filled
}

fn is_fit(name: &str, value: &str) -> bool {
    !FROM_OUTSIDE.contains(&name) || quote(value) == value
}

/// What stands in braces in a line, looks like a name, and is none.
pub fn unknown_names(line: &str) -> Vec<&str> {
    let unknown = |piece| match piece {
        Piece::Unknown(name) => Some(name),
        Piece::Text(_) | Piece::Name(_) => None,
    };
    pieces(line).into_iter().filter_map(unknown).collect()
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        pieces.push(Piece::Text(before));
        let (piece, length) = piece(from);
        pieces.push(piece);
        rest = &from[length..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// What a text that begins with a brace begins with, and how long that is.
fn piece(text: &str) -> (Piece<'_>, usize) {
    if text.starts_with("{{") || text.starts_with("}}") {
        return (Piece::Text(&text[..1]), 2);
    }
    let inside = text.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(inside, _)| inside);
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|letter| letter == '-' || letter.is_ascii_lowercase())
    };
    match inside.filter(is_name) {
        None => (Piece::Text(&text[..1]), 1),
        Some(name) => {
            let known = NAMES.iter().find(|known| **known == name);
            (known.map_or(Piece::Unknown(name), |known| Piece::Name(known)), name.len() + 2)
        }
    }
}

/// Within which quotes of a shell one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

impl Quotes {
    fn after(self, text: &str) -> Self {
        let (mut quotes, mut letters) = (self, text.chars());
        while let Some(letter) = letters.next() {
            quotes = match (quotes, letter) {
                (Self::None | Self::Double, '\\') => {
                    letters.next();
                    quotes
                }
                (Self::None, '\'') => Self::Single,
                (Self::None, '"') => Self::Double,
                // A comment; one within a word is none, and no value that matters follows it there.
                (Self::None, '#') => {
                    letters.by_ref().find(|letter| *letter == '\n');
                    quotes
                }
                (Self::Single, '\'') | (Self::Double, '"') => Self::None,
                (quotes, _) => quotes,
            };
        }
        quotes
    }

    /// A value that stays one word whatever it holds.
    fn around(self, value: &str) -> String {
        let word = quote(value);
        match self {
            _ if word == value => word,
            Self::None => word,
            // The quotes end before it and begin again after it.
            Self::Single => format!("'{word}'"),
            Self::Double => format!("\"{word}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::from([
            ("bucket", "gs://images".to_owned()),
            ("selector", "app in (registry, gc)".to_owned()),
            ("tag", "v1'; reboot".to_owned()),
            ("pod", "registry-1".to_owned()),
        ])
    }

    #[test]
    fn what_is_known_is_filled_in_and_nothing_can_become_a_command() {
        for (language, text, expected) in [
            ("sh", "ls {bucket}/docker", "ls gs://images/docker"),
            ("sh", "kubectl get pods -l {selector}", "kubectl get pods -l 'app in (registry, gc)'"),
            ("sh", "get -l '{selector}' x", "get -l '''app in (registry, gc)''' x"),
            ("sh", "get -l \"{selector}\"", "get -l \"\"'app in (registry, gc)'\"\""),
            ("sh", "scan {tag}", "scan <tag>"),
            ("sh", "# don't\nls {selector}", "# don't\nls 'app in (registry, gc)'"),
            ("yaml", "selector: {selector}", "selector: app in (registry, gc)"),
            ("sh", "logs {pod} -n {namespace}", "logs registry-1 -n <namespace>"),
            ("sh", "awk '{{print $1}}' {bucket}", "awk '{print $1}' gs://images"),
            ("sh", "awk '{print $1}' ${HOME} {a,b} {", "awk '{print $1}' ${HOME} {a,b} {"),
        ] {
            assert_eq!(fill(language, text, &names()), expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_nobody_knows_is_told_from_braces() {
        assert_eq!(unknown_names("x {tga} {{x}} {print $1} ${HOME} {pod}"), ["tga"]);
    }
}
