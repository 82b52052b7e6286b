//! The names of what is watched, by which autoscalers, events and endpoints are found to be about it.

use std::collections::BTreeSet;

use super::super::objects::Kind;
use super::super::wire::Object;

/// Names of pods and of what owns and serves them.
#[derive(Default)]
pub struct Roster {
    names: BTreeSet<(Kind, String)>,
}

impl Roster {
    /// All there is of a kind. True when there is something new.
    pub fn replace(&mut self, kind: Kind, objects: &[Object]) -> bool {
        if !is_kept(kind) {
            return false;
        }
        let is_new = objects.iter().any(|object| !self.has(kind, object.name()));
        self.names.retain(|(one, _)| *one != kind);
        self.names.extend(objects.iter().map(|object| (kind, object.name().to_owned())));
        is_new
    }

    /// True when it is new.
    pub fn add(&mut self, kind: Kind, name: &str) -> bool {
        is_kept(kind) && self.names.insert((kind, name.to_owned()))
    }

    /// Whether an object is one of ours or about one of ours.
    pub fn concerns(&self, object: &Object, is_service_named: bool) -> bool {
        match object {
            Object::Happening(happening) => {
                let (kind, name) = (happening.about.0.as_str(), happening.about.1.as_str());
                let known = KINDS.iter().find(|(_, word)| *word == kind);
                known.is_some_and(|(kind, _)| self.has(*kind, name) || self.is_owned(*kind, name))
            }
            Object::Autoscaler(autoscaler) => {
                let name = autoscaler.target.strip_prefix("Deployment/");
                name.is_some_and(|name| self.has(Kind::Deployment, name))
            }
            Object::Slice(_, slice) => is_service_named || self.has(Kind::Service, &slice.service),
            _ => true,
        }
    }

    fn has(&self, kind: Kind, name: &str) -> bool {
        // The key is made anew because a set of pairs cannot be asked with borrowed parts.
        self.names.contains(&(kind, name.to_owned()))
    }

    /// Whether it is named after an owner of ours: it may be gone already, or not listed yet.
    fn is_owned(&self, kind: Kind, name: &str) -> bool {
        let owner = match kind {
            Kind::Pod => Kind::ReplicaSet,
            Kind::ReplicaSet => Kind::Deployment,
            _ => return false,
        };
        name.rsplit_once('-').is_some_and(|(prefix, _)| self.has(owner, prefix))
    }
}

/// What events call what is kept here.
const KINDS: &[(Kind, &str)] = &[
    (Kind::Pod, "Pod"),
    (Kind::Service, "Service"),
    (Kind::Deployment, "Deployment"),
    (Kind::ReplicaSet, "ReplicaSet"),
    (Kind::Autoscaler, "HorizontalPodAutoscaler"),
    // Of a slice or of endpoints the name says enough only for the latter.
    (Kind::Endpoints, "Endpoints"),
];

fn is_kept(kind: Kind) -> bool {
    KINDS.iter().any(|(kept, _)| *kept == kind)
}
