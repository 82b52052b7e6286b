//! How bad a finding is, and what that makes of a tag.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a fault breaks, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A client cannot pull, or pulls wrong bytes.
    PullBroken,
    /// A client cannot push.
    PushBroken,
    /// The registry's API cannot delete, or destroys healthy tags when asked to.
    DeleteBroken,
    /// The registry's garbage collection stops or loses data.
    GcBroken,
    /// Listings show what cannot be used.
    ListPolluted,
    /// Nothing a client notices; at most wasted space.
    Harmless,
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Self; 6] = [
        Self::PullBroken,
        Self::PushBroken,
        Self::DeleteBroken,
        Self::GcBroken,
        Self::ListPolluted,
        Self::Harmless,
    ];

    /// The stable kebab-case name used in JSON and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PullBroken => "pull-broken",
            Self::PushBroken => "push-broken",
            Self::DeleteBroken => "delete-broken",
            Self::GcBroken => "gc-broken",
            Self::ListPolluted => "list-polluted",
            Self::Harmless => "harmless",
        }
    }

    /// Whether a tag with such a finding counts as broken.
    pub const fn breaks_tag(self) -> bool {
        matches!(self, Self::PullBroken | Self::PushBroken)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The verdict on one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagState {
    /// Everything a pull needs was seen and fits together.
    Whole,
    /// A pull or push of this tag fails or yields wrong bytes.
    Broken,
    /// There is no such tag.
    Absent,
    /// Something that decides the verdict could not be read.
    Unknown,
}

impl TagState {
    /// The stable word used in JSON and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Broken => "broken",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for TagState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
