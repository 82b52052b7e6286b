//! Asks again, directly, for everything that findings rest on.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;

use super::look::Eye;
use crate::model::Unread;
use crate::registry::chain::{Age, Chain, Facts, Link, Look, Recalled};
use crate::registry::checks::StoreKind;
use crate::registry::layout::Key;
use crate::registry::reference::Target;

/// A registry on a file system empties a link before it writes it: one found empty is asked for again when it is
/// this old, or a push that is under way would look like damage.
const REWRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Waits until no link that was found empty can be one that is just being written, `settle` at most.
pub(super) async fn let_writers_finish(
    eye: &Eye<'_>,
    chain: &Chain,
    rests_on: &BTreeSet<String>,
    settle: Duration,
) {
    let emptied = rests_on.iter().filter_map(|key| emptied(chain, key)).max();
    let (Some(emptied), StoreKind::FileSystem) = (emptied, eye.kind()) else { return };
    if let Age::Known(age) = eye.age(Some(emptied)).await {
        let left = REWRITTEN_WITHIN.min(settle).saturating_sub(Duration::try_from(age).unwrap_or_default());
        if !left.is_zero() {
            tokio::time::sleep(left).await;
        }
    }
}

/// Whether everything still is as it was seen, the tag's link first of all.
///
/// # Errors
/// Names the first object that is not, or that does not answer any more.
pub(super) async fn confirm(
    eye: &Eye<'_>,
    chain: &Chain,
    rests_on: &BTreeSet<String>,
    in_flight: usize,
) -> Result<(), Unread> {
    let mut keys = rests_on.clone();
    if let Target::Tag(tag) = &chain.reference.target {
        let repository = chain.repository().clone();
        keys.insert(Key::CurrentLink { repository, tag: tag.clone() }.path());
    }
    let mut answers = futures::stream::iter(keys)
        .map(|key| async move {
            let same = same(eye, chain, &key).await;
            (key, same)
        })
        .buffered(in_flight.max(1));
    while let Some((object, same)) = answers.next().await {
        if let Err(why) = same {
            return Err(Unread { object, why });
        }
    }
    Ok(())
}

/// When a link was last changed that was found empty where a push may just be writing it anew.
fn emptied(chain: &Chain, key: &str) -> Option<Timestamp> {
    match chain.recall(key)? {
        Recalled::Link(Look::There(link)) if link.facts.size == Some(0) => link.facts.modified,
        Recalled::Link(_) | Recalled::Data(_) | Recalled::History(_) => None,
    }
}

async fn same(eye: &Eye<'_>, chain: &Chain, key: &str) -> Result<(), String> {
    match chain.recall(key) {
        Some(Recalled::Link(before)) => compare(before, &eye.link(key).await, same_link),
        Some(Recalled::Data(before)) => compare(before, &eye.facts(key).await, same_facts),
        Some(Recalled::History(Some(before))) => match eye.facts(key).await {
            Look::There(now) if now.size == before.size => Ok(()),
            now => Err(differs(&now)),
        },
        Some(Recalled::History(None)) => compare(&Look::Missing, &eye.facts(key).await, same_facts),
        // Folders have no state of their own; the links in them were asked for.
        None => Ok(()),
    }
}

fn compare<T>(before: &Look<T>, now: &Look<T>, same: impl Fn(&T, &T) -> bool) -> Result<(), String> {
    match (before, now) {
        (Look::There(before), Look::There(now)) if same(before, now) => Ok(()),
        (Look::Missing, Look::Missing) | (Look::Folder, Look::Folder | Look::Missing) => Ok(()),
        (Look::Unread(_), _) => Ok(()),
        (Look::There(_) | Look::Missing | Look::Folder, now) => Err(differs(now)),
    }
}

fn differs<T>(now: &Look<T>) -> String {
    match now {
        Look::Unread(why) => format!("did not answer when asked again: {why}"),
        Look::There(_) | Look::Missing | Look::Folder => "changed while we looked".to_owned(),
    }
}

fn same_link(before: &Link, now: &Link) -> bool {
    before.head == now.head && same_facts(&before.facts, &now.facts)
}

fn same_facts(before: &Facts, now: &Facts) -> bool {
    let versions = before.version.as_deref().zip(now.version.as_deref());
    // A file system's listing leaves the content's hash out of the version.
    let same_version = versions.is_none_or(|(before, now)| {
        before == now || before.starts_with(&format!("{now}#")) || now.starts_with(&format!("{before}#"))
    });
    before.size == now.size && same_version
}
