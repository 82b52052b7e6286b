//! `quarterdeck undo [ID]`: what taking back a deed would do, and with leave and agreement does it.

use super::deed::{Desk, Say, flags};
use super::out::complain;
use super::{Again, Arming, Exit, Place, Undo, journal, work};
use crate::execution::journal::newest_undoable;
use crate::model::{About, Proposal};
use crate::proposals::NoProposal;

/// Shows or does what `arguments` name.
pub fn run(arguments: Undo, place: Place, arming: Arming) -> Exit {
    let Undo { entry, list, again } = arguments;
    again_with(again, "undo", entry, place, arming, async move |desk: Desk, entry| {
        if list {
            let url = desk.registry.store.url();
            let is_here = |place: &str| desk.is_here(place);
            return journal::list(&desk.deeds.journal, Some((url, &is_here)), desk.output());
        }
        desk.settle(async |desk| propose(desk, About::Undo(named(desk, entry)?)).await).await
    })
}

/// Opens the desk for a command about an entry, and does `then`.
pub fn again_with(
    again: Again,
    name: &str,
    entry: Option<String>,
    outer: Place,
    arming: Arming,
    then: impl AsyncFnOnce(Desk, Option<String>) -> Exit,
) -> Exit {
    let Again { arming: inner, yes, words, output, place } = again;
    let place = place.or(outer);
    if let Some(word) = yes.as_deref().filter(|word| !word.is_empty() && *word != name) {
        complain(&format!("--yes={word} does not agree to {name}: give --yes={name}, or --yes alone"));
        return Exit::Usage;
    }
    let (command, registry) = (String::new(), flags(&place));
    let say = Say { arming: inner.or(arming), yes, words, output, command, registry };
    work::run_writing(|stop| async move {
        match Desk::open(place, say, stop).await {
            Ok(desk) => then(desk, entry).await,
            Err(exit) => exit,
        }
    })
}

/// What would be done about an entry, which has to be of this bucket.
pub async fn propose(desk: &Desk, about: About) -> Result<Proposal, NoProposal> {
    desk.deeds.propose_from(&*desk.registry.store, &about).await
}

/// The entry that is named, or the newest of this bucket that can be taken back.
fn named(desk: &Desk, entry: Option<String>) -> Result<String, NoProposal> {
    if let Some(entry) = entry {
        return full_id(desk, &entry);
    }
    let pasts = desk.deeds.recall().map_err(NoProposal::Unread)?;
    let url = desk.registry.store.url();
    let newest = newest_undoable(&pasts, |place| desk.is_here(place)).map(|past| past.entry.clone());
    newest.ok_or_else(|| {
        NoProposal::Absent(format!(
            "the journal in {} has nothing that was done to {url} and can be taken back",
            desk.deeds.journal.folder().display()
        ))
    })
}

/// The whole id of the entry that begins so, if it is about this bucket.
pub fn full_id(desk: &Desk, entry: &str) -> Result<String, NoProposal> {
    let histories =
        desk.deeds.journal.histories().map_err(|trouble| NoProposal::Unread(trouble.to_string()))?;
    let found = histories.find(entry).map_err(NoProposal::Absent)?;
    let (there, here) = (&found.proposal.store, desk.registry.store.url());
    if desk.is_here(there) {
        return Ok(found.id.clone());
    }
    if found.proposal.is_about_servers() {
        return Err(NoProposal::NotHere(format!(
            "entry {} is about {there}, and no HAProxy of this profile is called and reached so: name its profile",
            found.id
        )));
    }
    Err(NoProposal::NotHere(format!(
        "entry {} is about {there}, and this is {here}: name that bucket by --bucket or its profile",
        found.id
    )))
}
