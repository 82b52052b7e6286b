//! `show servers state`: a version, a line that names the columns, and a line for each server.

use super::{number, safe};
use crate::sources::haproxy::facts::ServerState;

/// The servers, by the names of the columns; lines that lack what is needed are left out.
pub(super) fn servers(text: &str) -> Vec<ServerState> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with('#'));
    let Some(names) = lines.next() else { return Vec::new() };
    let names: Vec<&str> = names.trim_start_matches('#').split_whitespace().collect();
    lines.filter_map(|line| server(&names, &line.split_whitespace().collect::<Vec<_>>())).collect()
}

fn server(names: &[&str], values: &[&str]) -> Option<ServerState> {
    // A dash stands for nothing.
    let get = |name: &str| {
        let at = names.iter().position(|known| *known == name)?;
        values.get(at).copied().filter(|value| *value != "-")
    };
    let port = get("srv_port").and_then(number).filter(|port| *port != 0);
    Some(ServerState {
        backend: safe(get("be_name")?),
        server: safe(get("srv_name")?),
        address: get("srv_addr").map(safe).unwrap_or_default(),
        port,
        operational: number(get("srv_op_state")?)?,
        // Bits that a later version has beyond these mean nothing here.
        admin: u8::try_from(number::<u32>(get("srv_admin_state")?)? & 0xff).ok()?,
        user_weight: number(get("srv_uweight")?)?,
        initial_weight: number(get("srv_iweight")?)?,
        fqdn: get("srv_fqdn").map(safe).unwrap_or_default(),
    })
}
