//! One deed at a time, and what it leaves.

use std::os::unix::fs::PermissionsExt;

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::execution::journal::{Condition, Record, newest_undoable};
use quarterdeck::model::{About, Act, Ending, Item, Phase, Progress, Proposal, Standing, Step, Subject};
use quarterdeck::storage::LARGEST_READ;

use super::bucket::Shelf;
use super::place::{self, Place, carry_out_listening, delete_tag, tag};

/// A broken and a whole tag of the demonstration.
pub const BROKEN: (&str, &str) = ("lighthouse/checkout/api", "v1.14.0");

#[tokio::test]
async fn a_deleted_tag_leaves_nothing_but_the_journal_and_its_backups() {
    let place = Place::new();
    let deeds = place.deeds();
    let before = place.tree();
    let proposal = place::propose(&deeds, &delete_tag(&[tag(BROKEN.0, BROKEN.1)])).await;
    let (done, progress) = carry_out_listening(&deeds, proposal.clone()).await;

    assert_eq!(done.ending, Ending::Done, "{done:#?}");
    assert_eq!(place::phases(&progress), [Phase::Backup, Phase::Write, Phase::Check]);
    let folder = format!("docker/registry/v2/repositories/{}/_manifests/tags/{}", BROKEN.0, BROKEN.1);
    let mut expected = before.clone();
    expected.retain(|key, _| !key.starts_with(&folder));
    assert_eq!(place::difference(&place.tree(), &expected), Vec::<String>::new());
    let proof = &done.proofs[0];
    assert!(proof.before.starts_with("broken: ") && proof.after.as_deref() == Some("absent"), "{proof:?}");

    let id = done.entry.unwrap();
    let past = &deeds.recall().unwrap()[0];
    assert_eq!((&past.entry, &past.standing), (&id, &Standing::Done));
    assert_eq!((past.done, past.of), (proposal.steps().count(), proposal.steps().count()));
    let chronicles = deeds.journal.chronicles().unwrap();
    assert_eq!(chronicles.len(), 1);
    assert_eq!(chronicles[0].condition, Condition::Whole);
    let kept = |line: &&quarterdeck::execution::journal::Line| matches!(line.record, Record::Kept { .. });
    for line in chronicles[0].lines.iter().filter(kept) {
        let Record::Kept { step, backup } = &line.record else { unreachable!() };
        let step = proposal.steps().nth(*step).unwrap();
        let Some(file) = &backup.file else { continue };
        let path = deeds.journal.backups().join(file);
        assert_eq!(std::fs::read(&path).unwrap(), before[&step.key].bytes.clone().unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for folder in [deeds.journal.folder(), deeds.journal.backups(), deeds.journal.state_folder().into()] {
        assert_eq!(std::fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let mode = std::fs::metadata(&chronicles[0].path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// The demonstration's tags by how they are broken, and one that is whole.
fn tags(place: &Place) -> Vec<Subject> {
    let incidents = [
        ("lighthouse/checkout/worker", "v1.8.1"),
        ("cartography/tiles/renderer", "v1.5.0"),
        ("shipyard/ci/runner", "nightly"),
        ("signal/bridge/relay", "hotfix-42"),
        BROKEN,
    ];
    let whole = place.truth.spotless().next().unwrap();
    let all = incidents.into_iter().chain([whole]);
    all.map(|(repository, name)| tag(repository, name)).collect()
}

#[tokio::test]
async fn an_undo_leaves_the_tree_as_it_was_and_an_undo_of_that_takes_the_tags_again() {
    let place = Place::new();
    let deeds = place.deeds();
    strange_owners(&place);
    let before = place.tree();
    let tags = tags(&place);
    let done = place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&tags)).await).await;
    assert_eq!(done.ending, Ending::Done, "{done:#?}");
    let without = place.tree();
    assert_ne!(before, without);

    let id = done.entry.unwrap();
    let undo = place::propose_from(&deeds, About::Undo(id.clone())).await.unwrap();
    assert!(undo.items.iter().all(|item| item.state.is_none() && item.before.starts_with("absent")));
    let undone = place::carry_out(&deeds, undo).await;
    assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
    assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
    let pasts = deeds.recall().unwrap();
    let by = undone.entry.unwrap();
    assert_eq!(pasts[1].standing, Standing::Undone { by: by.clone() });
    assert_eq!(newest_undoable(&pasts, |place| place == pasts[0].store), None);
    let again = place::propose_from(&deeds, About::Undo(id.clone())).await.unwrap_err();
    assert!(again.to_string().contains("nothing is left to take back"), "{again}");

    let taken = place::propose_from(&deeds, About::Undo(by)).await.unwrap();
    let taken = place::carry_out(&deeds, taken).await;
    assert_eq!(taken.ending, Ending::Done, "{taken:#?}");
    assert_eq!(place::difference(&place.tree(), &without), Vec::<String>::new());
    assert_eq!(deeds.recall().unwrap()[2].standing, Standing::Done);

    let back = place::propose_from(&deeds, About::Undo(taken.entry.unwrap())).await.unwrap();
    assert_eq!(place::carry_out(&deeds, back).await.ending, Ending::Done);
    assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
}

/// Modes and owners that nobody would give by himself.
fn strange_owners(place: &Place) {
    let tags = place.root().join("docker/registry/v2/repositories").join(BROKEN.0).join("_manifests/tags");
    for (path, mode) in [("", 0o2775), ("/current", 0o700), ("/current/link", 0o640)] {
        let path = tags.join(format!("{}{path}", BROKEN.1));
        let _ = std::os::unix::fs::chown(&path, Some(1234), Some(4321));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[tokio::test]
async fn without_the_deleted_files_the_backups_bring_everything_back() {
    let place = Place::new();
    let deeds = place.deeds();
    strange_owners(&place);
    let before = place.tree();
    let done = place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&tags(&place))).await).await;
    std::fs::remove_dir_all(place.root().join(".quarterdeck")).unwrap();
    let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await.unwrap();
    let undone = place::carry_out(&deeds, undo).await;
    assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
    assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_pushed_since_is_left_and_said() {
    let place = Place::new();
    let deeds = place.deeds();
    let done =
        place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[tag(BROKEN.0, BROKEN.1)])).await).await;
    let link = place.link(BROKEN, "current/link");
    std::fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::fs::write(&link, "pushed since").unwrap();
    let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await.unwrap();
    assert!(
        undo.items[0].mind.iter().any(|mind| mind.contains("current/link was written since")),
        "{undo:#?}"
    );
    let undone = place::carry_out(&deeds, undo).await;
    assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
    assert_eq!(std::fs::read(link).unwrap(), b"pushed since");
}

#[tokio::test]
async fn a_push_between_proposal_and_agreement_stops_everything_before_it_begins() {
    let place = Place::new();
    let deeds = place.deeds();
    let proposal = place::propose(&deeds, &delete_tag(&[tag(BROKEN.0, BROKEN.1)])).await;
    std::fs::write(place.link(BROKEN, "current/link"), "pushed meanwhile").unwrap();
    let tree = place.tree();
    let done = place::carry_out(&deeds, proposal).await;
    let Ending::Changed { why } = &done.ending else { panic!("{done:#?}") };
    assert!(why.contains("current/link") && why.contains("nothing was done"), "{why}");
    assert_eq!(place::difference(&place.tree(), &tree), Vec::<String>::new());
    assert!(done.steps.is_empty());
    let left = std::fs::read_dir(deeds.journal.backups()).unwrap().count();
    assert_eq!(left, 0, "backups that serve nobody");
}

#[tokio::test]
async fn stopped_on_the_way_it_can_be_finished_or_taken_back() {
    for finish in [true, false] {
        let place = Place::new();
        let deeds = place.deeds();
        let before = place.tree();
        let proposal = place::propose(&deeds, &delete_tag(&tags(&place))).await;
        let of = proposal.steps().count();
        let third = |progress: &Progress| progress.phase == Phase::Write && progress.finished == 2;
        let done = place::stop_when(&deeds, proposal, third).await;
        assert_eq!((&done.ending, done.steps.len()), (&Ending::Stopped, 3), "{done:#?}");
        let id = done.entry.unwrap();
        assert!(matches!(deeds.recall().unwrap()[0].standing, Standing::Stopped { .. }));
        if finish {
            let rest = place::propose_from(&deeds, About::Resume(id.clone())).await.unwrap();
            assert_eq!(rest.steps().count(), of - 3);
            let finished = place::carry_out(&deeds, rest).await;
            assert_eq!(finished.ending, Ending::Done, "{finished:#?}");
            let by = finished.entry.unwrap();
            assert_eq!(deeds.recall().unwrap()[1].standing, Standing::Resumed { by: by.clone() });
            assert!(tags(&place).iter().all(|subject| !place.folder_of(subject).exists()));
            assert!(place::propose_from(&deeds, About::Resume(id.clone())).await.is_err());
        }
        // The undo of a deed in two parts takes back both.
        let undo = place::propose_from(&deeds, About::Undo(id)).await.unwrap();
        let undone = place::carry_out(&deeds, undo).await;
        assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
        assert_eq!(place::difference(&place.tree(), &before), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_entry_is_found_by_the_beginning_of_its_id_and_only_in_its_own_store() {
    let (place, other) = (Place::new(), Place::new());
    let deeds = place.deeds();
    let done =
        place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[tag(BROKEN.0, BROKEN.1)])).await).await;
    let id = done.entry.unwrap();
    assert!(place::propose_from(&deeds, About::Undo(id[..17].to_owned())).await.is_ok());
    for (asked, said) in [("nonsense", "no entry nonsense"), ("", "no entry")] {
        let why = place::propose_from(&deeds, About::Undo(asked.to_owned())).await.unwrap_err();
        assert!(why.to_string().contains(said), "{why}");
    }
    let elsewhere = Deeds { journal: deeds.journal.clone(), ..other.deeds() };
    let why = place::propose_from(&elsewhere, About::Undo(id.clone())).await.unwrap_err();
    let (own, there) = (place.root().display().to_string(), other.root().display().to_string());
    assert!(why.to_string().contains(&own) && why.to_string().contains(&there), "{why}");
}

#[tokio::test]
async fn a_journal_or_backup_that_somebody_changed_is_not_used() {
    let place = Place::new();
    let deeds = place.deeds();
    let done =
        place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[tag(BROKEN.0, BROKEN.1)])).await).await;
    let id = done.entry.unwrap();
    std::fs::remove_dir_all(place.root().join(".quarterdeck")).unwrap();
    let tree = place.tree();
    let folder = deeds.journal.backups().join(&id);
    for backup in std::fs::read_dir(folder).unwrap() {
        std::fs::write(backup.unwrap().path(), "something else").unwrap();
    }
    let undo = place::propose_from(&deeds, About::Undo(id.clone())).await.unwrap();
    assert!(undo.items[0].mind.iter().any(|mind| mind.contains("not what was kept")), "{undo:#?}");
    let undone = place::carry_out(&deeds, undo).await;
    assert!(
        matches!(&undone.ending, Ending::Failed { why } if why.contains("not what was kept")),
        "{undone:#?}"
    );
    let files =
        |tree: place::Tree| tree.into_iter().filter(|(_, leaf)| leaf.bytes.is_some()).collect::<Vec<_>>();
    assert_eq!(files(place.tree()), files(tree));

    let path = deeds.journal.chronicles().unwrap()[0].path.clone();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("current/link", "current/l1nk", 1)).unwrap();
    let why = place::propose_from(&deeds, About::Undo(id)).await.unwrap_err().to_string();
    assert!(why.contains("line 3") && why.contains(".jsonl"), "{why}");
}

#[tokio::test]
async fn a_database_that_came_since_keeps_everything_out_of_the_bucket() {
    let place = Place::new();
    let deeds = place.deeds();
    let proposal = place::propose(&deeds, &delete_tag(&[tag(BROKEN.0, BROKEN.1)])).await;
    let lock = place.root().join("docker/registry/lockfiles/database-in-use");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(lock, "{\"version\":1}").unwrap();
    let tree = place.tree();
    let done = place::carry_out(&deeds, proposal).await;
    assert!(
        matches!(&done.ending, Ending::Changed { why } if why.contains("metadata database")),
        "{done:#?}"
    );
    assert_eq!(place::difference(&place.tree(), &tree), Vec::<String>::new());
}

#[tokio::test]
async fn in_a_bucket_a_tag_goes_and_comes_back_from_the_backups_or_from_the_bucket_itself() {
    for soft_delete in [false, true] {
        let shelf = Shelf::new().await;
        if soft_delete {
            shelf.server.soft_delete();
        }
        let deeds = shelf.deeds();
        let before = shelf.objects();
        let done =
            place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[shelf.broken()])).await).await;
        assert_eq!(done.ending, Ending::Done, "{done:#?}");
        assert!(shelf.below(&shelf.broken()).is_empty());
        let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await.unwrap();
        let undone = place::carry_out(&deeds, undo).await;
        assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
        assert_eq!(shelf.objects(), before);
    }
}

#[tokio::test]
async fn what_is_too_large_to_copy_is_kept_by_the_store_itself() {
    let place = Place::small();
    let deeds = place.deeds();
    let key = "docker/registry/v2/blobs/sha256/aa/large/data";
    let path = place.root().join(key);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let size = LARGEST_READ + 1;
    std::fs::File::create(&path).unwrap().set_len(size).unwrap();
    let store = (deeds.open)().await.unwrap();
    let entry = store.stat(key).await.unwrap();
    let act = Act::Delete { version: entry.version.0.clone() };
    let step = Step { act, key: key.into(), size: entry.size, modified: None, guards: Vec::new() };
    let item = Item {
        subject: Subject::Object(key.into()),
        state: None,
        why: Vec::new(),
        steps: vec![step],
        references: Vec::new(),
        before: String::new(),
        after: String::new(),
        mind: Vec::new(),
    };
    let store = store.url().to_owned();
    let done = place::carry_out(
        &deeds,
        Proposal { verb: "delete-wrong-blob".into(), store, about: None, backups: None, items: vec![item] },
    )
    .await;
    assert_eq!(done.ending, Ending::Done, "{done:#?}");
    assert!(!path.exists());
    assert_eq!(done.proofs[0].before, format!("{size} bytes"));
    assert_eq!(done.proofs[0].after.as_deref(), Some("gone"));
    let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await.unwrap();
    assert!(undo.items[0].references[0].contains("kept by the store itself"), "{undo:#?}");
    let undone = place::carry_out(&deeds, undo).await;
    assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
    assert_eq!(std::fs::metadata(path).unwrap().len(), size);
}
