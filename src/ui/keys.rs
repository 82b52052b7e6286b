//! Keys in words: the notation of key scripts, the keymap and the help.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
];

/// Why a word is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; keys are letters, names such as enter, esc, down or f2, ctrl-r, and type:TEXT")]
pub struct KeyError(String);

/// The key of this name: a letter, a name, `f1`…`f12`, or `ctrl-` and one of these.
pub fn parse(word: &str) -> Result<KeyEvent, KeyError> {
    let error = || KeyError(word.to_owned());
    if let Some(rest) = word.strip_prefix("ctrl-") {
        let key = parse(rest).map_err(|_| error())?;
        return Ok(KeyEvent::new(key.code, key.modifiers | KeyModifiers::CONTROL));
    }
    if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == word) {
        return Ok(KeyEvent::new(*code, KeyModifiers::NONE));
    }
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)),
        (Some('f'), Some(_)) => match word[1..].parse() {
            Ok(number @ 1..=12) => Ok(KeyEvent::new(KeyCode::F(number), KeyModifiers::NONE)),
            Ok(_) | Err(_) => Err(error()),
        },
        _ => Err(error()),
    }
}

/// The keys of a script such as `j j enter type:v1 ctrl-r`.
pub fn script(text: &str) -> Result<Vec<KeyEvent>, KeyError> {
    let mut keys = Vec::new();
    for word in text.split_whitespace() {
        match word.strip_prefix("type:") {
            Some(typed) => {
                keys.extend(
                    typed.chars().map(|letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)),
                );
            }
            None => keys.push(parse(word)?),
        }
    }
    Ok(keys)
}

/// Whether a pressed key is the one of this name. Shift is in the letter already.
pub fn is(pressed: &KeyEvent, name: &str) -> bool {
    let plain = pressed.modifiers.difference(KeyModifiers::SHIFT);
    parse(name).is_ok_and(|key| key.code == pressed.code && key.modifiers == plain)
}

/// The name as help and key bar write it.
pub fn label(name: &str) -> String {
    if name.chars().count() == 1 {
        return name.to_owned();
    }
    match name {
        "pgup" => "PgUp".to_owned(),
        "pgdn" => "PgDn".to_owned(),
        "backspace" => "Bksp".to_owned(),
        "backtab" => "Shift-Tab".to_owned(),
        _ => {
            let mut letters = name.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_read_as_people_write_them() {
        let keys = script("j enter ctrl-r f2 type:a:b G").unwrap();
        let codes: Vec<_> = keys.iter().map(|key| key.code).collect();
        let letter = KeyCode::Char;
        assert_eq!(
            codes,
            [
                letter('j'),
                KeyCode::Enter,
                letter('r'),
                KeyCode::F(2),
                letter('a'),
                letter(':'),
                letter('b'),
                letter('G')
            ]
        );
        assert!(keys[2].modifiers.contains(KeyModifiers::CONTROL));
        for wrong in ["f13", "entr", "ctrl-"] {
            assert!(script(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pressed_key_is_known_by_its_name() {
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert!(is(&shifted, "G") && !is(&shifted, "g"));
        let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(is(&control, "ctrl-c") && !is(&control, "c"));
    }
}
