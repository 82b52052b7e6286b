//! Settings of logs by environment variable: one row each. A list is separated by commas.

use super::environment::Environment;
use super::logs::{Elasticsearch, GoogleLogging, Logs};
use super::mistake::{Mistake, Origin};
use super::overlay::Apply;
use super::overlay_watch::{list, section};
use super::profile::Secret;
use super::settings::Settings;
use super::value::{self, Parsed};
use super::value_logs::{history, index, kept, statuses};
use super::value_watch::{interval, line, project};

/// Hold secrets themselves, so their values are never parsed or repeated.
const PASSWORD: &str = "QUARTERDECK_LOGS_ELASTICSEARCH_PASSWORD";
const API_KEY: &str = "QUARTERDECK_LOGS_ELASTICSEARCH_API_KEY";

/// Variables that change what the file said, or bring a section that it has not.
pub const ROWS: [(&str, Apply); 23] = [
    ("QUARTERDECK_LOGS_KUBERNETES", |settings, text| {
        let follow = value::boolean(text)?;
        logs(settings, |logs| logs.kubernetes = follow)
    }),
    ("QUARTERDECK_LOGS_FILES", |settings, text| {
        let files = list(text, |text| {
            let (name, path) = named(text, "haproxy=/var/log/haproxy.log")?;
            // From here, as a shell would take it.
            let path = std::path::absolute(path).map_err(|error| format!("{path:?} is no path: {error}"))?;
            Ok((name, path))
        })?;
        logs(settings, |logs| logs.files = files)
    }),
    ("QUARTERDECK_LOGS_DOCKER", |settings, text| {
        let docker = list(text, |text| {
            let (name, container) = named(text, "registry=registry-1")?;
            Ok((name, line(container)?))
        })?;
        logs(settings, |logs| logs.docker = docker)
    }),
    ("QUARTERDECK_LOGS_DOCKER_FOLDER", |settings, text| {
        let path = std::path::absolute(text).map_err(|error| format!("is no path: {error}"))?;
        logs(settings, |logs| logs.docker_folder = path)
    }),
    ("QUARTERDECK_LOGS_JOURNAL", |settings, text| {
        let journal = list(text, |text| {
            let (name, unit) = named(text, "registry=docker-registry.service")?;
            Ok((name, line(unit)?))
        })?;
        logs(settings, |logs| logs.journal = journal)
    }),
    ("QUARTERDECK_LOGS_HISTORY", |settings, text| {
        let history = history(text)?;
        logs(settings, |logs| logs.history = history)
    }),
    ("QUARTERDECK_LOGS_KEEP", |settings, text| {
        let keep = kept(text)?;
        logs(settings, |logs| logs.keep = keep)
    }),
    ("QUARTERDECK_LOGS_ROOM", |settings, text| {
        let room = kept(text)?;
        logs(settings, |logs| logs.room = Some(room as u64))
    }),
    ("QUARTERDECK_LOGS_RADAR", |settings, text| {
        let radar = list(text, statuses)?;
        logs(settings, |logs| logs.radar = radar)
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_URL", |settings, text| {
        let url = value::endpoint(text)?;
        elasticsearch(settings, |section| section.url = Some(url))
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_INDEX", |settings, text| {
        let index = index(text)?;
        elasticsearch(settings, |section| section.index = Some(index))
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_QUERY", |settings, text| {
        let query = line(text)?;
        elasticsearch(settings, |section| section.query = Some(query))
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_TIME", |settings, text| {
        let time = line(text)?;
        elasticsearch(settings, |section| section.time = time)
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_MESSAGE", |settings, text| {
        let message = line(text)?;
        elasticsearch(settings, |section| section.message = Some(message))
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_INTERVAL", |settings, text| {
        let interval = interval(text)?;
        elasticsearch(settings, |section| section.interval = interval)
    }),
    ("QUARTERDECK_LOGS_ELASTICSEARCH_USERNAME", |settings, text| {
        elasticsearch(settings, |section| section.username = Some(text.to_owned()))
    }),
    (PASSWORD, |settings, _| {
        elasticsearch(settings, |section| section.password = Some(Secret::Environment(PASSWORD.to_owned())))
    }),
    (API_KEY, |settings, _| {
        elasticsearch(settings, |section| section.api_key = Some(Secret::Environment(API_KEY.to_owned())))
    }),
    ("QUARTERDECK_LOGS_GOOGLE_PROJECT", |settings, text| {
        let project = project(text)?;
        google(settings, |google| google.project = Some(project))
    }),
    ("QUARTERDECK_LOGS_GOOGLE_FILTER", |settings, text| {
        let filter = line(text)?;
        google(settings, |google| google.filter = Some(filter))
    }),
    ("QUARTERDECK_LOGS_GOOGLE_ENDPOINT", |settings, text| {
        let endpoint = value::endpoint(text)?;
        google(settings, |google| google.endpoint = Some(endpoint))
    }),
    ("QUARTERDECK_LOGS_GOOGLE_ANONYMOUS", |settings, text| {
        let anonymous = value::boolean(text)?;
        google(settings, |google| google.anonymous = anonymous)
    }),
    ("QUARTERDECK_LOGS_GOOGLE_INTERVAL", |settings, text| {
        let interval = interval(text)?;
        google(settings, |google| google.interval = interval)
    }),
];

/// What a section cannot do without: how its variables begin, the variable that is missing, what it wants, and whether
/// it is there.
type Needed = (&'static str, &'static str, &'static str, fn(&Logs) -> bool);

const NEEDED: [Needed; 3] = [
    (
        "QUARTERDECK_LOGS_ELASTICSEARCH_",
        "QUARTERDECK_LOGS_ELASTICSEARCH_URL",
        "the address of Elasticsearch, not that of Kibana",
        |logs| logs.elasticsearch.as_ref().is_none_or(|section| section.url.is_some()),
    ),
    (
        "QUARTERDECK_LOGS_ELASTICSEARCH_",
        "QUARTERDECK_LOGS_ELASTICSEARCH_INDEX",
        "a name or a pattern of indices such as \"pubsub-gke-inf-gprd*\"",
        |logs| logs.elasticsearch.as_ref().is_none_or(|section| section.index.is_some()),
    ),
    (
        "QUARTERDECK_LOGS_GOOGLE_",
        "QUARTERDECK_LOGS_GOOGLE_PROJECT",
        "the id of the project that has the logs",
        |logs| logs.google.as_ref().is_none_or(|section| section.project.is_some()),
    ),
];

/// Mistakes of variables that bring a section which nothing could be read of.
pub fn left_out(settings: &Settings, environment: &Environment) -> Vec<Mistake> {
    let Some(logs) = settings.profile.as_ref().and_then(|profile| profile.watch.logs.as_ref()) else {
        return Vec::new();
    };
    let is_set = |name: &str| !matches!(environment.text(name), Ok(None));
    let named = |start: &str| ROWS.iter().any(|(name, _)| name.starts_with(start) && is_set(name));
    let missing =
        NEEDED.iter().filter(|(start, name, _, is_there)| named(start) && !is_set(name) && !is_there(logs));
    let mistake = |(start, name, want, _): &Needed| Mistake {
        origin: Origin::Variable((*name).to_owned()),
        key: String::new(),
        what: format!("is missing beside the others that begin with {start}: want {want}"),
    };
    missing.map(mistake).collect()
}

fn logs(settings: &mut Settings, change: impl FnOnce(&mut Logs)) -> Parsed<()> {
    section(settings, |watch| &mut watch.logs, change)
}

fn elasticsearch(settings: &mut Settings, change: impl FnOnce(&mut Elasticsearch)) -> Parsed<()> {
    logs(settings, |logs| change(logs.elasticsearch.get_or_insert_default()))
}

fn google(settings: &mut Settings, change: impl FnOnce(&mut GoogleLogging)) -> Parsed<()> {
    logs(settings, |logs| change(logs.google.get_or_insert_default()))
}

/// `name=what it stands for`.
fn named<'t>(text: &'t str, such_as: &str) -> Parsed<(String, &'t str)> {
    let (name, what) = text.split_once('=').ok_or_else(|| format!("{text:?} has no name; want {such_as}"))?;
    Ok((value::label(name).map_err(|why| format!("the name {name:?} {why}"))?, what.trim()))
}
