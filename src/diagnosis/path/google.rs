//! The cloud's load balancers: the health of the servers behind them, and what the provider says of itself.

use super::evidence::Evidence;
use super::{Hop, Look, Verdict};
use crate::diagnosis::words::{counted, some};
use crate::model::{HopId, Subject};
use crate::sources::Health;
use crate::sources::google::facts::{Incident, ServerHealth};
use crate::sources::google::picture::Balancer;

/// How the load balancers of the cloud stand.
pub fn hop(scene: &Look<'_>) -> Hop {
    let picture = scene.google;
    if !scene.watched.google {
        return Hop::off(HopId::CloudBalancer);
    }
    let incidents: Vec<_> =
        picture.incidents.iter().filter(|incident| !is_of_storage(incident)).map(incident).collect();
    if picture.balancers.is_empty() {
        return match (&picture.status, incidents.len()) {
            (Health::Off, _) => Hop::waiting(HopId::CloudBalancer),
            (_, 0) => Hop::off(HopId::CloudBalancer),
            (_, some) => {
                Hop::judged(HopId::CloudBalancer, counted(some, "incident"), String::new(), incidents)
            }
        };
    }
    let mut evidence: Vec<_> =
        picture.balancers.iter().flat_map(|(name, balancer)| of_balancer(name, balancer)).collect();
    evidence.extend(incidents);
    if let Health::Down { trouble, .. } = &picture.status {
        let words = format!("incidents of the provider: {}: {}", trouble.kind.name(), trouble.why);
        evidence.push(Evidence::aside(words));
    }
    let known = picture.balancers.values().filter(|balancer| balancer.health.is_live());
    let (healthy, all) = known.fold((0, 0), |(healthy, all), balancer| {
        (healthy + count(balancer, ServerHealth::Healthy), all + balancer.servers.len())
    });
    let seen = picture.balancers.values().filter_map(|balancer| balancer.health.seen()).max();
    let (words, gauge) = match all {
        0 => ("no server known".to_owned(), String::new()),
        _ => (format!("{healthy}/{all} healthy"), format!("{healthy}/{all}")),
    };
    if picture.balancers.values().all(|balancer| matches!(balancer.health, Health::Off | Health::Waiting)) {
        return Hop::waiting(HopId::CloudBalancer);
    }
    Hop::judged(HopId::CloudBalancer, words, gauge, evidence).seen(seen)
}

fn count(balancer: &Balancer, health: ServerHealth) -> usize {
    balancer.servers.iter().filter(|server| server.health == health).count()
}

fn of_balancer(name: &str, balancer: &Balancer) -> Vec<Evidence> {
    match &balancer.health {
        Health::Off | Health::Waiting => vec![Evidence::waiting(name)],
        Health::Down { trouble, since, .. } => {
            vec![Evidence::unread(&format!("{name}: "), trouble, *since)]
        }
        Health::Live { .. } => of_servers(name, balancer),
    }
}

fn of_servers(name: &str, balancer: &Balancer) -> Vec<Evidence> {
    let (healthy, all) = (count(balancer, ServerHealth::Healthy), balancer.servers.len());
    let sum = format!("{name}: {healthy} of {all} healthy");
    let unknown = count(balancer, ServerHealth::Unknown);
    let guilty = |health: ServerHealth| {
        let named = balancer.servers.iter().filter(move |server| server.health == health);
        named.map(|server| server.name.as_str())
    };
    let subject =
        |server: &str| Subject::CloudServer { balancer: name.to_owned(), server: server.to_owned() };
    if all == 0 {
        return vec![Evidence::broken(format!("{name}: no server is behind it"))];
    }
    if healthy == 0 && unknown == all {
        return vec![Evidence::new(
            Verdict::Unknown,
            format!("{name}: the cloud does not say how its servers are"),
        )];
    }
    let mut evidence = Vec::new();
    // One that the cloud says nothing of may be well.
    let verdict = match (healthy, unknown) {
        (0, 0) => Verdict::Broken,
        (0, _) => Verdict::Unknown,
        _ => Verdict::Minor,
    };
    for (health, word) in [(ServerHealth::Unhealthy, "unhealthy"), (ServerHealth::Draining, "draining")] {
        if let Some(first) = guilty(health).next() {
            let words = format!("{sum}; {word}: {}", some(guilty(health)));
            evidence.push(Evidence::new(verdict, words).about(subject(first)));
        }
    }
    if unknown > 0 {
        let words = format!("{name}: no word of {}", some(guilty(ServerHealth::Unknown)));
        evidence.push(Evidence::new(Verdict::Unknown, words));
    }
    if healthy > 0 {
        evidence.push(Evidence::good(sum));
    }
    evidence
}

/// Whether an incident is about what buckets are kept in.
pub fn is_of_storage(incident: &Incident) -> bool {
    incident.products.iter().any(|product| product.to_lowercase().contains("storage"))
}

/// An incident of the provider; whether it is ours nobody has said.
pub fn incident(incident: &Incident) -> Evidence {
    let products = some(incident.products.iter().map(String::as_str));
    let impact = incident.impact.to_lowercase().replace('_', " ");
    Evidence::minor(format!("provider, {products}: {impact}, {}: {}", incident.severity, incident.text))
        .since(incident.began)
}
