//! The command that shows the same from a shell, for a ticket or a colleague.

use std::borrow::Cow;

use crate::model::text::clean;
use crate::model::{Document, Repair, Subject};
use crate::registry::checks;
use crate::registry::report::TagReport;
use crate::state::{Session, State};

/// The command that looks at a tag or manifest as the cockpit does.
pub fn scan(bucket: &str, subject: &Subject) -> Option<String> {
    let reference = match subject {
        Subject::Tag { .. } | Subject::Manifest { .. } => subject.to_string(),
        Subject::Repository(name) => {
            return Some(format!("quarterdeck audit --bucket {} {}", quote(bucket), quote(name)));
        }
        _ => return None,
    };
    Some(format!("quarterdeck scan --bucket {} {}", quote(bucket), quote(&reference)))
}

/// The kubectl command that shows a document about a subject, or about the pod behind it.
pub fn kubectl(state: &State, subject: &Subject, document: Document) -> Option<String> {
    let (kind, name) = match subject {
        Subject::Service(name) => ("service", name.as_str()),
        _ => ("pod", state.pod_of(subject)?),
    };
    let cluster = &state.kubernetes.cluster;
    let mut words = vec!["kubectl".to_owned()];
    if !cluster.context.is_empty() && cluster.context != "in-cluster" {
        words.extend(["--context".to_owned(), quote(&cluster.context)]);
    }
    let configured = state.session.watched.kubernetes.as_ref().map_or("", |workload| &workload.namespace);
    let namespace = if cluster.namespace.is_empty() { configured } else { &cluster.namespace };
    if !namespace.is_empty() {
        words.extend(["-n".to_owned(), quote(namespace)]);
    }
    let name = quote(name);
    words.push(match document {
        Document::Describe => format!("describe {kind} {name}"),
        Document::Yaml => format!("get {kind} {name} -o yaml"),
        Document::Logs => format!("logs {name} --all-containers --prefix --follow"),
        Document::PreviousLogs => format!("logs {name} --all-containers --prefix --previous"),
    });
    Some(words.join(" "))
}

/// The command that prints an object, or lists a prefix, by the means of its store.
pub fn read(bucket: &str, key: &str) -> String {
    let address = quote(&address(bucket, key));
    match (bucket.starts_with("gs://"), key.ends_with('/')) {
        (true, true) => format!("gcloud storage ls --long {address}"),
        (true, false) => format!("gcloud storage cat {address}"),
        (false, true) => format!("ls -la {address}"),
        (false, false) => format!("cat {address}"),
    }
}

/// A message to whoever owns an image, in plain words: what is wrong, since when, and how to push it again. Nothing
/// where no push would mend it.
pub fn repush_request(session: &Session, report: &TagReport) -> Option<String> {
    let finding = report.findings.iter().find(|finding| finding.repairs.contains(&Repair::RePush))?;
    let host = session
        .registry
        .as_deref()
        .map_or("REGISTRY", |url| url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/'));
    let tag = report.tag.as_deref().unwrap_or("TAG");
    let name = pasteable(&format!("{host}/{}:{tag}", report.repository));
    let guilty = report.hops.iter().find(|hop| hop.object == finding.object);
    let since = guilty.and_then(|hop| hop.modified).map_or_else(
        || "Since when is not known.".to_owned(),
        |at| format!("The damaged part was last written on {}.", at.strftime("%Y-%m-%d at %H:%M UTC")),
    );
    let fault = checks::find(finding.id).map_or_else(String::new, |check| format!(" ({})", check.title));
    let trouble = if finding.severity.breaks_tag() {
        "cannot be pulled any more: a part of it is missing or damaged in the registry"
    } else {
        "is damaged in the registry"
    };
    let lines = [
        format!("The image {name} {trouble}{fault}."),
        since,
        String::new(),
        "Please push it again, from a machine that still has it:".to_owned(),
        format!("    docker push {}", quote(&name)),
        "or from another registry or an archive that has it, in place of SOURCE:".to_owned(),
        format!("    skopeo copy --all --preserve-digests SOURCE {}", quote(&format!("docker://{name}"))),
        "If nobody has it any more, build it anew and push that. If nobody needs it, please say so."
            .to_owned(),
    ];
    Some(lines.join("\n"))
}

/// Where a key is, as the store's own tools write it.
pub fn address(bucket: &str, key: &str) -> String {
    let root = bucket.strip_prefix("file://").unwrap_or(bucket);
    format!("{}/{key}", root.trim_end_matches('/'))
}

/// Text as it may be pasted: as it is, unless it holds characters that a terminal acts on or that do not show; then
/// in the quotes of a shell that spell them out.
pub fn pasteable(text: &str) -> String {
    let shows = matches!(clean(text), Cow::Borrowed(_)) && !text.chars().any(char::is_control);
    if shows { text.to_owned() } else { spelled(text) }
}

/// In the quotes that spell out every byte that is not plain ASCII.
fn spelled(word: &str) -> String {
    let escape = |byte: u8| match byte {
        b'\n' => r"\n".to_owned(),
        b'\t' => r"\t".to_owned(),
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", word.bytes().map(escape).collect::<String>())
}

fn quote(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/:._-@%+=".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if pasteable(word) != word {
        return spelled(word);
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_holds_no_control_characters() {
        for (text, pasted) in [
            ("g/p:v1", "g/p:v1"),
            ("new\nline", r"$'new\nline'"),
            ("it's\x1b[2J\\", r"$'it\'s\x1b[2J\\'"),
            ("caf\u{e9}\u{202e}", r"$'caf\xc3\xa9\xe2\x80\xae'"),
        ] {
            assert_eq!(pasteable(text), pasted);
        }
        assert_eq!(read("gs://b", "a\nb"), r"gcloud storage cat $'gs://b/a\nb'");
        assert_eq!(read("gs://b", "caf\u{e9} x"), "gcloud storage cat 'gs://b/caf\u{e9} x'");
    }

    #[test]
    fn commands_can_be_pasted_into_a_shell() {
        let tag = Subject::Tag { repository: "g/p".into(), tag: "it's; rm".into() };
        assert_eq!(
            scan("gs://bucket/root", &tag).unwrap(),
            r"quarterdeck scan --bucket gs://bucket/root 'g/p:it'\''s; rm'"
        );
        for (bucket, key, command) in [
            ("file:///srv/r", "docker/x", "cat /srv/r/docker/x"),
            ("file:///srv/my r/", "docker/", "ls -la '/srv/my r/docker/'"),
            ("gs://b", "docker/x", "gcloud storage cat gs://b/docker/x"),
            ("gs://b/", "docker/", "gcloud storage ls --long gs://b/docker/"),
        ] {
            assert_eq!(read(bucket, key), command);
        }
    }
}
