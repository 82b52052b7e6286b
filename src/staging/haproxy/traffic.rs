//! The requests of one second: how many there are, which server takes them, and how they end.

use super::health::Check;
use super::instance::Backend;

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    pub sessions: u64,
    /// Most sessions in one second.
    pub rate_max: u64,
    /// Sessions of the last second.
    pub rate: u64,
    /// Seconds since the last session.
    pub idle: u64,
    /// Answers by class, 1xx to 5xx.
    pub answers: [u64; 5],
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub connect_errors: u64,
    pub retries: u64,
    pub redispatches: u64,
    pub client_aborts: u64,
    /// What of an error is not a whole one yet.
    carry: f64,
    /// Answers that somebody gave since the last second: some that were not found, and errors.
    told: (u64, u64),
    /// The last second alone: answers, then connect errors, retries and redispatches.
    last: [u64; 8],
}

/// Typical bytes of a request and of an answer: manifests mostly, blobs come from the bucket.
const BYTES: (u64, u64) = (420, 2_900);
/// One request in so many asks for what is not there, and one client in so many leaves early.
const NOT_FOUND: u64 = 23;
const ABORTS: u64 = 211;

impl Counters {
    /// One of the next second's requests is answered with this status.
    pub const fn tell(&mut self, status: u16) {
        match status {
            400..500 => self.told.0 += 1,
            500.. => self.told.1 += 1,
            _ => {}
        }
    }

    fn second(&mut self, requests: u64, errors: u64, failed_connections: u64) {
        let missing = requests / NOT_FOUND + std::mem::take(&mut self.told).0;
        let good = requests.saturating_sub(errors + missing);
        let answers = [0, good, 0, missing.min(requests - errors.min(requests)), errors];
        let [one, two, three, four, five] = answers;
        self.last =
            [one, two, three, four, five, failed_connections * 3, failed_connections * 3, failed_connections];
        self.count(requests);
    }

    /// Takes in the last second of a part.
    pub fn add_second(&mut self, part: &Self) {
        let rate = self.rate;
        self.last = part.last;
        self.count(part.rate);
        self.rate = rate;
        self.rate_max = self.rate_max.max(rate);
    }

    fn count(&mut self, requests: u64) {
        self.rate = requests;
        self.idle = if requests > 0 { 0 } else { self.idle + 1 };
        self.rate_max = self.rate_max.max(requests);
        self.sessions += requests;
        self.bytes_in += requests * BYTES.0;
        self.bytes_out += requests * BYTES.1;
        self.client_aborts += requests / ABORTS;
        self.answers.iter_mut().zip(self.last).for_each(|(sum, one)| *sum += one);
        let [.., connect, retries, redispatches] = self.last;
        self.connect_errors += connect;
        self.retries += retries;
        self.redispatches += redispatches;
    }

    fn quiet(&mut self) {
        self.second(0, 0, 0);
    }

    /// As if what was counted so far had happened so many times.
    pub fn repeat(&mut self, times: u64) {
        let each = [
            &mut self.sessions,
            &mut self.bytes_in,
            &mut self.bytes_out,
            &mut self.connect_errors,
            &mut self.retries,
            &mut self.redispatches,
            &mut self.client_aborts,
        ];
        each.into_iter().chain(&mut self.answers).for_each(|count| *count *= times);
    }
}

/// Hands the requests of a second to the servers that can be used, by weight.
pub fn spread(backend: &mut Backend, second: i64, seed: u64) {
    let requests = requests(backend.demand, second, seed);
    let weight: u64 = usable_weight(backend);
    let mut left = requests;
    let mut sums = (0, 0);
    let mut weight_left = weight;
    for server in &mut backend.servers {
        if !server.is_usable() {
            server.served.quiet();
            continue;
        }
        let share = left * u64::from(server.weight) / weight_left.max(1);
        (left, weight_left) = (left - share, weight_left - u64::from(server.weight));
        // Until enough checks have failed, clients are sent to a server that is gone.
        let told = server.served.told;
        let (errors, unconnected) = match server.check {
            Check::Passes => (whole(&mut server.served.carry, share, server.errors.max(server.failing)), 0),
            Check::Status(_) | Check::Silent => (share, 0),
            Check::Refused | Check::TimesOut => (share / 3, share / 3),
        };
        let errors = share.min(errors + told.1);
        server.served.second(share, errors, unconnected);
        backend.served.told.0 += told.0;
        sums = (sums.0 + errors, sums.1 + unconnected);
    }
    let unserved = if weight == 0 { requests } else { 0 };
    backend.served.second(requests, sums.0 + unserved, sums.1);
}

/// The weights of all servers that take requests.
pub fn usable_weight(backend: &Backend) -> u64 {
    backend.servers.iter().filter(|server| server.is_usable()).map(|server| u64::from(server.weight)).sum()
}

/// The whole part of the errors so far; the rest is carried over.
fn whole(carry: &mut f64, requests: u64, share: f64) -> u64 {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    {
        *carry += requests as f64 * share.clamp(0.0, 1.0);
        let errors = carry.floor();
        *carry -= errors;
        (errors as u64).min(requests)
    }
}

/// How many requests there are: a slow wave, and a little noise that only depends on second and seed.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn requests(demand: f64, second: i64, seed: u64) -> u64 {
    let wave = (second.rem_euclid(600) as f64 / 600.0 * std::f64::consts::TAU).sin();
    let noise = fastrand::Rng::with_seed(seed ^ second.unsigned_abs()).f64() - 0.5;
    (demand * (1.0 + 0.08 * wave + 0.1 * noise)).max(0.0).round() as u64
}
