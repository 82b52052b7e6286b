//! What the profile says of the environment, as far as it is needed to judge what is seen.

use std::ops::RangeInclusive;

/// What of the environment is watched besides the bucket, as the profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    pub kubernetes: Option<Workload>,
    /// Backends of HAProxy that lead to the registry, the first one first; none of them means all are shown.
    pub backends: Option<Vec<String>>,
    /// What stands for all instances of HAProxy, as [`super::place`] names them; none where there are none.
    pub balancers: Option<String>,
    /// Whether load balancers or incidents of Google Cloud are.
    pub google: bool,
    /// Whether the front door is.
    pub front_door: bool,
    /// Whether logs are.
    pub logs: bool,
    /// What is made of their lines.
    pub reading: Reading,
    /// What commands call these things.
    pub called: Called,
}

/// What commands of other programs call what is watched, as the profile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    /// Context of kubectl.
    pub context: Option<String>,
    /// Address of an instance of HAProxy, as socat wants it.
    pub instance: Option<String>,
    /// The front door's URL.
    pub front_door: Option<String>,
    /// Path or pattern of log files.
    pub log_file: Option<String>,
}

impl Watched {
    /// Whether anything is.
    pub const fn is_any(&self) -> bool {
        self.kubernetes.is_some() || self.backends.is_some() || self.google || self.front_door || self.logs
    }
}

/// What is made of the lines of logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Bytes of memory for lines.
    pub keep: usize,
    /// Statuses that count as failures.
    pub radar: Vec<RangeInclusive<u16>>,
    /// Expressions of the operator's, by name.
    pub lenses: Vec<(String, String)>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { keep: 32 << 20, radar: vec![500..=599], lenses: Vec::new() }
    }
}

/// The registry's part of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    pub namespace: String,
    /// Label selector of its pods.
    pub selector: String,
    /// Name of its service.
    pub service: String,
    /// How many pods there usually are, if somebody said.
    pub baseline: Option<u32>,
}
