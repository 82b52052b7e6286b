//! Fewer pods than there usually are, with and without traffic for them.

use jiff::{SignedDuration, Timestamp};

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Lack, Look, Need};
use crate::diagnosis::pods::{MOMENT, wanted};
use crate::diagnosis::words::{clip, counted, step};
use crate::model::HopId;
use crate::model::Subject;
use crate::sources::haproxy::Entry;
use crate::sources::haproxy::facts::Role;
use crate::sources::kubernetes::objects::Happening;

pub const ID: &str = "pods-below-baseline";
pub const IDLE: &str = "pods-below-baseline-idle";

/// Fewer requests per second than this, over all instances, are hardly any.
const HARDLY: f64 = 0.1;

/// Two looks are seconds apart, and nothing may arrive between them by chance: so many seconds must have none, where an
/// instance tells when it had the last.
const LULL: u64 = 10;

/// So long after it was scaled a deployment may be on its way.
const SCALING: SignedDuration = SignedDuration::from_mins(1);

/// Fewer pods than usual.
struct Short {
    here: usize,
    baseline: usize,
}

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let short = match short(look)? {
        Ok(short) => short,
        Err(clear) => return Ok(clear),
    };
    // It was asked whether that is enough, and says so.
    if let Some(one) = content(look).first() {
        let Short { here, baseline } = short;
        let there = counted(here, "pod");
        return Ok(Judgement::Clear(format!("{there}, usually {baseline}: {}", one.words)));
    }
    let traffic = traffic(look, &short)?;
    let words = match traffic < HARDLY {
        true => "hardly any traffic arrives for them",
        false => "HAProxy sends them traffic",
    };
    Ok(fires(look, ID, Impact::Risk, &short, traffic, words))
}

pub fn idle(look: &Look<'_>) -> Result<Judgement, Need> {
    let short = match short(look)? {
        Ok(short) => short,
        Err(clear) => return Ok(clear),
    };
    let traffic = traffic(look, &short)?;
    if traffic >= HARDLY {
        return Ok(Judgement::Clear(sent(traffic)));
    }
    Ok(fires(look, IDLE, Impact::Degraded, &short, traffic, "hardly any traffic arrives for them"))
}

/// How few there are, or why that is no fault.
fn short(look: &Look<'_>) -> Result<Result<Short, Judgement>, Need> {
    let pods = look.states()?;
    let baseline = look.watched.kubernetes.as_ref().and_then(|workload| workload.baseline);
    let baseline = baseline.ok_or_else(|| Need::off("the usual number of pods (baseline in the profile)"))?;
    let (here, baseline) = (pods.here(), baseline as usize);
    let there = format!("{}, usually {baseline}", counted(here, "pod"));
    Ok(match here < baseline {
        false => Err(Judgement::Clear(there)),
        true if is_coming(look, baseline) => Err(Judgement::Clear(format!("{there}: the others are coming"))),
        true => Ok(Short { here, baseline }),
    })
}

/// Whether those that are lacking are wanted and on their way: a rollout, a pod that is replaced, a deployment that was
/// scaled up just now.
fn is_coming(look: &Look<'_>, baseline: usize) -> bool {
    let picture = look.kubernetes;
    let within = |at: Option<Timestamp>, span| at.is_some_and(|at| look.now.duration_since(at) < span);
    let made = |one: &Happening| match one.reason.as_str() {
        "ScalingReplicaSet" => one.message.starts_with("Scaled up"),
        reason => reason == "SuccessfulCreate",
    };
    let is_wanted = wanted(picture).is_none_or(|wanted| wanted >= baseline);
    let is_made = || picture.happenings.values().any(|one| made(one) && within(one.last, SCALING));
    is_wanted && (within(picture.lost, MOMENT) || is_made())
}

/// Requests per second that the registry's backends got, over all instances.
fn traffic(look: &Look<'_>, short: &Short) -> Result<f64, Need> {
    let known = format!("{}, usually {}", counted(short.here, "pod"), short.baseline);
    let say = |need: Need| Need { what: format!("{} ({known})", need.what), ..need };
    let entries = look.balancers().map_err(say)?;
    let backends = || entries.iter().filter(|entry| entry.role == Role::Backend);
    let last = backends().flat_map(Entry::current).filter_map(|seen| seen.stat.last_session).min();
    let least = if last.is_some_and(|seconds| seconds < LULL) { HARDLY } else { 0.0 };
    let rates = backends().filter_map(|backend| backend.rate(|rates| rates.sessions));
    let waiting = || say(Need { lack: Lack::Waiting, what: "traffic of HAProxy".to_owned() });
    rates.reduce(|one, other| one + other).map(|rate| rate.max(least)).ok_or_else(waiting)
}

fn sent(rate: f64) -> String {
    match rate < HARDLY {
        true => "HAProxy sends hardly any requests there".to_owned(),
        false => format!("HAProxy sends over {} requests per second there", step(rate)),
    }
}

fn fires(
    look: &Look<'_>,
    rule: &'static str,
    impact: Impact,
    short: &Short,
    traffic: f64,
    words: &str,
) -> Judgement {
    let Short { here, baseline } = *short;
    let wanted = wanted(look.kubernetes);
    let asked = wanted.map(|wanted| format!("; {wanted} wanted")).unwrap_or_default();
    let mut evidence = vec![
        Evidence::proof(Witness::Kubernetes, format!("{}, usually {baseline}{asked}", counted(here, "pod"))),
        Evidence::proof(Witness::Haproxy, sent(traffic)),
    ];
    let entering = arriving(look);
    evidence.extend(entering.map(|words| Evidence::hint(Witness::Haproxy, words)));
    let refused = look.kubernetes.happenings.values().filter(|one| one.reason == "FailedCreate");
    let refused = refused.max_by_key(|one| one.last);
    evidence.extend(refused.map(|one| {
        Evidence::hint(Witness::Kubernetes, format!("{}: {}", one.reason, clip(&one.message))).seen(one.last)
    }));
    let next = match (rule == IDLE || traffic < HARDLY, wanted.is_some_and(|wanted| wanted > here)) {
        (true, _) => "Follow the traffic: does it arrive at HAProxy at all, and does that send it elsewhere?",
        (false, true) => "Look at the events of the deployment: more pods are wanted than there are.",
        (false, false) => {
            "Ask who scaled it down; watch whether the pods that are left can carry the traffic."
        }
    };
    Judgement::Fires(vec![Finding {
        rule,
        words: format!("{}, usually {baseline}: {words}", counted(here, "pod")),
        impact,
        about: vec![Subject::Hop(HopId::Pods)],
        since: None,
        evidence,
        against: content(look),
        next: next.to_owned(),
        verbs: vec!["describe"],
    }])
}

/// What comes in at the frontends, which need not lead here.
fn arriving(look: &Look<'_>) -> Option<String> {
    let entries = look.haproxy.entries(&[]);
    let frontends = entries.iter().filter(|entry| entry.role == Role::Frontend);
    let rate =
        frontends.filter_map(|entry| entry.rate(|rates| rates.sessions)).reduce(|one, other| one + other)?;
    Some(match rate < HARDLY {
        true => "hardly anything comes in at its frontends".to_owned(),
        false => format!("over {} requests or connections per second come in at its frontends", step(rate)),
    })
}

/// An autoscaler that wants no more pods has its reasons.
fn content(look: &Look<'_>) -> Vec<Evidence> {
    let scalers = look.kubernetes.autoscalers.values();
    let content = scalers.filter(|one| one.desired > 0 && one.desired <= one.current && !one.is_at_maximum());
    let say = |one: &crate::sources::kubernetes::objects::Autoscaler| {
        let metrics = if one.metrics.is_empty() { String::new() } else { format!(" ({})", one.metrics) };
        Evidence::hint(Witness::Kubernetes, format!("the autoscaler {} wants no more{metrics}", one.name))
    };
    content.map(say).collect()
}
