//! Which pods matter, as a label selector that can also be held against labels here.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::{Expression, Selector as Labels, SelectorExt};

/// A label selector, and the name of the service if one was named.
#[derive(Clone, Debug)]
pub struct Selector {
    /// None where it did not parse here: then nothing is sorted out.
    labels: Option<Labels>,
    equal: BTreeMap<String, String>,
    pub service: Option<String>,
}

impl Selector {
    /// A selector as `kubectl get -l` takes it.
    pub fn new(text: &str, service: Option<String>) -> Self {
        let terms: Option<Vec<_>> = terms(text).into_iter().map(expression).collect();
        let equal = terms.iter().flatten().filter_map(|term| match term {
            Expression::Equal(key, value) => Some((key.clone(), value.clone())),
            _ => None,
        });
        Self { equal: equal.collect(), labels: terms.map(|terms| terms.into_iter().collect()), service }
    }

    /// Whether pods with these labels are meant.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.as_ref().is_none_or(|selector| selector.matches(labels))
    }

    /// Whether a service of this name that sends to pods with these labels may send to the selected ones.
    pub fn may_be_served_by(&self, name: &str, selector: &BTreeMap<String, String>) -> bool {
        if let Some(service) = &self.service {
            return service == name;
        }
        let mut shared =
            selector.iter().filter_map(|(key, value)| Some((self.equal.get(key)?, value))).peekable();
        shared.peek().is_some() && shared.all(|(ours, theirs)| ours == theirs)
    }
}

/// Parts between commas that are not in parentheses.
fn terms(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let parts = text.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn expression(term: &str) -> Option<Expression> {
    let pair = |operator| term.split_once(operator).map(|(key, value)| (word(key), word(value)));
    if let Some((key, value)) = pair("!=") {
        return Some(Expression::NotEqual(key?, value?));
    }
    if let Some((key, value)) = pair("==").or_else(|| pair("=")) {
        return Some(Expression::Equal(key?, value?));
    }
    if let Some((key, values)) = term.split_once(" notin ") {
        return Some(Expression::NotIn(word(key)?, set(values)?));
    }
    if let Some((key, values)) = term.split_once(" in ") {
        return Some(Expression::In(word(key)?, set(values)?));
    }
    match term.strip_prefix('!') {
        Some(key) => Some(Expression::DoesNotExist(word(key)?)),
        None => Some(Expression::Exists(word(term)?)),
    }
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    text.chars().all(is_plain).then(|| text.to_owned())
}

fn set(text: &str) -> Option<BTreeSet<String>> {
    let inside = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    inside.split(',').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn selects_as_the_api_server_does() {
        let pod = labels(&[("app", "registry"), ("tier", "web")]);
        let yes = [
            "app=registry",
            "app==registry, tier in (web,api)",
            "app,!canary",
            "tier notin (db)",
            "app!=x",
            "",
        ];
        let no = ["app=other", "tier in (db)", "canary", "!app", "app!=registry", "app=registry,tier=db"];
        assert!(yes.iter().all(|text| Selector::new(text, None).selects(&pod)));
        assert!(!no.iter().any(|text| Selector::new(text, None).selects(&pod)));
    }

    #[test]
    fn a_service_is_ours_by_name_or_by_what_it_selects() {
        let selector = Selector::new("app=registry,release=gitlab", None);
        assert!(selector.may_be_served_by("any", &labels(&[("app", "registry")])));
        assert!(!selector.may_be_served_by("any", &labels(&[("app", "web")])));
        assert!(!selector.may_be_served_by("any", &labels(&[("tier", "web")])));
        let named = Selector::new("app=registry", Some("gitlab-registry".to_owned()));
        assert!(named.may_be_served_by("gitlab-registry", &labels(&[])));
        assert!(!named.may_be_served_by("other", &labels(&[("app", "registry")])));
    }

    #[test]
    fn what_does_not_parse_sorts_nothing_out() {
        assert!(Selector::new("app in (registry", None).selects(&labels(&[])));
    }
}
