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
