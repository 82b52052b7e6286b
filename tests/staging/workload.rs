//! A workload's objects agree with each other in every state of its pods.

use jiff::Timestamp;
use quarterdeck::staging::kubernetes::{Autoscaler, PodState, Workload};
use serde_json::Value;

use super::stage::{NAMESPACE, Stage};

fn now() -> Timestamp {
    "2026-11-20T22:20:00Z".parse().unwrap()
}

fn items(stage: &Stage, path: &str) -> Vec<Value> {
    let (prefix, plural) = path.rsplit_once('/').unwrap();
    stage.get(&format!("{prefix}/namespaces/{NAMESPACE}/{plural}")).1["items"].as_array().unwrap().clone()
}

/// One pod in each state.
fn mixed() -> Workload {
    let mut workload = Workload::registry(12, now());
    for (pod, state) in workload.pods.iter_mut().zip(PodState::ALL) {
        pod.state = state;
    }
    workload
}

#[test]
fn counts_follow_from_the_states_of_the_pods() {
    let stage = Stage::new();
    let mut workload = mixed();
    workload.autoscaler = Some(Autoscaler { min: 5, max: 12, target: 75, current: Some(142) });
    workload.apply_to(&stage.cluster);
    let deployment = &items(&stage, "/apis/apps/v1/deployments")[0];
    assert_eq!(deployment["spec"]["replicas"], 12);
    // Running and once out of memory; not the evicted one, nor the one that is going.
    assert_eq!(deployment["status"]["replicas"], 10);
    assert_eq!(deployment["status"]["readyReplicas"], 2);
    assert_eq!(deployment["status"]["unavailableReplicas"], 10);
    let scaler = &items(&stage, "/apis/autoscaling/v2/horizontalpodautoscalers")[0];
    assert_eq!(scaler["status"]["desiredReplicas"], 12);
    let limited =
        scaler["status"]["conditions"].as_array().unwrap().iter().find(|it| it["type"] == "ScalingLimited");
    assert_eq!(limited.unwrap()["reason"], "TooManyReplicas");
    let set = &items(&stage, "/apis/apps/v1/replicasets")[0];
    assert_eq!(set["status"]["readyReplicas"], 2);
    assert_eq!(set["metadata"]["ownerReferences"][0]["uid"], deployment["metadata"]["uid"]);
    for pod in items(&stage, "/api/v1/pods") {
        assert_eq!(pod["metadata"]["ownerReferences"][0]["uid"], set["metadata"]["uid"]);
    }
}

#[test]
fn endpoints_follow_from_the_states_of_the_pods() {
    let stage = Stage::new();
    mixed().apply_to(&stage.cluster);
    let slices = items(&stage, "/apis/discovery.k8s.io/v1/endpointslices");
    let endpoints = slices[0]["endpoints"].as_array().unwrap();
    let count = |field: &str| endpoints.iter().filter(|it| it["conditions"][field] == true).count();
    assert_eq!((endpoints.len(), count("ready"), count("serving"), count("terminating")), (10, 2, 3, 1));
    let subset = &items(&stage, "/api/v1/endpoints")[0]["subsets"][0];
    assert_eq!(subset["addresses"].as_array().unwrap().len(), 2);
    assert_eq!(subset["notReadyAddresses"].as_array().unwrap().len(), 7);
}

#[test]
fn events_are_about_the_pods_that_are_there() {
    let stage = Stage::new();
    let mut workload = mixed();
    workload.apply_to(&stage.cluster);
    let events = items(&stage, "/api/v1/events");
    let pods = items(&stage, "/api/v1/pods");
    for event in &events {
        let pod = pods.iter().find(|pod| pod["metadata"]["name"] == event["involvedObject"]["name"]).unwrap();
        assert_eq!(pod["metadata"]["uid"], event["involvedObject"]["uid"]);
    }
    workload.pods.clear();
    workload.apply_to(&stage.cluster);
    assert!(items(&stage, "/api/v1/events").is_empty() && items(&stage, "/api/v1/pods").is_empty());
}

#[test]
fn applying_the_same_again_changes_nothing_and_a_change_only_what_it_touches() {
    let stage = Stage::new();
    let mut workload = Workload::registry(250, now());
    workload.apply_to(&stage.cluster);
    let version = || stage.get("/api/v1/pods?limit=1").1["metadata"]["resourceVersion"].clone();
    let slices = items(&stage, "/apis/discovery.k8s.io/v1/endpointslices");
    assert_eq!(
        slices
            .iter()
            .map(|slice| slice["endpoints"].as_array().unwrap().len())
            .collect::<Vec<_>>()
            .iter()
            .max(),
        Some(&100)
    );
    assert_eq!(slices.len(), 3);
    let before = version();
    workload.apply_to(&stage.cluster);
    assert_eq!(version(), before);
    workload.pods[7].state = PodState::CrashLoop;
    workload.apply_to(&stage.cluster);
    let changed: u64 = version().as_str().unwrap().parse().unwrap();
    let before: u64 = before.as_str().unwrap().parse().unwrap();
    // The pod, its event, its slice, Endpoints, Deployment and ReplicaSet.
    assert_eq!(changed - before, 6);
}

#[test]
fn a_rollout_has_a_replica_set_for_each_image() {
    let stage = Stage::new();
    let mut workload = Workload::registry(4, now());
    workload.apply_to(&stage.cluster);
    workload.image = "registry.example.com/gitlab-container-registry:v4.6.0-gitlab".to_owned();
    let (image, name) = (workload.image.clone(), workload.pod_name(&workload.image, 9));
    workload.pods[0].image = image;
    workload.pods[0].name = name;
    workload.pods[0].state = PodState::ImagePull;
    workload.apply_to(&stage.cluster);
    let mut sets: Vec<(Value, Value)> = items(&stage, "/apis/apps/v1/replicasets")
        .into_iter()
        .map(|set| (set["spec"]["replicas"].clone(), set["status"]["readyReplicas"].clone()))
        .collect();
    sets.sort_by_key(|(wanted, _)| wanted.as_u64());
    assert_eq!(sets, [(1.into(), Value::Null), (3.into(), 3.into())]);
    assert_eq!(items(&stage, "/apis/apps/v1/deployments")[0]["status"]["updatedReplicas"], 1);
    assert_eq!(items(&stage, "/api/v1/pods").len(), 4);
}

#[test]
fn thousands_of_pods_have_names_of_their_own() {
    let workload = Workload::registry(5_000, now());
    let names: std::collections::BTreeSet<&str> = workload.pods.iter().map(|pod| &*pod.name).collect();
    assert_eq!(names.len(), 5_000);
}
