//! Times as logs write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Nothing was logged before 1970: what says so is no time, and would be far from where arithmetic ends well.
pub fn believable(at: Timestamp) -> Option<Timestamp> {
    Some(at).filter(|at| *at >= Timestamp::UNIX_EPOCH)
}

/// RFC 3339, or seconds since 1970 with or without a fraction.
pub fn read(text: &str) -> Option<Timestamp> {
    if text.len() >= 20 && text.as_bytes()[4] == b'-' {
        return text.parse().ok().and_then(believable);
    }
    let seconds: f64 = text.parse().ok().filter(|seconds| (0.0..1e13).contains(seconds))?;
    // Beyond the year 5138 it can only be milliseconds.
    let seconds = if seconds >= 1e11 { seconds / 1e3 } else { seconds };
    Timestamp::from_microsecond((seconds * 1e6) as i64).ok()
}

/// As access logs write it: `20/Nov/2026:22:02:23 +0000`.
pub fn read_access(text: &str) -> Option<Timestamp> {
    let (local, zone) = text.split_once(' ')?;
    let (date, clock) = local.split_once(':')?;
    let mut date = date.split('/');
    let (day, month, year) = (date.next()?.parse().ok()?, month(date.next()?)?, date.next()?.parse().ok()?);
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let second = clock.next()?.parse().ok()?;
    let local = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    offset(zone)?.to_timestamp(local).ok().and_then(believable)
}

fn offset(zone: &str) -> Option<Offset> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = MONTHS.iter().position(|month| *month == name)?;
    i8::try_from(at + 1).ok()
}
