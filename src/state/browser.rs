//! What is open, selected and wanted in the tree of the bucket.

use std::collections::BTreeSet;

use super::filter::Filter;
use super::marks::Marks;
use super::rows::{Choice, Faults, Internals, Row, Rows, is_looked_through, repository_of, unseen_in};
use crate::event::{Motion, Way};
use crate::model::Subject;
use crate::registry::report::{Hop, TagReport};
use crate::sources::bucket::browse::{Child, Place};
use crate::sources::bucket::facts::Fact;
use crate::sources::bucket::node::{Node, NodeKind};
use crate::sources::bucket::picture::{Picture, Reach};

/// A page is asked for when the end of what is listed is this many rows away.
const AHEAD: usize = 100;
/// At the start, so few groups are opened without being asked to.
const FEW: usize = 8;

/// Where the keys go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    #[default]
    Tree,
    Chain,
}

/// What is open, selected and wanted in the tree.
#[derive(Debug)]
pub struct Browser {
    pub selected: Node,
    pub open: BTreeSet<Node>,
    pub filter: Filter,
    pub faults: Faults,
    pub internals: Internals,
    pub pane: Pane,
    /// The selected hop of the chain, by its object.
    pub hop: Option<String>,
    /// Whether every layer of the chain is shown.
    pub wide: Wide,
    pub rows: Rows,
    /// Levels of which a page became wanted by the last event.
    pub asked: Vec<Place>,
    /// Tags that the next writing verb is for, all of them at once.
    pub(super) marks: Marks,
    /// Number of the selected row when it was last there.
    at: usize,
    paging: Paging,
    /// Whether the selected level is listed again once the registry is seen to be there still.
    refreshing: bool,
    /// Tags that are still to be looked at for a fault to go to.
    seeking: Option<usize>,
}

/// Where a step to a fault led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// To one further on.
    Ahead,
    /// To one that was passed before: there is none further on.
    Around,
    /// Nowhere yet: so many tags that are listed have to be looked at first.
    Sought(usize),
    Nothing,
}

/// Whether every layer of a chain is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wide {
    #[default]
    Summed,
    Every,
}

/// Whether pages are asked for as one comes near the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Paging {
    #[default]
    Going,
    /// Not before the selection moves: one came here by a jump, and the rest may be far.
    Waiting,
    /// Not before the selection moves: the operator stopped all work.
    Stopped,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            selected: Node::Rest(Place::Root),
            open: BTreeSet::new(),
            filter: Filter::default(),
            faults: Faults::default(),
            internals: Internals::default(),
            pane: Pane::default(),
            hop: None,
            wide: Wide::default(),
            rows: Rows::default(),
            asked: Vec::new(),
            marks: Marks::default(),
            at: 0,
            paging: Paging::default(),
            refreshing: false,
            seeking: None,
        }
    }
}

impl Browser {
    /// Whether the operator stopped all work and has not moved since.
    pub fn is_stopped(&self) -> bool {
        self.paging == Paging::Stopped
    }

    /// Number of the selected row.
    pub const fn position(&self) -> usize {
        self.at
    }

    /// What is selected: a hop's object in the chain, else what the row stands for.
    pub fn subject(&self) -> Option<Subject> {
        (!self.rows.is_empty()).then(|| self.selected.subject())
    }

    /// The object that is selected: the hop's, the tag's link, or the row's own.
    pub fn object(&self, picture: &Picture) -> Option<String> {
        if let (Pane::Chain, Some(hop)) = (self.pane, self.selected_hop(picture)) {
            return Some(hop.object.clone());
        }
        match self.selected.kind() {
            NodeKind::Tag => Some(format!("{}current/link", self.selected.key())),
            NodeKind::Object | NodeKind::Folder | NodeKind::Prefix => Some(self.selected.key()),
            NodeKind::Rest => None,
        }
    }

    /// The report on the selected tag, if it is there.
    pub fn report<'a>(&self, picture: &'a Picture) -> Option<&'a TagReport> {
        picture.report(&self.selected.subject()).map(AsRef::as_ref)
    }

    /// The hop that is selected in the chain; without a choice it is the first bad one, or the first.
    pub fn selected_hop<'a>(&self, picture: &'a Picture) -> Option<&'a Hop> {
        let report = self.report(picture)?;
        let chosen = report.hops.iter().find(|hop| Some(&hop.object) == self.hop.as_ref());
        let guilty =
            || report.hops.iter().find(|hop| !matches!(hop.state, crate::registry::report::HopState::Good));
        chosen.or_else(guilty).or_else(|| report.hops.first())
    }

    /// Selects a row, whether or not it is shown yet.
    pub fn select(&mut self, picture: &mut Picture, node: Node) {
        if self.selected != node {
            self.hop = None;
            self.selected = node;
        }
        self.locate(picture);
    }

    /// Moves the selection over the rows.
    pub fn step(&mut self, picture: &mut Picture, motion: Motion) {
        self.paging = Paging::Going;
        let last = self.rows.len().saturating_sub(1);
        let target = match motion {
            Motion::First => 0,
            Motion::Last => last,
            Motion::Rows(rows) => self.at.saturating_add_signed(rows).min(last),
        };
        if let Some(row) = self.rows.get(picture, target) {
            self.select(picture, row.node);
        }
    }

    /// Goes to the next or previous row that is broken or could not be read, round the end if need be; tags that are
    /// listed and were not looked at yet come before that.
    pub fn step_to_fault(&mut self, picture: &mut Picture, way: Way) -> Found {
        if self.go_to_fault(picture, self.rows.fault_from(picture, self.at, way)) {
            return Found::Ahead;
        }
        let unseen = self.unseen(picture).len();
        if unseen > 0 {
            self.seeking = Some(unseen);
            return Found::Sought(unseen);
        }
        if self.go_round(picture, way) { Found::Around } else { Found::Nothing }
    }

    fn go_round(&mut self, picture: &mut Picture, way: Way) -> bool {
        let start = match way {
            Way::Next => self.rows.first_fault(picture),
            Way::Previous => self.rows.fault_from(picture, self.rows.len(), way),
        };
        self.go_to_fault(picture, start)
    }

    fn go_to_fault(&mut self, picture: &mut Picture, number: Option<usize>) -> bool {
        let Some(row) = number.and_then(|number| self.rows.get(picture, number)) else { return false };
        self.select(picture, row.node);
        true
    }

    /// The tags of all open levels that were not looked at.
    pub fn unseen(&self, picture: &Picture) -> Vec<Subject> {
        let is_open = |place: &&Place| match place {
            Place::Tags(repository) => self.open.contains(&Node::folder(repository)),
            Place::Root | Place::Folder(_) | Place::Prefix(_) => false,
        };
        picture.listings.keys().filter(is_open).flat_map(|place| unseen_in(picture, place)).collect()
    }

    /// Whether tags are being looked at for a fault to go to.
    pub const fn is_seeking(&self) -> bool {
        self.seeking.is_some()
    }

    /// Stays where it is, whatever is found.
    pub const fn give_up_seeking(&mut self) {
        self.seeking = None;
    }

    /// One more tag was looked at: if it is the fault that was sought, the selection goes there.
    fn seek_on(&mut self, picture: &mut Picture, subject: &Subject) {
        let Some(left) = self.seeking else { return };
        self.seeking = left.checked_sub(1).filter(|left| *left > 0);
        let Subject::Tag { repository, tag } = subject else { return };
        if !picture.verdicts.is_faulty(subject) {
            return;
        }
        self.settle(picture);
        let node = Node::tag(repository, tag);
        if self.rows.find(picture, &node).is_some() {
            self.seeking = None;
            self.select(picture, node);
        }
    }

    /// Opens a row and asks for what is below it, unless that is known.
    pub fn unfold(&mut self, picture: &mut Picture, node: &Node) {
        let Some(place) = node.opens() else { return };
        self.open.insert(node.clone());
        let known = picture.listings.get(&place);
        let tags = known.and_then(|listing| repository_of(&place, listing));
        self.want(picture, &place);
        if let Some(tags) = tags {
            self.want(picture, &tags);
        }
        self.settle(picture);
    }

    /// Closes a row.
    pub fn fold_up(&mut self, picture: &mut Picture, node: &Node) {
        self.open.remove(node);
        self.settle(picture);
    }

    /// Waits for the store to be seen, then lists the selected level again: rows of a registry that is gone stay.
    pub const fn refresh_once_seen(&mut self) {
        self.paging = Paging::Going;
        self.refreshing = true;
    }

    /// Asks again for a level and everything listed below the row, forgetting what was listed.
    fn refresh(&mut self, picture: &mut Picture) {
        self.paging = Paging::Going;
        let place = self.selected.opens().unwrap_or_else(|| self.selected.place().clone());
        let mut levels = vec![place.clone()];
        if let Place::Tags(name) | Place::Folder(name) = place {
            levels = vec![Place::Folder(name.clone()), Place::Tags(name)];
        }
        for level in levels {
            if picture.listings.remove(&level).is_some() {
                self.want(picture, &level);
            }
        }
        if let Some(subject) =
            Some(self.selected.subject()).filter(|subject| picture.verdicts.contains(subject))
        {
            picture.forget(&subject);
        }
        self.settle(picture);
    }

    /// Lists the levels again that hold these subjects and keys, and forgets what was seen of the subjects. What is
    /// selected keeps its row: the listing will say whether it is still there.
    pub fn revisit(&mut self, picture: &mut Picture, subjects: &[Subject], keys: &[&str]) {
        let above =
            |key: &str| key.trim_end_matches('/').rsplit_once('/').map(|(above, _)| format!("{above}/"));
        let prefixes: BTreeSet<_> = keys.iter().filter_map(|key| above(key)).collect();
        let holds = |place: &&Place| {
            let named = subjects.iter().any(|subject| match (subject, place) {
                (Subject::Tag { repository, .. }, Place::Tags(name)) => repository == name,
                (Subject::Repository(gone), Place::Tags(name) | Place::Folder(name)) => {
                    gone == name || gone.rsplit_once('/').is_some_and(|(above, _)| above == name)
                }
                (_, _) => false,
            });
            named || prefixes.contains(&place.prefix())
        };
        let levels: Vec<_> = picture.listings.keys().filter(holds).cloned().collect();
        self.paging = Paging::Going;
        for place in levels {
            picture.listings.remove(&place);
            if let Node::Child { place: selected, name } = &self.selected
                && *selected == place
            {
                picture.listings.entry(place.clone()).or_default().insert(Child::named(name.clone()));
            }
            self.want(picture, &place);
        }
        for subject in subjects {
            picture.forget(subject);
        }
        self.settle(picture);
    }

    /// Asks for the next page of a level, even after a failure or a stop.
    pub fn go_on(&mut self, picture: &mut Picture, place: &Place) {
        self.paging = Paging::Going;
        let listing = picture.listings.entry(place.clone()).or_default();
        let token = match &listing.reach {
            Reach::More(token) => Some(token.clone()),
            Reach::Failed(token, _) => token.clone(),
            Reach::Unasked => None,
            Reach::Asked(_) | Reach::Whole => return,
        };
        listing.reach = Reach::Asked(token);
        self.asked.push(place.clone());
    }

    /// Stops asking; what is on its way counts as not asked for.
    pub fn stop(&mut self, picture: &mut Picture) {
        self.paging = Paging::Stopped;
        for listing in picture.listings.values_mut() {
            if let Reach::Asked(token) = &listing.reach {
                listing.reach = token.clone().map_or(Reach::Unasked, Reach::More);
            }
        }
        picture.verdicts.forget_scanning();
        self.seeking = None;
        self.settle(picture);
    }

    /// Goes straight to a tag: opens the way to it, and asks for the first page of its neighbours only.
    pub fn jump(&mut self, picture: &mut Picture, repository: &str, tag: &str) {
        let node = Node::tag(repository, tag);
        let mut row = Some(node.clone());
        while let Some(Node::Child { place, name }) = &row {
            picture.listings.entry(place.clone()).or_default().insert(Child::named(name.clone()));
            row = row.as_ref().and_then(Node::parent);
            self.open.extend(row.clone());
        }
        let folder = Place::Folder(repository.to_owned());
        picture.listings.entry(folder.clone()).or_default().insert(Child::named("_manifests/"));
        self.filter = Filter::default();
        self.faults = Faults::AndHealthy;
        self.want(picture, &Place::Tags(repository.to_owned()));
        self.want(picture, &folder);
        self.hop = None;
        self.selected = node;
        self.paging = Paging::Waiting;
        self.settle(picture);
    }

    /// What a fact of the bucket means for the tree.
    pub fn after_fact(&mut self, picture: &mut Picture, fact: &Fact) {
        match fact {
            Fact::Surveyed { survey, .. } => {
                let refreshing = std::mem::take(&mut self.refreshing);
                if survey.instead().is_none() {
                    if refreshing {
                        self.refresh(picture);
                    }
                    self.want(picture, &Place::Root);
                }
            }
            Fact::Listed { listed, .. } => self.after_page(picture, &listed.place),
            Fact::Scanned { subject, .. } => {
                self.seek_on(picture, subject);
                // Thousands of healthy tags may go by while only faults are shown: the last one of a repository
                // takes its folder away, no other changes a row.
                let last = matches!(subject, Subject::Tag { repository, .. }
                    if is_looked_through(picture, &Place::Tags(repository.clone())));
                let changes = picture.verdicts.is_faulty(subject) || last;
                if self.faults == Faults::AndHealthy || !changes {
                    return;
                }
            }
            Fact::NotOpened { .. } => self.refreshing = false,
            Fact::Opened { .. } | Fact::NotListed { .. } => {}
            Fact::ScanBegan { .. }
            | Fact::Read { .. }
            | Fact::NotRead { .. }
            | Fact::Linked { .. }
            | Fact::NotLinked { .. } => return,
        }
        self.settle(picture);
    }

    fn after_page(&mut self, picture: &mut Picture, place: &Place) {
        let Some(listing) = picture.listings.get(place) else { return };
        if let (Some(first), true, true) = (
            listing.children.first(),
            self.at == 0,
            *place == Place::Root && self.selected == Node::Rest(Place::Root),
        ) {
            self.selected = Node::child(Place::Root, first.name.clone());
        }
        if let Some(tags) = repository_of(place, listing) {
            self.want(picture, &tags);
        }
        let Some(listing) = picture.listings.get(place) else { return };
        let folders: Vec<_> = listing
            .children
            .iter()
            .map(|child| Node::child(place.clone(), child.name.clone()))
            .filter(|node| node.kind() == NodeKind::Folder)
            .collect();
        let whole = listing.reach == Reach::Whole;
        let few = match place {
            Place::Root => folders.len() <= FEW,
            Place::Folder(_) => folders.len() == 1 && listing.children.len() == 1,
            Place::Tags(_) | Place::Prefix(_) => false,
        };
        if whole && few {
            folders.iter().for_each(|node| self.unfold(picture, node));
        }
    }

    /// Asks for the first page of a level that nobody asked for.
    fn want(&mut self, picture: &mut Picture, place: &Place) {
        let listing = picture.listings.entry(place.clone()).or_default();
        if listing.reach == Reach::Unasked {
            listing.reach = Reach::Asked(None);
            self.asked.push(place.clone());
        }
    }

    /// Lays out the rows anew, then finds the selection again.
    pub fn settle(&mut self, picture: &mut Picture) {
        let choice =
            Choice { open: &self.open, filter: &self.filter, faults: self.faults, internals: self.internals };
        self.rows = Rows::of(picture, choice);
        self.locate(picture);
    }

    /// Finds the selection among the rows, and asks for the page that it comes near to.
    fn locate(&mut self, picture: &mut Picture) {
        match self.rows.find(picture, &self.selected) {
            Some(number) => self.at = number,
            None => self.fall_back(picture),
        }
        self.turn_pages(picture);
    }

    /// The selected row went away: the end of a level that is listed in full becomes its last name, and anything else
    /// the row that took its place.
    fn fall_back(&mut self, picture: &Picture) {
        let end = match &self.selected {
            Node::Rest(_) if self.at == 0 => None,
            Node::Rest(place) => picture.listings.get(place).and_then(|listing| {
                let last = Node::child(place.clone(), listing.children.last()?.name.clone());
                self.rows.find(picture, &last)
            }),
            Node::Child { .. } => None,
        };
        let number = end.unwrap_or(self.at).min(self.rows.len().saturating_sub(1));
        if let Some(Row { node, .. }) = self.rows.get(picture, number) {
            self.at = number;
            self.selected = node;
            self.hop = None;
            self.pane = Pane::Tree;
        }
    }

    fn turn_pages(&mut self, picture: &mut Picture) {
        if self.paging != Paging::Going {
            return;
        }
        let near: Vec<_> = self.rows.rests_near(self.at, AHEAD).cloned().collect();
        for place in near {
            let Some(listing) = picture.listings.get_mut(&place) else { continue };
            if let Reach::More(token) = &listing.reach {
                listing.reach = Reach::Asked(Some(token.clone()));
                self.asked.push(place);
            }
        }
    }
}
