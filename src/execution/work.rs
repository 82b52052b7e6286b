//! The pieces of work themselves: one effect in, its facts out.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;

use super::{Done, Tools, write};
use crate::actions::Work;
use crate::bus::Lossless;
use crate::event::{Event, Fact};
use crate::model::text::clean;
use crate::model::{Subject, TagState, Unread};
use crate::registry::report::TagReport;
use crate::sources::bucket::browse::{self, Place};
use crate::sources::bucket::facts::{Fact as Seen, Survey, Trouble};
use crate::sources::bucket::{links, raw};
use crate::sources::look::Looking;
use crate::storage::{ErrorKind, ObjectStore, PageToken, StoreError};

/// Does one piece of work and tells the bus what came of it.
pub async fn job(
    work: Work,
    tools: Tools,
    store: Option<Arc<dyn ObjectStore>>,
    outbox: Lossless<Event>,
) -> Done {
    if work == Work::Open {
        return open(&tools, &outbox).await;
    }
    let work = match work {
        Work::Prepare { .. } | Work::PrepareFrom { .. } | Work::Recall => {
            write::prepare(work, tools.deeds, store, &outbox).await;
            return Done::Nothing;
        }
        other => other,
    };
    let Some(store) = store else {
        tell(&outbox, not_open(&work, &tools.url)).await;
        return Done::Nothing;
    };
    match work {
        Work::Survey => tell(&outbox, survey(&tools, &*store).await).await,
        Work::List { place, page } => tell(&outbox, list(&*store, place, page).await).await,
        Work::ListLinks(repository) => tell(&outbox, list_links(&*store, repository).await).await,
        Work::Read(key) => tell(&outbox, read(&*store, key).await).await,
        Work::Scan(subject) => return scan(&tools, store, subject, &outbox).await,
        Work::Open
        | Work::ScanSoon(_)
        | Work::ScanLater(_)
        | Work::Stop
        | Work::Prepare { .. }
        | Work::PrepareFrom { .. }
        | Work::CarryOut(_)
        | Work::Consult { .. }
        | Work::CloseDocument
        | Work::Nudge
        | Work::Recall
        | Work::Remember
        | Work::Keep { .. } => {}
    }
    Done::Nothing
}

/// Puts a fact of the bucket on the bus.
pub async fn tell(outbox: &Lossless<Event>, fact: Seen) {
    // Nobody listens any more when the program is ending.
    let _ = outbox.send(Event::Fact(Fact::Bucket(fact))).await;
}

async fn open(tools: &Tools, outbox: &Lossless<Event>) -> Done {
    match (tools.open)().await {
        Ok(store) => Done::Opened(store),
        Err(error) => {
            tell(outbox, Seen::NotOpened { url: tools.url.clone(), trouble: Trouble::of(&error) }).await;
            Done::Nothing
        }
    }
}

async fn survey(tools: &Tools, store: &dyn ObjectStore) -> Seen {
    match browse::survey(store, &tools.looking).await {
        Ok((survey, requests)) => Seen::Surveyed { survey, requests },
        Err(trouble) => Seen::NotListed { place: Place::Root, trouble, requests: 1 },
    }
}

async fn list(store: &dyn ObjectStore, place: Place, page: Option<PageToken>) -> Seen {
    match browse::list(store, &place, page.as_ref()).await {
        Ok(listed) => Seen::Listed { listed, requests: 1 },
        Err(trouble) => Seen::NotListed { place, trouble, requests: 1 },
    }
}

async fn list_links(store: &dyn ObjectStore, repository: String) -> Seen {
    match links::look(store, &repository).await {
        Ok(links) => Seen::Linked { repository, links, requests: 2 },
        Err(trouble) => Seen::NotLinked { repository, trouble, requests: 2 },
    }
}

async fn read(store: &dyn ObjectStore, key: String) -> Seen {
    match raw::read(store, &key).await {
        Ok(raw) => Seen::Read { key, raw, requests: 1 },
        Err(trouble) => Seen::NotRead { key, trouble, requests: 1 },
    }
}

async fn scan(
    tools: &Tools,
    store: Arc<dyn ObjectStore>,
    subject: Subject,
    outbox: &Lossless<Event>,
) -> Done {
    tell(outbox, Seen::ScanBegan { subject: subject.clone() }).await;
    let walk = AssertUnwindSafe((tools.scan)(store.clone(), subject.clone())).catch_unwind();
    let report = match walk.await {
        Ok(Some(report)) if report.state == TagState::Absent => {
            match no_registry(&tools.looking, &*store).await {
                Some(why) => gave_up(&subject, &format!("there is no registry here any more: {why}")),
                None => safe(report),
            }
        }
        Ok(Some(report)) => safe(report),
        Ok(None) => gave_up(&subject, "it has no chain to walk"),
        Err(_) => {
            gave_up(&subject, "the scan itself failed; a report was written, please send it to the authors")
        }
    };
    tell(outbox, Seen::Scanned { subject: subject.clone(), report: Arc::new(report) }).await;
    Done::Scanned(subject)
}

/// Why no tag can be called absent: what holds all tags is gone, or could not be read.
async fn no_registry(looking: &Looking, store: &dyn ObjectStore) -> Option<String> {
    match browse::survey(store, looking).await {
        Ok((Survey::NoRepositories { .. }, _)) => None,
        Ok((survey, _)) => survey.instead(),
        Err(trouble) => Some(trouble.why),
    }
}

fn not_open(work: &Work, url: &str) -> Seen {
    let error = StoreError::new(ErrorKind::Unreachable, url, "the store is not open yet");
    let trouble = Trouble::of(&error);
    match work {
        Work::List { place, .. } => Seen::NotListed { place: place.clone(), trouble, requests: 0 },
        Work::ListLinks(repository) => {
            Seen::NotLinked { repository: repository.clone(), trouble, requests: 0 }
        }
        Work::Read(key) => Seen::NotRead { key: key.clone(), trouble, requests: 0 },
        Work::Open
        | Work::Survey
        | Work::Scan(_)
        | Work::ScanSoon(_)
        | Work::ScanLater(_)
        | Work::Prepare { .. }
        | Work::PrepareFrom { .. }
        | Work::CarryOut(_)
        | Work::Consult { .. }
        | Work::CloseDocument
        | Work::Nudge
        | Work::Recall
        | Work::Remember
        | Work::Keep { .. }
        | Work::Stop => Seen::NotOpened { url: url.to_owned(), trouble },
    }
}

/// A walk that came to nothing says nothing about its tag.
fn gave_up(subject: &Subject, why: &str) -> TagReport {
    let (repository, tag) = match subject {
        Subject::Tag { repository, tag } => (repository.clone(), Some(tag.clone())),
        Subject::Manifest { repository, .. } => (repository.clone(), None),
        Subject::Repository(name) | Subject::Upload { repository: name, .. } => (name.clone(), None),
        other => (other.to_string(), None),
    };
    TagReport {
        unread: vec![Unread { object: subject.to_string(), why: why.to_owned() }],
        state: TagState::Unknown,
        repository,
        tag,
        digest: None,
        findings: Vec::new(),
        hops: Vec::new(),
        notes: Vec::new(),
        unhashed: 0,
        requests: 0,
        trips: 0,
    }
}

/// What came from outside into a report, made safe to show; keys stay as they are, to be asked for again.
fn safe(mut report: TagReport) -> TagReport {
    let unread = report.unread.iter_mut().flat_map(|unread| [&mut unread.why, &mut unread.object]);
    let findings = report.findings.iter_mut().map(|finding| &mut finding.detail);
    let hops = report.hops.iter_mut().map(|hop| &mut hop.note);
    for text in unread.chain(findings).chain(hops).chain(&mut report.notes) {
        if let Cow::Owned(safe) = clean(text) {
            *text = safe;
        }
    }
    report
}
