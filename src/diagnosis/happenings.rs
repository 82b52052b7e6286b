//! What the events of Kubernetes say of certain objects.

use std::collections::BTreeSet;

use super::words::clip;
use crate::sources::kubernetes::objects::{Happening, Pod};
use crate::sources::kubernetes::picture::Picture;

/// Warnings about these pods, the newest first.
pub fn warnings<'a>(picture: &'a Picture, pods: &[&Pod]) -> Vec<&'a Happening> {
    let names: BTreeSet<_> = pods.iter().map(|pod| pod.name.as_str()).collect();
    let about_them =
        |one: &&Happening| one.is_warning && one.about.0 == "Pod" && names.contains(one.about.1.as_str());
    let mut found: Vec<_> = picture.happenings.values().filter(about_them).collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.last));
    found
}

/// An event in a line: `FailedMount: secret "registry-tls" not found (kubelet)`.
pub fn line(one: &Happening) -> String {
    let source = if one.source.is_empty() { String::new() } else { format!(" ({})", one.source) };
    format!("{}: {}{source}", one.reason, clip(&one.message))
}
