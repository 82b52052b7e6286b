//! What a real HAProxy 2.6 answered, as facts. `tests/fixtures/haproxy/` holds its answers as they came.

use proptest::prelude::*;

use super::{look, page, stat::stats};
use crate::sources::TroubleKind;
use crate::sources::haproxy::facts::{Info, Look, Role, Stat};

const ESCAPE: char = '\u{1b}';
const HEALTHY: &str = include_str!("../../../../tests/fixtures/haproxy/healthy.txt");
const USER: &str = include_str!("../../../../tests/fixtures/haproxy/user.txt");
const FRESH: &str = include_str!("../../../../tests/fixtures/haproxy/fresh.txt");
const DOWN: &str = include_str!("../../../../tests/fixtures/haproxy/down.txt");
const CHANGED: &str = include_str!("../../../../tests/fixtures/haproxy/changed.txt");
const PAGE_CSV: &str = include_str!("../../../../tests/fixtures/haproxy/page.csv");
const PAGE: &str = include_str!("../../../../tests/fixtures/haproxy/page.html");

fn row<'l>(look: &'l Look, backend: &str, server: &str) -> &'l Stat {
    look.rows.iter().find(|row| row.proxy == backend && row.name == server).unwrap()
}

#[test]
fn one_connection_tells_the_worker_the_rights_the_rows_and_the_servers() {
    let seen = look(HEALTHY).unwrap();
    assert_eq!(seen.is_admin, Some(true));
    assert_eq!(seen.info.version.as_deref(), Some("2.6.12-1+deb12u4"));
    assert_eq!(seen.info.node.as_deref(), Some("fe-01"));
    assert!(seen.info.pid.is_some() && seen.info.uptime == Some(5) && !seen.info.is_stopping);
    let server = row(&seen, "gke-registry", "gke-registry-2");
    assert_eq!((server.role, server.status.as_str(), server.weight), (Role::Server, "UP", Some(100)));
    assert_eq!((server.sessions_limit, server.last_session), (Some(50), None));
    assert_eq!((server.check_status.as_str(), server.check_code), ("L7OK", Some(200)));
    assert_eq!(row(&seen, "gke-registry", "BACKEND").active, Some(2));
    assert_eq!(row(&seen, "https", "FRONTEND").role, Role::Frontend);
    assert_eq!(row(&seen, "https", "FRONTEND").connect_errors, None);
    assert_eq!(row(&seen, "followers", "follow-1").tracked, "gke-registry/gke-registry-1");
    assert_eq!(row(&seen, "gke-canary", "agent").last_agent, "via agent : up");
    let off = seen.servers.as_ref().unwrap().iter().find(|server| server.server == "off").unwrap();
    assert_eq!((off.operational, off.admin, off.initial_weight), (0, 0x05, 1));
}

#[test]
fn addresses_come_from_the_state_of_the_servers_where_the_rights_do_not_reach() {
    assert!(USER.contains("\nfollowers,follow-1,") && !USER.contains("127.0.0.1:18081"));
    let seen = look(USER).unwrap();
    assert_eq!(seen.is_admin, Some(false));
    assert_eq!(row(&seen, "gke-registry", "gke-registry-1").address, "127.0.0.1:18081");
    assert_eq!(row(&seen, "names", "by-name").address, "registry.test:5000");
}

#[test]
fn quotes_and_commas_in_a_check_and_a_check_that_is_running() {
    let seen = look(DOWN).unwrap();
    let gone = row(&seen, "gke-registry", "gke-registry-1");
    assert_eq!((gone.status.as_str(), gone.last_check.as_str()), ("DOWN", "Gone, \"for now\"; sorry"));
    assert_eq!((gone.check_code, gone.check_rise, gone.check_health), (Some(503), Some(2), Some(0)));
    let fresh = look(FRESH).unwrap();
    let first = row(&fresh, "slow", "hangs");
    assert!(first.check_status == "INI" && first.check_milliseconds.is_none());
    let changed = look(CHANGED).unwrap();
    let running = row(&changed, "slow", "hangs");
    assert!(running.check_running && running.check_status == "L7TOUT");
}

#[test]
fn a_statistics_page_tells_the_rows_and_its_head_the_worker() {
    let rows = stats(PAGE_CSV).unwrap();
    assert!(rows.iter().any(|row| row.proxy == "gke-registry" && row.address == "127.0.0.1:18082"));
    let info = page(PAGE);
    assert_eq!((info.node.as_deref(), info.uptime), (Some("fe-01"), Some(6)));
    assert_eq!(info.version.as_deref(), Some("2.6.12-1+deb12u4"));
    assert!(info.pid.is_some() && info.processes == Some(1));
    assert_eq!(page("<html>It works!</html>"), Info::default());
    let days = page("<b>uptime = </b> 2d 3h04m05s<br>").uptime;
    assert_eq!(days, Some(2 * 86_400 + 3 * 3_600 + 4 * 60 + 5));
}

#[test]
fn a_refusal_is_no_empty_statistics_and_a_part_refused_leaves_the_rest() {
    let denied = look("user\n\n\nPermission denied\n\nPermission denied\n\n").unwrap_err();
    assert_eq!(denied.kind, TroubleKind::Denied);
    assert_eq!(look("").unwrap_err().kind, TroubleKind::Broken);
    assert_eq!(look("HTTP/1.0 400 Bad request\n\n").unwrap_err().kind, TroubleKind::Broken);
    let (head, _) = HEALTHY.split_once("\n1\n# be_id").unwrap();
    let without = look(&format!("{head}\nPermission denied\n\n")).unwrap();
    assert_eq!((without.servers.is_none(), without.rows.len()), (true, look(HEALTHY).unwrap().rows.len()));
    let unknown = look(&HEALTHY.replacen("admin\n\n", "Unknown command: 'show cli level'.\n\n", 1)).unwrap();
    assert_eq!((unknown.is_admin, unknown.info.uptime), (None, Some(5)));
}

#[test]
fn columns_are_found_by_name_whatever_their_order() {
    let rows =
        stats("# pxname,svname,brand_new,status,type,hrsp_5xx,scur\nbe,s1,x,UP,2,7,\nbe,short\n").unwrap();
    assert_eq!((rows[0].status.as_str(), rows[0].answers[4], rows[0].sessions), ("UP", Some(7), None));
    assert_eq!((rows[1].name.as_str(), rows[1].status.as_str()), ("short", ""));
    let hostile = stats("# pxname,svname,last_chk\nbe,s1,\"\x1b[2Jgone\"\n").unwrap();
    assert_eq!(hostile[0].last_check, "\\x1b[2Jgone");
}

proptest! {
    #[test]
    fn no_answer_makes_it_fail_in_a_way_of_its_own(text in "(?s).{0,200}") {
        let _ = (look(&text), page(&text));
    }

    #[test]
    fn an_answer_cut_or_bent_anywhere_is_read_or_refused(at in 0..HEALTHY.len(), with in "(?s).{0,4}") {
        let Some((head, tail)) = HEALTHY.split_at_checked(at) else { return Ok(()) };
        for bent in [head.to_owned(), format!("{head}{with}{tail}")] {
            if let Ok(seen) = look(&bent) {
                let shown = format!("{seen:?}");
                prop_assert!(!shown.contains(ESCAPE) && seen.rows.len() <= 40);
            }
        }
    }

    #[test]
    fn what_is_written_as_csv_is_read_again(names in prop::collection::vec("[ -~]{1,12}", 1..8), sessions: u64) {
        let mut writer = csv::Writer::from_writer(b"# ".to_vec());
        writer.write_record(["pxname", "svname", "scur", "last_chk", "type"]).unwrap();
        for name in &names {
            writer.write_record(["be", "s", &sessions.to_string(), name, "2"]).unwrap();
        }
        let rows = stats(&String::from_utf8(writer.into_inner().unwrap()).unwrap()).unwrap();
        prop_assert_eq!(rows.len(), names.len());
        for (row, name) in rows.iter().zip(&names) {
            prop_assert_eq!(row.sessions, Some(sessions));
            prop_assert_eq!(&row.last_check, &crate::model::text::clean(name));
        }
    }
}
