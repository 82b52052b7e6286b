//! What one HAProxy is: its frontend, its backends, their servers, and how each fares as time goes by.

use jiff::{SignedDuration, Timestamp};

use super::health::{Check, RISE, WHOLE, after};
use super::traffic::{Counters, spread};

/// Bits of the admin state, as `show servers state` has them.
pub const MAINTENANCE: u8 = 0x01;
pub const MAINTENANCE_BY_CONFIGURATION: u8 = 0x04;
pub const DRAIN: u8 = 0x08;

/// Seconds that are played before the first question, so that numbers per second are there at once.
const WARM_UP: i64 = 30;

/// What stands in the configuration of an HAProxy.
#[derive(Clone, Debug)]
pub struct Layout {
    pub node: String,
    pub pid: u32,
    /// Seconds that it has been running when it is brought up.
    pub uptime: i64,
    pub frontend: String,
    pub backends: Vec<BackendLayout>,
    /// The same seed gives the same numbers.
    pub seed: u64,
}

/// A backend of the configuration.
#[derive(Clone, Debug)]
pub struct BackendLayout {
    pub name: String,
    /// Requests per second on an ordinary day.
    pub demand: f64,
    pub servers: Vec<ServerLayout>,
}

/// A server of the configuration.
#[derive(Clone, Debug)]
pub struct ServerLayout {
    pub name: String,
    /// Address and port.
    pub address: std::net::SocketAddr,
    pub weight: u32,
    pub disabled: bool,
}

/// An HAProxy at a moment.
#[derive(Clone, Debug)]
pub struct Instance {
    pub node: String,
    pub pid: u32,
    pub started: Timestamp,
    pub frontend: String,
    pub served: Counters,
    pub backends: Vec<Backend>,
    pub(super) seed: u64,
    reached: Timestamp,
}

/// A backend at a moment.
#[derive(Clone, Debug)]
pub struct Backend {
    pub name: String,
    pub demand: f64,
    pub servers: Vec<Server>,
    pub served: Counters,
    /// Whose turn it is to be given a request.
    turn: usize,
    /// When it last went up or down.
    pub changed: Timestamp,
    pub downtime: i64,
    pub downs: u64,
}

/// A server at a moment.
#[derive(Clone, Debug)]
pub struct Server {
    pub layout: ServerLayout,
    pub weight: u32,
    /// Bits, as `show servers state` has them.
    pub admin: u8,
    /// How it answers checks now.
    pub check: Check,
    /// Share of its answers that are server errors, from 0 to 1.
    pub errors: f64,
    /// Share of what it answers in good order that is an error of the registry, from 0 to 1.
    pub failing: f64,
    /// Milliseconds that an answer takes beyond the usual.
    pub slowness: u64,
    /// What the last check brought, if there was one.
    pub checked: Option<Check>,
    pub health: u8,
    pub changed: Timestamp,
    pub downtime: i64,
    pub failures: u64,
    pub downs: u64,
    pub served: Counters,
}

impl Instance {
    /// An HAProxy that was started by this configuration so many seconds ago.
    pub fn new(layout: &Layout, now: Timestamp) -> Self {
        let started = before(now, layout.uptime);
        let backends = layout.backends.iter().map(|backend| Backend::new(backend, started)).collect();
        let mut instance = Self {
            node: layout.node.clone(),
            pid: layout.pid,
            started,
            frontend: layout.frontend.clone(),
            served: Counters::default(),
            backends,
            seed: layout.seed,
            reached: before(now, WARM_UP.min(layout.uptime)),
        };
        instance.advance(now);
        let times = u64::try_from(layout.uptime / WARM_UP).unwrap_or(1).max(1);
        instance.all_counters(|counters| counters.repeat(times));
        instance
    }

    /// Plays all seconds up to `now`.
    pub fn advance(&mut self, now: Timestamp) {
        // Whoever slept for hours need not be told every second of it.
        self.reached = self.reached.max(before(now, 600));
        while self.reached.duration_until(now) >= SignedDuration::from_secs(1) {
            self.reached = before(self.reached, -1);
            self.second();
        }
    }

    fn second(&mut self) {
        let at = self.reached;
        for backend in &mut self.backends {
            backend.second(at, self.seed);
        }
        let all: Vec<_> = self.backends.iter().map(|backend| backend.served).collect();
        self.served.rate = all.iter().map(|served| served.rate).sum();
        all.iter().for_each(|served| self.served.add_second(served));
    }

    /// Starts anew from the configuration file: another process, counters and all that was set by hand forgotten.
    pub fn reload(&mut self, now: Timestamp) {
        self.pid += 17;
        self.started = now;
        self.all_counters(|counters| *counters = Counters::default());
        for backend in &mut self.backends {
            (backend.changed, backend.downtime, backend.downs) = (now, 0, 0);
            backend.servers.iter_mut().for_each(|server| server.restart(now));
        }
    }

    /// The server of this name.
    pub fn server(&mut self, backend: &str, server: &str) -> Option<&mut Server> {
        self.backend(backend)?.servers.iter_mut().find(|it| it.layout.name == server)
    }

    /// The backend of this name.
    pub fn backend(&mut self, name: &str) -> Option<&mut Backend> {
        self.backends.iter_mut().find(|it| it.name == name)
    }

    fn all_counters(&mut self, change: impl Fn(&mut Counters)) {
        change(&mut self.served);
        for backend in &mut self.backends {
            change(&mut backend.served);
            backend.servers.iter_mut().for_each(|server| change(&mut server.served));
        }
    }

    /// Forgets what was counted.
    pub fn clear_counters(&mut self) {
        self.all_counters(|counters| *counters = Counters::default());
        for server in self.backends.iter_mut().flat_map(|backend| &mut backend.servers) {
            (server.failures, server.downs) = (0, 0);
        }
    }
}

impl Backend {
    fn new(layout: &BackendLayout, started: Timestamp) -> Self {
        Self {
            name: layout.name.clone(),
            demand: layout.demand,
            servers: layout.servers.iter().map(|server| Server::new(server.clone(), started)).collect(),
            served: Counters::default(),
            turn: 0,
            changed: started,
            downtime: 0,
            downs: 0,
        }
    }

    /// The server that gets the next request; none if none can be used.
    pub fn take_turn(&mut self) -> Option<&mut Server> {
        self.turn = self.turn.wrapping_add(1);
        let usable = self.servers.iter().filter(|server| server.is_usable()).count();
        let turn = self.turn.checked_rem(usable)?;
        self.servers.iter_mut().filter(|server| server.is_usable()).nth(turn)
    }

    /// Whether any server can be used.
    pub fn is_up(&self) -> bool {
        self.servers.iter().any(Server::is_usable)
    }

    fn second(&mut self, at: Timestamp, seed: u64) {
        let was_up = self.is_up();
        self.servers.iter_mut().for_each(|server| server.check(at));
        if was_up != self.is_up() {
            self.changed = at;
            self.downs += u64::from(was_up);
        }
        self.downtime += i64::from(!self.is_up());
        spread(self, at.as_second(), seed);
    }
}

impl Server {
    fn new(layout: ServerLayout, started: Timestamp) -> Self {
        let mut server = Self {
            weight: layout.weight,
            layout,
            admin: 0,
            check: Check::default(),
            errors: 0.0,
            failing: 0.0,
            slowness: 0,
            checked: Some(Check::default()),
            health: WHOLE,
            changed: started,
            downtime: 0,
            failures: 0,
            downs: 0,
            served: Counters::default(),
        };
        server.configured();
        server
    }

    fn configured(&mut self) {
        self.weight = self.layout.weight;
        self.admin = if self.layout.disabled { MAINTENANCE | MAINTENANCE_BY_CONFIGURATION } else { 0 };
    }

    fn restart(&mut self, now: Timestamp) {
        self.configured();
        // As up as a server is that nobody has checked yet.
        (self.health, self.checked, self.changed) = (RISE, None, now);
        (self.downtime, self.failures, self.downs) = (0, 0, 0);
    }

    /// Whether it is out of service, checks included.
    pub const fn is_in_maintenance(&self) -> bool {
        self.admin & MAINTENANCE != 0
    }

    /// Whether it takes no new sessions but those that belong to it.
    pub const fn is_draining(&self) -> bool {
        self.admin & DRAIN != 0 || self.weight == 0
    }

    /// Whether its checks say that it is up.
    pub const fn is_up(&self) -> bool {
        self.health >= RISE && !self.is_in_maintenance()
    }

    /// Whether new sessions go there.
    pub const fn is_usable(&self) -> bool {
        self.is_up() && !self.is_draining()
    }

    /// Puts it into maintenance or drain, or out of both.
    pub fn administer(&mut self, bits: u8, now: Timestamp) {
        let admin = self.admin & MAINTENANCE_BY_CONFIGURATION | bits;
        if admin == self.admin {
            return;
        }
        if self.is_in_maintenance() && admin & MAINTENANCE == 0 {
            (self.health, self.checked) = (RISE, None);
        }
        self.admin = admin;
        self.changed = now;
    }

    fn check(&mut self, at: Timestamp) {
        self.downtime += i64::from(!self.is_up());
        if self.is_in_maintenance() {
            return;
        }
        let (was_up, passed) = (self.is_up(), self.check == Check::Passes);
        self.health = after(self.health, passed);
        self.checked = Some(self.check);
        self.failures += u64::from(was_up && !passed);
        if was_up != self.is_up() {
            self.changed = at;
            self.downs += u64::from(was_up);
        }
    }
}

/// A moment so many seconds before another.
fn before(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn instance() -> Instance {
        let server = |name: &str, port: u16, disabled| ServerLayout {
            name: name.into(),
            address: ([127, 0, 0, 1], port).into(),
            weight: 100,
            disabled,
        };
        let servers = vec![server("a", 1, false), server("b", 2, false), server("c", 3, true)];
        let backends = vec![BackendLayout { name: "be".into(), demand: 200.0, servers }];
        let layout =
            Layout { node: "fe-01".into(), pid: 7, uptime: 3600, frontend: "fe".into(), backends, seed: 1 };
        Instance::new(&layout, at(0))
    }

    #[test]
    fn a_server_that_answers_503_goes_down_step_by_step_and_the_other_takes_its_requests() {
        let mut instance = instance();
        instance.server("be", "b").unwrap().check = Check::Status(503);
        let mut words = Vec::new();
        for second in 1..=4 {
            instance.advance(at(second));
            words.push(rows::status(instance.server("be", "b").unwrap()));
        }
        assert_eq!(words, ["UP 2/3", "UP 1/3", "DOWN", "DOWN"]);
        let (served, failed) = (instance.served, instance.server("be", "b").unwrap().served);
        instance.advance(at(5));
        assert_eq!(instance.server("be", "b").unwrap().served.sessions, failed.sessions);
        assert!(instance.served.sessions > served.sessions + 100);
        assert_eq!(instance.server("be", "b").unwrap().downs, 1);
    }

    #[test]
    fn the_same_time_and_seed_give_the_same_numbers_however_often_one_looks() {
        let (mut often, mut once) = (instance(), instance());
        for second in 1..=50 {
            often.advance(at(second));
        }
        once.advance(at(50));
        assert_eq!(rows::all(&often, at(50)), rows::all(&once, at(50)));
    }

    #[test]
    fn a_reload_forgets_what_was_counted_and_what_was_set_by_hand() {
        let mut instance = instance();
        let server = instance.server("be", "a").unwrap();
        server.weight = 5;
        server.administer(DRAIN, at(1));
        let pid = instance.pid;
        instance.reload(at(2));
        let server = instance.server("be", "a").unwrap();
        assert_eq!((server.weight, server.admin, server.served.sessions), (100, 0, 0));
        assert_ne!(instance.pid, pid);
        assert_eq!(instance.server("be", "c").unwrap().admin, 5);
    }

    #[test]
    fn with_no_server_left_the_backend_itself_answers_503() {
        let mut instance = instance();
        for name in ["a", "b"] {
            instance.server("be", name).unwrap().administer(MAINTENANCE, at(0));
        }
        instance.advance(at(1));
        let before = instance.backends[0].served;
        instance.advance(at(3));
        let after = instance.backends[0].served;
        assert!(!instance.backends[0].is_up());
        assert!(after.answers[4] >= before.answers[4] + 300);
        assert_eq!(after.answers[1], before.answers[1]);
    }
}
