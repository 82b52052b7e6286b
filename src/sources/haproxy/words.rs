//! Checks and times of HAProxy in words.

use super::condition::Condition;
use super::facts::Stat;

/// What came of the last check, in words, its name in HAProxy's language behind.
pub fn check(stat: &Stat) -> String {
    told(stat, stat.check_milliseconds)
}

/// The same without how long it took, which is another time at every check.
pub fn outcome(stat: &Stat) -> String {
    told(stat, None)
}

fn told(stat: &Stat, took: Option<u64>) -> String {
    let status = stat.check_status.as_str();
    if status.is_empty() {
        return unchecked(stat);
    }
    let took = took.map(|took| format!(" in {took} ms")).unwrap_or_default();
    let waited = took.replacen(" in ", " within ", 1);
    let why = match stat.last_check.as_str() {
        "" => String::new(),
        why => format!(": {why}"),
    };
    let code = stat.check_code.filter(|code| *code > 0);
    let said = match status {
        "INI" => "not checked yet".to_owned(),
        "UNK" => "not known".to_owned(),
        "L4OK" => format!("connected{took}"),
        "L4CON" => format!("no connection{why}"),
        "L4TOUT" => format!("no connection{waited}"),
        "L6OK" => format!("TLS agreed{took}"),
        "L6TOUT" => format!("no TLS{waited}"),
        "L6RSP" => format!("TLS failed{took}{why}"),
        "L7TOUT" => format!("no answer{waited}"),
        "L7RSP" => format!("wrong answer{took}{why}"),
        "L7OKC" => format!("wants no new clients, answered {}{took}", code.unwrap_or_default()),
        "SOCKERR" => format!("HAProxy could not check it{why}"),
        "PROCOK" => format!("check program passed{took}"),
        "PROCTOUT" => format!("check program did not end{waited}"),
        "PROCERR" => format!("check program failed{took}{why}"),
        _ => match code {
            Some(code) => format!("answered {code}{took}"),
            None if status == "L7OK" => format!("passed{took}"),
            None => format!("{}{took}{why}", stat.check_description),
        },
    };
    format!("{said} ({status})")
}

fn unchecked(stat: &Stat) -> String {
    match (stat.tracked.as_str(), stat.agent_status.as_str()) {
        ("", "") if stat.status.starts_with("MAINT") => "not checked in maintenance".to_owned(),
        ("", "") => "not checked".to_owned(),
        ("", agent) if stat.last_agent.is_empty() => format!("its agent: {agent}"),
        ("", agent) => format!("its agent: {} ({agent})", stat.last_agent),
        (leader, _) => format!("as {leader}"),
    }
}

/// The last check in words and, for a server that is down, when it was up last.
pub fn story(stat: &Stat, condition: Condition) -> String {
    let check = check(stat);
    match (condition, stat.last_change) {
        (Condition::Down | Condition::Recovering, Some(..10)) => format!("{check}, down just now"),
        (Condition::Down | Condition::Recovering, Some(seconds)) if stat.downtime == Some(seconds) => {
            // Down for the first time; perhaps it was never up, and only taken for it at the start.
            format!("{check}, down for {}", span(seconds))
        }
        (Condition::Down | Condition::Recovering, Some(seconds)) => {
            format!("{check}, up until {} ago", span(seconds))
        }
        _ => check,
    }
}

/// A span in one unit, so coarse that it seldom changes: 10 s, 3 min, 5 h, 12 d.
pub fn span(seconds: u64) -> String {
    match seconds {
        ..10 => "under 10 s".to_owned(),
        10..60 => format!("{} s", seconds / 10 * 10),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(check: &str, code: u32, took: u64, last: &str) -> Stat {
        Stat {
            check_status: check.to_owned(),
            check_code: Some(code),
            check_milliseconds: Some(took),
            last_check: last.to_owned(),
            ..Stat::default()
        }
    }

    #[test]
    fn every_check_is_told_in_words() {
        for (status, code, took, last, words) in [
            ("L7OK", 200, 2, "", "answered 200 in 2 ms (L7OK)"),
            ("L7OK", 0, 2, "", "passed in 2 ms (L7OK)"),
            ("L7STS", 503, 12, "Service Unavailable", "answered 503 in 12 ms (L7STS)"),
            ("L7OKC", 404, 2, "", "wants no new clients, answered 404 in 2 ms (L7OKC)"),
            ("L7TOUT", 0, 2001, "", "no answer within 2001 ms (L7TOUT)"),
            ("L7RSP", 0, 1, "did not match", "wrong answer in 1 ms: did not match (L7RSP)"),
            ("L4OK", 0, 0, "", "connected in 0 ms (L4OK)"),
            ("L4CON", 0, 0, "Connection refused", "no connection: Connection refused (L4CON)"),
            ("L4TOUT", 0, 800, "", "no connection within 800 ms (L4TOUT)"),
            ("INI", 0, 0, "", "not checked yet (INI)"),
        ] {
            assert_eq!(check(&stat(status, code, took, last)), words);
        }
        let new = Stat { check_description: "Layer9 check odd".to_owned(), ..stat("L9ODD", 0, 3, "") };
        assert_eq!(check(&new), "Layer9 check odd in 3 ms (L9ODD)");
    }

    #[test]
    fn a_server_that_nothing_checks_says_whom_it_follows() {
        let follower = Stat { tracked: "be/s1".into(), ..Stat::default() };
        assert_eq!(check(&follower), "as be/s1");
        assert_eq!(check(&Stat::default()), "not checked");
        let agent =
            Stat { agent_status: "L7OK".into(), last_agent: "via agent : up".into(), ..Stat::default() };
        assert_eq!(check(&agent), "its agent: via agent : up (L7OK)");
        assert_eq!(check(&Stat { status: "MAINT".into(), ..Stat::default() }), "not checked in maintenance");
    }

    #[test]
    fn a_server_that_is_down_says_when_it_was_up_last() {
        let down = Stat { last_change: Some(40), downtime: Some(42), ..stat("L7STS", 503, 12, "") };
        assert_eq!(story(&down, Condition::Down), "answered 503 in 12 ms (L7STS), up until 40 s ago");
        let never = Stat { last_change: Some(40), downtime: Some(40), ..stat("L4CON", 0, 0, "") };
        assert!(story(&never, Condition::Down).ends_with("(L4CON), down for 40 s"));
        assert_eq!(story(&down, Condition::Up), "answered 503 in 12 ms (L7STS)");
        assert_eq!([3, 59, 61, 7_200, 900_000].map(span), ["under 10 s", "50 s", "1 min", "2 h", "10 d"]);
    }
}
