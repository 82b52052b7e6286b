//! The filter of a table: a regular expression, `!` for its opposite, `-f` for letters in order.

use regex::{Regex, RegexBuilder};

/// Largest compiled expression, in bytes: a typed filter never needs more.
const COMPILED: usize = 1 << 20;

/// What rows have to look like to be shown.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    test: Test,
}

#[derive(Clone, Debug, Default)]
enum Test {
    #[default]
    Everything,
    Matches(Regex),
    Lacks(Regex),
    Fuzzy(String),
    /// Not a regular expression (yet, while it is typed): looked for as it stands.
    Literal(String),
}

impl Filter {
    /// Reads a filter as it is typed; no text is refused.
    pub fn parse(text: &str) -> Self {
        let test = match text
            .strip_prefix("-f ")
            .or_else(|| text.strip_prefix("-f").filter(|rest| rest.is_empty()))
        {
            Some(letters) => Test::Fuzzy(letters.trim().to_lowercase()),
            None => match text.strip_prefix('!') {
                Some("") => Test::Everything,
                Some(rest) => compile(rest).map_or_else(|| Test::Literal(text.to_lowercase()), Test::Lacks),
                None if text.is_empty() => Test::Everything,
                None => compile(text).map_or_else(|| Test::Literal(text.to_lowercase()), Test::Matches),
            },
        };
        Self { text: text.to_owned(), test }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was typed, so that every row passes.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// A word for titles, when the text is not taken as what it may look like.
    pub const fn remark(&self) -> Option<&'static str> {
        match self.test {
            Test::Literal(_) => Some("as it stands"),
            Test::Fuzzy(_) => Some("letters in order"),
            Test::Lacks(_) => Some("without"),
            Test::Everything | Test::Matches(_) => None,
        }
    }

    /// Whether a row with this text is shown.
    pub fn passes(&self, row: &str) -> bool {
        match &self.test {
            Test::Everything => true,
            Test::Matches(expression) => expression.is_match(row),
            Test::Lacks(expression) => !expression.is_match(row),
            Test::Fuzzy(letters) => {
                let mut rest = row.chars().flat_map(char::to_lowercase);
                letters.chars().all(|wanted| rest.any(|letter| letter == wanted))
            }
            Test::Literal(text) => row.to_lowercase().contains(text),
        }
    }
}

fn compile(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(COMPILED).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_read_as_in_other_consoles() {
        for (filter, row, passes) in [
            ("", "anything", true),
            ("API", "shop/api:v1", true),
            ("v[12]$", "shop/api:v3", false),
            ("!latest", "shop/api:latest", false),
            ("!latest", "shop/api:v1", true),
            ("!", "shop/api:v1", true),
            ("-f spv1", "shop/api:v1", true),
            ("-f 1v", "shop/api:v1", false),
            ("v1(", "shop/api:v1(", true),
            ("v1(", "shop/api:v1", false),
        ] {
            assert_eq!(Filter::parse(filter).passes(row), passes, "{filter:?} on {row:?}");
        }
    }
}
