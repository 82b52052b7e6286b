//! Single settings of logs, as people write them.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::duration::parse_duration;
use super::value::Parsed;
use super::value_watch::line;

/// Memory for lines: neither too little for a screen of them, nor all there is.
const KEPT: RangeInclusive<usize> = 1 << 20..=4 << 30;

/// An argument of a program; an empty one is one.
pub fn argument(text: &str) -> Parsed<String> {
    if text.contains('\0') {
        Err("has a NUL, which no argument can have".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// How far back is read at first.
pub fn history(text: &str) -> Parsed<Duration> {
    let found = parse_duration(text)?.unsigned_abs();
    if found <= Duration::from_hours(24) {
        Ok(found)
    } else {
        Err(format!("{text:?} is not allowed, want 0 to 24h"))
    }
}

/// A number of bytes: `32 MiB`.
pub fn kept(text: &str) -> Parsed<usize> {
    const UNITS: [(&str, usize); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let read = |(unit, bytes): (&str, usize)| {
        let number: usize = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(bytes)
    };
    let found = UNITS.into_iter().find_map(read).filter(|bytes| KEPT.contains(bytes));
    found.ok_or_else(|| format!("{text:?} is not allowed, want 1 MiB to 4 GiB, such as \"32 MiB\""))
}

/// A pattern of indices.
pub fn index(text: &str) -> Parsed<String> {
    let index = line(text)?;
    if index.starts_with('_') || index.contains(['/', '?', '#', ' ', '"', '\\', '<', '>', '|', '%']) {
        return Err(format!("{text:?} is no name or pattern of indices, such as \"pubsub-gke-inf-gprd*\""));
    }
    Ok(index)
}

/// Statuses of answers: `5xx`, or one such as `404`.
pub fn statuses(text: &str) -> Parsed<RangeInclusive<u16>> {
    let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok());
    let found = match class {
        Some(class @ 4..=5) => Some(class * 100..=class * 100 + 99),
        Some(_) => None,
        None => text.parse().ok().filter(|status| (400..=599).contains(status)).map(|status| status..=status),
    };
    found.ok_or_else(|| format!("{text:?} is not allowed, want 5xx, 4xx or one status such as 404"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_and_bounds() {
        assert_eq!(kept("32 MiB"), Ok(32 << 20));
        assert_eq!(kept("1GiB"), Ok(1 << 30));
        for text in ["32", "32 MB", "0 MiB", "9999 GiB", "-1 MiB", "99999999999999999999 GiB", ""] {
            assert!(kept(text).is_err_and(|why| why.contains("\"32 MiB\"")), "{text}");
        }
    }

    #[test]
    fn failures_are_classes_or_single_statuses() {
        assert_eq!(statuses("5xx"), Ok(500..=599));
        assert_eq!(statuses("404"), Ok(404..=404));
        for text in ["2xx", "200", "xx", "5x", "600", ""] {
            assert!(statuses(text).is_err(), "{text}");
        }
    }

    #[test]
    fn indices_are_no_paths() {
        assert!(index("pubsub-gke-inf-gprd*").is_ok() && index("a,b-*").is_ok());
        for text in ["", "a/_search", "_all?x", "a b"] {
            assert!(index(text).is_err(), "{text}");
        }
    }
}
