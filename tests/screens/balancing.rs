//! What can be set on servers of load balancers: its dialogs, its keys, and that none of them writes while read-only.

use std::sync::Arc;

use quarterdeck::actions::verbs::{Risk, VERBS};
use quarterdeck::actions::{Work, balancing};
use quarterdeck::event::{Errand, Event, Fact, Intent, Outcome, PanelId};
use quarterdeck::model::{
    Act, AdminState, Done, Ending, Item, Proof, Proposal, SetServer, Setting, Step, StepOutcome, Subject,
};
use quarterdeck::sources::haproxy::facts::{Fact as Seen, Look, ServerState};

use crate::desk::Desk;

const READY: Setting = Setting { state: AdminState::Ready, weight: 100 };
const PLACE: &str = "haproxy:lb-01=/run/haproxy/admin.sock,lb-02=10.0.0.2:9999";

fn server() -> Subject {
    Subject::Server { backend: "gke-registry".into(), server: "registry-1".into() }
}

fn step(instance: &str, socket: &str, to: Setting, left: Option<usize>) -> Step {
    let change = SetServer {
        instance: instance.into(),
        socket: socket.into(),
        backend: "gke-registry".into(),
        server: "registry-1".into(),
        worker: Some(4711),
        was: READY,
        to,
        left,
    };
    let key = change.key();
    Step { act: Act::SetServer(Box::new(change)), key, size: None, modified: None, guards: Vec::new() }
}

fn proposal(verb: &str, to: Setting, left: Option<usize>, mind: &[&str]) -> Proposal {
    let item = Item {
        subject: server(),
        state: None,
        why: Vec::new(),
        steps: vec![
            step("lb-01", "/run/haproxy/admin.sock", to, left),
            step("lb-02", "10.0.0.2:9999", to, left),
        ],
        references: vec!["lb-01, lb-02: mirror/registry-1 follows its state: drain as well".into()],
        before: "lb-01: UP, ready at weight 100, 12 sessions; lb-02: UP, ready at weight 100, 9 sessions"
            .into(),
        after: "no new sessions but from clients that stick to it; its checks go on".into(),
        mind: mind.iter().map(|sentence| (*sentence).to_owned()).collect(),
    };
    Proposal { verb: verb.into(), store: PLACE.into(), about: None, backups: None, items: vec![item] }
}

/// A server goes while two others stay.
pub fn drain() -> Proposal {
    let mind = [
        "lb-01, lb-02: 2 of 3 servers of gke-registry are left that are up: each then carries 150 % of what it does now",
        "it lasts until HAProxy is reloaded or restarted: for longer than that, change its configuration",
    ];
    proposal("server-drain", Setting { state: AdminState::Drain, ..READY }, Some(2), &mind)
}

/// The last one goes.
pub fn last() -> Proposal {
    let mind = [
        "lb-01, lb-02: NO server of gke-registry is left that is up: clients will be answered 503 as soon as \
                 this is set",
    ];
    proposal("server-maint", Setting { state: AdminState::Maint, ..READY }, Some(0), &mind)
}

/// It is set on one instance, and the other one was reloaded.
pub fn reloaded(desk: &mut Desk) {
    desk.show(drain());
    desk.press("ctrl-o type:registry-1 ctrl-y");
    let why = "lb-02 was reloaded or restarted since, so what was set by hand there is gone".to_owned();
    let keys = drain().steps().map(|step| step.key.clone()).collect::<Vec<_>>();
    let outcomes = [StepOutcome::Done { version: None }, StepOutcome::Changed { why: why.clone() }];
    let proof = |of: &str, after: &str| Proof {
        of: of.into(),
        before: "UP, ready at weight 100, 12 sessions".into(),
        after: Some(after.into()),
    };
    desk.tell(Outcome::Ended(Arc::new(Done {
        entry: Some("20260114T140200Z-abcd".into()),
        ending: Ending::Changed { why },
        steps: keys.iter().cloned().zip(outcomes).collect(),
        of: 2,
        proofs: vec![
            proof(&keys[0], "DRAIN, drain at weight 100, 11 sessions"),
            proof(&keys[1], "UP, ready at weight 100, 0 sessions"),
        ],
        notes: Vec::new(),
    })));
}

/// The panel with one server, as two instances have it.
fn panel(admin: u8, is_admin: Option<bool>) -> Desk {
    let mut desk = Desk::open();
    let instances = vec!["lb-01".to_owned(), "lb-02".to_owned()];
    desk.take(Event::Fact(Fact::Haproxy(Seen::Configured { instances: instances.clone() })));
    for instance in instances {
        let state = ServerState {
            backend: "gke-registry".into(),
            server: "registry-1".into(),
            admin,
            user_weight: 100,
            initial_weight: 80,
            ..ServerState::default()
        };
        let look = Look { servers: Some(vec![state]), is_admin, ..Look::default() };
        desk.take(Event::Fact(Fact::Haproxy(Seen::Looked { instance, look: Arc::new(look) })));
    }
    desk.want(Intent::Panel(PanelId::Balancers));
    desk.want(Intent::Choose(server()));
    desk
}

/// The verb and the weight that were asked to be worked out last.
fn asked(desk: &Desk) -> Option<(&'static str, Option<String>)> {
    desk.work.iter().rev().find_map(|work| match work {
        Work::Prepare { order, .. } => Some((order.verb, order.targets[0].object.clone())),
        _ => None,
    })
}

#[test]
fn the_keys_of_the_usual_monitor_open_the_proposal() {
    for (key, verb, weight) in [
        ("f10", "server-maint", None),
        ("f4", "server-weight", Some("configured")),
        ("f5", "server-weight", Some("-10")),
        ("f6", "server-weight", Some("-1")),
        ("f7", "server-weight", Some("+1")),
        ("f8", "server-weight", Some("+10")),
        (": type:weight space type:50 enter", "server-weight", Some("50")),
    ] {
        let mut desk = panel(0, Some(true));
        desk.press(key);
        assert_eq!(asked(&desk), Some((verb, weight.map(str::to_owned))), "{key}");
        assert!(desk.state.deed().is_some() && desk.writes() == 0, "{key}");
    }
    let mut desk = panel(1, Some(true));
    desk.press("f9");
    assert_eq!(asked(&desk), Some(("server-ready", None)));
}

#[test]
fn what_cannot_be_set_says_why() {
    for (admin, is_admin, key, part) in [
        (0, Some(true), "f9", "it is so already on every instance"),
        (1, Some(true), "f10", "it is so already"),
        (0, Some(false), "f10", "level admin"),
        (0, Some(true), ": type:weight space type:300 enter", "0 to 256"),
        (0, Some(true), ": type:weight space type:100 enter", "it is so already"),
    ] {
        let mut desk = panel(admin, is_admin);
        desk.press(key);
        assert!(asked(&desk).is_none() && desk.text().contains(part), "{key}\n{}", desk.text());
    }
    // In the menu all four are seen, with why not.
    let mut desk = panel(0, Some(false));
    desk.press("a");
    let menu = desk.text();
    for word in ["server drain: off", "server maint: off", "server ready: off", "server weight: off"] {
        assert!(menu.contains(word), "{word}\n{menu}");
    }
    assert!(menu.contains("level admin"), "{menu}");
    // Elsewhere the keys mean nothing.
    let mut desk = Desk::open();
    desk.press("f9 f10 f4 f8");
    assert!(asked(&desk).is_none());
}

#[test]
fn while_read_only_no_verb_for_servers_writes() {
    let verbs: Vec<_> = VERBS
        .iter()
        .filter(|verb| verb.risk == Risk::Writes && (verb.of)(&server()) && verb.id != "undo")
        .collect();
    assert_eq!(verbs.len(), 4);
    for verb in verbs {
        for (arming, writes) in [("", 0), ("ctrl-o ", 1)] {
            // From draining each of them is something else.
            let mut desk = panel(if verb.id == "server-drain" { 1 } else { 8 }, Some(true));
            let intent = match (verb.intent)(&desk.state, &server()).unwrap() {
                Intent::Draft(_) => balancing::weigh(&desk.state, "50"),
                intent => intent,
            };
            assert!(
                matches!(&intent, Intent::Propose(Errand::Verb(order)) if order.verb == verb.id),
                "{intent:?}"
            );
            desk.want(intent);
            let ticket = desk.state.deed().unwrap().ticket;
            let proposal = Proposal { verb: verb.id.to_owned(), ..drain() };
            desk.tell(Outcome::Proposed { ticket, proposal: proposal.into() });
            desk.press(&format!("{arming}type:registry-1 ctrl-y enter"));
            assert_eq!(desk.writes(), writes, "{} {arming}", verb.id);
        }
    }
}

#[test]
fn the_last_server_takes_its_word() {
    let mut desk = Desk::open().shown(last());
    desk.press("ctrl-o type:registry-1 ctrl-y");
    assert_eq!(desk.writes(), 0);
    desk.press("space type:last ctrl-y");
    assert_eq!(desk.writes(), 1);
}
