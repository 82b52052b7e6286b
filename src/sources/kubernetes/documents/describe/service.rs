//! `kubectl describe service`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::json::{list, number, object, scalar, text};
use super::events::events;
use super::tabs::Sheet;
use super::{annotations, labels, or_none};

/// Addresses that are named; of the others only the number.
const NAMED: usize = 3;

/// The description of a service at a time.
pub fn service(service: &Value, slices: &[Value], happened: Option<&[Value]>, now: Timestamp) -> Vec<String> {
    let mut sheet = Sheet::default();
    sheet.row(0, &["Name:", text(service, "/metadata/name")]);
    sheet.row(0, &["Namespace:", text(service, "/metadata/namespace")]);
    labels(&mut sheet, "Labels", object(service, "/metadata/labels"));
    annotations(&mut sheet, object(service, "/metadata/annotations"));
    addresses(&mut sheet, service);
    for port in list(service, "/spec/ports") {
        one_port(&mut sheet, port, slices);
    }
    let said = [
        ("Session Affinity:", "/spec/sessionAffinity"),
        ("External Traffic Policy:", "/spec/externalTrafficPolicy"),
        ("Internal Traffic Policy:", "/spec/internalTrafficPolicy"),
        ("HealthCheck NodePort:", "/spec/healthCheckNodePort"),
    ];
    optional(&mut sheet, service, &said);
    let ranges = words(service, "/spec/loadBalancerSourceRanges");
    if !ranges.is_empty() {
        sheet.row(0, &["LoadBalancer Source Ranges:", &ranges]);
    }
    events(&mut sheet, happened, now);
    sheet.lines()
}

fn addresses(sheet: &mut Sheet, service: &Value) {
    sheet.row(0, &["Selector:", or_none(&selector(object(service, "/spec/selector")))]);
    sheet.row(0, &["Type:", text(service, "/spec/type")]);
    optional(sheet, service, &[("IP Family Policy:", "/spec/ipFamilyPolicy")]);
    sheet.row(0, &["IP Families:", or_none(&words(service, "/spec/ipFamilies"))]);
    sheet.row(0, &["IP:", text(service, "/spec/clusterIP")]);
    sheet.row(0, &["IPs:", or_none(&words(service, "/spec/clusterIPs"))]);
    let external = words(service, "/spec/externalIPs");
    if !external.is_empty() {
        sheet.row(0, &["External IPs:", &external]);
    }
    let said =
        [("Desired LoadBalancer IP:", "/spec/loadBalancerIP"), ("External Name:", "/spec/externalName")];
    optional(sheet, service, &said);
    let ingress =
        list(service, "/status/loadBalancer/ingress").iter().map(|ingress| match text(ingress, "/ip") {
            "" => text(ingress, "/hostname").to_owned(),
            ip if text(ingress, "/ipMode").is_empty() => ip.to_owned(),
            ip => format!("{ip} ({})", text(ingress, "/ipMode")),
        });
    let ingress = ingress.collect::<Vec<_>>().join(", ");
    if !ingress.is_empty() {
        sheet.row(0, &["LoadBalancer Ingress:", &ingress]);
    }
}

fn one_port(sheet: &mut Sheet, port: &Value, slices: &[Value]) {
    let (name, protocol) = (text(port, "/name"), text(port, "/protocol"));
    let shown = if name.is_empty() { "<unset>" } else { name };
    sheet.row(0, &["Port:", shown, &format!("{}/{protocol}", number(port, "/port"))]);
    sheet.row(0, &["TargetPort:", &format!("{}/{protocol}", scalar(port, "/targetPort"))]);
    let node_port = number(port, "/nodePort");
    if node_port != 0 {
        sheet.row(0, &["NodePort:", shown, &format!("{node_port}/{protocol}")]);
    }
    sheet.row(0, &["Endpoints:", &endpoints(slices, name)]);
}

/// Ready addresses of a port. Like kubectl, it says that there are more when there are more that are not ready.
fn endpoints(slices: &[Value], name: &str) -> String {
    let (mut named, mut count, mut is_more) = (Vec::new(), 0_usize, false);
    for slice in slices {
        let ports = list(slice, "/ports").iter().filter(|port| text(port, "/name") == name);
        for (port, endpoint) in
            ports.flat_map(|port| list(slice, "/endpoints").iter().map(move |one| (port, one)))
        {
            is_more |= named.len() == NAMED;
            if scalar(endpoint, "/conditions/ready") == "false" {
                continue;
            }
            for ip in list(endpoint, "/addresses").iter().filter_map(Value::as_str) {
                count += 1;
                if !is_more {
                    let ip = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
                    named.push(format!("{ip}:{}", number(port, "/port")));
                }
            }
        }
    }
    let more = if is_more { format!(" + {} more...", count.saturating_sub(NAMED)) } else { String::new() };
    format!("{}{more}", named.join(","))
}

fn selector(labels: Option<&Map<String, Value>>) -> String {
    let pairs = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

fn words(service: &Value, path: &str) -> String {
    list(service, path).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
}

fn optional(sheet: &mut Sheet, service: &Value, said: &[(&str, &str)]) {
    for (title, path) in said {
        let value = scalar(service, path);
        if !value.is_empty() && value != "0" {
            sheet.row(0, &[title, &value]);
        }
    }
}
