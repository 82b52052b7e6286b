//! When a line was written, in the clock that is chosen, and what that clock is called.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::state::State;
use crate::state::logs::Clock;

/// The zone that is chosen: the operator's own, where it is known.
pub fn zone(state: &State) -> TimeZone {
    match (&state.session.zone, state.tail.clock) {
        (Some(zone), Clock::Local) => zone.clone(),
        (_, _) => TimeZone::UTC,
    }
}

/// What the times are, for the row above them.
pub fn label(state: &State) -> String {
    match (state.tail.clock, &state.session.zone) {
        (Clock::Utc, _) => "UTC".to_owned(),
        (Clock::Local, Some(zone)) => zone.to_offset_info(state.now).abbreviation().to_owned(),
        (Clock::Local, None) => "UTC (no zone)".to_owned(),
        (Clock::Relative, _) => "from here".to_owned(),
    }
}

/// A time in so many cells: with milliseconds where there is room, with its day where that is another one.
pub fn text(state: &State, at: Timestamp, here: Timestamp, cells: usize) -> String {
    if state.tail.clock == Clock::Relative {
        return apart(at.duration_since(here));
    }
    let zone = zone(state);
    let (then, now) = (at.to_zoned(zone.clone()), state.now.to_zoned(zone));
    let form = match (then.date() == now.date(), cells >= 12) {
        (true, true) => "%H:%M:%S%.3f",
        (true, false) => "%H:%M:%S",
        (false, true) => "%m-%d %H:%M",
        (false, false) => "%m-%d %Hh",
    };
    then.strftime(form).to_string()
}

/// A time to the second with its day and zone, whatever clock is chosen.
pub fn whole(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %Z").to_string()
}

fn apart(span: SignedDuration) -> String {
    let sign = if span.is_negative() { "-" } else { "+" };
    let (seconds, millis) = (span.as_secs().unsigned_abs(), span.subsec_millis().unsigned_abs());
    match seconds {
        0..60 => format!("{sign}{seconds}.{millis:03}s"),
        60..3600 => format!("{sign}{}m{:02}s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{sign}{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{sign}{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_two_units_that_matter() {
        for (millis, expected) in [
            (0, "+0.000s"),
            (-1_204, "-1.204s"),
            (62_000, "+1m02s"),
            (-7_260_000, "-2h01m"),
            (200_000_000, "+2d07h"),
        ] {
            assert_eq!(apart(SignedDuration::from_millis(millis)), expected);
        }
    }
}
