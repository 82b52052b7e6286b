//! The answers to `show servers state` and `show servers conn`.

use std::fmt::Write;

use jiff::Timestamp;

use super::health::{Check, RISE};
use super::instance::{Backend, Instance, Server};
use super::rows::seconds;

const STATE: &str = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state \
bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr \
srv_agent_addr srv_agent_port\n";

const CONNECTIONS: &str = "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb \
safe_nb idle_lim idle_cur idle_per_thr[2]\n";

/// HAProxy's bits of a check's state: configured and enabled; paused as well while in maintenance.
const CHECKED: u8 = 6;
const PAUSED: u8 = 14;

/// The state of all servers, or of those of one backend; none if there is no such backend.
pub fn state(instance: &Instance, only: Option<&str>, now: Timestamp) -> Option<String> {
    table(instance, only, STATE, |backend, proxy, server, number| {
        let address = server.layout.address;
        let check = server.checked.map_or(1, |check| check.words().number);
        let health = if server.is_in_maintenance() { 0 } else { server.health };
        let result = match server.checked {
            // Whoever is out of service from the start was never checked.
            None => 0,
            Some(_) if server.is_in_maintenance() && server.failures == 0 && server.downs == 0 => 0,
            Some(Check::Passes) => 3,
            Some(_) => 2,
        };
        let operational = if server.is_up() && server.health >= RISE { 2 } else { 0 };
        format!(
            "{proxy} {} {number} {} {} {operational} {} {} {} {} {check} {result} {health} {} 0 0 0 - {} - 0 0 - - 0\n",
            backend.name,
            server.layout.name,
            address.ip(),
            server.admin,
            server.weight,
            server.layout.weight,
            seconds(server.changed, now),
            if server.is_in_maintenance() { PAUSED } else { CHECKED },
            address.port(),
        )
    })
}

/// The connections to all servers, or to those of one backend; none if there is no such backend.
pub fn connections(instance: &Instance, only: Option<&str>) -> Option<String> {
    table(instance, only, CONNECTIONS, |backend, proxy, server, number| {
        let (address, used) = (server.layout.address, server.served.rate / 12);
        format!(
            "{}/{} {proxy}/{number} {} {} - 5000 {used} {} {used} 0 0 -1 0 0 0\n",
            backend.name,
            server.layout.name,
            address.ip(),
            address.port(),
            server.served.rate_max / 8,
        )
    })
}

fn table(
    instance: &Instance,
    only: Option<&str>,
    head: &str,
    line: impl Fn(&Backend, u32, &Server, u32) -> String,
) -> Option<String> {
    let mut text = head.to_owned();
    let mut found = only.is_none();
    for (backend, proxy) in instance.backends.iter().zip(3..) {
        if only.is_some_and(|name| name != backend.name) {
            continue;
        }
        found = true;
        for (server, number) in backend.servers.iter().zip(1..) {
            let _ = write!(text, "{}", line(backend, proxy, server, number));
        }
    }
    found.then_some(text)
}
