//! A staged cluster in a process of its own, so that what it costs is not counted, and the cockpit that watches it.

use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use portable_pty::CommandBuilder;
use quarterdeck::staging::kubernetes::kubeconfig;
use rustix::process::Pid;

use super::pty::Pty;

pub const NAMESPACE: &str = "registry";

/// The cluster, as its parent sees it. Gone when this is dropped.
pub struct Remote {
    child: Child,
    folder: tempfile::TempDir,
}

impl Remote {
    /// Starts this program again as a server in `role`, which tells its address first; writes a configuration with a
    /// profile for it and its `pods`.
    pub fn start(role: &str, pods: u32) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(role).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("registry/docker/registry/v2")).unwrap();
        fs::write(folder.path().join("kubeconfig"), kubeconfig(address.trim().parse().unwrap(), NAMESPACE))
            .unwrap();
        fs::write(folder.path().join("config.toml"), config(folder.path(), pods)).unwrap();
        Self { child, folder }
    }

    /// Tells it a line on its standard input.
    pub fn tell(&mut self, line: impl Display) {
        writeln!(self.child.stdin.as_ref().unwrap(), "{line}").unwrap();
    }

    /// A cockpit that watches it.
    pub fn cockpit(&self) -> CommandBuilder {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quarterdeck"));
        command.arg("--config");
        command.arg(self.folder.path().join("config.toml"));
        command.args(["--profile", "bench"]);
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", self.folder.path());
        command
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(folder: &Path, pods: u32) -> String {
    format!(
        "[profiles.bench]\n[profiles.bench.bucket]\nurl = \"file://{0}/registry\"\n[profiles.bench.kubernetes]\n\
         kubeconfig = \"{0}/kubeconfig\"\nnamespace = \"{NAMESPACE}\"\nselector = \"app=registry\"\n\
         service = \"gitlab-registry\"\nbaseline = {pods}\n",
        folder.display()
    )
}

/// Tells the parent where the server is, and hands on what the parent tells. The process ends with its parent.
pub fn obey(address: SocketAddr, take: impl Fn(&str) + Send + 'static) {
    println!("{address}");
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            take(&line.unwrap());
        }
        std::process::exit(0);
    });
}

/// Memory of the program's own: RssAnon, as the kernel has it.
pub fn memory(pty: &Pty) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", pty.pid().as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    format!("{:.1} MiB", kilobytes / 1024.0)
}
