//! Disks that are full, folders that cannot be written, rights that are missing, networks that go: tree and journal
//! agree, and nothing is half-recorded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::execution::journal::{Condition, Happened};
use quarterdeck::model::{About, Done, Ending, StepOutcome};
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::{ErrorKind, StoreError};
use rustix::fs::{Gid, Uid};
use tokio::runtime::Runtime;

use super::bucket::Shelf;
use super::hooked::{Call, Hooked, When};
use super::place::{self, Place, Tree, delete_tag, outcomes, tag};
use crate::support::gcs;

fn doomed() -> quarterdeck::model::Subject {
    tag("faults/empty-current-link", "bad")
}

/// Everything that the journal says was done is gone from the tree, and everything else is there.
fn agrees(deeds: &Deeds, root: &Path, before: &Tree, story: &str) {
    for chronicle in deeds.journal.chronicles().unwrap() {
        assert_eq!(chronicle.condition, Condition::Whole, "{story}: {}", chronicle.path.display());
    }
    let histories = deeds.journal.histories().unwrap();
    let Some(history) = histories.iter().next() else {
        assert_eq!(place::difference(&place::tree(root), before), Vec::<String>::new(), "{story}");
        return;
    };
    for (number, step) in history.proposal.steps().enumerate() {
        let there = root.join(step.key.trim_end_matches('/')).exists();
        match history.happened(number) {
            Happened::Yes => assert!(!there, "{story}: {} is said to be done", step.key),
            Happened::No => assert!(there, "{story}: {} is said to be left", step.key),
            Happened::Perhaps => {}
        }
    }
}

/// A file system of this size in memory, if this process may mount one.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, kilobytes: usize) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={kilobytes}k,mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(at).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Self(at.to_owned()))
    }

    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What ended a deed early, in words.
fn why(done: &Done) -> &str {
    match &done.ending {
        Ending::Changed { why } | Ending::Failed { why } => why,
        Ending::Done | Ending::Stopped => "",
    }
}

#[tokio::test]
async fn on_a_full_disk_it_stops_before_the_step_that_cannot_be_written_down() {
    let (mut stopped, mut on_the_way) = (0, 0);
    for kilobytes in (4..=48).step_by(4) {
        let place = Place::small();
        let Some(_disk) = SmallDisk::mount(&place.state(), kilobytes) else {
            println!("skipped: this process may not mount a small file system");
            return;
        };
        let (deeds, before) = (place.deeds(), place.tree());
        let proposal = place::propose(&deeds, &delete_tag(&[doomed()])).await;
        let done = place::carry_out(&deeds, proposal).await;
        let story = format!("{kilobytes} KiB: {done:#?}");
        agrees(&deeds, &place.root(), &before, &story);
        if done.ending == Ending::Done {
            continue;
        }
        assert!(
            why(&done).contains("make room") && why(&done).contains("QUARTERDECK_STATE_FOLDER"),
            "{story}"
        );
        stopped += 1;
        if place.tree() != before {
            on_the_way += 1;
            // With room again it can be finished.
            _disk.remount("size=1m");
            let id = done.entry.unwrap();
            let rest = place::propose_from(&deeds, About::Resume(id.clone())).await.unwrap();
            let finished = place::carry_out(&deeds, rest).await;
            assert_eq!(finished.ending, Ending::Done, "{finished:#?}");
            let undo = place::propose_from(&deeds, About::Undo(id)).await.unwrap();
            assert_eq!(place::carry_out(&deeds, undo).await.ending, Ending::Done);
            assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
        }
    }
    println!("full disk: stopped {stopped} times, {on_the_way} of them between two steps");
    assert!(stopped > 2 && on_the_way > 0, "stopped {stopped} times, {on_the_way} on the way");
}

#[tokio::test]
async fn a_state_folder_that_cannot_be_written_keeps_everything_as_it_is() {
    let place = Place::small();
    std::fs::write(place.state(), "a file where a folder is needed").unwrap();
    let (deeds, before) = (place.deeds(), place.tree());
    let done = place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[doomed()])).await).await;
    assert!(why(&done).contains("nothing was done") && done.entry.is_none(), "{done:#?}");
    assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());

    let place = Place::small();
    let Some(disk) = SmallDisk::mount(&place.state(), 256) else {
        println!("the rest was skipped: this process may not mount a small file system");
        return;
    };
    disk.remount("ro");
    let (deeds, before) = (place.deeds(), place.tree());
    let done = place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[doomed()])).await).await;
    assert!(why(&done).contains("make it writable") && done.entry.is_none(), "{done:#?}");
    assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
}

/// A runtime on whose threads only a nobody's rights count; the present ones where this is no root.
fn nobodys_runtime() -> Runtime {
    let lower = || {
        if rustix::process::getuid().is_root() {
            rustix::thread::set_thread_gid(Gid::from_raw(65534)).unwrap();
            rustix::thread::set_thread_uid(Uid::from_raw(65534)).unwrap();
        }
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .on_thread_start(lower)
        .build()
        .unwrap()
}

fn give_away(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            give_away(&path);
        }
        let _ = std::os::unix::fs::chown(&path, Some(65534), Some(65534));
    }
    let _ = std::os::unix::fs::chown(folder, Some(65534), Some(65534));
}

#[test]
fn without_the_right_to_the_third_object_it_stops_there_and_can_be_finished_later() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::small();
    let before = place.tree();
    let third = place.link(("faults/empty-current-link", "bad"), "index");
    give_away(place.folder.path());
    let runtime = nobodys_runtime();
    let work =
        |place: &Place, work: fn(Deeds, Option<String>) -> futures::future::BoxFuture<'static, Done>, id| {
            let deeds = place.deeds();
            runtime.block_on(runtime.spawn(work(deeds, id))).unwrap()
        };
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    // The folders of current/link and of the first index entry go; the one above them may not be written.
    mode(&third, 0o555);
    let done = work(
        &place,
        |deeds, _| {
            Box::pin(async move {
                let proposal = place::propose(&deeds, &delete_tag(&[doomed()])).await;
                place::carry_out(&deeds, proposal).await
            })
        },
        None,
    );
    mode(&third, 0o755);
    assert!(why(&done).contains("no permission"), "{done:#?}");
    assert_eq!(*outcomes(&done).last().unwrap(), "failed");
    assert!(outcomes(&done).len() > 2 && done.steps.len() < done.of, "{done:#?}");
    agrees(&place.deeds(), &place.root(), &before, "denied");
    let id = done.entry.unwrap();
    let done = work(
        &place,
        |deeds, id| {
            Box::pin(async move {
                let rest = place::propose_from(&deeds, About::Resume(id.unwrap())).await.unwrap();
                place::carry_out(&deeds, rest).await
            })
        },
        Some(id),
    );
    assert_eq!(done.ending, Ending::Done, "{done:#?}");
}

#[tokio::test]
async fn refused_at_any_object_the_rest_is_left_and_what_was_done_comes_back() {
    for denied in 0.. {
        let place = Place::small();
        let before = place.tree();
        let count = AtomicUsize::new(0);
        let hook = move |when, call, key: &str| {
            let writes = when == When::Before && matches!(call, Call::Delete | Call::RemoveFolder);
            match writes && count.fetch_add(1, Ordering::SeqCst) == denied {
                true => Err(StoreError::new(ErrorKind::Denied, key, "no permission")),
                false => Ok(()),
            }
        };
        let store = Arc::new(Hooked::new(Filesystem::open(place.root()).unwrap(), hook));
        let deeds = place::deeds_on(store, place.state());
        let done = place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[doomed()])).await).await;
        if done.ending == Ending::Done {
            assert!(denied > 3, "only {denied} objects");
            return;
        }
        assert_eq!(done.steps.len(), denied + 1, "{done:#?}");
        agrees(&deeds, &place.root(), &before, &format!("denied {denied}"));
        let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await;
        match (denied, undo) {
            (0, undo) => {
                assert!(undo.unwrap_err().to_string().contains("nothing is left"), "nothing was done")
            }
            (_, undo) => {
                let undone = place::carry_out(&deeds, undo.unwrap()).await;
                assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
            }
        }
        assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
    }
}

#[tokio::test]
async fn when_the_network_goes_the_journal_says_what_was_done_and_it_is_finished_later() {
    let lost = || gcs::Trouble::refuse(503, "no way there");
    let answer_lost = || gcs::Trouble::DoneButRefuse { status: 503 };
    for (name, trouble) in [("lost", lost as fn() -> gcs::Trouble), ("answer lost", answer_lost)] {
        for passed in 0..2 {
            let shelf = Shelf::new().await;
            let deeds = shelf.deeds();
            let before = shelf.objects();
            let proposal = place::propose(&deeds, &delete_tag(&[shelf.broken()])).await;
            shelf.server.inject(gcs::Fault::on(gcs::Call::Delete, trouble()).after(passed));
            // After the lost delete nothing answers any more.
            let dead = [gcs::Call::Stat, gcs::Call::List, gcs::Call::Read];
            let story = format!("{name} after {passed}");
            let (server, stats) = (Arc::clone(&shelf.server), AtomicUsize::new(0));
            let (_keep, stop) = tokio::sync::watch::channel(false);
            let tell = |progress: quarterdeck::model::Progress| {
                let write = progress.phase == quarterdeck::model::Phase::Write;
                if write && progress.finished == passed && stats.fetch_add(1, Ordering::SeqCst) == 0 {
                    // One guard is still answered where there is one; then the line is dead.
                    for call in dead {
                        server.inject(
                            gcs::Fault::on(call, gcs::Trouble::refuse(503, "no way there")).after(passed),
                        );
                    }
                }
            };
            let done = deeds.carry_out(&place::agreed(proposal), stop, &tell).await;
            assert!(matches!(done.ending, Ending::Failed { .. }), "{story}: {done:#?}");
            let last = done.steps.last().unwrap();
            assert!(matches!(&last.1, StepOutcome::Failed { .. }), "{story}: {done:#?}");
            shelf.server.heal();

            let id = done.entry.unwrap();
            let history = deeds.journal.histories().unwrap().find(&id).unwrap().clone();
            for (number, step) in history.proposal.steps().enumerate() {
                let there = shelf.server.object(&step.key).is_some();
                match history.happened(number) {
                    Happened::Yes => assert!(!there, "{story}: {}", step.key),
                    Happened::No => assert!(there, "{story}: {}", step.key),
                    Happened::Perhaps => {}
                }
            }
            match place::propose_from(&deeds, About::Resume(id.clone())).await {
                Ok(rest) => {
                    let finished = place::carry_out(&deeds, rest).await;
                    assert_eq!(finished.ending, Ending::Done, "{story}: {finished:#?}");
                }
                Err(why) => assert!(why.to_string().contains("nothing is left to do"), "{story}: {why}"),
            }
            assert!(shelf.below(&shelf.broken()).is_empty(), "{story}");
            let undo = place::propose_from(&deeds, About::Undo(id)).await.unwrap();
            let undone = place::carry_out(&deeds, undo).await;
            assert_eq!(undone.ending, Ending::Done, "{story}: {undone:#?}");
            assert_eq!(shelf.objects(), before, "{story}");
        }
    }
}
