//! The rules: each joins what several sources saw into what is wrong, one row and one file each.
//!
//! A rule claims nothing of what could not be looked at: it fires, it does not, or it says what it needs.

mod autoscaler_at_maximum;
mod backend_without_servers;
mod broken_images;
mod canary_fails;
mod crash_loop;
mod endpoints;
mod errors_spread;
mod few_tags_fail;
mod front_door_failing;
mod gcp_lb_unhealthy;
mod ingress_mismatch;
mod layer_links_written;
mod log_fills_disk;
mod pods_below_baseline;
mod pods_throw_errors;
mod retry_storm;
mod servers;
mod storage;
mod storage_provider_incident;
mod stuck_in_init;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;
mod unknown_blob;

use super::finding::{Finding, Impact};
use super::look::{Look, Need};

/// What a rule makes of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is so: one finding for each separate fault.
    Fires(Vec<Finding>),
    /// It was looked at and is not so; what was seen instead, in a few words: `20 of 20 pods ready`.
    Clear(String),
    /// Not enough is known; what is needed.
    Unknown(Vec<Need>),
}

impl From<Need> for Judgement {
    fn from(need: Need) -> Self {
        Self::Unknown(vec![need])
    }
}

/// A rule.
pub struct Rule {
    /// Stable kebab-case id, used in runbooks and by `check`.
    pub id: &'static str,
    /// What is so when it fires, in two to five words: `pods in a crash loop`.
    pub title: &'static str,
    /// The same in a sentence.
    pub sentence: &'static str,
    /// How bad that usually is; a finding may be worse or better.
    pub impact: Impact,
    /// The step of a runbook to go on with: `runbook#step`.
    pub step: &'static str,
    /// Ids of rules whose findings follow from those of this one: of a finding about certain things as far as this
    /// one is about the same or about all.
    pub explains: &'static [&'static str],
    look: fn(&Look<'_>) -> Result<Judgement, Need>,
}

impl Rule {
    /// What it makes of a look.
    pub fn judge(&self, look: &Look<'_>) -> Judgement {
        (self.look)(look).unwrap_or_else(Judgement::from)
    }

    /// One for tests of what follows from what.
    #[cfg(test)]
    pub fn of(id: &'static str, explains: &'static [&'static str]) -> Self {
        let look: fn(&Look<'_>) -> Result<Judgement, Need> = |_| Ok(Judgement::Clear(String::new()));
        Self { id, title: "", sentence: "", impact: Impact::Risk, step: "", explains, look }
    }
}

/// All rules; those before stand for causes of those after them where nothing else decides.
pub const RULES: &[Rule] = &[
    Rule {
        id: storage_provider_incident::ID,
        title: "incident at the storage provider",
        sentence: "The provider tells of an open incident of its storage",
        impact: Impact::Degraded,
        step: "registry-not-answering#is-the-storage-provider-well",
        explains: &[
            "storage-refusing",
            "storage-slow",
            "errors-spread",
            "pods-throw-errors",
            "front-door-failing",
            "canary-fails",
        ],
        look: storage_provider_incident::look,
    },
    storage::REFUSING,
    storage::SLOWNESS,
    layer_links_written::RULE,
    unknown_blob::RULE,
    Rule {
        id: stuck_in_init::ID,
        title: "pods do not start",
        sentence: "Pods do not get to serving: no node, no image, no settings, or stuck in their init containers",
        impact: Impact::Degraded,
        step: "registry-not-answering#pods-stuck-in-init",
        explains: &[
            "endpoints-short",
            "endpoints-empty",
            "lb-server-down",
            "lb-up-pod-unready",
            "backend-without-servers",
            "front-door-failing",
            "pods-below-baseline",
        ],
        look: stuck_in_init::look,
    },
    Rule {
        id: crash_loop::ID,
        title: "pods in a crash loop",
        sentence: "Pods end again and again",
        impact: Impact::Degraded,
        step: "registry-not-answering#pods-in-a-crash-loop",
        explains: &[
            "endpoints-short",
            "endpoints-empty",
            "lb-server-down",
            "lb-up-pod-unready",
            "backend-without-servers",
            "front-door-failing",
            "pods-below-baseline",
            "errors-spread",
            "pods-throw-errors",
        ],
        look: crash_loop::look,
    },
    Rule {
        id: pods_below_baseline::IDLE,
        title: "few pods and hardly any traffic",
        sentence: "There are fewer pods than usual, and hardly any traffic for them",
        impact: Impact::Degraded,
        step: BASELINE,
        explains: &["pods-below-baseline"],
        look: pods_below_baseline::idle,
    },
    Rule {
        id: pods_below_baseline::ID,
        title: "fewer pods than usual",
        sentence: "There are fewer pods than usual",
        impact: Impact::Risk,
        step: BASELINE,
        explains: &[],
        look: pods_below_baseline::look,
    },
    Rule {
        id: autoscaler_at_maximum::ID,
        title: "autoscaler at its maximum",
        sentence: "The autoscaler may not add another pod",
        impact: Impact::Risk,
        step: "registry-not-answering#more-pods-than-usual",
        explains: &[],
        look: autoscaler_at_maximum::look,
    },
    Rule {
        id: endpoints::EMPTY,
        title: "no endpoints",
        sentence: "The service has no address to send to",
        impact: Impact::Outage,
        step: ENDPOINTS,
        explains: &[
            "lb-server-down",
            "lb-down-pod-ready",
            "lb-up-pod-unready",
            "backend-without-servers",
            "front-door-failing",
        ],
        look: endpoints::empty,
    },
    Rule {
        id: endpoints::SHORT,
        title: "pods without endpoints",
        sentence: "Nothing is sent to some of the pods that run",
        impact: Impact::Degraded,
        step: ENDPOINTS,
        explains: &[
            "endpoints-empty",
            "lb-server-down",
            "lb-up-pod-unready",
            "backend-without-servers",
            "front-door-failing",
        ],
        look: endpoints::short,
    },
    Rule {
        id: endpoints::FOREIGN,
        title: "endpoints without ready pods",
        sentence: "The service sends to addresses that no ready pod has",
        impact: Impact::Degraded,
        step: ENDPOINTS,
        explains: &["errors-spread"],
        look: endpoints::foreign,
    },
    Rule {
        id: ingress_mismatch::ID,
        title: "HAProxy and ingress differ",
        sentence: "HAProxy sends to another address than the service has",
        impact: Impact::Outage,
        step: "registry-not-answering#is-the-ingress-the-one-that-haproxy-knows",
        explains: &["lb-server-down", "lb-down-pod-ready", "backend-without-servers", "front-door-failing"],
        look: ingress_mismatch::look,
    },
    Rule {
        id: servers::MAINTENANCE,
        title: "servers taken out by hand",
        sentence: "Servers of HAProxy were taken out by hand",
        impact: Impact::Risk,
        step: HAPROXY,
        explains: &["backend-without-servers"],
        look: servers::maintenance,
    },
    Rule {
        id: servers::DOWN_READY,
        title: "servers down, their pods ready",
        sentence: "HAProxy finds servers down whose pods are ready",
        impact: Impact::Degraded,
        step: HAPROXY,
        explains: &["backend-without-servers", "front-door-failing"],
        look: servers::down_ready,
    },
    Rule {
        id: servers::UP_UNREADY,
        title: "servers up, their pods not ready",
        sentence: "HAProxy sends to servers whose pods are not ready",
        impact: Impact::Degraded,
        step: HAPROXY,
        explains: &["errors-spread"],
        look: servers::up_unready,
    },
    Rule {
        id: servers::DOWN,
        title: "servers down",
        sentence: "HAProxy finds servers down, and what is behind them is not ready or not known",
        impact: Impact::Degraded,
        step: HAPROXY,
        explains: &["backend-without-servers", "front-door-failing"],
        look: servers::down,
    },
    Rule {
        id: backend_without_servers::ID,
        title: "backend without servers",
        sentence: "A backend of HAProxy has no server to send to: every request there gets 503",
        impact: Impact::Outage,
        step: HAPROXY,
        explains: &["gcp-lb-unhealthy", "front-door-failing", "errors-spread", "canary-fails"],
        look: backend_without_servers::look,
    },
    pods_throw_errors::RULE,
    broken_images::RULE,
    few_tags_fail::RULE,
    errors_spread::RULE,
    retry_storm::RULE,
    log_fills_disk::RULE,
    canary_fails::RULE,
    Rule {
        id: gcp_lb_unhealthy::ID,
        title: "cloud balancer unhealthy",
        sentence: "The cloud's load balancer takes servers for unhealthy",
        impact: Impact::Degraded,
        step: "registry-not-answering#are-the-cloud-s-load-balancers-well",
        explains: &["front-door-failing"],
        look: gcp_lb_unhealthy::look,
    },
    Rule {
        id: front_door_failing::ID,
        title: "front door fails",
        sentence: "The registry's own pages fail or are slow",
        impact: Impact::Outage,
        step: "registry-not-answering#does-the-front-door-answer",
        explains: &["canary-fails"],
        look: front_door_failing::look,
    },
];

const BASELINE: &str = "registry-not-answering#fewer-pods-than-usual";
const ENDPOINTS: &str = "registry-not-answering#does-the-service-have-its-endpoints";
const HAPROXY: &str = "registry-not-answering#is-haproxy-healthy";

/// The rule of this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
