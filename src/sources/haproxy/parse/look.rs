//! All that is asked of a `stats socket`, in one line on one connection, so that one worker answers all of it.

use std::collections::HashMap;

use super::info::info;
use super::servers::servers;
use super::stat::stats;
use crate::sources::haproxy::facts::{Look, Role};
use crate::sources::{Trouble, TroubleKind};

/// `user` gives up every right that the connection has, before anything else is said on it; the level is asked before,
/// which is how one learns it without trying to change something.
pub const QUESTION: &str = "show cli level;user;show info;show stat;show servers state";

/// The answers, told apart by what they look like: a version that does not know one of the commands, or refuses it,
/// says so in its place.
///
/// # Errors
///
/// There are no statistics among them, or none that can be read.
pub fn look(text: &str) -> Result<Look, Trouble> {
    let mut look = Look::default();
    let mut rows = None;
    let mut refused = "";
    for answer in text.split("\n\n").map(str::trim) {
        if matches!(answer, "admin" | "operator" | "user") {
            look.is_admin = Some(answer == "admin");
        } else if answer.starts_with("Name: ") {
            look.info = info(answer);
        } else if answer.starts_with("# pxname,") {
            rows = Some(stats(answer).map_err(|why| Trouble::new(TroubleKind::Broken, &why))?);
        } else if answer.split_once('\n').is_some_and(|(_, rest)| rest.starts_with("# be_id ")) {
            look.servers = Some(servers(answer));
        } else if refused.is_empty() {
            refused = answer.lines().next().unwrap_or_default();
        }
    }
    look.rows = rows.ok_or_else(|| unanswered(refused))?;
    fill_addresses(&mut look);
    Ok(look)
}

fn unanswered(refused: &str) -> Trouble {
    let kind = match refused.contains("denied") {
        true => TroubleKind::Denied,
        false => TroubleKind::Broken,
    };
    Trouble::new(kind, &format!("`show stat` was not answered with statistics but with {refused:?}"))
}

/// Without rights the statistics have no addresses; the state of the servers has.
fn fill_addresses(look: &mut Look) {
    let Some(servers) = &look.servers else { return };
    let known: HashMap<_, _> =
        servers.iter().map(|server| ((server.backend.as_str(), server.server.as_str()), server)).collect();
    for row in look.rows.iter_mut().filter(|row| row.role == Role::Server && row.address.is_empty()) {
        if let Some(server) = known.get(&(row.proxy.as_str(), row.name.as_str())) {
            row.address = server.host_and_port();
        }
    }
}
