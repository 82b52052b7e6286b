//! Cures as commands, by finding and store.

use super::*;
use crate::model::{Subject, TagState};
use crate::registry::checks::{Check, manifest, tag_folder, tag_link};
use crate::registry::report::Hop;

const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const LINK: &str = "docker/registry/v2/repositories/group/image/_manifests/tags/v1/current/link";

fn hop(role: Role, state: HopState, object: &str, digest: Option<&str>, version: Option<&str>) -> Hop {
    Hop {
        depth: 0,
        role,
        state,
        object: object.to_owned(),
        digest: digest.map(str::to_owned),
        size: None,
        expected: None,
        modified: None,
        version: version.map(str::to_owned),
        note: String::new(),
    }
}

fn report(tag: &str, hops: Vec<Hop>) -> TagReport {
    TagReport {
        repository: "group/image".into(),
        tag: Some(tag.into()),
        digest: Some(DIGEST.into()),
        state: TagState::Broken,
        findings: vec![],
        hops,
        unread: vec![],
        notes: vec![],
        unhashed: 0,
        requests: 0,
        trips: 0,
    }
}

fn of(check: &Check, object: &str) -> Finding {
    check.finding(Subject::Object(object.to_owned()), object, "")
}

fn commands(finding: &Finding, store: &str, report: &TagReport, repair: Repair) -> Vec<String> {
    let scene = Scene {
        store,
        registry: Some("https://registry.test:5000"),
        repository: Some(&report.repository),
        report: Some(report),
    };
    cures(finding, &scene).into_iter().find(|cure| cure.repair == repair).map(|cure| cure.commands).unwrap()
}

#[test]
fn cures_come_in_the_findings_order_and_each_says_why() {
    for check in &crate::registry::checks::CHECKS {
        let finding = of(check, LINK);
        let report = report("v1", vec![]);
        let scene =
            Scene { store: "gs://b", registry: None, repository: Some("group/image"), report: Some(&report) };
        let cures = cures(&finding, &scene);
        assert_eq!(cures.iter().map(|cure| cure.repair).collect::<Vec<_>>(), check.repairs);
        for cure in cures {
            assert!(!cure.why.is_empty(), "{} of {}", cure.repair.name(), check.id);
            for command in &cure.commands {
                assert!(!command.contains(" -r") && !command.contains("echo"), "{command}");
            }
        }
    }
}

#[test]
fn a_broken_tag_link_is_pushed_written_or_deleted() {
    let finding = of(&tag_link::EMPTY, LINK);
    let report =
        report("v1", vec![hop(Role::TagLink, HopState::Bad, LINK, Some(DIGEST), Some("1700000000000001"))]);
    let on = |store, repair| commands(&finding, store, &report, repair);
    assert_eq!(on("gs://b/root", Repair::RePush)[0], "docker push registry.test:5000/group/image:v1");
    assert_eq!(
        on("file:///srv/registry", RESTORE_LINK),
        [
            format!(
                "sha256sum /srv/registry/docker/registry/v2/blobs/sha256/9f/{HEX}/data # {HEX} if it is whole"
            ),
            format!(
                "mkdir -p {folder}/tags/v1/current && cp -an /srv/registry/{LINK} {folder}/tags/v1/current/link",
                folder = "/srv/registry/.quarterdeck/by-hand/docker/registry/v2/repositories/group/image/_manifests"
            ),
            format!("printf %s {DIGEST} > /srv/registry/{LINK}"),
        ]
    );
    assert_eq!(
        on("gs://b/root", RESTORE_LINK)[2],
        format!(
            "printf %s {DIGEST} | gcloud storage cp --if-generation-match=1700000000000001 - gs://b/root/{LINK}"
        )
    );
    let copied = &on("gs://b/root", RESTORE_LINK)[1];
    assert!(
        copied.starts_with(&format!("gcloud storage cp gs://b/root/{LINK} ./"))
            && copied.ends_with("_current_link.1700000000000001"),
        "what stands there is kept, each generation by its own name: {copied}"
    );
    let delete = on("gs://b/root", DELETE_TAG);
    assert_eq!(
        delete[1],
        format!("gcloud storage rm --if-generation-match=1700000000000001 gs://b/root/{LINK}"),
        "the link goes first"
    );
    assert!(delete[2].ends_with("tags/v1/index/**'"), "{delete:?}");
    assert_eq!(
        on("gs://b", DELETE_TAG_API),
        ["curl -i -X DELETE -H \"Authorization: Bearer $TOKEN\" \
          https://registry.test:5000/v2/group/image/manifests/v1"]
    );
}

#[test]
fn a_link_without_a_known_digest_is_left_to_the_operator() {
    let finding = of(&tag_link::MISSING_AMONG_MANY, LINK);
    let report = report("v1", vec![hop(Role::TagLink, HopState::Bad, LINK, None, None)]);
    let commands = commands(&finding, "gs://b", &report, RESTORE_LINK);
    assert!(commands[0].starts_with("gcloud storage ls"), "{commands:?}");
    assert!(
        commands[1].starts_with("printf %s DIGEST | gcloud storage cp --if-generation-match=0 -"),
        "{commands:?}"
    );
}

#[test]
fn a_missing_link_is_only_created() {
    let key = format!("docker/registry/v2/repositories/group/image/_layers/sha256/{HEX}/link");
    let finding = of(&config_and_layers::LINK_GONE, &key);
    let report = report("v1", vec![hop(Role::LayerLink, HopState::Bad, &key, Some(DIGEST), None)]);
    let commands = commands(&finding, "gs://b", &report, RESTORE_LINK);
    assert_eq!(
        commands[0],
        format!(
            "gcloud storage cat gs://b/docker/registry/v2/blobs/sha256/9f/{HEX}/data | sha256sum # {HEX} if it is whole"
        )
    );
    assert_eq!(
        commands[1],
        format!("printf %s {DIGEST} | gcloud storage cp --if-generation-match=0 - gs://b/{key}")
    );
}

#[test]
fn wrong_bytes_are_hashed_once_more_and_moved_aside() {
    let key = format!("docker/registry/v2/blobs/sha256/9f/{HEX}/data");
    let finding = of(&manifest::EMPTY, &key);
    assert!(leaves_gc_stopped(&finding));
    let report = report("v1", vec![hop(Role::Manifest, HopState::Bad, &key, Some(DIGEST), Some("7"))]);
    let on = |store, repair| commands(&finding, store, &report, repair);
    let delete = on("file:///srv/registry", DELETE_WRONG_BLOB);
    assert!(delete[0].starts_with("sha256sum "), "{delete:?}");
    assert!(delete[1].contains(" && mv -nT /srv/registry/docker/"), "{delete:?}");
    let revision = on("gs://b", DELETE_REVISION_LINK);
    let link =
        format!("gs://b/docker/registry/v2/repositories/group/image/_manifests/revisions/sha256/{HEX}/link");
    assert_eq!(revision[1], format!("gcloud storage rm --if-generation-match=GENERATION {link}"));
}

#[test]
fn no_command_is_printed_that_would_reach_another_object_than_the_one_meant() {
    let finding = of(&tag_link::EMPTY, LINK);
    for (store, tag) in [
        ("gs://b", "v*"),
        ("gs://b", "v[12]"),
        ("gs://b", "v1?"),
        ("gs://b", "v1#2"),
        ("gs://b", "v1\0x"),
        ("file:///srv/registry", ".."),
        ("file:///srv/registry", ""),
        ("file:///srv/registry", "v1\0x"),
    ] {
        let report = report(tag, vec![]);
        let delete = commands(&finding, store, &report, DELETE_TAG);
        assert!(
            delete.iter().all(|command| command.starts_with("# no command names")),
            "{tag:?}: {delete:?}"
        );
        assert_eq!(commands(&finding, store, &report, DELETE_TAG_API), Vec::<String>::new(), "{tag:?}");
        let key = LINK.replace("v1", tag);
        let restore = commands(&of(&tag_link::EMPTY, &key), store, &report, RESTORE_LINK);
        assert!(restore.iter().all(|command| command.starts_with("# ")), "{tag:?}: {restore:?}");
        assert!(!delete.iter().chain(&restore).any(|command| command.contains('\0')), "{tag:?}");
    }
}

#[test]
fn hostile_names_stay_words() {
    let tag = "a b; $(reboot)\u{1b}";
    let finding = of(&tag_folder::NAME_WITH_SPACE, "x");
    let commands = commands(&finding, "file:///srv/registry", &report(tag, vec![]), DELETE_TAG);
    assert!(commands[0].contains(r"/tags/a b; $(reboot)\x1b' $'"), "{commands:?}");
    assert!(!commands[0].contains('\u{1b}'));
}
