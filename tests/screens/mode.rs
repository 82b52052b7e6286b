//! Registries whose bucket is not the truth about tags: the screen says so, and calls nothing broken.

use std::fs;

use quarterdeck::registry::mode::Configured;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::runtime::{CockpitOptions, Sheet, drive, look_with, open_with};
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::sources::look::Looking;
use quarterdeck::ui::keys;

use crate::house::{House, SMALL, WIDE, options};

/// A tree with an empty tag link, which would be a fault if files were the truth, and these lock files.
fn locked(files: &[&str]) -> House {
    let house = House::empty();
    let registry = house.folder.path().join("docker/registry");
    let tag = registry.join("v2/repositories/group/image/_manifests/tags/v1/current");
    fs::create_dir_all(&tag).unwrap();
    fs::write(tag.join("link"), "").unwrap();
    fs::create_dir_all(registry.join("lockfiles")).unwrap();
    for file in files {
        fs::write(registry.join("lockfiles").join(file), "{}").unwrap();
    }
    house
}

async fn frame(house: &House, script: &str, sheet: Sheet) -> String {
    let looking = Looking::new(ScanOptions::default(), Configured::Auto, None);
    let open = open_with(house.url(), OpenOptions::default());
    let options = CockpitOptions { scan: look_with(looking), ..options(&house.url(), open) };
    house.text(&drive(options, keys::script(script).unwrap(), sheet).await.unwrap())
}

const TAG: &str = "type::tag space type:group/image:v1 enter";

/// The words of a frame without what stands around them, as one line.
fn words(frame: &str) -> String {
    frame.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn tags_in_a_database_are_not_judged_by_the_bucket() {
    let house = locked(&["database-in-use"]);
    let frames = [
        frame(&house, "", WIDE).await,
        frame(&house, "", SMALL).await,
        frame(&house, TAG, WIDE).await,
        frame(&house, TAG, SMALL).await,
        frame(&house, "1", WIDE).await,
    ];
    for frame in &frames {
        assert!(words(frame).contains("database"), "{frame}");
        assert!(!frame.contains('✗') || frame.contains("✗       0 broken"), "{frame}");
    }
    let first = words(&frames[1]);
    assert!(first.contains("This bucket is not the truth about tags"), "{first}");
    assert!(first.contains("QUARTERDECK_REGISTRY_URL"), "{first}");
    assert!(
        frames[2].contains("? unknown") && frames[2].contains("QUARTERDECK_REGISTRY_URL"),
        "{}",
        frames[2]
    );
}

/// A tree with blobs and no repository, and these lock files.
fn without_repositories(files: &[&str]) -> House {
    let house = House::empty();
    let registry = house.folder.path().join("docker/registry");
    fs::create_dir_all(registry.join("v2/blobs/sha256/00")).unwrap();
    fs::create_dir_all(registry.join("lockfiles")).unwrap();
    for file in files {
        fs::write(registry.join("lockfiles").join(file), "{}").unwrap();
    }
    house
}

#[tokio::test]
async fn missing_repositories_are_a_loss_only_where_no_database_can_have_them() {
    let house = without_repositories(&["database-in-use"]);
    let configured = without_repositories(&[]);
    let by_profile = |script: &'static str| {
        let looking = Looking::new(ScanOptions::default(), Configured::Database, None);
        let open = open_with(configured.url(), OpenOptions::default());
        let (url, house) = (configured.url(), &configured);
        async move {
            let options = CockpitOptions { scan: look_with(looking.clone()), looking, ..options(&url, open) };
            house.text(&drive(options, keys::script(script).unwrap(), SMALL).await.unwrap())
        }
    };
    for (panel, overview) in [
        (frame(&house, "6", SMALL).await, frame(&house, "1", WIDE).await),
        (by_profile("6").await, by_profile("1").await),
    ] {
        assert!(words(&panel).contains("An empty tree can be fine: delete nothing here"), "{panel}");
        for frame in [panel, overview] {
            assert!(!frame.contains("backups") && !frame.contains("no registry"), "{frame}");
            assert!(frame.contains("database"), "{frame}");
        }
    }
    let undecided = without_repositories(&["database-in-use", "filesystem-in-use"]);
    let panel = frame(&undecided, "6", SMALL).await;
    assert!(words(&panel).contains("is not known: both lock") && !panel.contains("backups"), "{panel}");
    let files = without_repositories(&["filesystem-in-use"]);
    let panel = words(&frame(&files, "6", SMALL).await);
    assert!(panel.contains("metadata database? Then this is normal: delete nothing here"), "{panel}");
}

#[tokio::test]
async fn contradicting_marks_leave_every_tag_undecided() {
    let house = locked(&["database-in-use", "filesystem-in-use"]);
    for sheet in [WIDE, SMALL] {
        let first = frame(&house, "", sheet).await;
        assert!(words(&first).contains("keeps its tags is not known: both lock"), "{first}");
        let tag = frame(&house, TAG, sheet).await;
        assert!(tag.contains("could not read") && !tag.contains("empty-current-link"), "{tag}");
    }
    let overview = frame(&house, "1", WIDE).await;
    assert!(overview.contains("not known, so nothing is claimed"), "{overview}");
}
