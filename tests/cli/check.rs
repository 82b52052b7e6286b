//! `quarterdeck check`: what it prints, and what its exit code says.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use crate::program::{Home, Ran, Tree};

/// A run of `check` with this configuration.
fn check(toml: &str, arguments: &[&str]) -> Ran {
    let home = Home::new();
    let file = home.path().join("quarterdeck.toml");
    fs::write(&file, toml).unwrap();
    let mut all = vec!["check", "--config", file.to_str().unwrap()];
    all.extend(arguments);
    home.run(&all)
}

fn profile(tree: &Tree, rest: &str) -> String {
    format!("[profiles.site.bucket]\nurl = \"{}\"\n{rest}", tree.url())
}

/// A load balancer's socket that is not there.
const DEAD: &str = "[profiles.site.haproxy.instances]\nlb-01 = \"unix:/nowhere/admin.sock\"\n";

#[test]
fn what_nobody_configured_is_told_apart_and_does_not_count() {
    let tree = Tree::healthy();
    let ran = Home::new().run(&["check", "--bucket", &tree.url()]).ends(0);
    assert!(ran.out.contains("would need what the profile does not name"), "{ran:?}");
    assert!(!ran.out.contains("could not be made") && !ran.out.contains('\u{1b}'), "{ran:?}");
    let json = Home::new().run(&["check", "--bucket", &tree.url(), "--output", "json"]).ends(0).json();
    let [object] = json.as_slice() else { panic!("one object: {json:?}") };
    let checks = object["checks"].as_array().unwrap();
    let crash = checks.iter().find(|check| check["rule"] == "crash-loop").unwrap();
    assert_eq!((&crash["state"], &crash["needs"][0]["lack"]), (&"unknown".into(), &"off".into()));
    assert_eq!(crash["step"], "registry-not-answering#pods-in-a-crash-loop");
    assert_eq!(object["settled"], true);
}

#[test]
fn an_empty_folder_is_not_called_well_and_a_bucket_alone_says_that_no_tag_was_walked() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Home::new().run(&["check", "--bucket", &format!("file://{}", folder.path().display())]).ends(2);
    assert!(ran.out.contains("no registry there: it is empty") && !ran.out.starts_with('✓'), "{ran:?}");
    let tree = Tree::healthy();
    let ran = Home::new().run(&["check", "--bucket", &tree.url()]).ends(0);
    assert!(ran.out.contains("no tag was walked: quarterdeck audit"), "{ran:?}");
}

#[test]
fn a_server_that_does_not_answer_is_not_called_broken_and_not_called_well() {
    let tree = Tree::healthy();
    let ran = check(&profile(&tree, DEAD), &[]).ends(2);
    let first = ran.out.lines().next().unwrap();
    assert!(first.contains("site: ") && first.contains("could not be made"), "{ran:?}");
    assert!(ran.out.contains("? lb-server-down  HAProxy: "), "{ran:?}");
    let json = check(&profile(&tree, DEAD), &["--output", "json"]).ends(2).json();
    let checks = json[0]["checks"].as_array().unwrap();
    let down = checks.iter().find(|check| check["rule"] == "lb-server-down").unwrap();
    assert_eq!((&down["state"], &down["needs"][0]["lack"]), (&"unknown".into(), &"blind".into()));
    assert!(down["findings"].as_array().unwrap().is_empty());
}

#[test]
fn quiet_says_one_line_and_with_nothing_wrong_none() {
    let tree = Tree::healthy();
    assert_eq!(Home::new().run(&["check", "-q", "--bucket", &tree.url()]).ends(0).out, "");
    assert_eq!(check(&profile(&tree, DEAD), &["--quiet"]).ends(2).out.lines().count(), 1);
}

#[test]
fn wrong_usage_and_a_profile_that_is_none_are_64() {
    for arguments in [&["check"][..], &["check", "--within", "soon"], &["check", "--output", "xml"]] {
        let ran = Home::new().run(arguments).ends(64);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{ran:?}");
    }
}

#[test]
fn nothing_is_written_not_even_a_file_of_progress_that_cannot_be_read() {
    let (tree, home) = (Tree::healthy(), Home::new());
    let (file, state) = (home.path().join("quarterdeck.toml"), home.path().join("state"));
    fs::write(&file, profile(&tree, "")).unwrap();
    let kept = state.join("runbooks/site/unknown-blob.json");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, "no JSON").unwrap();
    let mut command = home.command(&["check", "--config", file.to_str().unwrap()]);
    let ran = Ran::from(command.env("QUARTERDECK_STATE_FOLDER", &state).output().unwrap());
    ran.ends(0);
    let names: Vec<_> =
        fs::read_dir(kept.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(
        (names, fs::read_to_string(&kept).unwrap()),
        (vec!["unknown-blob.json".into()], "no JSON".to_owned())
    );
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
}

/// A server that gives this answer to everything.
fn answering(status: &'static str, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut request, mut part) = (Vec::new(), [0; 1024]);
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(read @ 1..) => request.extend_from_slice(&part[..read]),
                    Ok(0) | Err(_) => break,
                }
            }
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n");
            let rest = format!("Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            let _ = stream.write_all((head + &rest).as_bytes());
        }
    });
    address
}

fn kubeconfig(folder: &Path, server: SocketAddr) -> String {
    let file = folder.join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: site\nclusters: [{{name: site, cluster: {{server: 'http://{server}'}}}}]\n\
         users: [{{name: me, user: {{}}}}]\n\
         contexts: [{{name: site, context: {{cluster: site, user: me, namespace: gitlab}}}}]\n"
    );
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn a_permission_that_is_missing_leaves_checks_unmade_and_names_what_may_not_be_seen() {
    const DENIED: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"pods is forbidden: User \"me\" cannot list resource \"pods\" in API group \"\" in the namespace \"gitlab\""}"#;
    let (tree, folder) = (Tree::healthy(), tempfile::tempdir().unwrap());
    let kubeconfig = kubeconfig(folder.path(), answering("403 Forbidden", DENIED));
    let section = format!(
        "[profiles.site.kubernetes]\nkubeconfig = \"{kubeconfig}\"\nselector = \"app=registry\"\nservice = \"gitlab-registry\"\n"
    );
    let ran = check(&profile(&tree, &section), &[]).ends(2);
    assert!(ran.out.lines().next().unwrap().contains("could not be made"), "{ran:?}");
    let told = |rule: &str| ran.out.lines().find(|line| line.contains(rule)).unwrap_or_default().to_owned();
    let crash = told("? crash-loop");
    assert!(crash.contains("Kubernetes") || crash.contains("pods"), "{ran:?}");
    assert!(ran.out.contains("permission"), "{ran:?}");
    assert!(!ran.out.contains("✗") && !ran.out.contains("✓ crash-loop"), "{ran:?}");
}

fn keys(object: &serde_json::Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn what_is_wrong_is_1_and_a_finding_has_all_that_the_readme_promises() {
    let tree = Tree::healthy();
    let door = answering("503 Service Unavailable", "{}");
    let section = format!("[profiles.site.front_door]\nurl = \"http://{door}\"\ninterval = \"1s\"\n");
    let ran = check(&profile(&tree, &section), &[]).ends(1);
    assert!(ran.out.contains("✗ front-door-failing") || ran.out.contains("front-door-failing"), "{ran:?}");
    let json = check(&profile(&tree, &section), &["--output", "json"]).ends(1).json();
    assert_eq!(keys(&json[0]), BTreeSet::from(["profile", "at", "summary", "settled", "unread", "checks"]));
    let checks = json[0]["checks"].as_array().unwrap();
    let failing = checks.iter().find(|check| check["rule"] == "front-door-failing").unwrap();
    let of_check = ["rule", "state", "sentence", "step", "seen", "needs", "findings"];
    assert_eq!((keys(failing), &failing["state"]), (BTreeSet::from(of_check), &"fires".into()));
    let [finding] = failing["findings"].as_array().unwrap().as_slice() else {
        panic!("one finding: {failing}")
    };
    let of_finding = [
        "cause",
        "explained_by",
        "impact",
        "confidence",
        "words",
        "since",
        "about",
        "evidence",
        "next",
        "step",
        "verbs",
    ];
    assert_eq!(keys(finding), BTreeSet::from(of_finding));
    assert_eq!((&finding["cause"], &finding["explained_by"]), (&true.into(), &serde_json::json!([])));
    let evidence = &finding["evidence"][0];
    assert_eq!(keys(evidence), BTreeSet::from(["words", "from", "weight", "age_seconds", "for"]));
    assert_eq!((&evidence["from"], &evidence["for"]), (&"front door".into(), &true.into()));
    let readme = include_str!("../../README.md");
    for key in of_check.iter().chain(&of_finding).chain(&["age_seconds", "weight"]) {
        assert!(readme.contains(&format!("`{key}`")), "the README does not tell of {key}");
    }
}
