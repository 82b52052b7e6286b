//! The marked tags, by what they are and not by where they stand.

use std::collections::BTreeSet;

use super::browser::Browser;
use crate::event::Motion;
use crate::model::Subject;
use crate::sources::bucket::node::{Node, NodeKind};
use crate::sources::bucket::picture::Picture;

/// The marked tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    tags: BTreeSet<Subject>,
    /// The row that was marked last.
    last: Option<Node>,
}

impl Browser {
    /// The marked tags.
    pub const fn marks(&self) -> &BTreeSet<Subject> {
        &self.marks.tags
    }

    /// Marks the selected tag or takes its mark away, then goes down a row.
    pub fn mark(&mut self, picture: &mut Picture) {
        if self.selected.kind() == NodeKind::Tag {
            let subject = self.selected.subject();
            if !self.marks.tags.remove(&subject) {
                self.marks.tags.insert(subject);
                self.marks.last = Some(self.selected.clone());
            }
        }
        self.step(picture, Motion::Rows(1));
    }

    /// Marks every tag from the row that was marked last to the selected one; without one, the selected one.
    pub fn mark_through(&mut self, picture: &Picture) {
        let here = self.position();
        let from = self.marks.last.as_ref().and_then(|node| self.rows.find(picture, node)).unwrap_or(here);
        let rows = (from.min(here)..=from.max(here)).filter_map(|number| self.rows.get(picture, number));
        let tags = rows.map(|row| row.node).filter(|node| node.kind() == NodeKind::Tag);
        let tags: Vec<_> = tags.map(|node| node.subject()).collect();
        self.marks.tags.extend(tags);
        if self.selected.kind() == NodeKind::Tag {
            self.marks.last = Some(self.selected.clone());
        }
    }

    /// Takes the marks of these away.
    pub fn unmark(&mut self, subjects: &[Subject]) {
        self.marks.tags.retain(|tag| !subjects.contains(tag));
    }

    pub fn clear_marks(&mut self) {
        self.marks = Marks::default();
    }
}
