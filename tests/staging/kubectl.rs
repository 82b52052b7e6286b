//! The real kubectl against staging: the same columns and words as against a real server.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use jiff::Timestamp;
use quarterdeck::staging::kubernetes::{Fault, PodState, Workload};
use regex::Regex;

use super::stage::{Stage, fixture, has_kubectl, is_as_recorded};

/// Ages are those of the recording: taken out, and with them the widths of columns.
fn ageless(text: &str) -> String {
    let age = Regex::new(r"\b(?:\d+[ydhms]){1,2}\b").unwrap();
    let spaces = Regex::new(r"[ \t]+").unwrap();
    let dashes = Regex::new(r"-{4,}").unwrap();
    let text = dashes.replace_all(text, "----");
    let text = age.replace_all(&text, "AGE");
    text.lines().map(|line| spaces.replace_all(line, " ").trim_end().to_owned() + "\n").collect()
}

#[test]
fn kubectl_prints_the_recorded_objects_as_it_did_for_a_real_server() {
    if !has_kubectl() {
        return;
    }
    let stage = Stage::recorded();
    let cases = [
        ("get pods -l app=registry", "get-pods"),
        ("get pods -l app=registry -o wide", "get-pods-wide"),
        ("get endpointslices", "get-endpointslices"),
        ("get hpa", "get-hpa"),
        ("get events", "get-events"),
        ("get svc -o wide", "get-svc"),
        ("describe pod gitlab-registry-7d9c8bfb6c-crash", "describe-pod"),
        ("describe pod gitlab-registry-7d9c8bfb6c-init-wait", "describe-init"),
        ("describe service gitlab-registry", "describe-service"),
        ("describe endpoints gitlab-registry", "describe-endpoints"),
    ];
    for (command, file) in cases {
        // Descriptions are the client's own words, and differ with its version; tables are the server's.
        if command.starts_with("describe") && !is_as_recorded() {
            continue;
        }
        let theirs = fixture(&format!("kubectl/{file}.txt"));
        let theirs: String = theirs
            .lines()
            .filter(|line| !line.starts_with("Warning: "))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(ageless(&stage.kubectl(command)), ageless(&theirs), "kubectl {command}");
    }
}

#[test]
fn kubectl_knows_its_way_about_a_workload() {
    if !has_kubectl() {
        return;
    }
    let stage = Stage::new();
    let mut workload = Workload::registry(12, Timestamp::now());
    for (pod, state) in workload.pods.iter_mut().zip(PodState::ALL) {
        pod.state = state;
    }
    workload.apply_to(&stage.cluster);
    let words = |command: &str, expected: &[&str]| {
        let printed = stage.kubectl(command);
        let missing: Vec<_> = expected.iter().filter(|word| !printed.contains(**word)).collect();
        assert!(missing.is_empty(), "kubectl {command} lacks {missing:?}:\n{printed}");
    };
    let statuses = [
        "CrashLoopBackOff",
        "Error",
        "Init:0/1",
        "Init:CrashLoopBackOff",
        "ImagePullBackOff",
        "PodInitializing",
        "Pending",
        "Evicted",
        "Terminating",
        "14 (",
    ];
    words("get po -l app=registry", &statuses);
    words(
        "get deploy,rs,hpa,svc,ep,endpointslices,ns,no",
        &["deployment.apps/", "2/12", "cpu: 48%/75%", "10.220.9.1", "Active"],
    );
    words(
        "get all -A",
        &["pod/", "service/", "deployment.apps/", "replicaset.apps/", "horizontalpodautoscaler.autoscaling/"],
    );
    words(
        "describe deploy gitlab-registry",
        &["12 desired | 10 updated | 10 total | 2 available | 10 unavailable", "NewReplicaSet:"],
    );
    words(
        "describe rs",
        &["6 Running / 5 Waiting / 0 Succeeded / 1 Failed", "Controlled By:  Deployment/gitlab-registry"],
    );
    // Clients before 1.23 ask for a version of it that is long gone.
    if is_as_recorded() {
        words("describe hpa", &["48% (240m) / 75%", "ScalingActive"]);
    }
    words("describe node gke-registry-00", &["containerd://", "Non-terminated Pods:"]);
    words("get pods -o yaml", &["kind: List", "reason: CrashLoopBackOff"]);
    words("get deploy gitlab-registry -o jsonpath={.status.readyReplicas}", &["2"]);
    words("api-resources", &["deployments", "hpa", "discovery.k8s.io/v1", "selfsubjectaccessreviews"]);
    words("version -o json", &["quarterdeck-staging"]);
    words("cluster-info", &["is running at"]);
    let pod = &workload.pods[0].name;
    assert_eq!(
        stage.kubectl(&format!("get pods --field-selector metadata.name={pod} -o name")),
        format!("pod/{pod}\n")
    );
    assert!(stage.kubectl_fails(&format!("delete pod {pod}")).contains("staging is read-only"));
    assert!(
        stage.kubectl_fails("get pod nope").contains("Error from server (NotFound): pods \"nope\" not found")
    );
}

#[test]
fn kubectl_says_what_one_may_do() {
    if !has_kubectl() {
        return;
    }
    let stage = Stage::recorded();
    assert_eq!(stage.kubectl("auth can-i list pods"), "yes\n");
    assert_eq!(stage.kubectl("auth can-i get pods --subresource=log"), "yes\n");
    assert!(stage.kubectl("auth can-i --list").contains("endpointslices.discovery.k8s.io"));
    stage.cluster.set_fault(Fault::Deny { verb: "list".to_owned(), resource: "pods".to_owned() });
    let refused = stage.command("auth can-i list pods").output().unwrap();
    assert_eq!((refused.status.code(), refused.stdout.as_slice()), (Some(1), b"no\n".as_slice()));
    let complaint = stage.kubectl_fails("get pods");
    let expected = "Error from server (Forbidden): pods is forbidden: User \"staging\" cannot list resource \"pods\" in API \
                    group \"\" in the namespace \"registry-lab\"\n";
    assert_eq!(complaint, expected);
}

#[test]
fn kubectl_reads_and_follows_logs() {
    if !has_kubectl() {
        return;
    }
    let stage = Stage::recorded();
    let (steady, restarted) =
        ("gitlab-registry-7d9c8bfb6c-running-a", "gitlab-registry-7d9c8bfb6c-running-b");
    stage.cluster.log(steady, "registry", "first");
    stage.cluster.log(steady, "registry", "second");
    stage.cluster.previous_log(restarted, "registry", "last words");
    assert_eq!(stage.kubectl(&format!("logs {steady} --tail=1")), "second\n");
    assert_eq!(stage.kubectl(&format!("logs -p {restarted}")), "last words\n");
    assert!(
        stage
            .kubectl_fails(&format!("logs {steady} -c nope"))
            .contains("container nope is not valid for pod")
    );
    let mut following = stage.command(&format!("logs -f {steady}")).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || lines.next().map(Result::unwrap);
    assert_eq!((next().as_deref(), next().as_deref()), (Some("first"), Some("second")));
    stage.cluster.log(steady, "registry", "third");
    assert_eq!(next().as_deref(), Some("third"));
    stage.cluster.delete("Pod", steady);
    assert_eq!(next(), None);
    assert!(following.wait().unwrap().success());
}

#[test]
fn kubectl_watches_pods_change() {
    if !has_kubectl() {
        return;
    }
    let stage = Stage::new();
    let mut workload = Workload::registry(1, Timestamp::now());
    workload.apply_to(&stage.cluster);
    let mut watching = stage.command("get pods -w --no-headers").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap().split_whitespace().nth(2).unwrap().to_owned();
    assert_eq!(next(), "Running");
    for (state, word) in [(PodState::CrashLoop, "CrashLoopBackOff"), (PodState::Terminating, "Terminating")] {
        workload.pods[0].state = state;
        workload.apply_to(&stage.cluster);
        assert_eq!(next(), word);
    }
    watching.kill().unwrap();
    watching.wait().unwrap();
}
