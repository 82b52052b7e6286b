//! Deployments, ReplicaSets and autoscalers as the API has them.

use super::super::objects::{self, Said};
use super::super::selector::Selector;
use super::{Condition, Meta, count, message, safe, wire};

wire! {
    struct Deployment {
        metadata: Meta,
        spec: WorkloadSpec,
        status: WorkloadStatus,
    }

    struct WorkloadSpec {
        replicas: Option<i64>,
        template: Template,
    }

    struct Template {
        metadata: Meta,
        spec: TemplateSpec,
    }

    struct TemplateSpec {
        containers: Vec<Container>,
    }

    struct Container {
        image: String,
    }

    struct WorkloadStatus {
        ready_replicas: i64,
        updated_replicas: i64,
        available_replicas: i64,
        conditions: Vec<Condition>,
    }

    struct ReplicaSet {
        metadata: Meta,
        spec: WorkloadSpec,
        status: WorkloadStatus,
    }

    struct Autoscaler {
        metadata: Meta,
        spec: AutoscalerSpec,
        status: AutoscalerStatus,
    }

    struct AutoscalerSpec {
        scale_target_ref: Target,
        min_replicas: Option<i64>,
        max_replicas: i64,
        metrics: Vec<Metric>,
    }

    struct Target {
        kind: String,
        name: String,
    }

    struct AutoscalerStatus {
        current_replicas: i64,
        desired_replicas: i64,
        current_metrics: Vec<Metric>,
        conditions: Vec<Condition>,
    }

    /// What is measured, whichever way: the wanted value is in `target`, the measured one in `current`.
    struct Metric {
        #[serde(rename = "type")]
        kind: String,
        resource: Option<Source>,
        container_resource: Option<Source>,
        pods: Option<Source>,
        object: Option<Source>,
        external: Option<Source>,
    }

    struct Source {
        name: String,
        metric: MetricName,
        target: Value,
        current: Value,
    }

    struct MetricName {
        name: String,
    }

    struct Value {
        average_utilization: Option<i64>,
        average_value: Option<serde_json::Value>,
        value: Option<serde_json::Value>,
    }
}

impl Deployment {
    /// None where its pods are not the selected ones.
    pub(super) fn slim(&self, selector: &Selector) -> Option<objects::Deployment> {
        selector.selects(&self.spec.template.metadata.labels).then(|| objects::Deployment {
            name: safe(&self.metadata.name),
            wanted: self.spec.replicas.map_or(1, count),
            ready: count(self.status.ready_replicas),
            updated: count(self.status.updated_replicas),
            available: count(self.status.available_replicas),
            created: self.metadata.creation_timestamp.0,
            complaints: self
                .status
                .conditions
                .iter()
                .filter(|one| one.troubles())
                .map(Condition::said)
                .collect(),
        })
    }
}

impl ReplicaSet {
    pub(super) fn slim(&self) -> objects::ReplicaSet {
        objects::ReplicaSet {
            name: safe(&self.metadata.name),
            owner: self.metadata.controller().map(|owner| safe(&owner.name)),
            wanted: self.spec.replicas.map_or(1, count),
            ready: count(self.status.ready_replicas),
            images: self.spec.template.spec.containers.iter().map(|one| safe(&one.image)).collect(),
            created: self.metadata.creation_timestamp.0,
        }
    }
}

impl Autoscaler {
    pub(super) fn slim(&self) -> objects::Autoscaler {
        let target = &self.spec.scale_target_ref;
        objects::Autoscaler {
            name: safe(&self.metadata.name),
            target: format!("{}/{}", safe(&target.kind), safe(&target.name)),
            min: self.spec.min_replicas.map_or(1, count),
            max: count(self.spec.max_replicas),
            current: count(self.status.current_replicas),
            desired: count(self.status.desired_replicas),
            metrics: self.metrics(),
            complaints: self
                .status
                .conditions
                .iter()
                .filter(|one| one.troubles())
                .map(Condition::said)
                .collect(),
        }
    }

    /// As under TARGETS of `kubectl get hpa`; what is measured is found by its place, as there.
    fn metrics(&self) -> String {
        let shown: Vec<_> = self
            .spec
            .metrics
            .iter()
            .enumerate()
            .map(|(at, wanted)| {
                let measured =
                    self.status.current_metrics.get(at).filter(|measured| measured.kind == wanted.kind);
                wanted.shown(measured)
            })
            .collect();
        match shown.as_slice() {
            [] => "<none>".to_owned(),
            [one, other, more @ ..] if !more.is_empty() => format!("{one}, {other} + {} more...", more.len()),
            few => few.join(", "),
        }
    }
}

impl Metric {
    fn source(&self) -> Option<&Source> {
        let sources = [&self.resource, &self.container_resource, &self.pods, &self.object, &self.external];
        sources.into_iter().find_map(Option::as_ref)
    }

    fn shown(&self, measured: Option<&Self>) -> String {
        let Some(wanted) = self.source() else {
            return "<unknown type>".to_owned();
        };
        let current = measured.and_then(Self::source).map(|source| &source.current);
        let is_share = wanted.target.average_utilization.is_some();
        let current =
            current.and_then(|value| value.shown(is_share)).unwrap_or_else(|| "<unknown>".to_owned());
        let target = wanted.target.shown(is_share).unwrap_or_else(|| "<auto>".to_owned());
        let average = !is_share && wanted.target.average_value.is_some() && self.resource.is_none();
        let average =
            if average && self.container_resource.is_none() && self.pods.is_none() { " (avg)" } else { "" };
        let name = if self.resource.is_some() || self.container_resource.is_some() {
            format!("{}: ", safe(&wanted.name))
        } else {
            String::new()
        };
        format!("{name}{current}/{target}{average}")
    }
}

impl Value {
    fn shown(&self, is_share: bool) -> Option<String> {
        if is_share {
            return self.average_utilization.map(|share| format!("{share}%"));
        }
        let quantity = self.average_value.as_ref().or(self.value.as_ref())?;
        Some(safe(&quantity.as_str().map_or_else(|| quantity.to_string(), str::to_owned)))
    }
}

/// Conditions that mean trouble when they hold; all others mean trouble when they do not.
const BAD_WHEN_TRUE: &[&str] = &["ReplicaFailure", "ScalingLimited"];

impl Condition {
    fn troubles(&self) -> bool {
        let bad = if BAD_WHEN_TRUE.contains(&self.kind.as_str()) { "True" } else { "False" };
        self.status == bad
    }

    fn said(&self) -> Said {
        let reason = if self.reason.is_empty() { &self.kind } else { &self.reason };
        Said { reason: safe(reason), message: message(&self.message) }
    }
}
