//! `quarterdeck resume ID`: what is left to do of a deed that stopped, and with leave and agreement does it.

use super::undo::{again_with, full_id, propose};
use super::{Arming, Exit, Place, Resume};
use crate::model::About;

/// Shows or does what `arguments` name.
pub fn run(arguments: Resume, place: Place, arming: Arming) -> Exit {
    let Resume { entry, again } = arguments;
    again_with(again, "resume", Some(entry.clone()), place, arming, async move |desk, _| {
        desk.settle(async |desk| propose(desk, About::Resume(full_id(desk, &entry)?)).await).await
    })
}
