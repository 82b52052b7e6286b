//! The signs on the screen, and plain letters in their place where the locale has no others.

use ratatui::symbols::border;

use crate::model::TagState;
use crate::registry::report::HopState;
use crate::state::Tone;

/// The signs on the screen. Each state has its own, so that no state is told by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    pub good: &'static str,
    pub bad: &'static str,
    /// Not well, and not broken.
    pub warn: &'static str,
    pub unknown: &'static str,
    pub busy: &'static str,
    /// Not looked at yet.
    pub unseen: &'static str,
    /// Looked at, and there is nothing.
    pub absent: &'static str,
    pub elsewhere: &'static str,
    /// Marked for the next verb.
    pub mark: &'static str,
    pub opened: &'static str,
    pub closed: &'static str,
    /// In place of what does not fit.
    pub cut: &'static str,
    pub dash: &'static str,
    pub times: &'static str,
    /// Sorted rising and falling.
    pub rising: &'static str,
    pub falling: &'static str,
    /// Leads from a row to what explains it.
    pub leads: &'static str,
    /// Leads to what comes next.
    pub goes: &'static str,
    /// Between parts of a line.
    pub dot: &'static str,
    pub border: border::Set<'static>,
}

/// For UTF-8 locales.
pub const UNICODE: Glyphs = Glyphs {
    good: "✓",
    bad: "✗",
    warn: "!",
    unknown: "?",
    busy: "…",
    unseen: "·",
    absent: "–",
    elsewhere: "↗",
    mark: "◆",
    opened: "▾",
    closed: "▸",
    cut: "…",
    dash: "─",
    times: "×",
    rising: "▲",
    falling: "▼",
    leads: "└",
    goes: "→",
    dot: "·",
    border: border::PLAIN,
};

/// For all others.
pub const ASCII: Glyphs = Glyphs {
    good: "+",
    bad: "x",
    warn: "!",
    unknown: "?",
    busy: "~",
    unseen: ".",
    absent: "-",
    elsewhere: "^",
    mark: "*",
    opened: "v",
    closed: ">",
    cut: "~",
    dash: "-",
    times: "*",
    rising: "^",
    falling: "v",
    leads: "`",
    goes: ">",
    dot: "|",
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

impl Glyphs {
    /// The sign of something that is meant like this.
    pub const fn tone(&self, tone: Tone) -> &'static str {
        match tone {
            Tone::Plain | Tone::Dim => " ",
            Tone::Good => self.good,
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
            Tone::Unknown => self.unknown,
        }
    }

    /// The sign of a tag's state.
    pub const fn tag(&self, state: TagState) -> &'static str {
        match state {
            TagState::Whole => self.good,
            TagState::Broken => self.bad,
            TagState::Absent => self.absent,
            TagState::Unknown => self.unknown,
        }
    }

    /// The sign of a hop's state.
    pub const fn hop(&self, state: HopState) -> &'static str {
        match state {
            HopState::Good => self.good,
            HopState::Bad => self.bad,
            HopState::Unknown => self.unknown,
            HopState::Elsewhere => self.elsewhere,
        }
    }
}

/// Whether the locale, by the values of `LC_ALL`, `LC_CTYPE` and `LANG`, can show more than ASCII.
pub fn for_locale<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Glyphs {
    let first =
        values.into_iter().flatten().find(|value| !value.is_empty()).unwrap_or_default().to_lowercase();
    if first.contains("utf-8") || first.contains("utf8") { UNICODE } else { ASCII }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_that_is_set_decides() {
        for (values, expected) in [
            ([None, None, Some("en_GB.UTF-8")], UNICODE),
            ([Some("C"), None, Some("en_GB.UTF-8")], ASCII),
            ([Some(""), Some("C.utf8"), Some("C")], UNICODE),
            ([None, None, None], ASCII),
        ] {
            assert_eq!(for_locale(values), expected, "{values:?}");
        }
    }
}
