//! A real docker-registry and a real skopeo say whether the catalogue of faults tells the truth.
//!
//! Images are pushed by skopeo, the registry's folder is spoilt as staging spoils its trees, and then the registry,
//! its garbage collection and skopeo are asked what they make of it. Nothing here uses a descriptor cache, or
//! the cache would answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/registry/mod.rs"]
mod registry;
#[path = "support/verdicts.rs"]
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::StreamExt;
use jiff::Timestamp;
use quarterdeck::model::TagState;
use quarterdeck::registry::checks;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::staging::tree::case::{Arrival, Fault, Lookalike, Part, Place, Scene};
use quarterdeck::staging::tree::{Folder, Memory, StoreKind, faults, lookalikes, push};
use reqwest::Method;

use registry::answers::Questions;
use registry::observed::{Observed, Pulled, pull};
use registry::stage::{self, Stage};
use registry::table::{self, Cell};
use registry::{Registry, Untagged};
use verdicts::{Verdicts, thorough};

/// How many registries are asked at the same time.
const SIDE_BY_SIDE: usize = 4;

async fn examine(fault: &'static Fault) -> (&'static str, Vec<Cell>) {
    let stage = Stage::set(fault).await;
    let seen = Observed::of(&stage).await;
    let check = checks::find(fault.id).unwrap_or_else(|| panic!("no check is called {}", fault.id));
    let url = format!("file://{}", stage.registry.root().display());
    let verdicts = Verdicts::on(&url, &OpenOptions::default(), thorough()).await;
    let mut cells = table::cells(&stage, check, &seen);
    cells.extend(verdict_cells(&stage, &verdicts));
    (fault.id, cells)
}

/// What quarterdeck says about the same folder, beside what it has to say.
fn verdict_cells(stage: &Stage, verdicts: &Verdicts) -> [Cell; 2] {
    let named = stage.blames.iter().all(|blame| verdicts.say(blame));
    let said = if named { "named".to_owned() } else { format!("{:?}", verdicts.ids()) };
    let part = stage.parts.first();
    let state = part.map(|_| stage.fault.tag.name().to_owned());
    let report = part.and_then(|part| verdicts.tag(&part.repository, part.tag.as_deref()?));
    let judged = report.map_or("-", |report| report.state.name());
    [Cell::new("audit", Some("named".to_owned()), said), Cell::new("tag is", state, judged)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_breaks_what_its_row_promises() {
    let faults = faults::all().filter(|fault| fault.stores.hold(StoreKind::FileSystem));
    let rows: Vec<_> = futures::stream::iter(faults).map(examine).buffered(SIDE_BY_SIDE).collect().await;
    println!("promised | measured, with docker-registry on a file system\n{}", table::print(&rows));
    let broken: Vec<_> = rows
        .iter()
        .flat_map(|(id, cells)| cells.iter().filter(|cell| !cell.kept()).map(move |cell| (*id, cell)))
        .collect();
    assert!(rows.len() > 80, "only {} faults were looked at", rows.len());
    assert!(broken.is_empty(), "{} promises were not kept: {broken:#?}", broken.len());
}

fn place_of(lookalike: &Lookalike) -> Place {
    Place { repository: format!("fine/{}", lookalike.id), tag: "latest".to_owned() }
}

/// Every object under a folder by its key.
fn objects(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(key, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_push_leaves_is_what_staging_writes() {
    let registry = Registry::start().await;
    let push_row = async |row: &Lookalike| {
        let mut parts = (row.cast)(&stage::images(), &place_of(row)).unwrap();
        parts.retain(|part| part.arrival == Arrival::Pushed && part.tag.is_some());
        for part in &parts {
            stage::arrive(&registry, &mut Folder::new(registry.root()), part).await;
        }
        parts
    };
    let rows = futures::stream::iter(lookalikes::all()).map(push_row);
    let parts: Vec<Part> = rows.buffered(SIDE_BY_SIDE).concat().await;
    let mut written = Memory::new(StoreKind::FileSystem);
    for part in &parts {
        let tag = part.tag.as_deref();
        push::push(&mut written, &part.repository, tag, &part.image, Timestamp::now()).unwrap();
    }
    let left = objects(&registry.root());
    let differ = |key: &&String| {
        left.get(*key).map(Vec::as_slice) != written.objects.get(*key).map(|it| &it.bytes[..])
    };
    let keys: BTreeSet<_> = left.keys().chain(written.objects.keys()).collect();
    let different: Vec<_> = keys.into_iter().filter(differ).collect();
    assert!(different.is_empty(), "only one of them has, or both have differently: {different:#?}");
    assert!(parts.len() > 40, "only {} images were pushed", parts.len());
}

/// Garbage collection of untagged manifests in 2.x stops at a repository whose last tag was deleted: the one
/// state that is healthy to every client and not to that.
const STOPS_UNTAGGED_COLLECTION: &str = "no-tags-left";

async fn serve(row: &'static Lookalike) -> Vec<String> {
    let registry = Registry::start().await;
    let mut folder = Folder::new(registry.root());
    let place = place_of(row);
    let parts = (row.cast)(&stage::images(), &place).unwrap();
    for part in &parts {
        stage::arrive(&registry, &mut folder, part).await;
    }
    (row.add)(&mut Scene::new(&mut folder, stage::images(), Timestamp::now(), &place, &parts)).unwrap();
    let mut complaints = match row.state {
        TagState::Whole => complaints_of_clients(&registry, &parts).await,
        // Nobody can pull what is still being pushed.
        TagState::Broken | TagState::Absent | TagState::Unknown => Vec::new(),
    };
    for untagged in [Untagged::Kept, Untagged::Deleted] {
        let collection = registry.collect(untagged).await;
        let expected = i32::from(row.id == STOPS_UNTAGGED_COLLECTION && untagged == Untagged::Deleted);
        if collection.exit != Some(expected) {
            complaints.push(format!("gc, untagged {untagged:?}: {:?}: {}", collection.exit, collection.said));
        }
    }
    complaints.iter().map(|complaint| format!("{}: {complaint}", row.id)).collect()
}

/// What clients complain about: every tag's last push has to be served, listed and whole.
async fn complaints_of_clients(registry: &Registry, parts: &[Part]) -> Vec<String> {
    let ask = Questions::to(registry);
    let mut complaints = Vec::new();
    let last: BTreeMap<_, _> = parts.iter().map(|part| ((&part.repository, &part.tag), part)).collect();
    for part in last.into_values() {
        let Some(tag) = &part.tag else { continue };
        let name = format!("{}:{tag}", part.repository);
        let status = ask.manifest(Method::GET, &part.repository, tag).await;
        if status != 200 {
            complaints.push(format!("GET {name}: {status}"));
        }
        if !ask.tags(&part.repository).await.unwrap().contains(tag) {
            complaints.push(format!("{name} is not listed"));
        }
        if part.arrival == Arrival::Pushed && pull(registry, part).await != Pulled::Whole {
            complaints.push(format!("pull of {name} fails"));
        }
    }
    complaints
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_look_alike_bothers_a_client_or_garbage_collection() {
    let complaints: Vec<_> =
        futures::stream::iter(lookalikes::all()).map(serve).buffered(SIDE_BY_SIDE).concat().await;
    assert!(complaints.is_empty(), "{complaints:#?}");
}
