//! A staging API on loopback for one test, recorded objects to fill it with, and kubectl to ask it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use quarterdeck::staging::kubernetes::{Cluster, kubeconfig, serve};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub const NAMESPACE: &str = "registry-lab";

/// A server, alive as long as this is.
pub struct Stage {
    pub cluster: Cluster,
    pub address: SocketAddr,
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl Stage {
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let cluster = Cluster::new(NAMESPACE);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(cluster.clone(), listener));
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config"), kubeconfig(address, NAMESPACE)).unwrap();
        Self { cluster, address, folder, runtime }
    }

    /// With the objects of the real server.
    pub fn recorded() -> Self {
        let stage = Self::new();
        for kind in
            ["deployments", "replicasets", "pods", "services", "endpoints", "endpointslices", "hpa", "events"]
        {
            for object in recorded_objects(&format!("list-{kind}")) {
                stage.cluster.apply(object).unwrap();
            }
        }
        stage
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// GET, with an Accept header; status and body.
    pub fn get_as(&self, path: &str, accept: &str) -> (u16, String) {
        let request = reqwest::Client::new().get(self.url(path)).header("accept", accept);
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.get_as(path, "application/json");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = reqwest::Client::new().request(method, self.url(path)).body(body.to_owned());
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap())
        })
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A kubectl that asks this server.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(program());
        command.arg("--kubeconfig").arg(self.folder.path().join("config"));
        command.arg("--cache-dir").arg(self.folder.path().join("cache"));
        command.args(arguments.split_whitespace()).stdin(Stdio::null()).env("HOME", self.folder.path());
        command
    }

    /// What kubectl prints; it must succeed.
    pub fn kubectl(&self, arguments: &str) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "kubectl {arguments} failed: {err}");
        out.into_owned()
    }

    /// What kubectl complains of; it must fail.
    pub fn kubectl_fails(&self, arguments: &str) -> String {
        let Output { status, stderr, .. } = self.command(arguments).output().unwrap();
        assert!(!status.success(), "kubectl {arguments} should have failed");
        String::from_utf8_lossy(&stderr).into_owned()
    }
}

fn program() -> PathBuf {
    std::env::var_os("KUBECTL").map_or_else(|| "kubectl".into(), PathBuf::from)
}

/// Whether kubectl is on this machine; says so if it is not, since nothing is proved then.
pub fn has_kubectl() -> bool {
    let found = Command::new(program())
        .args(["version", "--client"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("NOT PROVED: there is no kubectl on this machine (Debian package kubernetes-client)");
    }
    found
}

/// Whether kubectl is of the version that made the recordings.
pub fn is_as_recorded() -> bool {
    let output = Command::new(program()).args(["version", "--client", "-o", "json"]).output().unwrap();
    let version: Value = serde_json::from_slice(&output.stdout).unwrap();
    let same = version["clientVersion"]["minor"] == "32";
    if !same {
        eprintln!("NOT PROVED: what kubectl describe prints, as this kubectl is not 1.32");
    }
    same
}

/// A recorded file.
pub fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kubernetes").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The JSON body of a recorded answer.
pub fn recorded(name: &str) -> Value {
    let text = fixture(&format!("{name}.http"));
    let answer = &text[text.find("HTTP/1.1").unwrap()..];
    serde_json::from_str(&answer[answer.find('{').unwrap()..]).unwrap()
}

/// The objects of a recorded list, with their kind.
pub fn recorded_objects(name: &str) -> Vec<Value> {
    let list = recorded(name);
    let kind = list["kind"].as_str().unwrap().trim_end_matches("List").to_owned();
    let mut objects = list["items"].as_array().unwrap().clone();
    for object in &mut objects {
        object["kind"] = kind.as_str().into();
    }
    objects
}
