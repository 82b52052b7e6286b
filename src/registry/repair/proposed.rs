//! A proposal as commands that somebody could type instead, and how it is undone.

use jiff::Timestamp;

use super::shell::{quote, visible};
use super::target::{Target, api};
use crate::model::{About, Act, Backup, Content, Expect, Guard, Proposal, SetServer, Step};
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
        Act::Create { content } | Act::PutBack { content, .. } => match source(proposal, content) {
            Some(source) => target.create(key, &source),
            None => vec![only_undo(key)],
        },
        Act::Replace { version, content } => match source(proposal, content) {
            Some(source) => checked(target, step, target.overwrite(key, &source, version)),
            None => vec![only_undo(key)],
        },
        Act::RemoveFolder => target.remove_folder(key),
        Act::MakeFolder { .. } => target.make_folder(key),
        Act::ApiDelete { repository, tag } => vec![api("DELETE", "", &proposal.store, repository, tag)],
        Act::ApiPut { repository, tag, media_type, content } => {
            let media_type = quote(&format!("Content-Type: {media_type}"));
            match source(proposal, content) {
                Some(source) => {
                    let what = format!("-H {media_type} --data-binary {}", upload(&source));
                    vec![api("PUT", &what, &proposal.store, repository, tag)]
                }
                None => vec![only_undo(key)],
            }
        }
        Act::SetServer(setting) => vec![on_socket(setting)],
        Act::EmptyLog(log) => vec![format!("truncate -s 0 {}", quote(&log.path))],
    };
    match commands.as_slice() {
        [] => format!("# no command is known that would {} {} here", step.act.word(), visible(key)),
        commands => commands.join(" && "),
    }
}

/// The commands for an instance's socket, by the tool that everybody uses for that.
fn on_socket(setting: &SetServer) -> String {
    let SetServer { socket, .. } = setting;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '[' | ']');
    let address = match socket.starts_with('/') {
        true if !socket.contains(':') => format!("unix-connect:{socket}"),
        true => String::new(),
        false => format!("tcp-connect:{socket}"),
    };
    if address.is_empty() || !socket.chars().all(plain) {
        return format!("# no command is known that would reach {}", visible(socket));
    }
    let commands = setting.commands().join("; ");
    format!("echo {} | socat stdio {} # only while it is {}", quote(&commands), quote(&address), setting.was)
}

/// Where a command takes the bytes from that it writes.
pub enum Source {
    /// A link's text.
    Text(String),
    /// A file of the folder of backups, or the URL of a copy in the bucket.
    File(String),
}

/// None where the bytes are nowhere that a command could take them from.
fn source(proposal: &Proposal, content: &Content) -> Option<Source> {
    match content {
        Content::Text(text) => Some(Source::Text(text.clone())),
        Content::Backup(Backup { file: Some(file), .. }) => {
            let folder = proposal.backups.as_deref().unwrap_or("BACKUPS");
            Some(Source::File(format!("{folder}/{file}")))
        }
        // On a file system the driver's own words name no path.
        Content::Backup(Backup { in_store, .. }) => {
            in_store.clone().filter(|url| url.starts_with("gs://")).map(Source::File)
        }
    }
}

fn upload(source: &Source) -> String {
    match source {
        Source::Text(text) => quote(text),
        Source::File(file) => quote(&format!("@{file}")),
    }
}

/// What stands in place of a command that would need bytes which only the store can bring back.
fn only_undo(key: &str) -> String {
    format!("# only quarterdeck undo brings back {}: the store itself keeps its bytes", visible(key))
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
    if proposal.is_about_logs() {
        return "nothing takes it back: no byte of it is kept".to_owned();
    }
    let any = |which: fn(&Act) -> bool| proposal.steps().any(|step| which(&step.act));
    let deletes = any(|act| matches!(act, Act::Delete { .. }));
    let folders = any(|act| matches!(act, Act::RemoveFolder));
    let writes = any(|act| matches!(act, Act::Create { .. } | Act::PutBack { .. } | Act::MakeFolder { .. }));
    let replaces = any(|act| matches!(act, Act::Replace { .. }));
    let api = any(|act| matches!(act, Act::ApiDelete { .. } | Act::ApiPut { .. }));
    let servers = any(|act| matches!(act, Act::SetServer(_)));
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
    if servers {
        how.push("sets what was set before, where nobody has set anything else since".to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Item, Subject};

    const KEY: &str = "docker/registry/v2/repositories/g/p/_manifests/tags/v1/current/link";

    fn step(key: &str, act: Act) -> Step {
        let modified = Some(Timestamp::new(1_700_000_000, 5).unwrap());
        Step { act, key: key.into(), size: Some(71), modified, guards: Vec::new() }
    }

    fn proposal(store: &str, steps: Vec<Step>) -> Proposal {
        let item = Item {
            subject: Subject::Tag { repository: "g/p".into(), tag: "v1".into() },
            state: None,
            why: Vec::new(),
            steps,
            references: Vec::new(),
            before: String::new(),
            after: String::new(),
            mind: Vec::new(),
        };
        let backups = Some("/state/backups".to_owned());
        Proposal { verb: "undo".into(), store: store.into(), about: None, backups, items: vec![item] }
    }

    fn backup(file: Option<&str>, in_store: Option<&str>) -> Content {
        let (file, in_store) = (file.map(str::to_owned), in_store.map(str::to_owned));
        Content::Backup(Backup { file, in_store, size: 71, digest: None, attributes: None })
    }

    fn one(store: &str, key: &str, act: Act) -> String {
        let commands = commands(&proposal(store, vec![step(key, act)]));
        assert_eq!(commands.len(), 1);
        commands.into_iter().next().unwrap()
    }

    #[test]
    fn every_act_is_one_command_of_its_store() {
        let text = || Content::Text("sha256:ab".into());
        let (gs, file) = ("gs://b", "file:///r");
        let folder = KEY.trim_end_matches("link");
        for (store, key, act, ends) in [
            (
                gs,
                KEY,
                Act::Create { content: text() },
                "cp --if-generation-match=0 - gs://b/".to_owned() + KEY,
            ),
            (
                gs,
                KEY,
                Act::Replace { version: "7".into(), content: text() },
                format!("cp --if-generation-match=7 - gs://b/{KEY}"),
            ),
            (
                gs,
                KEY,
                Act::PutBack { version: "7".into(), content: backup(Some("e/1"), None) },
                format!("gcloud storage cp --if-generation-match=0 /state/backups/e/1 gs://b/{KEY}"),
            ),
            (
                gs,
                KEY,
                Act::PutBack { version: "7".into(), content: backup(None, Some("gs://b/kept/7")) },
                format!("gcloud storage cp --if-generation-match=0 gs://b/kept/7 gs://b/{KEY}"),
            ),
            (file, KEY, Act::Create { content: text() }, format!("(set -C; printf %s sha256:ab > /r/{KEY})")),
            (
                file,
                KEY,
                Act::PutBack { version: "7".into(), content: backup(Some("e/1"), None) },
                format!("cp -n --no-preserve=mode /state/backups/e/1 /r/{KEY}"),
            ),
            (file, folder, Act::RemoveFolder, format!("rmdir /r/{}", folder.trim_end_matches('/'))),
            (
                file,
                folder,
                Act::MakeFolder { attributes: String::new() },
                format!("mkdir /r/{}", folder.trim_end_matches('/')),
            ),
            (
                gs,
                "g/p:v1",
                Act::ApiDelete { repository: "g/p".into(), tag: "v1".into() },
                "https://REGISTRY/v2/g/p/manifests/v1".to_owned(),
            ),
        ] {
            let command = one(store, key, act);
            assert!(command.ends_with(&ends), "{command}\n{ends}");
        }
        let replaced = one(file, KEY, Act::Replace { version: "7".into(), content: text() });
        assert!(replaced.starts_with("[ \"$(stat -c %s:%.9Y /r/"), "{replaced}");
        assert!(replaced.contains("= 71:1700000000.000000005 ] && mkdir -p "), "{replaced}");
    }

    #[test]
    fn no_command_would_reach_another_object_than_the_one_meant() {
        for (store, key) in [
            ("gs://b", "docker/x*"),
            ("gs://b", "docker/x#1"),
            ("file:///r", "docker/../x"),
            ("file:///r", "docker//x"),
            ("s3://b", "docker/x"),
        ] {
            for act in [
                Act::Delete { version: "7".into() },
                Act::Create { content: Content::Text("x".into()) },
                Act::Replace { version: "7".into(), content: Content::Text("x".into()) },
            ] {
                let command = one(store, key, act);
                assert!(command.starts_with("# no command"), "{store} {key}: {command}");
            }
        }
        let act = Act::ApiDelete { repository: "g/p".into(), tag: "v1#x".into() };
        assert!(one("gs://b", "g/p:v1#x", act).starts_with("# no URL"));
    }

    #[test]
    fn what_only_the_store_can_bring_back_has_no_command() {
        for in_store in [None, Some("/r/.quarterdeck/deleted/…/x, where deleting moves it")] {
            for act in [
                Act::PutBack { version: "7".into(), content: backup(None, in_store) },
                Act::Replace { version: "7".into(), content: backup(None, in_store) },
            ] {
                let command = one("file:///r", KEY, act);
                assert!(command.starts_with("# only quarterdeck undo brings back "), "{command}");
            }
        }
    }

    #[test]
    fn what_a_command_does_not_make_sure_of_is_said() {
        let mut guarded = step(KEY, Act::Delete { version: "7".into() });
        guarded.guards = vec![
            Guard { key: KEY.into(), expect: Expect::Absent },
            Guard { key: "docker/registry/v2/x\u{1b}/".into(), expect: Expect::NothingBelow },
        ];
        let command = commands(&proposal("gs://b", vec![guarded])).remove(0);
        assert!(
            command.ends_with(" # only while v1/current/link is not there and nothing is below x\\u{1b}/"),
            "{command}"
        );
    }

    #[test]
    fn undoing_is_said_by_what_was_done() {
        let (delete, create) =
            (Act::Delete { version: "7".into() }, Act::Create { content: Content::Text("x".into()) });
        let said = |store: &str, act: Act| undone_by(&proposal(store, vec![step(KEY, act)]));
        assert!(said("file:///r", delete.clone()).contains("mode and owner included"));
        assert!(said("gs://b", delete).contains("content type and metadata included"));
        assert!(said("gs://b", create).contains("deletes what was written"));
        assert_eq!(undone_by(&proposal("gs://b", Vec::new())), "there is nothing to undo");
    }
}
