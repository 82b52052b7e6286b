//! Settings of what is watched by environment variable: one row each. A list is separated by commas.

use super::overlay::Apply;
use super::profile::Secret;
use super::settings::Settings;
use super::value::{self, Parsed};
use super::value_watch::{
    canary, cloud_name, haproxy_address, interval, line, object_name, project, regional,
};
use super::watch::{Address, FrontDoor, Google, Haproxy, Kubernetes, Watch};

/// Holds the password of the statistics pages itself, so its value is never parsed or repeated.
const PASSWORD: &str = "QUARTERDECK_HAPROXY_PASSWORD";

/// Variables that change what the file said, or bring a section that it has not.
pub const ROWS: [(&str, Apply); 23] = [
    ("QUARTERDECK_KUBECONFIG", |settings, text| {
        // From here, as a shell would take it.
        let path = std::path::absolute(text).map_err(|error| format!("is no path: {error}"))?;
        kubernetes(settings, |kubernetes| kubernetes.kubeconfig = Some(path))
    }),
    ("QUARTERDECK_KUBERNETES_CONTEXT", |settings, text| {
        let context = line(text)?;
        kubernetes(settings, |kubernetes| kubernetes.context = Some(context))
    }),
    ("QUARTERDECK_KUBERNETES_NAMESPACE", |settings, text| {
        let namespace = object_name(text)?;
        kubernetes(settings, |kubernetes| kubernetes.namespace = Some(namespace))
    }),
    ("QUARTERDECK_KUBERNETES_SELECTOR", |settings, text| {
        let selector = line(text)?;
        kubernetes(settings, |kubernetes| kubernetes.selector = selector)
    }),
    ("QUARTERDECK_KUBERNETES_SERVICE", |settings, text| {
        let service = object_name(text)?;
        kubernetes(settings, |kubernetes| kubernetes.service = service)
    }),
    ("QUARTERDECK_KUBERNETES_BASELINE", |settings, text| {
        let baseline = text.parse().ok().filter(|baseline| *baseline >= 1);
        let baseline = baseline.ok_or("want a whole number from 1 on")?;
        kubernetes(settings, |kubernetes| kubernetes.baseline = Some(baseline))
    }),
    ("QUARTERDECK_HAPROXY_INSTANCES", |settings, text| {
        let instances = list(text, instance)?;
        haproxy(settings, |haproxy| haproxy.instances = instances)
    }),
    ("QUARTERDECK_HAPROXY_BACKENDS", |settings, text| {
        let backends = list(text, line)?;
        haproxy(settings, |haproxy| haproxy.backends = backends)
    }),
    ("QUARTERDECK_HAPROXY_INTERVAL", |settings, text| {
        let interval = interval(text)?;
        haproxy(settings, |haproxy| haproxy.interval = interval)
    }),
    ("QUARTERDECK_HAPROXY_USERNAME", |settings, text| {
        haproxy(settings, |haproxy| haproxy.username = Some(text.to_owned()))
    }),
    (PASSWORD, |settings, _| {
        haproxy(settings, |haproxy| haproxy.password = Some(Secret::Environment(PASSWORD.to_owned())))
    }),
    ("QUARTERDECK_GOOGLE_PROJECT", |settings, text| {
        let project = project(text)?;
        google(settings, |google| google.project = Some(project))
    }),
    ("QUARTERDECK_GOOGLE_REGION", |settings, text| {
        let region = cloud_name(text)?;
        google(settings, |google| google.region = Some(region))
    }),
    ("QUARTERDECK_GOOGLE_TARGET_POOLS", |settings, text| {
        let pools = list(text, regional)?;
        google(settings, |google| google.target_pools = pools)
    }),
    ("QUARTERDECK_GOOGLE_BACKEND_SERVICES", |settings, text| {
        let services = list(text, regional)?;
        google(settings, |google| google.backend_services = services)
    }),
    ("QUARTERDECK_GOOGLE_ENDPOINT", |settings, text| {
        let endpoint = value::endpoint(text)?;
        google(settings, |google| google.endpoint = Some(endpoint))
    }),
    ("QUARTERDECK_GOOGLE_ANONYMOUS", |settings, text| {
        let anonymous = value::boolean(text)?;
        google(settings, |google| google.anonymous = anonymous)
    }),
    ("QUARTERDECK_GOOGLE_INTERVAL", |settings, text| {
        let interval = interval(text)?;
        google(settings, |google| google.interval = interval)
    }),
    ("QUARTERDECK_GOOGLE_STATUS_URL", |settings, text| {
        let status = value::endpoint(text)?;
        google(settings, |google| google.status_url = Some(status))
    }),
    ("QUARTERDECK_GOOGLE_PRODUCTS", |settings, text| {
        let products = list(text, line)?;
        google(settings, |google| google.products = products)
    }),
    ("QUARTERDECK_FRONT_DOOR_URL", |settings, text| {
        let url = value::front_door(text)?;
        front_door(settings, |front_door| front_door.url = Some(url))
    }),
    ("QUARTERDECK_FRONT_DOOR_CANARIES", |settings, text| {
        let canaries = list(text, canary)?;
        front_door(settings, |front_door| front_door.canaries = canaries)
    }),
    ("QUARTERDECK_FRONT_DOOR_INTERVAL", |settings, text| {
        let interval = interval(text)?;
        front_door(settings, |front_door| front_door.interval = interval)
    }),
];

fn kubernetes(settings: &mut Settings, change: impl FnOnce(&mut Kubernetes)) -> Parsed<()> {
    section(settings, |watch| &mut watch.kubernetes, change)
}

fn haproxy(settings: &mut Settings, change: impl FnOnce(&mut Haproxy)) -> Parsed<()> {
    section(settings, |watch| &mut watch.haproxy, change)
}

fn google(settings: &mut Settings, change: impl FnOnce(&mut Google)) -> Parsed<()> {
    section(settings, |watch| &mut watch.google, change)
}

fn front_door(settings: &mut Settings, change: impl FnOnce(&mut FrontDoor)) -> Parsed<()> {
    section(settings, |watch| &mut watch.front_door, change)
}

/// Changes a section, which is there from then on.
pub fn section<T: Default>(
    settings: &mut Settings,
    place: fn(&mut Watch) -> &mut Option<T>,
    change: impl FnOnce(&mut T),
) -> Parsed<()> {
    if let Some(profile) = &mut settings.profile {
        change(place(&mut profile.watch).get_or_insert_default());
    }
    Ok(())
}

pub fn list<T>(text: &str, parse: impl Fn(&str) -> Parsed<T>) -> Parsed<Vec<T>> {
    text.split(',').map(str::trim).map(parse).collect()
}

/// `name=address`.
fn instance(text: &str) -> Parsed<(String, Address)> {
    let (name, address) =
        text.split_once('=').ok_or_else(|| format!("{text:?} is not allowed, want name=address, …"))?;
    let path = |path: &str| std::path::absolute(path).map_err(|error| format!("is no path: {error}"));
    Ok((value::label(name)?, haproxy_address(address.trim(), path)?))
}
