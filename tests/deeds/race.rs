//! Pushes that come while a tag is being deleted: none that was answered 2xx is lost, and the operator is told.
//!
//! Lost is a push that was answered and whose tag does not resolve to its digest afterwards. The times are random; the
//! seed is printed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{Done, Ending, Phase, Progress, Proposal};
use quarterdeck::registry::digest::Digest;
use quarterdeck::storage::filesystem::Filesystem;
use tempfile::TempDir;

use super::bucket;
use super::hooked::{Call, Hooked, When};
use super::place::{self, delete_tag, scratch, tag};
use crate::support::gcs::Server;

/// Rounds on each kind of store.
const ROUNDS: usize = 1000;
/// Rounds that run side by side.
const LANES: usize = 25;

/// The images that are there and that are pushed: two manifests and the configuration of both.
struct Images {
    manifests: [String; 2],
    digests: [Digest; 2],
    config: Digest,
}

const CONFIG: &str = "{}";

impl Images {
    fn new() -> Self {
        let config = Digest::of(CONFIG.as_bytes());
        let manifests = ["old", "new"].map(|name| {
            format!(
                r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},"layers":[],"annotations":{{"name":"{name}"}}}}"#
            )
        });
        let digests = [Digest::of(manifests[0].as_bytes()), Digest::of(manifests[1].as_bytes())];
        Self { manifests, digests, config }
    }

    /// The objects of a repository with one tag, broken or whole.
    fn repository(&self, name: &str, broken: bool) -> Vec<(String, String)> {
        let repository = format!("docker/registry/v2/repositories/{name}");
        let blob = |digest: &Digest| {
            format!("docker/registry/v2/blobs/sha256/{}/{}/data", &digest.hex()[..2], digest.hex())
        };
        let [old, new] = &self.digests;
        let current = if broken { String::new() } else { old.to_string() };
        let link = |digest: &Digest| digest.to_string();
        vec![
            (blob(old), self.manifests[0].clone()),
            (blob(new), self.manifests[1].clone()),
            (blob(&self.config), CONFIG.to_owned()),
            (format!("{repository}/_layers/sha256/{}/link", self.config.hex()), link(&self.config)),
            (format!("{repository}/_manifests/revisions/sha256/{}/link", old.hex()), link(old)),
            (format!("{repository}/_manifests/revisions/sha256/{}/link", new.hex()), link(new)),
            (format!("{}/index/sha256/{}/link", folder(name), old.hex()), link(old)),
            (format!("{}/current/link", folder(name)), current),
        ]
    }
}

fn folder(repository: &str) -> String {
    format!("docker/registry/v2/repositories/{repository}/_manifests/tags/t")
}

/// What writes as a registry does when somebody pushes.
trait Pusher: Send + Sync + Clone + 'static {
    /// Writes a link; how long a writer may dally at most is given.
    fn write(&self, key: &str, text: &str, dally: Duration) -> io::Result<()>;
    /// What the link says now.
    fn read(&self, key: &str) -> Option<String>;

    /// A push as far as the tag goes; it is answered 2xx if this ends well.
    fn push(&self, repository: &str, digest: &Digest, dally: Duration) -> io::Result<()> {
        let text = digest.to_string();
        self.write(&format!("{}/index/sha256/{}/link", folder(repository), digest.hex()), &text, dally)?;
        pause(dally);
        self.write(&format!("{}/current/link", folder(repository)), &text, dally)
    }
}

/// Waits up to so long.
fn pause(most: Duration) {
    std::thread::sleep(most.mul_f64(fastrand::f64()));
}

/// The file system driver of 2.x writes in place, that of 3.x to a file beside it that it moves.
#[derive(Clone)]
struct Files {
    root: PathBuf,
    in_place: bool,
}

impl Pusher for Files {
    fn write(&self, key: &str, text: &str, dally: Duration) -> io::Result<()> {
        let path = self.root.join(key);
        fs::create_dir_all(path.parent().unwrap())?;
        let target = if self.in_place { path.clone() } else { path.with_file_name("link.0b8a8f9e.tmp") };
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&target)?;
        pause(dally);
        file.set_len(0)?;
        pause(dally);
        file.write_all(text.as_bytes())?;
        if !self.in_place {
            fs::rename(target, path)?;
        }
        Ok(())
    }

    fn read(&self, key: &str) -> Option<String> {
        fs::read_to_string(self.root.join(key)).ok()
    }
}

#[derive(Clone)]
struct Bucket(Arc<Server>);

impl Pusher for Bucket {
    fn write(&self, key: &str, text: &str, dally: Duration) -> io::Result<()> {
        pause(dally);
        self.0.put(key, text.to_owned());
        Ok(())
    }

    fn read(&self, key: &str) -> Option<String> {
        Some(String::from_utf8(self.0.object(key)?.bytes.to_vec()).unwrap())
    }
}

/// When a push comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// After the proposal was shown and before it was agreed to.
    BeforeAgreement,
    /// After the first delete and before the second.
    BetweenDeletes,
    /// In the very moment of a delete.
    Within,
    /// At any time while it is carried out, or soon after.
    Any,
}

const MOMENTS: [Moment; 4] = [Moment::BeforeAgreement, Moment::BetweenDeletes, Moment::Within, Moment::Any];

/// What came of all rounds.
#[derive(Default)]
struct Score {
    rounds: AtomicUsize,
    answered: AtomicUsize,
    /// The deed stopped because of the push, before its first step was done.
    early: AtomicUsize,
    /// The same, after it.
    halfway: AtomicUsize,
    /// A late writer's bytes were put back.
    put_back: AtomicUsize,
    lost: AtomicUsize,
    untold: AtomicUsize,
    /// How long a deed takes, in microseconds.
    usual: AtomicUsize,
}

impl Score {
    fn say(&self, what: &str, seed: u64) {
        let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
        println!(
            "{what}: {} rounds (seed {seed}), {} pushes answered, {} deeds stopped before their first step, {} after \
             it, {} with late bytes put back, {} lost, {} not told",
            count(&self.rounds),
            count(&self.answered),
            count(&self.early),
            count(&self.halfway),
            count(&self.put_back),
            count(&self.lost),
            count(&self.untold)
        );
    }
}

/// One repository, one push, one deed.
async fn round<P: Pusher>(
    deeds: &Deeds,
    pusher: &P,
    trap: &Trap,
    name: &str,
    score: &Score,
    images: &Images,
) {
    let moment = MOMENTS[fastrand::usize(..MOMENTS.len())];
    let digest = images.digests[fastrand::usize(..2)].clone();
    let proposal = place::propose(deeds, &delete_tag(&[tag(name, "t")])).await;
    let dally = Duration::from_micros(fastrand::u64(..800));
    let push = {
        let (pusher, name, digest) = (pusher.clone(), name.to_owned(), digest.clone());
        move || pusher.push(&name, &digest, dally).map(|()| Instant::now())
    };
    let ((done, looked), pushed) = match moment {
        Moment::BeforeAgreement => {
            let pushed = tokio::task::spawn_blocking(push).await.unwrap();
            (carry_out(deeds, proposal).await, pushed)
        }
        Moment::BetweenDeletes | Moment::Within => {
            let slot = trap.set(moment == Moment::Within, push);
            let done = carry_out(deeds, proposal).await;
            (done, slot.recv().unwrap())
        }
        Moment::Any => {
            let usual = score.usual.load(Ordering::SeqCst) as u64;
            let later = Duration::from_micros(fastrand::u64(..usual.max(10_000) * 5 / 4));
            let pushed = tokio::task::spawn_blocking(move || {
                std::thread::sleep(later);
                push()
            });
            let begun = Instant::now();
            let done = carry_out(deeds, proposal).await;
            score.usual.store(begun.elapsed().as_micros() as usize, Ordering::SeqCst);
            (done, pushed.await.unwrap())
        }
    };
    judge(pusher, name, &digest, &done, pushed, looked, score, moment);
}

/// Carries it out, and tells when it was looked at what came of it.
async fn carry_out(deeds: &Deeds, proposal: Proposal) -> (Done, Option<Instant>) {
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let looked = Mutex::new(None);
    let tell = |progress: Progress| {
        if progress.phase == Phase::Check {
            looked.lock().unwrap().get_or_insert_with(Instant::now);
        }
    };
    let done = deeds.carry_out(&place::agreed(proposal), stop, &tell).await;
    (done, looked.into_inner().unwrap())
}

#[allow(clippy::too_many_arguments)]
fn judge<P: Pusher>(
    pusher: &P,
    name: &str,
    digest: &Digest,
    done: &Done,
    pushed: io::Result<Instant>,
    looked: Option<Instant>,
    score: &Score,
    moment: Moment,
) {
    score.rounds.fetch_add(1, Ordering::SeqCst);
    let Ok(at) = pushed else { return };
    score.answered.fetch_add(1, Ordering::SeqCst);
    let now = pusher.read(&format!("{}/current/link", folder(name)));
    if now.as_deref() != Some(&digest.to_string()) {
        score.lost.fetch_add(1, Ordering::SeqCst);
        println!("LOST {name} {moment:?}: {digest} was pushed, and now there is {now:?}: {done:#?}");
    }
    let stopped = done.ending != Ending::Done;
    let outcomes = place::outcomes(done);
    let halfway = outcomes.iter().any(|outcome| matches!(*outcome, "done" | "put back"));
    for (happened, count) in [
        (stopped && !halfway, &score.early),
        (stopped && halfway, &score.halfway),
        (outcomes.contains(&"put back"), &score.put_back),
    ] {
        count.fetch_add(usize::from(happened), Ordering::SeqCst);
    }
    let seen = done.proofs.iter().any(|proof| proof.after.as_deref() != Some("absent"));
    // One that was answered after everything was looked at is nobody's to tell.
    if !stopped && !seen && looked.is_some_and(|looked| at < looked) {
        score.untold.fetch_add(1, Ordering::SeqCst);
        println!("NOT TOLD {name} {moment:?}: {done:#?}");
    }
}

type Push = Box<dyn FnOnce() -> io::Result<Instant> + Send>;

/// Pushes when something is deleted.
#[derive(Clone, Default)]
struct Trap(Arc<Mutex<Option<Set>>>);

struct Set {
    /// While it is deleted, not after it.
    within: bool,
    /// Deletes that pass first.
    passing: usize,
    push: Push,
    answer: Sender<io::Result<Instant>>,
}

impl Trap {
    fn set(
        &self,
        within: bool,
        push: impl FnOnce() -> io::Result<Instant> + Send + 'static,
    ) -> Receiver<io::Result<Instant>> {
        let (answer, receiver) = channel();
        let passing = if within { fastrand::usize(..2) } else { 0 };
        *self.0.lock().unwrap() = Some(Set { within, passing, push: Box::new(push), answer });
        receiver
    }

    fn spring(&self, when: When) {
        let mut set = self.0.lock().unwrap();
        let fits = |set: &mut Set| match (set.within, when) {
            (true, When::Before) | (false, When::After) => {
                set.passing = set.passing.wrapping_sub(1);
                set.passing == usize::MAX
            }
            (true, When::After) | (false, When::Before) => false,
        };
        let Some(Set { within, push, answer, .. }) = set.take_if(fits) else { return };
        let work = move || answer.send(push()).unwrap();
        if within {
            let a_little = Duration::from_micros(fastrand::u64(..400));
            std::thread::spawn(work);
            std::thread::sleep(a_little);
        } else {
            work();
        }
    }

    /// What a hooked store calls.
    fn hook(&self) -> impl Fn(When, Call, &str) -> quarterdeck::storage::Result<()> + Send + Sync + 'static {
        let trap = self.clone();
        move |when, call, _| {
            if call == Call::Delete {
                trap.spring(when);
            }
            Ok(())
        }
    }
}

fn seed() -> u64 {
    std::env::var("RACE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..))
}

/// Runs all rounds, some side by side; each lane has its own thread's worth of chance.
async fn race<P: Pusher>(what: &str, lanes: Vec<(Deeds, P, Trap)>, images: Arc<Images>) {
    let (seed, score, each) = (seed(), Arc::new(Score::default()), ROUNDS / lanes.len());
    let mut running = tokio::task::JoinSet::new();
    for (lane, (deeds, pusher, trap)) in lanes.into_iter().enumerate() {
        let (score, images) = (Arc::clone(&score), Arc::clone(&images));
        running.spawn(async move {
            fastrand::seed(seed.wrapping_add(lane as u64));
            for number in 0..each {
                let name = format!("race/l{lane}/r{number}");
                round(&deeds, &pusher, &trap, &name, &score, &images).await;
            }
        });
    }
    while let Some(lane) = running.join_next().await {
        lane.unwrap();
    }
    score.say(what, seed);
    let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
    assert_eq!((count(&score.lost), count(&score.untold)), (0, 0), "seed {seed}");
    assert_eq!(count(&score.rounds), ROUNDS);
    let answered = count(&score.answered);
    assert!(
        answered > ROUNDS / 2 && count(&score.early) > 50 && count(&score.halfway) > 50,
        "no race at all"
    );
}

fn file_lane(lane: usize, folder: &Path, images: &Images) -> (Deeds, Files, Trap) {
    let root = folder.join(format!("root {lane}"));
    for number in 0..ROUNDS / LANES {
        for (key, text) in images.repository(&format!("race/l{lane}/r{number}"), number.is_multiple_of(2)) {
            let path = root.join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let trap = Trap::default();
    let store = Arc::new(Hooked::new(Filesystem::open(&root).unwrap(), trap.hook()));
    // A writer here dallies for less than a millisecond, and the machine may be busy.
    let late = Duration::from_millis(400);
    let deeds = Deeds { late, ..place::deeds_on(store, folder.join(format!("state {lane}"))) };
    (deeds, Files { root, in_place: lane.is_multiple_of(2) }, trap)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_file_system_no_push_is_lost_whichever_registry_writes() {
    let (folder, images): (TempDir, _) = (scratch(), Arc::new(Images::new()));
    let lanes = (0..LANES).map(|lane| file_lane(lane, folder.path(), &images)).collect();
    race("file system", lanes, images).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_bucket_no_push_is_lost() {
    let (folder, images): (TempDir, _) = (scratch(), Arc::new(Images::new()));
    let names = (0..LANES).flat_map(|lane| (0..ROUNDS / LANES).map(move |number| (lane, number)));
    let objects = names.flat_map(|(lane, number)| {
        images.repository(&format!("race/l{lane}/r{number}"), number.is_multiple_of(2))
    });
    let server = Arc::new(Server::start(objects.collect::<Vec<_>>()).await);
    let mut lanes = Vec::new();
    for lane in 0..LANES {
        let trap = Trap::default();
        let store = Arc::new(Hooked::new(bucket::open(&server).await, trap.hook()));
        let deeds = place::deeds_on(store, folder.path().join(format!("state {lane}")));
        lanes.push((deeds, Bucket(Arc::clone(&server)), trap));
    }
    race("bucket", lanes, images).await;
}
