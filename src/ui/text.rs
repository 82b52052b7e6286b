//! Text in cells: cutting, wrapping, numbers, sizes and ages.

use jiff::{SignedDuration, Timestamp};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text within `cells`, its end cut if need be.
pub fn fit(text: &str, cells: usize, cut: &str) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let room = cells.saturating_sub(width(cut));
    let mut kept = head(text, room).to_owned();
    if cells >= width(cut) {
        kept.push_str(cut);
    }
    kept
}

/// The text within `cells`, its middle cut if need be: paths tell most at both ends.
pub fn fit_middle(text: &str, cells: usize, cut: &str) -> String {
    if width(text) <= cells || cells < 8 {
        return fit(text, cells, cut);
    }
    let room = cells - width(cut);
    let tail_room = room - room / 3;
    let reversed: String = text.chars().rev().collect();
    let tail: String = head(&reversed, tail_room).chars().rev().collect();
    format!("{}{cut}{tail}", head(text, room / 3))
}

/// The text and blanks up to `cells`, cut if need be.
pub fn pad(text: &str, cells: usize, cut: &str) -> String {
    let text = fit(text, cells, cut);
    let blanks = cells.saturating_sub(width(&text));
    text + &" ".repeat(blanks)
}

/// Blanks and the text up to `cells`.
pub fn pad_left(text: &str, cells: usize) -> String {
    " ".repeat(cells.saturating_sub(width(text))) + text
}

/// As much of the text as fits in `cells`.
pub fn head(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, letter) in text.char_indices() {
        used += letter.width().unwrap_or(0);
        if used > cells {
            return &text[..at];
        }
    }
    text
}

/// Lines of at most `cells`, broken at blanks, or after `/`, or anywhere.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(8);
    let (mut lines, mut rest) = (Vec::new(), text.trim_end());
    while width(rest) > cells {
        let fits = head(rest, cells);
        let wide_enough = |at: &usize| *at > fits.len() / 3;
        let whole = rest[fits.len()..].starts_with(' ').then_some(fits.len());
        let at_blank = whole.or_else(|| fits.rfind(' ').filter(wide_enough));
        let at_slash = fits.rfind('/').map(|at| at + 1).filter(wide_enough);
        let end = at_blank.or(at_slash).unwrap_or(fits.len()).max(1);
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// A count with commas: 50,000.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A count and its word: `1 request`, `2 requests`.
pub fn counted(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", count(number))
}

/// A size in words: 71 B, 4.2 MiB.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut scaled = bytes as f64 / 1024.0;
    let mut unit = 0;
    while scaled >= 1023.95 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", UNITS[unit])
}

/// An age in one unit, never finer than a minute, so that a quiet screen stays as it is: 3 min, 5 h, 12 d.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(then).as_mins();
    match minutes {
        ..1 => "now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// The step of staleness that a title shows: nothing for what is fresh.
pub fn staleness(then: Timestamp, now: Timestamp) -> Option<&'static str> {
    const STEPS: [(i64, &str); 6] = [
        (24 * 60, "over a day old"),
        (6 * 60, "over 6 h old"),
        (60, "over 1 h old"),
        (15, "over 15 min old"),
        (5, "over 5 min old"),
        (1, "over 1 min old"),
    ];
    let age: SignedDuration = now.duration_since(then);
    STEPS.iter().find(|(minutes, _)| age.as_mins() >= *minutes).map(|(_, words)| *words)
}

/// A time of day; with its date where that is not today's.
pub fn clock(at: Timestamp, now: Timestamp) -> String {
    let is_today = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    at.strftime(if is_today { "%H:%M" } else { "%b %-d %H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_where_it_hurts_least() {
        for (cut, expected) in [
            (fit("latest", 6, "…"), "latest"),
            (fit("latest", 4, "…"), "lat…"),
            (fit("日本語", 4, "…"), "日…"),
            (fit("ab", 0, "…"), ""),
            (fit_middle("docker/registry/v2/link", 12, "…"), "doc…/v2/link"),
            (pad("v1", 4, "…"), "v1  "),
            (pad_left("v1", 4), "  v1"),
        ] {
            assert_eq!(cut, expected);
        }
    }

    #[test]
    fn lines_break_at_blanks_then_at_slashes_then_anywhere() {
        assert_eq!(wrap("a pull fails with 500", 12), ["a pull fails", "with 500"]);
        assert_eq!(wrap("docker/registry/v2/blobs", 16), ["docker/registry/", "v2/blobs"]);
        assert_eq!(wrap("0123456789abcdef", 8), ["01234567", "89abcdef"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn numbers_read_as_people_say_them() {
        assert_eq!(
            [count(0), count(999), count(50_000), count(1_234_567)],
            ["0", "999", "50,000", "1,234,567"]
        );
        assert_eq!([counted(1, "request"), counted(2, "request")], ["1 request", "2 requests"]);
        assert_eq!(
            [size(71), size(1536), size(1 << 30), size(1_048_575)],
            ["71 B", "1.5 KiB", "1.0 GiB", "1.0 MiB"]
        );
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let ages = [0, 59, 60, 7_200, 172_800].map(|seconds| age(at(0), at(seconds)));
        assert_eq!(ages, ["now", "now", "1 min", "2 h", "2 d"]);
        assert_eq!(staleness(at(0), at(59)), None);
        assert_eq!(staleness(at(0), at(400)), Some("over 5 min old"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in "\\PC{0,60}", cells in 0usize..40) {
            proptest::prop_assert!(width(&fit(&text, cells, "…")) <= cells);
            proptest::prop_assert!(width(&fit_middle(&text, cells, "…")) <= cells);
            let narrow = wrap(&text, cells.max(8)).iter().all(|line| width(line) <= cells.max(8));
            proptest::prop_assert!(narrow);
        }
    }
}
