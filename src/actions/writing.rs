//! Where the verbs that write apply, and what each would be pointed at.

use jiff::SignedDuration;

use super::balancing;
use super::verbs::{Risk, Shelf, VERBS, Verb};
use crate::event::{Errand, Intent, MenuKind, PanelId};
use crate::model::{Ending, Order, Repair, Subject, TagState, Target};
use crate::registry::checks::repairs::{
    ALL, COPY_REPUSH_REQUEST, DELETE_REPOSITORY, DELETE_REVISION_LINK, DELETE_STRAY, DELETE_TAG,
    DELETE_TAG_API,
};
use crate::registry::repair::{leaves_gc_stopped, target};
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::node::is_internal;
use crate::sources::bucket::picture::Verdict;
use crate::state::{Deed, Pane, Stage, State, is_stray};

/// How long a session is armed for unless it is said.
pub const SPAN: SignedDuration = SignedDuration::from_mins(10);
/// The verbs that delete, in the order in which the key for deleting takes them.
const DELETIONS: &[&str] = &[
    "delete-tag",
    "delete-stray",
    "delete-wrong-blob",
    "delete-layer-link",
    "delete-revision-link",
    "delete-repository",
    "delete-tag-api",
];

const NOT_HERE: &str = "it is not for this";
const NO_REGISTRY: &str = "the registry's address is not known: set url in the profile's registry section";
const NOT_ALL: &str = "it is not for all that is marked";
const IN_DATABASE: &str = "a database holds this registry's tags: only the registry's API may delete";
const UNDECIDED: &str = "where this registry keeps its tags is not known, so nothing is written";
const NO_TREE: &str = "there is no registry's tree to write to";

/// What a verb would be pointed at where it is asked for: all that is marked, or else this subject.
///
/// # Errors
///
/// Why it does not apply.
pub fn order(state: &State, subject: &Subject, verb: &'static str) -> Result<Intent, &'static str> {
    let repair = *ALL.iter().find(|repair| repair.name() == verb).ok_or(NOT_HERE)?;
    allowed(state, repair)?;
    let marks: Vec<_> = marked(state).cloned().collect();
    let subjects = if marks.is_empty() { std::slice::from_ref(subject) } else { marks.as_slice() };
    let mut targets: Vec<Target> = Vec::new();
    for subject in subjects {
        let found = targets_of(state, subject, repair);
        if found.is_empty() {
            return Err(if marks.is_empty() { NOT_HERE } else { NOT_ALL });
        }
        for target in found {
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    Ok(Intent::Propose(Errand::Verb(Order { verb, targets })))
}

/// The marked tags or rows, where marks can be seen.
pub fn marked(state: &State) -> impl Iterator<Item = &Subject> {
    let in_tree = state.screen.panel == PanelId::Bucket && state.browser.pane == Pane::Tree;
    let in_table = state.table().into_iter().flat_map(|table| table.marks());
    state.browser.marks().iter().filter(move |_| in_tree).chain(in_table)
}

/// Whether the ground allows a verb at all.
fn allowed(state: &State, repair: Repair) -> Result<(), &'static str> {
    if state.bucket.lost.is_some() {
        return Err(NO_TREE);
    }
    match (&state.bucket.survey, repair) {
        (Some(Survey::Registry | Survey::Database), DELETE_TAG_API) => {
            state.session.registry.as_ref().map(|_| ()).ok_or(NO_REGISTRY)
        }
        (Some(Survey::Registry), _) => Ok(()),
        (Some(Survey::Database), _) => Err(IN_DATABASE),
        (Some(Survey::Undecided { .. }), _) => Err(UNDECIDED),
        (Some(Survey::NoRepositories { .. } | Survey::Elsewhere { .. } | Survey::Empty) | None, _) => {
            Err(NO_TREE)
        }
    }
}

fn targets_of(state: &State, subject: &Subject, repair: Repair) -> Vec<Target> {
    let whole = |object| vec![Target { subject: subject.clone(), object }];
    match (repair, subject) {
        (DELETE_TAG | DELETE_TAG_API, Subject::Tag { .. }) if is_there(state, subject) => whole(None),
        (DELETE_STRAY, Subject::Object(key)) if is_stray(&state.browser.selected) => whole(Some(key.clone())),
        (DELETE_REPOSITORY, Subject::Repository(name)) if is_repository(state, name) => whole(None),
        (_, Subject::Tag { .. } | Subject::Manifest { .. }) => from_findings(state, subject, repair),
        (_, _) => Vec::new(),
    }
}

/// Whether a tag is there, as far as it was looked at.
fn is_there(state: &State, tag: &Subject) -> bool {
    state.bucket.verdicts.get(tag).and_then(Verdict::state) != Some(TagState::Absent)
}

/// Whether a folder holds any of the folders that a registry writes.
fn is_repository(state: &State, name: &str) -> bool {
    let listing = state.bucket.listings.get(&Place::Folder(name.to_owned()));
    listing.is_some_and(|listing| listing.children.iter().any(|child| is_internal(&child.name)))
}

/// What the findings on a tag offer this cure for; of a selected hop only those about its object.
fn from_findings(state: &State, subject: &Subject, repair: Repair) -> Vec<Target> {
    let Some(report) = state.bucket.report(subject) else { return Vec::new() };
    let hop = match (state.screen.panel, state.browser.pane) {
        (PanelId::Bucket, Pane::Chain) => state.browser.selected_hop(&state.bucket),
        (_, _) => None,
    };
    let fits = |object: &str| hop.is_none_or(|hop| hop.object == object);
    let findings = report.findings.iter().filter(|finding| finding.repairs.contains(&repair));
    let findings = findings.filter(|finding| fits(&finding.object));
    findings.filter_map(|finding| target(finding, repair, Some(subject), report.digest.as_deref())).collect()
}

/// What the key for deleting wants: the deletion that is for what is selected or marked.
pub fn deletion(state: &State) -> Intent {
    let Some(subject) = state.subject() else { return Intent::Say("Nothing is selected.".to_owned()) };
    let mut why = NOT_HERE;
    for verb in DELETIONS {
        match order(state, &subject, verb) {
            Ok(intent) => return intent,
            Err(reason) if reason != NOT_HERE => why = reason,
            Err(_) => {}
        }
    }
    let why = if why == NOT_HERE { "only tags, and what is found to be wrong, can be deleted" } else { why };
    Intent::Say(format!("Nothing is deleted here: {why}."))
}

/// The verb that the key for deleting would take.
pub fn deletion_verb(state: &State) -> Option<&'static str> {
    match deletion(state) {
        Intent::Propose(Errand::Verb(order)) => Some(order.verb),
        _other => None,
    }
}

/// What [`follow_up`] goes on with.
pub const FOLLOW_UP: &str =
    "goes on with the link of its manifest, which still stops garbage collection: shows it, and asks";

/// What is left to mend once a tag was deleted: the links of manifests that still stop garbage collection.
pub fn follow_up(deed: &Deed) -> Option<Intent> {
    let Stage::Ended { proposal, done } = &deed.stage else { return None };
    if done.ending != Ending::Done || proposal.verb != DELETE_TAG.name() || proposal.about.is_some() {
        return None;
    }
    let mut targets = Vec::new();
    for report in &deed.reports {
        for finding in report.findings.iter().filter(|finding| leaves_gc_stopped(finding)) {
            let link =
                target(finding, DELETE_REVISION_LINK, Some(&finding.subject), report.digest.as_deref());
            targets.extend(link.filter(|link| !targets.contains(link)));
        }
    }
    let verb = DELETE_REVISION_LINK.name();
    (!targets.is_empty()).then_some(Intent::Propose(Errand::Verb(Order { verb, targets })))
}

/// What a verb would be done to: what the step of a runbook says, else what is selected.
pub fn aimed(state: &State, verb: &str) -> Option<Subject> {
    state.target_of(verb).or_else(|| state.subject())
}

/// Whether a verb that writes is offered for what is selected.
pub fn is_offered(state: &State, verb: &Verb) -> bool {
    aimed(state, verb.id).is_some_and(|subject| (verb.of)(&subject) && (verb.intent)(state, &subject).is_ok())
}

/// The intent that arms the session, where there is anything to write and it is read-only.
pub fn arming(state: &State) -> Result<Intent, &'static str> {
    if state.gate.permit(state.now).is_some() {
        return Err("this session can write already; :write off ends that");
    }
    let writes = |verb: &&Verb| verb.risk == Risk::Writes && verb.id != "undo";
    if !VERBS.iter().filter(writes).any(|verb| is_offered(state, verb)) {
        return Err("nothing here could be written to; :write 10m arms the session anywhere");
    }
    Ok(Intent::Arm { span: SPAN, name: None })
}

/// The verbs that a menu offers, by their ids: arming first where it is needed, then the cures of the worst finding,
/// best first, and what the selected cause calls for. Verbs that write are left out where they do not apply.
pub fn offers(state: &State, kind: MenuKind) -> Vec<&'static str> {
    if kind == MenuKind::Copy {
        let subject = state.subject();
        let fits = |verb: &&Verb| verb.shelf == Shelf::Copy && subject.as_ref().is_none_or(verb.of);
        return VERBS.iter().filter(fits).map(|verb| verb.id).collect();
    }
    let arm = arming(state).ok().map(|_| "arm");
    let shown = |id: &&'static str| super::verbs::find(id).is_some_and(|verb| is_offered(state, verb));
    let mut ids: Vec<&'static str> = arm.into_iter().collect();
    // A step of a runbook names what is best done there.
    let steps = VERBS.iter().map(|verb| verb.id).filter(|id| state.target_of(id).is_some());
    for id in steps.chain(cures(state)).chain(advised(state)).filter(shown) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let subject = state.subject();
    for verb in VERBS.iter().filter(|verb| subject.as_ref().is_none_or(verb.of)) {
        // What could be done to a server and cannot just now is shown with why.
        let in_place = subject.as_ref().is_some_and(balancing::is_server);
        let hidden = matches!(verb.risk, Risk::Writes) && !in_place && !is_offered(state, verb);
        if !hidden && verb.id != "arm" && !ids.contains(&verb.id) {
            ids.push(verb.id);
        }
    }
    ids
}

/// The verbs that what is most likely wrong calls for, where that is selected, the best first.
fn advised(state: &State) -> Vec<&'static str> {
    let row = state.finding().filter(|_| state.screen.panel == PanelId::Overview);
    row.and_then(|row| state.cause(&row)).map(|cause| cause.finding.verbs.clone()).unwrap_or_default()
}

/// The verbs that cure the worst finding of what is selected, best first. What only the owner can do begins with a
/// message to them.
fn cures(state: &State) -> Vec<&'static str> {
    let report = state.subject().and_then(|subject| state.bucket.report(&subject).cloned());
    let worst = report.as_ref().and_then(|report| report.findings.first());
    let repairs = worst.map(|finding| finding.repairs.as_slice()).unwrap_or_default();
    let mut ids = Vec::new();
    for repair in repairs {
        let id = if *repair == Repair::RePush { COPY_REPUSH_REQUEST.name() } else { repair.name() };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
