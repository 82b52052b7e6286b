//! One table of the configuration file, read key by key; every key that nobody asked for is a mistake.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::mistake::{Mistake, did_you_mean, one_of};
use super::value::Parsed;

/// Mistakes as they are found.
pub struct Findings<'d> {
    pub document: &'d Document,
    pub mistakes: Vec<Mistake>,
}

impl<'d> Findings<'d> {
    /// No mistakes yet in `document`.
    pub fn new(document: &'d Document) -> Self {
        Self { document, mistakes: Vec::new() }
    }

    /// Notes a mistake at a byte range of the file.
    pub fn note(&mut self, range: &Range<usize>, key: &str, what: impl Into<String>) {
        self.mistakes.push(Mistake {
            origin: self.document.place(range),
            key: key.to_owned(),
            what: what.into(),
        });
    }
}

/// One table, and where it stands.
pub struct Section<'t> {
    table: &'t DeTable<'t>,
    /// Where the table's header stands.
    pub range: Range<usize>,
    /// Path of keys that leads here, empty for the root.
    pub path: String,
    asked: Vec<&'static str>,
    tolerated: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// The table `table`, found at `path`.
    pub fn new(table: &'t DeTable<'t>, range: Range<usize>, path: String) -> Self {
        Self { table, range, path, asked: Vec::new(), tolerated: Vec::new() }
    }

    /// The path of `key` in this section.
    pub fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Where `key` stands, if it does.
    pub fn place(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    /// Where `key` stands, if it does; it is then no unknown key, and is not offered as an allowed one either.
    pub fn tolerate(&mut self, key: &'static str) -> Option<Range<usize>> {
        self.tolerated.push(key);
        self.place(key)
    }

    /// A string, made into what it stands for by `parse`.
    pub fn text<T>(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let wrong = |what| findings.note(&value.span(), &self.key(key), what);
        parsed(value, &parse).map_err(wrong).ok()
    }

    /// A list of strings, each made into what it stands for by `parse`; none may stand there twice.
    pub fn list<T: PartialEq>(
        &mut self,
        key: &'static str,
        findings: &mut Findings<'_>,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            let what = format!("want a list such as [\"…\"], not {}", a(value.get_ref()));
            findings.note(&value.span(), &self.key(key), what);
            return None;
        };
        let mut found = Vec::new();
        for item in items.iter() {
            match parsed(item, &parse) {
                Ok(one) if found.contains(&one) => {
                    findings.note(&item.span(), &self.key(key), "stands in this list twice");
                }
                Ok(one) => found.push(one),
                Err(what) => findings.note(&item.span(), &self.key(key), what),
            }
        }
        Some(found)
    }

    /// Every string of this table, whatever its name, in the order in which they were written.
    pub fn texts<T>(
        &self,
        findings: &mut Findings<'_>,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Vec<(&'t str, Range<usize>, T)> {
        let mut rows: Vec<_> = self.table.iter().collect();
        rows.sort_by_key(|(key, _)| key.span().start);
        let texts = rows.into_iter().filter_map(|(key, value)| {
            let wrong = |what| findings.note(&value.span(), &self.key(key.get_ref()), what);
            let found = parsed(value, &parse).map_err(wrong).ok()?;
            Some((key.get_ref().as_ref(), key.span(), found))
        });
        texts.collect()
    }

    /// Every list of strings in this table, whatever its name, in the order in which they were written.
    pub fn lists<T>(
        &self,
        findings: &mut Findings<'_>,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Vec<(&'t str, Range<usize>, Vec<T>)> {
        let mut rows: Vec<_> = self.table.iter().collect();
        rows.sort_by_key(|(key, _)| key.span().start);
        let lists = rows.into_iter().filter_map(|(key, value)| {
            let DeValue::Array(items) = value.get_ref() else {
                let what = format!("want a list such as [\"…\"], not {}", a(value.get_ref()));
                findings.note(&value.span(), &self.key(key.get_ref()), what);
                return None;
            };
            let mut found = Vec::new();
            for item in items.iter() {
                let wrong = |what| findings.note(&item.span(), &self.key(key.get_ref()), what);
                found.extend(parsed(item, &parse).map_err(wrong).ok());
            }
            // With a part of it missing it would be another one.
            (found.len() == items.len()).then(|| (key.get_ref().as_ref(), key.span(), found))
        });
        lists.collect()
    }

    /// A whole number from `least` on.
    pub fn count(&mut self, key: &'static str, least: u32, findings: &mut Findings<'_>) -> Option<u32> {
        let value = self.take(key)?;
        let found = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let found = found.filter(|found| *found >= least);
        if found.is_none() {
            let what = format!("want a whole number from {least} on, without quotes");
            findings.note(&value.span(), &self.key(key), what);
        }
        found
    }

    /// A `true` or `false`.
    pub fn boolean(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<bool> {
        let value = self.take(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            let what = format!("want true or false, without quotes, not {}", a(value.get_ref()));
            findings.note(&value.span(), &self.key(key), what);
        }
        found
    }

    /// A table below this one.
    pub fn section(&mut self, key: &'static str, findings: &mut Findings<'_>) -> Option<Section<'t>> {
        let value = self.take(key)?;
        self.below(key, value, findings)
    }

    /// Every table below this one, whatever its name, with the place of its name.
    pub fn sections(&self, findings: &mut Findings<'_>) -> Vec<(&'t str, Range<usize>, Section<'t>)> {
        let tables = self.table.iter().filter_map(|(key, value)| {
            Some((key.get_ref().as_ref(), key.span(), self.below(key.get_ref(), value, findings)?))
        });
        tables.collect()
    }

    /// Notes every key that was not asked for.
    pub fn finish(self, findings: &mut Findings<'_>) {
        let known = |key: &str| self.asked.contains(&key) || self.tolerated.contains(&key);
        for key in self.table.keys().filter(|key| !known(key.get_ref())) {
            let allowed = || self.asked.iter().copied();
            let mut what =
                format!("unknown key {:?}{}", key.get_ref(), did_you_mean(key.get_ref(), allowed()));
            if !what.ends_with('?') {
                what = format!("{what}; allowed here: {}", one_of(allowed()));
            }
            findings.note(&key.span(), &self.path, what);
        }
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn below(
        &self,
        key: &str,
        value: &'t Spanned<DeValue<'t>>,
        findings: &mut Findings<'_>,
    ) -> Option<Section<'t>> {
        let path = self.key(key);
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(table, value.span(), path)),
            other => {
                findings.note(&value.span(), &path, format!("want a section [{path}], not {}", a(other)));
                None
            }
        }
    }
}

/// A string, made into what it stands for.
fn parsed<T>(value: &Spanned<DeValue<'_>>, parse: &impl Fn(&str) -> Parsed<T>) -> Parsed<T> {
    match value.get_ref() {
        DeValue::String(text) => parse(text),
        other => Err(format!("want a string in quotes, not {}", a(other))),
    }
}

/// `a string`, `an integer`.
fn a(value: &DeValue<'_>) -> String {
    let name = value.type_str();
    let article = if name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {name}")
}
