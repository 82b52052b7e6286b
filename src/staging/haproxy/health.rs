//! What a health check is answered with, and what HAProxy makes of one answer after the other.

/// How a server answers its health checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// `GET /` answers 200.
    #[default]
    Passes,
    /// `GET /` answers this status.
    Status(u16),
    /// Nobody listens.
    Refused,
    /// No connection in time.
    TimesOut,
    /// Connected, and no answer in time.
    Silent,
}

/// What the columns and lines of HAProxy say about an answer.
pub struct Words {
    pub status: &'static str,
    pub code: Option<u16>,
    pub last: &'static str,
    pub description: &'static str,
    /// HAProxy's number of the status, in `show servers state`.
    pub number: u8,
    pub milliseconds: u16,
}

/// Checks that have to pass in a row before a server is up, and fail before it is down.
pub const RISE: u8 = 2;
pub const FALL: u8 = 3;
/// The health of a server that passes all the time.
pub const WHOLE: u8 = RISE + FALL - 1;

impl Check {
    /// Reads `passes`, `status 503`, `refused`, `times out` or `silent`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "passes" => Some(Self::Passes),
            "refused" => Some(Self::Refused),
            "times out" => Some(Self::TimesOut),
            "silent" => Some(Self::Silent),
            _ => text.strip_prefix("status ")?.parse().ok().filter(|code| *code != 200).map(Self::Status),
        }
    }

    pub(super) fn words(self) -> Words {
        match self {
            Self::Passes => Words {
                status: "L7OK",
                code: Some(200),
                last: "",
                description: "Layer7 check passed",
                number: 15,
                milliseconds: 12,
            },
            Self::Status(code) => Words {
                status: "L7STS",
                code: Some(code),
                last: reason(code),
                description: "Layer7 wrong status",
                number: 17,
                milliseconds: 9,
            },
            Self::Refused => Words {
                status: "L4CON",
                code: None,
                last: "Connection refused",
                description: "Layer4 connection problem",
                number: 8,
                milliseconds: 0,
            },
            Self::TimesOut => Words {
                status: "L4TOUT",
                code: None,
                last: "",
                description: "Layer4 timeout",
                number: 7,
                milliseconds: 1001,
            },
            Self::Silent => Words {
                status: "L7TOUT",
                code: None,
                last: "",
                description: "Layer7 timeout",
                number: 13,
                milliseconds: 1001,
            },
        }
    }
}

/// What HTTP calls a status.
fn reason(code: u16) -> &'static str {
    http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// What a health is after one more check. A server is up from [`RISE`] on.
pub const fn after(health: u8, passed: bool) -> u8 {
    match (passed, health >= RISE) {
        (true, true) => WHOLE,
        (true, false) => {
            let risen = health + 1;
            if risen >= RISE { WHOLE } else { risen }
        }
        (false, true) => {
            if health > RISE {
                health - 1
            } else {
                0
            }
        }
        (false, false) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_take_a_server_down_and_two_passes_bring_it_up() {
        let mut health = WHOLE;
        let mut seen = Vec::new();
        for passed in [false, false, true, false, false, false, true, true] {
            health = after(health, passed);
            seen.push(health);
        }
        assert_eq!(seen, [3, 2, 4, 3, 2, 0, 1, 4]);
    }

    #[test]
    fn a_scenario_says_how_checks_are_answered() {
        assert_eq!(Check::parse("status 503"), Some(Check::Status(503)));
        assert_eq!(Check::parse("times out"), Some(Check::TimesOut));
        assert_eq!(Check::parse("status 200"), None);
        assert_eq!(Check::parse("sick"), None);
    }
}
