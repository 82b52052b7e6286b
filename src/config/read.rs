//! From a document to a configuration, with every mistake on the way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::document::Document;
use super::duration::parse_duration;
use super::mistake::{Mistake, Mistakes, Origin, did_you_mean, one_of};
use super::profile::{Bucket, Config, Mode, Profile, Registry, SETTLE, Secret};
use super::read_watch;
use super::section::{Findings, Section};
use super::value::{self, Parsed};

/// What a document says.
///
/// # Errors
///
/// Every mistake in it, in the order of its lines.
pub fn read(document: &Document) -> Result<Config, Mistakes> {
    let mut findings = Findings::new(document);
    let config = read_into(&mut findings);
    findings.mistakes.sort();
    findings.mistakes.dedup();
    if findings.mistakes.is_empty() { Ok(config) } else { Err(Mistakes(findings.mistakes)) }
}

fn read_into(findings: &mut Findings<'_>) -> Config {
    let document = findings.document;
    let (table, errors) = DeTable::parse_recoverable(document.text());
    let root = Section::new(table.get_ref(), 0..0, String::new());
    let config = root_section(root, findings);
    if !errors.is_empty() {
        let grammar = errors.iter().map(|error| grammar_mistake(document, error));
        keep_certain(&mut findings.mistakes, grammar.collect());
    }
    config
}

/// Adds the mistakes of grammar, and drops those that may only follow from them.
fn keep_certain(mistakes: &mut Vec<Mistake>, grammar: Vec<Mistake>) {
    let line = |mistake: &Mistake| match mistake.origin {
        Origin::File { line, .. } => line,
        Origin::Variable(_) | Origin::Flag(_) => 0,
    };
    mistakes.retain(|mistake| {
        !mistake.what.starts_with(MISSING) && !grammar.iter().any(|found| line(found) == line(mistake))
    });
    mistakes.extend(grammar);
}

fn grammar_mistake(document: &Document, error: &toml::de::Error) -> Mistake {
    let origin = error.span().map_or_else(|| document.whole(), |span| document.place(&span));
    Mistake { origin, key: String::new(), what: error.message().replace('\n', ", ") }
}

const MISSING: &str = "is missing";

fn root_section(mut root: Section<'_>, findings: &mut Findings<'_>) -> Config {
    let folder = findings.document.folder().to_owned();
    let default_profile = root.text("default_profile", findings, |name| Ok(name.to_owned()));
    let config = Config {
        theme: root.text("theme", findings, value::choice).unwrap_or_default(),
        clipboard: root.text("clipboard", findings, value::choice).unwrap_or_default(),
        state_folder: root.text("state_folder", findings, |path| named_path(&folder, path)),
        profiles: BTreeMap::new(),
        default_profile,
    };
    let named =
        root.section("profiles", findings).map(|profiles| profiles.sections(findings)).unwrap_or_default();
    if let Some(name) = &config.default_profile
        && !named.iter().any(|(known, ..)| known == name)
    {
        unknown_default(name, &root, named.iter().map(|(known, ..)| *known).collect(), findings);
    }
    root.finish(findings);
    let mut profiles = BTreeMap::new();
    for (name, range, section) in named {
        profile_name(name, &range, findings);
        if let Some(profile) = profile(section, findings) {
            profiles.insert(name.to_owned(), profile);
        }
    }
    Config { profiles, ..config }
}

fn unknown_default(name: &str, root: &Section<'_>, known: Vec<&str>, findings: &mut Findings<'_>) {
    let mut what = format!("there is no profile {name:?}{}", did_you_mean(name, known.iter().copied()));
    if !what.ends_with('?') {
        what = format!("{what}; the profiles are: {}", one_of(known));
    }
    findings.note(&root.place("default_profile").unwrap_or_default(), "default_profile", what);
}

fn profile_name(name: &str, range: &Range<usize>, findings: &mut Findings<'_>) {
    let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || !name.chars().all(good) {
        findings.note(
            range,
            "profiles",
            format!("the name {name:?} is not allowed, want letters, digits, . _ and -"),
        );
    }
}

fn profile(mut section: Section<'_>, findings: &mut Findings<'_>) -> Option<Profile> {
    let environment = section.text("environment", findings, value::label);
    let protected = section.boolean("protected", findings).unwrap_or_default();
    let settle = section.text("settle", findings, parse_duration).unwrap_or(SETTLE);
    let given = section.place("bucket").is_some();
    let bucket = section.section("bucket", findings).and_then(|bucket| self::bucket(bucket, findings));
    if !given {
        let what = format!(
            "{MISSING}: add a section [{}] with url = \"gs://…\" or \"file:///…\"",
            section.key("bucket")
        );
        findings.note(&section.range, &section.key("bucket"), what);
    }
    let registry = section.section("registry", findings).map(|registry| self::registry(registry, findings));
    let registry = registry.unwrap_or_default();
    let watch = read_watch::watch(&mut section, &registry, findings);
    section.finish(findings);
    Some(Profile { environment, protected, settle, bucket: bucket?, registry, watch })
}

fn bucket(mut section: Section<'_>, findings: &mut Findings<'_>) -> Option<Bucket> {
    let url = section.text("url", findings, value::bucket_url);
    if section.place("url").is_none() {
        findings.note(&section.range, &section.key("url"), format!("{MISSING}: want gs://… or file:///…"));
    }
    let transport = section.text("transport", findings, value::choice).unwrap_or_default();
    let endpoint = section.text("endpoint", findings, value::endpoint);
    let grpc_endpoint = section.text("grpc_endpoint", findings, value::endpoint);
    let anonymous = section.boolean("anonymous", findings).unwrap_or_default();
    if url.as_ref().is_some_and(|url| url.scheme() == "file") {
        without_effect(
            &section,
            findings,
            &["transport", "endpoint", "grpc_endpoint", "anonymous"],
            "a gs:// bucket",
        );
    }
    section.finish(findings);
    Some(Bucket { url: url?, transport, endpoint, grpc_endpoint, anonymous })
}

fn registry(mut section: Section<'_>, findings: &mut Findings<'_>) -> Registry {
    let url = section.text("url", findings, value::front_door);
    let mode = section.text("mode", findings, value::choice).unwrap_or_default();
    let username = section.text("username", findings, |name| Ok(name.to_owned()));
    let password = password(&mut section, findings);
    if section.place("url").is_none() {
        without_effect(&section, findings, &LOGIN, "a registry with a url");
        needs_url(&section, mode, findings);
    }
    section.finish(findings);
    Registry { url, mode, username, password }
}

/// The keys of a login.
pub const LOGIN: [&str; 3] = ["username", "password_file", "password_env"];

/// Where the password is; `username` has been read before.
pub fn password(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<Secret> {
    let folder = findings.document.folder().to_owned();
    let file = section.text("password_file", findings, |path| named_path(&folder, path));
    let variable = section.text("password_env", findings, value::variable_name);
    credentials(section, findings);
    no_secrets(section, findings);
    file.map(Secret::File).or(variable.map(Secret::Environment))
}

fn needs_url(section: &Section<'_>, mode: Mode, findings: &mut Findings<'_>) {
    if let (Mode::Database, Some(place)) = (mode, section.place("mode")) {
        let what = "\"database\" needs the registry's url: tags are asked of the registry, not of the bucket";
        findings.note(&place, &section.key("mode"), what);
    }
}

fn credentials(section: &Section<'_>, findings: &mut Findings<'_>) {
    let (name, file, variable) =
        (section.place("username"), section.place("password_file"), section.place("password_env"));
    match (name, file, variable) {
        (_, Some(_), Some(place)) => {
            findings.note(
                &place,
                &section.key("password_env"),
                "goes not together with password_file; keep one",
            );
        }
        (Some(place), None, None) => {
            findings.note(&place, &section.key("username"), "needs password_file or password_env beside it");
        }
        (None, Some(place), None) | (None, None, Some(place)) => {
            findings.note(&place, &section.path, "a password needs username beside it");
        }
        (Some(_), _, _) | (None, None, None) => {}
    }
}

/// People try this first; the answer must say where a secret goes, and must not repeat it.
fn no_secrets(section: &mut Section<'_>, findings: &mut Findings<'_>) {
    for key in ["password", "token"] {
        if let Some(place) = section.tolerate(key) {
            let what =
                "secrets stay out of this file: name a file in password_file, or a variable in password_env";
            findings.note(&place, &section.key(key), what);
        }
    }
}

/// Notes the keys that do nothing without `needs`.
pub fn without_effect(section: &Section<'_>, findings: &mut Findings<'_>, keys: &[&str], needs: &str) {
    for key in keys {
        if let Some(place) = section.place(key) {
            findings.note(&place, &section.key(key), format!("has no effect here, it is for {needs}"));
        }
    }
}

/// A path as it stands, from the home folder after `~/`, else from the folder of the configuration file.
pub fn named_path(folder: &Path, text: &str) -> Parsed<PathBuf> {
    if text.trim().is_empty() {
        return Err("is empty, want a path".to_owned());
    }
    match text.strip_prefix("~/") {
        None => Ok(folder.join(text)),
        Some(rest) => {
            let home = directories::BaseDirs::new().ok_or("~ is no folder here; write the whole path")?;
            Ok(home.home_dir().join(rest))
        }
    }
}
