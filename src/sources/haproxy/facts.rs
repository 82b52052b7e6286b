//! What the HAProxy source has seen, in the past tense.

use std::sync::Arc;

use crate::sources::Trouble;

/// Something that the HAProxy source saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// These instances are going to be asked, by name, in the configured order.
    Configured { instances: Vec<String> },
    /// An instance answered.
    Looked { instance: String, look: Arc<Look> },
    /// An instance did not.
    NotLooked { instance: String, trouble: Trouble },
}

/// One answer of one instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    pub info: Info,
    /// Frontends, backends and servers, in the instance's order.
    pub rows: Vec<Stat>,
    /// Of `show servers state`; none where only the statistics page can be had.
    pub servers: Option<Vec<ServerState>>,
    /// Whether commands that change something would be taken; none where that was not found out.
    pub is_admin: Option<bool>,
}

/// Of `show info`, or what the statistics page says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    pub version: Option<String>,
    pub node: Option<String>,
    pub pid: Option<u32>,
    /// Processes that share its sockets; more than one before HAProxy 2.5 only.
    pub processes: Option<u32>,
    /// Seconds since this worker began.
    pub uptime: Option<u64>,
    /// Whether it is on its way out.
    pub is_stopping: bool,
}

/// What a row of the statistics is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Frontend,
    Backend,
    #[default]
    Server,
    Listener,
}

/// A row of `show stat`. Numbers that an instance does not have are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    pub proxy: String,
    /// Name of the server; FRONTEND and BACKEND for the others.
    pub name: String,
    pub role: Role,
    /// As HAProxy words it: UP, DOWN 1/2, MAINT, DRAIN, NOLB, no check, OPEN …
    pub status: String,
    pub weight: Option<u32>,
    /// As configured or set, before slow start and so on.
    pub user_weight: Option<u32>,
    pub active: Option<u32>,
    pub backup: Option<u32>,
    /// UNK, INI, L4OK, L7STS …, without the mark of a check that is running.
    pub check_status: String,
    pub check_running: bool,
    pub check_code: Option<u32>,
    pub check_milliseconds: Option<u64>,
    /// What the check's answer was, if it was noted.
    pub last_check: String,
    pub check_description: String,
    pub check_rise: Option<u32>,
    pub check_fall: Option<u32>,
    pub check_health: Option<u32>,
    pub agent_status: String,
    /// What the agent's answer was.
    pub last_agent: String,
    /// Seconds since the status last changed.
    pub last_change: Option<u64>,
    /// Seconds of being down, in all.
    pub downtime: Option<u64>,
    pub check_failures: Option<u64>,
    pub check_downs: Option<u64>,
    pub queue: Option<u64>,
    pub queue_max: Option<u64>,
    pub sessions: Option<u64>,
    pub sessions_limit: Option<u64>,
    pub sessions_total: Option<u64>,
    pub rate: Option<u64>,
    pub bytes_in: Option<u64>,
    pub bytes_out: Option<u64>,
    /// Answers by class, 1xx to 5xx, then others.
    pub answers: [Option<u64>; 6],
    /// Requests that made no sense, or of which the rest never came.
    pub request_errors: Option<u64>,
    /// Requests that rules of the configuration refused.
    pub denied: Option<u64>,
    pub connect_errors: Option<u64>,
    pub response_errors: Option<u64>,
    pub retries: Option<u64>,
    pub redispatches: Option<u64>,
    pub client_aborts: Option<u64>,
    pub server_aborts: Option<u64>,
    pub queue_milliseconds: Option<u64>,
    pub connect_milliseconds: Option<u64>,
    pub response_milliseconds: Option<u64>,
    pub total_milliseconds: Option<u64>,
    /// Seconds since the last session.
    pub last_session: Option<u64>,
    pub throttle: Option<u32>,
    pub address: String,
    /// `backend/server` whose checks it follows, if it does.
    pub tracked: String,
    pub mode: String,
}

/// A row of `show servers state`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerState {
    pub backend: String,
    pub server: String,
    pub address: String,
    pub port: Option<u16>,
    /// 0 stopped, 1 starting, 2 running, 3 stopping.
    pub operational: u8,
    /// Bits: see [`super::picture::reasons`].
    pub admin: u8,
    pub user_weight: u32,
    /// Weight of the configuration file.
    pub initial_weight: u32,
    pub fqdn: String,
}

impl ServerState {
    /// Where it is, as `address:port`; the name in the place of an address that it does not resolve to. Empty if there
    /// is neither.
    pub fn host_and_port(&self) -> String {
        let host = if self.address.is_empty() { &self.fqdn } else { &self.address };
        match self.port {
            Some(port) if host.contains(':') => format!("[{host}]:{port}"),
            Some(port) if !host.is_empty() => format!("{host}:{port}"),
            _ => host.clone(),
        }
    }
}
