//! The file that points kubectl and its like at the staging cluster.

use std::net::SocketAddr;

/// The context's, the cluster's and the user's name.
pub const NAME: &str = "quarterdeck-staging";

/// A kubeconfig for a server at this address.
pub fn kubeconfig(address: SocketAddr, namespace: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: {NAME}
clusters:
- name: {NAME}
  cluster:
    server: http://{address}
contexts:
- name: {NAME}
  context:
    cluster: {NAME}
    namespace: {namespace}
    user: {NAME}
users:
- name: {NAME}
  user: {{}}
"
    )
}
