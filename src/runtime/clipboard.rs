//! Encodes a copy for the terminal's clipboard (OSC 52), which also works over SSH.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// Most encoded bytes that terminals in use are known to take in one OSC 52 sequence.
pub const LIMIT: usize = 74_994;
/// GNU screen drops control strings of more than 256 bytes in its smaller builds.
const SCREEN_CHUNK: usize = 240;

/// How copies are made: the value of `QUARTERDECK_CLIPBOARD`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// OSC 52, and what tmux or screen needs around it to pass it on.
    #[default]
    Auto,
    /// Bare OSC 52, whatever the terminal runs in.
    Osc52,
    /// No copies.
    Off,
}

impl FromStr for Method {
    type Err = CopyError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "" | "auto" => Ok(Self::Auto),
            "osc52" => Ok(Self::Osc52),
            "off" => Ok(Self::Off),
            other => Err(CopyError::UnknownMethod(other.to_owned())),
        }
    }
}

/// The multiplexer between the program and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplexer {
    /// The terminal reads what is written.
    #[default]
    None,
    /// tmux, known by `TMUX`.
    Tmux,
    /// GNU screen, known by `STY`.
    Screen,
}

impl Multiplexer {
    /// Reads it from the values of `TMUX` and `STY`. tmux wins: a screen around or left behind is not what reads first.
    pub fn from_values(tmux: Option<&str>, sty: Option<&str>) -> Self {
        let set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        if set(tmux) {
            Self::Tmux
        } else if set(sty) {
            Self::Screen
        } else {
            Self::None
        }
    }
}

/// A copy ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What goes to the terminal, as one piece.
    pub bytes: Vec<u8>,
    /// What to tell the operator. The terminal never answers, so this says *sent*, never *copied*.
    pub notice: String,
}

/// Why nothing is sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CopyError {
    /// Switched off by the operator.
    #[error("copying is off; set QUARTERDECK_CLIPBOARD=auto to have it")]
    Off,
    /// Terminals would cut it off or drop it, without a word.
    #[error(
        "not sent: {encoded} bytes once encoded, and terminals take {LIMIT} at most; copy a smaller part"
    )]
    TooLong {
        /// Bytes of the encoded text.
        encoded: usize,
    },
    /// A value that `QUARTERDECK_CLIPBOARD` does not know.
    #[error("QUARTERDECK_CLIPBOARD={0} is not known: use auto, osc52 or off")]
    UnknownMethod(String),
}

/// Encodes `text` for the clipboard of the terminal behind `multiplexer`.
pub fn copy(text: &str, method: Method, multiplexer: Multiplexer) -> Result<Copy, CopyError> {
    let multiplexer = match method {
        Method::Off => return Err(CopyError::Off),
        Method::Osc52 => Multiplexer::None,
        Method::Auto => multiplexer,
    };
    let encoded = STANDARD.encode(text);
    if encoded.len() > LIMIT {
        return Err(CopyError::TooLong { encoded: encoded.len() });
    }
    let bare = format!("\x1b]52;c;{encoded}\x07");
    let (sequence, way) = match multiplexer {
        Multiplexer::None => (bare, ""),
        // Each works under one tmux option, set-clipboard or allow-passthrough; both together change nothing.
        Multiplexer::Tmux => {
            (format!("{bare}{}", through_tmux(&bare)), " (tmux needs set-clipboard or allow-passthrough on)")
        }
        Multiplexer::Screen => (through_screen(&bare), " through screen"),
    };
    let notice = format!("sent {} bytes to the terminal's clipboard{way}", text.len());
    Ok(Copy { bytes: sequence.into_bytes(), notice })
}

fn through_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

fn through_screen(sequence: &str) -> String {
    let mut wrapped = String::new();
    let mut rest = sequence;
    while !rest.is_empty() {
        // OSC 52 is ASCII, so every place is a character boundary.
        let (chunk, after) = rest.split_at(rest.len().min(SCREEN_CHUNK));
        wrapped.push_str("\x1bP");
        wrapped.push_str(chunk);
        wrapped.push_str("\x1b\\");
        rest = after;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sequence_fits_what_stands_between_program_and_terminal() {
        let cases = [
            (Method::Auto, Multiplexer::None, "\x1b]52;c;aGk=\x07"),
            (Method::Auto, Multiplexer::Tmux, "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"),
            (Method::Auto, Multiplexer::Screen, "\x1bP\x1b]52;c;aGk=\x07\x1b\\"),
            (Method::Osc52, Multiplexer::Tmux, "\x1b]52;c;aGk=\x07"),
        ];
        for (method, multiplexer, expected) in cases {
            let sent = copy("hi", method, multiplexer).unwrap();
            assert_eq!(String::from_utf8(sent.bytes).unwrap(), expected, "{method:?} {multiplexer:?}");
            assert!(sent.notice.starts_with("sent 2 bytes"), "{}", sent.notice);
        }
    }

    #[test]
    fn what_terminals_would_cut_off_is_refused_and_the_limit_itself_is_not() {
        let fits = "x".repeat(LIMIT / 4 * 3);
        assert!(copy(&fits, Method::Auto, Multiplexer::None).is_ok());
        let too_long = copy(&format!("{fits}xxx"), Method::Auto, Multiplexer::None);
        assert_eq!(too_long, Err(CopyError::TooLong { encoded: LIMIT / 4 * 4 + 4 }));
        assert_eq!(copy("x", Method::Off, Multiplexer::None), Err(CopyError::Off));
    }

    #[test]
    fn settings_are_read_from_their_words() {
        let methods =
            [("", Method::Auto), ("auto", Method::Auto), ("osc52", Method::Osc52), ("off", Method::Off)];
        for (word, method) in methods {
            assert_eq!(word.parse(), Ok(method));
        }
        assert!("native".parse::<Method>().unwrap_err().to_string().contains("auto, osc52 or off"));
        let multiplexers = [
            (None, None, Multiplexer::None),
            (Some(""), Some(""), Multiplexer::None),
            (Some("/tmp/tmux-0/default,1,0"), Some("1.pts"), Multiplexer::Tmux),
            (None, Some("1.pts"), Multiplexer::Screen),
        ];
        for (tmux, sty, expected) in multiplexers {
            assert_eq!(Multiplexer::from_values(tmux, sty), expected);
        }
    }

    proptest! {
        #[test]
        fn screen_gets_the_same_sequence_in_pieces_it_takes(text in ".{0,600}") {
            let bare = copy(&text, Method::Osc52, Multiplexer::None).unwrap().bytes;
            let pieces = String::from_utf8(copy(&text, Method::Auto, Multiplexer::Screen).unwrap().bytes).unwrap();
            let pieces: Vec<&str> = pieces.split_terminator("\x1b\\").map(|piece| &piece[2..]).collect();
            prop_assert!(pieces.iter().all(|piece| piece.len() <= SCREEN_CHUNK));
            prop_assert_eq!(pieces.concat().into_bytes(), bare);
        }
    }
}
