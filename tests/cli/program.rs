//! Runs the program in an environment of its own, on trees written for it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use quarterdeck::staging::tree::{Healthy, Shown, Spec, StoreKind, Truth, write_into};
use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Every line of standard output as JSON.
    pub fn json(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// Fails the test unless the run ended like this.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }
}

/// A home folder, and the program in it.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program with nothing of this process' environment.
    pub fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Ran {
        self.command(arguments).output().expect("the program starts").into()
    }

    pub fn run_with_input(&self, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        child.stdin.take().expect("piped").write_all(input).expect("it reads its input");
        child.wait_with_output().expect("it ends").into()
    }
}

/// Runs the program once.
pub fn quarterdeck(arguments: &[impl AsRef<OsStr>]) -> Ran {
    Home::new().run(arguments)
}

/// A registry's tree in a temporary folder.
pub struct Tree {
    folder: tempfile::TempDir,
    pub truth: Truth,
}

impl Tree {
    /// Healthy repositories only.
    pub fn healthy() -> Self {
        Self::with(&[])
    }

    /// Healthy repositories, and the faults with these ids.
    pub fn with(faults: &[&'static str]) -> Self {
        Self::of(Spec {
            healthy: Healthy::Bulk { repositories: 2, tags: 3 },
            faults: Shown::Only(faults.to_vec()),
            lookalikes: Shown::None,
            ..Self::everything()
        })
    }

    pub fn everything() -> Spec {
        Spec::everything(1, "2026-01-15T12:00:00Z".parse().expect("a time"), StoreKind::FileSystem)
    }

    pub fn of(spec: Spec) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let truth = write_into(folder.path(), &spec).expect("the tree is written");
        Self { folder, truth }
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    pub fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    /// The folder of a tag.
    pub fn tag_folder(&self, repository: &str, tag: &str) -> PathBuf {
        self.path(&format!("docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}"))
    }

    /// A tag that is whole.
    pub fn whole_tag(&self) -> String {
        let (repository, tag) = self.truth.spotless().next().expect("a healthy tag");
        format!("{repository}:{tag}")
    }

    /// Runs the program on this tree.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, b"")
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let url = self.url();
        let arguments: Vec<&str> = ["--bucket", &url].iter().chain(arguments).copied().collect();
        Home::new().run_with_input(&arguments, input)
    }
}
