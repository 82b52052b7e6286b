//! What a path asks for.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use crate::staging::kubernetes::kinds::{self, REVIEWS, Resource};

/// What a path stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    Version,
    Healthy,
    Discovery(Documents),
    Objects(Asked),
    Review(&'static Resource),
    Unknown,
}

/// The documents of discovery.
#[derive(Debug, PartialEq, Eq)]
pub enum Documents {
    /// `/api`
    Core,
    /// `/apis`
    Groups,
    /// `/apis/apps`
    Group(String),
    /// `/api/v1`, `/apis/apps/v1`
    Resources { group: String, version: String },
}

/// Objects of a kind, or one of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    pub resource: &'static Resource,
    /// None for all namespaces, and for kinds outside of them.
    pub namespace: Option<String>,
    pub name: Option<String>,
    /// `log` and the like.
    pub below: Option<String>,
}

impl Target {
    pub fn parse(path: &str) -> Self {
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["version"] => Self::Version,
            ["healthz" | "readyz" | "livez", ..] => Self::Healthy,
            ["api"] => Self::Discovery(Documents::Core),
            ["apis"] => Self::Discovery(Documents::Groups),
            ["apis", group] => Self::Discovery(Documents::Group((*group).to_owned())),
            ["api", version] => Self::Discovery(resources("", version)),
            ["apis", group, version] => Self::Discovery(resources(group, version)),
            ["api", version, rest @ ..] => Self::below("", version, rest),
            ["apis", group, version, rest @ ..] => Self::below(group, version, rest),
            _ => Self::Unknown,
        }
    }

    fn below(group: &str, version: &str, rest: &[&str]) -> Self {
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
            rest => (None, rest),
        };
        let [plural, rest @ ..] = rest else { return Self::Unknown };
        if let Some(review) =
            REVIEWS.iter().find(|row| (row.group, row.version, row.plural) == (group, version, *plural))
        {
            return Self::Review(review);
        }
        let Some(resource) = kinds::of_path(group, version, plural) else { return Self::Unknown };
        let (name, below) = match rest {
            [] => (None, None),
            [name] => (Some((*name).to_owned()), None),
            [name, below] => (Some((*name).to_owned()), Some((*below).to_owned())),
            _ => return Self::Unknown,
        };
        Self::Objects(Asked { resource, namespace, name, below })
    }
}

fn resources(group: &str, version: &str) -> Documents {
    Documents::Resources { group: group.to_owned(), version: version.to_owned() }
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// What follows the question mark.
#[derive(Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "1"))
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(|value| value.parse().ok())
    }
}
