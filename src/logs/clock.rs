//! The zone of a clock whose dates name none, learnt from when its lines came.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Zones are so many seconds apart.
const STEP: i64 = 15 * 60;
/// The furthest zone from UTC, in seconds.
const FURTHEST: i64 = 14 * 3600;
/// A line came at once if it came so many seconds after it was written, or before it by a clock that goes wrong.
const AT_ONCE: i64 = 20;
/// Another zone is believed when all lines spoke for it so long: an old log that is read quickly does not.
const STEADY: SignedDuration = SignedDuration::from_secs(5);

/// The clock of whoever writes a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    offset: Offset,
    /// What lines speak for, and since when.
    perhaps: Option<(Offset, Timestamp)>,
}

impl Default for Clock {
    /// One that goes by UTC until something else is known.
    fn default() -> Self {
        Self { offset: Offset::UTC, perhaps: None }
    }
}

impl Clock {
    /// The zone that dates are taken to be of.
    pub const fn offset(&self) -> Offset {
        self.offset
    }

    /// What time it was when the clock showed `told`, which was read as if it were UTC.
    pub fn time(&self, told: Timestamp) -> Timestamp {
        told.checked_sub(SignedDuration::from_secs(self.offset.seconds().into())).unwrap_or(told)
    }

    /// A line that was written when the clock showed `told` came at `came`.
    pub fn hear(&mut self, told: Timestamp, came: Timestamp) {
        let Some(offset) = between(told, came).filter(|offset| *offset != self.offset) else {
            self.perhaps = None;
            return;
        };
        match self.perhaps {
            Some((known, since)) if known == offset => {
                if came.duration_since(since) >= STEADY {
                    *self = Self { offset, perhaps: None };
                }
            }
            _ => self.perhaps = Some((offset, came)),
        }
    }

    /// A line was written when the clock showed `told`, and certainly at `at`.
    pub fn set(&mut self, told: Timestamp, at: Timestamp) {
        if let Some(offset) = between(told, at) {
            *self = Self { offset, perhaps: None };
        }
    }
}

/// The zone in which it was `told` at `came`; none where the line did not come at once in any.
fn between(told: Timestamp, came: Timestamp) -> Option<Offset> {
    let ahead = told.as_second() - came.as_second();
    let zone = (ahead + STEP / 2).div_euclid(STEP) * STEP;
    let is_one = zone.abs() <= FURTHEST && (ahead - zone).abs() <= AT_ONCE;
    Offset::from_seconds(i32::try_from(zone).ok().filter(|_| is_one)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn hours(clock: &Clock) -> f64 {
        f64::from(clock.offset().seconds()) / 3600.0
    }

    #[test]
    fn a_zone_is_believed_when_all_lines_speak_for_it_for_a_while() {
        for zone in [-5.0, 3.0, 5.75] {
            let (mut clock, ahead) = (Clock::default(), (zone * 3600.0) as i64);
            for second in 0..5 {
                clock.hear(at(second + ahead - 2), at(second));
                assert_eq!((hours(&clock), clock.time(at(9))), (0.0, at(9)));
            }
            clock.hear(at(5 + ahead - 1), at(5));
            assert_eq!((hours(&clock), clock.time(at(9 + ahead))), (zone, at(9)));
            for second in 10..20 {
                clock.hear(at(second), at(second));
            }
            assert_eq!(hours(&clock), 0.0, "the clock was changed");
        }
    }

    #[test]
    fn what_is_old_or_impossible_says_nothing_of_the_zone() {
        let mut clock = Clock::default();
        for second in 0..60 {
            clock.hear(at(second * 60 - 36_000), at(second));
            clock.hear(at(second - 15 * 3600), at(second));
        }
        clock.hear(Timestamp::MIN, Timestamp::MAX);
        clock.set(Timestamp::MAX, Timestamp::MIN);
        clock.set(at(-7_000), at(0));
        assert_eq!(clock, Clock::default());
        assert_eq!(clock.time(Timestamp::MIN), Timestamp::MIN);
    }

    #[test]
    fn the_last_line_of_a_file_and_when_that_was_written_tell_it_at_once() {
        let mut clock = Clock::default();
        clock.set(at(-5 * 3600 - 1), at(0));
        assert_eq!(hours(&clock), -5.0);
    }
}
