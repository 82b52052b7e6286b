//! What the program's exit code says.

use std::process::ExitCode;

/// The program's last word to whoever called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was looked at, and nothing is worse than `harmless`: 0.
    Clean,
    /// A finding worse than `harmless`, or a deed that did not come to its end: 1. It wins over [`Exit::Unread`].
    Found,
    /// Nothing was found, but something was not read, or was not there to be looked at; nothing to propose: 2.
    Unread,
    /// The arguments or the configuration are wrong: 64.
    Usage,
}

impl Exit {
    /// The number that the calling process sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Unread => 2,
            Self::Usage => 64,
        }
    }

    /// What two pieces of work amount to together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Clean => 0,
            Self::Unread => 1,
            Self::Found => 2,
            Self::Usage => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{self, Clean, Found, Unread, Usage};

    #[test]
    fn a_finding_wins_over_something_unread_and_wrong_usage_over_both() {
        let table: [(Exit, Exit, u8); 5] = [
            (Clean, Clean, 0),
            (Clean, Unread, 2),
            (Found, Unread, 1),
            (Unread, Found, 1),
            (Found, Usage, 64),
        ];
        for (one, other, code) in table {
            assert_eq!(one.and(other).code(), code, "{one:?} and {other:?}");
        }
    }
}
