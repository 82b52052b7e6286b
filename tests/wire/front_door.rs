//! The staged front door beside a real docker-registry on the same tree, and what skopeo and curl make of it.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use quarterdeck::runtime::open_with;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::staging::registry::{FrontDoor, Manner};
use quarterdeck::staging::tree::image::media;
use quarterdeck::staging::tree::{Spec, StoreKind, Truth, write_into};
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::registry::Registry;

/// A real registry and the staged front door, side by side on one tree with every fault.
struct Pair {
    real: Registry,
    truth: Truth,
    door: FrontDoor,
    staged: String,
}

impl Pair {
    async fn start() -> Self {
        let real = Registry::start().await;
        let spec = Spec::everything(1, Timestamp::now(), StoreKind::FileSystem);
        let truth = write_into(&real.root(), &spec).unwrap();
        let url = format!("file://{}", real.root().display());
        let door = FrontDoor::new(open_with(url, OpenOptions::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let staged = listener.local_addr().unwrap().to_string();
        tokio::spawn(door.clone().serve(listener));
        Self { real, truth, door, staged }
    }
}

/// What a client sees of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<(&'static str, String)>,
    code: Option<String>,
    bytes: usize,
}

const COMPARED: [&str; 4] =
    ["content-type", "docker-content-digest", "etag", "docker-distribution-api-version"];

async fn ask(client: &Client, address: &str, method: Method, path: &str) -> Seen {
    let accept = [
        media::DOCKER_MANIFEST,
        media::DOCKER_LIST,
        media::OCI_MANIFEST,
        media::OCI_INDEX,
        media::DOCKER_SCHEMA1,
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    ];
    let request = client.request(method, format!("http://{address}{path}"));
    let response = request.header("Accept", accept.join(", ")).send().await.unwrap();
    let status = response.status().as_u16();
    let header = |name: &'static str| {
        let value = response.headers().get(name)?.to_str().unwrap();
        Some((name, value.to_owned()))
    };
    let headers: Vec<_> = COMPARED.into_iter().filter_map(header).collect();
    let body = response.bytes().await.unwrap();
    let error: Option<Value> = serde_json::from_slice(&body).ok();
    let code = error.and_then(|it| it["errors"][0]["code"].as_str().map(str::to_owned));
    // What the errors say in detail differs in the order of its fields, and schema 1 is signed anew each time.
    let signed = headers_say(&headers, "prettyjws");
    let bytes = if code.is_some() || signed { 0 } else { body.len() };
    Seen { status, headers, code, bytes }
}

fn headers_say(headers: &[(&str, String)], word: &str) -> bool {
    headers.iter().any(|(_, value)| value.contains(word))
}

/// Every path worth asking for: tags, digests, parts of manifests, lists, and what no route takes.
fn paths(truth: &Truth) -> BTreeSet<String> {
    let mut paths: BTreeSet<_> =
        ["/", "/v2/", "/v2/_catalog", "/v2/_catalog?n=7", "/v3/", "/v2/nobody/home/tags/list"]
            .map(String::from)
            .into();
    for ((repository, tag), seen) in &truth.tags {
        let name =
            format!("/v2/{}", percent_encoding::utf8_percent_encode(repository, percent_encoding::CONTROLS));
        paths.insert(format!("{name}/tags/list"));
        paths.insert(format!("{name}/manifests/{tag}"));
        paths.insert(format!("{name}/manifests/{}", seen.digest));
        paths.insert(format!("{name}/blobs/{}", seen.digest));
    }
    paths
}

/// The paths of the parts that a served manifest names.
async fn parts(client: &Client, address: &str, path: &str) -> Vec<String> {
    let Some((name, _)) = path.split_once("/manifests/") else { return Vec::new() };
    let request = client.get(format!("http://{address}{path}")).header("Accept", media::OCI_INDEX);
    let accept = [media::OCI_MANIFEST, media::DOCKER_LIST, media::DOCKER_MANIFEST].join(", ");
    let response = request.header("Accept", accept).send().await.unwrap();
    let manifest: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
    let list = |field: &str| manifest[field].as_array().cloned().unwrap_or_default();
    let blobs = list("layers").into_iter().chain([manifest["config"].clone()]);
    let blobs = blobs.filter_map(|part| Some(format!("{name}/blobs/{}", part["digest"].as_str()?)));
    let children = list("manifests").into_iter();
    let children = children.filter_map(|part| Some(format!("{name}/manifests/{}", part["digest"].as_str()?)));
    blobs.chain(children).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_as_a_real_registry_answers_it() {
    let pair = Pair::start().await;
    let client = Client::new();
    let mut paths = paths(&pair.truth);
    let found = futures::stream::iter(paths.clone());
    let found = found.map(|path| {
        let (client, real) = (&client, pair.real.address());
        async move { parts(client, real, &path).await }
    });
    paths.extend(found.buffered(8).concat().await);
    assert!(paths.len() > 500, "only {} paths", paths.len());
    let mut different = Vec::new();
    for path in &paths {
        for method in [Method::GET, Method::HEAD] {
            let real = ask(&client, pair.real.address(), method.clone(), path).await;
            let staged = ask(&client, &pair.staged, method.clone(), path).await;
            if real != staged {
                different.push(format!("{method} {path}\n  real   {real:?}\n  staged {staged:?}"));
            }
        }
    }
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), paths.len(), different.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skopeo_and_curl_work_on_it_and_nothing_can_be_written() {
    let pair = Pair::start().await;
    let (repository, tag) = pair.truth.spotless().find(|(name, _)| name.starts_with("bulk/")).unwrap();
    let image = format!("docker://{}/{repository}:{tag}", pair.staged);
    let folder = tempfile::tempdir().unwrap();
    let target = format!("dir:{}", folder.path().display());
    for arguments in [
        vec!["inspect", "--tls-verify=false", &image],
        vec!["copy", "--src-tls-verify=false", &image, &target],
    ] {
        let output = Command::new("skopeo").arg("--insecure-policy").args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert!(folder.path().join("manifest.json").exists());
    let client = Client::new();
    let url = format!(
        "http://{}/v2/{repository}/manifests/{}",
        pair.staged,
        pair.truth.tags[&(repository.into(), tag.into())].digest
    );
    for method in [Method::DELETE, Method::PUT] {
        assert_eq!(client.request(method, &url).send().await.unwrap().status(), 405);
    }
    assert_eq!(
        client
            .get(&url)
            .header("Accept", media::OCI_MANIFEST)
            .header("Accept", media::DOCKER_MANIFEST)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_blobs_are_served_as_a_real_registry_serves_them() {
    let pair = Pair::start().await;
    let ((repository, _), seen) =
        pair.truth.tags.iter().find(|((name, _), _)| name.starts_with("bulk/")).unwrap();
    let client = Client::new();
    let manifest = format!("/v2/{repository}/manifests/{}", seen.digest);
    let blob = parts(&client, pair.real.address(), &manifest).await.remove(0);
    for range in ["bytes=0-9", "bytes=5-", "bytes=-7"] {
        let mut answers = Vec::new();
        for address in [pair.real.address(), &pair.staged] {
            let response =
                client.get(format!("http://{address}{blob}")).header("Range", range).send().await.unwrap();
            let shown = response.headers().get("content-range").map(|it| it.to_str().unwrap().to_owned());
            let (status, bytes) = (response.status().as_u16(), response.bytes().await.unwrap());
            answers.push((status, shown, bytes));
        }
        assert_eq!(answers[0], answers[1], "{range}");
    }
    let url = format!("http://{}{blob}", pair.staged);
    assert_eq!(client.get(url).header("Range", "bytes=99999999-").send().await.unwrap().status(), 416);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_slow_or_refuse_or_be_gone_and_comes_back() {
    let pair = Pair::start().await;
    let client = Client::new();
    let url = format!("http://{}/", pair.staged);
    let status = async || client.get(&url).send().await.map(|answer| answer.status().as_u16());
    assert_eq!(status().await.unwrap(), 200);
    pair.door.behave(Manner::Answers(503));
    assert_eq!(status().await.unwrap(), 503);
    pair.door.behave(Manner::Down);
    let refused = async || {
        while status().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused()).await.expect("somebody still answers");
    pair.door.behave(Manner::Well);
    let back = async || {
        while status().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back()).await.expect("nobody answers again");
    pair.door.behave(Manner::Slow(Duration::from_millis(80)));
    let before = std::time::Instant::now();
    assert_eq!(status().await.unwrap(), 200);
    assert!(before.elapsed() >= Duration::from_millis(80));
}
