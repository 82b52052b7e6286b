//! What is known of the bucket: the fold of the bucket's own facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::browse::{Child, Origin, Place};
use super::facts::{Fact, Listed, Survey, Trouble};
use super::links::Looks;
use super::node::Node;
use super::raw::Raw;
use super::verdicts::Verdicts;
use crate::model::{Severity, Subject, TagState};
use crate::registry::report::TagReport;
use crate::storage::PageToken;

/// Whole reports kept; of tags looked at before these only the verdict is kept.
const REPORTS: usize = 128;

/// What is known of the bucket.
#[derive(Debug, Default)]
pub struct Picture {
    pub health: Health,
    /// URL of the store, once it answered or failed to.
    pub url: String,
    pub survey: Option<Survey>,
    /// Set while there is no registry any more where there was one: what is known here is of before that.
    pub lost: Option<Lost>,
    pub listings: BTreeMap<Place, Listing>,
    pub verdicts: Verdicts,
    /// Of the tags looked at last.
    reports: IndexMap<Subject, Arc<TagReport>>,
    /// The object that was read last.
    pub raw: Option<(String, Result<Raw, Trouble>)>,
    /// What came of looking for new links of layers.
    pub links: Looks,
    /// Requests spent so far.
    pub requests: u64,
}

/// Whether the store answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Not asked yet, or no answer yet.
    #[default]
    Opening,
    /// The last request was answered.
    Live,
    /// The last request failed, for this reason, since then.
    Down { trouble: Trouble, since: Timestamp },
}

/// A registry that was there and is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What was found instead, safe to show.
    pub why: String,
    /// When the top level was listed last.
    pub seen: Option<Timestamp>,
}

/// What is known of one level of the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// In byte order of the names.
    pub children: Vec<Child>,
    pub reach: Reach,
    /// Parts that could not be listed.
    pub unread: Vec<Trouble>,
    /// When the last page arrived.
    pub at: Option<Timestamp>,
}

/// How far a level was listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Not asked for yet: what is known came from elsewhere, such as a jump.
    #[default]
    Unasked,
    /// A page is on its way; the token it was asked with.
    Asked(Option<PageToken>),
    /// There is more from here on.
    More(PageToken),
    /// All of it.
    Whole,
    /// The page asked with this token could not be listed.
    Failed(Option<PageToken>, Trouble),
}

/// What came of looking at a tag, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is being looked at.
    Scanning,
    /// It was looked at.
    Seen {
        state: TagState,
        /// Id and severity of the worst finding, or why it could not be read.
        worst: Option<(&'static str, Severity)>,
        at: Timestamp,
    },
}

impl Verdict {
    /// The tag's state, once it was looked at.
    pub const fn state(&self) -> Option<TagState> {
        match self {
            Self::Scanning => None,
            Self::Seen { state, .. } => Some(*state),
        }
    }

    /// Whether the tag needs somebody: broken, or could not be read, or worse than harmless. A tag that is not there
    /// is neither.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Scanning => false,
            Self::Seen { state: TagState::Broken | TagState::Unknown, .. } => true,
            Self::Seen { state: TagState::Absent, .. } => false,
            Self::Seen { worst, .. } => worst.is_some_and(|(_, severity)| severity < Severity::Harmless),
        }
    }
}

impl Listing {
    /// Where a child stands, by its name as the store wrote it.
    pub fn position(&self, name: &str) -> Result<usize, usize> {
        self.children.binary_search_by(|child| child.name.as_str().cmp(name))
    }

    /// Adds a child that is known without listing.
    pub fn insert(&mut self, child: Child) {
        if let Err(place) = self.position(&child.name) {
            self.children.insert(place, child);
        }
    }

    /// Whether all of it was listed and there is nothing.
    pub fn is_void(&self) -> bool {
        let listed = self.children.iter().any(|child| child.origin == Origin::Listed);
        self.reach == Reach::Whole && self.unread.is_empty() && !listed
    }

    fn add_page(&mut self, listed: Listed, at: Timestamp) {
        // What was only named is listed now, or stays something that nobody saw.
        let listed_now =
            |child: &Child| listed.children.binary_search_by(|seen| seen.name.cmp(&child.name)).is_ok();
        self.children.retain(|child| child.origin == Origin::Listed || !listed_now(child));
        let follows = match (self.children.last(), listed.children.first()) {
            (Some(last), Some(first)) => last.name < first.name,
            (None, _) | (_, None) => true,
        };
        if follows {
            self.children.extend(listed.children);
        } else {
            self.children.extend(listed.children);
            self.children.sort_by(|one, other| one.name.cmp(&other.name));
            self.children.dedup_by(|one, other| one.name == other.name);
        }
        self.unread.extend(listed.unread);
        self.reach = listed.next.map_or(Reach::Whole, Reach::More);
        self.at = Some(at);
    }
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Opened { url } => {
                self.url.clone_from(url);
                self.health = Health::Live;
            }
            Fact::NotOpened { url, trouble } => {
                self.url.clone_from(url);
                self.down(trouble, at);
                if self.holds_tree() {
                    self.lose(trouble.why.clone());
                }
            }
            Fact::Surveyed { survey, requests } => {
                self.spend(*requests);
                self.take_survey(survey);
            }
            Fact::Listed { listed, requests } => {
                self.spend(*requests);
                self.add_page(listed, at);
            }
            Fact::NotListed { place, trouble, requests } => {
                self.requests += u64::from(*requests);
                self.fail(place, trouble, at);
            }
            Fact::ScanBegan { subject } => {
                if !self.verdicts.contains(subject) {
                    self.verdicts.set(subject, Verdict::Scanning);
                }
            }
            Fact::Scanned { subject, report } => self.judge(subject, report, at),
            Fact::Read { key, raw, requests } => {
                self.spend(*requests);
                self.raw = Some((key.clone(), Ok(raw.clone())));
            }
            Fact::NotRead { key, trouble, requests } => {
                self.requests += u64::from(*requests);
                self.raw = Some((key.clone(), Err(trouble.clone())));
            }
            Fact::Linked { repository, links, requests } => {
                self.spend(*requests);
                self.links.take(repository, Ok(links.clone()), at);
            }
            Fact::NotLinked { repository, trouble, requests } => {
                self.requests += u64::from(*requests);
                self.links.take(repository, Err(trouble.clone()), at);
            }
        }
    }

    /// Whether a registry's tree was seen.
    pub fn holds_tree(&self) -> bool {
        self.survey.as_ref().is_some_and(|survey| survey.instead().is_none())
    }

    fn take_survey(&mut self, survey: &Survey) {
        match survey.instead() {
            Some(instead) if self.holds_tree() => self.lose(instead),
            Some(_) | None => {
                self.lost = None;
                self.survey = Some(survey.clone());
            }
        }
    }

    fn lose(&mut self, why: String) {
        let seen = self.listings.get(&Place::Root).and_then(|root| root.at);
        self.lost = Some(Lost { why, seen });
    }

    /// The whole report on a tag, if it is one of the last that were looked at.
    pub fn report(&self, subject: &Subject) -> Option<&Arc<TagReport>> {
        self.reports.get(subject)
    }

    /// Whether a row was named by somebody and is not in the bucket, as far as listings and looks tell. Where a
    /// database may hold it, nobody can say.
    pub fn is_absent(&self, node: &Node) -> bool {
        let Node::Child { place, name } = node else { return false };
        let Some(level) = self.listings.get(place) else { return false };
        let child = level.position(name).ok().and_then(|at| level.children.get(at));
        if self.survey != Some(Survey::Registry) || child.is_none_or(|child| child.origin == Origin::Listed) {
            return false;
        }
        let below = node.opens().and_then(|below| self.listings.get(&below));
        let seen = self.verdicts.get(&node.subject()).and_then(Verdict::state);
        level.reach == Reach::Whole || below.is_some_and(Listing::is_void) || seen == Some(TagState::Absent)
    }

    /// All whole reports that are kept, oldest first.
    pub fn reports(&self) -> impl DoubleEndedIterator<Item = (&Subject, &Arc<TagReport>)> {
        self.reports.iter()
    }

    /// Forgets what was seen of a tag, so that it is looked at again.
    pub fn forget(&mut self, subject: &Subject) {
        self.verdicts.remove(subject);
        self.reports.shift_remove(subject);
    }

    fn spend(&mut self, requests: u32) {
        self.requests += u64::from(requests);
        self.health = Health::Live;
    }

    fn down(&mut self, trouble: &Trouble, at: Timestamp) {
        let since = match &self.health {
            Health::Down { since, .. } => *since,
            Health::Opening | Health::Live => at,
        };
        self.health = Health::Down { trouble: trouble.clone(), since };
    }

    fn add_page(&mut self, listed: &Listed, at: Timestamp) {
        let listing = self.listings.entry(listed.place.clone()).or_default();
        let awaited = match &listing.reach {
            Reach::Asked(token) => *token == listed.asked,
            Reach::More(token) => Some(token) == listed.asked.as_ref(),
            Reach::Unasked => listed.asked.is_none(),
            Reach::Failed(token, _) => *token == listed.asked,
            Reach::Whole => false,
        };
        if awaited {
            listing.add_page(listed.clone(), at);
        }
    }

    fn fail(&mut self, place: &Place, trouble: &Trouble, at: Timestamp) {
        let listing = self.listings.entry(place.clone()).or_default();
        let token = match &listing.reach {
            Reach::Asked(token) | Reach::Failed(token, _) => token.clone(),
            Reach::More(token) => Some(token.clone()),
            Reach::Unasked | Reach::Whole => None,
        };
        if trouble.is_absence() && self.lost.is_none() {
            // A level that holds nothing is a sound answer: object stores have no folders, file systems may.
            listing.reach = Reach::Whole;
            listing.at = Some(at);
            self.health = Health::Live;
            return;
        }
        listing.reach = Reach::Failed(token, trouble.clone());
        self.down(trouble, at);
    }

    fn judge(&mut self, subject: &Subject, report: &Arc<TagReport>, at: Timestamp) {
        self.requests += u64::from(report.requests);
        let worst = report.findings.iter().min_by_key(|finding| finding.severity);
        let worst = worst.map(|finding| (finding.id, finding.severity));
        self.verdicts.set(subject, Verdict::Seen { state: report.state, worst, at });
        self.reports.shift_remove(subject);
        self.reports.insert(subject.clone(), report.clone());
        if self.reports.len() > REPORTS {
            self.reports.shift_remove_index(0);
        }
    }
}
