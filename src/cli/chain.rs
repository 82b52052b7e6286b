//! The chain of a tag, hop by hop in columns, for people.

use indicatif::HumanBytes;
use unicode_width::UnicodeWidthStr;

use super::paper::Paper;
use crate::model::text::sanitise;
use crate::registry::report::Hop;

/// The chain, one line for each hop: state, part, size, digest, last change, and a few words.
pub fn text(hops: &[Hop], paper: Paper) -> String {
    let rows: Vec<[String; 4]> = hops.iter().map(cells).collect();
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max();
    let widths = [0, 1, 2, 3].map(|at| width(at).unwrap_or(0));
    let line = |([part, size, digest, changed], hop): (&[String; 4], &Hop)| {
        let (glyph, word, tone) = paper.hop(hop.state);
        let [part_width, size_width, digest_width, changed_width] = widths;
        let columns = [
            left(part, part_width),
            right(size, size_width),
            left(digest, digest_width),
            left(changed, changed_width),
            sanitise(&hop.note).into_owned(),
        ];
        let state = paper.paint(tone, &format!("{glyph} {word:<9}"));
        format!("{}\n", format!("  {state} {}", columns.join("  ")).trim_end())
    };
    rows.iter().zip(hops).map(line).collect()
}

/// Part, size, digest and last change of a hop.
fn cells(hop: &Hop) -> [String; 4] {
    let size = match (hop.size, hop.expected) {
        (Some(size), Some(expected)) if size != expected => format!("{} of {}", bytes(size), bytes(expected)),
        (Some(size), _) => bytes(size),
        (None, Some(expected)) => format!("- of {}", bytes(expected)),
        (None, None) => "-".to_owned(),
    };
    [
        format!("{}{}", "  ".repeat(hop.depth.into()), hop.role.name()),
        size,
        hop.digest.as_deref().map(|digest| sanitise(recognisable(digest)).into_owned()).unwrap_or_default(),
        hop.modified.map(|time| time.strftime("%F %H:%MZ").to_string()).unwrap_or_default(),
    ]
}

/// Exact below a thousand, where a byte more or less breaks a link.
pub fn bytes(size: u64) -> String {
    if size < 1024 { format!("{size} B") } else { HumanBytes(size).to_string() }
}

/// The algorithm and the first 12 hex digits: enough to tell digests apart.
fn recognisable(digest: &str) -> &str {
    let end = digest.find(':').map_or(0, |colon| colon + 13);
    digest.get(..end).unwrap_or(digest)
}

fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}
