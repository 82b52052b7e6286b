//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::nearest;

/// Where a setting was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In a file; line and column count from 1, the column in characters. Line 0 means the file as a whole.
    File { path: PathBuf, line: usize, column: usize },
    /// In the environment variable of this name.
    Variable(String),
    /// By this flag.
    Flag(&'static str),
}

impl Origin {
    /// The file as a whole.
    pub fn whole(path: &Path) -> Self {
        Self::File { path: path.to_owned(), line: 0, column: 0 }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0, .. } => write!(f, "{}", path.display()),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One mistake: where it is, which setting it concerns, what is wrong and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    pub origin: Origin,
    /// Path of the key (`profiles.gprd.bucket.url`); empty for mistakes of the file as a whole.
    pub key: String,
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

/// All mistakes of a configuration, in the order in which they stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct Mistakes(pub Vec<Mistake>);

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
}

/// `; did you mean "bucket"?` for the allowed word nearest to `word`, or nothing where none is near.
pub fn did_you_mean<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, allowed).map_or_else(String::new, |best| format!("; did you mean \"{best}\"?"))
}

/// `dark, light or mono`.
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let table = [
            ("bukcet", "; did you mean \"bucket\"?"),
            ("Bucket", "; did you mean \"bucket\"?"),
            ("registri", "; did you mean \"registry\"?"),
            ("kubernetes", ""),
            ("", ""),
        ];
        for (word, said) in table {
            assert_eq!(did_you_mean(word, ["bucket", "registry", "settle"]), said, "{word}");
        }
    }

    #[test]
    fn alternatives_read_like_a_sentence() {
        assert_eq!(one_of(["dark", "light", "mono"]), "dark, light or mono");
        assert_eq!(one_of(["dark"]), "dark");
        assert_eq!(one_of([]), "none");
    }
}
