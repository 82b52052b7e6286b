//! The states of a pod that matter to whoever is on call.

use serde::Deserialize;

/// What a pod is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PodState {
    Running,
    /// Runs, and its last run ended by the memory limit.
    OomKilled,
    /// Runs, and its readiness probe fails.
    NotReady,
    CrashLoop,
    /// Its container has just ended with an error.
    Error,
    /// An init container is at work.
    Init,
    InitCrashLoop,
    ImagePull,
    /// Its init containers are through, and its container is being made.
    Creating,
    /// No node has room for it.
    Unschedulable,
    Evicted,
    /// Its deletion was asked for; it finishes what it has.
    Terminating,
}

impl PodState {
    pub const ALL: [Self; 12] = [
        Self::Running,
        Self::OomKilled,
        Self::NotReady,
        Self::CrashLoop,
        Self::Error,
        Self::Init,
        Self::InitCrashLoop,
        Self::ImagePull,
        Self::Creating,
        Self::Unschedulable,
        Self::Evicted,
        Self::Terminating,
    ];

    /// Whether its containers are ready.
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Running | Self::OomKilled | Self::Terminating)
    }

    /// Whether its Service sends new connections to it.
    pub const fn takes_traffic(self) -> bool {
        matches!(self, Self::Running | Self::OomKilled)
    }

    /// Whether its controllers count it.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Evicted | Self::Terminating)
    }

    pub const fn is_scheduled(self) -> bool {
        !matches!(self, Self::Unschedulable)
    }

    /// Whether it has an address.
    pub const fn has_address(self) -> bool {
        !matches!(self, Self::Unschedulable | Self::Evicted)
    }

    /// Whether its init containers are through.
    pub const fn is_initialized(self) -> bool {
        !matches!(self, Self::Init | Self::InitCrashLoop)
    }

    /// Whether any container has been made for it.
    pub const fn has_containers(self) -> bool {
        !matches!(self, Self::Unschedulable | Self::Evicted)
    }

    /// The phase, which says less than one would think.
    pub const fn phase(self) -> &'static str {
        match self {
            Self::Evicted => "Failed",
            Self::Init | Self::InitCrashLoop | Self::ImagePull | Self::Creating | Self::Unschedulable => {
                "Pending"
            }
            _ => "Running",
        }
    }

    /// How often its container was restarted, unless it is said.
    pub const fn usual_restarts(self) -> u32 {
        match self {
            Self::OomKilled => 2,
            Self::CrashLoop => 14,
            Self::Error => 3,
            Self::InitCrashLoop => 6,
            _ => 0,
        }
    }

    /// How its container's last run ended, unless it is said: code and reason.
    pub const fn usual_exit(self) -> Option<(i32, &'static str)> {
        match self {
            Self::OomKilled | Self::CrashLoop => Some((137, "OOMKilled")),
            Self::Error => Some((2, "Error")),
            Self::InitCrashLoop => Some((1, "Error")),
            _ => None,
        }
    }
}
