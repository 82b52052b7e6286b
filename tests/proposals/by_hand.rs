//! The commands that a proposal prints, typed into a real shell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use bytes::Bytes;
use quarterdeck::model::{Proposal, Target};
use quarterdeck::registry::repair::commands;
use quarterdeck::staging::tree::{Spec, StoreKind, keys};

use super::place::{Place, carried_out, object, repository, tag};

/// Types the commands, one after the other, until one fails.
fn typed(proposal: &Proposal) -> Output {
    let script = commands(proposal).join("\n[ $? = 0 ] || exit 1\n");
    Command::new("bash").args(["-c", &script]).output().unwrap()
}

/// Everything below the registry's tree: files with their bytes, and folders.
fn on_disk(root: &Path) -> (BTreeMap<String, Bytes>, BTreeSet<String>) {
    let (mut files, mut all) = (BTreeMap::new(), BTreeSet::new());
    let mut folders = vec![root.join("docker")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                all.insert(format!("{key}/"));
                folders.push(path);
            } else {
                files.insert(key, Bytes::from(std::fs::read(&path).unwrap()));
            }
        }
    }
    (files, all)
}

fn place() -> Place {
    Place::of(&Spec::everything(1, super::place::now(), StoreKind::FileSystem), StoreKind::FileSystem)
}

#[tokio::test]
async fn typed_into_a_shell_they_do_what_the_proposal_does() {
    let place = place();
    let fault = |id: &str| format!("faults/{id}");
    let layers = |id: &str| format!("{}/_layers", keys::repository(&fault(id)));
    let readme = format!("{}/README", keys::repository("faults/stray-file-in-repo"));
    let orders: Vec<(&'static str, Target)> = vec![
        ("delete-tag", tag(&fault("empty-current-link"), "bad")),
        ("delete-tag", tag(&fault("empty-current-link"), "ok")),
        ("delete-tag", tag(&fault("current-link-is-folder"), "bad")),
        ("delete-tag", tag(&fault("tag-name-with-space"), "bad copy")),
        ("restore-link", tag(&fault("current-link-crlf"), "bad")),
        ("restore-link", tag(&fault("missing-current-link"), "bad")),
        ("restore-link", object(&layers("repo-without-layers-folder"))),
        ("delete-stray", object(&readme)),
        ("delete-repository", repository("faults/repo-path-with-space/my image")),
        ("delete-repository", repository(&fault("repo-only-uploads"))),
    ];
    let root = place.folder.as_ref().unwrap().path();
    for (verb, target) in orders {
        let proposal = place.propose(verb, vec![target.clone()]).await.unwrap();
        let before = on_disk(root).0;
        let output = typed(&proposal);
        assert!(output.status.success(), "{verb} {target:?}: {output:?}\n{:#?}", commands(&proposal));
        let (after, folders) = on_disk(root);
        let expected = carried_out(&place, &proposal);
        for step in proposal.steps() {
            assert_eq!(after.get(&step.key), expected.get(&step.key), "{}", step.key);
            let makes = matches!(step.act, quarterdeck::model::Act::MakeFolder { .. });
            assert!(!step.act.is_folder() || folders.contains(&step.key) == makes, "{}", step.key);
        }
        let steps: BTreeSet<_> = proposal.steps().map(|step| &step.key).collect();
        let others = |files: &BTreeMap<String, Bytes>| -> BTreeMap<String, Bytes> {
            files
                .iter()
                .filter(|(key, _)| !steps.contains(key))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        };
        assert_eq!(others(&before), others(&after), "{verb} touched something else");
    }
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_stops_them() {
    let place = place();
    let root = place.folder.as_ref().unwrap().path();
    let proposal = place.propose("delete-tag", vec![tag("faults/empty-current-link", "bad")]).await.unwrap();
    let link = root.join(keys::current_link("faults/empty-current-link", "bad"));
    std::fs::write(&link, "sha256:somebody pushed").unwrap();
    assert!(!typed(&proposal).status.success());
    assert_eq!(std::fs::read(&link).unwrap(), b"sha256:somebody pushed");
    assert!(
        link.parent().unwrap().parent().unwrap().join("index/sha256").is_dir(),
        "the history is untouched"
    );

    let proposal =
        place.propose("restore-link", vec![tag("faults/missing-current-link", "bad")]).await.unwrap();
    let link = root.join(keys::current_link("faults/missing-current-link", "bad"));
    std::fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::fs::write(&link, "sha256:somebody pushed").unwrap();
    assert!(!typed(&proposal).status.success());
    assert_eq!(std::fs::read(&link).unwrap(), b"sha256:somebody pushed");
}
