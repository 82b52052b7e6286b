//! Which hops of a chain are shown one by one, and which are summed up.

use std::ops::Range;

use super::browser::{Browser, Wide};
use crate::registry::report::{Hop, HopState, Role};
use crate::sources::bucket::picture::Picture;

/// So many good layers in a row are shown one by one.
const SINGLE: usize = 4;

/// A line of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainLine {
    /// One hop, by its number.
    Hop(usize),
    /// Good layers that follow one another, by their numbers.
    Layers(Range<usize>),
}

impl ChainLine {
    /// Number of its first hop.
    pub const fn first(&self) -> usize {
        match self {
            Self::Hop(number) => *number,
            Self::Layers(range) => range.start,
        }
    }
}

/// The lines of a chain: what is not good, and whatever is no layer, always by itself.
pub fn chain_lines(hops: &[Hop], wide: Wide) -> Vec<ChainLine> {
    let mut lines = Vec::new();
    let mut from = 0;
    while from < hops.len() {
        let quiet = hops[from..].iter().take_while(|hop| is_quiet(hop, hops[from].depth)).count();
        if wide == Wide::Summed && quiet > SINGLE {
            lines.push(ChainLine::Layers(from..from + quiet));
        } else {
            lines.extend((from..from + quiet.max(1)).map(ChainLine::Hop));
        }
        from += quiet.max(1);
    }
    lines
}

fn is_quiet(hop: &Hop, depth: u8) -> bool {
    matches!(hop.role, Role::LayerLink | Role::Layer) && hop.state == HopState::Good && hop.depth == depth
}

impl Browser {
    /// The objects that the selection can stop at in the chain, in order.
    pub fn shown_hops(&self, picture: &Picture) -> Vec<String> {
        let Some(report) = self.report(picture) else { return Vec::new() };
        let lines = chain_lines(&report.hops, self.wide);
        lines.iter().map(|line| report.hops[line.first()].object.clone()).collect()
    }
}
