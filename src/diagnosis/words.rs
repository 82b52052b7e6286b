//! Counts, times and rates in words that stay the same while what they tell of does.

use std::time::Duration;

/// A count and its word: `1 pod`, `2 pods`.
pub fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", plural(number))
}

/// What makes a word one of several.
pub const fn plural(number: usize) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// A count of addresses.
pub fn addresses(number: usize) -> String {
    format!("{number} address{}", if number == 1 { "" } else { "es" })
}

/// A time in one digit, as the exact one is another at every look: `under 10 ms`, `40 ms`, `2 s`.
pub fn about(time: Duration) -> String {
    let rounded = |number: u128| {
        let digit = 10_u128.pow(number.max(1).ilog10());
        (number + digit / 2) / digit * digit
    };
    match rounded(time.as_millis()) {
        ..10 => "under 10 ms".to_owned(),
        short @ ..1_000 => format!("{short} ms"),
        long => format!("{} s", long / 1_000),
    }
}

/// The step that a number per second has reached, for the same reason: 0.1, 0.2, 0.5, 1, 2, 5 and so on.
pub fn step(number: f64) -> f64 {
    let power = 10_f64.powi(number.log10().floor() as i32);
    [5.0, 2.0].into_iter().map(|step| step * power).find(|step| *step <= number).unwrap_or(power)
}

/// A count of repositories.
pub fn repositories(number: usize) -> String {
    if number == 1 { "1 repository".to_owned() } else { format!("{number} repositories") }
}

/// Some names, and how many more there are.
pub fn some<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let names: Vec<_> = names.collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// How many of all: `2 of 6 pods`, `all 6 pods`.
pub fn of_all(number: usize, all: usize, word: &str) -> String {
    match (number, all) {
        (1, 1) => format!("the only {word}"),
        _ if number >= all => format!("all {}", counted(number, word)),
        _ => format!("{number} of {}", counted(all, word)),
    }
}

/// The first line of a text, and no more of it than can be taken in at a glance.
pub fn clip(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

/// A count as it stays for a while: `7`, `some 120`, `some 4500`.
pub fn roughly(count: u64) -> String {
    match count {
        ..10 => count.to_string(),
        _ => {
            let unit = 10_u64.pow(count.ilog10().saturating_sub(1));
            format!("some {}", count / unit * unit)
        }
    }
}

/// A part of a whole in percent: `96 %`, `under 1 %`, `all`.
pub fn percent(part: u64, whole: u64) -> String {
    match (u128::from(part) * 100).checked_div(u128::from(whole)) {
        None | Some(0) => "under 1 %".to_owned(),
        Some(_) if part >= whole => "all".to_owned(),
        Some(percent) => format!("{percent} %"),
    }
}

/// A time that is left, in hours where it is long: `40 min`, `6 h`, `3 d`.
pub fn left(time: Duration) -> String {
    match time.as_secs() / 60 {
        minutes @ ..10 => format!("{} min", minutes.max(1)),
        minutes @ ..120 => format!("{} min", minutes / 10 * 10),
        minutes @ ..2_880 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_no_more_exact_than_matters() {
        let counts = [7, 10, 99, 123, 4_567].map(roughly);
        assert_eq!(counts, ["7", "some 10", "some 99", "some 120", "some 4500"]);
        let parts =
            [(0, 10), (1, 1_000), (96, 100), (10, 10), (1, 0)].map(|(part, whole)| percent(part, whole));
        assert_eq!(parts, ["under 1 %", "under 1 %", "96 %", "all", "under 1 %"]);
        let times =
            [20, 300, 5_399, 7_200, 90_000, 900_000].map(|seconds| left(Duration::from_secs(seconds)));
        assert_eq!(times, ["1 min", "5 min", "80 min", "2 h", "25 h", "10 d"]);
    }
}
