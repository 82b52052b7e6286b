//! A pod object in any of its states, as a real server gives it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::state::PodState;
use super::{CONTAINER, INIT_CONTAINER, Workload};

/// One pod of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSpec {
    /// The whole name.
    pub name: String,
    pub state: PodState,
    pub node: String,
    pub ip: String,
    pub image: String,
    /// How often its container was restarted; none for what is usual in its state.
    pub restarts: Option<u32>,
    /// How its container's last run ended, code and reason; none for what is usual in its state.
    pub exit: Option<(i32, String)>,
    /// Words in place of the usual ones: why it is not ready, not scheduled, evicted, cannot start …
    pub message: Option<String>,
    pub created: Timestamp,
    /// When its state began.
    pub since: Timestamp,
}

impl PodSpec {
    /// The pod, owned by the ReplicaSet with this uid.
    pub(super) fn object(&self, workload: &Workload, namespace: &str, owner: &str) -> Value {
        let set = workload.replica_set(&self.image);
        let hash = set.rsplit('-').next().unwrap_or_default();
        let mut labels = workload.labels();
        labels["pod-template-hash"] = hash.into();
        let mut metadata = json!({
            "name": self.name, "generateName": format!("{set}-"), "namespace": namespace, "generation": 1,
            "creationTimestamp": self.created.to_string(), "labels": labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": owner,
                "controller": true, "blockOwnerDeletion": true}],
        });
        if self.state == PodState::Terminating {
            metadata["deletionTimestamp"] = (self.since + SignedDuration::from_secs(30)).to_string().into();
            metadata["deletionGracePeriodSeconds"] = 30.into();
        }
        json!({"kind": "Pod", "metadata": metadata, "spec": self.spec(workload), "status": self.status(namespace)})
    }

    fn spec(&self, workload: &Workload) -> Value {
        let mut spec = workload.template(&self.image);
        let tolerate = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        if self.state.is_scheduled() {
            spec["nodeName"] = self.node.as_str().into();
        }
        spec["tolerations"] =
            json!([tolerate("node.kubernetes.io/not-ready"), tolerate("node.kubernetes.io/unreachable")]);
        spec["priority"] = 0.into();
        spec["enableServiceLinks"] = true.into();
        spec["preemptionPolicy"] = "PreemptLowerPriority".into();
        spec
    }

    fn status(&self, namespace: &str) -> Value {
        let mut status = json!({"phase": self.state.phase(), "qosClass": "Burstable"});
        if self.state != PodState::Evicted {
            status["conditions"] = self.conditions();
        }
        if self.state.is_scheduled() {
            status["startTime"] = self.created.to_string().into();
            status["hostIP"] = host_address(&self.node).into();
            status["hostIPs"] = json!([{"ip": host_address(&self.node)}]);
        }
        if self.state.has_address() {
            status["podIP"] = self.ip.as_str().into();
            status["podIPs"] = json!([{"ip": self.ip}]);
        }
        if self.state == PodState::Evicted {
            status["reason"] = "Evicted".into();
            status["message"] = self.words().into();
        }
        if self.state.has_containers() {
            status["initContainerStatuses"] = json!([self.init_container()]);
            status["containerStatuses"] = json!([self.container(namespace)]);
        }
        status
    }

    fn conditions(&self) -> Value {
        let condition = |kind: &str, holds: bool, why: Option<(&str, String)>| {
            let mut condition = json!({"type": kind, "status": if holds { "True" } else { "False" },
                "lastProbeTime": null, "lastTransitionTime": self.since.to_string()});
            if let Some((reason, message)) = why.filter(|_| !holds) {
                condition["reason"] = reason.into();
                condition["message"] = message.into();
            }
            condition
        };
        let state = self.state;
        if !state.is_scheduled() {
            return json!([condition("PodScheduled", false, Some(("Unschedulable", self.words())))]);
        }
        let unready =
            || Some(("ContainersNotReady", format!("containers with unready status: [{CONTAINER}]")));
        let unprepared = Some((
            "ContainersNotInitialized",
            format!("containers with incomplete status: [{INIT_CONTAINER}]"),
        ));
        json!([
            condition("Initialized", state.is_initialized(), unprepared),
            condition("Ready", state.is_ready(), unready()),
            condition("ContainersReady", state.is_ready(), unready()),
            condition("PodScheduled", true, None),
        ])
    }

    fn container(&self, namespace: &str) -> Value {
        let waiting = |reason: &str, message: String| match message.is_empty() {
            true => json!({"waiting": {"reason": reason}}),
            false => json!({"waiting": {"reason": reason, "message": message}}),
        };
        let back_off =
            || format!("back-off 5m0s restarting failed container={CONTAINER} pod={}_{namespace}", self.name);
        let state = match self.state {
            PodState::CrashLoop => waiting("CrashLoopBackOff", back_off()),
            PodState::Error => json!({"terminated": self.ended()}),
            PodState::ImagePull => {
                waiting("ImagePullBackOff", format!("Back-off pulling image {:?}", self.image))
            }
            PodState::Init | PodState::InitCrashLoop | PodState::Creating => {
                waiting("PodInitializing", String::new())
            }
            _ => json!({"running": {"startedAt": self.since.to_string()}}),
        };
        let was_ended =
            matches!(self.state, PodState::OomKilled | PodState::CrashLoop) || self.exit.is_some();
        let last = if was_ended && self.state != PodState::Error {
            json!({"terminated": self.ended()})
        } else {
            json!({})
        };
        let restarts = if self.state == PodState::InitCrashLoop { 0 } else { self.restart_count() };
        self.container_status(CONTAINER, &self.image, state, last, self.state.is_ready(), restarts)
    }

    fn init_container(&self) -> Value {
        let created = self.created.to_string();
        let state = match self.state {
            PodState::Init => json!({"running": {"startedAt": created}}),
            PodState::InitCrashLoop => json!({"waiting": {"reason": "CrashLoopBackOff",
                "message": format!("back-off 2m40s restarting failed container={INIT_CONTAINER}")}}),
            _ => {
                json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": created, "finishedAt": created}})
            }
        };
        let crashes = self.state == PodState::InitCrashLoop;
        let last = if crashes { json!({"terminated": self.ended()}) } else { json!({}) };
        let restarts = if crashes { self.restart_count() } else { 0 };
        let through = self.state.is_initialized();
        self.container_status(
            INIT_CONTAINER,
            "registry.example.com/kubectl:1.32",
            state,
            last,
            through,
            restarts,
        )
    }

    fn container_status(
        &self,
        name: &str,
        image: &str,
        state: Value,
        last: Value,
        ready: bool,
        restarts: u32,
    ) -> Value {
        let runs = state.get("running").is_some();
        let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
        let mut status = json!({"name": name, "state": state, "lastState": last, "ready": ready, "restartCount": restarts,
            "image": image, "imageID": "", "started": runs});
        if state_was_made(&status) {
            let id = |text: &str| hex::encode(Sha256::digest(text.as_bytes()));
            status["imageID"] = format!("{repository}@sha256:{}", id(image)).into();
            status["containerID"] =
                format!("containerd://{}", id(&format!("{} {name} {restarts}", self.name))).into();
        }
        status
    }

    /// How the container's run ended.
    fn ended(&self) -> Value {
        let (code, reason) = self.exit.clone().unwrap_or_else(|| {
            let (code, reason) = self.state.usual_exit().unwrap_or((0, "Completed"));
            (code, reason.to_owned())
        });
        let began = self.since - SignedDuration::from_mins(5);
        json!({"exitCode": code, "reason": reason, "startedAt": began.to_string(), "finishedAt": self.since.to_string()})
    }

    /// How often its container was restarted.
    pub fn restart_count(&self) -> u32 {
        self.restarts.unwrap_or_else(|| self.state.usual_restarts())
    }

    /// Why it is as it is: what was said, or what is usual.
    pub(super) fn words(&self) -> String {
        let usual = match self.state {
            PodState::NotReady => "Readiness probe failed: HTTP probe failed with statuscode: 503",
            PodState::Unschedulable => {
                "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption \
                 victims found for incoming pod."
            }
            PodState::Evicted => {
                "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9Gi. "
            }
            PodState::Init => {
                "MountVolume.SetUp failed for volume \"registry-secrets\" : secret \"gitlab-registry-secret\" not found"
            }
            PodState::ImagePull => return self.message.clone().unwrap_or_else(|| self.missing_image()),
            _ => "",
        };
        self.message.clone().unwrap_or_else(|| usual.to_owned())
    }

    fn missing_image(&self) -> String {
        let image = &self.image;
        format!(
            "Failed to pull image {image:?}: rpc error: code = NotFound desc = failed to pull and unpack image {image:?}: \
             failed to resolve reference {image:?}: {image}: not found"
        )
    }
}

/// Whether a container of this status exists or has existed, so that it has ids.
fn state_was_made(status: &Value) -> bool {
    let waits_for_its_first =
        |reason: &str| matches!(reason, "PodInitializing" | "ContainerCreating" | "ImagePullBackOff");
    !status.pointer("/state/waiting/reason").and_then(Value::as_str).is_some_and(waits_for_its_first)
}

/// The address of a node: any that is the same each time.
pub(super) fn host_address(node: &str) -> String {
    let digest = Sha256::digest(node.as_bytes());
    format!("10.128.{}.{}", digest[0] % 250, digest[1] % 250 + 2)
}
