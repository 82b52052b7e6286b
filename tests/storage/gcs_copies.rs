//! A bucket brings back what it still has, wherever it has it, and is not talked into anything.

use std::sync::Arc;

use bytes::Bytes;
use quarterdeck::storage::{Attributes, ErrorKind, ObjectStore, Version};
use serde_json::json;

use crate::hostile::{both, patient};
use crate::support::gcs::{Call, Fault, Lie, Server, Trouble};

const KEY: &str = "docker/layer";

/// What a bucket does with deleted objects.
type Policy = fn(&Server);

async fn serving(policy: Policy) -> Server {
    let server = Server::start([("", ""); 0]).await;
    policy(&server);
    server.put(KEY, "precious");
    server
}

async fn delete(store: &dyn ObjectStore) -> Version {
    let version = store.stat(KEY).await.unwrap().version;
    store.delete(KEY, &version).await.unwrap();
    version
}

fn asked(server: &Server, call: Call) -> usize {
    server.requests().iter().filter(|request| request.call == call).count()
}

#[tokio::test]
async fn a_policy_brings_back_without_a_copy_made_before() {
    for (policy, calls) in [(Server::soft_delete as Policy, [1, 0]), (Server::versioning, [1, 1])] {
        let server = serving(policy).await;
        for (driver, store) in both(&server, "registry").await {
            let version = delete(&store).await;
            server.forget();
            let back = store.undelete(KEY, &version).await.unwrap();
            assert_eq!(store.read(KEY, None).await.unwrap().bytes, "precious", "{driver}");
            assert_ne!(back.version, version, "{driver}");
            assert_eq!([asked(&server, Call::Restore), asked(&server, Call::Copy)], calls, "{driver}");
        }
    }
}

#[tokio::test]
async fn without_a_policy_and_a_copy_it_is_gone() {
    let server = serving(|_| {}).await;
    for (driver, store) in both(&server, "registry").await {
        server.put(KEY, "precious");
        let version = delete(&store).await;
        let error = store.undelete(KEY, &version).await.unwrap_err();
        assert!(
            error.kind == ErrorKind::Gone && error.detail.contains("keeps no generation"),
            "{driver}: {error}"
        );
    }
}

#[tokio::test]
async fn the_copy_that_was_kept_lies_beside_the_tree() {
    let server = serving(|_| {}).await;
    server.put("some/root/docker/layer", "precious");
    for (driver, store) in both(&server, "registry/some/root").await {
        let version = store.stat(KEY).await.unwrap().version;
        let place = store.keep(KEY, &version).await.unwrap();
        let name = format!("some/root/.quarterdeck/kept/{}/docker/layer", version.0);
        assert_eq!(place, format!("gs://registry/{name}"), "{driver}");
        assert_eq!(server.object(&name).unwrap().bytes, "precious", "{driver}");
        let own = format!(".quarterdeck/kept/{}/docker/layer", version.0);
        for refused in [
            store.stat(&own).await.map(drop),
            store.read(&own, None).await.map(drop),
            store.delete(&own, &version).await,
            store.create(".quarterdeck/x", Bytes::new(), None).await.map(drop),
        ] {
            assert_eq!(refused.unwrap_err().kind, ErrorKind::Denied, "{driver}");
        }
    }
}

#[tokio::test]
async fn everything_an_object_is_called_comes_back() {
    let look = json!({
        "contentType": "application/vnd.oci.image.manifest.v1+json",
        "contentEncoding": "identity",
        "contentDisposition": "attachment; filename=\"x\"",
        "contentLanguage": "de",
        "cacheControl": "no-store",
        "storageClass": "NEARLINE",
        "customTime": "2026-01-02T03:04:05.678Z",
        "metadata": { "owner": "é \"quoted\"", "": "empty name" },
    });
    for kept in [false, true] {
        let server = serving(|_| {}).await;
        for (driver, store) in both(&server, "registry").await {
            server.put_with(KEY, "precious", look.clone());
            let noted = store.attributes(KEY).await.unwrap();
            let version = store.stat(KEY).await.unwrap().version;
            store.keep(KEY, &version).await.unwrap();
            store.delete(KEY, &version).await.unwrap();
            if kept {
                store.undelete(KEY, &version).await.unwrap();
            } else {
                store.create(KEY, Bytes::from_static(b"precious"), Some(&noted)).await.unwrap();
            }
            let back = server.object(KEY).unwrap();
            assert_eq!(
                (serde_json::Value::from(back.look), back.bytes),
                (look.clone(), "precious".into()),
                "{driver}"
            );
            assert_eq!(store.attributes(KEY).await.unwrap(), noted, "{driver}");
        }
    }
}

#[tokio::test]
async fn both_transports_note_the_same() {
    let server = serving(|_| {}).await;
    let [(_, grpc), (_, json)] = both(&server, "registry").await;
    let noted = grpc.attributes(KEY).await.unwrap();
    assert_eq!(json.attributes(KEY).await.unwrap(), noted);
    assert_eq!(
        noted,
        Attributes(r#"{"contentType":"application/octet-stream","storageClass":"STANDARD"}"#.to_owned())
    );
}

#[tokio::test]
async fn bytes_that_look_like_a_boundary_arrive_whole() {
    let server = serving(|_| {}).await;
    let odd = Bytes::from_static(b"\r\n--\r\n--boundary--\r\ncontent-type: x\r\n\r\n\0");
    for (number, (driver, store)) in both(&server, "registry").await.into_iter().enumerate() {
        let noted = store.attributes(KEY).await.unwrap();
        let key = format!("odd/{number}");
        store.create(&key, odd.clone(), Some(&noted)).await.unwrap();
        assert_eq!(store.read(&key, None).await.unwrap().bytes, odd, "{driver}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_no_failure_of_a_success() {
    for call in [Call::Copy, Call::Restore] {
        for driver in 0..2 {
            let server = serving(Server::soft_delete).await;
            let (name, store) = both(&server, "registry").await[driver].clone();
            let store = patient(store);
            server.inject(Fault::on(call, Trouble::DoneButRefuse { status: 503 }).times(1));
            let version = store.stat(KEY).await.unwrap().version;
            store.keep(KEY, &version).await.unwrap_or_else(|error| panic!("{name} {call:?}: {error}"));
            store.delete(KEY, &version).await.unwrap();
            store.undelete(KEY, &version).await.unwrap_or_else(|error| panic!("{name} {call:?}: {error}"));
            assert_eq!(store.read(KEY, None).await.unwrap().bytes, "precious", "{name} {call:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_settled_is_not_called_somebody_elses_change() {
    // The bucket forgets a soft-deleted generation once it is restored, so nothing tells whose the live one is.
    let server = serving(Server::soft_delete).await;
    for (driver, store) in both(&server, "registry").await {
        let store = patient(store);
        let version = delete(&store).await;
        server.inject(Fault::on(Call::Restore, Trouble::DoneButRefuse { status: 503 }).times(1));
        let error = store.undelete(KEY, &version).await.unwrap_err();
        assert!(
            error.kind == ErrorKind::Unreachable && error.detail.contains("is unknown"),
            "{driver}: {error}"
        );
    }
}

#[tokio::test]
async fn who_may_not_restore_uses_the_copy_or_says_so() {
    let server = serving(Server::soft_delete).await;
    server.inject(Fault::on(Call::Restore, Trouble::refuse(403, "no storage.objects.restore")));
    for (driver, store) in both(&server, "registry").await {
        server.put(KEY, "precious");
        let version = delete(&store).await;
        let error = store.undelete(KEY, &version).await.unwrap_err();
        assert!(
            error.kind == ErrorKind::Denied && error.detail.contains("objects.restore"),
            "{driver}: {error}"
        );
        server.put(KEY, "precious");
        let version = store.stat(KEY).await.unwrap().version;
        store.keep(KEY, &version).await.unwrap();
        delete(&store).await;
        store.undelete(KEY, &version).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_not_taken_for_an_empty_one() {
    let server = serving(Server::soft_delete).await;
    let troubles = [
        (Trouble::refuse(503, "later"), ErrorKind::Unreachable),
        (Trouble::throttle(3), ErrorKind::Throttled),
    ];
    for (driver, store) in both(&server, "registry").await {
        server.heal();
        server.put(KEY, "precious");
        let version = delete(&store).await;
        for (trouble, kind) in &troubles {
            for call in [Call::Restore, Call::Stat] {
                server.heal();
                server.inject(Fault::on(call, trouble.clone()));
                if call == Call::Stat {
                    server.inject(Fault::on(Call::Restore, Trouble::refuse(404, "No such object")));
                }
                assert_eq!(store.undelete(KEY, &version).await.unwrap_err().kind, *kind, "{driver} {call:?}");
            }
        }
    }
}

#[tokio::test]
async fn lies_about_copies_are_caught() {
    for (call, lie) in [
        (Call::Copy, Lie::SameToken),
        (Call::Copy, Lie::SizeOneMore),
        (Call::Copy, Lie::OtherName),
        (Call::Copy, Lie::NoGeneration),
        (Call::Restore, Lie::OtherName),
        (Call::Restore, Lie::NoGeneration),
    ] {
        for driver in 0..2 {
            let server = serving(Server::soft_delete).await;
            let (name, store) = both(&server, "registry").await[driver].clone();
            server.inject(Fault::on(call, Trouble::Lie(lie)));
            let failed = if call == Call::Copy {
                let version = store.stat(KEY).await.unwrap().version;
                store.keep(KEY, &version).await.map(drop)
            } else {
                let version = delete(&store).await;
                store.undelete(KEY, &version).await.map(drop)
            };
            assert_eq!(failed.unwrap_err().kind, ErrorKind::Broken, "{name} {call:?} {lie:?}");
        }
    }
}

#[tokio::test]
async fn a_missing_bucket_is_not_a_missing_object() {
    let server = serving(Server::soft_delete).await;
    let version = Version("1700000000000001".to_owned());
    for (driver, store) in both(&server, "elsewhere").await {
        let store: Arc<dyn ObjectStore> = store;
        for answer in [
            store.attributes(KEY).await.map(drop),
            store.keep(KEY, &version).await.map(drop),
            store.undelete(KEY, &version).await.map(drop),
        ] {
            let error = answer.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Denied, "{driver}: {error}");
            assert!(error.detail.contains("no bucket \"elsewhere\""), "{driver}: {error}");
        }
    }
}
