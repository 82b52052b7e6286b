//! A process that is killed at every moment of a deed: what the journal says then, and what can still be done.
//!
//! This test's own program is run again as the process that dies: before each line of the journal, and before and
//! after each copy and each write.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::execution::journal::{Condition, Happened, History, Journal};
use quarterdeck::model::{About, Act, Ending, Standing};
use quarterdeck::storage::filesystem::Filesystem;
use rustix::process::{Resource, Rlimit, Signal, getpid, kill_process};

use super::hooked::Hooked;
use super::place::{self, Place, Tree, delete_tag, tag};

const AT: &str = "TEST_DIES_AT";
const ROOT: &str = "TEST_ROOT";
const STATE: &str = "TEST_STATE";
const WHAT: &str = "TEST_DEED";
const LARGEST: &str = "TEST_LARGEST_FILE";

/// Moments so far, in the process that is to die.
static MOMENTS: AtomicUsize = AtomicUsize::new(0);

/// Dies here, if this is the moment.
fn moment() {
    let at = std::env::var(AT).ok().and_then(|at| at.parse().ok());
    if Some(MOMENTS.fetch_add(1, Ordering::SeqCst)) == at {
        let _ = kill_process(getpid(), Signal::KILL);
        // The signal is on its way.
        std::thread::park();
    }
}

fn clock() -> Timestamp {
    moment();
    Timestamp::now()
}

/// The process that dies. Run by itself it does nothing.
#[test]
fn a_process_that_dies() {
    let Ok(root) = std::env::var(ROOT) else { return };
    let (state, what) = (std::env::var(STATE).unwrap(), std::env::var(WHAT).unwrap());
    let hook = |_, _, _: &str| {
        moment();
        Ok(())
    };
    let store = Arc::new(Hooked::new(Filesystem::open(root).unwrap(), hook));
    let deeds =
        Deeds { journal: Journal::new(&state, clock), ..place::deeds_on(store, PathBuf::from(&state)) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let proposal = match what.as_str() {
            "delete" => place::propose(&deeds, &delete_tag(&[doomed()])).await,
            id => place::propose_from(&deeds, About::Undo(id.to_owned())).await.unwrap(),
        };
        // Moments of looking are no moments of the deed.
        MOMENTS.store(0, Ordering::SeqCst);
        let is_small = no_larger_files();
        let done = place::carry_out(&deeds, proposal).await;
        if is_small {
            return;
        }
        assert_eq!(done.ending, Ending::Done, "{done:#?}");
    });
}

/// From now on no file of this process may become larger than it is told: a write ends there.
fn no_larger_files() -> bool {
    let Some(most) = std::env::var(LARGEST).ok().and_then(|most| most.parse().ok()) else { return false };
    // Else the signal would end the process.
    signal_hook::flag::register(25, Arc::default()).unwrap();
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    rustix::process::setrlimit(Resource::Fsize, limit).unwrap();
    true
}

fn doomed() -> quarterdeck::model::Subject {
    tag("faults/empty-current-link", "bad")
}

/// Whether the process died at this moment; it ends well where it has fewer.
fn dies(place: &Place, what: &str, at: usize) -> bool {
    let status = process(place, what).env(AT, at.to_string()).status().unwrap();
    assert!(status.success() || status.code().is_none(), "it failed at moment {at}: {status}");
    !status.success()
}

/// The process that does a deed.
fn process(place: &Place, what: &str) -> Command {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process
        .args(["--exact", "crash::a_process_that_dies", "--test-threads=1"])
        .env(ROOT, place.root())
        .env(STATE, place.state())
        .env(WHAT, what)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    process
}

/// Walks through all moments, a few at a time.
fn walk(each: impl Fn(usize) -> bool + Sync) -> usize {
    let (next, last) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if at >= last.load(Ordering::SeqCst) {
                        return;
                    }
                    if !each(at) {
                        last.fetch_min(at, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
    last.into_inner()
}

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The deed that was cut short, as the journal tells it; none if nothing was written down.
fn told(deeds: &Deeds) -> Option<History> {
    for chronicle in deeds.journal.chronicles().unwrap() {
        assert!(matches!(chronicle.condition, Condition::Whole | Condition::TornTail), "{chronicle:?}");
        assert!(!chronicle.live, "nobody lives who writes it");
    }
    deeds.journal.histories().unwrap().iter().next().cloned()
}

/// What the journal says of each step is what the tree shows.
fn agrees(history: &History, root: &Path, before: &Tree, at: usize) {
    let mut in_doubt = 0;
    for (number, step) in history.proposal.steps().enumerate() {
        let path = root.join(step.key.trim_end_matches('/'));
        let was = before.contains_key(step.key.trim_end_matches('/'));
        match history.happened(number) {
            Happened::Yes => assert_ne!(path.exists(), was, "moment {at}: {} is said to be done", step.key),
            Happened::No => assert_eq!(path.exists(), was, "moment {at}: {} is said to be left", step.key),
            Happened::Perhaps => in_doubt += 1,
        }
    }
    assert!(in_doubt <= 1, "moment {at}: {in_doubt} steps in doubt");
}

/// Whatever goes is kept before anything goes.
fn is_kept(deeds: &Deeds, history: &History, before: &Tree, at: usize) {
    if history.begun.is_empty() {
        return;
    }
    for (number, step) in history.proposal.steps().enumerate() {
        if !matches!(step.act, Act::Delete { .. }) {
            continue;
        }
        let kept =
            history.kept.get(&number).unwrap_or_else(|| panic!("moment {at}: {} is not kept", step.key));
        let bytes = std::fs::read(deeds.journal.backups().join(kept.file.as_ref().unwrap())).unwrap();
        assert_eq!(Some(bytes), before[&step.key].bytes, "moment {at}: the backup of {}", step.key);
    }
}

async fn finish(deeds: &Deeds, history: &History) {
    match place::propose_from(deeds, About::Resume(history.id.clone())).await {
        Ok(rest) => {
            let done = place::carry_out(deeds, rest).await;
            assert_eq!(done.ending, Ending::Done, "{done:#?}");
        }
        Err(why) => assert!(why.to_string().contains("did all that it was to do"), "{why}"),
    }
}

async fn take_back(deeds: &Deeds, id: &str) {
    match place::propose_from(deeds, About::Undo(id.to_owned())).await {
        Ok(undo) => {
            let done = place::carry_out(deeds, undo).await;
            assert_eq!(done.ending, Ending::Done, "{done:#?}");
        }
        Err(why) => assert!(why.to_string().contains("nothing is left to take back"), "{why}"),
    }
}

fn same(one: &Tree, other: &Tree, at: usize) {
    assert_eq!(place::difference(one, other), Vec::<String>::new(), "moment {at}");
}

fn without(tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    tree.retain(|key, _| !key.contains("/empty-current-link/_manifests/tags/bad"));
    tree
}

#[test]
fn killed_at_any_moment_of_a_delete_it_can_be_finished_and_taken_back() {
    let moments = walk(|at| {
        for back_at_once in [false, true] {
            let place = Place::small();
            let before = place.tree();
            if !dies(&place, "delete", at) {
                return false;
            }
            let deeds = place.deeds();
            let Some(history) = told(&deeds) else {
                same(&place.tree(), &before, at);
                continue;
            };
            agrees(&history, &place.root(), &before, at);
            is_kept(&deeds, &history, &before, at);
            assert!(matches!(history.ending, None | Some(Ending::Done)), "moment {at}: {:?}", history.ending);
            let standing = deeds.recall().unwrap()[0].standing.clone();
            assert_eq!(
                standing == Standing::Interrupted,
                history.ending.is_none(),
                "moment {at}: {standing:?}"
            );
            on_runtime(async {
                if !back_at_once {
                    finish(&deeds, &history).await;
                    same(&place.tree(), &without(&before), at);
                }
                take_back(&deeds, &history.id).await;
                same(&place.tree(), &before, at);
            });
        }
        true
    });
    println!("killed at each of {moments} moments of a delete");
    assert!(moments > 40, "only {moments} moments");
}

#[test]
fn killed_at_any_moment_of_an_undo_it_can_be_finished_or_begun_anew() {
    let moments = walk(|at| {
        for anew in [false, true] {
            let place = Place::small();
            let before = place.tree();
            let deeds = place.deeds();
            let id = on_runtime(async {
                let proposal = place::propose(&deeds, &delete_tag(&[doomed()])).await;
                place::carry_out(&deeds, proposal).await.entry.unwrap()
            });
            let after = place.tree();
            // Another process takes it back, and dies.
            drop(deeds);
            if !dies(&place, &id, at) {
                return false;
            }
            let deeds = place.deeds();
            let history = told(&deeds).unwrap();
            if history.id != id {
                agrees(&history, &place.root(), &after, at);
            }
            on_runtime(async {
                if anew || history.id == id {
                    take_back(&deeds, &id).await;
                } else {
                    finish(&deeds, &history).await;
                }
                same(&place.tree(), &before, at);
            });
        }
        true
    });
    println!("killed at each of {moments} moments of an undo");
    assert!(moments > 30, "only {moments} moments");
}

#[test]
fn a_write_that_ends_at_any_byte_of_the_journal_stops_the_deed_before_its_next_step() {
    const STRIDE: usize = 97;
    let (on_the_way, enough) = (AtomicUsize::new(0), AtomicUsize::new(0));
    walk(|number| {
        let most = number * STRIDE;
        let place = Place::small();
        let before = place.tree();
        assert!(process(&place, "delete").env(LARGEST, most.to_string()).status().unwrap().success());
        let deeds = place.deeds();
        let Some(history) = told(&deeds) else {
            same(&place.tree(), &before, most);
            return true;
        };
        for chronicle in deeds.journal.chronicles().unwrap() {
            assert_eq!(chronicle.condition, Condition::Whole, "{most} bytes");
        }
        agrees(&history, &place.root(), &before, most);
        is_kept(&deeds, &history, &before, most);
        if history.ending == Some(Ending::Done) {
            enough.fetch_max(most, Ordering::SeqCst);
            return false;
        }
        on_the_way.fetch_add(usize::from(!history.begun.is_empty()), Ordering::SeqCst);
        on_runtime(async {
            if number.is_multiple_of(2) {
                finish(&deeds, &history).await;
                same(&place.tree(), &without(&before), most);
            }
            take_back(&deeds, &history.id).await;
            same(&place.tree(), &before, most);
        });
        true
    });
    let on_the_way = on_the_way.into_inner();
    println!("stopped {on_the_way} times between two steps; {enough:?} bytes are enough");
    assert!(on_the_way > 10, "only {on_the_way}");
}
