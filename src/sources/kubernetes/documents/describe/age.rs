//! Times as kubectl writes them.

use jiff::Timestamp;

/// `Fri, 20 Nov 2026 20:00:00 +0000`.
pub fn date(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "<unknown>".to_owned(), |at| at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// How long ago something was: `79m`, `2d3h`.
pub fn since(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "<unknown>".to_owned(), |at| words(now.as_second() - at.as_second()))
}

fn words(seconds: i64) -> String {
    let two = |large: i64, small: i64, of: i64, names: [&str; 2]| {
        let rest = (small) % of;
        if rest == 0 {
            format!("{large}{}", names[0])
        } else {
            format!("{large}{}{rest}{}", names[0], names[1])
        }
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    match seconds {
        ..=-2 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, seconds, 60, ["m", "s"]),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, minutes, 60, ["h", "m"]),
        _ if hours < 48 => format!("{hours}h"),
        _ if days < 8 => two(days, hours, 24, ["d", "h"]),
        _ if days < 730 => format!("{days}d"),
        _ if days < 2920 => two(days / 365, days, 365, ["y", "d"]),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_as_kubectl_words_them() {
        let known = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (4740, "79m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (9 * 3600, "9h"),
            (49 * 3600, "2d1h"),
            (48 * 3600, "2d"),
            (30 * 86400, "30d"),
            (800 * 86400, "2y70d"),
            (3000 * 86400, "8y"),
            (-5, "<invalid>"),
        ];
        for (seconds, text) in known {
            assert_eq!(words(seconds), text);
        }
    }
}
