//! What the Kubernetes source is told: whom to ask, for what, and how patiently.

use std::path::PathBuf;
use std::time::Duration;

use super::roll::Roll;
use crate::sources::Pauses;

/// Whom to ask, and for which pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A kubeconfig file; without it `KUBECONFIG`, then `~/.kube/config`, then the cluster that this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; without it the current one.
    pub context: Option<String>,
    /// Without it the context's.
    pub namespace: Option<String>,
    /// Label selector of the pods, as `kubectl get pods -l` takes it.
    pub selector: String,
    /// Name of their service; without it every service that selects them.
    pub service: Option<String>,
    /// Where it tells which pods there are, for whoever follows their logs.
    pub roll: Roll,
    pub pace: Pace,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For a connection.
    pub connect: Duration,
    /// For a whole answer: a page of a list, a document, the beginning of a watch.
    pub answer: Duration,
    /// After this the server is asked to end a watch, so that a peer that is gone is noticed.
    pub watch: Duration,
    /// How much longer than that silence is borne.
    pub grace: Duration,
    /// Between lists of what may not be watched.
    pub poll: Duration,
    /// Changes are gathered for so long.
    pub gather: Duration,
    /// The first pause after a failure; it doubles up to the longest.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// For a program that fetches credentials.
    pub plugin: Duration,
    /// Configuration and credentials are not read anew more often than this, but for Ctrl-r.
    pub renew: Duration,
    /// Objects in a page of a list.
    pub page: u32,
}

impl Pace {
    /// The pauses of one task.
    pub(in crate::sources) fn pauses(&self) -> Pauses {
        Pauses::new(self.first_pause, self.longest_pause)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            watch: Duration::from_secs(45),
            grace: Duration::from_secs(10),
            poll: Duration::from_secs(30),
            gather: Duration::from_millis(100),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            plugin: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            page: 200,
        }
    }
}

impl Options {
    /// The pods of this selector in the namespace of the current context.
    pub fn new(selector: &str) -> Self {
        Self {
            kubeconfig: None,
            context: None,
            namespace: None,
            selector: selector.to_owned(),
            service: None,
            roll: Roll::default(),
            pace: Pace::default(),
        }
    }
}
