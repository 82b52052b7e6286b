//! A real docker-registry behind a real HAProxy, both on loopback, and all that they log.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub enum Formatter {
    Text,
    Json,
}

#[derive(Clone, Debug, Default)]
pub struct Lines {
    pub registry: Vec<String>,
    pub access: Vec<String>,
    pub balancer: Vec<String>,
}

pub struct Site {
    folder: TempDir,
    balancer: String,
    lines: Arc<Mutex<Lines>>,
    came: Arc<Notify>,
    _children: [Child; 2],
}

impl Site {
    pub async fn start(formatter: Formatter) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::new(Mutex::new(Lines::default()));
        let came = Arc::new(Notify::new());
        let (registry, address) = registry(&folder, formatter, &lines, &came).await;
        let log = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (haproxy, balancer) = haproxy(&folder, &address, log.local_addr().unwrap().port()).await;
        let (sink, bell) = (Arc::clone(&lines), Arc::clone(&came));
        tokio::spawn(async move {
            let mut packet = vec![0; 65_536];
            while let Ok(length) = log.recv(&mut packet).await {
                sink.lock().unwrap().balancer.push(String::from_utf8(packet[..length].to_vec()).unwrap());
                bell.notify_waiters();
            }
        });
        Self { folder, balancer, lines, came, _children: [registry, haproxy] }
    }

    /// The status of an answer to a request through the load balancer.
    pub async fn ask(&self, method: &str, uri: &str, agent: &str) -> u16 {
        let request = reqwest::Client::new().request(
            Method::from_bytes(method.as_bytes()).unwrap(),
            format!("http://{}{uri}", self.balancer),
        );
        request.header("User-Agent", agent).send().await.unwrap().status().as_u16()
    }

    /// Puts a tag there whose link is empty, as a failed upload leaves it.
    pub async fn break_tag(&self, repository: &str, tag: &str) {
        let place = format!("root/docker/registry/v2/repositories/{repository}");
        let current: PathBuf =
            self.folder.path().join(place).join("_manifests/tags").join(tag).join("current");
        tokio::fs::create_dir_all(&current).await.unwrap();
        tokio::fs::write(current.join("link"), "").await.unwrap();
        tokio::fs::create_dir_all(current.join("../../../../_layers")).await.unwrap();
    }

    /// What was logged, once each of the three logs has a line that satisfies `is_last`.
    pub async fn lines(&self, is_last: impl Fn(&str) -> bool) -> Lines {
        let waited = async {
            loop {
                let came = self.came.notified();
                let lines = self.lines.lock().unwrap().clone();
                let logs = [&lines.registry, &lines.access, &lines.balancer];
                if logs.iter().all(|log| log.iter().any(|line| is_last(line))) {
                    return lines;
                }
                let _ = tokio::time::timeout(Duration::from_millis(100), came).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waited).await {
            Ok(lines) => lines,
            Err(_) => panic!("a log is not complete: {:#?}", self.lines.lock().unwrap()),
        }
    }
}

async fn registry(
    folder: &TempDir,
    formatter: Formatter,
    lines: &Arc<Mutex<Lines>>,
    came: &Arc<Notify>,
) -> (Child, String) {
    let root = folder.path().join("root");
    let formatter = match formatter {
        Formatter::Text => "text",
        Formatter::Json => "json",
    };
    let configuration = format!(
        "version: 0.1\nlog:\n  level: info\n  formatter: {formatter}\nstorage:\n  delete:\n    enabled: true\n  \
         filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n",
        root.display()
    );
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(folder.path().join("config.yml"), configuration).unwrap();
    let mut child = Command::new("docker-registry")
        .arg("serve")
        .arg(folder.path().join("config.yml"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("docker-registry has to be installed: `apt-get install docker-registry`");
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = log.next_line().await.unwrap().expect("docker-registry ended before it listened");
        let address =
            line.split_once("listening on ").map(|(_, rest)| rest.split('"').next().unwrap().to_owned());
        lines.lock().unwrap().registry.push(line);
        if let Some(address) = address {
            break address;
        }
    };
    gather(log, lines, came, |lines| &mut lines.registry);
    gather(BufReader::new(child.stdout.take().unwrap()).lines(), lines, came, |lines| &mut lines.access);
    (child, address)
}

fn gather(
    mut log: tokio::io::Lines<BufReader<impl AsyncRead + Unpin + Send + 'static>>,
    lines: &Arc<Mutex<Lines>>,
    came: &Arc<Notify>,
    part: fn(&mut Lines) -> &mut Vec<String>,
) {
    let (lines, came) = (Arc::clone(lines), Arc::clone(came));
    tokio::spawn(async move {
        while let Ok(Some(line)) = log.next_line().await {
            part(&mut lines.lock().unwrap()).push(line);
            came.notify_waiters();
        }
    });
}

/// Another program can take a port between its choice and its use: then another is chosen.
async fn haproxy(folder: &TempDir, registry: &str, log: u16) -> (Child, String) {
    for _ in 0..5 {
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let configuration = format!(
            "global\n  log 127.0.0.1:{log} local0\ndefaults\n  mode http\n  log global\n  option httplog\n  \
             timeout connect 5s\n  timeout client 20s\n  timeout server 20s\nfrontend https\n  bind {front}\n  \
             capture request header Host len 64\n  capture request header User-Agent len 128\n  \
             default_backend registry\nbackend registry\n  server reg1 {registry}\n"
        );
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, configuration).unwrap();
        let mut child = Command::new("haproxy")
            .args(["-db", "-q", "-f"])
            .arg(&file)
            // The date of its lines has no zone.
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("haproxy has to be installed: `apt-get install haproxy`");
        if listens(front, &mut child).await {
            return (child, front.to_string());
        }
    }
    panic!("haproxy ends as soon as it is started");
}

async fn listens(front: std::net::SocketAddr, child: &mut Child) -> bool {
    while TcpStream::connect(front).await.is_err() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        tokio::task::yield_now().await;
    }
    child.try_wait().unwrap().is_none()
}
