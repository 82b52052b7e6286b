//! The task of one kind: list, then watch, and what to do when either is refused.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::super::client::{Access, Refusal, refused};
use super::super::facts::{Fact, Watch};
use super::super::objects::{Happening, Kind};
use super::super::selector::Selector;
use super::super::wire::{self, Line, Object, Page, Status};
use super::Update;
use super::query::Query;
use super::stream::Lines;
use crate::sources::{Pauses, Teller, Trouble, TroubleKind};

/// Of events no more than this are held while they are listed.
const EVENTS: usize = 2_000;

/// After so many lists in place of a watch, the watch is tried again.
const POLLS: u32 = 20;

/// How long nothing must be heard until a watch without a list is taken to have told all there is.
const QUIET: Duration = Duration::from_millis(500);

/// How a watch ended.
enum End {
    /// It may go on from this version.
    Over(String),
    /// The same, and the operator asked for it.
    Nudged(String),
    /// Its history is gone.
    Expired,
}

/// All there is of a kind.
struct Listed {
    objects: Vec<Object>,
    /// What of it could not be read, and why.
    odd: Vec<String>,
    version: String,
}

/// What a line of a watch said.
enum Said {
    Nothing,
    Update(Update),
    Expired,
}

/// Lists and watches one kind.
pub struct Watcher {
    query: Query,
    access: Access,
    selector: Selector,
    tell: mpsc::Sender<Update>,
    teller: Teller<Fact>,
    pauses: Pauses,
    /// What was told last, so that nothing is told twice.
    told: Option<Watch>,
}

impl Watcher {
    /// A task for one kind.
    pub fn new(
        kind: Kind,
        access: Access,
        selector: Selector,
        tell: mpsc::Sender<Update>,
        teller: Teller<Fact>,
    ) -> Self {
        let query = Query::new(kind, access.options());
        let pauses = access.options().pace.pauses();
        Self { query, access, selector, tell, teller, pauses, told: None }
    }

    /// Does so for as long as it lives.
    pub async fn run(mut self) {
        loop {
            if self.told.is_none() {
                self.say(Watch::Listing).await;
            }
            let ended = match self.list().await {
                Ok(version) => self.follow(version).await,
                Err(refusal) => self.without_list(refusal).await,
            };
            if let Err(refusal) = ended {
                self.fail(refusal).await;
            }
        }
    }

    const fn kind(&self) -> Kind {
        self.query.kind
    }

    async fn send(&self, update: Update) {
        // The gatherer ends together with this task.
        let _ = self.tell.send(update).await;
    }

    async fn say(&mut self, watch: Watch) {
        if self.told.as_ref() != Some(&watch) {
            self.told = Some(watch.clone());
            self.send(Update::Watched(self.kind(), watch)).await;
        }
    }

    /// Says why, and waits.
    async fn fail(&mut self, refusal: Refusal) {
        self.say(Watch::Down { trouble: refusal.trouble }).await;
        if self.pauses.wait(refusal.after, &self.teller).await {
            self.access.forget_all().await;
        }
    }

    /// Tells all there is, and from which version on it may be watched.
    async fn list(&mut self) -> Result<String, Refusal> {
        let limit = Some(self.access.options().pace.page);
        let listed = match self.pages(limit).await {
            // A page can come too late to belong to the ones before.
            Err(refusal) if refusal.is_expired() => self.pages(None).await?,
            pages => pages?,
        };
        self.send(Update::Listed(self.kind(), listed.objects)).await;
        // It answers again, so that the next failure is news, even if it is the same as the last one.
        if matches!(self.told, Some(Watch::Down { .. })) {
            self.told = Some(Watch::Listing);
        }
        if let Some(first) = listed.odd.first() {
            self.tell_odd(listed.odd.len(), first).await;
        }
        Ok(listed.version)
    }

    async fn pages(&self, limit: Option<u32>) -> Result<Listed, Refusal> {
        let (mut objects, mut odd, mut next) = (Vec::new(), Vec::new(), String::new());
        loop {
            let answer = self.access.ask(self.query.group(), &self.query.page(limit, &next)).await?;
            let body = self.access.whole(answer).await?;
            let page: Page<'_> = serde_json::from_slice(&body).map_err(|error| self.unreadable(&error))?;
            for item in page.items.unwrap_or_default() {
                let heard = wire::read(self.kind(), item.get(), &self.selector);
                match heard.object {
                    Ok(object) => objects.extend(object),
                    Err(why) => odd.push(format!("{}: {why}", heard.name)),
                }
            }
            if self.kind() == Kind::Event {
                keep_newest(&mut objects);
            }
            if page.metadata.next.is_empty() {
                return Ok(Listed { objects, odd, version: page.metadata.resource_version });
            }
            next = page.metadata.next;
        }
    }

    fn unreadable(&self, error: &serde_json::Error) -> Refusal {
        let why = format!("the list of {} is not what it should be: {error}", self.kind().resource());
        Refusal::of(TroubleKind::Broken, &why)
    }

    async fn tell_odd(&self, count: usize, first: &str) {
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let why = format!("{} could not be read: {first}{more}", self.kind().resource());
        self.send(Update::Odd(self.kind(), Trouble::new(TroubleKind::Broken, &why))).await;
    }

    /// Watches from a version on, for as long as that goes well.
    async fn follow(&mut self, mut version: String) -> Result<(), Refusal> {
        loop {
            let begun = Instant::now();
            match self.watch(&version, false).await {
                Ok(End::Over(newer)) => {
                    version = newer;
                    self.breathe(begun).await;
                }
                Ok(End::Nudged(newer)) => version = newer,
                Ok(End::Expired) => {
                    self.breathe(begun).await;
                    return Ok(());
                }
                Err(refusal) if refusal.trouble.kind == TroubleKind::Denied => {
                    return self.poll(refusal).await;
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// A watch that ends at once, time and again, is no reason to ask at once.
    async fn breathe(&mut self, begun: Instant) {
        if begun.elapsed() < self.pauses.shortest() {
            self.pauses.wait(None, &self.teller).await;
        } else {
            self.pauses.reset();
        }
    }

    /// May be listed and not watched: lists every so often.
    async fn poll(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        let every = self.access.options().pace.poll;
        for _ in 0..POLLS {
            self.say(Watch::Polled { trouble: refusal.trouble.clone() }).await;
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = self.teller.nudged() => return Ok(()),
            }
            self.list().await?;
        }
        Ok(())
    }

    /// May not be listed: perhaps it may be watched, or something else says the same.
    async fn without_list(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        let kind = refusal.trouble.kind;
        if kind == TroubleKind::Denied {
            let begun = Instant::now();
            match self.watch("", true).await {
                Ok(_) => {
                    self.breathe(begun).await;
                    return Ok(());
                }
                Err(other) if other.trouble.kind == TroubleKind::Denied => {}
                Err(other) => return Err(other),
            }
        }
        let is_refused = matches!(kind, TroubleKind::Denied | TroubleKind::Absent);
        if is_refused && self.kind() == Kind::EndpointSlice {
            self.say(Watch::Down { trouble: refusal.trouble.clone() }).await;
            self.endpoints_instead().await;
        }
        Err(refusal)
    }

    /// Watches endpoints for a while, or until the operator wants to know anew.
    async fn endpoints_instead(&self) {
        let other = Self::new(
            Kind::Endpoints,
            self.access.clone(),
            self.selector.clone(),
            self.tell.clone(),
            self.teller.clone(),
        );
        let a_while = self.access.options().pace.poll * POLLS;
        tokio::select! {
            () = Box::pin(other.run()) => {}
            () = tokio::time::sleep(a_while) => {}
            () = self.teller.nudged() => {}
        }
    }

    /// Hears one watch to its end. `is_all` begins with all there is, which then counts as a list.
    async fn watch(&mut self, version: &str, is_all: bool) -> Result<End, Refusal> {
        let pace = self.access.options().pace;
        let path = self.query.watch(version, pace.watch.as_secs());
        let answer = match self.access.ask(self.query.group(), &path).await {
            Err(refusal) if refusal.is_expired() => return Ok(End::Expired),
            answer => answer?,
        };
        let mut lines = Lines::new(answer.into_body(), pace.watch, pace.grace);
        let mut version = version.to_owned();
        if is_all && !self.hear_all(&mut lines, &mut version).await? {
            return Ok(End::Expired);
        }
        self.say(Watch::Live).await;
        loop {
            let line = tokio::select! {
                line = lines.next() => line?,
                // Whoever asks to look again wants to know whether somebody is still there.
                () = self.teller.nudged() => return Ok(End::Nudged(version)),
            };
            let Some(line) = line else {
                return Ok(End::Over(version));
            };
            match self.hear(&line, &mut version).await? {
                Said::Nothing => {}
                Said::Update(update) => self.send(update).await,
                Said::Expired => return Ok(End::Expired),
            }
        }
    }

    /// Hears what there is until nothing more comes for a moment, and tells it as a list. False when it has expired.
    async fn hear_all(&mut self, lines: &mut Lines, version: &mut String) -> Result<bool, Refusal> {
        let mut objects = std::collections::BTreeMap::new();
        while let Ok(line) = timeout(QUIET, lines.next()).await {
            let Some(line) = line? else { break };
            match self.hear(&line, version).await? {
                Said::Update(Update::Changed(_, object)) => {
                    objects.insert(object.name().to_owned(), *object);
                }
                Said::Update(Update::Gone(_, name)) => {
                    objects.remove(&name);
                }
                Said::Update(other) => self.send(other).await,
                Said::Nothing => {}
                Said::Expired => return Ok(false),
            }
        }
        self.send(Update::Listed(self.kind(), objects.into_values().collect())).await;
        Ok(true)
    }

    /// Understands one line.
    async fn hear(&self, line: &[u8], version: &mut String) -> Result<Said, Refusal> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(Said::Nothing);
        }
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| {
            let why = format!("a watch of {} makes no sense: {error}", self.kind().resource());
            Refusal::of(TroubleKind::Broken, &why)
        })?;
        if line.kind == "ERROR" {
            return error(line.object.get());
        }
        let heard = wire::read(self.kind(), line.object.get(), &self.selector);
        if !heard.version.is_empty() {
            *version = heard.version;
        }
        Ok(match (line.kind.as_str(), heard.object) {
            ("BOOKMARK", _) => Said::Nothing,
            // What was of concern perhaps is not any more.
            ("DELETED", _) | (_, Ok(None)) => Said::Update(Update::Gone(self.kind(), heard.name)),
            (_, Ok(Some(object))) => Said::Update(Update::Changed(self.kind(), Box::new(object))),
            (_, Err(why)) => {
                self.tell_odd(1, &format!("{}: {why}", heard.name)).await;
                Said::Nothing
            }
        })
    }
}

/// A watch that ends with an error says so in a line.
fn error(status: &str) -> Result<Said, Refusal> {
    let status: Status = serde_json::from_str(status).unwrap_or_default();
    if status.code == 410 || matches!(status.reason.as_str(), "Expired" | "Gone") {
        return Ok(Said::Expired);
    }
    Err(refused(status.code, &status.message))
}

fn keep_newest(objects: &mut Vec<Object>) {
    if objects.len() > 2 * EVENTS {
        let last = |object: &Object| match object {
            Object::Happening(Happening { last, .. }) => *last,
            _ => None,
        };
        objects.sort_by_key(|object| std::cmp::Reverse(last(object)));
        objects.truncate(EVENTS);
    }
}
