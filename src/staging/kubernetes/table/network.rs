//! Services and their endpoints in tables.

use jiff::Timestamp;
use serde_json::Value;

use super::{NONE, Printer, labels, or_none, shown, since, wide};
use crate::staging::kubernetes::object::{Object, entries, text};

pub const SERVICES: Printer = Printer {
    columns: &[
        shown("Name"),
        shown("Type"),
        shown("Cluster-IP"),
        shown("External-IP"),
        shown("Port(s)"),
        shown("Age"),
        wide("Selector"),
    ],
    cells: service,
};

pub const ENDPOINTS: Printer =
    Printer { columns: &[shown("Name"), shown("Endpoints"), shown("Age")], cells: endpoints };

pub const SLICES: Printer = Printer {
    columns: &[shown("Name"), shown("AddressType"), shown("Ports"), shown("Endpoints"), shown("Age")],
    cells: slice,
};

/// Entries that a cell names before it says how many more there are.
const NAMED: usize = 3;

fn service(service: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        service.name.as_str().into(),
        service.text("/spec/type").into(),
        or_none(service.text("/spec/clusterIP")),
        external(service).into(),
        ports(service),
        since(service, "/metadata/creationTimestamp", now),
        labels(service.at("/spec/selector")),
    ]
}

fn external(service: &Object) -> String {
    let mut addresses: Vec<&str> = Vec::new();
    let kind = service.text("/spec/type");
    if kind == "ExternalName" {
        return service.text("/spec/externalName").to_owned();
    }
    if kind == "LoadBalancer" {
        let ingress = service.list("/status/loadBalancer/ingress").iter();
        addresses.extend(ingress.map(|entry| match text(entry, "/ip") {
            "" => text(entry, "/hostname"),
            ip => ip,
        }));
    }
    addresses.extend(service.list("/spec/externalIPs").iter().filter_map(Value::as_str));
    match (addresses.is_empty(), kind) {
        (true, "LoadBalancer") => "<pending>".to_owned(),
        (true, _) => NONE.to_owned(),
        (false, _) => addresses.join(","),
    }
}

fn ports(service: &Object) -> Value {
    let port = |port: &Value| {
        let number = |field: &str| port.get(field).and_then(Value::as_i64).unwrap_or_default();
        match number("nodePort") {
            0 => format!("{}/{}", number("port"), text(port, "/protocol")),
            node => format!("{}:{node}/{}", number("port"), text(port, "/protocol")),
        }
    };
    let ports: Vec<String> = service.list("/spec/ports").iter().map(port).collect();
    or_none(&ports.join(","))
}

fn endpoints(endpoints: &Object, now: Timestamp) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in endpoints.list("/subsets") {
        let of = |field: &str| subset.get(field).map(entries).unwrap_or_default();
        let ips = || of("addresses").iter().map(|address| text(address, "/ip").to_owned());
        match of("ports") {
            [] => all.extend(ips()),
            ports => {
                all.extend(ports.iter().flat_map(|port| {
                    let port = port.get("port").and_then(Value::as_i64).unwrap_or_default();
                    ips().map(move |ip| {
                        if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
                    })
                }))
            }
        }
    }
    let named = if endpoints.list("/subsets").is_empty() { NONE.to_owned() } else { and_more(&all) };
    vec![endpoints.name.as_str().into(), named.into(), since(endpoints, "/metadata/creationTimestamp", now)]
}

fn slice(slice: &Object, now: Timestamp) -> Vec<Value> {
    let port = |port: &Value| match port.get("port").and_then(Value::as_i64) {
        Some(number) => number.to_string(),
        None => Some(text(port, "/name")).filter(|name| !name.is_empty()).unwrap_or("*").to_owned(),
    };
    let ports: Vec<String> = slice.list("/ports").iter().map(port).collect();
    let endpoints = slice.list("/endpoints").iter();
    let addresses: Vec<String> = endpoints
        .flat_map(|endpoint| endpoint.get("addresses").map(entries).unwrap_or_default())
        .filter_map(|address| address.as_str().map(str::to_owned))
        .collect();
    let or_unset = |list: &[String]| if list.is_empty() { "<unset>".to_owned() } else { and_more(list) };
    vec![
        slice.name.as_str().into(),
        slice.text("/addressType").into(),
        or_unset(&ports).into(),
        or_unset(&addresses).into(),
        since(slice, "/metadata/creationTimestamp", now),
    ]
}

fn and_more(list: &[String]) -> String {
    let named = list.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(",");
    match list.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} + {more} more..."),
    }
}
