//! What is wanted of the world and of the terminal, as data.

use super::confirm::Confirmed;
use crate::event::TerminalWish;
use crate::model::{About, Order, Permit, Question, Subject};
use crate::runbook::Walk;
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::PageToken;

/// What an event makes us do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// For the executor.
    Work(Work),
    /// For the terminal.
    Wish(Wish),
}

/// Work that is wanted of the world. All of it only reads, but for [`Work::CarryOut`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Open the store that the session names.
    Open,
    /// Find out what kind of store it is.
    Survey,
    /// List a page of a level.
    List { place: Place, page: Option<PageToken> },
    /// Walk a tag or manifest now, before all others.
    Scan(Subject),
    /// Walk these next, in this order; they replace what was to be next before.
    ScanSoon(Vec<Subject>),
    /// Walk these when nothing else is to be walked, in this order.
    ScanLater(Vec<Subject>),
    /// Read a document; its pages carry the ticket, and a new one ends the one before.
    Consult { ticket: u64, question: Question },
    /// Nobody reads a document any more.
    CloseDocument,
    /// Ask every source to look again now.
    Nudge,
    /// List a page of a repository's layer links, to see how new they are.
    ListLinks(String),
    /// Read the head of an object.
    Read(String),
    /// Stop all that runs and drop all that waits; what is being written ends after the object it is at.
    Stop,
    /// Work out what a verb would do; with a permit the registry may be asked what it allows by trying.
    /// The outcome carries the ticket, by which one that nobody waits for any more is told from the present one.
    Prepare { ticket: u64, order: Order, permit: Option<Permit> },
    /// Work out what taking back or finishing an entry of the journal would do.
    PrepareFrom { ticket: u64, about: About },
    /// Do what was proposed and agreed to.
    CarryOut(Confirmed),
    /// Read the journal.
    Recall,
    /// Read how far somebody came with runbooks.
    Remember,
    /// Keep how far somebody came with a runbook; anew puts aside what was kept before.
    Keep { runbook: String, walk: Walk, anew: bool },
}

/// Something that only the terminal can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Send text to the clipboard.
    Copy {
        what: &'static str,
        text: String,
    },
    Terminal(TerminalWish),
}

impl From<Work> for Effect {
    fn from(work: Work) -> Self {
        Self::Work(work)
    }
}

impl From<Wish> for Effect {
    fn from(wish: Wish) -> Self {
        Self::Wish(wish)
    }
}
