//! What to type in another terminal to ask staging with the programs that one would use in earnest.

use std::path::Path;

use super::environment::{BACKEND, BALANCERS, NODES, PROJECT, REGION, SELECTOR, SERVICE};
use super::file::Scenario;
use super::wire::Addresses;
use crate::registry::repair::quote;
use crate::staging::google::{COMPUTE, FEED};

/// An image that is whole in every scenario.
pub const IMAGE: &str = "base/alder/runtime:latest";
/// One that nobody pushes again or pulls, but to see whether that works.
pub const CANARY: &str = "base/alder/runtime:v1.0.0";

/// Story, addresses and commands, line by line.
pub fn guide(scenario: &Scenario, addresses: &Addresses) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", scenario.name, scenario.title), String::new()];
    lines.extend(scenario.story.trim().lines().map(str::to_owned));
    if !scenario.steps.is_empty() {
        lines.push(String::new());
        let steps = scenario.steps.iter().map(|(step, _)| format!("  after {:?}: {}", step.at, step.says));
        lines.extend(steps);
    }
    lines.push(String::new());
    lines.push(
        "Ask it from another terminal; everything is on this machine, and goes away with this program."
            .to_owned(),
    );
    lines.extend(kubernetes(addresses));
    lines.extend(haproxy(addresses));
    lines.extend(front_door(addresses));
    lines.extend(cloud(addresses));
    lines
}

fn kubernetes(addresses: &Addresses) -> Vec<String> {
    let pod = &addresses.pod;
    vec![
        String::new(),
        format!("Kubernetes API on http://{}", addresses.kubernetes),
        format!("  export KUBECONFIG={}", path(&addresses.kubeconfig)),
        format!("  kubectl get pods -l {SELECTOR} -o wide"),
        format!("  kubectl describe service {SERVICE}"),
        format!("  kubectl get endpointslices -l kubernetes.io/service-name={SERVICE} -o wide"),
        format!("  kubectl describe pod {pod}"),
        format!("  kubectl logs -f {pod}"),
    ]
}

fn haproxy(addresses: &Addresses) -> Vec<String> {
    let each = addresses.balancers.iter().flat_map(|balancer| {
        let unix = path(&balancer.unix);
        [
            String::new(),
            format!(
                "HAProxy {} on {unix}, tcp://{} and http://{}/",
                balancer.name, balancer.tcp, balancer.page
            ),
            format!("  hatop -s {unix}"),
            format!("  echo 'show servers state {BACKEND}' | socat - UNIX-CONNECT:{unix}"),
            format!("  curl -s 'http://{}/;csv'", balancer.page),
            format!("  tail -F {}", path(&balancer.log)),
        ]
    });
    each.collect()
}

fn front_door(addresses: &Addresses) -> Vec<String> {
    let door = addresses.front_door;
    vec![
        String::new(),
        format!("Registry's front door on http://{door}"),
        format!("  curl -i http://{door}/"),
        format!("  curl -s http://{door}/v2/_catalog"),
        format!("  skopeo inspect --tls-verify=false docker://{door}/{IMAGE}"),
        format!("  skopeo copy --all --src-tls-verify=false docker://{door}/{IMAGE} dir:/tmp/image"),
    ]
}

fn cloud(addresses: &Addresses) -> Vec<String> {
    let at = addresses.cloud;
    let pool = BALANCERS.first().copied().unwrap_or_default();
    let pool = format!("http://{at}{COMPUTE}/projects/{PROJECT}/regions/{REGION}/targetPools/{pool}");
    let body = NODES.first().map(|node| format!("'{{\"instance\": \"{node}\"}}'")).unwrap_or_default();
    vec![
        String::new(),
        format!("Google Cloud on http://{at}"),
        format!("  curl -s -X POST -H 'Content-Type: application/json' -d {body} {pool}/getHealth"),
        format!("  curl -s http://{at}{FEED}"),
    ]
}

fn path(path: &Path) -> String {
    quote(&path.display().to_string())
}
