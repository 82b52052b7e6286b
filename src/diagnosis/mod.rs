//! Joins what the sources saw into conclusions: pure, from pictures alone, with the time handed in.

pub mod endpoints;
pub mod failures;
pub mod finding;
pub mod happenings;
pub mod ingress;
pub mod look;
pub mod path;
pub mod pods;
pub mod rules;
pub mod servers;
pub mod storm;
pub mod verdict;
pub mod words;
#[cfg(test)]
pub mod world;

use jiff::Timestamp;

use crate::model::Watched;
use crate::sources::bucket::picture::Picture as Bucket;
use crate::sources::front_door::picture::Picture as FrontDoor;
use crate::sources::google::picture::Picture as Google;
use crate::sources::haproxy::picture::Picture as Haproxy;
use crate::sources::kubernetes::picture::Picture as Kubernetes;
use crate::sources::logs::picture::Picture as Logs;

/// Everything that a conclusion may rest on.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub watched: &'a Watched,
    pub front_door: &'a FrontDoor,
    pub google: &'a Google,
    pub haproxy: &'a Haproxy,
    pub kubernetes: &'a Kubernetes,
    pub bucket: &'a Bucket,
    pub logs: &'a Logs,
    pub now: Timestamp,
}
