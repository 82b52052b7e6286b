//! A registry with a state folder beside it, and deeds done there.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use quarterdeck::actions::confirm::{Confirmed, confirm};
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{
    About, Answer, Done, Gate, Order, Permit, Phase, Progress, Proposal, StepOutcome, Subject, Target, demand,
};
use quarterdeck::proposals::NoProposal;
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::staging::tree::{Healthy, Shown, Spec, StoreKind, Truth, write_into};
use quarterdeck::storage::ObjectStore;
use quarterdeck::storage::filesystem::Filesystem;
use tempfile::TempDir;
use tokio::sync::watch;

/// The moment all trees are written for.
pub fn now() -> Timestamp {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

/// A folder in memory where there is one.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// A registry's folder with one repository in it, and a state folder.
pub struct Place {
    pub folder: TempDir,
    pub truth: Truth,
}

impl Place {
    /// With the faults and look-alikes of the demonstration.
    pub fn new() -> Self {
        let folder = scratch();
        std::fs::create_dir(folder.path().join("registry")).unwrap();
        let truth = write_into(&folder.path().join("registry"), &Spec::demo(now())).unwrap();
        Self { folder, truth }
    }

    /// With every fault that a file system can hold.
    pub fn everything() -> Self {
        let folder = scratch();
        std::fs::create_dir(folder.path().join("registry")).unwrap();
        let spec = Spec {
            healthy: Healthy::None,
            lookalikes: Shown::None,
            layer_bytes: 64,
            ..Spec::everything(1, now(), StoreKind::FileSystem)
        };
        let truth = write_into(&folder.path().join("registry"), &spec).unwrap();
        Self { folder, truth }
    }

    /// With one broken tag and one that is whole.
    pub fn small() -> Self {
        let folder = scratch();
        std::fs::create_dir(folder.path().join("registry")).unwrap();
        let spec = Spec {
            healthy: Healthy::None,
            faults: Shown::Only(vec!["empty-current-link"]),
            lookalikes: Shown::None,
            layer_bytes: 64,
            ..Spec::everything(1, now(), StoreKind::FileSystem)
        };
        let truth = write_into(&folder.path().join("registry"), &spec).unwrap();
        Self { folder, truth }
    }

    /// The folder that holds `docker/`.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("registry")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn deeds(&self) -> Deeds {
        deeds_on(Arc::new(Filesystem::open(self.root()).unwrap()), self.state())
    }

    /// A file in a tag's folder.
    pub fn link(&self, tag: (&str, &str), name: &str) -> PathBuf {
        self.folder_of(&self::tag(tag.0, tag.1)).join(name)
    }

    /// A tag's folder.
    pub fn folder_of(&self, subject: &Subject) -> PathBuf {
        let Subject::Tag { repository, tag } = subject else { panic!("{subject} is no tag") };
        let repositories = self.root().join("docker/registry/v2/repositories");
        repositories.join(repository).join("_manifests/tags").join(tag)
    }

    pub fn tree(&self) -> Tree {
        tree(&self.root())
    }
}

/// Deeds in this store.
pub fn deeds_on(store: Arc<dyn ObjectStore>, state: PathBuf) -> Deeds {
    crate::support::deeds::deeds_on(store, state, ScanOptions::default())
}

/// Leave to write.
pub fn permit() -> Permit {
    let mut gate = Gate::default();
    gate.open(None, None).unwrap();
    gate.permit(now()).unwrap()
}

/// Agreed to, with all that has to be typed.
pub fn agreed(proposal: Proposal) -> Confirmed {
    let demand = demand(&proposal);
    let also = demand.also.iter().map(|word| (*word).to_owned()).collect();
    confirm(Arc::new(proposal), &Answer { word: demand.word, also }, permit()).unwrap()
}

pub fn tag(repository: &str, tag: &str) -> Subject {
    Subject::Tag { repository: repository.to_owned(), tag: tag.to_owned() }
}

pub fn delete_tag(subjects: &[Subject]) -> Order {
    let targets = subjects.iter().map(|subject| Target { subject: subject.clone(), object: None });
    Order { verb: "delete-tag", targets: targets.collect() }
}

/// What an order would do.
pub async fn propose(deeds: &Deeds, order: &Order) -> Proposal {
    let store = (deeds.open)().await.unwrap();
    deeds.propose(&*store, order, None).await.unwrap()
}

pub async fn propose_from(deeds: &Deeds, about: About) -> Result<Proposal, NoProposal> {
    let store = (deeds.open)().await.unwrap();
    deeds.propose_from(&*store, &about).await
}

/// Carries out what was agreed to, with nobody to stop it.
pub async fn carry_out(deeds: &Deeds, proposal: Proposal) -> Done {
    let (_keep, stop) = watch::channel(false);
    deeds.carry_out(&agreed(proposal), stop, &|_| ()).await
}

/// Carries it out, and stops it as soon as `when` holds.
pub async fn stop_when(
    deeds: &Deeds,
    proposal: Proposal,
    when: impl Fn(&Progress) -> bool + Send + Sync,
) -> Done {
    let (stop, stopped) = watch::channel(false);
    let tell = |progress: Progress| {
        if when(&progress) {
            stop.send_replace(true);
        }
    };
    deeds.carry_out(&agreed(proposal), stopped, &tell).await
}

/// Everything that was told on the way.
pub async fn carry_out_listening(deeds: &Deeds, proposal: Proposal) -> (Done, Vec<Progress>) {
    let (_keep, stop) = watch::channel(false);
    let heard = Mutex::new(Vec::new());
    let done =
        deeds.carry_out(&agreed(proposal), stop, &|progress| heard.lock().unwrap().push(progress)).await;
    (done, heard.into_inner().unwrap())
}

/// Every file and folder with all that makes it what it is, but for times.
pub type Tree = BTreeMap<String, Leaf>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub mode: u32,
    pub owner: (u32, u32),
    /// None for a folder.
    pub bytes: Option<Vec<u8>>,
}

/// Everything below a folder, without our own.
pub fn tree(root: &Path) -> Tree {
    let (mut found, mut folders) = (Tree::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if name == ".quarterdeck" {
                continue;
            }
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let bytes = meta.is_file().then(|| std::fs::read(&path).unwrap());
            found.insert(name, Leaf { mode: meta.mode(), owner: (meta.uid(), meta.gid()), bytes });
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// What differs between two trees, for messages.
pub fn difference(one: &Tree, other: &Tree) -> Vec<String> {
    let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differs = keys.into_iter().filter(|key| one.get(*key) != other.get(*key));
    differs.map(|key| format!("{key}: {:?} / {:?}", one.get(key), other.get(key))).collect()
}

pub fn outcomes(done: &Done) -> Vec<&'static str> {
    let word = |outcome: &StepOutcome| match outcome {
        StepOutcome::Done { .. } => "done",
        StepOutcome::Already { .. } => "already",
        StepOutcome::Changed { .. } => "changed",
        StepOutcome::Failed { .. } => "failed",
        StepOutcome::PutBack { .. } => "put back",
    };
    done.steps.iter().map(|(_, outcome)| word(outcome)).collect()
}

pub fn phases(progress: &[Progress]) -> Vec<Phase> {
    let mut phases: Vec<Phase> = progress.iter().map(|progress| progress.phase).collect();
    phases.dedup();
    phases
}
