//! Colours by role, read from the themes that come with the program.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::state::Tone;

/// The themes, by name.
const THEMES: &[(&str, &str)] = &[
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
];

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// A style for each role that something on the screen can play.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    pub text: Paint,
    /// What matters less.
    pub dim: Paint,
    pub title: Paint,
    /// The one colour that draws the eye: keys, and what is active.
    pub accent: Paint,
    pub good: Paint,
    pub bad: Paint,
    pub warn: Paint,
    /// Could not be read.
    pub unknown: Paint,
    pub selected: Paint,
    pub border: Paint,
    /// What kind of environment this is.
    pub banner: Paint,
}

/// A style as a theme writes it, such as `black on yellow bold`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Paint(pub Style);

impl From<Paint> for Style {
    fn from(paint: Paint) -> Self {
        paint.0
    }
}

impl TryFrom<String> for Paint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Paint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut style = Style::default();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let modifier = MODIFIERS.iter().find(|(name, _)| *name == word);
            style = match (modifier, word) {
                (Some((_, modifier)), _) => style.add_modifier(*modifier),
                (None, "on") => style.bg(colour(words.next().unwrap_or_default())?),
                (None, name) => style.fg(colour(name)?),
            };
        }
        Ok(Self(style))
    }
}

/// One of the 16 colours that every terminal has and its user may have chosen, or the terminal's own.
fn colour(name: &str) -> Result<Color, String> {
    match Color::from_str(name) {
        Ok(Color::Rgb(..) | Color::Indexed(_)) | Err(_) => {
            Err(format!("{name:?} is none of the 16 colours, such as red, lightred or darkgray"))
        }
        Ok(colour) => Ok(colour),
    }
}

impl Theme {
    /// The style of text that is meant like this.
    pub const fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.text.0,
            Tone::Dim => self.dim.0,
            Tone::Good => self.good.0,
            Tone::Warn => self.warn.0,
            Tone::Bad => self.bad.0,
            Tone::Unknown => self.unknown.0,
        }
    }

    /// The theme of this name; one that does not exist has no colours.
    pub fn named(name: &str) -> Self {
        let source = THEMES.iter().find(|(known, _)| *known == name).map(|(_, source)| *source);
        source.and_then(|source| toml::from_str(source).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::commands::THEMES as OFFERED;

    #[test]
    fn every_theme_that_is_offered_reads_and_mono_has_no_colour() {
        let names: Vec<_> = THEMES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, OFFERED);
        for (name, source) in THEMES {
            let theme: Theme = toml::from_str(source).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(Theme::named(name), theme);
        }
        let mono = Theme::named("mono");
        for Paint(style) in [mono.text, mono.dim, mono.accent, mono.good, mono.bad, mono.warn, mono.banner] {
            let plain = |colour: Option<Color>| matches!(colour, None | Some(Color::Reset));
            assert!(plain(style.fg) && plain(style.bg), "{style:?}");
        }
    }

    #[test]
    fn only_the_sixteen_colours_are_taken() {
        assert!("#ff0000".parse::<Paint>().is_err());
        assert!("red on 200".parse::<Paint>().is_err());
        let style = Style::default().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD);
        assert_eq!("black on yellow bold".parse(), Ok(Paint(style)));
    }
}
