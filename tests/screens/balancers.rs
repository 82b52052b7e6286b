//! The load balancers: what real HAProxies answered, joined, and what the cloud says of its own.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::event::Event;
use quarterdeck::model::{Gate, Watched};
use quarterdeck::sources::google::facts::{BalancerKind, Server, ServerHealth};
use quarterdeck::sources::google::picture::Balancer;
use quarterdeck::sources::haproxy::facts::{Fact, Look};
use quarterdeck::sources::haproxy::look;
use quarterdeck::sources::{Health, Trouble, TroubleKind};
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};

use crate::desk::Desk;
use crate::house::{NARROW, SMALL, WIDE, watch};

const HEALTHY: &str = include_str!("../fixtures/haproxy/healthy.txt");
const DOWN: &str = include_str!("../fixtures/haproxy/down.txt");
const CHANGED: &str = include_str!("../fixtures/haproxy/changed.txt");

fn ago(seconds: i64) -> Timestamp {
    watch().checked_sub(SignedDuration::from_secs(seconds)).unwrap()
}

/// A recorded answer, of a worker that is `uptime` seconds old.
fn recorded(text: &str, uptime: u64) -> Look {
    let mut seen = look(text).unwrap();
    (seen.info.uptime, seen.info.pid) = (Some(uptime), Some(4711));
    seen
}

/// Three instances that disagree, one of which does not answer any more, and a pool of the cloud.
fn desk(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = Desk::with(Gate::shut(Vec::new(), false), theme, glyphs);
    desk.state.session.watched =
        Watched { backends: Some(vec!["gke-registry".into()]), google: true, ..Watched::default() };
    let picture = &mut desk.state.haproxy;
    let names = ["fe-01", "fe-02", "fe-03"].map(str::to_owned);
    picture.fold(&Fact::Configured { instances: names.to_vec() }, ago(60));
    let mut looked = |name: &str, look: Look, at| {
        picture.fold(&Fact::Looked { instance: name.to_owned(), look: Arc::new(look) }, at);
    };
    looked("fe-01", recorded(HEALTHY, 7_200), ago(4));
    let mut later = recorded(DOWN, 7_202);
    for row in later.rows.iter_mut().filter(|row| row.proxy == "gke-registry") {
        (row.answers[4], row.connect_errors) = (Some(25), row.connect_errors.map(|errors| errors + 3));
    }
    looked("fe-01", later, ago(2));
    looked("fe-02", recorded(HEALTHY, 90), ago(2));
    looked("fe-03", recorded(CHANGED, 9_000), ago(50));
    let trouble = Trouble::new(TroubleKind::Slow, "connected to lb-03:9999, and no whole answer within 5 s");
    picture.fold(&Fact::NotLooked { instance: "fe-03".into(), trouble }, ago(40));
    let server = |name: &str, health| Server {
        name: name.to_owned(),
        address: Some("10.0.0.7".into()),
        place: Some("us-east1-b".into()),
        health,
    };
    let servers = vec![server("fe-01", ServerHealth::Healthy), server("fe-02", ServerHealth::Unhealthy)];
    let (health, kind) = (Health::Live { seen: ago(5) }, Some(BalancerKind::TargetPool));
    desk.state.google.balancers.insert(
        "gprd-gcp-tcp-lb-registry-https".into(),
        Balancer { health, kind, servers, ..Balancer::default() },
    );
    desk.take(Event::Tick);
    desk
}

fn keep(desk: &mut Desk, name: &str) {
    for (sheet, size) in [(WIDE, "120x40"), (SMALL, "80x24"), (NARROW, "40x20")] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}-{size}"), desk.frame(sheet));
        });
    }
}

#[test]
fn servers_of_all_instances_and_of_the_cloud_are_one_table_with_what_explains_them() {
    let mut desk = desk("dark", UNICODE);
    desk.press("4");
    keep(&mut desk, "balancers");
    desk.press("w");
    keep(&mut desk, "balancers-wide");
}

#[test]
fn the_details_of_a_server_are_told_instance_by_instance() {
    let mut desk = desk("dark", UNICODE);
    desk.press("4 j d");
    let frame = desk.frame(WIDE);
    for told in [
        "On fe-01",
        "On fe-02",
        "On fe-03, no answer",
        "followers/follow-1",
        "answered 503",
        "Gone, \"for now\"",
    ] {
        assert!(frame.contains(told), "{told} is missing in\n{frame}");
    }
    keep(&mut desk, "balancer-server");
}

#[test]
fn load_balancers_are_told_without_colour_and_without_more_than_ascii() {
    let mut desk = desk("mono", ASCII);
    desk.press("4");
    let frame = desk.frame(SMALL);
    assert!(frame.is_ascii(), "{frame}");
    assert!(frame.contains("DOWN") && frame.contains("differs"), "{frame}");
}
