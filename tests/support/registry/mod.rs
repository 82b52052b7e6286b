//! A real `docker-registry` on loopback and a real `skopeo` that pushes to it and pulls from it.

// Each test binary uses its own part of this.
#![allow(dead_code)]

pub mod answers;
pub mod observed;
pub mod skopeo;
pub mod stage;
pub mod table;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Whether garbage collection also takes manifests that no tag names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untagged {
    Kept,
    Deleted,
}

/// A registry process that ends with this value.
pub struct Registry {
    folder: TempDir,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
    _child: Child,
}

impl Registry {
    /// Starts a registry on an empty folder of its own.
    pub async fn start() -> Self {
        Self::serve(scratch()).await
    }

    /// Starts a second registry on a copy of this one's folder.
    pub async fn copy(&self) -> Self {
        let folder = scratch();
        copy_folder(&self.root(), &folder.path().join("root"));
        Self::serve(folder).await
    }

    async fn serve(folder: TempDir) -> Self {
        let config = folder.path().join("config.yml");
        std::fs::create_dir_all(folder.path().join("root")).unwrap();
        std::fs::write(&config, configuration(&folder.path().join("root"))).unwrap();
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("docker-registry has to be installed: `apt-get install docker-registry`");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("docker-registry ended before it listened");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split('"').next().unwrap().to_owned();
            }
        };
        let sink = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                sink.lock().unwrap().push(line);
            }
        });
        Self { folder, address, log, _child: child }
    }

    /// `127.0.0.1:<port>`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder that holds `docker/registry/v2`.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// What the registry has logged so far, one JSON object a line.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Runs garbage collection on this registry's folder without changing it.
    pub async fn collect(&self, untagged: Untagged) -> Collection {
        let mut command = Command::new("docker-registry");
        command.args(["garbage-collect", "--dry-run"]);
        if untagged == Untagged::Deleted {
            command.arg("--delete-untagged");
        }
        let output = command.arg(self.folder.path().join("config.yml")).output().await.unwrap();
        Collection {
            exit: output.status.code(),
            said: [output.stdout, output.stderr]
                .map(|text| String::from_utf8_lossy(&text).into_owned())
                .concat(),
        }
    }
}

/// What a garbage collection did.
pub struct Collection {
    /// None if it was killed.
    pub exit: Option<i32>,
    /// Its output and its errors.
    pub said: String,
}

/// A folder in memory where there is one: thousands of small files are slow to write and remove on a disk.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn configuration(root: &Path) -> String {
    format!(
        "version: 0.1\n\
         log: {{level: info, formatter: json, accesslog: {{disabled: true}}}}\n\
         storage:\n\
         \x20 filesystem: {{rootdirectory: {}}}\n\
         \x20 delete: {{enabled: true}}\n\
         \x20 maintenance: {{uploadpurging: {{enabled: false}}}}\n\
         http: {{addr: \"127.0.0.1:0\", secret: tests}}\n",
        root.display()
    )
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
