//! Recorded objects become the rows that kubectl shows for them.

use quarterdeck::sources::Health;
use quarterdeck::sources::kubernetes::objects::{Kind, Phase};

use super::server::{Listener, Server, fixture};

/// The cells of the real server's own table, by pod.
fn table() -> Vec<Vec<String>> {
    let text = fixture("table-pods.http");
    let body = text.split_once("\n\n").unwrap().1.split_once("\n\n").unwrap().1;
    let table: serde_json::Value = serde_json::from_str(body).unwrap();
    let cells = |row: &serde_json::Value| {
        let cells = row["cells"].as_array().unwrap().iter();
        cells.map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)).collect()
    };
    table["rows"].as_array().unwrap().iter().map(cells).collect()
}

#[tokio::test]
async fn pods_read_as_in_the_table_of_the_real_server() {
    let server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    let rows = table();
    assert_eq!(rows.len(), 12);
    assert_eq!(listener.picture.pods.len(), rows.len());
    for row in rows {
        let pod = &listener.picture.pods[&row[0]];
        assert_eq!(format!("{}/{}", pod.ready.0, pod.ready.1), row[1], "{}", row[0]);
        assert_eq!(pod.status, row[2], "{}", row[0]);
        // kubectl adds how long ago it was, if that is known.
        let (count, ago) = row[3].split_once(' ').map_or((row[3].as_str(), ""), |(count, ago)| (count, ago));
        assert_eq!(pod.restarts.to_string(), count, "{}", row[0]);
        assert_eq!(pod.restarted.is_some() && pod.restarts > 0, !ago.is_empty(), "{}", row[0]);
        assert_eq!(pod.ip.as_deref().unwrap_or("<none>"), row[5], "{}", row[0]);
        assert_eq!(pod.node.as_deref().unwrap_or("<none>"), row[6], "{}", row[0]);
    }
}

#[tokio::test]
async fn everything_around_the_pods_is_told_once_and_all_is_live() {
    let server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    let picture = &listener.picture;
    assert_eq!(picture.cluster.context, "lab");
    assert_eq!(picture.cluster.namespace, "registry-lab");
    assert!(picture.health.is_live());
    let crash = &picture.pods["gitlab-registry-7d9c8bfb6c-crash"];
    let ended = crash.last_end().unwrap();
    assert_eq!((ended.reason.as_str(), ended.exit_code), ("OOMKilled", 137));
    assert_eq!(crash.owner.as_deref(), Some("gitlab-registry-7d9c8bfb6c"));
    assert_eq!(crash.images, ["registry.example.com/gitlab-container-registry:v3.73.0-gitlab"]);
    assert_eq!(picture.pods["gitlab-registry-7d9c8bfb6c-evicted"].phase, Phase::Failed);
    let message = picture.pods["gitlab-registry-7d9c8bfb6c-pending"].message.as_deref();
    assert!(message.is_some_and(|message| message.contains("0/2 nodes")), "{message:?}");

    let service = &picture.services["gitlab-registry"];
    assert_eq!(service.ingress, ["10.220.9.1"]);
    assert_eq!((service.ports[0].port, service.ports[0].node_port), (5000, Some(31998)));
    let addresses = picture.addresses("gitlab-registry");
    assert_eq!(addresses.len(), 7);
    assert_eq!(addresses.iter().filter(|address| address.ready).count(), 3);
    assert_eq!(addresses[0].pod.as_deref(), Some("gitlab-registry-7d9c8bfb6c-running-a"));

    let deployment = picture.deployment().unwrap();
    assert_eq!(deployment.name, "gitlab-registry");
    let autoscaler = picture.autoscaler().unwrap();
    assert_eq!((autoscaler.min, autoscaler.max, autoscaler.current, autoscaler.desired), (5, 20, 10, 20));
    assert_eq!(autoscaler.metrics, "cpu: 142%/75%");
    assert_eq!(autoscaler.complaints[0].reason, "TooManyReplicas");

    let happenings = picture.happenings_of("Pod", "gitlab-registry-7d9c8bfb6c-crash");
    assert_eq!((happenings[0].reason.as_str(), happenings[0].count), ("BackOff", 27));
    assert_eq!(picture.happenings.len(), 6);
    assert!(picture.rights.iter().all(|right| right.allowed == Some(true)) && !picture.rights.is_empty());
    assert!(picture.odd.is_empty() && picture.polled.is_empty());
    let is_fine = |kind: &Kind| matches!(picture.kinds.get(kind), Some(Health::Live { .. }));
    assert!(Kind::ALL.iter().filter(|kind| **kind != Kind::Endpoints).all(is_fine), "{:?}", picture.kinds);
}

#[tokio::test]
async fn pods_are_grouped_by_what_they_complain_of() {
    let server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    let complaints = listener.picture.complaints();
    let texts: Vec<_> = complaints.iter().map(quarterdeck::sources::kubernetes::Complaint::text).collect();
    assert!(texts.contains(&"1 of 12: OOMKilled, one image, one node".to_owned()), "{texts:#?}");
    assert!(texts.contains(&"1 of 12: not ready, one image, one node".to_owned()), "{texts:#?}");
    assert!(texts.contains(&"1 of 12: Pending, one image, no node".to_owned()), "{texts:#?}");
    assert!(!texts.iter().any(|text| text.contains("Terminating")), "{texts:#?}");
}

#[tokio::test]
async fn only_what_was_asked_for_is_asked_of_the_server() {
    let server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    let requests = server.requests();
    let asked = |what: &str| requests.iter().any(|request| request.contains(what));
    assert!(asked("/api/v1/namespaces/registry-lab/pods?labelSelector=app%3Dregistry&limit=200"));
    assert!(asked("/services?fieldSelector=metadata.name%3Dgitlab-registry"));
    assert!(asked("/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dgitlab-registry"));
    assert!(asked("/apis/autoscaling/v2/"));
    assert!(!asked("/endpoints?"));
    assert!(!requests.iter().any(|request| request.starts_with("POST") && !request.contains("selfsubject")));
    assert!(server.tokens().iter().all(|token| token == "Bearer first-token"));
}
