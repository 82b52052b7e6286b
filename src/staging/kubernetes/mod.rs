//! A Kubernetes API on loopback: the objects of one registry workload, spoken as a real API server speaks, for kubectl and for us.
//!
//! [`Cluster`] holds the objects and tells watchers what changes; [`serve()`] answers for it over plain HTTP;
//! [`Workload`] makes the objects of a registry from the states of its pods, and keeps them consistent. Nothing can be
//! written through the API: what happens is up to whoever holds the [`Cluster`].

mod cluster;
mod fault;
mod kinds;
mod kubeconfig;
mod logs;
mod object;
mod serve;
mod table;
mod workload;

pub use cluster::{ApplyError, Cluster};
pub use fault::{Fault, Faults};
pub use kinds::Resource;
pub use kubeconfig::kubeconfig;
pub use object::Object;
pub use serve::{router, serve};
pub use workload::{Autoscaler, CONTAINER, PodSpec, PodState, Workload};
