//! The verbs: what can be done to what is selected, one row each.

use super::plan::can_scan;
use super::{balancing, emptying, equivalent, writing};
use crate::event::Intent;
use crate::model::{AdminState, Document, Subject};
use crate::registry::repair::{Scene, cures};
use crate::state::{Journal, State};

/// What a verb can do to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// It only reads.
    Reads,
    /// It only changes this screen or the clipboard.
    Local,
    /// It shows what it would write, and writes once that was agreed to.
    Writes,
}

impl Risk {
    /// A word for menus.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Local => "here only",
            Self::Writes => "writes",
        }
    }
}

/// Where a verb is offered besides its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Actions,
    Copy,
}

/// One thing that can be done to what is selected.
pub struct Verb {
    /// Stable kebab-case id, used in runbooks.
    pub id: &'static str,
    pub title: &'static str,
    /// The key that runs it, in the notation of key scripts; empty for none.
    pub key: &'static str,
    /// What it can be for; for anything else it is not even offered, and another verb may have its key.
    pub of: fn(&Subject) -> bool,
    pub risk: Risk,
    pub shelf: Shelf,
    /// The intent that does it to this subject, or why it does not apply.
    pub intent: fn(&State, &Subject) -> Result<Intent, &'static str>,
}

impl Verb {
    /// The id as words.
    pub fn words(&self) -> String {
        self.id.replace('-', " ")
    }
}

const NO_POD: &str = "no pod has this address";
const NO_SCAN: &str = "only a tag or a manifest has a chain to look at";
const NO_OBJECT: &str = "there is no object behind this row";
const NO_DIGEST: &str = "its digest is not known: it was not looked at, or its link is broken";
const NO_CURE: &str = "no fault of it is known that a command cures";
const NO_OWNER: &str = "nothing is known of it that its owner could mend by pushing it again";
const NO_COMMAND: &str = "there is no command for this row";

/// All verbs, in the order of the menu.
pub const VERBS: &[Verb] = &[
    Verb {
        id: "describe",
        title: "Describe: everything that is known of it",
        key: "d",
        of: anything,
        risk: Risk::Local,
        shelf: Shelf::Actions,
        intent: |state, subject| match state.describes(subject) {
            true => Ok(Intent::Consult(Document::Describe)),
            false => Ok(Intent::Describe),
        },
    },
    Verb {
        id: "logs",
        title: "Logs: of all its containers, followed",
        key: "l",
        of: has_pod,
        risk: Risk::Reads,
        shelf: Shelf::Actions,
        intent: |state, subject| of_pod(state, subject, Document::Logs),
    },
    Verb {
        id: "previous-logs",
        title: "Previous logs: of the run before this one",
        key: "p",
        of: has_pod,
        risk: Risk::Reads,
        shelf: Shelf::Actions,
        intent: |state, subject| of_pod(state, subject, Document::PreviousLogs),
    },
    Verb {
        id: "yaml",
        title: "YAML: the object as the API server has it",
        key: "y",
        of: |subject| has_pod(subject) || matches!(subject, Subject::Service(_)),
        risk: Risk::Reads,
        shelf: Shelf::Actions,
        intent: |state, subject| match subject {
            Subject::Service(_) => Ok(Intent::Consult(Document::Yaml)),
            _ => of_pod(state, subject, Document::Yaml),
        },
    },
    Verb {
        id: "raw",
        title: "Raw: the bytes of its link, manifest or object",
        key: "y",
        of: Subject::is_stored,
        risk: Risk::Reads,
        shelf: Shelf::Actions,
        intent: |state, _| match state.object() {
            Some(key) if !key.ends_with('/') => Ok(Intent::Raw),
            Some(_) | None => Err("a folder has no bytes: open it and select an object"),
        },
    },
    Verb {
        id: "scan",
        title: "Scan: walk its chain again, now",
        key: "s",
        of: Subject::is_stored,
        risk: Risk::Reads,
        shelf: Shelf::Actions,
        intent: |_, subject| can_scan(subject).then_some(Intent::Rescan).ok_or(NO_SCAN),
    },
    Verb {
        id: "refresh",
        title: "Refresh: list this level again",
        key: "ctrl-r",
        of: anything,
        risk: Risk::Reads,
        shelf: Shelf::Actions,
        intent: |_, _| Ok(Intent::Refresh),
    },
    Verb {
        id: "restore-link",
        title: "Write the link's digest back",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "restore-link"),
    },
    Verb {
        id: "delete-layer-link",
        title: "Delete the broken link of its layer",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-layer-link"),
    },
    Verb {
        id: "delete-wrong-blob",
        title: "Delete the blob whose bytes are wrong",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-wrong-blob"),
    },
    Verb {
        id: "delete-stray",
        title: "Delete what does not belong there",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-stray"),
    },
    Verb {
        id: "delete-tag",
        title: "Delete the tag in the bucket",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-tag"),
    },
    Verb {
        id: "delete-tag-api",
        title: "Delete the tag by the registry's API",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-tag-api"),
    },
    Verb {
        id: "delete-revision-link",
        title: "Delete the link of its manifest",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-revision-link"),
    },
    Verb {
        id: "delete-repository",
        title: "Delete the repository's own folders",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| writing::order(state, subject, "delete-repository"),
    },
    Verb {
        id: "server-drain",
        title: "Drain: nothing new goes there but from clients that stick to it",
        key: "",
        of: balancing::is_server,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| balancing::state(state, subject, "server-drain", AdminState::Drain),
    },
    Verb {
        id: "server-maint",
        title: "Maintenance: nothing goes there, and nobody checks it",
        key: "",
        of: balancing::is_server,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| balancing::state(state, subject, "server-maint", AdminState::Maint),
    },
    Verb {
        id: "server-ready",
        title: "Ready: it is sent its share again",
        key: "",
        of: balancing::is_server,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| balancing::state(state, subject, "server-ready", AdminState::Ready),
    },
    Verb {
        id: "server-weight",
        title: "Weight: another share, typed after :weight",
        key: "",
        of: balancing::is_server,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| {
            balancing::settable(state, subject).map(|()| Intent::Draft("weight ".to_owned()))
        },
    },
    Verb {
        id: "truncate-log",
        title: "Empty the log file: all in it is lost, its disk has room again",
        key: "",
        of: emptying::has_log_file,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, subject| emptying::order(state, subject),
    },
    Verb {
        id: "undo",
        title: "Undo: take back or finish what was done earlier",
        key: "",
        of: anything,
        risk: Risk::Writes,
        shelf: Shelf::Actions,
        intent: |state, _| match &state.journal {
            Journal::Read(entries) if !entries.is_empty() => Ok(Intent::Recall),
            Journal::Read(_) | Journal::Unread | Journal::Failed(_) => Err("nothing was done yet"),
        },
    },
    Verb {
        id: "copy-name",
        title: "Copy the name",
        key: "c",
        of: anything,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |_, subject| Ok(copy("Name", equivalent::pasteable(&subject.to_string()))),
    },
    Verb {
        id: "copy-path",
        title: "Copy the path in the bucket",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, _| {
            let path = state.object().map(|key| equivalent::address(&state.session.bucket, &key));
            path.map(|path| copy("Path", equivalent::pasteable(&path))).ok_or(NO_OBJECT)
        },
    },
    Verb {
        id: "copy-address",
        title: "Copy the address",
        key: "",
        of: has_pod,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| match subject {
            Subject::Address(ip) => Ok(copy("Address", equivalent::pasteable(ip))),
            _ => {
                let pod = state.pod_of(subject).and_then(|name| state.kubernetes.pods.get(name));
                let ip = pod.and_then(|pod| pod.ip.as_deref());
                ip.map(|ip| copy("Address", equivalent::pasteable(ip))).ok_or("it has no address yet")
            }
        },
    },
    Verb {
        id: "copy-describe-command",
        title: "Copy the kubectl command that describes it",
        key: "",
        of: |subject| has_pod(subject) || matches!(subject, Subject::Service(_)),
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| kubectl(state, subject, Document::Describe),
    },
    Verb {
        id: "copy-logs-command",
        title: "Copy the kubectl command that follows its logs",
        key: "",
        of: has_pod,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| kubectl(state, subject, Document::Logs),
    },
    Verb {
        id: "copy-previous-logs-command",
        title: "Copy the kubectl command for the logs of the run before",
        key: "",
        of: has_pod,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| kubectl(state, subject, Document::PreviousLogs),
    },
    Verb {
        id: "copy-yaml-command",
        title: "Copy the kubectl command that prints its YAML",
        key: "",
        of: |subject| has_pod(subject) || matches!(subject, Subject::Service(_)),
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| kubectl(state, subject, Document::Yaml),
    },
    Verb {
        id: "copy-digest",
        title: "Copy the digest",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| {
            digest(state, subject)
                .map(|digest| copy("Digest", equivalent::pasteable(&digest)))
                .ok_or(NO_DIGEST)
        },
    },
    Verb {
        id: "copy-scan-command",
        title: "Copy the command that scans it",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| {
            equivalent::scan(&state.session.bucket, subject)
                .map(|text| copy("Command", text))
                .ok_or(NO_COMMAND)
        },
    },
    Verb {
        id: "copy-cure-command",
        title: "Copy the commands of its best cure",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| cure(state, subject).map(|text| copy("Commands", text)).ok_or(NO_CURE),
    },
    Verb {
        id: "copy-repush-request",
        title: "Copy a message that asks the owner to push it again",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, subject| {
            let report = state.bucket.report(subject);
            let message = report.and_then(|report| equivalent::repush_request(&state.session, report));
            message.map(|text| copy("Message", text)).ok_or(NO_OWNER)
        },
    },
    Verb {
        id: "copy-read-command",
        title: "Copy the command that reads its object",
        key: "",
        of: Subject::is_stored,
        risk: Risk::Local,
        shelf: Shelf::Copy,
        intent: |state, _| {
            let command = state.object().map(|key| equivalent::read(&state.session.bucket, &key));
            command.map(|text| copy("Command", text)).ok_or(NO_OBJECT)
        },
    },
    Verb {
        id: "arm",
        title: "Arm this session for 10 minutes",
        key: "ctrl-o",
        of: anything,
        risk: Risk::Local,
        shelf: Shelf::Actions,
        intent: |state, _| writing::arming(state),
    },
];

/// The verb of this id.
pub fn find(id: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.id == id)
}

/// The verbs that could be for a subject.
pub fn of(subject: &Subject) -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().filter(|verb| (verb.of)(subject))
}

/// Whether there is a pod, or should be.
const fn has_pod(subject: &Subject) -> bool {
    matches!(subject, Subject::Pod(_) | Subject::Address(_))
}

fn of_pod(state: &State, subject: &Subject, document: Document) -> Result<Intent, &'static str> {
    state.pod_of(subject).map(|_| Intent::Consult(document)).ok_or(NO_POD)
}

fn kubectl(state: &State, subject: &Subject, document: Document) -> Result<Intent, &'static str> {
    equivalent::kubectl(state, subject, document).map(|text| copy("Command", text)).ok_or(NO_POD)
}

const fn anything(_: &Subject) -> bool {
    true
}

const fn copy(what: &'static str, text: String) -> Intent {
    Intent::Copy { what, text }
}

/// The commands of the first cure that has any, of the worst finding.
fn cure(state: &State, subject: &Subject) -> Option<String> {
    let report = state.bucket.report(subject)?;
    let repository = Some(report.repository.as_str());
    let scene = Scene {
        store: &state.session.bucket,
        registry: state.session.registry.as_deref(),
        repository,
        report: Some(report),
    };
    let cures = cures(report.findings.first()?, &scene);
    cures.into_iter().find(|cure| !cure.commands.is_empty()).map(|cure| cure.commands.join("\n"))
}

fn digest(state: &State, subject: &Subject) -> Option<String> {
    if let (crate::state::Pane::Chain, Some(hop)) =
        (state.browser.pane, state.browser.selected_hop(&state.bucket))
    {
        return hop.digest.clone();
    }
    match subject {
        Subject::Manifest { digest, .. } | Subject::Blob(digest) => Some(digest.clone()),
        Subject::Tag { .. } => state.bucket.report(subject)?.digest.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_keys_are_unique() {
        let ids: BTreeSet<_> = VERBS.iter().map(|verb| verb.id).collect();
        assert_eq!(ids.len(), VERBS.len());
        let subjects = [
            Subject::Object("k".into()),
            Subject::Pod("p".into()),
            Subject::Address("10.0.0.1".into()),
            Subject::Server { backend: "b".into(), server: "s".into() },
        ];
        for subject in subjects {
            let keys: Vec<_> = of(&subject).map(|verb| verb.key).filter(|key| !key.is_empty()).collect();
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{subject}");
        }
    }
}
