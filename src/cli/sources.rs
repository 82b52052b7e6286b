//! What a profile says of the world around its bucket, made into what watches it.

use crate::config::{Kubernetes, Profile};
use crate::model::{Watched, Workload};

/// What of the environment is watched.
pub fn watched(profile: &Profile) -> Watched {
    let watch = &profile.watch;
    Watched {
        kubernetes: watch.kubernetes.as_ref().map(workload),
        backends: watch.haproxy.as_ref().map(|haproxy| haproxy.backends.clone()),
        google: watch.google.is_some(),
        front_door: watch.front_door.is_some(),
    }
}

fn workload(kubernetes: &Kubernetes) -> Workload {
    Workload {
        namespace: kubernetes.namespace.clone().unwrap_or_default(),
        selector: kubernetes.selector.clone(),
        service: kubernetes.service.clone(),
        baseline: kubernetes.baseline,
    }
}
