//! What the verbs for servers of load balancers share: every instance is looked at, and what is left to take the
//! traffic is counted.

use super::{Ground, NoProposal, words as sentences};
use crate::model::{Act, AdminState, Item, SetServer, Setting, Step, Subject, Target};
use crate::sources::Trouble;
use crate::sources::haproxy::Named;
use crate::sources::haproxy::facts::{Look, Role, ServerState, Stat};
use crate::sources::haproxy::picture::{admin, reasons};

const NO_FLEET: &str = "no HAProxy is known whose socket takes commands: give its stats socket in the profile's haproxy \
                        section";
const RELOAD: &str =
    "it lasts until HAProxy is reloaded or restarted: for longer than that, change its configuration";
const NO_CONDITION: &str = "HAProxy knows no precondition: what somebody sets in the same moment is not seen";
/// Bits that are not set on the server itself.
const INHERITED: u8 = admin::INHERITED_MAINTENANCE | admin::INHERITED_DRAIN | admin::NO_ADDRESS;

/// What a verb wants of a server, and what follows from it.
pub struct Wanted<'a> {
    /// What it is to have where it has this now, by the configuration that.
    pub to: &'a (dyn Fn(Setting, &ServerState) -> Result<Setting, String> + Send + Sync),
    /// What clients will see.
    pub after: String,
    pub mind: Vec<String>,
}

/// A server on one instance that has it.
struct On<'a> {
    named: &'a Named,
    look: &'a Look,
    state: &'a ServerState,
    to: Setting,
}

/// What a verb would do to the server that is pointed at, on every instance that has it.
pub async fn item(ground: &Ground<'_>, target: &Target, wanted: Wanted<'_>) -> Result<Item, NoProposal> {
    let Subject::Server { backend, server } = &target.subject else {
        return Err(NoProposal::NotHere(format!("{} is no server of HAProxy", target.subject)));
    };
    let fleet = ground.scene.fleet.ok_or_else(|| NoProposal::NotHere(NO_FLEET.to_owned()))?;
    let mut all = Vec::new();
    for (named, look) in fleet.instances().iter().zip(ground.looks(fleet).await) {
        let look = look.as_ref().map_err(|trouble| silent(named, trouble))?;
        all.extend(on(named, look, backend, server, &wanted)?);
    }
    if all.is_empty() {
        return Err(NoProposal::Absent(format!("no instance has a server {backend}/{server}")));
    }
    let out = ordered(ground, backend);
    let steps: Vec<Step> =
        all.iter().filter(|on| on.to != on.state.setting()).map(|on| on.step(&out)).collect();
    if steps.is_empty() {
        let now = grouped(all.iter().map(|on| (on.named, format!("it is {}", on.state.setting()))));
        return Err(NoProposal::NotHere(format!("there is nothing to set: {}", now.join("; "))));
    }
    let before = all.iter().map(|on| format!("{}: {}", on.named.name, words(on.look, backend, server)));
    let mut item = Item {
        references: grouped(all.iter().flat_map(|on| on.followers().map(|follows| (on.named, follows)))),
        before: before.collect::<Vec<_>>().join("; "),
        after: wanted.after,
        mind: mind(&all, &out),
        steps,
        ..sentences::blank(&target.subject)
    };
    item.mind.extend(wanted.mind);
    item.mind.extend([RELOAD, NO_CONDITION].map(str::to_owned));
    Ok(item)
}

/// The server on an instance, if it is there; it has to be one where something can be set.
fn on<'a>(
    named: &'a Named,
    look: &'a Look,
    backend: &str,
    server: &str,
    wanted: &Wanted<'_>,
) -> Result<Option<On<'a>>, NoProposal> {
    if !named.address.takes_commands() {
        return match row(look, backend, server) {
            None => Ok(None),
            Some(_) => Err(NoProposal::NotHere(format!(
                "{} is known by its statistics page only, which takes no commands: give its stats socket in the profile",
                named.name
            ))),
        };
    }
    let Some(state) = look.state_of(backend, server) else { return Ok(None) };
    if look.is_admin == Some(false) {
        return Err(NoProposal::NotHere(format!(
            "the socket of {} ({}) lets nothing be set: it takes `level admin` in its `stats socket` line. Nothing is \
             set on the others alone",
            named.name, named.address
        )));
    }
    if look.info.processes.is_some_and(|processes| processes > 1) {
        return Err(NoProposal::NotHere(format!(
            "several processes share the socket of {} (nbproc), and only the one that happens to answer would be set: \
             set it on each process's own socket",
            named.name
        )));
    }
    if look.info.is_stopping {
        return Err(NoProposal::Unread(format!("{} is on its way out: ask once more", named.name)));
    }
    let to = (wanted.to)(state.setting(), state).map_err(NoProposal::NotHere)?;
    Ok(Some(On { named, look, state, to }))
}

/// An instance that says nothing may send the server as much as ever.
fn silent(named: &Named, trouble: &Trouble) -> NoProposal {
    NoProposal::Unread(format!(
        "{} does not say what it sends there, and set on the others alone they would disagree: {}. Mend it, or take it \
         out of the profile",
        named.name, trouble.why
    ))
}

/// The servers of a backend that the same order is about.
fn ordered<'a>(ground: &'a Ground<'_>, backend: &str) -> Vec<&'a str> {
    let of = |target: &'a Target| match &target.subject {
        Subject::Server { backend: of, server } if of == backend => Some(server.as_str()),
        _ => None,
    };
    ground.order.targets.iter().filter_map(of).collect()
}

impl On<'_> {
    fn step(&self, out: &[&str]) -> Step {
        let mut change = SetServer {
            instance: self.named.name.clone(),
            socket: self.named.address.to_string(),
            backend: self.state.backend.clone(),
            server: self.state.server.clone(),
            worker: self.look.info.pid,
            was: self.state.setting(),
            to: self.to,
            left: None,
        };
        change.left = left(self.look, &change, out);
        let key = change.key();
        Step { act: Act::SetServer(Box::new(change)), key, size: None, modified: None, guards: Vec::new() }
    }

    /// Servers that follow its state.
    fn followers(&self) -> impl Iterator<Item = String> {
        let name = format!("{}/{}", self.state.backend, self.state.server);
        let changes = self.to.state != self.state.setting().state;
        let state = self.to.state.name();
        self.look
            .rows
            .iter()
            .filter(move |row| changes && row.tracked == name)
            .map(move |row| format!("{}/{} follows its state: {state} as well", row.proxy, row.name))
    }
}

/// What to mind, the worst first.
fn mind(all: &[On<'_>], out: &[&str]) -> Vec<String> {
    let mut said = grouped(all.iter().filter_map(|on| Some((on.named, capacity(on, out)?))));
    let settings: Vec<_> = all.iter().map(|on| on.state.setting()).collect();
    if settings.iter().any(|setting| *setting != settings[0]) {
        let each = grouped(all.iter().map(|on| (on.named, on.state.setting().to_string())));
        said.push(format!("the instances disagree about it: {}", each.join("; ")));
    }
    said.extend(grouped(all.iter().filter_map(|on| {
        let follows =
            row(on.look, &on.state.backend, &on.state.server).filter(|row| !row.tracked.is_empty())?;
        Some((on.named, format!("it has no checks of its own: it goes up and down with {}", follows.tracked)))
    })));
    said.extend(grouped(all.iter().filter_map(|on| {
        let why = reasons(on.state.admin & INHERITED).join(", ");
        let stays = on.to.state == AdminState::Ready && !why.is_empty();
        stays.then(|| (on.named, format!("that does not bring it back: {why}")))
    })));
    said
}

/// How much is left to take what it takes now; nothing where it loses nothing.
fn capacity(on: &On<'_>, out: &[&str]) -> Option<String> {
    let (backend, server) = (&on.state.backend, &on.state.server);
    if !is_sent(on.state.setting()) || is_sent(on.to) {
        return None;
    }
    let all = up(on.look, backend);
    if all.is_empty() {
        return Some(format!("no server of {backend} is up even now: clients are answered 503"));
    }
    if !all.iter().any(|row| row.name == *server) {
        return Some("it is down, so it is sent nothing even now".to_owned());
    }
    let rest: Vec<_> = all.iter().filter(|row| is_other(row, server, out)).copied().collect();
    let (active, left) = (actives(&all), actives(&rest));
    match (rest.len(), left.len()) {
        (0, _) => Some(format!(
            "NO server of {backend} is left that is up: clients will be answered 503 as soon as this is set"
        )),
        (backups, 0) => Some(format!(
            "only {} of {backend} {} left: all that the others carry goes there",
            sentences::count(backups, "backup server"),
            if backups == 1 { "is" } else { "are" },
        )),
        (_, count) if count == active.len() => Some("it is a backup, and is sent nothing now".to_owned()),
        (_, count) => Some(format!(
            "{count} of {} servers of {backend} are left that are up: each then carries {} of what it does now{}",
            active.len(),
            share(&active, &left),
            room(&active, &left)
        )),
    }
}

fn share(before: &[&Stat], after: &[&Stat]) -> String {
    let weight = |rows: &[&Stat]| rows.iter().filter_map(|row| row.weight).map(u64::from).sum::<u64>();
    match weight(after) {
        0 => "more".to_owned(),
        after => format!("{} %", weight(before) * 100 / after),
    }
}

/// How full the rest would be, where their limits are known.
fn room(takers: &[&Stat], rest: &[&Stat]) -> String {
    let sessions: u64 = takers.iter().filter_map(|row| row.sessions).sum();
    let limits: Option<Vec<u64>> =
        rest.iter().map(|row| row.sessions_limit.filter(|limit| *limit > 0)).collect();
    limits.map_or_else(String::new, |limits| {
        format!(", {sessions} of at most {} sessions", limits.iter().sum::<u64>())
    })
}

/// The servers of a backend that are up and have a weight.
fn up<'a>(look: &'a Look, backend: &str) -> Vec<&'a Stat> {
    let up = |row: &&Stat| {
        let is_up = row.status.starts_with("UP") || row.status == "no check";
        row.role == Role::Server && row.proxy == backend && is_up && row.weight != Some(0)
    };
    look.rows.iter().filter(up).collect()
}

/// Those that are no backups, which are only sent something while all others are down.
fn actives<'a>(rows: &[&'a Stat]) -> Vec<&'a Stat> {
    rows.iter().filter(|row| row.active != Some(0)).copied().collect()
}

/// Whether a server is neither this one nor one of those that go as well.
fn is_other(row: &Stat, server: &str, out: &[&str]) -> bool {
    row.name != server && !out.contains(&row.name.as_str())
}

const fn is_sent(setting: Setting) -> bool {
    matches!(setting.state, AdminState::Ready) && setting.weight > 0
}

/// How many servers of the backend would still be sent something after a change; none where the server that it takes
/// away is sent nothing now. `out` go as well.
pub fn left(look: &Look, change: &SetServer, out: &[&str]) -> Option<usize> {
    if !is_sent(change.was) || is_sent(change.to) {
        return None;
    }
    let all = up(look, &change.backend);
    let others = all.iter().filter(|row| is_other(row, &change.server, out)).count();
    all.iter().any(|row| row.name == change.server).then_some(others)
}

/// What an instance says of a server, in a line.
pub fn words(look: &Look, backend: &str, server: &str) -> String {
    let set = look.state_of(backend, server).map(|state| state.setting().to_string());
    let row = row(look, backend, server);
    let status = row.map(|row| row.status.clone()).filter(|status| !status.is_empty());
    let sessions = row.and_then(|row| row.sessions);
    let sessions =
        sessions.map(|count| sentences::count(usize::try_from(count).unwrap_or(usize::MAX), "session"));
    [status, set, sessions].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn row<'a>(look: &'a Look, backend: &str, server: &str) -> Option<&'a Stat> {
    look.rows.iter().find(|row| row.role == Role::Server && row.proxy == backend && row.name == server)
}

/// The same sentence of several instances is said once.
fn grouped<'a>(said: impl Iterator<Item = (&'a Named, String)>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (named, sentence) in said {
        match groups.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, names)) => names.push(&named.name),
            None => groups.push((sentence, vec![&named.name])),
        }
    }
    groups.into_iter().map(|(sentence, names)| format!("{}: {sentence}", names.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::haproxy::look;

    #[test]
    fn nothing_is_set_where_several_processes_share_a_socket() {
        let address = "/run/haproxy/admin.sock".parse().unwrap();
        let named = Named { name: "fe-01".to_owned(), address, login: None };
        let wanted = Wanted { to: &|was, _| Ok(was), after: String::new(), mind: Vec::new() };
        let mut seen = look(include_str!("../../tests/fixtures/haproxy/healthy.txt")).unwrap();
        let set =
            |look: &Look| on(&named, look, "gke-registry", "gke-registry-1", &wanted).map(|on| on.is_some());
        assert_eq!(set(&seen), Ok(true));
        seen.info.processes = Some(4);
        assert!(matches!(set(&seen), Err(NoProposal::NotHere(why)) if why.contains("nbproc")));
    }
}
