//! Label and field selectors: which objects a list or a watch is about.

use serde_json::Value;

use super::status::Problem;
use super::target::Query;
use crate::staging::kubernetes::kinds::Resource;
use crate::staging::kubernetes::object::Object;

/// Fields that may be selected by, beside name and namespace, for each kind.
const FIELDS: &[(&str, &[&str])] = &[
    ("Pod", &["spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP"]),
    (
        "Event",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("Namespace", &["status.phase"]),
];

/// What an object must be like.
#[derive(Debug, Default)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl Selector {
    pub fn parse(resource: &Resource, query: &Query) -> Result<Self, Problem> {
        let labels = split(query.get("labelSelector").unwrap_or_default());
        let fields = query.get("fieldSelector").unwrap_or_default();
        Ok(Self {
            labels: labels.into_iter().map(requirement).collect::<Result<_, _>>()?,
            fields: fields
                .split(',')
                .filter(|term| !term.is_empty())
                .map(|term| field(resource, term))
                .collect::<Result<_, _>>()?,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub fn matches(&self, object: &Object) -> bool {
        self.labels.iter().all(|requirement| requirement.holds(object))
            && self.fields.iter().all(|(pointer, equal, value)| (object.text(pointer) == value) == *equal)
    }
}

impl Requirement {
    fn holds(&self, object: &Object) -> bool {
        let labels = object.at("/metadata/labels").and_then(Value::as_object);
        let value = labels.and_then(|labels| labels.get(&self.key)).and_then(Value::as_str);
        let among =
            |values: &[String]| value.is_some_and(|value| values.iter().any(|wanted| wanted == value));
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::In(values) => among(values),
            Test::NotIn(values) => !among(values),
        }
    }
}

/// The terms of a label selector: commas inside of parentheses do not part.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = text.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    parts.map(str::trim).filter(|term| !term.is_empty()).collect()
}

fn requirement(term: &str) -> Result<Requirement, Problem> {
    let one = |value: &str| vec![value.trim().to_owned()];
    let make = |key: &str, test| Ok(Requirement { key: key.trim().to_owned(), test });
    if let Some((key, value)) = term.split_once("!=") {
        return make(key, Test::NotIn(one(value)));
    }
    if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return make(key, Test::In(one(value)));
    }
    if let Some((head, values)) = term.split_once('(') {
        let Some(values) = values.trim().strip_suffix(')') else { return Err(unparsable(term)) };
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match head.split_whitespace().collect::<Vec<_>>().as_slice() {
            [key, "in"] => make(key, Test::In(values)),
            [key, "notin"] => make(key, Test::NotIn(values)),
            _ => Err(unparsable(term)),
        };
    }
    match term.strip_prefix('!') {
        Some(key) => make(key, Test::Missing),
        None if term.contains(char::is_whitespace) => Err(unparsable(term)),
        None => make(term, Test::Exists),
    }
}

fn unparsable(term: &str) -> Problem {
    Problem::bad_request(format!(
        "unable to parse requirement: found {term:?}, expected: in, notin, =, ==, !=, gt, lt"
    ))
}

/// A term of a field selector: where, whether it must be equal, to what.
fn field(resource: &Resource, term: &str) -> Result<(String, bool, String), Problem> {
    let split = term.split_once("!=").map(|(name, value)| (name, false, value));
    let equal =
        || term.split_once("==").or_else(|| term.split_once('=')).map(|(name, value)| (name, true, value));
    let Some((name, is_equal, value)) = split.or_else(equal) else {
        return Err(Problem::bad_request(format!("invalid selector: {term:?}; can't understand {term:?}")));
    };
    let of_kind =
        FIELDS.iter().find(|(kind, _)| *kind == resource.kind).map(|(_, names)| *names).unwrap_or_default();
    if !matches!(name, "metadata.name" | "metadata.namespace") && !of_kind.contains(&name) {
        return Err(Problem::bad_request(format!("field label not supported: {name}")));
    }
    let path = if name == "source" { "source.component" } else { name };
    Ok((format!("/{}", path.replace('.', "/")), is_equal, value.to_owned()))
}
