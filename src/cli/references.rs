//! References as arguments or as lines of standard input.

use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Read};

use tokio::sync::mpsc;

use crate::model::text::sanitise_bytes;
use crate::registry::reference::Reference;

/// No line that holds a reference is longer, not even a log's; of a longer one only the beginning is looked at.
const LONGEST_LINE: u64 = 64 * 1024;

/// A reference, or words about why there is none.
pub type Parsed = Result<Reference, String>;

/// Where references come from.
#[derive(Debug)]
pub struct Given {
    /// Those that were given as arguments.
    pub references: Vec<Reference>,
    /// Whether lines of standard input follow.
    pub more: More,
}

/// Whether lines of standard input follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    Lines,
    Nothing,
}

/// Reads what was given as arguments.
///
/// # Errors
///
/// Says of every argument that is no reference why not; or that there is none.
pub fn given(arguments: &[OsString]) -> Result<Given, Vec<String>> {
    let piped = arguments.is_empty() && !io::stdin().is_terminal();
    let more = if piped || arguments.iter().any(|text| text == "-") { More::Lines } else { More::Nothing };
    let (mut references, mut wrong) = (Vec::new(), Vec::new());
    for argument in arguments.iter().filter(|text| *text != "-") {
        match parse(argument.as_encoded_bytes()) {
            Ok(reference) => references.push(reference),
            Err(why) => wrong.push(why),
        }
    }
    if references.is_empty() && wrong.is_empty() && more == More::Nothing {
        wrong.push(
            "nothing to look at: give group/project/image:tag, or - for lines of standard input".to_owned(),
        );
    }
    if wrong.is_empty() { Ok(Given { references, more }) } else { Err(wrong) }
}

/// Sends the reference of every line of standard input, until its end or until nobody wants more. Blank lines do
/// not count.
pub fn send_lines(wanted: &mpsc::Sender<Parsed>) {
    let mut stdin = io::stdin().lock();
    for number in 1.. {
        let place = format!("standard input, line {number}");
        let (parsed, last) = match next_line(&mut stdin) {
            Ok(None) => return,
            Ok(Some(line)) if line.trim_ascii().is_empty() => continue,
            Ok(Some(line)) => (parse(&line).map_err(|why| format!("{place}: {why}")), false),
            Err(error) => (Err(format!("{place}: cannot be read: {error}")), true),
        };
        if wanted.blocking_send(parsed).is_err() || last {
            return;
        }
    }
}

fn parse(text: &[u8]) -> Parsed {
    match std::str::from_utf8(text) {
        Ok(text) => Reference::parse(text).map_err(|why| why.to_string()),
        Err(_) => Err(format!("\"{}\" is not UTF-8, so it is no reference", sanitise_bytes(text))),
    }
}

fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input.take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Vec<u8>> {
        let mut input = input;
        std::iter::from_fn(|| next_line(&mut input).expect("memory can be read")).collect()
    }

    #[test]
    fn a_line_that_never_ends_is_cut_and_the_next_one_still_read() {
        let long = LONGEST_LINE as usize;
        let mut input = vec![b'a'; 3 * long];
        input.extend(b"\ng/p:v1\nlast");
        let read = lines(&input);
        assert_eq!(read.len(), 3);
        assert_eq!(
            (read[0].len(), read[1].as_slice(), read[2].as_slice()),
            (long, &b"g/p:v1\n"[..], &b"last"[..])
        );
        let mut exact = vec![b'a'; long - 1];
        exact.extend(b"\nnext");
        assert_eq!(lines(&exact).len(), 2);
    }

    #[test]
    fn what_is_no_reference_is_named_and_escaped() {
        assert!(parse(b"g/p:v1").is_ok());
        let why = parse(b"g/p:\xff\x1b[2J").expect_err("not UTF-8");
        assert_eq!(why, "\"g/p:\\xff\\x1b[2J\" is not UTF-8, so it is no reference");
        let why = parse("g/\u{1b}p".as_bytes()).expect_err("no name");
        assert!(!why.contains('\u{1b}'), "{why}");
    }
}
