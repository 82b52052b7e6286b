//! Everything that is known of a server of a load balancer, instance by instance, as text.

use ratatui::text::Line;

use crate::model::Subject;
use crate::model::text::clean;
use crate::sources::Health;
use crate::sources::haproxy::facts::{Role, Stat};
use crate::sources::haproxy::picture::reasons;
use crate::sources::haproxy::{Seen, words};
use crate::state::State;
use crate::state::tables::age::since;
use crate::ui::text::{count, size, wrap};
use crate::ui::view::View;

/// Cells of the words on the left.
const LABEL: usize = 13;

/// The lines that tell about a server, or about an instance.
pub fn lines(state: &State, view: &View, subject: &Subject, cells: usize) -> Vec<Line<'static>> {
    let mut page = Page { view, cells, lines: Vec::new() };
    match subject {
        Subject::Server { backend, server } => of_server(&mut page, state, backend, server),
        Subject::CloudServer { balancer, server } => of_cloud(&mut page, state, balancer, server),
        Subject::Instance(name) => of_instance(&mut page, state, name),
        _ => {}
    }
    if page.lines.is_empty() {
        page.lines.push(Line::from("Nothing is known of it now."));
    }
    page.lines
}

struct Page<'v> {
    view: &'v View,
    cells: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    /// A label and what belongs to it; nothing if there is nothing.
    fn put(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let room = self.cells.saturating_sub(LABEL + 1);
        for (number, line) in wrap(&clean(text), room).into_iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.lines.push(Line::from(format!("{label:LABEL$}{line}")));
        }
    }

    fn head(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.lines.push(Line::styled(clean(text).into_owned(), self.view.theme.title.0));
    }
}

fn of_server(page: &mut Page<'_>, state: &State, backend: &str, server: &str) {
    let entries = state.haproxy.entries(&[]);
    let found = entries.iter().find(|entry| entry.proxy == backend && entry.name == server);
    let Some(entry) = found else { return };
    page.put(
        "Differs",
        entry.difference().as_deref().and_then(|text| text.strip_prefix("differs: ")).unwrap_or(""),
    );
    page.put("Followed by", &state.haproxy.followers(backend, server).join(", "));
    for seen in &entry.seen {
        let health = state.haproxy.instances.get(seen.instance).map(|instance| &instance.health);
        let silent = match health {
            Some(Health::Down { trouble, since, .. }) => {
                format!(", no answer ({}) since {}", trouble.kind.name(), since.strftime("%H:%M:%S UTC"))
            }
            _ => String::new(),
        };
        page.head(&format!("On {}{silent}", seen.instance));
        of_seen(page, seen);
    }
}

fn of_seen(page: &mut Page<'_>, seen: &Seen<'_>) {
    let stat = seen.stat;
    let changed = stat.last_change.map(|seconds| format!(", for {}", words::span(seconds)));
    page.put("Status", &format!("{}{}", stat.status, changed.unwrap_or_default()));
    if let Some(state) = seen.state {
        page.put("Because", &reasons(state.admin).join("; "));
        page.put("Name", &state.fqdn);
    }
    let undone = seen.changed().join(", ");
    let undone = if undone.is_empty() { undone } else { format!("{undone}: the next reload undoes this") };
    page.put("Runtime only", &undone);
    page.put("Address", &stat.address);
    if stat.role == Role::Server {
        page.put("Check", &check(seen));
        page.put("Failures", &checks(stat));
        page.put("Agent", &stat.last_agent);
        page.put("Tracks", &stat.tracked);
    }
    page.put("Weight", &weight(seen));
    page.put("Sessions", &sessions(stat));
    page.put("Answers", &answers(stat));
    page.put("Errors", &errors(stat));
    page.put("Per second", &rates(seen));
    page.put("Took", &times(stat));
    page.put("Bytes", &bytes(stat));
}

fn check(seen: &Seen<'_>) -> String {
    let running = if seen.stat.check_running { "; another one is running" } else { "" };
    let said = match seen.stat.last_check.as_str() {
        "" => String::new(),
        last => format!(": {last}"),
    };
    let story = words::story(seen.stat, seen.condition);
    let said = if story.contains(seen.stat.last_check.as_str()) { String::new() } else { said };
    format!("{story}{said}{running}")
}

/// Parts that are known, joined.
fn known<const N: usize>(parts: [(Option<u64>, &str); N]) -> String {
    let parts = parts.into_iter().filter_map(|(number, word)| Some(format!("{} {word}", count(number?))));
    parts.collect::<Vec<_>>().join(", ")
}

fn checks(stat: &Stat) -> String {
    known([
        (stat.check_failures, "while up"),
        (stat.check_downs, "times down"),
        (stat.downtime, "s down in all"),
    ])
}

fn weight(seen: &Seen<'_>) -> String {
    let Some(weight) = seen.stat.user_weight.or(seen.stat.weight) else { return String::new() };
    let now = seen.stat.weight.filter(|now| *now != weight).map(|now| format!(", {now} now"));
    let throttle = seen.stat.throttle.map(|percent| format!(" (slow start, {percent} %)"));
    let configured = seen.state.map(|state| format!(", configured {}", state.initial_weight));
    let parts = [configured, now, throttle].map(Option::unwrap_or_default).concat();
    format!("{weight}{parts}")
}

fn sessions(stat: &Stat) -> String {
    known([
        (stat.sessions, "now"),
        (stat.sessions_limit.filter(|limit| *limit > 0), "at most"),
        (stat.queue, "in the queue"),
        (stat.queue_max, "there at most so far"),
        (stat.sessions_total, "in all"),
    ])
}

fn answers(stat: &Stat) -> String {
    let [one, two, three, four, five, other] = stat.answers;
    known([(one, "1xx"), (two, "2xx"), (three, "3xx"), (four, "4xx"), (five, "5xx"), (other, "others")])
}

fn errors(stat: &Stat) -> String {
    known([
        (stat.connect_errors, "connecting"),
        (stat.response_errors, "answering"),
        (stat.request_errors, "bad requests"),
        (stat.denied, "denied"),
        (stat.retries, "retries"),
        (stat.redispatches, "sent elsewhere"),
        (stat.client_aborts, "left by clients"),
        (stat.server_aborts, "left by it"),
    ])
}

fn rates(seen: &Seen<'_>) -> String {
    let rates = [
        (seen.rates.sessions, "sessions"),
        (seen.rates.answers_5xx, "5xx"),
        (seen.rates.errors(), "errors"),
        (seen.rates.retries, "retries"),
    ];
    let parts = rates.into_iter().filter_map(|(rate, word)| Some(format!("{:.1} {word}", rate?)));
    let parts = parts.collect::<Vec<_>>().join(", ");
    if parts.is_empty() { "not known until it was looked at twice".to_owned() } else { parts }
}

fn times(stat: &Stat) -> String {
    known([
        (stat.queue_milliseconds, "ms in the queue"),
        (stat.connect_milliseconds, "ms to connect"),
        (stat.response_milliseconds, "ms to answer"),
        (stat.total_milliseconds, "ms in all"),
    ])
}

fn bytes(stat: &Stat) -> String {
    let parts = [(stat.bytes_in, "in"), (stat.bytes_out, "out")];
    let parts = parts.into_iter().filter_map(|(bytes, word)| Some(format!("{} {word}", size(bytes?))));
    parts.collect::<Vec<_>>().join(", ")
}

fn of_cloud(page: &mut Page<'_>, state: &State, balancer: &str, server: &str) {
    let Some(known) = state.google.balancers.get(balancer) else { return };
    for found in known.servers.iter().filter(|found| found.name == server) {
        page.head(balancer);
        page.put("Health", &format!("{:?}", found.health).to_lowercase());
        page.put("Address", found.address.as_deref().unwrap_or_default());
        page.put("Place", found.place.as_deref().unwrap_or_default());
        of_health(page, &known.health);
    }
}

fn of_instance(page: &mut Page<'_>, state: &State, name: &str) {
    let Some(instance) = state.haproxy.instances.get(name) else { return };
    of_health(page, &instance.health);
    let Some(look) = &instance.look else { return };
    let info = &look.info;
    page.put("Version", info.version.as_deref().unwrap_or_default());
    page.put("Node", info.node.as_deref().unwrap_or_default());
    page.put("Process", &info.pid.map(|pid| pid.to_string()).unwrap_or_default());
    page.put("Runs for", &info.uptime.map(words::span).unwrap_or_default());
    let reloaded = instance.reloaded.map(|at| format!("{} ago", since(at, state.tables.at)));
    page.put("Reloaded", &reloaded.unwrap_or_else(|| "not since it was first seen".to_owned()));
    let rights = match look.is_admin {
        Some(true) => "commands that change something would be taken; a look gives that right up first",
        Some(false) => "only tells: nothing can be changed there",
        None => "not known whether something can be changed there",
    };
    page.put("Rights", rights);
    if look.servers.is_none() {
        page.put("Servers", "their state in detail is not told there: no reasons for maintenance");
    }
}

fn of_health(page: &mut Page<'_>, health: &Health) {
    match health {
        Health::Off => {}
        Health::Waiting => page.put("Answers", "not yet"),
        Health::Live { .. } => page.put("Answers", "yes"),
        Health::Down { trouble, since, seen } => {
            page.put(
                "Answers",
                &format!("no, since {}: {}", since.strftime("%H:%M:%S UTC"), trouble.kind.name()),
            );
            page.put("Why", &trouble.why);
            page.put(
                "Seen last",
                &seen.map(|at| at.strftime("%H:%M:%S UTC").to_string()).unwrap_or_default(),
            );
        }
    }
}
