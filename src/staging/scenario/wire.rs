//! All of staging on loopback: brought up before anybody is asked to wait, served on a thread of its own.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::environment::{BALANCERS, NAMESPACE, NODES, PROJECT, REGION, layouts};
use super::file::Scenario;
use super::logfile::LogFile;
use super::play::{Player, Stage, first_pod};
use super::traffic::Traffic;
use crate::staging::google::Cloud;
use crate::staging::haproxy::{Balancer, Level};
use crate::staging::kubernetes::{self, Cluster};
use crate::staging::registry::{FrontDoor, Opener};

/// Where everything can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub kubernetes: SocketAddr,
    pub kubeconfig: PathBuf,
    /// Name of the first pod.
    pub pod: String,
    pub front_door: SocketAddr,
    /// By node.
    pub balancers: Vec<BalancerAddresses>,
    /// Google's APIs.
    pub cloud: SocketAddr,
}

/// How the trees are opened: what the registry knows, and what of it lies in its bucket.
#[derive(Clone)]
pub struct Trees {
    pub registry: Opener,
    pub bucket: Opener,
}

/// Where an HAProxy can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerAddresses {
    pub name: String,
    pub unix: PathBuf,
    pub tcp: SocketAddr,
    pub page: SocketAddr,
    /// The file that its log is written to.
    pub log: PathBuf,
}

/// Sockets that are open, and what will be played on them.
pub struct Environment {
    pub addresses: Addresses,
    scenario: Scenario,
    trees: Trees,
    kubernetes: TcpListener,
    front_door: TcpListener,
    cloud: TcpListener,
    balancers: Vec<Sockets>,
    logs: BTreeMap<String, LogFile>,
}

/// The sockets of an HAProxy, and its page.
struct Sockets {
    unix: UnixListener,
    tcp: TcpListener,
    page: TcpListener,
}

impl Environment {
    /// Opens all sockets. In `folder`, which has to be private, are the kubeconfig, the Unix sockets and the log files.
    /// Ports are counted from `port` on, or chosen by the system.
    pub fn open(scenario: Scenario, folder: &Path, port: Option<u16>, trees: Trees) -> io::Result<Self> {
        let mut next = port;
        let mut bind = || {
            let port = next.unwrap_or(0);
            next = next.map(|port| port.saturating_add(1));
            let listener = TcpListener::bind(("127.0.0.1", port))
                .map_err(|error| io::Error::new(error.kind(), format!("127.0.0.1:{port}: {error}")))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        let (kubernetes, api) = bind()?;
        let kubeconfig = folder.join("kubeconfig");
        std::fs::write(&kubeconfig, kubernetes::kubeconfig(api, NAMESPACE))?;
        let (front_door, door) = bind()?;
        let (mut listeners, mut balancers, mut logs) = (Vec::new(), Vec::new(), BTreeMap::new());
        for name in NODES {
            let ((socket, tcp), (page, at)) = (bind()?, bind()?);
            let path = folder.join(format!("{name}.sock"));
            let unix = unix(&path)?;
            listeners.push(Sockets { unix, tcp: socket, page });
            let log = folder.join(format!("{name}-haproxy.log"));
            logs.insert(name.to_owned(), LogFile::create(&log)?);
            balancers.push(BalancerAddresses { name: name.to_owned(), unix: path, tcp, page: at, log });
        }
        let pod = first_pod(&scenario);
        let (cloud, at) = bind()?;
        let addresses =
            Addresses { kubernetes: api, kubeconfig, pod, front_door: door, balancers, cloud: at };
        Ok(Self { addresses, scenario, trees, kubernetes, front_door, cloud, balancers: listeners, logs })
    }

    /// Serves on a thread of its own until the process ends; tells what happens in the scenario.
    pub fn serve(self, tell: impl Fn(&str) + Send + 'static) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = move || runtime.block_on(async { self.run(tell).await.err() });
        thread::Builder::new().name("staging".to_owned()).spawn(serve)?;
        Ok(())
    }

    async fn run(self, tell: impl Fn(&str)) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std;
        let clock = Timestamp::now;
        let cluster = Cluster::new(NAMESPACE);
        let front_door = FrontDoor::new(self.trees.registry)
            .with_deletes(self.scenario.deletes)
            .with_database(self.scenario.metadata_database);
        let cloud = Cloud::new(PROJECT, REGION, &BALANCERS, &NODES);
        let mut serving = JoinSet::new();
        let mut balancers = Vec::new();
        for (layout, sockets) in layouts(self.scenario.servers_are).into_iter().zip(self.balancers) {
            let balancer = Balancer::new(&layout, clock);
            let unix = tokio::net::UnixListener::from_std(sockets.unix)?;
            serving.spawn(balancer.clone().serve_unix(unix, Level::Admin));
            serving.spawn(balancer.clone().serve_tcp(listener(sockets.tcp)?, Level::Admin));
            serving.spawn(balancer.clone().serve_page(listener(sockets.page)?));
            balancers.push((layout.node, balancer));
        }
        let stage = Stage {
            cluster: cluster.clone(),
            balancers,
            front_door: front_door.clone(),
            cloud: cloud.clone(),
            bucket: self.trees.bucket,
        };
        let started = clock();
        let player = Player::new(self.scenario.clone(), stage.clone(), started);
        serving.spawn(async move {
            Traffic::new(self.scenario, stage, started, self.logs).run(clock).await;
            Ok(())
        });
        serving.spawn(front_door.serve(listener(self.front_door)?));
        serving.spawn(cloud.serve(listener(self.cloud)?));
        serving.spawn(kubernetes::serve(cluster, listener(self.kubernetes)?));
        player.run(clock, tell).await;
        Ok(())
    }
}

fn unix(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
