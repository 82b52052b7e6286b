//! Every running pod against every address of the service: who is in, who is not, and why.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::sources::Health;
use crate::sources::kubernetes::objects::{Address, Kind, Phase, Pod, Port, Slice};
use crate::sources::kubernetes::picture::Picture;

/// A pod, an address of the service, or both.
#[derive(Clone, Debug)]
pub struct Endpoint<'a> {
    /// The address that the service sends to; of a pod that is in no slice its own.
    pub ip: Option<&'a str>,
    /// The pod behind it, if there is one.
    pub pod: Option<&'a Pod>,
    /// The address in each slice that has it.
    pub places: Vec<(&'a Slice, &'a Address)>,
    pub verdict: Verdict,
}

/// Whether the service sends to a pod, and whether that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Running and ready, and in no slice.
    Missing,
    /// An address that no pod has.
    WithoutPod,
    /// The address counts as ready, its pod does not.
    ReadyAgainstPod,
    /// The pod is ready, its address is not yet.
    NotYet,
    /// Neither address nor pod are ready.
    NotReady,
    /// Running, not ready, and in no slice.
    Outside,
    Terminating,
    /// One side could not be read, so nothing is claimed.
    Unknown,
    In,
}

impl Verdict {
    /// The verdict in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Missing => "missing: Running and ready, not in any slice",
            Self::WithoutPod => "address without a pod",
            Self::ReadyAgainstPod => "in, though its pod is not ready",
            Self::NotYet => "not in yet: its pod is ready, the address is not",
            Self::NotReady => "not ready",
            Self::Outside => "not ready, not in any slice",
            Self::Terminating => "terminating",
            Self::Unknown => "not known",
            Self::In => "in",
        }
    }

    /// Whether new connections are sent there.
    pub const fn takes_traffic(self) -> bool {
        matches!(self, Self::In | Self::ReadyAgainstPod | Self::WithoutPod)
    }
}

/// Every address of a service and every running pod, by address, then pods that are in no slice by name.
pub fn endpoints<'a>(picture: &'a Picture, service: &str) -> Vec<Endpoint<'a>> {
    let pods = Pods::of(picture);
    let slices = picture.slices.values().filter(|slice| slice.service == service);
    let mut places: Vec<_> =
        slices.flat_map(|slice| slice.addresses.iter().map(move |at| (slice, at))).collect();
    places.sort_by_cached_key(|(_, address)| sortable(&address.ip));
    let (knows_pods, knows_slices) = (knows(picture, PODS, SLICES), knows(picture, SLICES, PODS));
    let mut inside = vec![false; pods.all.len()];
    let mut found = Vec::with_capacity(pods.all.len());
    for places in places.chunk_by(|(_, one), (_, other)| one.ip == other.ip) {
        let (_, address) = places[0];
        let number = pods.behind(address);
        number.into_iter().for_each(|number| inside[number] = true);
        let mut endpoint = Endpoint {
            ip: Some(&address.ip),
            pod: number.map(|number| pods.all[number]),
            places: places.to_vec(),
            verdict: Verdict::In,
        };
        endpoint.verdict = of_address(&endpoint, knows_pods);
        found.push(endpoint);
    }
    let outside = pods.all.iter().zip(inside).filter(|(pod, inside)| !inside && is_candidate(pod));
    found.extend(outside.map(|(pod, _)| of_pod(pod, knows_slices)));
    found
}

/// Numbers of pods by name or address.
type Numbers<'a> = HashMap<&'a str, usize, foldhash::fast::RandomState>;

/// The pods by number, to be found by name or address: every time something changes there are thousands to find.
struct Pods<'a> {
    all: Vec<&'a Pod>,
    by_name: Numbers<'a>,
    by_ip: OnceCell<Numbers<'a>>,
}

impl<'a> Pods<'a> {
    fn of(picture: &'a Picture) -> Self {
        let all: Vec<_> = picture.pods.values().collect();
        let by_name = all.iter().enumerate().map(|(number, pod)| (pod.name.as_str(), number)).collect();
        Self { all, by_name, by_ip: OnceCell::new() }
    }

    /// The pod that an address names, else the one that has it.
    fn behind(&self, address: &Address) -> Option<usize> {
        let named = address.pod.as_deref().and_then(|name| self.by_name.get(name));
        let has = || self.by_ip().get(address.ip.as_str());
        named.or_else(has).copied()
    }

    /// Seldom wanted: slices name their pods.
    fn by_ip(&self) -> &Numbers<'a> {
        self.by_ip.get_or_init(|| {
            let all = self.all.iter().enumerate();
            all.filter_map(|(number, pod)| Some((pod.ip.as_deref()?, number))).collect()
        })
    }
}

/// Whether a service should have this pod: it runs and is not on its way out.
fn is_candidate(pod: &Pod) -> bool {
    pod.phase == Phase::Running && pod.deleting.is_none()
}

fn of_address(endpoint: &Endpoint<'_>, knows_pods: bool) -> Verdict {
    let ready = endpoint.places.iter().any(|(_, address)| address.ready);
    let terminating = endpoint.places.iter().any(|(_, address)| address.terminating == Some(true));
    match endpoint.pod {
        None if !knows_pods => Verdict::Unknown,
        None => Verdict::WithoutPod,
        Some(pod) if terminating || pod.deleting.is_some() => Verdict::Terminating,
        Some(pod) => match (ready, pod.is_ready) {
            (true, true) => Verdict::In,
            (true, false) => Verdict::ReadyAgainstPod,
            (false, true) => Verdict::NotYet,
            (false, false) => Verdict::NotReady,
        },
    }
}

fn of_pod(pod: &Pod, knows_slices: bool) -> Endpoint<'_> {
    let verdict = match (knows_slices, pod.is_ready) {
        (false, _) => Verdict::Unknown,
        (true, true) => Verdict::Missing,
        (true, false) => Verdict::Outside,
    };
    Endpoint { ip: pod.ip.as_deref(), pod: Some(pod), places: Vec::new(), verdict }
}

const PODS: &[Kind] = &[Kind::Pod];
/// The one stands in for the other.
const SLICES: &[Kind] = &[Kind::EndpointSlice, Kind::Endpoints];

/// Whether one side was read, and may be held against the other: what was read once proves nothing against what changes
/// on, while two that stopped together still tell how it was.
fn knows(picture: &Picture, kinds: &[Kind], others: &[Kind]) -> bool {
    was_read(picture, kinds) && (is_live(picture, kinds) || !is_live(picture, others))
}

fn was_read(picture: &Picture, kinds: &[Kind]) -> bool {
    kinds.iter().any(|kind| picture.kinds.get(kind).is_some_and(|health| health.seen().is_some()))
}

fn is_live(picture: &Picture, kinds: &[Kind]) -> bool {
    kinds.iter().any(|kind| picture.kinds.get(kind).is_some_and(Health::is_live))
}

/// Whether it was ever read which addresses the service has.
pub fn knows_slices(picture: &Picture) -> bool {
    was_read(picture, SLICES)
}

/// Addresses in the order of their numbers.
fn sortable(ip: &str) -> (Option<core::net::IpAddr>, &str) {
    (ip.parse().ok(), ip)
}

impl Endpoint<'_> {
    /// The ports that its slices have for it, each once, in order.
    pub fn ports(&self) -> Vec<&Port> {
        let mut ports: Vec<&Port> = self.places.iter().flat_map(|(slice, _)| &slice.ports).collect();
        ports.sort_by_key(|port| (port.port, &port.name, &port.protocol));
        ports.dedup_by_key(|port| (port.port, &port.name, &port.protocol));
        ports
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sources::{Trouble, TroubleKind};

    #[test]
    fn pods_that_were_read_once_prove_nothing_against_slices_that_change_on() {
        let address = Address {
            ip: "10.0.0.1".to_owned(),
            ready: true,
            serving: None,
            terminating: None,
            pod: None,
            node: None,
        };
        let slice = Slice {
            name: "a".to_owned(),
            service: "registry".to_owned(),
            ports: Vec::new(),
            addresses: vec![address],
        };
        let seen = Timestamp::UNIX_EPOCH;
        let live = || Health::Live { seen };
        let trouble = Trouble::new(TroubleKind::Slow, "no answer");
        let down = || Health::Down { trouble: trouble.clone(), since: seen, seen: Some(seen) };
        for (pods, slices, verdict) in [
            (live(), live(), Verdict::WithoutPod),
            (down(), live(), Verdict::Unknown),
            (down(), down(), Verdict::WithoutPod),
            (Health::Waiting, live(), Verdict::Unknown),
        ] {
            let mut picture = Picture::default();
            picture.slices.insert("a".to_owned(), slice.clone());
            picture.kinds.extend([(Kind::Pod, pods), (Kind::EndpointSlice, slices)]);
            assert_eq!(endpoints(&picture, "registry")[0].verdict, verdict);
        }
    }
}
