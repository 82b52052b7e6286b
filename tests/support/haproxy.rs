//! A real `haproxy` with a stats socket in a folder of its own.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use quarterdeck::sources::haproxy::{Address, Fleet, Named, Options};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Three servers that are up, one that follows the first, and one whose backend takes no weights.
const BACKENDS: &str = "\
backend gke-registry
  balance roundrobin
  server x unix@FOLDER/front.sock weight 100 check
  server y unix@FOLDER/front.sock weight 100 check
  server z unix@FOLDER/front.sock weight 100 check
backend mirror
  server x unix@FOLDER/front.sock track gke-registry/x
backend fixed
  balance source
  server x unix@FOLDER/front.sock weight 10
";

/// A process that ends with this value.
pub struct Haproxy {
    folder: TempDir,
    name: &'static str,
}

impl Haproxy {
    /// Starts one whose socket is of this level; it listens when this returns.
    pub fn start(name: &'static str, level: &str) -> Self {
        let haproxy = Self { folder: tempfile::tempdir().unwrap(), name };
        let folder = haproxy.folder.path().display().to_string();
        let configuration = format!(
            "global\n  stats socket {folder}/admin.sock mode 600 level admin\n  stats socket {folder}/ours.sock mode \
             600 level {level}\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server \
             1s\nfrontend front\n  bind unix@{folder}/front.sock\n  default_backend gke-registry\n{}",
            BACKENDS.replace("FOLDER", &folder)
        );
        fs::write(haproxy.folder.path().join("haproxy.cfg"), configuration).unwrap();
        haproxy.run(&[]);
        haproxy
    }

    /// Another process takes over, as a reload has it.
    pub fn reload(&self) {
        self.run(&["-sf", &self.pid().to_string()]);
    }

    /// It is gone, and nobody listens any more.
    pub fn kill(&self) {
        let _ = kill_process(Pid::from_raw(self.pid()).unwrap(), Signal::KILL);
    }

    /// With -D the command ends as soon as the sockets listen.
    fn run(&self, more: &[&str]) {
        let folder = self.folder.path();
        let status = Command::new("haproxy")
            .args(["-D", "-f"])
            .arg(folder.join("haproxy.cfg"))
            .arg("-p")
            .arg(folder.join("pid"))
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("haproxy has to be installed: `apt-get install haproxy`");
        assert!(status.success(), "{status}");
    }

    fn pid(&self) -> i32 {
        fs::read_to_string(self.folder.path().join("pid")).unwrap().trim().parse().unwrap()
    }

    /// The socket that the cockpit is told of.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("ours.sock")
    }

    pub fn named(&self) -> Named {
        Named { name: self.name.to_owned(), address: Address::Unix(self.socket()), login: None }
    }

    /// What an operator beside us gets as an answer.
    pub fn say(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(self.folder.path().join("admin.sock")).unwrap();
        stream.write_all(format!("{command}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Admin bits and weight of a server, as `show servers state` has them.
    pub fn state(&self, backend: &str, server: &str) -> (u8, u32) {
        let answer = self.say(&format!("show servers state {backend}"));
        let line = answer.lines().find(|line| line.split(' ').nth(3) == Some(server)).unwrap();
        let fields: Vec<&str> = line.split(' ').collect();
        (fields[6].parse().unwrap(), fields[7].parse().unwrap())
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        self.kill();
    }
}

/// All of them as one profile has them.
pub fn fleet(instances: Vec<Named>) -> Fleet {
    let second = Duration::from_secs(1);
    Fleet::new(&Options { instances, interval: second, deadline: 5 * second })
}
