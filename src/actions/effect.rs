//! Work that is wanted of the world, as data.

use crate::event::TerminalWish;
use crate::model::Subject;
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::PageToken;

/// Work that is wanted of the world. Every effect here only reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
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
    /// Read the head of an object.
    Read(String),
    /// Stop all that runs and drop all that waits.
    Stop,
    /// Send text to the terminal's clipboard.
    Copy { what: &'static str, text: String },
    /// Something that only the terminal can do.
    Terminal(TerminalWish),
}
