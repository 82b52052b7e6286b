//! The rows of `show stat`, with the columns and the emptiness of the real ones.

use std::fmt::Display;

use jiff::Timestamp;

use super::health::{FALL, RISE, WHOLE};
use super::instance::{Backend, Instance, Server};
use super::traffic::{Counters, usable_weight};

/// Columns, and a row of each kind as HAProxy 2.6 gives it when nothing has happened.
const FORMS: &str = include_str!("rows.csv");

/// The line of column names.
pub fn header() -> &'static str {
    FORMS.lines().next().unwrap_or_default()
}

/// The line of a form: 1 a frontend, 2 a server, 3 a backend.
struct Row(Vec<String>);

impl Row {
    fn of_form(line: usize) -> Self {
        Self(FORMS.lines().nth(line).unwrap_or_default().split(',').map(str::to_owned).collect())
    }

    fn put(&mut self, column: &str, value: impl Display) -> &mut Self {
        let mut names = header().trim_start_matches("# ").split(',');
        if let Some(cell) = names.position(|name| name == column).and_then(|at| self.0.get_mut(at)) {
            *cell = value.to_string();
        }
        self
    }

    fn counters(&mut self, served: &Counters) -> &mut Self {
        self.put("stot", served.sessions).put("bin", served.bytes_in).put("bout", served.bytes_out);
        self.put("rate", served.rate).put("rate_max", served.rate_max);
        for (name, count) in
            ["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx"].iter().zip(served.answers)
        {
            self.put(name, count);
        }
        let current = served.rate / 12;
        self.put("scur", current).put("smax", served.rate_max / 8)
    }

    fn onward(&mut self, served: &Counters, slowness: u64) -> &mut Self {
        self.put("econ", served.connect_errors)
            .put("wretr", served.retries)
            .put("wredis", served.redispatches);
        self.put("cli_abrt", served.client_aborts);
        let last = if served.sessions == 0 { "-1".to_owned() } else { served.idle.to_string() };
        self.put("lbtot", served.sessions).put("lastsess", last);
        if served.sessions > 0 {
            self.put("ctime", 1).put("rtime", 38 + slowness).put("ttime", 61 + slowness);
        }
        self
    }

    fn line(&self) -> String {
        self.0.join(",")
    }
}

/// All rows, in the order of the configuration, each with the ids by which they can be chosen.
pub fn all(instance: &Instance, now: Timestamp) -> Vec<(Ids, String)> {
    let mut rows = vec![(Ids { proxy: 2, kind: 0, server: 0 }, frontend(instance))];
    for (backend, proxy) in instance.backends.iter().zip(3..) {
        for (server, number) in backend.servers.iter().zip(1..) {
            let ids = Ids { proxy, kind: 2, server: number };
            rows.push((ids, server_row(server, backend, ids, now)));
        }
        let ids = Ids { proxy, kind: 1, server: 0 };
        rows.push((ids, backend_row(backend, ids, now)));
    }
    rows
}

/// HAProxy's numbers of a row: proxy (`iid`), kind (`type`) and server (`sid`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    pub proxy: u32,
    pub kind: u8,
    pub server: u32,
}

fn frontend(instance: &Instance) -> String {
    let mut row = Row::of_form(1);
    let served = &instance.served;
    row.put("pxname", &instance.frontend).counters(served);
    row.put("req_rate", served.rate).put("req_rate_max", served.rate_max).put("req_tot", served.sessions);
    row.put("conn_rate", served.rate).put("conn_rate_max", served.rate_max).put("conn_tot", served.sessions);
    row.line()
}

fn server_row(server: &Server, backend: &Backend, ids: Ids, now: Timestamp) -> String {
    let mut row = Row::of_form(2);
    row.put("pxname", &backend.name).put("svname", &server.layout.name);
    row.put("iid", ids.proxy).put("sid", ids.server);
    row.put("status", status(server)).put("weight", server.weight).put("uweight", server.layout.weight);
    row.put("uweight", server.weight);
    row.put("chkfail", server.failures).put("chkdown", server.downs);
    row.put("lastchg", seconds(server.changed, now)).put("downtime", server.downtime);
    row.put("addr", server.layout.address).counters(&server.served).onward(&server.served, server.slowness);
    check(&mut row, server);
    row.line()
}

fn check(row: &mut Row, server: &Server) {
    let Some(checked) = server.checked.filter(|_| !server.is_in_maintenance()) else {
        let status = if server.is_in_maintenance() { "" } else { "INI" };
        row.put("check_status", status).put("check_code", "").put("check_duration", "").put("check_desc", "");
        row.put("check_rise", "").put("check_fall", "").put("check_health", "");
        return;
    };
    let words = checked.words();
    row.put("check_status", words.status)
        .put("check_code", words.code.map_or_else(String::new, |it| it.to_string()));
    row.put("check_duration", words.milliseconds)
        .put("last_chk", words.last)
        .put("check_desc", words.description);
    row.put("check_rise", RISE).put("check_fall", FALL).put("check_health", server.health);
}

fn backend_row(backend: &Backend, ids: Ids, now: Timestamp) -> String {
    let mut row = Row::of_form(3);
    let up = backend.servers.iter().filter(|server| server.is_usable()).count();
    let weight = usable_weight(backend);
    row.put("pxname", &backend.name).put("iid", ids.proxy);
    row.put("status", if up > 0 { "UP" } else { "DOWN" }).put("act", up).put("bck", 0);
    row.put("weight", weight).put("uweight", weight);
    row.put("chkdown", backend.downs)
        .put("lastchg", seconds(backend.changed, now))
        .put("downtime", backend.downtime);
    let slowness = backend.servers.iter().map(|server| server.slowness).max().unwrap_or_default();
    row.put("req_tot", backend.served.sessions).counters(&backend.served).onward(&backend.served, slowness);
    for clean in ["h1_total_connections", "h1_total_streams", "h1_bytes_in", "h1_bytes_out"] {
        row.put(clean, 0);
    }
    row.line()
}

/// The word or words for a server's state.
pub fn status(server: &Server) -> String {
    let word = if server.is_draining() { "DRAIN" } else { "UP" };
    match server.health {
        _ if server.is_in_maintenance() => "MAINT".to_owned(),
        0 => "DOWN".to_owned(),
        health if health < RISE => format!("DOWN {health}/{RISE}"),
        health if health < WHOLE => format!("{word} {}/{FALL}", health - RISE + 1),
        _ => word.to_owned(),
    }
}

/// Whole seconds from one moment to another.
pub fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    from.duration_until(to).as_secs().max(0)
}
