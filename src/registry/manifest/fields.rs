//! The fields of a JSON object, read one by one as Go's decoder would: repeated fields count once, names match
//! in any case, `null` is absence, and what nobody asks for is skipped without being built.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::{error::Category, value::RawValue};

use super::{ManifestError, PART_LIMIT};

/// One object's fields, as raw text.
pub(super) struct Fields<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Fields<'a> {
    /// The fields of a whole document.
    pub(super) fn of_document(text: &'a str) -> Result<Self, ManifestError> {
        serde_json::from_str::<BTreeMap<_, _>>(text).map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match error.classify() {
                Category::Eof => ManifestError::CutShort { line, column },
                Category::Syntax | Category::Io => {
                    ManifestError::NotJson { line, column, why: words(&error) }
                }
                Category::Data => ManifestError::NotAManifest { why: words(&error) },
            }
        })
    }

    fn of_value(name: &str, value: &'a RawValue) -> Result<Self, ManifestError> {
        read::<Option<BTreeMap<_, _>>>(name, value).map(|fields| Self(fields.unwrap_or_default()))
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let exact = self.0.get(name);
        let value =
            exact.or_else(|| self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|it| it.1));
        value.copied().filter(|value| value.get() != "null")
    }

    /// Whether the field is there and not `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ManifestError> {
        self.get(name).map(|value| read(name, value)).transpose()
    }

    /// A whole number.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ManifestError> {
        self.get(name).map(|value| read(name, value)).transpose()
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, ManifestError> {
        Ok(self.get(name).map(|value| read(name, value)).transpose()?.unwrap_or_default())
    }

    /// An object.
    pub(super) fn object<T>(
        &self,
        name: &str,
        make: impl Fn(&Fields<'_>) -> Result<T, ManifestError>,
    ) -> Result<Option<T>, ManifestError> {
        self.get(name).map(|value| make(&Fields::of_value(name, value)?)).transpose()
    }

    /// A list of objects, not above [`PART_LIMIT`].
    pub(super) fn list<T>(
        &self,
        name: &str,
        make: impl Fn(&Fields<'_>) -> Result<T, ManifestError>,
    ) -> Result<Vec<T>, ManifestError> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let items: Vec<&RawValue> = read(name, value)?;
        if items.len() > PART_LIMIT {
            return Err(ManifestError::TooManyParts { count: items.len() });
        }
        items.into_iter().map(|item| make(&Fields::of_value(name, item)?)).collect()
    }
}

fn read<'a, T: Deserialize<'a>>(name: &str, value: &'a RawValue) -> Result<T, ManifestError> {
    serde_json::from_str(value.get())
        .map_err(|error| ManifestError::NotAManifest { why: format!("{name}: {}", words(&error)) })
}

/// What the JSON reader says, without its own line and column.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(words, _)| words.to_owned())
}
