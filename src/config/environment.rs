//! The environment's variables that concern us, as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::mistake::{Mistake, Origin};
use crate::model::nearest;

/// What every variable of ours starts with.
const PREFIX: &str = "QUARTERDECK_";

/// Variables by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// A variable's value as a path; an empty one counts as unset.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// A variable's value; an empty one counts as unset.
    ///
    /// # Errors
    ///
    /// The value is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Mistake> {
        match self.0.get(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => value.to_str().map(Some).ok_or_else(|| Mistake {
                origin: Origin::Variable(name.to_owned()),
                key: String::new(),
                what: "is not UTF-8".to_owned(),
            }),
        }
    }

    /// Warnings about variables that look like ours and are none of `known`.
    pub fn unknown(&self, known: &[&str]) -> Vec<String> {
        let ours = || known.iter().filter_map(|name| name.strip_prefix(PREFIX));
        let strangers = self.0.keys().filter_map(|name| name.strip_prefix(PREFIX));
        strangers
            .filter(|name| !ours().any(|known| known == *name))
            .map(|name| match nearest(name, ours()) {
                Some(known) => format!("{PREFIX}{name} has no effect; did you mean {PREFIX}{known}?"),
                None => format!("{PREFIX}{name} has no effect"),
            })
            .collect()
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}
