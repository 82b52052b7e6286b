//! `kubectl describe pod`.

use jiff::Timestamp;
use serde_json::Value;

use super::super::json::{list, number, object, scalar, text, time};
use super::age::{date, since};
use super::container::containers;
use super::events::events;
use super::tabs::Sheet;
use super::volumes::volumes;
use super::{annotations, below, labels};

/// The description of a pod at a time.
pub fn pod(pod: &Value, happened: Option<&[Value]>, now: Timestamp) -> Vec<String> {
    let mut sheet = Sheet::default();
    head(&mut sheet, pod);
    state(&mut sheet, pod, now);
    network(&mut sheet, pod);
    if !list(pod, "/spec/initContainers").is_empty() {
        containers(
            &mut sheet,
            "Init Containers",
            pod,
            ["/spec/initContainers", "/status/initContainerStatuses"],
        );
    }
    containers(&mut sheet, "Containers", pod, ["/spec/containers", "/status/containerStatuses"]);
    conditions(&mut sheet, pod);
    volumes(&mut sheet, list(pod, "/spec/volumes"));
    sheet.row(0, &["QoS Class:", text(pod, "/status/qosClass")]);
    labels(&mut sheet, "Node-Selectors", object(pod, "/spec/nodeSelector"));
    below(&mut sheet, "Tolerations", list(pod, "/spec/tolerations").iter().map(toleration).collect());
    events(&mut sheet, happened, now);
    sheet.lines()
}

fn head(sheet: &mut Sheet, pod: &Value) {
    sheet.row(0, &["Name:", text(pod, "/metadata/name")]);
    sheet.row(0, &["Namespace:", text(pod, "/metadata/namespace")]);
    let said = [
        ("Priority:", "/spec/priority"),
        ("Priority Class Name:", "/spec/priorityClassName"),
        ("Runtime Class Name:", "/spec/runtimeClassName"),
        ("Service Account:", "/spec/serviceAccountName"),
    ];
    optional(sheet, pod, &said);
    match text(pod, "/spec/nodeName") {
        "" => sheet.row(0, &["Node:", "<none>"]),
        node => sheet.row(0, &["Node:", &format!("{node}/{}", text(pod, "/status/hostIP"))]),
    }
    if let Some(at) = time(pod, "/status/startTime") {
        sheet.row(0, &["Start Time:", &date(Some(at))]);
    }
    labels(sheet, "Labels", object(pod, "/metadata/labels"));
    annotations(sheet, object(pod, "/metadata/annotations"));
}

fn state(sheet: &mut Sheet, pod: &Value, now: Timestamp) {
    let phase = text(pod, "/status/phase");
    match time(pod, "/metadata/deletionTimestamp") {
        Some(at) if !matches!(phase, "Failed" | "Succeeded") => {
            sheet.row(0, &["Status:", &format!("Terminating (lasts {})", since(Some(at), now))]);
            let grace = number(pod, "/metadata/deletionGracePeriodSeconds");
            sheet.row(0, &["Termination Grace Period:", &format!("{grace}s")]);
        }
        _ => sheet.row(0, &["Status:", phase]),
    }
    let said = [
        ("Reason:", "/status/reason"),
        ("Message:", "/status/message"),
        ("SeccompProfile:", "/spec/securityContext/seccompProfile/type"),
    ];
    optional(sheet, pod, &said);
}

fn network(sheet: &mut Sheet, pod: &Value) {
    sheet.row(0, &["IP:", text(pod, "/status/podIP")]);
    match list(pod, "/status/podIPs") {
        [] => sheet.row(0, &["IPs:", "<none>"]),
        ips => {
            sheet.row(0, &["IPs:"]);
            ips.iter().for_each(|ip| sheet.row(1, &["IP:", text(ip, "/ip")]));
        }
    }
    let owners = list(pod, "/metadata/ownerReferences").iter();
    if let Some(owner) = owners.clone().find(|owner| scalar(owner, "/controller") == "true") {
        sheet.row(0, &["Controlled By:", &format!("{}/{}", text(owner, "/kind"), text(owner, "/name"))]);
    }
    optional(sheet, pod, &[("NominatedNodeName:", "/status/nominatedNodeName")]);
}

fn optional(sheet: &mut Sheet, pod: &Value, said: &[(&str, &str)]) {
    for (title, path) in said {
        let value = scalar(pod, path);
        if !value.is_empty() {
            sheet.row(0, &[title, &value]);
        }
    }
}

fn conditions(sheet: &mut Sheet, pod: &Value) {
    let all = list(pod, "/status/conditions");
    let gates = list(pod, "/spec/readinessGates");
    if !gates.is_empty() {
        sheet.row(0, &["Readiness Gates:"]);
        sheet.row(1, &["Type", "Status"]);
    }
    for gate in gates {
        let kind = text(gate, "/conditionType");
        let status =
            all.iter().find(|one| text(one, "/type") == kind).map_or("<none>", |one| text(one, "/status"));
        sheet.row(1, &[&format!("{kind} "), &format!("{status} ")]);
    }
    if all.is_empty() {
        return;
    }
    sheet.row(0, &["Conditions:"]);
    sheet.row(1, &["Type", "Status"]);
    for condition in all {
        sheet.row(
            1,
            &[&format!("{} ", text(condition, "/type")), &format!("{} ", text(condition, "/status"))],
        );
    }
}

fn toleration(toleration: &Value) -> String {
    let (key, value, effect) =
        (text(toleration, "/key"), text(toleration, "/value"), text(toleration, "/effect"));
    let mut line = key.to_owned();
    if !value.is_empty() {
        line.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        line.push_str(&format!(":{effect}"));
    }
    if text(toleration, "/operator") == "Exists" && value.is_empty() {
        line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.pointer("/tolerationSeconds") {
        line.push_str(&format!(" for {seconds}s"));
    }
    line
}
