//! The sections of a profile that say what is watched besides the bucket.

use super::profile::Registry;
use super::read::{LOGIN, named_path, password, without_effect};
use super::read_logs;
use super::section::{Findings, Section};
use super::value;
use super::value_watch::{
    canary, cloud_name, haproxy_address, interval, line, object_name, project, regional,
};
use super::watch::{Address, FrontDoor, Google, Haproxy, Kubernetes, Watch};

/// What the sections of a profile say of the world around its bucket.
pub fn watch(profile: &mut Section<'_>, registry: &Registry, findings: &mut Findings<'_>) -> Watch {
    let kubernetes = profile.section("kubernetes", findings).map(|section| kubernetes(section, findings));
    Watch {
        haproxy: profile.section("haproxy", findings).map(|section| haproxy(section, findings)),
        google: profile.section("google", findings).map(|section| google(section, findings)),
        front_door: profile
            .section("front_door", findings)
            .map(|section| front_door(section, registry, findings)),
        logs: profile
            .section("logs", findings)
            .map(|section| read_logs::logs(section, kubernetes.is_some(), findings)),
        kubernetes,
    }
}

fn kubernetes(mut section: Section<'_>, findings: &mut Findings<'_>) -> Kubernetes {
    let folder = findings.document.folder().to_owned();
    let usual = Kubernetes::default();
    let read = Kubernetes {
        kubeconfig: section.text("kubeconfig", findings, |path| named_path(&folder, path)),
        context: section.text("context", findings, line),
        namespace: section.text("namespace", findings, object_name),
        selector: section.text("selector", findings, line).unwrap_or(usual.selector),
        service: section.text("service", findings, object_name).unwrap_or(usual.service),
        baseline: section.count("baseline", 1, findings),
    };
    section.finish(findings);
    read
}

fn haproxy(mut section: Section<'_>, findings: &mut Findings<'_>) -> Haproxy {
    let usual = Haproxy::default();
    let given = section.place("instances").is_some();
    let instances = section.section("instances", findings).map(|table| instances(&table, findings));
    if !given {
        let what = format!("is missing: add a section [{}] with {WANTED}", section.key("instances"));
        findings.note(&section.range, &section.key("instances"), what);
    }
    let instances = instances.unwrap_or_default();
    let backends = section.list("backends", findings, line).unwrap_or_default();
    let interval = section.text("interval", findings, interval).unwrap_or(usual.interval);
    let username = section.text("username", findings, line);
    let password = password(&mut section, findings);
    if !instances.iter().any(|(_, address)| matches!(address, Address::Http(_))) {
        without_effect(&section, findings, &LOGIN, "an instance at http:// or https://");
    }
    section.finish(findings);
    Haproxy { instances, backends, interval, username, password }
}

/// How an instance is written.
const WANTED: &str = "name = \"unix:/run/haproxy/admin.sock\"";

fn instances(table: &Section<'_>, findings: &mut Findings<'_>) -> Vec<(String, Address)> {
    let folder = findings.document.folder().to_owned();
    let rows = table.texts(findings, |text| haproxy_address(text, |path| named_path(&folder, path)));
    let mut instances = Vec::new();
    for (name, place, address) in rows {
        match value::label(name) {
            Ok(name) => instances.push((name, address)),
            Err(why) => findings.note(&place, &table.path, format!("the name {name:?} {why}")),
        }
    }
    instances
}

fn google(mut section: Section<'_>, findings: &mut Findings<'_>) -> Google {
    let usual = Google::default();
    let read = Google {
        project: section.text("project", findings, project),
        region: section.text("region", findings, cloud_name),
        target_pools: section.list("target_pools", findings, regional).unwrap_or_default(),
        backend_services: section.list("backend_services", findings, regional).unwrap_or_default(),
        endpoint: section.text("endpoint", findings, value::endpoint),
        anonymous: section.boolean("anonymous", findings).unwrap_or_default(),
        interval: section.text("interval", findings, interval).unwrap_or(usual.interval),
        status_url: section.text("status_url", findings, value::endpoint),
        products: section.list("products", findings, line).unwrap_or(usual.products),
    };
    needs(&section, &["target_pools", "backend_services"], "project", findings);
    if read.target_pools.iter().any(|pool| pool.region.is_none()) {
        needs(&section, &["target_pools"], "region", findings);
    }
    if section.place("status_url").is_none() {
        without_effect(&section, findings, &["products"], "incidents, which need a status_url");
    }
    section.finish(findings);
    read
}

/// Notes the first of `keys` that is there if `other` is not.
fn needs(section: &Section<'_>, keys: &[&str], other: &str, findings: &mut Findings<'_>) {
    let given = keys.iter().find_map(|key| Some((key, section.place(key)?)));
    if let (Some((key, place)), None) = (given, section.place(other)) {
        findings.note(&place, &section.key(key), format!("needs {other} beside it"));
    }
}

fn front_door(mut section: Section<'_>, registry: &Registry, findings: &mut Findings<'_>) -> FrontDoor {
    let usual = FrontDoor::default();
    let read = FrontDoor {
        url: section.text("url", findings, value::front_door),
        canaries: section.list("canaries", findings, canary).unwrap_or_default(),
        interval: section.text("interval", findings, interval).unwrap_or(usual.interval),
    };
    if section.place("url").is_none() && registry.url.is_none() {
        let what = "is missing: give it here, or give the profile's registry one";
        findings.note(&section.range, &section.key("url"), what);
    }
    section.finish(findings);
    read
}
