//! Ages as kubectl words them, so that what is read here and there is the same.

use jiff::{SignedDuration, Timestamp};

/// From then to now in kubectl's words: 34s, 7m12s, 99m, 5h12m, 3d.
pub fn since(then: Timestamp, now: Timestamp) -> String {
    words(now.duration_since(then))
}

fn words(span: SignedDuration) -> String {
    let (seconds, minutes, hours) = (span.as_secs(), span.as_mins(), span.as_hours());
    match () {
        // The clocks of two machines may differ.
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => both(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => both(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => both(hours / 24, 'd', hours % 24, 'h'),
        () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        () if hours < 24 * 365 * 8 => both(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        () => format!("{}y", hours / 24 / 365),
    }
}

fn both(large: i64, unit: char, small: i64, smaller: char) -> String {
    if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{smaller}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_those_of_kubectl() {
        for (seconds, expected) in [
            (-5, "0s"),
            (34, "34s"),
            (119, "119s"),
            (120, "2m"),
            (432, "7m12s"),
            (600, "10m"),
            (99 * 60, "99m"),
            (5 * 3600 + 12 * 60, "5h12m"),
            (6 * 3600, "6h"),
            (30 * 3600, "30h"),
            (72 * 3600, "3d"),
            (75 * 3600, "3d3h"),
            (24 * 3600 * 400, "400d"),
            (24 * 3600 * 800, "2y70d"),
            (24 * 3600 * 365 * 9, "9y"),
        ] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), expected, "{seconds}");
        }
    }
}
