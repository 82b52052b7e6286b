//! Rows of every HAProxy, joined over the instances.

use crate::model::Subject;
use crate::sources::Health;
use crate::sources::haproxy::facts::{Role, Stat};
use crate::sources::haproxy::picture::{Instance, reasons};
use crate::sources::haproxy::{Condition, Entry, Rates, Seen, words};
use crate::state::tables::{Cell, Row, age};
use crate::state::{State, Tone};

/// Backends with their servers, then frontends.
pub fn rows(state: &State) -> Vec<Row> {
    let first = state.session.watched.backends.clone().unwrap_or_default();
    let entries = state.haproxy.entries(&first);
    let (frontends, others): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| entry.role == Role::Frontend);
    let mut rows = Vec::with_capacity(entries.len());
    for proxy in others.chunk_by(|one, other| one.proxy == other.proxy) {
        let (backends, servers): (Vec<&Entry<'_>>, Vec<_>) =
            proxy.iter().partition(|entry| entry.role == Role::Backend);
        let is_ours = first.iter().any(|name| name == proxy[0].proxy);
        rows.extend(backends.iter().map(|entry| backend(entry, &servers, is_ours)));
        rows.extend(servers.iter().map(|entry| row(entry, status(entry), tone(entry))));
    }
    rows.extend(frontends.iter().map(|entry| row(entry, status(entry), tone(entry))));
    rows
}

/// A row for every instance: what it is and since when it runs, or why it does not answer.
pub fn instances(state: &State) -> impl Iterator<Item = Row> {
    state.haproxy.instances.iter().map(|(name, instance)| {
        let (status, tone, note) = standing(instance);
        let mut cells = vec![Cell::text(name), Cell::text(status).toned(tone), Cell::none()];
        cells.push(Cell::text(&about(instance)));
        cells.resize_with(8, Cell::none);
        let uptime = instance.uptime().filter(|_| instance.health.is_live());
        cells.push(uptime.map_or_else(Cell::none, since));
        let recent = instance.reloaded.filter(|at| state.now.duration_since(*at).as_mins() < 60);
        let reloaded = recent.map(|at| format!("reloaded {} ago", age::since(at, state.tables.at)));
        Row { subject: Subject::Instance(name.clone()), tone, cells, note: note.or(reloaded) }
    })
}

fn standing(instance: &Instance) -> (&'static str, Tone, Option<String>) {
    let stopping = instance.look.as_ref().is_some_and(|look| look.info.is_stopping);
    match &instance.health {
        Health::Off | Health::Waiting => ("asked", Tone::Dim, None),
        Health::Live { .. } if stopping => ("stopping", Tone::Warn, Some("it is on its way out".to_owned())),
        Health::Live { .. } => ("answers", Tone::Good, None),
        Health::Down { trouble, since, .. } => {
            let since = since.strftime("%H:%M:%S UTC");
            ("no answer", Tone::Unknown, Some(format!("{} since {since}", trouble.kind.name())))
        }
    }
}

fn about(instance: &Instance) -> String {
    let info = instance.look.as_ref().map(|look| &look.info);
    let version = info.and_then(|info| info.version.as_deref());
    let version = version.map(|version| version.split('-').next().unwrap_or(version));
    let node = info.and_then(|info| info.node.as_deref()).map(|node| format!(" on {node}"));
    format!("HAProxy {}{}", version.unwrap_or_default(), node.unwrap_or_default()).trim_end().to_owned()
}

/// A backend, with how many of its servers are sent to.
fn backend(entry: &Entry<'_>, servers: &[&Entry<'_>], is_ours: bool) -> Row {
    let up = servers.iter().filter(|server| server.condition().takes_requests()).count();
    let status = match entry.condition() {
        Condition::Up => format!("UP {up}/{}", servers.len()),
        Condition::Empty => "empty".to_owned(),
        _ => status(entry),
    };
    let tone = match (entry.condition(), tone(entry)) {
        (Condition::Empty, _) if is_ours => Tone::Bad,
        (Condition::Up, Tone::Good) if is_ours && up < servers.len() => Tone::Warn,
        (_, tone) => tone,
    };
    row(entry, status, tone)
}

fn status(entry: &Entry<'_>) -> String {
    let said = entry.worst().map_or("", |seen| seen.stat.status.as_str());
    match entry.condition() {
        Condition::Unknown => "unknown".to_owned(),
        _ => said.split(" (").next().unwrap_or_default().to_owned(),
    }
}

/// How the worst that is said of it is meant.
fn tone(entry: &Entry<'_>) -> Tone {
    if !entry.is_live() {
        return Tone::Unknown;
    }
    let own = entry.worst().map_or(Tone::Unknown, |seen| condition_tone(seen));
    let differs = entry.difference().is_some();
    if differs && matches!(own, Tone::Good | Tone::Dim | Tone::Plain) { Tone::Warn } else { own }
}

/// How a condition is meant.
fn condition_tone(seen: &Seen<'_>) -> Tone {
    match seen.condition {
        Condition::Up => Tone::Good,
        Condition::Unchecked | Condition::Empty => Tone::Dim,
        // What the configuration file says is no fault.
        Condition::Maintenance if seen.state.is_some_and(|state| state.admin == 0x05) => Tone::Dim,
        Condition::Draining
        | Condition::Leaving
        | Condition::Maintenance
        | Condition::Failing
        | Condition::Recovering => Tone::Warn,
        Condition::Unknown => Tone::Unknown,
        Condition::Down => Tone::Bad,
    }
}

fn row(entry: &Entry<'_>, status: String, tone: Tone) -> Row {
    let name = match entry.role {
        Role::Backend => entry.proxy.to_owned(),
        Role::Frontend => format!("{} (frontend)", entry.proxy),
        Role::Server | Role::Listener => format!("{}/{}", entry.proxy, entry.name),
    };
    let worst = entry.worst();
    let stat = |get: fn(&Seen<'_>) -> Cell| worst.map_or_else(Cell::none, get);
    let total = |get: fn(&Stat) -> Option<u64>| entry.sum(get).map_or_else(Cell::none, count);
    let per_second = |get: fn(&Rates) -> Option<f64>| rate(entry.rate(get));
    let order = entry.condition() as i64;
    let cells = vec![
        Cell::text(&name),
        Cell::number(status, order).toned(tone),
        stat(weight),
        if entry.role == Role::Server { stat(|seen| Cell::text(&brief(seen.stat))) } else { Cell::none() },
        sessions(entry),
        total(|stat| stat.queue),
        per_second(|rates| rates.answers_5xx),
        per_second(Rates::errors),
        stat(|seen| seen.stat.last_change.map_or_else(Cell::none, since)),
        stat(|seen| {
            Some(&seen.stat.address).filter(|at| !at.is_empty()).map_or_else(Cell::none, |at| Cell::text(at))
        }),
        on(entry),
        per_second(|rates| rates.retries),
        stat(|seen| {
            seen.stat
                .response_milliseconds
                .map_or_else(Cell::none, |took| Cell::number(format!("{took}ms"), signed(took)))
        }),
        total(|stat| stat.answers[4]),
        total(|stat| stat.connect_errors),
        total(|stat| stat.response_errors),
        total(|stat| stat.retries),
        total(|stat| stat.check_downs),
    ];
    let (backend, server) = (entry.proxy.to_owned(), entry.name.to_owned());
    Row { subject: Subject::Server { backend, server }, tone, cells, note: note(entry) }
}

/// The check as short as it says enough: the whole story is in the note and in the details.
fn brief(stat: &Stat) -> String {
    match stat.check_milliseconds {
        // Milliseconds that change with every look say nothing while they are few.
        Some(..10) => words::check(&Stat { check_milliseconds: None, ..stat.clone() }),
        _ => words::check(stat),
    }
}

fn weight(seen: &Seen<'_>) -> Cell {
    let stat = seen.stat;
    let set = stat.user_weight.or(stat.weight).filter(|_| stat.role == Role::Server);
    let Some(set) = set else { return Cell::none() };
    let text = match (stat.throttle, stat.weight) {
        (Some(_), Some(now)) if now != set => format!("{now}/{set}"),
        _ => set.to_string(),
    };
    Cell::number(text, i64::from(set))
}

fn sessions(entry: &Entry<'_>) -> Cell {
    let Some(now) = entry.sum(|stat| stat.sessions) else { return Cell::none() };
    let limit =
        entry.sum(|stat| stat.sessions_limit).filter(|limit| *limit > 0 && entry.role == Role::Server);
    let full = limit.is_some_and(|limit| now >= limit);
    let text = limit.map_or_else(|| now.to_string(), |limit| format!("{now}/{limit}"));
    Cell::number(text, signed(now)).toned(if full { Tone::Warn } else { Tone::Plain })
}

fn on(entry: &Entry<'_>) -> Cell {
    let live = entry.seen.iter().filter(|seen| seen.is_live).count();
    Cell::text(&format!("{live} of {}", live + entry.absent.len()))
}

fn count(number: u64) -> Cell {
    Cell::number(number.to_string(), signed(number))
}

fn since(seconds: u64) -> Cell {
    Cell::number(words::span(seconds), signed(seconds))
}

fn rate(rate: Option<f64>) -> Cell {
    let Some(rate) = rate else { return Cell::none() };
    let text = match rate {
        rate if rate <= 0.0 => "0".to_owned(),
        rate if rate < 99.95 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    };
    let tone = if rate > 0.0 { Tone::Warn } else { Tone::Dim };
    Cell::number(text, (rate * 1000.0) as i64).toned(tone)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What explains a row that is not simply well, the most urgent first.
fn note(entry: &Entry<'_>) -> Option<String> {
    let seen = entry.worst()?;
    let mut parts = Vec::new();
    if !entry.is_live() {
        parts.push(format!("as {} said last, which does not answer now", seen.instance));
    }
    parts.extend(entry.difference());
    match seen.condition {
        Condition::Down | Condition::Recovering | Condition::Failing if entry.role == Role::Server => {
            parts.push(words::story(seen.stat, seen.condition));
        }
        Condition::Unknown if seen.stat.status.starts_with("UP") => {
            parts.push("HAProxy began just now and takes it for up; no check has ended yet".to_owned());
        }
        Condition::Unknown => parts.push(format!("HAProxy says {:?}", seen.stat.status)),
        Condition::Empty => parts.push("it has no server".to_owned()),
        _ => {}
    }
    let changed = seen.changed();
    if changed.is_empty() {
        parts.extend(seen.state.into_iter().flat_map(|state| reasons(state.admin)).map(str::to_owned));
    } else {
        parts.push(format!("{}: runtime only, the next reload undoes this", changed.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
