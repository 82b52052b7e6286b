//! What people read from: whether it takes colours, and how wide it is.

use std::io::IsTerminal;

use crate::model::{Severity, TagState};
use crate::registry::report::HopState;
use crate::ui::glyphs::{self, Glyphs};

/// What a piece of text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Doubt,
    Dim,
    Strong,
}

impl Tone {
    /// The SGR parameters of the terminal's own palette.
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Doubt => "33",
            Self::Dim => "2",
            Self::Strong => "1",
        }
    }
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Coloured,
    Plain,
}

/// What is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    pub ink: Ink,
    /// Where sentences are broken; a pipe has no width, and lines stay whole for `grep`.
    pub columns: Option<usize>,
    /// The signs that the locale has.
    pub glyphs: Glyphs,
}

impl Paper {
    /// Standard output: coloured on a terminal, unless `NO_COLOR` is set or the terminal is a dumb one.
    pub fn of_stdout() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let refused = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).ok());
        let glyphs = glyphs::for_locale(locale.iter().map(Option::as_deref));
        if !std::io::stdout().is_terminal() {
            return Self { ink: Ink::Plain, columns: None, glyphs };
        }
        let columns = crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns).max(40));
        Self { ink: if refused { Ink::Plain } else { Ink::Coloured }, columns, glyphs }
    }

    /// `text` in the colour of `tone`.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        match self.ink {
            Ink::Coloured => format!("\x1b[{}m{text}\x1b[0m", tone.code()),
            Ink::Plain => text.to_owned(),
        }
    }

    /// Glyph and tone of a verdict.
    pub const fn verdict(self, state: TagState) -> (&'static str, Tone) {
        match state {
            TagState::Whole => (self.glyphs.good, Tone::Good),
            TagState::Broken => (self.glyphs.bad, Tone::Bad),
            TagState::Absent => (self.glyphs.absent, Tone::Doubt),
            TagState::Unknown => (self.glyphs.unknown, Tone::Doubt),
        }
    }

    /// Glyph, word and tone of a hop.
    pub const fn hop(self, state: HopState) -> (&'static str, &'static str, Tone) {
        match state {
            HopState::Good => (self.glyphs.good, "good", Tone::Good),
            HopState::Bad => (self.glyphs.bad, "bad", Tone::Bad),
            HopState::Unknown => (self.glyphs.unknown, "unread", Tone::Doubt),
            HopState::Elsewhere => (self.glyphs.elsewhere, "elsewhere", Tone::Dim),
        }
    }

    /// Glyph and tone of a finding.
    pub const fn severity(self, severity: Severity) -> (&'static str, Tone) {
        match severity {
            Severity::PullBroken | Severity::PushBroken => (self.glyphs.bad, Tone::Bad),
            Severity::DeleteBroken | Severity::GcBroken | Severity::ListPolluted => ("!", Tone::Doubt),
            Severity::Harmless => (self.glyphs.unseen, Tone::Dim),
        }
    }

    /// A sentence after `first`, broken where the paper ends; the lines that follow start below its beginning.
    pub fn sentence(self, first: &str, text: &str) -> String {
        let Some(columns) = self.columns else { return format!("{first}{text}\n") };
        let hanging = " ".repeat(unicode_width::UnicodeWidthStr::width(first));
        let options = textwrap::Options::new(columns)
            .initial_indent(first)
            .subsequent_indent(&hanging)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            // Digests and keys are copied with the mouse: they stay whole.
            .break_words(false);
        textwrap::fill(text, options) + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_between_words_on_a_terminal_only() {
        let narrow = Paper { ink: Ink::Plain, columns: Some(24), glyphs: glyphs::UNICODE };
        let text = "GET by tag 500; a-very-long-digest-that-stays-whole";
        assert_eq!(
            narrow.sentence("  2.x  ", text),
            "  2.x  GET by tag 500;\n       a-very-long-digest-that-stays-whole\n"
        );
        let pipe = Paper { ink: Ink::Plain, columns: None, glyphs: glyphs::UNICODE };
        assert_eq!(pipe.sentence("  2.x  ", text), format!("  2.x  {text}\n"));
    }

    #[test]
    fn plain_ink_leaves_text_alone() {
        let paper = |ink| Paper { ink, columns: None, glyphs: glyphs::ASCII };
        assert_eq!(paper(Ink::Plain).paint(Tone::Bad, "x"), "x");
        assert_eq!(paper(Ink::Coloured).paint(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
    }
}
