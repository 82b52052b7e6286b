//! A runbook as Markdown again, with the names in its commands filled in.

use super::block::{Block, Check};
use super::fill::{Names, fill};
use super::page::{Runbook, Step};

/// The whole of it, or one step with the steps below it.
pub fn write(book: &Runbook, step: Option<&Step>, names: &Names) -> String {
    let mut parts = Vec::new();
    let steps: Vec<_> = match step.and_then(|step| book.position(&step.anchor)) {
        None => {
            parts.push(format!("# {}", book.title));
            parts.extend(book.intro.iter().map(|block| of_block(block, names)));
            book.steps.iter().collect()
        }
        Some(at) => {
            let depth = book.steps[at].depth;
            let below = book.steps[at + 1..].iter().take_while(|step| step.depth > depth);
            book.steps[at..=at].iter().chain(below).collect()
        }
    };
    for step in steps {
        parts.push(format!("{} {}", "#".repeat(usize::from(step.depth) + 1), step.heading));
        parts.extend(step.body.iter().map(|block| of_block(block, names)));
    }
    parts.join("\n\n") + "\n"
}

fn of_block(block: &Block, names: &Names) -> String {
    match block {
        Block::Text(text) => text.clone(),
        Block::Check(Check { rule, branches }) => {
            let lines = branches.iter().map(|branch| {
                let because = match branch.because.as_str() {
                    "" => String::new(),
                    because => format!(" because {because}"),
                };
                format!("{}: {}{because}", branch.on.word(), branch.to)
            });
            fenced(&format!("check {rule}"), &lines.collect::<Vec<_>>().join("\n"))
        }
        Block::Verb { verb, aim, when } => fenced(&format!("verb {verb} {aim}"), when),
        Block::Command { language, text } => fenced(language, &fill(language, text, names)),
    }
}

/// A block, in a fence that is longer than any in it.
fn fenced(info: &str, text: &str) -> String {
    let runs = text
        .lines()
        .map(|line| line.trim_start())
        .map(|line| line.len() - line.trim_start_matches('`').len());
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    let end = if text.is_empty() { "" } else { "\n" };
    format!("{fence}{info}\n{text}{end}{fence}")
}
