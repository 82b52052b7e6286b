//! The configuration file of a staged site, so that other programs of ours can be pointed at it from a second terminal.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::config::{Address, Profile, Watch};

/// Where it lies in the site's folder.
pub fn place(folder: &Path) -> PathBuf {
    folder.join("quarterdeck.toml")
}

/// Writes it.
///
/// # Errors
///
/// The folder cannot be written to.
pub fn write(folder: &Path, profile: &Profile) -> io::Result<()> {
    let profiles = table([("staging", Some(of(profile)))]);
    let document = Table::from_iter([("profiles".to_owned(), profiles)]);
    std::fs::write(place(folder), document.to_string())
}

fn of(profile: &Profile) -> Value {
    let Watch { kubernetes, haproxy, google, front_door, logs } = &profile.watch;
    let kubernetes = kubernetes.as_ref().map(|of| {
        table([
            ("kubeconfig", of.kubeconfig.as_ref().map(|path| text(path.display()))),
            ("namespace", of.namespace.as_ref().map(text)),
            ("selector", Some(text(&of.selector))),
            ("service", Some(text(&of.service))),
            ("baseline", of.baseline.map(|count| Value::Integer(count.into()))),
        ])
    });
    let haproxy = haproxy.as_ref().map(|of| {
        let instances = of.instances.iter().filter_map(|(name, address)| match address {
            Address::Unix(path) => Some((name.as_str(), Some(text(format!("unix:{}", path.display()))))),
            _ => None,
        });
        table([("backends", Some(list(&of.backends))), ("instances", Some(table(instances)))])
    });
    let google = google.as_ref().map(|of| {
        table([
            ("project", of.project.as_ref().map(text)),
            ("region", of.region.as_ref().map(text)),
            ("target_pools", Some(list(of.target_pools.iter().map(|pool| &pool.name)))),
            ("endpoint", of.endpoint.as_ref().map(text)),
            ("anonymous", Some(Value::Boolean(of.anonymous))),
            ("status_url", of.status_url.as_ref().map(text)),
        ])
    });
    let front_door = front_door.as_ref().map(|of| {
        let canaries = of.canaries.iter().map(ToString::to_string);
        table([("url", of.url.as_ref().map(text)), ("canaries", Some(list(canaries)))])
    });
    let logs = logs.as_ref().map(|of| {
        let files = of.files.iter().map(|(name, path)| (name.as_str(), Some(text(path.display()))));
        table([("files", Some(table(files)))])
    });
    let registry = profile.registry.url.as_ref().map(|url| table([("url", Some(text(url)))]));
    table([
        ("bucket", Some(table([("url", Some(text(&profile.bucket.url)))]))),
        ("registry", registry),
        ("kubernetes", kubernetes),
        ("haproxy", haproxy),
        ("google", google),
        ("front_door", front_door),
        ("logs", logs),
    ])
}

fn text(what: impl Display) -> Value {
    Value::String(what.to_string())
}

fn list(all: impl IntoIterator<Item = impl Display>) -> Value {
    Value::Array(all.into_iter().map(text).collect())
}

fn table<'a>(rows: impl IntoIterator<Item = (&'a str, Option<Value>)>) -> Value {
    let rows = rows.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Table(rows.collect::<Table>())
}
