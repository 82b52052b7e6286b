//! An autoscaler that may not add another pod: load, slow storage or network.

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::clip;
use crate::sources::kubernetes::objects::{Autoscaler, Kind};

pub const ID: &str = "autoscaler-at-maximum";

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    look.cluster(&[Kind::Autoscaler])?;
    let scalers = &look.kubernetes.autoscalers;
    let found: Vec<_> = scalers.values().filter(|scaler| scaler.is_at_maximum()).map(finding).collect();
    Ok(match (found.is_empty(), scalers.values().next()) {
        (false, _) => Judgement::Fires(found),
        (true, None) => Judgement::Clear("no autoscaler".to_owned()),
        (true, Some(one)) => {
            Judgement::Clear(format!("{}: {} of at most {} pods", one.name, one.current, one.max))
        }
    })
}

fn finding(scaler: &Autoscaler) -> Finding {
    let metrics = if scaler.metrics.is_empty() { String::new() } else { format!(": {}", scaler.metrics) };
    let Autoscaler { name, min, max, current, .. } = scaler;
    let mut evidence = vec![Evidence::proof(
        Witness::Kubernetes,
        format!("{name}: {current} pods, from {min} to {max} allowed{metrics}"),
    )];
    evidence.extend(scaler.complaints.iter().map(|said| {
        Evidence::hint(Witness::Kubernetes, format!("{name}: {}: {}", said.reason, clip(&said.message)))
    }));
    Finding {
        rule: ID,
        words: format!("The autoscaler {name} is at its maximum of {max} pods{metrics}"),
        impact: Impact::Risk,
        about: Vec::new(),
        since: None,
        evidence,
        against: Vec::new(),
        next: "Look for what makes every request cost more: load, slow storage, the network; more pods help only if \
               it is load."
            .to_owned(),
        verbs: Vec::new(),
    }
}
