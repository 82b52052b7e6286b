//! What stands there whichever scenario is played: an invented site with two HAProxies before one Service.

use super::fault::Behind;
use crate::staging::haproxy::{BackendLayout, Layout, ServerLayout};

/// The namespace, the Service and the label of the pods.
pub const NAMESPACE: &str = "gitlab";
pub const SERVICE: &str = "gitlab-registry";
pub const SELECTOR: &str = "app=registry";

/// The HAProxies, and the backend that leads to the registry.
pub const NODES: [&str; 2] = ["fe-01", "fe-02"];
pub const BACKEND: &str = "gke-registry";

/// The addresses of the Service's load balancer: each is a server of the backend.
pub const INGRESS: [[u8; 4]; 4] = [[10, 220, 9, 1], [10, 220, 9, 2], [10, 220, 9, 3], [10, 220, 9, 4]];

/// The cloud's load balancers before the HAProxies, with their project and region.
pub const BALANCERS: [&str; 2] = ["harbour-tcp-lb-registry-http", "harbour-tcp-lb-registry-https"];
pub const PROJECT: &str = "harbour-production";
pub const REGION: &str = "us-east1";

/// Addresses of the first pods, which are servers of the backend where it leads to pods.
const PODS: [[u8; 4]; 4] = [[10, 64, 0, 2], [10, 64, 0, 3], [10, 64, 0, 4], [10, 64, 0, 5]];

/// The port that the registry listens on.
const PORT: u16 = 5000;
/// Requests per second that each HAProxy sees.
const DEMAND: f64 = 240.0;
/// Seconds since the HAProxies were started.
const UPTIME: i64 = 11 * 86_400 + 4 * 3600;

/// The configuration of each HAProxy.
pub fn layouts(behind: Behind) -> Vec<Layout> {
    let layout = |(node, number): (&&str, u32)| Layout {
        node: (*node).to_owned(),
        pid: 2_211 + 37 * number,
        uptime: UPTIME + 700 * i64::from(number),
        frontend: "registry_https".to_owned(),
        backends: vec![BackendLayout { name: BACKEND.to_owned(), demand: DEMAND, servers: servers(behind) }],
        seed: u64::from(number) + 1,
    };
    NODES.iter().zip(0..).map(layout).collect()
}

fn servers(behind: Behind) -> Vec<ServerLayout> {
    let addresses = match behind {
        Behind::Ingress => INGRESS,
        Behind::Pods => PODS,
    };
    let server = |(address, number): (&[u8; 4], u32)| ServerLayout {
        name: format!("{BACKEND}-{number}"),
        address: (*address, PORT).into(),
        weight: 100,
        disabled: false,
    };
    addresses.iter().zip(1..).map(server).collect()
}
