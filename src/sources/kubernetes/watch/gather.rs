//! Makes facts of what the tasks tell: bundled by time, and without what is about other workloads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::super::facts::{Batch, Fact, Watch};
use super::super::objects::Kind;
use super::super::roll::Roll;
use super::super::wire::Object;
use super::roster::Roster;
use super::{Update, WATCHED};
use crate::sources::{Teller, TroubleKind};

/// The newest events that are kept; and of those that may turn out to be ours, as many.
const EVENTS: usize = 500;

/// Turns updates into facts.
pub struct Gatherer {
    teller: Teller<Fact>,
    gather: Duration,
    is_service_named: bool,
    roster: Roster,
    roll: Roll,
    /// Whether it has names that others were not held against.
    is_grown: bool,
    /// What has changed since it was told last.
    changed: BTreeMap<(Kind, String), Object>,
    gone: BTreeSet<(Kind, String)>,
    /// When that is told, if there is any.
    due: Option<Instant>,
    /// What is not about ours as far as is known.
    others: BTreeMap<(Kind, String), Object>,
    /// When each event that was told last happened.
    events: BTreeMap<String, Option<Timestamp>>,
    /// What has not been answered once; none for rights.
    awaited: BTreeSet<Option<Kind>>,
}

impl Gatherer {
    /// Knows nothing yet.
    pub fn new(teller: Teller<Fact>, gather: Duration, is_service_named: bool, roll: Roll) -> Self {
        Self {
            roll,
            teller,
            gather,
            is_service_named,
            roster: Roster::default(),
            is_grown: false,
            changed: BTreeMap::new(),
            gone: BTreeSet::new(),
            due: None,
            others: BTreeMap::new(),
            events: BTreeMap::new(),
            awaited: WATCHED.into_iter().map(Some).chain([None]).collect(),
        }
    }

    /// Until nobody tells anything any more.
    pub async fn run(mut self, mut told: mpsc::Receiver<Update>) {
        loop {
            let due = self.due;
            let update = tokio::select! {
                biased;
                () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                    self.flush().await;
                    continue;
                }
                update = told.recv() => update,
            };
            match update {
                Some(update) => self.take(update).await,
                None => return,
            }
        }
    }

    async fn take(&mut self, update: Update) {
        match update {
            Update::Changed(kind, object) => self.change(kind, *object),
            Update::Gone(kind, name) => self.lose(kind, name),
            Update::Listed(kind, objects) => self.list(kind, objects).await,
            Update::Watched(kind, watch) => self.watched(kind, watch).await,
            Update::Odd(kind, trouble) => self.teller.tell(Fact::Odd { kind, trouble }).await,
            Update::Rights(rights) => {
                self.teller.tell(Fact::Rights(rights)).await;
                self.answered(None).await;
            }
        }
    }

    fn change(&mut self, kind: Kind, object: Object) {
        let key = (kind, object.name().to_owned());
        if !self.roster.concerns(&object, self.is_service_named) {
            self.put_aside(key, object);
            return;
        }
        self.is_grown |= self.roster.add(kind, &key.1);
        if let Object::Pod(pod) = &object {
            self.roll.change(pod);
        }
        self.gone.remove(&key);
        self.note_event(&object);
        self.changed.insert(key, object);
        self.hurry();
    }

    /// What has changed is told before long.
    fn hurry(&mut self) {
        let gather = self.gather;
        self.due.get_or_insert_with(|| Instant::now() + gather);
    }

    fn lose(&mut self, kind: Kind, name: String) {
        if kind == Kind::Pod {
            self.roll.lose(&name);
        }
        let key = (kind, name);
        self.changed.remove(&key);
        if self.others.remove(&key).is_none() && (kind != Kind::Event || self.events.remove(&key.1).is_some())
        {
            self.gone.insert(key);
            self.hurry();
        }
    }

    async fn list(&mut self, kind: Kind, objects: Vec<Object>) {
        // What was heard before is older than the list.
        self.changed.retain(|(one, _), _| *one != kind);
        self.gone.retain(|(one, _)| *one != kind);
        self.others.retain(|(one, _), _| *one != kind);
        self.is_grown |= self.roster.replace(kind, &objects);
        let (mut ours, others): (Vec<_>, Vec<_>) =
            objects.into_iter().partition(|object| self.roster.concerns(object, self.is_service_named));
        for object in others {
            self.put_aside((kind, object.name().to_owned()), object);
        }
        if kind == Kind::Event {
            ours.sort_by_key(|object| std::cmp::Reverse(last(object)));
            ours.truncate(EVENTS);
            self.events.clear();
            ours.iter().for_each(|object| self.note_event(object));
        }
        if kind == Kind::Pod {
            self.roll.list(
                ours.iter().filter_map(|one| if let Object::Pod(pod) = one { Some(pod) } else { None }),
            );
        }
        self.teller.tell(Fact::Listed(batch(kind, ours))).await;
        if self.is_grown {
            self.hurry();
        }
        let stands_for = if kind == Kind::Endpoints { Kind::EndpointSlice } else { kind };
        self.answered(Some(stands_for)).await;
    }

    async fn watched(&mut self, kind: Kind, watch: Watch) {
        let failed = match &watch {
            Watch::Down { trouble } => Some(trouble.kind),
            Watch::Listing | Watch::Live | Watch::Polled { .. } => None,
        };
        // What was heard before it failed is told before it failed.
        if failed.is_some() {
            self.flush().await;
        }
        self.teller.tell(Fact::Watched { kind, watch }).await;
        let is_replaced =
            kind == Kind::EndpointSlice && matches!(failed, Some(TroubleKind::Denied | TroubleKind::Absent));
        if failed.is_some() && !is_replaced {
            let stands_for = if kind == Kind::Endpoints { Kind::EndpointSlice } else { kind };
            if kind == Kind::Pod {
                self.roll.settle();
            }
            self.answered(Some(stands_for)).await;
        }
    }

    /// All were answered once, or failed once.
    async fn answered(&mut self, what: Option<Kind>) {
        if self.awaited.remove(&what) && self.awaited.is_empty() {
            self.flush().await;
            self.teller.settled();
        }
    }

    /// Others may be ours now that more names are known.
    fn look_again(&mut self) {
        if !std::mem::take(&mut self.is_grown) {
            return;
        }
        let ours: Vec<_> = self
            .others
            .iter()
            .filter(|(_, object)| self.roster.concerns(object, self.is_service_named))
            .map(|(key, _)| key.clone())
            .collect();
        for key in ours {
            if let Some(object) = self.others.remove(&key) {
                self.change(key.0, object);
            }
        }
    }

    fn put_aside(&mut self, key: (Kind, String), object: Object) {
        let is_event = key.0 == Kind::Event;
        self.others.insert(key, object);
        // Only of events there may be any number; whatever else is not ours may yet turn out to be.
        let events = || self.others.range((Kind::Event, String::new())..);
        if is_event && events().count() > 2 * EVENTS {
            let mut times: Vec<_> = events().map(|(key, object)| (last(object), key.clone())).collect();
            times.sort_unstable();
            for (_, key) in times.into_iter().take(EVENTS) {
                self.others.remove(&key);
            }
        }
    }

    fn note_event(&mut self, object: &Object) {
        if let Object::Happening(happening) = object {
            self.events.insert(happening.name.clone(), happening.last);
        }
    }

    /// Events beyond the newest ones are gone for us.
    fn drop_old_events(&mut self) {
        while self.events.len() > EVENTS {
            let oldest = self.events.iter().min_by_key(|(_, last)| **last).map(|(name, _)| name.clone());
            let Some(name) = oldest else { return };
            self.events.remove(&name);
            let key = (Kind::Event, name);
            self.changed.remove(&key);
            self.gone.insert(key);
        }
    }

    async fn flush(&mut self) {
        if self.due.take().is_none() {
            return;
        }
        self.look_again();
        self.due = None;
        self.drop_old_events();
        let mut changed: BTreeMap<Kind, Vec<Object>> = BTreeMap::new();
        for ((kind, _), object) in std::mem::take(&mut self.changed) {
            changed.entry(kind).or_default().push(object);
        }
        let mut gone: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        for (kind, name) in std::mem::take(&mut self.gone) {
            gone.entry(kind).or_default().push(name);
        }
        for (kind, objects) in changed {
            self.teller.tell(Fact::Changed(batch(kind, objects))).await;
        }
        for (kind, names) in gone {
            self.teller.tell(Fact::Gone { kind, names }).await;
        }
    }
}

/// When an event last happened.
fn last(object: &Object) -> Option<Timestamp> {
    match object {
        Object::Happening(happening) => happening.last,
        _ => None,
    }
}

/// Objects of one kind; those of another, which there are none of, are left out.
fn batch(kind: Kind, objects: Vec<Object>) -> Batch {
    macro_rules! of {
        ($variant:ident) => {
            objects
                .into_iter()
                .filter_map(|one| if let Object::$variant(one) = one { Some(one) } else { None })
                .collect()
        };
    }
    match kind {
        Kind::Pod => Batch::Pods(of!(Pod)),
        Kind::Service => Batch::Services(of!(Service)),
        Kind::EndpointSlice | Kind::Endpoints => {
            let slices = objects.into_iter();
            Batch::Slices(
                kind,
                slices
                    .filter_map(|one| if let Object::Slice(_, one) = one { Some(one) } else { None })
                    .collect(),
            )
        }
        Kind::Deployment => Batch::Deployments(of!(Deployment)),
        Kind::ReplicaSet => Batch::ReplicaSets(of!(ReplicaSet)),
        Kind::Autoscaler => Batch::Autoscalers(of!(Autoscaler)),
        Kind::Event => Batch::Happenings(of!(Happening)),
    }
}
