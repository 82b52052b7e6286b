//! The sections of a profile that say where its logs are.

use super::logs::{Elasticsearch, GoogleLogging, Logs};
use super::profile::Secret;
use super::read::{named_path, password};
use super::section::{Findings, Section};
use super::value::{self, Parsed};
use super::value_logs::{argument, history, index, kept, statuses};
use super::value_watch::{interval, line, project};

/// What the section says. `has_cluster` is whether the profile has one to take logs from.
pub fn logs(mut section: Section<'_>, has_cluster: bool, findings: &mut Findings<'_>) -> Logs {
    let folder = findings.document.folder().to_owned();
    let usual = Logs::default();
    let kubernetes = section.boolean("kubernetes", findings);
    if let (Some(true), false, Some(place)) = (kubernetes, has_cluster, section.place("kubernetes")) {
        let what = "needs the profile's section for kubernetes, which says where the pods are";
        findings.note(&place, &section.key("kubernetes"), what);
    }
    let read = Logs {
        kubernetes: kubernetes.unwrap_or(usual.kubernetes),
        files: texts(&mut section, "files", findings, |path| named_path(&folder, path)),
        docker: texts(&mut section, "docker", findings, line),
        docker_folder: section
            .text("docker_folder", findings, |path| named_path(&folder, path))
            .unwrap_or(usual.docker_folder),
        journal: texts(&mut section, "journal", findings, line),
        commands: commands(&mut section, findings),
        elasticsearch: section
            .section("elasticsearch", findings)
            .map(|section| elasticsearch(section, findings)),
        google: section.section("google", findings).map(|section| google(section, findings)),
        lenses: texts(&mut section, "lenses", findings, line),
        history: section.text("history", findings, history).unwrap_or(usual.history),
        keep: section.text("keep", findings, kept).unwrap_or(usual.keep),
        room: section.text("room", findings, kept).map(|bytes| bytes as u64),
        radar: section.list("radar", findings, statuses).unwrap_or(usual.radar),
    };
    section.finish(findings);
    read
}

/// A table of names of one's choice, and what each stands for.
fn texts<T>(
    section: &mut Section<'_>,
    key: &'static str,
    findings: &mut Findings<'_>,
    parse: impl Fn(&str) -> Parsed<T>,
) -> Vec<(String, T)> {
    let Some(table) = section.section(key, findings) else { return Vec::new() };
    let rows = table.texts(findings, parse);
    rows.into_iter().filter_map(|row| labelled(row, &table, findings)).collect()
}

fn commands(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<(String, Vec<String>)> {
    let Some(table) = section.section("commands", findings) else { return Vec::new() };
    let rows = table.lists(findings, argument);
    let mut commands = Vec::new();
    for (name, place, program) in rows {
        if program.is_empty() {
            let what = "is empty, want a program and its arguments such as [\"ssh\", \"lb-01\", \"…\"]";
            findings.note(&place, &table.key(name), what);
        } else {
            commands.extend(labelled((name, place, program), &table, findings));
        }
    }
    commands
}

fn labelled<T>(
    (name, place, value): (&str, std::ops::Range<usize>, T),
    table: &Section<'_>,
    findings: &mut Findings<'_>,
) -> Option<(String, T)> {
    let wrong = |why| findings.note(&place, &table.path, format!("the name {name:?} {why}"));
    Some((value::label(name).map_err(wrong).ok()?, value))
}

fn elasticsearch(mut section: Section<'_>, findings: &mut Findings<'_>) -> Elasticsearch {
    let usual = Elasticsearch::default();
    let folder = findings.document.folder().to_owned();
    let mut read = Elasticsearch {
        url: section.text("url", findings, value::endpoint),
        index: section.text("index", findings, index),
        query: section.text("query", findings, line),
        time: section.text("time", findings, line).unwrap_or(usual.time),
        message: section.text("message", findings, line),
        interval: section.text("interval", findings, interval).unwrap_or(usual.interval),
        username: section.text("username", findings, line),
        password: password(&mut section, findings),
        api_key: None,
    };
    let file = section.text("api_key_file", findings, |path| named_path(&folder, path));
    let variable = section.text("api_key_env", findings, value::variable_name);
    read.api_key = file.map(Secret::File).or(variable.map(Secret::Environment));
    one_of_two(&section, "api_key_file", "api_key_env", findings);
    for key in ["api_key_file", "api_key_env"] {
        one_of_two(&section, "username", key, findings);
    }
    if let Some(place) = section.tolerate("api_key") {
        let what = "secrets stay out of this file: name a file in api_key_file, or a variable in api_key_env";
        findings.note(&place, &section.key("api_key"), what);
    }
    missing(&section, "url", "want the address of Elasticsearch, not that of Kibana", findings);
    missing(
        &section,
        "index",
        "want a name or a pattern of indices such as \"pubsub-gke-inf-gprd*\"",
        findings,
    );
    section.finish(findings);
    read
}

fn google(mut section: Section<'_>, findings: &mut Findings<'_>) -> GoogleLogging {
    let usual = GoogleLogging::default();
    let read = GoogleLogging {
        project: section.text("project", findings, project),
        filter: section.text("filter", findings, line),
        endpoint: section.text("endpoint", findings, value::endpoint),
        anonymous: section.boolean("anonymous", findings).unwrap_or_default(),
        interval: section.text("interval", findings, interval).unwrap_or(usual.interval),
    };
    missing(&section, "project", "want the id of the project that has the logs", findings);
    section.finish(findings);
    read
}

fn missing(section: &Section<'_>, key: &str, want: &str, findings: &mut Findings<'_>) {
    if section.place(key).is_none() {
        findings.note(&section.range, &section.key(key), format!("is missing: {want}"));
    }
}

fn one_of_two(section: &Section<'_>, one: &str, other: &str, findings: &mut Findings<'_>) {
    if let (Some(_), Some(place)) = (section.place(one), section.place(other)) {
        findings.note(&place, &section.key(other), format!("goes not together with {one}; keep one"));
    }
}
