//! The staged HAProxy beside a real one with the same configuration.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::staging::haproxy::{BackendLayout, Balancer, Check, Layout, Level, ServerLayout};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::process::{Child, Command};

/// Asks a socket, and reads until it is closed.
async fn ask(socket: &Path, question: &str) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(format!("{question}\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

/// A server that answers everything with this status.
async fn answering(status: u16) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let router = axum::Router::new().fallback(move || async move { status });
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An address where nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

struct Pair {
    folder: TempDir,
    _real: Child,
    staged: Balancer,
}

impl Pair {
    /// Both with one server that is well, one that answers 503, one where nobody listens, one disabled.
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let servers = [
            ("registry-01", answering(200).await, 100, false),
            ("registry-02", answering(503).await, 100, false),
            ("registry-03", nobody().await, 100, false),
            ("registry-04", answering(200).await, 50, true),
        ];
        let servers = servers.map(|(name, address, weight, disabled)| ServerLayout {
            name: name.into(),
            address,
            weight,
            disabled,
        });
        let backends =
            vec![BackendLayout { name: "gke-registry".into(), demand: 0.0, servers: servers.to_vec() }];
        let frontend = "registry_https".to_owned();
        let layout = Layout { node: "fe-01".into(), pid: 42, uptime: 60, frontend, backends, seed: 1 };
        let real = real(&folder, &layout).await;
        let staged = Balancer::new(&layout, Timestamp::now);
        staged.now(|instance, now| {
            instance.reload(now);
            instance.server("gke-registry", "registry-02").unwrap().check = Check::Status(503);
            instance.server("gke-registry", "registry-03").unwrap().check = Check::Refused;
        });
        let socket = UnixListener::bind(folder.path().join("staged.sock")).unwrap();
        tokio::spawn(staged.clone().serve_unix(socket, Level::Admin));
        let pair = Self { folder, _real: real, staged };
        for name in ["real", "staged"] {
            pair.await_checks(name).await;
        }
        pair
    }

    async fn await_checks(&self, name: &str) {
        let settled = async || {
            loop {
                let path = self.folder.path().join(format!("{name}.sock"));
                if path.exists() {
                    let said = ask(&path, "show stat").await;
                    let down = said.lines().filter(|line| line.contains(",DOWN,")).count();
                    if down == 2 && said.contains("L7OK") {
                        return;
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), settled())
            .await
            .unwrap_or_else(|_| panic!("{name} does not settle"));
    }

    async fn both(&self, question: &str) -> [String; 2] {
        let path = |name: &str| self.folder.path().join(name);
        [ask(&path("real.sock"), question).await, ask(&path("staged.sock"), question).await]
    }
}

async fn real(folder: &TempDir, layout: &Layout) -> Child {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut text = format!(
        "global\n  stats socket {} mode 600 level admin\n  node fe-01\n  maxconn 4000\n\
         defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n  timeout check 1s\n\
         \x20 default-server inter 200ms fall 3 rise 2\n\
         frontend registry_https\n  bind unix@{}\n  default_backend gke-registry\n",
        path("real.sock"),
        path("front.sock"),
    );
    for backend in &layout.backends {
        text += &format!(
            "backend {}\n  balance roundrobin\n  option httpchk GET /\n  http-check expect status 200\n",
            backend.name
        );
        for server in &backend.servers {
            let disabled = if server.disabled { " disabled" } else { "" };
            text += &format!(
                "  server {} {} check weight {}{disabled}\n",
                server.name, server.address, server.weight
            );
        }
    }
    std::fs::write(path("haproxy.cfg"), text).unwrap();
    Command::new("haproxy")
        .args(["-db", "-f", &path("haproxy.cfg")])
        .kill_on_drop(true)
        .spawn()
        .expect("haproxy has to be installed: `apt-get install haproxy`")
}

/// Cells that have to be the same; of all others it has to be the same whether there is anything in them.
const SAME: &[&str] = &[
    "# pxname",
    "svname",
    "status",
    "weight",
    "act",
    "bck",
    "pid",
    "iid",
    "sid",
    "type",
    "slim",
    "qlimit",
    "tracked",
    "check_status",
    "check_code",
    "check_desc",
    "last_chk",
    "check_rise",
    "check_fall",
    "check_health",
    "addr",
    "cookie",
    "mode",
    "algo",
    "uweight",
    "-",
];

fn differences(real: &str, staged: &str) -> Vec<String> {
    let rows = |text: &str| {
        text.lines().map(|row| row.split(',').map(str::to_owned).collect()).collect::<Vec<Vec<_>>>()
    };
    let (real, staged) = (rows(real), rows(staged));
    assert_eq!(real[0], staged[0], "the columns");
    assert_eq!(real.len(), staged.len(), "{real:#?}\n{staged:#?}");
    let mut different = Vec::new();
    for (real_row, staged_row) in real.iter().zip(&staged).skip(1) {
        assert_eq!(real_row.len(), staged_row.len());
        for ((name, one), other) in real[0].iter().zip(real_row).zip(staged_row) {
            let same =
                if SAME.contains(&name.as_str()) { one == other } else { one.is_empty() == other.is_empty() };
            if !same {
                different.push(format!("{} {name}: real {one:?}, staged {other:?}", real_row[1]));
            }
        }
    }
    different
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_statistics_have_the_form_of_real_ones() {
    let pair = Pair::start().await;
    let [real, staged] = pair.both("show stat").await;
    let different = differences(&real, &staged);
    assert!(different.is_empty(), "{different:#?}\n{real}\n{staged}");
    for change in [
        "set server gke-registry/registry-01 state drain",
        "set server gke-registry/registry-02 state maint",
        "set weight gke-registry/registry-03 20%",
        "disable server gke-registry/registry-04",
    ] {
        let [real, staged] = pair.both(&format!("{change};show stat")).await;
        let different = differences(real.trim_start(), staged.trim_start());
        assert!(different.is_empty(), "{change}: {different:#?}\n{real}\n{staged}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_and_information_have_the_form_of_real_ones() {
    let pair = Pair::start().await;
    // The number of seconds since the last change is the one thing that may differ.
    let without_time = |text: &str| {
        let rows = text.lines().map(|line| {
            let mut cells: Vec<_> = line.split(' ').collect();
            if cells.len() > 20 && !line.starts_with('#') {
                cells[9] = "0";
            }
            cells.join(" ")
        });
        rows.collect::<Vec<_>>()
    };
    for question in [
        "show servers state",
        "show servers state gke-registry",
        "set server gke-registry/registry-01 state drain;show servers state",
        "set server gke-registry/registry-03 state maint;show servers state",
        "show servers state nobody",
    ] {
        let [real, staged] = pair.both(question).await;
        assert_eq!(without_time(&real), without_time(&staged), "{question}");
    }
    let names =
        |text: &str| text.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>();
    let [real, staged] = pair.both("show info").await;
    assert_eq!(names(&real), names(&staged));
    let [real, staged] = pair.both("show servers conn").await;
    assert_eq!(real.lines().next(), staged.lines().next());
    assert_eq!(real.lines().count(), staged.lines().count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_answered_word_by_word_as_by_a_real_one() {
    let pair = Pair::start().await;
    for question in [
        "show version",
        "show version;show version",
        "show backend",
        "show cli level",
        "user;show cli level",
        "operator;set server gke-registry/registry-01 state drain",
        "user;clear counters",
        "user;operator",
        "set server",
        "set server nobody/x state drain",
        "set server gke-registry/nobody state drain",
        "set server gke-registry/registry-01 state asleep",
        "set server gke-registry/registry-01 weight",
        "set server gke-registry/registry-01 weight 300",
        "set server gke-registry/registry-01 weight -3",
        "set server gke-registry/registry-01 weight 10",
        "set weight gke-registry/registry-01 x",
        "get weight gke-registry/registry-01",
        "set weight gke-registry/registry-01 50%",
        "get weight gke-registry/registry-01",
        "get weight",
        "enable server gke-registry/registry-04",
        "disable server gke-registry/registry-04",
        "enable server nobody/x",
        "clear counters all",
        "set timeout cli 60",
        "quit",
    ] {
        let [real, staged] = pair.both(question).await;
        assert_eq!(real, staged, "{question}");
    }
    for question in ["nonsense", "show", "set", "help"] {
        let [real, staged] = pair.both(question).await;
        assert_eq!(real.lines().next(), staged.lines().next(), "{question}");
        let last = |text: &str| text.lines().rev().take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(last(&real), last(&staged), "{question}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_keeps_the_connection_open() {
    let pair = Pair::start().await;
    let script = "prompt\nset timeout cli 60\nshow version;show cli level\nset server gke-registry/registry-01 state ready\nquit";
    let [real, staged] = pair.both(script).await;
    assert_eq!(real, staged);
    assert!(staged.ends_with("> "));
    let pid = pair.staged.now(|instance, _| instance.pid);
    pair.staged.now(|instance, now| instance.reload(now));
    assert!(
        !ask(&pair.folder.path().join("staged.sock"), "show info").await.contains(&format!("Pid: {pid}\n"))
    );
}
