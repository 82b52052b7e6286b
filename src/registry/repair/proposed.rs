//! A proposal as commands that somebody could type instead, and how it is undone.

use jiff::Timestamp;

use super::shell::{quote, visible};
use super::target::{Target, api};
use crate::model::{About, Act, Backup, Content, Expect, Guard, Proposal, Step};
use crate::registry::layout::Key;

/// The same by hand: one command for each step, in order. What a command cannot make sure of stands behind `#`.
pub fn commands(proposal: &Proposal) -> Vec<String> {
    let target = Target::of(&proposal.store);
    proposal
        .steps()
        .map(|step| format!("{}{}", command(proposal, &target, step), guards(&step.guards)))
        .collect()
}

fn command(proposal: &Proposal, target: &Target<'_>, step: &Step) -> String {
    let key = step.key.as_str();
    let commands = match &step.act {
        Act::Delete { version } => checked(target, step, target.aside(key, Some(version))),
        Act::Create { content } => target.create(key, &source(content)),
        Act::Replace { version, content } => {
            checked(target, step, target.overwrite(key, &source(content), version))
        }
        Act::PutBack { content, .. } => target.create(key, &source(content)),
        Act::RemoveFolder => target.remove_folder(key),
        Act::MakeFolder { .. } => target.make_folder(key),
        Act::ApiDelete { repository, tag } => vec![api("DELETE", "", &proposal.store, repository, tag)],
        Act::ApiPut { repository, tag, media_type, content } => {
            let what = format!("-H {} {}", quote(&format!("Content-Type: {media_type}")), upload(content));
            vec![api("PUT", &what, &proposal.store, repository, tag)]
        }
    };
    match commands.as_slice() {
        [] => format!("# no command is known that would {} {} here", step.act.word(), visible(key)),
        commands => commands.join(" && "),
    }
}

/// Where a command takes the bytes from that it writes.
pub enum Source {
    /// A link's text.
    Text(String),
    /// A file of the folder of backups.
    File(String),
    /// The store keeps them itself, under this name.
    InStore(String),
}

fn source(content: &Content) -> Source {
    match content {
        Content::Text(text) => Source::Text(text.clone()),
        Content::Backup(Backup { file: Some(file), .. }) => Source::File(format!("backups/{file}")),
        Content::Backup(Backup { in_store, .. }) => Source::InStore(in_store.clone().unwrap_or_default()),
    }
}

fn upload(content: &Content) -> String {
    match source(content) {
        Source::Text(text) => format!("--data-binary {}", quote(&text)),
        Source::File(file) => format!("--data-binary {}", quote(&format!("@{file}"))),
        Source::InStore(place) => format!("--data-binary @{}", quote(&place)),
    }
}

/// On a file system the precondition is a command of its own; a bucket's is an option.
fn checked(target: &Target<'_>, step: &Step, commands: Vec<String>) -> Vec<String> {
    let seen = step
        .size
        .zip(step.modified)
        .and_then(|(size, modified)| target.is_unchanged(&step.key, size, &seconds(modified)?));
    match commands.first() {
        Some(first) if !first.starts_with('#') => seen.into_iter().chain(commands).collect(),
        Some(_) | None => commands,
    }
}

/// Seconds with nine digits behind the point, as `stat` prints them.
fn seconds(at: Timestamp) -> Option<String> {
    let (whole, part) = (at.as_second(), at.subsec_nanosecond());
    (whole >= 0 && part >= 0).then(|| format!("{whole}.{part:09}"))
}

/// What a command does not make sure of.
fn guards(guards: &[Guard]) -> String {
    let one = |guard: &Guard| {
        let key = visible(&short(&guard.key));
        match &guard.expect {
            Expect::Version(_) => format!("{key} is as it was"),
            Expect::Absent => format!("{key} is not there"),
            Expect::NothingBelow => format!("nothing is below {key}"),
        }
    };
    let said: Vec<String> = guards.iter().map(one).collect();
    if said.is_empty() { String::new() } else { format!(" # only while {}", said.join(" and ")) }
}

/// A key without what all keys start with.
fn short(key: &str) -> String {
    match Key::parse(key) {
        Key::CurrentLink { tag, .. } => format!("{tag}/current/link"),
        _ => key.strip_prefix("docker/registry/v2/").unwrap_or(key).to_owned(),
    }
}

/// How a proposal is undone, in one sentence.
pub fn undone_by(proposal: &Proposal) -> String {
    let any = |which: fn(&Act) -> bool| proposal.steps().any(|step| which(&step.act));
    let deletes = any(|act| matches!(act, Act::Delete { .. }));
    let folders = any(|act| matches!(act, Act::RemoveFolder));
    let writes = any(|act| matches!(act, Act::Create { .. } | Act::PutBack { .. } | Act::MakeFolder { .. }));
    let replaces = any(|act| matches!(act, Act::Replace { .. }));
    let api = any(|act| matches!(act, Act::ApiDelete { .. } | Act::ApiPut { .. }));
    let on_files = proposal.store.starts_with("file:");
    let mut how = Vec::new();
    if deletes || folders {
        let what = if on_files { "mode and owner" } else { "content type and metadata" };
        how.push(format!("puts everything back, {what} included, where nothing else is by then"));
    }
    if replaces {
        how.push("writes the bytes of before back where nobody has written since".to_owned());
    }
    if writes {
        how.push("deletes what was written, where nobody has written since".to_owned());
    }
    if api {
        how.push(
            "pushes or deletes the tag's manifest through the API again, where the tag is as it was left"
                .to_owned(),
        );
    }
    let again = match &proposal.about {
        Some(About::Undo(_)) => "quarterdeck undo of this undo",
        Some(About::Resume(_)) | None => "quarterdeck undo",
    };
    if how.is_empty() {
        "there is nothing to undo".to_owned()
    } else {
        format!("{again} {}", how.join(", and "))
    }
}
