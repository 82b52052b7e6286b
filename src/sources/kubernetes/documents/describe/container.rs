//! The containers of a pod, in its description.

use serde_json::Value;

use super::super::json::{list, number, object, scalar, text, time, truth};
use super::super::yaml::is_secret;
use super::age::date;
use super::tabs::Sheet;
use super::{or_none, shown};

/// A section of containers; `paths` lead to what is wanted of them and to how they are.
pub fn containers(sheet: &mut Sheet, title: &str, pod: &Value, paths: [&str; 2]) {
    let [specified, statuses] = paths.map(|path| list(pod, path));
    let none = if specified.is_empty() { " <none>" } else { "" };
    sheet.row(0, &[&format!("{title}:{none}")]);
    for container in specified {
        let name = text(container, "/name");
        let status = statuses.iter().find(|status| text(status, "/name") == name);
        sheet.row(1, &[&format!("{name}:")]);
        image(sheet, container, status);
        words(sheet, "Command:", list(container, "/command"));
        words(sheet, "Args:", list(container, "/args"));
        if let Some(status) = status {
            state(sheet, status);
        }
        resources(sheet, container);
        for (title, path) in [
            ("Liveness:", "/livenessProbe"),
            ("Readiness:", "/readinessProbe"),
            ("Startup:", "/startupProbe"),
        ] {
            if let Some(probe) = container.pointer(path) {
                sheet.row(2, &[title, &describe_probe(probe)]);
            }
        }
        environment(sheet, container);
        mounts(sheet, container);
    }
}

fn image(sheet: &mut Sheet, container: &Value, status: Option<&Value>) {
    if let Some(status) = status {
        sheet.row(2, &["Container ID:", text(status, "/containerID")]);
    }
    sheet.row(2, &["Image:", text(container, "/image")]);
    if let Some(status) = status {
        sheet.row(2, &["Image ID:", text(status, "/imageID")]);
    }
    for (title, path) in [("Port", "/containerPort"), ("Host Port", "/hostPort")] {
        let port = |port: &Value| format!("{}/{}", number(port, path), or_tcp(text(port, "/protocol")));
        let ports: Vec<_> = list(container, "/ports").iter().map(port).collect();
        let many = if ports.len() > 1 { "s" } else { "" };
        sheet.row(2, &[&format!("{title}{many}:"), or_none(&ports.join(", "))]);
    }
}

fn or_tcp(protocol: &str) -> &str {
    if protocol.is_empty() { "TCP" } else { protocol }
}

fn words(sheet: &mut Sheet, title: &str, words: &[Value]) {
    if words.is_empty() {
        return;
    }
    sheet.row(2, &[title]);
    for line in words.iter().filter_map(Value::as_str).flat_map(|word| word.split('\n')) {
        sheet.row(3, &[line]);
    }
}

fn state(sheet: &mut Sheet, status: &Value) {
    one_state(sheet, "State:", status.pointer("/state").unwrap_or(&Value::Null));
    if let Some(last) = status.pointer("/lastState").filter(|last| last.pointer("/terminated").is_some()) {
        one_state(sheet, "Last State:", last);
    }
    sheet.row(2, &["Ready:", shown(truth(status, "/ready"))]);
    sheet.row(2, &["Restart Count:", &number(status, "/restartCount").to_string()]);
}

fn one_state(sheet: &mut Sheet, title: &str, state: &Value) {
    if state.pointer("/running").is_some() {
        sheet.row(2, &[title, "Running"]);
        sheet.row(3, &["Started:", &date(time(state, "/running/startedAt"))]);
        return;
    }
    let Some(ended) = state.pointer("/terminated") else {
        sheet.row(2, &[title, "Waiting"]);
        said(sheet, "Reason:", text(state, "/waiting/reason"));
        return;
    };
    sheet.row(2, &[title, "Terminated"]);
    said(sheet, "Reason:", text(ended, "/reason"));
    said(sheet, "Message:", text(ended, "/message"));
    sheet.row(3, &["Exit Code:", &number(ended, "/exitCode").to_string()]);
    if number(ended, "/signal") > 0 {
        sheet.row(3, &["Signal:", &number(ended, "/signal").to_string()]);
    }
    sheet.row(3, &["Started:", &date(time(ended, "/startedAt"))]);
    sheet.row(3, &["Finished:", &date(time(ended, "/finishedAt"))]);
}

/// Something that may have several lines, unless it was not said.
fn said(sheet: &mut Sheet, title: &str, text: &str) {
    for (at, line) in text.lines().enumerate() {
        sheet.row(3, &[if at == 0 { title } else { "" }, line]);
    }
}

fn resources(sheet: &mut Sheet, container: &Value) {
    for (title, path) in [("Limits:", "/resources/limits"), ("Requests:", "/resources/requests")] {
        let Some(amounts) = object(container, path) else { continue };
        sheet.row(2, &[title]);
        for (name, amount) in amounts {
            let amount = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
            sheet.row(3, &[&format!("{name}:"), &amount]);
        }
    }
}

fn describe_probe(probe: &Value) -> String {
    let of = |path, unless| probe.pointer(path).and_then(Value::as_i64).unwrap_or(unless);
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        of("/initialDelaySeconds", 0),
        of("/timeoutSeconds", 1),
        of("/periodSeconds", 10),
        of("/successThreshold", 1),
        of("/failureThreshold", 3)
    );
    let what = if let Some(http) = probe.pointer("/httpGet") {
        let scheme = text(http, "/scheme").to_lowercase();
        let scheme = if scheme.is_empty() { "http" } else { &scheme };
        format!(
            "http-get {scheme}://{}:{}{}",
            text(http, "/host"),
            scalar(http, "/port"),
            text(http, "/path")
        )
    } else if let Some(exec) = probe.pointer("/exec") {
        let words: Vec<_> = list(exec, "/command").iter().filter_map(Value::as_str).collect();
        format!("exec [{}]", words.join(" "))
    } else if let Some(tcp) = probe.pointer("/tcpSocket") {
        format!("tcp-socket {}:{}", text(tcp, "/host"), scalar(tcp, "/port"))
    } else if let Some(grpc) = probe.pointer("/grpc") {
        format!("grpc <pod>:{} {}", scalar(grpc, "/port"), text(grpc, "/service"))
    } else {
        "unknown".to_owned()
    };
    format!("{what} {attributes}")
}

fn environment(sheet: &mut Sheet, container: &Value) {
    let from = list(container, "/envFrom");
    if !from.is_empty() {
        sheet.row(2, &["Environment Variables from:"]);
    }
    for source in from {
        let (kind, path) = if source.pointer("/secretRef").is_some() {
            ("Secret", "/secretRef")
        } else {
            ("ConfigMap", "/configMapRef")
        };
        let optional = truth(source, &format!("{path}/optional"));
        let prefix = text(source, "/prefix");
        let kind = if prefix.is_empty() { kind.to_owned() } else { format!("{kind} with prefix '{prefix}'") };
        sheet.row(3, &[text(source, &format!("{path}/name")), &kind, &format!("Optional: {optional}")]);
    }
    let variables = list(container, "/env");
    if variables.is_empty() {
        sheet.row(2, &["Environment:", "<none>"]);
        return;
    }
    sheet.row(2, &["Environment:"]);
    variables.iter().for_each(|variable| one_variable(sheet, variable));
}

fn one_variable(sheet: &mut Sheet, variable: &Value) {
    let name = text(variable, "/name");
    let title = format!("{name}:");
    let of = |path: &str| text(variable, &format!("/valueFrom/{path}"));
    let optional =
        |path: &str| format!("Optional: {}", truth(variable, &format!("/valueFrom/{path}/optional")));
    let has = |path: &str| variable.pointer(&format!("/valueFrom/{path}")).is_some();
    if has("secretKeyRef") {
        let value =
            format!("<set to the key '{}' in secret '{}'>", of("secretKeyRef/key"), of("secretKeyRef/name"));
        sheet.row(3, &[&title, &value, &optional("secretKeyRef")]);
    } else if has("configMapKeyRef") {
        let (key, map) = (of("configMapKeyRef/key"), of("configMapKeyRef/name"));
        let value = format!("<set to the key '{key}' of config map '{map}'>");
        sheet.row(3, &[&title, &value, &optional("configMapKeyRef")]);
    } else if has("fieldRef") {
        sheet.row(3, &[&title, &format!("({}:{})", of("fieldRef/apiVersion"), of("fieldRef/fieldPath"))]);
    } else if has("resourceFieldRef") {
        sheet.row(3, &[&title, &format!("({})", of("resourceFieldRef/resource"))]);
    } else if is_secret(name) {
        sheet.row(3, &[&title, "[redacted]"]);
    } else {
        for (at, line) in text(variable, "/value").split('\n').enumerate() {
            sheet.row(3, &[if at == 0 { &title } else { "" }, line]);
        }
    }
}

fn mounts(sheet: &mut Sheet, container: &Value) {
    let mut mounts: Vec<_> = list(container, "/volumeMounts").iter().collect();
    if mounts.is_empty() {
        sheet.row(2, &["Mounts:", "<none>"]);
        return;
    }
    sheet.row(2, &["Mounts:"]);
    mounts.sort_by_key(|mount| text(mount, "/mountPath"));
    for mount in mounts {
        let mut flags = if truth(mount, "/readOnly") { "ro" } else { "rw" }.to_owned();
        let part = text(mount, "/subPath");
        if !part.is_empty() {
            flags.push_str(&format!(",path={part:?}"));
        }
        sheet.row(3, &[&format!("{} from {} ({flags})", text(mount, "/mountPath"), text(mount, "/name"))]);
    }
}
