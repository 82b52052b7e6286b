//! `show stat`: CSV whose first line names the columns. Their order and number differ from version to version.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord};

use super::{number, safe};
use crate::sources::haproxy::facts::{Role, Stat};

/// The rows, or why they cannot be read.
pub fn stats(text: &str) -> Result<Vec<Stat>, String> {
    let Some(text) = text.strip_prefix("# ").filter(|text| text.starts_with("pxname,svname,")) else {
        return Err("these are no statistics of HAProxy".to_owned());
    };
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns: HashMap<&str, usize> = header.iter().enumerate().map(|(at, name)| (name, at)).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let row = Row { columns: &columns, record: &record };
        if row.raw("svname").is_empty() {
            return Err("a row of the statistics has no name".to_owned());
        }
        rows.push(row.stat());
    }
    Ok(rows)
}

/// A line, and where each column stands in it.
struct Row<'a> {
    columns: &'a HashMap<&'a str, usize>,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn raw(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or_default()
    }

    fn text(&self, column: &str) -> String {
        safe(self.raw(column))
    }

    fn number<N: std::str::FromStr>(&self, column: &str) -> Option<N> {
        number(self.raw(column))
    }

    fn role(&self) -> Role {
        match (self.raw("type"), self.raw("svname")) {
            ("0", _) | ("", "FRONTEND") => Role::Frontend,
            ("1", _) | ("", "BACKEND") => Role::Backend,
            ("3", _) => Role::Listener,
            _ => Role::Server,
        }
    }

    /// A check's status, without the mark of a check that is running, and whether it is.
    fn check(&self, column: &str) -> (String, bool) {
        let raw = self.raw(column);
        let status = raw.strip_prefix("* ");
        (safe(status.unwrap_or(raw)), status.is_some())
    }

    fn stat(&self) -> Stat {
        let (check_status, check_running) = self.check("check_status");
        let (agent_status, _) = self.check("agent_status");
        Stat {
            proxy: self.text("pxname"),
            name: self.text("svname"),
            role: self.role(),
            status: self.text("status"),
            weight: self.number("weight"),
            user_weight: self.number("uweight"),
            active: self.number("act"),
            backup: self.number("bck"),
            check_status,
            check_running,
            check_code: self.number("check_code"),
            check_milliseconds: self.number("check_duration"),
            last_check: self.text("last_chk"),
            check_description: self.text("check_desc"),
            check_rise: self.number("check_rise"),
            check_fall: self.number("check_fall"),
            check_health: self.number("check_health"),
            agent_status,
            last_agent: self.text("last_agt"),
            last_change: self.number("lastchg"),
            downtime: self.number("downtime"),
            check_failures: self.number("chkfail"),
            check_downs: self.number("chkdown"),
            queue: self.number("qcur"),
            queue_max: self.number("qmax"),
            sessions: self.number("scur"),
            sessions_limit: self.number("slim"),
            sessions_total: self.number("stot"),
            rate: self.number("rate"),
            bytes_in: self.number("bin"),
            bytes_out: self.number("bout"),
            answers: [
                self.number("hrsp_1xx"),
                self.number("hrsp_2xx"),
                self.number("hrsp_3xx"),
                self.number("hrsp_4xx"),
                self.number("hrsp_5xx"),
                self.number("hrsp_other"),
            ],
            request_errors: self.number("ereq"),
            denied: self.number("dreq"),
            connect_errors: self.number("econ"),
            response_errors: self.number("eresp"),
            retries: self.number("wretr"),
            redispatches: self.number("wredis"),
            client_aborts: self.number("cli_abrt"),
            server_aborts: self.number("srv_abrt"),
            queue_milliseconds: self.number("qtime"),
            connect_milliseconds: self.number("ctime"),
            response_milliseconds: self.number("rtime"),
            total_milliseconds: self.number("ttime"),
            last_session: self.number("lastsess"),
            throttle: self.number("throttle"),
            address: self.text("addr"),
            tracked: self.text("tracked"),
            mode: self.text("mode"),
        }
    }
}
