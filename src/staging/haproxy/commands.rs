//! What the socket understands: one row for each command, with who may give it.

use std::fmt::Write;

use jiff::Timestamp;

use super::instance::{DRAIN, Instance, MAINTENANCE, Server};
use super::session::{Level, Session};
use super::{info, rows, servers};

/// What a command works with.
struct Given<'a> {
    session: &'a mut Session,
    instance: &'a mut Instance,
    /// What follows the command's own words.
    rest: &'a [&'a str],
    now: Timestamp,
}

struct Command {
    words: &'static [&'static str],
    /// As the help spells it.
    usage: &'static str,
    title: &'static str,
    level: Level,
    run: fn(&mut Given<'_>) -> Result<String, &'static str>,
}

const PERMISSION: &str = "Permission denied";
const NO_BACKEND: &str = "No such backend.";
const NO_SERVER: &str = "No such server.";
const WHICH_SERVER: &str = "Require 'backend/server'.";
const STATES: &str = "'set server <srv> state' expects 'ready', 'drain' and 'maint'.";
const WEIGHT: &str = "Require <weight> or <weight%>.";
const WEIGHT_RANGE: &str = "Absolute weight can only be between 0 and 256 inclusive.";
const RELATIVE_RANGE: &str = "Relative weight must be positive.";
const WEIGHT_TEXT: &str = "Empty weight string empty or preceded by garbage";
const USAGE: &str = "usage: set server <backend>/<server> state | weight";

const COMMANDS: &[Command] = &[
    row(
        &["clear", "counters"],
        "clear counters [all]",
        "clear statistics counters",
        Level::Operator,
        |given| {
            given.instance.clear_counters();
            Ok(String::new())
        },
    ),
    row(
        &["disable", "server"],
        "disable server (DEPRECATED)",
        "disable a server for maintenance",
        Level::Admin,
        |given| administer(given, MAINTENANCE),
    ),
    row(
        &["enable", "server"],
        "enable server  (DEPRECATED)",
        "enable a disabled server",
        Level::Admin,
        |given| administer(given, 0),
    ),
    row(
        &["get", "weight"],
        "get weight <bk>/<srv>",
        "report a server's current weight",
        Level::User,
        |given| {
            let server = server(given)?;
            Ok(format!("{} (initial {})\n", server.weight, server.layout.weight))
        },
    ),
    row(&["operator"], "operator", "lower this session's level to operator", Level::Operator, |given| {
        given.session.level = Level::Operator;
        Ok(String::new())
    }),
    row(
        &["set", "server"],
        "set server <bk>/<srv> [opts]",
        "change a server's state or weight",
        Level::Admin,
        set_server,
    ),
    row(
        &["set", "timeout", "cli"],
        "set timeout [cli] <delay>",
        "change a timeout setting",
        Level::User,
        |_| Ok(String::new()),
    ),
    row(
        &["set", "weight"],
        "set weight <bk>/<srv>  (DEPRECATED)",
        "change a server's weight",
        Level::Admin,
        |given| {
            let weight = given.rest.get(1).copied();
            set_weight(server(given)?, weight)
        },
    ),
    row(&["show", "backend"], "show backend", "list the backends", Level::User, |given| {
        Ok(given.instance.backends.iter().fold("# name\n".to_owned(), |text, it| text + &it.name + "\n"))
    }),
    row(&["show", "cli", "level"], "show cli level", "say what this session may do", Level::User, |given| {
        Ok(format!("{}\n", given.session.level.name()))
    }),
    row(&["show", "errors"], "show errors", "report the last invalid requests", Level::Operator, |given| {
        let at = given.now.strftime("%d/%b/%Y:%H:%M:%S%.3f");
        Ok(format!("Total events captured on [{at}] : 0\n"))
    }),
    row(&["show", "info"], "show info", "report on this process", Level::User, |given| {
        Ok(info::text(given.instance, given.now))
    }),
    row(
        &["show", "servers", "conn"],
        "show servers conn [<backend>]",
        "the servers' connections",
        Level::User,
        |given| {
            servers::connections(given.instance, given.rest.first().copied()).ok_or("Can't find backend.")
        },
    ),
    row(
        &["show", "servers", "state"],
        "show servers state [<backend>]",
        "the servers' state",
        Level::User,
        |given| {
            servers::state(given.instance, given.rest.first().copied(), given.now)
                .ok_or("Can't find backend.")
        },
    ),
    row(
        &["show", "stat"],
        "show stat [<proxy> <types> <server>]",
        "report counters of proxies and servers",
        Level::User,
        statistics,
    ),
    row(&["show", "version"], "show version", "the version of this process", Level::User, |_| {
        Ok("2.6.12-1+deb12u4\n".to_owned())
    }),
    row(&["user"], "user", "lower this session's level to user", Level::User, |given| {
        given.session.level = Level::User;
        Ok(String::new())
    }),
    row(&["help"], "help [<command>]", "list matching or all commands", Level::User, |given| {
        Ok(listed("The following commands are valid at this level:", given.rest, given.session.level))
    }),
    row(&["prompt"], "prompt", "toggle interactive mode with prompt", Level::User, |given| {
        given.session.is_interactive ^= true;
        Ok(String::new())
    }),
    row(&["quit"], "quit", "disconnect", Level::User, |given| {
        given.session.is_over = true;
        Ok(String::new())
    }),
];

/// Rows that every list of commands ends in.
const ALWAYS: [&str; 3] = ["help", "prompt", "quit"];

const fn row(
    words: &'static [&'static str],
    usage: &'static str,
    title: &'static str,
    level: Level,
    run: fn(&mut Given<'_>) -> Result<String, &'static str>,
) -> Command {
    Command { words, usage, title, level, run }
}

/// The answer to one command; a change answers nothing.
pub fn answer(session: &mut Session, instance: &mut Instance, words: &[&str], now: Timestamp) -> String {
    let Some(command) = COMMANDS.iter().find(|command| words.starts_with(command.words)) else {
        let title = "Unknown command, but maybe one of the following ones is a better match:";
        let near = words.first().filter(|word| COMMANDS.iter().any(|it| it.words[0] == **word));
        return listed(title, near.map_or(&[][..], std::slice::from_ref), session.level);
    };
    if command.level > session.level {
        return format!("{PERMISSION}\n");
    }
    let rest = &words[command.words.len()..];
    (command.run)(&mut Given { session, instance, rest, now }).unwrap_or_else(|why| format!("{why}\n"))
}

fn listed(title: &str, beginning: &[&str], level: Level) -> String {
    let always = |command: &&Command| ALWAYS.contains(&command.words[0]);
    let fits = |command: &&Command| command.words.starts_with(beginning) && command.level <= level;
    let rows = COMMANDS.iter().filter(|it| fits(it) && !always(it)).chain(COMMANDS.iter().filter(always));
    let mut text = format!("{title}\n");
    for command in rows {
        let _ = writeln!(text, "  {:<40}: {}", command.usage, command.title);
    }
    text
}

fn server<'a>(given: &'a mut Given<'_>) -> Result<&'a mut Server, &'static str> {
    let name = given.rest.first().and_then(|word| word.split_once('/'));
    let (backend, server) = name.ok_or(WHICH_SERVER)?;
    let backend = given.instance.backend(backend).ok_or(NO_BACKEND)?;
    backend.servers.iter_mut().find(|it| it.layout.name == server).ok_or(NO_SERVER)
}

fn administer(given: &mut Given<'_>, bits: u8) -> Result<String, &'static str> {
    let now = given.now;
    server(given)?.administer(bits, now);
    Ok(String::new())
}

fn set_server(given: &mut Given<'_>) -> Result<String, &'static str> {
    let (what, value) = (given.rest.get(1).copied(), given.rest.get(2).copied());
    server(given)?;
    match (what, value) {
        (Some("state"), Some("ready")) => administer(given, 0),
        (Some("state"), Some("drain")) => administer(given, DRAIN),
        (Some("state"), Some("maint")) => administer(given, MAINTENANCE),
        (Some("state"), _) => Err(STATES),
        (Some("weight"), value) => set_weight(server(given)?, value),
        _ => Err(USAGE),
    }
}

/// A number from 0 to 256, or a share of the initial weight such as `50%`.
fn set_weight(server: &mut Server, text: Option<&str>) -> Result<String, &'static str> {
    let text = text.ok_or(WEIGHT)?;
    let plain = text.trim_end_matches('%');
    // The one complaint that does not end its own line.
    let Ok(number) = plain.parse::<i64>() else { return Ok(WEIGHT_TEXT.to_owned()) };
    let weight = match text.strip_suffix('%') {
        Some(_) => {
            let share = u32::try_from(number).map_err(|_| RELATIVE_RANGE)?;
            (server.layout.weight * share / 100).min(256)
        }
        None => u32::try_from(number).ok().filter(|it| *it <= 256).ok_or(WEIGHT_RANGE)?,
    };
    server.weight = weight;
    Ok(String::new())
}

/// `show stat`, or with three numbers: a proxy's id or -1, a mask of kinds or -1, a server's id or -1.
fn statistics(given: &mut Given<'_>) -> Result<String, &'static str> {
    let numbers: Vec<i64> = given.rest.iter().map_while(|word| word.parse().ok()).collect();
    let [proxy, kinds, only] = match (given.rest, numbers.as_slice()) {
        ([], _) => [-1; 3],
        (_, [proxy, kinds, only, ..]) => [*proxy, *kinds, *only],
        _ => return Err("No such proxy."),
    };
    let wanted = |ids: &rows::Ids| {
        (proxy < 0 || proxy == i64::from(ids.proxy))
            && (kinds < 0 || kinds & (1 << ids.kind) != 0)
            && (only < 0 || only == i64::from(ids.server))
    };
    let rows = rows::all(given.instance, given.now).into_iter().filter(|(ids, _)| wanted(ids));
    Ok(rows.fold(format!("{}\n", rows::header()), |text, (_, row)| text + &row + "\n"))
}
