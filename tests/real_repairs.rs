//! What the catalogue offers as the first cure of each fault is applied to a real docker-registry, and then a real
//! skopeo says whether it keeps what it promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/deeds.rs"]
mod deeds;
#[path = "support/registry/mod.rs"]
mod registry;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use quarterdeck::actions::confirm::confirm;
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{
    About, Answer, Done, Ending, Finding, Gate, Order, Proposal, Repair, Subject, Target, demand,
};
use quarterdeck::registry::checks::{Check, Effect, config_and_layers, find, repairs};
use quarterdeck::registry::reference::{Reference, Repository, Tag};
use quarterdeck::registry::repair::target;
use quarterdeck::sources::bucket::scan::{Hashing, ScanOptions};
use quarterdeck::staging::tree::case::{Fault, Part};
use quarterdeck::staging::tree::images::Plan;
use quarterdeck::staging::tree::{StoreKind, faults};
use quarterdeck::storage::ObjectStore;
use quarterdeck::storage::filesystem::Filesystem;
use reqwest::Method;
use tempfile::TempDir;
use tokio::sync::watch;

use deeds::deeds_on;
use registry::answers::Questions;
use registry::observed::{Pulled, pull};
use registry::stage::{Stage, images};
use registry::table::{self, Cell};
use registry::{Registry, Untagged, skopeo};

/// How many registries are cured at the same time.
const SIDE_BY_SIDE: usize = 4;

/// What an operator would work with on one registry's folder.
struct Bench {
    deeds: Deeds,
    store: Arc<dyn ObjectStore>,
    _state: TempDir,
}

impl Bench {
    fn at(registry: &Registry) -> Self {
        let store: Arc<dyn ObjectStore> = Arc::new(Filesystem::open(registry.root()).unwrap());
        let options = ScanOptions { hashing: Hashing::All, ..ScanOptions::default() };
        let state = registry::scratch();
        let deeds = deeds_on(Arc::clone(&store), state.path().join("state"), options);
        Self { deeds, store, _state: state }
    }

    async fn propose(&self, verb: &'static str, to: Target) -> Proposal {
        let order = Order { verb, targets: vec![to] };
        self.deeds.propose(&*self.store, &order, None).await.unwrap_or_else(|why| panic!("{order:?}: {why}"))
    }

    /// Agrees to a proposal as an operator would, and does it.
    async fn carry_out(&self, proposal: Proposal) -> Done {
        let mut gate = Gate::default();
        gate.open(None, None).unwrap();
        let permit = gate.permit(Timestamp::UNIX_EPOCH).unwrap();
        let demand = demand(&proposal);
        let also = demand.also.iter().map(|word| (*word).to_owned()).collect();
        let agreed = confirm(Arc::new(proposal), &Answer { word: demand.word, also }, permit).unwrap();
        let (_going_on, stop) = watch::channel(false);
        let done = self.deeds.carry_out(&agreed, stop, &|_| {}).await;
        assert_eq!(done.ending, Ending::Done, "{done:#?}");
        done
    }

    async fn undo(&self, done: &Done) {
        let about = About::Undo(done.entry.clone().unwrap());
        let proposal = self.deeds.propose_from(&*self.store, &about).await.unwrap();
        self.carry_out(proposal).await;
    }
}

/// One fault on a real registry, and the finding about it.
struct Case {
    stage: Stage,
    check: &'static Check,
    finding: Finding,
    at: Option<Subject>,
    digest: Option<String>,
}

impl Case {
    async fn of(fault: &'static Fault) -> Self {
        let stage = Stage::set(fault).await;
        let check = find(fault.id).unwrap();
        let blame = stage.blames.iter().find(|blame| blame.id == fault.id).unwrap();
        let bench = Bench::at(&stage.registry);
        let (mut at, mut digest, mut found) = (None, None, None);
        if let (Some(name), Some(tag)) = (&blame.repository, &blame.tag) {
            let reference = Reference::tag(Repository::found(name), Tag::found(tag));
            let report = bench.deeds.looking.look(&*bench.store, &reference).await;
            at = Some(Subject::Tag { repository: name.clone(), tag: tag.clone() });
            found = report.findings.iter().find(|finding| finding.id == fault.id).cloned();
            digest = report.digest;
        }
        let subject = match &blame.repository {
            Some(name) => Subject::Repository(name.clone()),
            None => Subject::Object(blame.object.clone()),
        };
        let finding = found.unwrap_or_else(|| check.finding(subject, &blame.object, ""));
        Self { check, finding, at, digest, stage }
    }

    fn target(&self, repair: Repair) -> Target {
        target(&self.finding, repair, self.at.as_ref(), self.digest.as_deref()).unwrap()
    }

    /// What has to be pushed: the same image, or another one where the image itself is what is wrong.
    fn to_push(&self) -> Option<Part> {
        let part = self.stage.parts.first()?;
        let hopeless = self.check.effects.contains(&Effect::PushFails)
            && self.check.repairs.first() == Some(&Repair::RePush);
        if hopeless || self.check.id == config_and_layers::SIZE_WRONG.id {
            let image = images().image(&Plan::new("built anew")).unwrap();
            return Some(Part { image, ..part.clone() });
        }
        Some(part.clone())
    }
}

/// Pushes an image and says what a pull of it brings.
async fn pushed(registry: &Registry, part: &Part) -> &'static str {
    let tag = part.tag.as_deref().unwrap();
    match skopeo::push(registry, &part.repository, tag, &part.image).await.is_done() {
        true if pull(registry, part).await == Pulled::Whole => "pulled after a push",
        true => "not cured by a push",
        false => "push refused",
    }
}

/// What the first cure promises.
fn promised(case: &Case, repair: Repair) -> &'static str {
    let tag = !case.stage.parts.is_empty();
    match repair {
        Repair::RePush => "pulled after a push",
        repairs::RESTORE_LINK => "pulled",
        repairs::DELETE_TAG if case.at.is_some() && case.tag_is_legal() => "404, pulled after a push",
        repairs::DELETE_TAG | repairs::DELETE_REPOSITORY => "gone",
        repairs::DELETE_STRAY | repairs::DELETE_WRONG_BLOB if tag => "pulled after a push",
        repairs::DELETE_STRAY => "gone",
        other => panic!("{other:?} comes first nowhere"),
    }
}

impl Case {
    fn tag_is_legal(&self) -> bool {
        self.stage.tag().is_some_and(|tag| Tag::parse(tag).is_ok())
    }

    /// Whether the store still holds what was to go, or listings show it.
    async fn is_there(&self, registry: &Registry, repair: Repair) -> bool {
        let ask = Questions::to(registry);
        let name = self.stage.repository();
        let object = match repair {
            repairs::DELETE_REPOSITORY => format!("docker/registry/v2/repositories/{name}"),
            _ => self.finding.object.clone(),
        };
        let tags = ask.tags(name).await.unwrap_or_default();
        let catalog = ask.catalog().await.unwrap();
        registry.root().join(object).exists()
            || self.stage.tag().is_some_and(|tag| tag != "ok" && tags.iter().any(|found| found == tag))
            || (repair == repairs::DELETE_REPOSITORY && catalog.iter().any(|found| found == name))
    }

    /// Applies a cure and says what came of it.
    async fn cured_by(&self, registry: &Registry, repair: Repair) -> String {
        if let Repair::Verb(verb) = repair {
            let bench = Bench::at(registry);
            let proposal = bench.propose(verb, self.target(repair)).await;
            bench.carry_out(proposal).await;
        }
        let part = self.to_push();
        match (repair, &part) {
            (repairs::RESTORE_LINK, Some(part)) => {
                let whole = pull(registry, part).await == Pulled::Whole;
                if whole { "pulled".to_owned() } else { "not pulled".to_owned() }
            }
            (repairs::DELETE_TAG, Some(part)) if self.tag_is_legal() => {
                let tag = self.stage.tag().unwrap();
                let status = Questions::to(registry).manifest(Method::GET, &part.repository, tag).await;
                format!("{status}, {}", pushed(registry, part).await)
            }
            (repairs::DELETE_TAG | repairs::DELETE_REPOSITORY, _) | (repairs::DELETE_STRAY, None) => {
                let there = self.is_there(registry, repair).await;
                if there { "still there".to_owned() } else { "gone".to_owned() }
            }
            (_, Some(part)) => pushed(registry, part).await.to_owned(),
            (_, None) => panic!("{repair:?} of {} leaves nothing to look at", self.check.id),
        }
    }

    /// Whether garbage collection ends well. Another image under the tag leaves behind what stops it.
    async fn collection(&self, repair: Repair) -> Cell {
        let plain = self.stage.registry.collect(Untagged::Kept).await.exit;
        let untagged = self.stage.registry.collect(Untagged::Deleted).await.exit;
        let measured = format!("{}/{}", plain.unwrap_or(-1), untagged.unwrap_or(-1));
        let other = self.to_push().map(|part| part.image.digest) != self.own_digest();
        let left = repair == Repair::RePush && other && self.check.answers.gc_stops;
        Cell::new("gc, gc -m", Some(if left { "1/0" } else { "0/0" }.to_owned()), measured)
    }

    fn own_digest(&self) -> Option<String> {
        self.stage.parts.first().map(|part| part.image.digest.clone())
    }

    /// Whether the healthy tag beside it is as healthy as before.
    async fn neighbour(&self) -> Cell {
        let Some(control) = &self.stage.control else { return Cell::new("neighbour", None, "-") };
        let whole = pull(&self.stage.registry, control).await == Pulled::Whole;
        Cell::new("neighbour", Some("pulled".to_owned()), if whole { "pulled" } else { "not pulled" })
    }

    /// Deletes the tag on a copy, or does what comes first, and takes that back.
    async fn done_and_undone(&self, first: Repair) -> [Cell; 2] {
        let deletes = self.finding.repairs.contains(&repairs::DELETE_TAG) && self.tag_is_legal();
        let repair = if deletes { repairs::DELETE_TAG } else { first };
        let Repair::Verb(verb) = repair else {
            return [Cell::new("delete-tag", None, "-"), Cell::new("undo", None, "-")];
        };
        let registry = self.stage.registry.copy().await;
        let bench = Bench::at(&registry);
        let before = tree(&registry.root());
        let done = bench.carry_out(bench.propose(verb, self.target(repair)).await).await;
        let changed = before != tree(&registry.root());
        let status = self.get_of(deletes, &registry).await;
        bench.undo(&done).await;
        let same = changed && before == tree(&registry.root());
        let undone = if same { "as before" } else { "not as before" };
        [
            Cell::new("delete-tag", deletes.then(|| "404".to_owned()), status),
            Cell::new("undo", Some("as before".to_owned()), undone),
        ]
    }

    /// What GET of the deleted tag answers.
    async fn get_of(&self, deletes: bool, registry: &Registry) -> String {
        match self.stage.tag() {
            Some(tag) if deletes => {
                let ask = Questions::to(registry);
                ask.manifest(Method::GET, self.stage.repository(), tag).await.to_string()
            }
            Some(_) | None => "-".to_owned(),
        }
    }

    /// Without its tag, a revision that stops garbage collection goes on doing so until its link is gone as well.
    async fn revision_deleted(&self) -> Cell {
        let question = "gc after delete-tag, delete-revision-link";
        if !self.finding.repairs.contains(&repairs::DELETE_REVISION_LINK) {
            return Cell::new(question, None, "-");
        }
        let registry = self.stage.registry.copy().await;
        let bench = Bench::at(&registry);
        let mut exits = Vec::new();
        for (verb, repair) in
            [("delete-tag", repairs::DELETE_TAG), ("delete-revision-link", repairs::DELETE_REVISION_LINK)]
        {
            bench.carry_out(bench.propose(verb, self.target(repair)).await).await;
            exits.push(registry.collect(Untagged::Kept).await.exit.unwrap_or(-1).to_string());
        }
        let first = i32::from(self.check.answers.gc_stops);
        Cell::new(question, Some(format!("{first}, 0")), exits.join(", "))
    }

    /// What else is offered to mend the tag, on a copy.
    async fn second(&self, first: Repair) -> [Cell; 2] {
        let mends = [repairs::RESTORE_LINK, repairs::DELETE_LAYER_LINK];
        let mut offered =
            self.finding.repairs.iter().filter(|repair| **repair != first && mends.contains(*repair));
        let Some(&second) = offered.next() else {
            return [Cell::new("next verb", None, "-"), Cell::new("its outcome", None, "-")];
        };
        let registry = self.stage.registry.copy().await;
        let (promise, measured) = if self.check.id == "missing-current-link-many-revisions" {
            ("refused", self.refused(&registry, second).await)
        } else if second == repairs::RESTORE_LINK {
            ("pulled", self.cured_by(&registry, second).await)
        } else {
            ("pulled after a push", self.cured_by(&registry, second).await)
        };
        let promise = Some(promise.to_owned());
        [Cell::new("next verb", None, second.name()), Cell::new("its outcome", promise, measured)]
    }

    async fn refused(&self, registry: &Registry, repair: Repair) -> String {
        let bench = Bench::at(registry);
        let Repair::Verb(verb) = repair else { panic!("{repair:?} is no verb") };
        let order = Order { verb, targets: vec![self.target(repair)] };
        let proposed = bench.deeds.propose(&*bench.store, &order, None).await;
        if proposed.is_err() { "refused".to_owned() } else { "proposed".to_owned() }
    }
}

/// Every file below the registry's own tree with its bytes, and every folder.
fn tree(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.join("docker")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = (!path.is_dir()).then(|| std::fs::read(&path).unwrap());
            found.insert(path.to_str().unwrap().trim_start_matches(root.to_str().unwrap()).to_owned(), bytes);
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

async fn cure(fault: &'static Fault) -> Option<(&'static str, Vec<Cell>)> {
    let case = Case::of(fault).await;
    // What only garbage collection cures offers nothing.
    let first = *case.finding.repairs.first()?;
    let mut others = case.done_and_undone(first).await.to_vec();
    others.push(case.revision_deleted().await);
    others.extend(case.second(first).await);
    let outcome = case.cured_by(&case.stage.registry, first).await;
    let mut cells = vec![
        Cell::new("cure", None, first.name()),
        Cell::new("outcome", Some(promised(&case, first).to_owned()), outcome),
        case.neighbour().await,
        case.collection(first).await,
    ];
    cells.extend(others);
    Some((fault.id, cells))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_cure_of_every_fault_keeps_its_promise() {
    let faults = faults::all().filter(|fault| fault.stores.hold(StoreKind::FileSystem));
    let rows = futures::stream::iter(faults).map(cure).buffered(SIDE_BY_SIDE);
    let rows: Vec<_> = rows.filter_map(|row| async { row }).collect().await;
    println!("promised | measured, after the first cure of each fault\n{}", table::print(&rows));
    let broken: Vec<_> = rows
        .iter()
        .flat_map(|(id, cells)| cells.iter().filter(|cell| !cell.kept()).map(move |cell| (*id, cell)))
        .collect();
    assert!(broken.is_empty(), "{} promises were not kept: {broken:#?}", broken.len());
    assert!(rows.len() > 80, "only {} faults were cured", rows.len());
}
