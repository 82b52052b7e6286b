//! A real HAProxy on loopback, with servers that are well, refuse, answer 503, follow others or have no name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use quarterdeck::sources::haproxy::{Address, Login, Named, ask};
use quarterdeck::sources::registry_api::Password;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

pub const PASSWORD: &str = "hunter2-of-the-page";
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Balancer {
    folder: TempDir,
    child: Child,
    port: u16,
    page: u16,
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

/// A port on which nobody listens.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

impl Balancer {
    /// Another program can take a port between its choice and its use: then others are chosen.
    pub async fn start() -> Self {
        for _ in 0..5 {
            let mut balancer = Self::launch().await;
            if balancer.settles().await {
                return balancer;
            }
        }
        panic!("haproxy ends as soon as it is started");
    }

    async fn launch() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, page) = (free_port().await, free_port().await);
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (well, ill) = (answering(200).await, answering(503).await);
        // Nobody listens on port 1.
        let nobody = 1;
        let configuration = format!(
            "global\n  node fe-01\n  stats socket {admin} mode 600 level admin\n  stats socket {user} mode 600 level user\n\
             \x20 stats socket ipv4@127.0.0.1:{port} level operator\n  hard-stop-after 5s\n\
             defaults\n  mode http\n  timeout connect 1s\n  timeout client 5s\n  timeout server 5s\n  timeout check 1s\n\
             \x20 default-server inter 100ms fall 3 rise 2\n\
             resolvers nobody\n  nameserver none 127.0.0.1:{nobody}\n  resolve_retries 1\n  timeout retry 100ms\n\
             frontend https\n  bind unix@{front}\n  default_backend gke-registry\n\
             frontend page\n  bind 127.0.0.1:{page}\n  stats enable\n  stats uri /haproxy?stats\n  stats show-legends\n\
             \x20 stats auth ops:{PASSWORD}\n\
             backend gke-registry\n  option httpchk GET /\n  http-check expect status 200\n\
             \x20 server registry-1 {well} check weight 100\n  server registry-2 {well} check weight 100\n\
             \x20 server ill {ill} check\n  server gone 127.0.0.1:{nobody} check\n  server off {well} check disabled\n\
             backend followers\n  server follower {well} track gke-registry/registry-1\n\
             backend names\n  server nameless registry.invalid:5000 check resolvers nobody init-addr none\n\
             backend empty\n",
            admin = at("admin.sock"),
            user = at("user.sock"),
            front = at("front.sock"),
        );
        std::fs::write(at("haproxy.cfg"), configuration).unwrap();
        std::fs::write(at("password"), format!("{PASSWORD}\n")).unwrap();
        let child = launch(&at("haproxy.cfg"), &[]);
        Self { folder, child, port, page }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// The instance under a name, by one of its ways in: admin, user, port or page.
    pub fn by(&self, name: &str, way: &str) -> Named {
        let address: Address = match way {
            "port" => format!("127.0.0.1:{}", self.port),
            "page" => format!("http://127.0.0.1:{}/haproxy?stats", self.page),
            socket => self.path(&format!("{socket}.sock")).display().to_string(),
        }
        .parse()
        .unwrap();
        let login = (way == "page").then(|| self.login("ops"));
        Named { name: name.to_owned(), address, login }
    }

    pub fn login(&self, user: &str) -> Login {
        Login { user: user.to_owned(), password: Password::File(self.path("password")) }
    }

    /// What the administrator's socket says to a command.
    pub async fn say(&self, command: &str) -> String {
        ask(&Address::Unix(self.path("admin.sock")), command, Duration::from_secs(10)).await.unwrap()
    }

    /// As `systemctl reload haproxy`: a new worker takes over, the old one finishes what it has.
    pub async fn reload(&mut self) {
        let old = self.pid().to_string();
        let successor = launch(&self.path("haproxy.cfg").display().to_string(), &["-sf", &old]);
        let mut gone = std::mem::replace(&mut self.child, successor);
        tokio::time::timeout(PATIENCE, gone.wait()).await.expect("the old worker does not end").unwrap();
    }

    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub async fn start_again(&mut self) {
        self.child = launch(&self.path("haproxy.cfg").display().to_string(), &[]);
        assert!(self.settles().await);
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until both that are ill were found so and those that are well were; false if it ends instead.
    async fn settles(&mut self) -> bool {
        let address = Address::Unix(self.path("admin.sock"));
        let settled = async {
            while self.child.try_wait().unwrap().is_none() {
                if let Ok(said) = ask(&address, "show stat", Duration::from_secs(10)).await {
                    let registry = || said.lines().filter(|line| line.starts_with("gke-registry,"));
                    let count = |word: &str| registry().filter(|line| line.contains(word)).count();
                    if count(",DOWN,") == 2 && count("L7OK") == 2 {
                        return true;
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            false
        };
        tokio::time::timeout(PATIENCE, settled).await.expect("haproxy does not settle")
    }
}

fn launch(configuration: &str, more: &[&str]) -> Child {
    Command::new("haproxy")
        .args(["-db", "-q", "-f", configuration])
        .args(more)
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("haproxy has to be installed: `apt-get install haproxy`")
}
