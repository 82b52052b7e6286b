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
    "registry-host",
    "repository",
    "tag",
    "pod",
    "log-file",
];

/// Names that others choose, whoever pushes or sets up a server: one that is odd is never put into a command.
const FROM_OUTSIDE: &[&str] = &["repository", "tag", "pod", "backend", "instance", "log-file"];

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
    let is_shell = is_shell(language);
    let (mut filled, mut shell) = (String::with_capacity(text.len()), Shell::BEGIN);
    for piece in pieces(text) {
        let text = match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Unknown(name) => format!("{{{name}}}"),
            Piece::Name(name) => {
                let value = names.get(name).filter(|value| is_fit(name, value));
                let word =
                    value.and_then(|value| if is_shell { shell.word(value) } else { Some(value.clone()) });
                if let Some(word) = word {
                    filled.push_str(&word);
                    shell.last = 'x';
                    continue;
                }
                format!("<{name}>")
            }
        };
        filled.push_str(&text);
        shell = shell.after(&text);
    }
    filled
}

/// Whether a command is one of a shell: where nothing is said too.
fn is_shell(language: &str) -> bool {
    const SHELLS: &[&str] = &["", "sh", "bash", "zsh", "ksh", "dash", "shell", "console"];
    let language = language.split_whitespace().next().unwrap_or_default();
    SHELLS.iter().any(|shell| shell.eq_ignore_ascii_case(language))
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

/// Where in a shell's command one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Words,
    Comment,
    Single,
    Double,
    /// Something in which quotes mean something else, or may: nothing that needs them is put there, nor after it.
    Unsure,
}

/// A shell's command as far as it is written.
#[derive(Clone, Copy, Debug)]
struct Shell {
    within: Within,
    /// The letter before, in which a backslash takes what is special from the next one; a letter of a word after it.
    last: char,
}

/// Stands for a line end that a backslash took away: whether a word goes on behind it is not followed.
const JOINED: char = '\0';

impl Shell {
    const BEGIN: Self = Self { within: Within::Words, last: '\n' };

    fn after(self, text: &str) -> Self {
        text.chars().fold(self, Self::then)
    }

    fn then(self, letter: char) -> Self {
        use Within::{Comment, Double, Single, Unsure, Words};
        let Self { within, last } = self;
        if self.is_escaped() {
            return Self { within, last: if letter == '\n' { JOINED } else { 'x' } };
        }
        let within = match (within, letter, last) {
            (Unsure, _, _)
            // A substitution, a document, and quotes in which a backslash counts.
            | (Words | Double, '`', _)
            | (Double, '(' | '{', '$')
            | (Words, '<', '<')
            | (Words, '\'', '$')
            // A shell that is typed into may take a comment for words.
            | (Comment, '\'' | '"' | '`' | '\\', _)
            | (Words, '#', JOINED | ';' | '&' | '|' | '(' | ')' | '<' | '>') => Unsure,
            (Words, '#', last) if last.is_ascii_whitespace() => Comment,
            (Words, '\'', _) => Single,
            (Words, '"', _) => Double,
            (Single, '\'', _) | (Double, '"', _) | (Comment, '\n', _) => Words,
            (within, _, _) => within,
        };
        Self { within, last: letter }
    }

    const fn is_escaped(self) -> bool {
        self.last == '\\' && matches!(self.within, Within::Words | Within::Double)
    }

    /// A value that stays one word here whatever it holds; nothing where that cannot be had.
    fn word(self, value: &str) -> Option<String> {
        let word = quote(value);
        match self.within {
            _ if word == value => Some(word),
            Within::Words | Within::Double if matches!(self.last, '\\' | '$') => None,
            Within::Unsure => None,
            Within::Words | Within::Comment => Some(word),
            // The quotes end before it and begin again after it.
            Within::Single => Some(format!("'{word}'")),
            Within::Double => Some(format!("\"{word}\"")),
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
            ("log-file", "/var/log/a b.log".to_owned()),
            ("backend", "$(reboot)".to_owned()),
            ("instance", "unix:/run/haproxy.sock".to_owned()),
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
            ("sh", "# all of {pod}\nls {selector}", "# all of registry-1\nls 'app in (registry, gc)'"),
            ("sh", "# the {pod}'s log\nls {selector}", "# the registry-1's log\nls <selector>"),
            (
                "",
                "ls {selector}; a#b'{selector}'",
                "ls 'app in (registry, gc)'; a#b'''app in (registry, gc)'''",
            ),
            ("Bash", "ls \\{selector} ${selector}", "ls \\<selector> $<selector>"),
            ("sh", "ls \"$(get {selector})\" {pod}", "ls \"$(get <selector>)\" registry-1"),
            ("sh", "ls {log-file} {backend} {instance}", "ls <log-file> <backend> unix:/run/haproxy.sock"),
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
