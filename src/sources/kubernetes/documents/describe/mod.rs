//! What `kubectl describe` says, section by section.

mod age;
mod container;
mod events;
mod pod;
mod service;
mod tabs;
mod volumes;

pub use pod::pod;
pub use service::service;

use serde_json::{Map, Value};

use tabs::Sheet;

/// Annotations that are longer are cut.
const LONGEST_ANNOTATION: usize = 140;

/// A title and below each other what it has, or that there is nothing.
fn labels(sheet: &mut Sheet, title: &str, labels: Option<&Map<String, Value>>) {
    let lines = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    below(sheet, title, lines.collect());
}

fn annotations(sheet: &mut Sheet, annotations: Option<&Map<String, Value>>) {
    let shown = annotations
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "kubectl.kubernetes.io/last-applied-configuration");
    let mut lines = Vec::new();
    for (key, value) in shown {
        let value = value.as_str().unwrap_or_default().trim_end();
        if value.len() + key.len() < LONGEST_ANNOTATION && !value.contains('\n') {
            lines.push(format!("{key}: {value}"));
            continue;
        }
        lines.push(format!("{key}:"));
        for line in value.lines() {
            let short: String = line.chars().take(LONGEST_ANNOTATION - 2).collect();
            let cut = if short.len() < line.len() { "..." } else { "" };
            lines.push(format!("  {short}{cut}"));
        }
    }
    below(sheet, "Annotations", lines);
}

fn below(sheet: &mut Sheet, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        sheet.row(0, &[&format!("{title}:"), "<none>"]);
    }
    for (at, line) in lines.iter().enumerate() {
        let title = if at == 0 { format!("{title}:") } else { String::new() };
        sheet.row(0, &[&title, line]);
    }
}

/// The text, or that there is none.
fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// A truth value as it stands in tables.
const fn shown(is_true: bool) -> &'static str {
    if is_true { "True" } else { "False" }
}
