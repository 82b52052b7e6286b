//! What can be set on servers of load balancers, and why not.

use super::writing;
use crate::event::{Errand, Intent};
use crate::model::{AdminState, Order, Setting, Subject, Target, Weight};
use crate::state::State;

const NOT_HERE: &str = "only a server of HAProxy has that";
const NO_SERVER: &str = "this is a whole backend or frontend: select one of its servers";
const NO_HAPROXY: &str = "the profile names no HAProxy";
const NOT_TOLD: &str = "no stats socket tells what is set on it";
const NO_RIGHTS: &str = "its stats socket is not of level admin";
const IS_SO: &str = "it is so already on every instance";

/// Whether it is a server on which something can be set.
pub const fn is_server(subject: &Subject) -> bool {
    matches!(subject, Subject::Server { .. })
}

/// The intent to have all that is marked, or else this server, in a state.
///
/// # Errors
///
/// Why that does not apply.
pub fn state(
    state: &State,
    subject: &Subject,
    verb: &'static str,
    wanted: AdminState,
) -> Result<Intent, &'static str> {
    ordered(state, subject, verb, None, |now, _| now.state == wanted)
}

/// The intent to give all that is marked, or else this server, a weight.
///
/// # Errors
///
/// Why that does not apply.
pub fn weight(state: &State, subject: &Subject, text: &str) -> Result<Intent, String> {
    let weight: Weight = text.trim().parse()?;
    let is_so = |now: Setting, configured| weight.of(now.weight, configured) == now.weight;
    ordered(state, subject, "server-weight", Some(text.trim()), is_so).map_err(str::to_owned)
}

/// What is typed for the selected server: a weight, or why there is none to give.
pub fn weigh(state: &State, text: &str) -> Intent {
    let Some(subject) = state.subject() else { return Intent::Say("Nothing is selected.".to_owned()) };
    weight(state, &subject, text).unwrap_or_else(|why| Intent::Say(format!("Weight: {why}.")))
}

/// Whether anything can be set on a server at all.
///
/// # Errors
///
/// Why not.
pub fn settable(state: &State, subject: &Subject) -> Result<(), &'static str> {
    settings(state, subject).map(|_| ())
}

fn ordered(
    state: &State,
    subject: &Subject,
    verb: &'static str,
    weight: Option<&str>,
    is_so: impl Fn(Setting, u32) -> bool,
) -> Result<Intent, &'static str> {
    let marks: Vec<Subject> = writing::marked(state).cloned().collect();
    let subjects = if marks.is_empty() { std::slice::from_ref(subject) } else { marks.as_slice() };
    let mut targets = Vec::new();
    for subject in subjects {
        let settings = settings(state, subject)?;
        if !settings.iter().all(|(now, configured)| is_so(*now, *configured)) {
            targets.push(Target { subject: subject.clone(), object: weight.map(str::to_owned) });
        }
    }
    if targets.is_empty() {
        return Err(IS_SO);
    }
    Ok(Intent::Propose(Errand::Verb(Order { verb, targets })))
}

/// What each instance that has it says is set on a server, with the weight of its configuration file.
fn settings(state: &State, subject: &Subject) -> Result<Vec<(Setting, u32)>, &'static str> {
    let Subject::Server { backend, server } = subject else { return Err(NOT_HERE) };
    if matches!(server.as_str(), "BACKEND" | "FRONTEND") {
        return Err(NO_SERVER);
    }
    if state.haproxy.instances.is_empty() {
        return Err(NO_HAPROXY);
    }
    let mut found = Vec::new();
    for look in state.haproxy.instances.values().filter_map(|instance| instance.look.as_ref()) {
        let Some(server) = look.state_of(backend, server) else { continue };
        if look.is_admin == Some(false) {
            return Err(NO_RIGHTS);
        }
        found.push((server.setting(), server.initial_weight));
    }
    if found.is_empty() { Err(NOT_TOLD) } else { Ok(found) }
}
