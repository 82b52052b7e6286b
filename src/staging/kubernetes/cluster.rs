//! The objects of the staging cluster: what changed when, who is told, and what is wrong with the server at the moment.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, Unit};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::fault::{Fault, Faults};
use super::kinds::{self, Resource};
use super::logs::{Line, Logs, Run};
use super::object::Object;

/// Changes that are remembered for watches that come back; a real server keeps some minutes of them.
const REMEMBERED: usize = 10_000;
/// The resource version of an empty cluster. A real one is never young.
const FIRST_VERSION: u64 = 1_000;

/// Why an object could not be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    #[error("the staging API has no kind {0:?}; see src/staging/kubernetes/kinds.rs for those that it has")]
    UnknownKind(String),
    #[error("a {0} without metadata.name cannot be stored: give it a name")]
    NoName(String),
    #[error("an object must be a JSON object with kind and metadata")]
    NoObject,
}

/// One change of one object.
#[derive(Clone, Debug)]
pub struct Change {
    pub version: u64,
    /// As it is now; none when it was deleted.
    pub now: Option<Arc<Object>>,
    /// As it was; none when it is new. For a deletion it carries the deletion's version.
    pub before: Option<Arc<Object>>,
}

impl Change {
    fn resource(&self) -> Option<&'static Resource> {
        self.now.as_ref().or(self.before.as_ref()).map(|object| object.resource)
    }
}

/// A watch asked for changes that nobody remembers any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    pub asked: u64,
    pub oldest: u64,
}

type Key = (String, String);

#[derive(Debug, Default)]
struct World {
    version: u64,
    /// Changes up to this version are forgotten.
    forgotten: u64,
    objects: BTreeMap<&'static str, BTreeMap<Key, Arc<Object>>>,
    changes: VecDeque<Change>,
    logs: Logs,
    faults: Faults,
}

/// A cluster with one namespace of interest. Clones are the same cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    namespace: Arc<str>,
    world: Arc<Mutex<World>>,
    /// Rings at every change of anything.
    bell: Arc<watch::Sender<u64>>,
}

impl Cluster {
    /// An empty cluster with this namespace.
    pub fn new(namespace: &str) -> Self {
        let world = World { version: FIRST_VERSION, forgotten: FIRST_VERSION, ..World::default() };
        let cluster = Self {
            namespace: namespace.into(),
            world: Arc::new(Mutex::new(world)),
            bell: Arc::new(watch::Sender::new(0)),
        };
        for name in ["default", namespace] {
            let named = json!({"kind": "Namespace", "metadata": {"name": name,
                "labels": {"kubernetes.io/metadata.name": name}}, "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"}});
            // A namespace is a known kind and has a name.
            let _ = cluster.apply(named);
        }
        cluster
    }

    /// The namespace that the registry lives in.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Creates or replaces an object, by its kind, namespace and name. Namespace, uid, resource version and creation
    /// time are filled in where they are missing. An object that is the same as before changes nothing.
    pub fn apply(&self, object: Value) -> Result<Arc<Object>, ApplyError> {
        let Value::Object(mut body) = object else { return Err(ApplyError::NoObject) };
        let kind = body.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        body.remove("apiVersion");
        let resource = kinds::of_kind(&kind).ok_or_else(|| ApplyError::UnknownKind(kind.clone()))?;
        let stored = self.world().put(resource, body, &self.namespace).ok_or(ApplyError::NoName(kind))?;
        self.ring();
        Ok(stored)
    }

    /// Deletes an object of the cluster's namespace (or of none, for kinds outside of namespaces). A pod's logs go too.
    pub fn delete(&self, kind: &str, name: &str) -> bool {
        let Some(resource) = kinds::of_kind(kind) else { return false };
        let deleted = self.world().remove(resource, key(resource, &self.namespace, name));
        self.ring();
        deleted
    }

    /// A line that a container wrote just now.
    pub fn log(&self, pod: &str, container: &str, line: &str) {
        self.log_at(pod, container, line, Timestamp::now());
    }

    /// A line that a container wrote at a time of one's choice.
    pub fn log_at(&self, pod: &str, container: &str, line: &str, at: Timestamp) {
        self.world().logs.write(pod, container, Line { at, text: line.to_owned() });
        self.ring();
    }

    /// A line of the container's run before this one: what `logs --previous` shows.
    pub fn previous_log(&self, pod: &str, container: &str, line: &str) {
        let line = Line { at: Timestamp::now(), text: line.to_owned() };
        self.world().logs.write_previous(pod, container, line);
    }

    /// A container starts anew: what it wrote becomes the log of the run before.
    pub fn restart_log(&self, pod: &str, container: &str) {
        self.world().logs.restart(pod, container);
        self.ring();
    }

    /// Makes the server fail in this way until the fault is cleared.
    pub fn set_fault(&self, fault: Fault) {
        self.world().faults.set(fault);
        self.ring();
    }

    /// Clears one fault.
    pub fn clear_fault(&self, fault: &Fault) {
        self.world().faults.clear(fault);
        self.ring();
    }

    /// Clears all faults.
    pub fn clear_faults(&self) {
        self.world().faults.clear_all();
        self.ring();
    }

    /// The faults of now.
    pub fn faults(&self) -> Faults {
        self.world().faults.clone()
    }

    /// Forgets the history of changes: open watches end with 410 Expired, and so do those that come back with an old version.
    pub fn expire_history(&self) {
        self.world().forget_all();
        self.ring();
    }

    /// The objects of a kind in a namespace (in all of them without one), by namespace and name; and the version of now.
    pub fn list(&self, resource: &Resource, namespace: Option<&str>) -> (Vec<Arc<Object>>, u64) {
        let world = self.world();
        let inside = |key: &Key| namespace.is_none_or(|wanted| key.0 == wanted);
        let kept = world.objects.get(resource.kind).into_iter().flatten();
        (kept.filter(|(key, _)| inside(key)).map(|(_, object)| object.clone()).collect(), world.version)
    }

    /// One object; the namespace does not matter for kinds outside of namespaces.
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.world().objects.get(resource.kind)?.get(&key(resource, namespace, name)).cloned()
    }

    /// The names of a kind's objects in the cluster's namespace.
    pub fn names(&self, kind: &str) -> Vec<String> {
        let Some(resource) = kinds::of_kind(kind) else { return Vec::new() };
        self.list(resource, Some(&self.namespace)).0.iter().map(|object| object.name.clone()).collect()
    }

    /// The changes of a kind after a version, and the version of now.
    pub(super) fn changes(&self, resource: &Resource, after: u64) -> Result<(Vec<Change>, u64), Expired> {
        let world = self.world();
        if after < world.forgotten {
            return Err(Expired { asked: after, oldest: world.forgotten });
        }
        let from = world.changes.partition_point(|change| change.version <= after);
        let of_kind = |change: &&Change| change.resource() == Some(resource);
        Ok((world.changes.range(from..).filter(of_kind).cloned().collect(), world.version))
    }

    /// The oldest version that a list may still be continued at, and the version of now.
    pub(super) fn versions(&self) -> (u64, u64) {
        let world = self.world();
        (world.forgotten, world.version)
    }

    /// Looks at a container's log; none if it never wrote.
    pub(super) fn read_log<T>(
        &self,
        pod: &str,
        container: &str,
        previous: bool,
        look: impl FnOnce(&Run) -> T,
    ) -> Option<T> {
        self.world().logs.run(pod, container, previous).map(look)
    }

    /// Rings at every change.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn put(
        &mut self,
        resource: &'static Resource,
        mut body: Map<String, Value>,
        home: &str,
    ) -> Option<Arc<Object>> {
        let Some(Value::Object(metadata)) = body.get_mut("metadata") else { return None };
        let name = metadata.get("name")?.as_str()?.to_owned();
        if resource.namespaced {
            metadata.entry("namespace").or_insert_with(|| home.into());
        }
        let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or(home).to_owned();
        let key = key(resource, &namespace, &name);
        let before = self.objects.get(resource.kind).and_then(|kept| kept.get(&key)).cloned();
        let version = self.version + 1;
        complete(metadata, resource, &key, before.as_deref(), version);
        if let Some(before) = before.as_ref().filter(|before| before.body == body) {
            return Some(before.clone());
        }
        metadata_of(&mut body)?.insert("resourceVersion".to_owned(), version.to_string().into());
        self.version = version;
        let object = Arc::new(Object { resource, namespace: key.0.clone(), name, version, body });
        self.objects.entry(resource.kind).or_default().insert(key, object.clone());
        self.remember(Change { version, now: Some(object.clone()), before });
        Some(object)
    }

    fn remove(&mut self, resource: &'static Resource, key: Key) -> bool {
        let Some(gone) = self.objects.get_mut(resource.kind).and_then(|kept| kept.remove(&key)) else {
            return false;
        };
        if resource.kind == "Pod" {
            self.logs.forget(&key.1);
        }
        self.version += 1;
        let version = self.version;
        let mut body = gone.body.clone();
        if let Some(metadata) = metadata_of(&mut body) {
            metadata.insert("resourceVersion".to_owned(), version.to_string().into());
        }
        let before =
            Object { resource, namespace: gone.namespace.clone(), name: gone.name.clone(), version, body };
        self.remember(Change { version, now: None, before: Some(Arc::new(before)) });
        true
    }

    fn remember(&mut self, change: Change) {
        self.changes.push_back(change);
        if self.changes.len() > REMEMBERED
            && let Some(oldest) = self.changes.pop_front()
        {
            self.forgotten = oldest.version;
        }
    }

    fn forget_all(&mut self) {
        self.version += 1;
        self.changes.clear();
        self.forgotten = self.version;
    }
}

fn key(resource: &Resource, namespace: &str, name: &str) -> Key {
    let namespace = if resource.namespaced { namespace } else { "" };
    (namespace.to_owned(), name.to_owned())
}

fn metadata_of(body: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    body.get_mut("metadata").and_then(Value::as_object_mut)
}

/// Fills in what the server gives an object, and keeps what a replacement may not change.
fn complete(
    metadata: &mut Map<String, Value>,
    resource: &Resource,
    key: &Key,
    before: Option<&Object>,
    version: u64,
) {
    let kept = |field: &str| before.and_then(|before| before.at(&format!("/metadata/{field}"))).cloned();
    let fresh = || uid(resource.kind, key, version).into();
    metadata.entry("uid").or_insert_with(|| kept("uid").unwrap_or_else(fresh));
    let now = || Timestamp::now().round(Unit::Second).unwrap_or_default().to_string().into();
    metadata.entry("creationTimestamp").or_insert_with(|| kept("creationTimestamp").unwrap_or_else(now));
    if let Some(version) = kept("resourceVersion") {
        metadata.insert("resourceVersion".to_owned(), version);
    }
}

/// A unique id that is the same in every run that does the same things.
fn uid(kind: &str, key: &Key, version: u64) -> String {
    let digest = hex::encode(Sha256::digest(format!("{kind}/{}/{}/{version}", key.0, key.1)));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
