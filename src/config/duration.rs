//! Durations as people write them.

use jiff::SignedDuration;

/// Reads `90s`, `10m`, `1h 30m`, `2d` or `0`.
///
/// # Errors
///
/// Says what is allowed.
pub fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let days = text.strip_suffix('d').and_then(|days| days.trim().parse::<i64>().ok());
    let parsed = match days {
        Some(days) => days.checked_mul(24).and_then(SignedDuration::try_from_hours),
        None => text.parse::<SignedDuration>().ok(),
    };
    parsed
        .filter(|duration| !duration.is_negative())
        .ok_or_else(|| "want a duration such as 90s, 10m, 1h30m or 2d; 0 for none".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let good =
            [("0", 0), ("90s", 90), (" 10m ", 600), ("1h30m", 5400), ("1h 30m", 5400), ("2d", 172_800)];
        for (text, seconds) in good {
            assert_eq!(parse_duration(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_allowed() {
        for text in ["", "10", "ten", "-5m", "10 parsecs", "999999999999999999d", "5m ago"] {
            assert!(parse_duration(text).is_err_and(|why| why.contains("10m")), "{text}");
        }
    }
}
