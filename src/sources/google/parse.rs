//! From answers of the Compute API and the feed of incidents to facts, whatever is missing in them.

use jiff::Timestamp;
use serde_json::Value;

use super::facts::{BalancerKind, Incident, Server, ServerHealth};
use crate::model::text::clean;

/// Characters of an incident's text that are kept.
const TEXT_LIMIT: usize = 600;

/// The URLs of what a load balancer sends its clients to: instances of a pool, groups of a service.
pub fn members(kind: BalancerKind, balancer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match kind {
        BalancerKind::TargetPool => list(balancer, "instances").iter().filter_map(text).collect(),
        BalancerKind::BackendService => {
            list(balancer, "backends").iter().filter_map(|backend| text(&backend["group"])).collect()
        }
    }
}

/// The servers that a health answer about a member tells of, each once with its worst state.
pub fn servers(kind: BalancerKind, member: &str, told: &Value) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for status in list(told, "healthStatus") {
        let found = one(kind, member, status);
        match servers.iter_mut().find(|server| server.name == found.name) {
            Some(server) => server.health = worse(server.health, found.health),
            None => servers.push(found),
        }
    }
    // A pool's instance of which nothing is told is there all the same.
    if servers.is_empty() && kind == BalancerKind::TargetPool {
        servers.push(server(member, ServerHealth::Unknown));
    }
    servers
}

/// What is known to be bad counts more than what is not known.
fn worse(one: ServerHealth, other: ServerHealth) -> ServerHealth {
    match [one, other].contains(&ServerHealth::Unhealthy) {
        true => ServerHealth::Unhealthy,
        false => one.max(other),
    }
}

fn one(kind: BalancerKind, member: &str, status: &Value) -> Server {
    let text = |key: &str| status[key].as_str().filter(|text| !text.is_empty());
    let state = health(text("healthState").unwrap_or_default());
    let address = text("ipAddress").map(|address| match status["port"].as_u64() {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address.to_owned(),
    });
    // Of a pool it is the address of the load balancer, not the server's.
    let address = address.filter(|_| kind == BalancerKind::BackendService);
    let named = server(text("instance").unwrap_or(member), state);
    // Several endpoints of a group may be on one instance.
    let is_endpoint = member.contains("/networkEndpointGroups/") || text("instance").is_none();
    let name =
        address.clone().filter(|_| is_endpoint).map_or(named.name, |address| clean(&address).into_owned());
    Server { name, address: address.map(|address| clean(&address).into_owned()), ..named }
}

/// What a member's URL tells of it.
pub fn server(url: &str, health: ServerHealth) -> Server {
    let parts: Vec<&str> = url.split('/').collect();
    let after = |key: &str| parts.iter().position(|part| *part == key).and_then(|at| parts.get(at + 1));
    let place = after("zones").or_else(|| after("regions")).map(|place| clean(place).into_owned());
    let name = parts.last().copied().unwrap_or_default();
    Server { name: clean(name).into_owned(), address: None, place, health }
}

fn health(word: &str) -> ServerHealth {
    match word {
        "HEALTHY" => ServerHealth::Healthy,
        "UNHEALTHY" => ServerHealth::Unhealthy,
        "DRAINING" => ServerHealth::Draining,
        _ => ServerHealth::Unknown,
    }
}

/// The incidents that go on, of these products (of all if there are none), newest first; none if that is no feed.
pub fn incidents(feed: &Value, products: &[String]) -> Option<Vec<Incident>> {
    let going_on =
        feed.as_array()?.iter().filter(|incident| incident.is_object() && incident["end"].is_null());
    let mut found: Vec<Incident> = going_on.map(incident).filter(|found| concerns(found, products)).collect();
    found.sort_by(|one, other| other.began.cmp(&one.began).then_with(|| one.id.cmp(&other.id)));
    Some(found)
}

fn concerns(incident: &Incident, products: &[String]) -> bool {
    let wanted = |product: &String| products.iter().any(|wanted| wanted.eq_ignore_ascii_case(product));
    products.is_empty() || incident.products.iter().any(wanted)
}

fn incident(value: &Value) -> Incident {
    let text = |value: &Value| clean(value.as_str().unwrap_or_default()).into_owned();
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let titles = |key: &str| list(value, key).iter().map(|one| text(&one["title"])).collect::<Vec<_>>();
    let newest = value["most_recent_update"]["text"].as_str().or(value["external_desc"].as_str());
    Incident {
        id: text(&value["id"]),
        url: value["uri"].as_str().map(|uri| clean(uri).into_owned()),
        began: time(&value["begin"]),
        modified: time(&value["modified"]),
        severity: text(&value["severity"]),
        impact: text(&value["status_impact"]),
        products: titles("affected_products"),
        locations: titles("currently_affected_locations"),
        text: paragraph(newest.unwrap_or_default()),
    }
}

/// Text in one paragraph, as long as can be read at a glance.
fn paragraph(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = joined.chars().take(TEXT_LIMIT).collect();
    clean(&cut).into_owned()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PROJECT: &str = "https://www.googleapis.com/compute/v1/projects/p-1";

    #[test]
    fn an_instance_of_a_pool_has_its_worst_state_and_not_the_balancers_address() {
        let instance = format!("{PROJECT}/zones/us-east1-c/instances/lb-01");
        let told = json!({ "kind": "compute#targetPoolInstanceHealth", "healthStatus": [
            { "healthState": "HEALTHY", "instance": instance, "ipAddress": "192.0.2.1" },
            { "healthState": "UNHEALTHY", "instance": instance, "ipAddress": "192.0.2.2" },
        ]});
        let expected = Server {
            name: "lb-01".to_owned(),
            address: None,
            place: Some("us-east1-c".to_owned()),
            health: ServerHealth::Unhealthy,
        };
        assert_eq!(servers(BalancerKind::TargetPool, &instance, &told), std::slice::from_ref(&expected));
        let silent = servers(BalancerKind::TargetPool, &instance, &json!({}));
        assert_eq!(silent, [Server { health: ServerHealth::Unknown, ..expected }]);
    }

    #[test]
    fn endpoints_of_a_group_are_told_apart_by_address() {
        let group = format!("{PROJECT}/zones/us-east1-b/networkEndpointGroups/k8s1-registry");
        let node = format!("{PROJECT}/zones/us-east1-b/instances/gke-1");
        let endpoint = |address: &str, state: &str| json!({ "healthState": state, "instance": node, "ipAddress": address, "port": 5000 });
        let told =
            json!({ "healthStatus": [endpoint("10.8.0.6", "HEALTHY"), endpoint("10.8.0.7", "DRAINING")] });
        let found = servers(BalancerKind::BackendService, &group, &told);
        let names: Vec<_> = found.iter().map(|server| (server.name.as_str(), server.health)).collect();
        assert_eq!(
            names,
            [("10.8.0.6:5000", ServerHealth::Healthy), ("10.8.0.7:5000", ServerHealth::Draining)]
        );
    }

    #[test]
    fn only_incidents_that_go_on_and_matter_are_told_newest_first() {
        let incident = |id: &str, product: &str, end: Option<&str>, begin: &str| {
            json!({
                "id": id, "begin": begin, "end": end, "severity": "medium", "status_impact": "SERVICE_DISRUPTION",
                "affected_products": [{ "title": product, "id": "x" }],
                "currently_affected_locations": [{ "title": "South Carolina (us-east1)", "id": "us-east1" }],
                "most_recent_update": { "text": "# Summary\n\nElevated\n  errors" },
                "uri": format!("incidents/{id}"),
            })
        };
        let feed = json!([
            incident("old", "Google Cloud Storage", None, "2026-11-20T10:00:00+00:00"),
            incident("new", "Google Cloud Storage", None, "2026-11-21T10:00:00+00:00"),
            incident(
                "over",
                "Google Cloud Storage",
                Some("2026-11-21T11:00:00+00:00"),
                "2026-11-21T10:00:00+00:00"
            ),
            incident("other", "Cloud Storage for Firebase", None, "2026-11-21T10:00:00+00:00"),
        ]);
        let found = incidents(&feed, &["google cloud storage".to_owned()]).unwrap();
        let ids: Vec<_> = found.iter().map(|incident| incident.id.as_str()).collect();
        assert_eq!(ids, ["new", "old"]);
        assert_eq!(found[0].text, "# Summary Elevated errors");
        assert_eq!(found[0].locations, ["South Carolina (us-east1)"]);
        assert_eq!(incidents(&feed, &[]).map(|all| all.len()), Some(3));
        assert_eq!(incidents(&json!({ "error": "x" }), &[]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_answered_is_read_without_harm(text in r#"[\[\]{}":,a-z0-9\\ ]{0,80}"#, key in "[a-z]{0,8}") {
            let free: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            for value in [free.clone(), json!([free]), json!([{ "affected_products": free, "uri": key }])] {
                let _ = incidents(&value, &[]);
            }
            for kind in [BalancerKind::TargetPool, BalancerKind::BackendService] {
                let _ = members(kind, &json!({ "instances": free, "backends": [free] }));
                let _ = servers(kind, &key, &json!({ "healthStatus": [free, { "ipAddress": key, "port": free }] }));
            }
        }
    }
}
