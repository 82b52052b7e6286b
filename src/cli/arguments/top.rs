//! What can be typed behind `top`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::Output;
use crate::config;
use crate::sources::logs::count::{self, Statuses};

const HELP: &str = "\
Lines of HAProxy (option httplog, httpslog), of a registry (text and JSON) and of its access log are known, each by \
itself, with or without what syslog, Docker or Kubernetes put around them. Files that gzip packed are known by their \
beginning, whatever their name.

The list is that of `sort | uniq -c | sort -nr | head`: the count, then what it counts; among equal counts the last in \
the order of bytes comes first. A path is counted with its query, and without scheme and host, which HTTP/2 sends along.

JSON: one object a line, such as {\"path\": \"/v2/group/image/manifests/v1\", \"count\": 174}; the first name is that of --by.

Exit codes:
  0   all was read
  2   something could not be read, nothing of it was understood, or Ctrl-c was pressed
  64  wrong usage";

/// Arguments of `top`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct Top {
    /// Logs to read, plain or packed by gzip; `-` is standard input
    #[arg(value_name = "LOG", required = true)]
    pub logs: Vec<PathBuf>,
    /// Count answers of this status: 500, 5xx, 50x or 400-499; may be given more than once
    #[arg(long, value_name = "STATUS", default_value = "5xx")]
    pub status: Vec<Statuses>,
    /// Count only requests of this method; may be given more than once
    #[arg(long, value_name = "METHOD")]
    pub method: Vec<String>,
    /// What to count by
    #[arg(long, value_enum, default_value_t)]
    pub by: By,
    /// How many to list; 0 lists all of them
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub limit: usize,
    /// Count only answers since then: 2026-11-20T22:00 (UTC unless it says otherwise), or 2h for two hours ago
    ///
    /// HAProxy's own date has no zone: it is read as UTC, unless the time that syslog put before it has a zone.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub since: Option<Moment>,
    /// Count only answers before then
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    pub until: Option<Moment>,
    /// Go on reading as the logs grow and rotate, and print again what has changed
    #[arg(long, short)]
    pub follow: bool,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// What answers are counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    #[default]
    Path,
    Repository,
    Tag,
    Client,
    Server,
}

impl By {
    /// How it is called in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Repository => "repository",
            Self::Tag => "tag",
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl From<By> for count::By {
    fn from(by: By) -> Self {
        match by {
            By::Path => Self::Path,
            By::Repository => Self::Repository,
            By::Tag => Self::Tag,
            By::Client => Self::Client,
            By::Server => Self::Server,
        }
    }
}

/// A point in time, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    At(Timestamp),
    Ago(SignedDuration),
}

impl Moment {
    /// When that is, as seen from `now`.
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let utc = |local: DateTime| local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        let date = || text.parse::<Date>().ok().filter(|_| text.len() == 10);
        let at = text.parse().ok();
        at.or_else(|| utc(date()?.at(0, 0, 0, 0)))
            .or_else(|| utc(text.parse().ok()?))
            .map(Self::At)
            .or_else(|| config::parse_duration(text).ok().map(Self::Ago))
            .ok_or_else(|| {
                "want a time such as 2026-11-20T22:00 or 2026-11-20T22:00+01:00, or a duration such as 2h"
                    .into()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z"),
            ("2026-11-20T22:00:00+03:00", "2026-11-20T19:00:00Z"),
            ("2026-11-20T22:00", "2026-11-20T22:00:00Z"),
            ("2026-11-20 22:00:01", "2026-11-20T22:00:01Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2h", "2026-11-21T08:00:00Z"),
            ("1d", "2026-11-20T10:00:00Z"),
        ] {
            assert_eq!(
                Moment::parse(text).map(|moment| moment.at(now)),
                Ok(expected.parse().unwrap()),
                "{text}"
            );
        }
        for text in ["", "yesterday", "22", "2026-13-01", "-2h"] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }
}
