//! What panels about the cluster have in common: which cluster, what could not be read and since when.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::model::text::clean;
use crate::sources::kubernetes::objects::Kind;
use crate::sources::{Health, Trouble};
use crate::state::{State, Tone};
use crate::ui::text::staleness;
use crate::ui::view::View;

/// Which cluster and namespace, and how old what is shown is.
pub fn remarks(state: &State) -> Vec<String> {
    let cluster = &state.kubernetes.cluster;
    let place = [&cluster.context, &cluster.namespace].map(|word| clean(word).into_owned());
    let place = place.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" / ");
    let mut remarks: Vec<_> = (!place.is_empty()).then_some(place).into_iter().collect();
    if let Health::Down { seen: Some(seen), .. } = &state.kubernetes.health {
        remarks.extend(staleness(*seen, state.now).map(str::to_owned));
    }
    remarks
}

/// What could not be read of these kinds, and since when, one line each.
pub fn troubles(state: &State, kinds: &[Kind]) -> Vec<(Tone, String)> {
    let picture = &state.kubernetes;
    if let Health::Down { trouble, since, seen } = &picture.health {
        return vec![(Tone::Unknown, down("The API server", trouble, *since, *seen))];
    }
    let mut lines = Vec::new();
    for kind in kinds {
        match picture.kinds.get(kind) {
            Some(Health::Down { trouble, since, seen }) => {
                lines.push((Tone::Unknown, down(kind.resource(), trouble, *since, *seen)));
            }
            Some(Health::Off | Health::Waiting | Health::Live { .. }) | None => {}
        }
        if let Some(why) = picture.polled.get(kind) {
            let text = format!(
                "{} may be listed and not watched ({why}); they are listed every so often",
                kind.resource()
            );
            lines.push((Tone::Warn, text));
        }
    }
    let denied =
        picture.rights.iter().filter(|right| right.allowed == Some(false) && kinds.contains(&right.kind));
    let denied: Vec<_> = denied.map(|right| format!("{} {}", right.verb, right.kind.resource())).collect();
    if !denied.is_empty() {
        lines.push((Tone::Warn, format!("no permission: {}", denied.join(", "))));
    }
    lines
}

/// Greys what is only kept from before, while nobody answers.
pub fn grey(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect) {
    if matches!(state.kubernetes.health, Health::Down { .. }) {
        frame.buffer_mut().set_style(area, view.theme.dim.0);
    }
}

/// What is down, why, since when, and what that makes of what is shown.
fn down(what: &str, trouble: &Trouble, since: Timestamp, seen: Option<Timestamp>) -> String {
    let kept = match seen {
        Some(seen) => format!("what is shown was seen at {}", seen.strftime("%H:%M:%S")),
        None => "nothing was ever read".to_owned(),
    };
    let since = since.strftime("%H:%M:%S UTC");
    format!("{what}: {} since {since}; {kept}. {}", trouble.kind.name(), trouble.why)
}

/// What to say in place of rows while there are none.
pub fn empty(state: &State, kind: Kind) -> Vec<String> {
    let picture = &state.kubernetes;
    let selector = state.session.watched.kubernetes.as_ref().map_or("", |workload| &workload.selector);
    match (&picture.health, picture.kinds.get(&kind)) {
        (Health::Off, _) => {
            vec!["No cluster is watched: name one in the profile, under kubernetes.".to_owned()]
        }
        (Health::Down { .. }, _) | (_, Some(Health::Down { .. })) => {
            vec!["Nothing is known, so nothing is claimed. Ctrl-r asks again now.".to_owned()]
        }
        (_, Some(Health::Live { .. })) => {
            vec![format!("There are no {} here (selector {}).", kind.resource(), clean(selector))]
        }
        (Health::Waiting | Health::Live { .. }, _) => vec!["Waiting for the first answer.".to_owned()],
    }
}
