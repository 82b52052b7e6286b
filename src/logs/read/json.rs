//! JSON lines: flat fields with dots in their names, and nested objects alike.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::logs::fields::Fields;

/// What a collector puts around the fields of a line; it is no part of their names.
const WRAPPERS: [&str; 5] = ["_source", "json", "jsonPayload", "fields", "attributes"];

/// Reads a line that is one JSON object with a field that is known here; anything else is none of these.
pub fn read(text: &str) -> Option<Fields<'_>> {
    if !text.starts_with('{') {
        return None;
    }
    let mut found = Found { fields: Fields::default(), path: String::new(), is_known: false };
    let mut json = serde_json::Deserializer::from_str(text);
    Value(&mut found).deserialize(&mut json).ok()?;
    json.end().ok()?;
    found.is_known.then_some(found.fields)
}

struct Found<'a> {
    fields: Fields<'a>,
    /// The name of the value that is being read, with the names around it.
    path: String,
    is_known: bool,
}

impl<'a> Found<'a> {
    fn set(&mut self, value: Cow<'a, str>) {
        self.is_known |= self.fields.set(&self.path, value);
    }
}

/// Keeps a value under the name that was read before it.
struct Value<'f, 'a>(&'f mut Found<'a>);

impl<'a> DeserializeSeed<'a> for Value<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Value<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field of a log line")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<(), E> {
        self.0.set(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.set(Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<(), S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'a>>(self, mut object: M) -> Result<(), M::Error> {
        let outer = self.0.path.len();
        while object.next_key_seed(Name(&mut self.0.path))?.is_some() {
            object.next_value_seed(Value(self.0))?;
            self.0.path.truncate(outer);
        }
        Ok(())
    }
}

/// Adds the name of a field to the names around it.
struct Name<'p>(&'p mut String);

impl<'a> DeserializeSeed<'a> for Name<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        let is_wrapper = |name: &str| WRAPPERS.contains(&name);
        let mut name = name;
        while let Some((_, rest)) = name.split_once('.').filter(|(first, _)| is_wrapper(first)) {
            name = rest;
        }
        if !is_wrapper(name) {
            if !self.0.is_empty() {
                self.0.push('.');
            }
            self.0.push_str(name);
        }
        Ok(())
    }
}
