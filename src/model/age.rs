//! Ages as kubectl words them: at most two units, and no more exact than matters.

/// A number of seconds in kubectl's words: 34s, 7m12s, 99m, 5h12m, 3d. Clocks may differ by a second, not by more.
pub fn age(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => both(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => both(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if days < 8 => both(days, 'd', hours % 24, 'h'),
        _ if days < 365 * 2 => format!("{days}d"),
        _ if days < 365 * 8 => both(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
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
        for (seconds, words) in [
            (i64::MIN, "<invalid>"),
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (34, "34s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (432, "7m12s"),
            (599, "9m59s"),
            (600, "10m"),
            (4_740, "79m"),
            (8_399, "139m"),
            (10_800, "3h"),
            (10_860, "3h1m"),
            (5 * 3600 + 12 * 60, "5h12m"),
            (9 * 3600, "9h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (176_400, "2d1h"),
            (75 * 3600, "3d3h"),
            (691_200, "8d"),
            (400 * 86_400, "400d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (800 * 86_400, "2y70d"),
            (3_000 * 86_400, "8y"),
            (365 * 9 * 86_400, "9y"),
        ] {
            assert_eq!(age(seconds), words, "{seconds}");
        }
    }
}
