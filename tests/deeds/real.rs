//! Pushes to a real registry while a tag of it is being deleted.

#[path = "../support/registry/mod.rs"]
mod registry;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{About, Ending};
use quarterdeck::staging::tree::image::Image;
use quarterdeck::staging::tree::images::Plan;
use quarterdeck::storage::filesystem::Filesystem;
use reqwest::{Client, StatusCode};

use super::place::{self, delete_tag, scratch, tag};
use registry::stage::images;
use registry::{Registry, skopeo};

const REPOSITORY: &str = "race/app";
const ROUNDS: usize = 60;

/// Someone who pushes and pulls by HTTP alone.
struct Pusher {
    http: Client,
    address: String,
}

impl Pusher {
    fn url(&self, tag: &str) -> String {
        format!("http://{}/v2/{REPOSITORY}/manifests/{tag}", self.address)
    }

    async fn push(&self, tag: &str, image: &Image) -> StatusCode {
        let request = self.http.put(self.url(tag)).header("content-type", image.media_type.clone());
        request.body(image.raw.clone()).send().await.unwrap().status()
    }

    /// The digest under a tag, or how it is refused.
    async fn pull(&self, tag: &str) -> Result<String, StatusCode> {
        let accept = "application/vnd.docker.distribution.manifest.v2+json";
        let answer = self.http.get(self.url(tag)).header("accept", accept).send().await.unwrap();
        match answer.status() {
            StatusCode::OK => Ok(answer.headers()["docker-content-digest"].to_str().unwrap().to_owned()),
            other => Err(other),
        }
    }
}

struct Stage {
    registry: Registry,
    pusher: Pusher,
    /// The image that is there, and the one that is pushed.
    images: [Image; 2],
    deeds: Deeds,
    _state: tempfile::TempDir,
}

async fn stage() -> Stage {
    let registry = Registry::start().await;
    let images = ["old", "new"].map(|label| images().image(&Plan::new(label)).unwrap());
    for image in &images {
        let outcome = skopeo::push(&registry, REPOSITORY, "first", image).await;
        assert!(outcome.is_done(), "{outcome:?}");
    }
    let state = scratch();
    let store = Arc::new(Filesystem::open(registry.root()).unwrap());
    let late = Duration::from_millis(50);
    let deeds = Deeds { late, ..place::deeds_on(store, state.path().join("state")) };
    let pusher = Pusher { http: Client::new(), address: registry.address().to_owned() };
    Stage { registry, pusher, images, deeds, _state: state }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_push_that_a_real_registry_answered_is_lost() {
    let Stage { registry, pusher, images: [old, new], deeds, _state } = stage().await;
    let (answered, stopped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for number in 0..ROUNDS {
        let name = format!("r{number}");
        assert_eq!(pusher.push(&name, &old).await, StatusCode::CREATED);
        if number.is_multiple_of(2) {
            let link =
                format!("docker/registry/v2/repositories/{REPOSITORY}/_manifests/tags/{name}/current/link");
            std::fs::write(registry.root().join(link), "").unwrap();
        }
        let proposal = place::propose(&deeds, &delete_tag(&[tag(REPOSITORY, &name)])).await;
        let again = if number.is_multiple_of(3) { &old } else { &new };
        let push = async {
            tokio::time::sleep(Duration::from_micros(fastrand::u64(..60_000))).await;
            pusher.push(&name, again).await
        };
        let (done, status) = tokio::join!(place::carry_out(&deeds, proposal), push);
        stopped.fetch_add(usize::from(done.ending != Ending::Done), Ordering::SeqCst);
        if status.is_success() {
            answered.fetch_add(1, Ordering::SeqCst);
            assert_eq!(pusher.pull(&name).await, Ok(again.digest.clone()), "round {number}: {done:#?}");
        }
    }
    println!(
        "{ROUNDS} rounds on a real registry: {answered:?} pushes answered, {stopped:?} deeds stopped, 0 lost"
    );
    assert!(answered.into_inner() > ROUNDS / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_tag_is_not_found_any_more_can_be_pushed_again_and_comes_back_byte_by_byte() {
    let Stage { registry, pusher, images: [old, new], deeds, _state } = stage().await;
    assert_eq!(pusher.push("v1", &old).await, StatusCode::CREATED);
    let folder =
        registry.root().join(format!("docker/registry/v2/repositories/{REPOSITORY}/_manifests/tags/v1"));
    std::fs::write(folder.join("current/link"), "").unwrap();
    assert_eq!(pusher.pull("v1").await, Err(StatusCode::INTERNAL_SERVER_ERROR));
    let before = place::tree(&registry.root());

    let done =
        place::carry_out(&deeds, place::propose(&deeds, &delete_tag(&[tag(REPOSITORY, "v1")])).await).await;
    assert_eq!(done.ending, Ending::Done, "{done:#?}");
    assert_eq!(pusher.pull("v1").await, Err(StatusCode::NOT_FOUND));
    let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await.unwrap();
    assert_eq!(place::carry_out(&deeds, undo).await.ending, Ending::Done);
    assert_eq!(place::difference(&place::tree(&registry.root()), &before), Vec::<String>::new());
    assert_eq!(pusher.pull("v1").await, Err(StatusCode::INTERNAL_SERVER_ERROR));

    let proposal = place::propose(&deeds, &delete_tag(&[tag(REPOSITORY, "v1")])).await;
    assert_eq!(place::carry_out(&deeds, proposal).await.ending, Ending::Done);
    assert_eq!(pusher.push("v1", &new).await, StatusCode::CREATED);
    assert_eq!(pusher.pull("v1").await, Ok(new.digest));
}
