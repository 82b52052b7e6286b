//! Words for what is not there to see: a level not listed yet, not readable or empty, and a store that is no registry.

use crate::model::text::clean;
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::{Survey, Trouble};
use crate::sources::bucket::picture::{Health, Listing, Reach};
use crate::state::State;
use crate::ui::text::{age, count, counted, wrap};

/// The row at the end of a level, and how it is meant.
pub fn row(state: &State, place: &Place) -> (Tone, String) {
    let Some(listing) = state.bucket.listings.get(place) else {
        return (Tone::Quiet, "not listed yet".to_owned());
    };
    let known = listing.children.len() as u64;
    match &listing.reach {
        Reach::Asked(_) if known == 0 => (Tone::Busy, "listing".to_owned()),
        Reach::Asked(_) => (Tone::Busy, format!("{} listed, listing on", count(known))),
        Reach::More(_) => (Tone::Busy, format!("{} listed, there are more: Enter lists on", count(known))),
        Reach::Unasked => (Tone::Busy, "the rest is not listed: Enter lists it".to_owned()),
        Reach::Failed(_, trouble) => (Tone::Unknown, format!("could not be listed: {}", why(trouble))),
        Reach::Whole if !listing.unread.is_empty() => (Tone::Unknown, unread(listing)),
        Reach::Whole if *place == Place::Root && state.bucket.survey == Some(Survey::Database) => {
            (Tone::Quiet, "none here: the database has them".to_owned())
        }
        Reach::Whole => (Tone::Quiet, format!("no {} here", what(place))),
    }
}

/// How a row at the end of a level is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Quiet,
    Busy,
    Unknown,
}

fn unread(listing: &Listing) -> String {
    let first = listing.unread.first().map(why).unwrap_or_default();
    format!("{} could not be listed: {first}", counted(listing.unread.len() as u64, "part"))
}

fn why(trouble: &Trouble) -> String {
    format!("{}, {}", trouble.kind.name(), trouble.why)
}

const fn what(place: &Place) -> &'static str {
    match place {
        Place::Root => "repositories",
        Place::Tags(_) => "tags",
        Place::Folder(_) | Place::Prefix(_) => "names",
    }
}

/// Why there is no tree to show, and what to do about it; `None` when there is one.
pub fn no_tree(state: &State) -> Option<(String, Vec<String>)> {
    let url = if state.bucket.url.is_empty() { &state.session.bucket } else { &state.bucket.url };
    if let (Health::Down { trouble, .. }, None) = (&state.bucket.health, &state.bucket.survey) {
        return Some(unreachable(url, trouble));
    }
    match &state.bucket.survey {
        None if state.browser.is_stopped() => {
            let words = format!("Opening {url} was stopped. Ctrl-r opens it again.");
            Some(("stopped".to_owned(), vec![words]))
        }
        None => Some(("opening".to_owned(), vec![format!("Opening {url} …")])),
        Some(Survey::Registry | Survey::Database | Survey::Undecided { .. }) => failed_root(state, url),
        Some(Survey::Empty) => Some(("empty".to_owned(), empty(url))),
        Some(Survey::NoRepositories { names }) => {
            Some(("no repositories".to_owned(), no_repositories(url, names)))
        }
        Some(Survey::Elsewhere { names }) => Some(("no registry".to_owned(), elsewhere(url, names))),
    }
}

/// What to say above the rows of a registry that is gone, in lines of at most `cells`; nothing while it is there.
pub fn lost(state: &State, cells: usize) -> Vec<String> {
    let Some(lost) = &state.bucket.lost else { return Vec::new() };
    let url = if state.bucket.url.is_empty() { &state.session.bucket } else { &state.bucket.url };
    let seen = lost.seen.map(|seen| match age(seen, state.now) {
        now if now == "now" => "less than a minute ago".to_owned(),
        age => format!("{age} ago"),
    });
    let seen = seen.unwrap_or_else(|| "before".to_owned());
    [
        format!("No registry here any more: {} ({}).", clean(url), lost.why),
        format!("The rows below were seen {seen}; nothing is claimed about any tag now."),
        "Was it moved, unmounted or deleted? Put it back or mount it, then press Ctrl-r.".to_owned(),
    ]
    .iter()
    .flat_map(|line| wrap(line, cells))
    .collect()
}

fn failed_root(state: &State, url: &str) -> Option<(String, Vec<String>)> {
    let root = state.bucket.listings.get(&Place::Root)?;
    match &root.reach {
        Reach::Failed(_, trouble) if root.children.is_empty() => Some(unreachable(url, trouble)),
        Reach::Failed(..) | Reach::Unasked | Reach::Asked(_) | Reach::More(_) | Reach::Whole => None,
    }
}

fn unreachable(url: &str, trouble: &Trouble) -> (String, Vec<String>) {
    let lines = vec![
        format!("{url} could not be read: {}.", trouble.kind.name()),
        String::new(),
        trouble.why.clone(),
        format!("(asked for: {})", if trouble.object.is_empty() { "the root" } else { &trouble.object }),
        String::new(),
        trouble.advice().to_owned(),
        "This says nothing about the registry itself: nothing was looked at.".to_owned(),
    ];
    ("could not be read".to_owned(), lines)
}

fn empty(url: &str) -> Vec<String> {
    vec![
        format!("{url} is empty."),
        String::new(),
        "A registry that nobody has pushed to yet looks like this, and so does a wrong bucket or folder."
            .to_owned(),
        "Check the URL with: quarterdeck config check".to_owned(),
        "Ctrl-r looks again.".to_owned(),
    ]
}

fn no_repositories(url: &str, names: &[String]) -> Vec<String> {
    vec![
        format!("{url} holds a registry without any repository."),
        String::new(),
        format!("docker/registry/v2/ has: {}", names.join("  ")),
        String::new(),
        "Does the registry keep its tags in a metadata database? Then this is normal: delete nothing here, and set \
         mode in the profile's registry section."
            .to_owned(),
        "If it does not, the repositories were deleted or never restored: look at backups.".to_owned(),
        "Ctrl-r looks again.".to_owned(),
    ]
}

fn elsewhere(url: &str, names: &[String]) -> Vec<String> {
    let mut lines = vec![
        format!("{url} has no docker/registry/v2/ in it."),
        String::new(),
        format!("It has: {}", names.join("  ")),
        String::new(),
    ];
    // The URL of the tree itself, or of a folder on the way to it, is the usual mistake.
    let too_deep =
        [("docker/registry/v2", "repositories/"), ("docker/registry", "v2/"), ("docker", "registry/")];
    let inside = too_deep.iter().find(|(_, name)| names.iter().any(|seen| seen == name));
    lines.push(match inside {
        Some((end, _)) => match url.trim_end_matches('/').strip_suffix(end) {
            Some(root) => format!("This is inside the registry's tree. Use the folder that holds it: {root}"),
            None => {
                "This is inside the registry's tree. Use the folder that holds docker/registry/v2.".to_owned()
            }
        },
        None => "Use the folder or bucket that holds docker/registry/v2, perhaps one of these.".to_owned(),
    });
    lines.push("Ctrl-r looks again.".to_owned());
    lines
}
