//! How a frontend, backend or server is, from what HAProxy says of it.

use super::facts::{Role, Stat};

/// Seconds after its start in which HAProxy takes servers for up that it has not checked yet.
const WARM_UP: u64 = 10;

/// How a frontend, backend or server is; the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Up,
    /// Taken for up, as nothing checks it.
    Unchecked,
    /// Takes only clients that belong to it already.
    Draining,
    /// Says itself that it wants no new clients (`http-check disable-on-404`).
    Leaving,
    Maintenance,
    /// A backend that has no server.
    Empty,
    /// Not known: no check has ended since HAProxy began, or it says something new.
    Unknown,
    /// Up, and its last checks failed.
    Failing,
    /// Down, and its last checks passed.
    Recovering,
    Down,
}

impl Condition {
    /// How `stat` is, said by a worker that began `uptime` seconds ago.
    pub fn of(stat: &Stat, uptime: Option<u64>) -> Self {
        let status = stat.status.as_str();
        let partly = status.contains('/');
        let is_new = uptime.is_some_and(|uptime| uptime < WARM_UP);
        let unchecked = stat.check_status.is_empty() && stat.agent_status.is_empty();
        match status.split([' ', '(']).next().unwrap_or_default() {
            "OPEN" => Self::Up,
            "FULL" => Self::Failing,
            "STOP" | "PAUSED" => Self::Down,
            "MAINT" => Self::Maintenance,
            "DRAIN" => Self::Draining,
            "NOLB" => Self::Leaving,
            "DOWN" if partly => Self::Recovering,
            "DOWN" => Self::Down,
            "no" => Self::Unchecked,
            "UP" if stat.role == Role::Backend => {
                let servers =
                    stat.active.zip(stat.backup).map(|(active, backup)| active.saturating_add(backup));
                if servers == Some(0) { Self::Empty } else { Self::Up }
            }
            "UP" if stat.check_status == "INI" || is_new && unchecked => Self::Unknown,
            "UP" if partly => Self::Failing,
            "UP" => Self::Up,
            _ => Self::Unknown,
        }
    }

    /// Whether new requests are sent there, as far as is known.
    pub const fn takes_requests(self) -> bool {
        matches!(self, Self::Up | Self::Unchecked | Self::Failing | Self::Unknown)
    }

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Unchecked => "no check",
            Self::Draining => "DRAIN",
            Self::Leaving => "NOLB",
            Self::Maintenance => "MAINT",
            Self::Empty => "no servers",
            Self::Unknown => "unknown",
            Self::Failing => "failing",
            Self::Recovering => "recovering",
            Self::Down => "DOWN",
        }
    }

    /// Whether two instances that say this and `other` only see the same thing at different moments.
    pub const fn agrees_with(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Up | Self::Failing | Self::Unchecked, Self::Up | Self::Failing | Self::Unchecked)
                | (Self::Down | Self::Recovering, Self::Down | Self::Recovering)
                | (Self::Unknown, _)
                | (_, Self::Unknown)
        ) || self as u8 == other as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(role: Role, status: &str, check: &str) -> Stat {
        let count = (role == Role::Backend).then_some(1);
        let (status, check_status) = (status.to_owned(), check.to_owned());
        Stat { role, status, check_status, active: count, backup: count, ..Stat::default() }
    }

    #[test]
    fn every_status_is_understood_and_a_new_one_is_not_known() {
        for (status, check, condition) in [
            ("UP", "L7OK", Condition::Up),
            ("UP 1/3", "L7STS", Condition::Failing),
            ("UP 1/3", "INI", Condition::Unknown),
            ("DOWN", "L4CON", Condition::Down),
            ("DOWN (agent)", "L4OK", Condition::Down),
            ("DOWN 1/2", "L7OK", Condition::Recovering),
            ("NOLB", "L7OKC", Condition::Leaving),
            ("DRAIN", "L7OK", Condition::Draining),
            ("DRAIN (agent)", "L7OK", Condition::Draining),
            ("MAINT", "", Condition::Maintenance),
            ("MAINT (via be/s1)", "", Condition::Maintenance),
            ("MAINT (resolution)", "", Condition::Maintenance),
            ("no check", "", Condition::Unchecked),
            ("BLINKING", "", Condition::Unknown),
            ("", "", Condition::Unknown),
        ] {
            assert_eq!(Condition::of(&stat(Role::Server, status, check), Some(500)), condition, "{status}");
        }
    }

    #[test]
    fn a_server_that_a_fresh_worker_has_not_checked_is_not_known_to_be_up() {
        let followed = stat(Role::Server, "UP", "");
        assert_eq!(Condition::of(&followed, Some(3)), Condition::Unknown);
        assert_eq!(Condition::of(&followed, Some(30)), Condition::Up);
        assert_eq!(Condition::of(&followed, None), Condition::Up);
        assert_eq!(Condition::of(&stat(Role::Server, "UP", "L7OK"), Some(3)), Condition::Up);
    }

    #[test]
    fn a_backend_without_servers_is_not_simply_up() {
        let mut backend = stat(Role::Backend, "UP", "");
        assert_eq!(Condition::of(&backend, Some(3)), Condition::Up);
        (backend.active, backend.backup) = (Some(0), Some(0));
        assert_eq!(Condition::of(&backend, Some(3)), Condition::Empty);
    }

    #[test]
    fn a_moment_between_two_looks_is_no_disagreement() {
        assert!(
            Condition::Up.agrees_with(Condition::Failing)
                && Condition::Down.agrees_with(Condition::Recovering)
        );
        assert!(
            Condition::Unknown.agrees_with(Condition::Down)
                && Condition::Draining.agrees_with(Condition::Draining)
        );
        assert!(
            !Condition::Up.agrees_with(Condition::Down) && !Condition::Draining.agrees_with(Condition::Up)
        );
    }
}
