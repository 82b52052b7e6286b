//! A real registry before and after a delete from the command line, a push over it, and an undo.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use quarterdeck::staging::tree::faults;
use reqwest::Method;

use crate::program::{Home, Ran};
use crate::registry::Registry;
use crate::registry::answers::Questions;
use crate::registry::skopeo;
use crate::registry::stage::Stage;

/// Whoever is on call for a real registry.
struct Watch<'a> {
    home: Home,
    registry: &'a Registry,
}

impl Watch<'_> {
    fn run(&self, arguments: &[&str]) -> Ran {
        let url = format!("file://{}", self.registry.root().display());
        let mut command = self.home.command(arguments);
        command.args(["--bucket", &url]);
        command.env("QUARTERDECK_REGISTRY_URL", format!("http://{}", self.registry.address()));
        command.output().expect("the program starts").into()
    }

    /// Every object and folder with mode, owner and bytes.
    fn objects(&self) -> BTreeMap<PathBuf, (u32, u32, u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        walk(&self.registry.root().join("docker"), &mut found);
        found
    }
}

fn walk(path: &Path, found: &mut BTreeMap<PathBuf, (u32, u32, u32, Vec<u8>)>) {
    let status = std::fs::symlink_metadata(path).unwrap();
    let bytes = if status.is_dir() { Vec::new() } else { std::fs::read(path).unwrap() };
    found.insert(path.to_owned(), (status.mode(), status.uid(), status.gid(), bytes));
    if status.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| walk(&entry.unwrap().path(), found));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_answers_500_answers_404_can_be_pushed_again_and_comes_back_by_undo() {
    let fault = faults::by_id("empty-current-link").unwrap();
    let stage = Stage::set(fault).await;
    let (watch, asked) =
        (Watch { home: Home::new(), registry: &stage.registry }, Questions::to(&stage.registry));
    let (repository, tag) = (stage.repository(), stage.tag().unwrap());
    let reference = format!("{repository}:{tag}");
    let get = async |tag| asked.manifest(Method::GET, repository, tag).await;
    let before = watch.objects();
    assert_eq!((get(tag).await, get("ok").await), (500, 200));

    let ran = watch.run(&["delete", &reference, "--write", "--yes=bad"]).ends(0);
    assert!(
        ran.out.contains(&format!("front door {reference}: 500 UNKNOWN, now 404 MANIFEST_UNKNOWN")),
        "{}",
        ran.out
    );
    assert_eq!((get(tag).await, get("ok").await), (404, 200));
    assert_eq!(asked.tags(repository).await, Ok(vec!["ok".to_owned()]), "it is no longer listed");

    watch.run(&["undo", "--write", "--yes"]).ends(0);
    assert_eq!(watch.objects(), before, "byte by byte, with mode and owner");
    assert_eq!(get(tag).await, 500);

    watch.run(&["delete", &reference, "--write", "--yes=bad"]).ends(0);
    let image = &stage.parts[0].image;
    assert!(skopeo::push(&stage.registry, repository, tag, image).await.is_done());
    let folder = tempfile::tempdir().unwrap();
    assert!(skopeo::pull(&stage.registry, repository, tag, folder.path()).await.is_done());

    let ran = watch.run(&["undo", "--write", "--yes"]);
    assert!(ran.code == 0 || ran.code == 2, "{ran:?}");
    assert_eq!((get(tag).await, get("ok").await), (200, 200), "what was pushed since stays");
    watch.home.run(&["journal", "verify"]).ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_deletes_by_digest_only_is_not_deleted_from_by_its_api() {
    let fault = faults::by_id("empty-current-link").unwrap();
    let stage = Stage::set(fault).await;
    let watch = Watch { home: Home::new(), registry: &stage.registry };
    let (before, reference) = (watch.objects(), format!("{}:ok", stage.repository()));
    let ran = watch.run(&["delete", "--api", &reference]).ends(2);
    assert!(ran.err.contains("start with --write"), "{}", ran.err);
    let ran = watch.run(&["delete", "--api", &reference, "--write", "--yes=ok", "--healthy"]).ends(2);
    assert!(ran.err.contains("by digest only"), "{}", ran.err);
    assert_eq!(watch.objects(), before);
}
