//! The tree as rows that can be counted, found and read one by one without laying all of them out.

use std::collections::BTreeSet;
use std::ops::Range;

use super::filter::Filter;
use crate::event::Way;
use crate::model::Subject;
use crate::sources::bucket::browse::{Child, Place};
use crate::sources::bucket::node::{Node, NodeKind, is_internal};
use crate::sources::bucket::picture::{Listing, Picture, Reach};

/// What decides which rows there are.
#[derive(Clone, Copy)]
pub struct Choice<'a> {
    pub open: &'a BTreeSet<Node>,
    pub filter: &'a Filter,
    /// Only tags that are broken or could not be read.
    pub faults: Faults,
    /// The registry's own folders.
    pub internals: Internals,
}

/// Whether healthy tags are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    #[default]
    AndHealthy,
    Only,
}

impl Faults {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::AndHealthy => Self::Only,
            Self::Only => Self::AndHealthy,
        }
    }
}

/// Whether `_manifests`, `_layers` and `_uploads` are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Internals {
    #[default]
    Hidden,
    Shown,
}

/// All rows of the tree, as runs of neighbours of one level.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    runs: Vec<Run>,
    total: usize,
}

#[derive(Clone, Debug)]
struct Run {
    /// Number of its first row.
    start: usize,
    depth: usize,
    place: Place,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Children by their number in the listing, without gaps.
    All(Range<usize>),
    /// Some children by their number, in order.
    Some(Vec<usize>),
    Rest,
}

impl What {
    fn len(&self) -> usize {
        match self {
            Self::All(range) => range.len(),
            Self::Some(picks) => picks.len(),
            Self::Rest => 1,
        }
    }
}

impl Run {
    /// Its rows that are worth a stop, in order.
    fn faults(&self, picture: &Picture) -> Vec<usize> {
        let Some(listing) = picture.listings.get(&self.place) else { return Vec::new() };
        let mut children: Vec<usize> = match &self.place {
            Place::Prefix(_) => Vec::new(),
            // A file among the tags, and a folder marker, are faults by being there.
            Place::Root | Place::Folder(_) | Place::Tags(_) => (0..listing.children.len())
                .filter(|number| !listing.children[*number].name.ends_with('/'))
                .collect(),
        };
        if let Place::Tags(repository) = &self.place {
            let tags = picture.verdicts.faulty_tags(repository);
            children.extend(tags.filter_map(|tag| listing.position(&format!("{tag}/")).ok()));
            children.sort_unstable();
        }
        let within = |child: &usize| match &self.what {
            What::All(range) => range.contains(child).then(|| child - range.start),
            What::Some(picks) => picks.binary_search(child).ok(),
            What::Rest => None,
        };
        match &self.what {
            What::Rest if is_unread(listing) => vec![0],
            What::Rest => Vec::new(),
            What::All(_) | What::Some(_) => children.iter().filter_map(within).collect(),
        }
    }
}

/// One row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub node: Node,
    /// Levels above it.
    pub depth: usize,
}

impl Rows {
    /// Lays out the rows; the cost follows the number of open levels, and with a filter that of their children.
    pub fn of(picture: &Picture, choice: Choice<'_>) -> Self {
        let mut rows = Self::default();
        rows.add_level(picture, choice, &Place::Root, 0);
        rows
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.total
    }

    pub const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The row of this number.
    pub fn get(&self, picture: &Picture, number: usize) -> Option<Row> {
        let run = &self.runs[..self.runs.partition_point(|run| run.start <= number)].last()?;
        let within = number - run.start;
        let child = match &run.what {
            What::Rest => {
                return (within == 0).then(|| Row { node: Node::Rest(run.place.clone()), depth: run.depth });
            }
            What::All(range) => range.clone().nth(within)?,
            What::Some(picks) => *picks.get(within)?,
        };
        let name = &picture.listings.get(&run.place)?.children.get(child)?.name;
        Some(Row { node: Node::child(run.place.clone(), name.clone()), depth: run.depth })
    }

    /// The number of a row, if it is shown.
    pub fn find(&self, picture: &Picture, node: &Node) -> Option<usize> {
        let child = match node {
            Node::Rest(_) => None,
            Node::Child { place, name } => Some(picture.listings.get(place)?.position(name).ok()?),
        };
        self.runs.iter().filter(|run| run.place == *node.place()).find_map(|run| {
            let within = match (&run.what, child) {
                (What::Rest, None) => Some(0),
                (What::All(range), Some(child)) => range.contains(&child).then(|| child - range.start),
                (What::Some(picks), Some(child)) => picks.binary_search(&child).ok(),
                (What::Rest, Some(_)) | (What::All(_) | What::Some(_), None) => None,
            }?;
            Some(run.start + within)
        })
    }

    /// The number of the next or previous row that is worth a stop, seen from row `number`.
    pub fn fault_from(&self, picture: &Picture, number: usize, way: Way) -> Option<usize> {
        let faults = |run: &Run| -> Vec<usize> {
            run.faults(picture).into_iter().map(|within| run.start + within).collect()
        };
        match way {
            Way::Next => {
                let runs = self.runs.iter().filter(|run| run.start + run.what.len() > number + 1);
                runs.flat_map(faults).find(|fault| *fault > number)
            }
            Way::Previous => {
                let runs = self.runs.iter().rev().filter(|run| run.start < number);
                runs.flat_map(|run| faults(run).into_iter().rev()).find(|fault| *fault < number)
            }
        }
    }

    /// The number of the first row that is worth a stop.
    pub fn first_fault(&self, picture: &Picture) -> Option<usize> {
        self.runs.iter().find_map(|run| run.faults(picture).first().map(|within| run.start + within))
    }

    /// Levels whose rest is at most `reach` rows away from row `number`.
    pub fn rests_near(&self, number: usize, reach: usize) -> impl Iterator<Item = &Place> {
        let near = move |run: &&Run| matches!(run.what, What::Rest) && run.start.abs_diff(number) <= reach;
        self.runs.iter().filter(near).map(|run| &run.place)
    }

    fn add_level(&mut self, picture: &Picture, choice: Choice<'_>, place: &Place, depth: usize) {
        let Some(listing) = picture.listings.get(place) else { return self.add(place, depth, What::Rest) };
        let tags = repository_of(place, listing);
        if let (Place::Tags(repository), None) = (place, choice.hides_nothing()) {
            self.add(place, depth, What::Some(choice.picks(picture, repository, listing)));
        } else {
            self.add_children(picture, choice, place, depth);
        }
        if let Some(tags) = &tags {
            self.add_level(picture, choice, tags, depth);
        }
        let said_by_tags = tags.is_some() && listing.reach == Reach::Whole && listing.unread.is_empty();
        let empty = listing.children.is_empty() && choice.faults == Faults::AndHealthy;
        // Below a name that is not there nothing is left to list.
        let void = listing.reach == Reach::Unasked
            && Node::Rest(place.clone()).parent().is_some_and(|holder| picture.is_absent(&holder));
        if !said_by_tags && !void && (listing.reach != Reach::Whole || empty || !listing.unread.is_empty()) {
            self.add(place, depth, What::Rest);
        }
    }

    fn add_children(&mut self, picture: &Picture, choice: Choice<'_>, place: &Place, depth: usize) {
        let Some(listing) = picture.listings.get(place) else { return };
        let mut from = 0;
        let hidden = |child: &&Child| !choice.shows(picture, place, child);
        let breaks: Vec<_> = match place {
            // Tags neither open nor hide here, and there can be very many of them.
            Place::Tags(_) => Vec::new(),
            Place::Root | Place::Folder(_) | Place::Prefix(_) => (0..listing.children.len())
                .filter(|number| {
                    let child = &listing.children[*number];
                    hidden(&child) || choice.open.contains(&Node::child(place.clone(), child.name.clone()))
                })
                .collect(),
        };
        for number in breaks {
            let child = &listing.children[number];
            self.add(place, depth, What::All(from..number));
            from = number + 1;
            if !choice.shows(picture, place, child) {
                continue;
            }
            let before = (self.runs.len(), self.total);
            self.add(place, depth, What::All(number..from));
            if let Some(level) = Node::child(place.clone(), child.name.clone()).opens() {
                self.add_level(picture, choice, &level, depth + 1);
                let bare = self.total == before.1 + 1;
                if bare && choice.faults == Faults::Only && is_looked_through(picture, &level) {
                    self.runs.truncate(before.0);
                    self.total = before.1;
                }
            }
        }
        self.add(place, depth, What::All(from..listing.children.len()));
    }

    fn add(&mut self, place: &Place, depth: usize, what: What) {
        let count = what.len();
        if count > 0 {
            self.runs.push(Run { start: self.total, depth, place: place.clone(), what });
            self.total += count;
        }
    }
}

impl Choice<'_> {
    /// `Some` when every tag is shown.
    fn hides_nothing(&self) -> Option<()> {
        (self.filter.is_empty() && self.faults == Faults::AndHealthy).then_some(())
    }

    /// Whether a child of a level other than one of tags is shown. Open folders are, whatever is filtered, so that
    /// what is left of their tags still says where it belongs; of closed ones those that may hold a fault.
    fn shows(&self, picture: &Picture, place: &Place, child: &Child) -> bool {
        let node = Node::child(place.clone(), child.name.clone());
        match place {
            Place::Root | Place::Folder(_) if is_internal(&child.name) => self.internals == Internals::Shown,
            Place::Root | Place::Folder(_) | Place::Tags(_) | Place::Prefix(_) => match node.kind() {
                NodeKind::Folder if self.open.contains(&node) => true,
                NodeKind::Folder => {
                    let sound = self.faults == Faults::Only && is_sound(picture, &node);
                    !sound && self.filter.passes(&text_of(&node))
                }
                NodeKind::Tag | NodeKind::Prefix | NodeKind::Object | NodeKind::Rest => true,
            },
        }
    }

    fn picks(&self, picture: &Picture, repository: &str, listing: &Listing) -> Vec<usize> {
        let place = Place::Tags(repository.to_owned());
        let text =
            |number: usize| text_of(&Node::child(place.clone(), listing.children[number].name.clone()));
        let fits = |number: &usize| self.filter.is_empty() || self.filter.passes(&text(*number));
        match self.faults {
            Faults::AndHealthy => (0..listing.children.len()).filter(fits).collect(),
            Faults::Only => {
                // A file among the tags is a fault by being there.
                let files =
                    (0..listing.children.len()).filter(|number| listing.children[*number].object.is_some());
                let tags = picture
                    .verdicts
                    .faulty_tags(repository)
                    .filter_map(|tag| listing.position(&format!("{tag}/")).ok());
                let mut picks: Vec<_> = files.chain(tags).filter(fits).collect();
                picks.sort_unstable();
                picks
            }
        }
    }
}

/// Whether tags below a folder were looked at and nothing is wrong with any.
fn is_sound(picture: &Picture, node: &Node) -> bool {
    match node.subject() {
        Subject::Repository(name) => picture.verdicts.below(&name).is_sound(),
        _ => false,
    }
}

/// Whether every tag of a repository was looked at; a folder without tags of its own has none that was not.
pub fn is_looked_through(picture: &Picture, place: &Place) -> bool {
    let tags = match place {
        Place::Folder(name) => Place::Tags(name.clone()),
        Place::Tags(_) | Place::Root | Place::Prefix(_) => place.clone(),
    };
    let (Place::Tags(repository), Some(listing)) = (&tags, picture.listings.get(&tags)) else { return true };
    picture.verdicts.below(repository).own >= listing.children.len() as u64
}

/// Whether a part of a level could not be listed.
const fn is_unread(listing: &Listing) -> bool {
    matches!(listing.reach, Reach::Failed(..)) || !listing.unread.is_empty()
}

/// Whether a row is a fault by being there: a file among the tags, and a folder marker.
pub fn is_stray(node: &Node) -> bool {
    node.kind() == NodeKind::Object && matches!(node.place(), Place::Tags(_) | Place::Folder(_) | Place::Root)
}

/// The tags of a level that were not looked at, in its order.
pub fn unseen_in(picture: &Picture, place: &Place) -> Vec<Subject> {
    let (Place::Tags(_), Some(listing)) = (place, picture.listings.get(place)) else { return Vec::new() };
    let tags = listing.children.iter().filter(|child| child.object.is_none());
    let subjects = tags.map(|child| Node::child(place.clone(), child.name.clone()).subject());
    subjects.filter(|subject| !picture.verdicts.contains(subject)).collect()
}

/// What a filter is held against.
fn text_of(node: &Node) -> String {
    match node.subject() {
        Subject::Object(_) => node.key(),
        subject => subject.to_string(),
    }
}

/// The tags of a folder that turned out to be a repository.
pub fn repository_of(place: &Place, listing: &Listing) -> Option<Place> {
    match place {
        Place::Folder(name) if listing.position("_manifests/").is_ok() => Some(Place::Tags(name.clone())),
        Place::Root | Place::Folder(_) | Place::Tags(_) | Place::Prefix(_) => None,
    }
}
