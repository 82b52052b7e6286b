//! One deed at a time, and what it leaves.

use std::os::unix::fs::PermissionsExt;

use quarterdeck::execution::journal::{Condition, Record};
use quarterdeck::model::{Ending, Phase, Standing};

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
