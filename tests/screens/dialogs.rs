//! Every dialog of what writes, as text, and what its keys do.

use std::sync::Arc;

use quarterdeck::actions::Work;
use quarterdeck::event::{Errand, Event, Intent, Outcome};
use quarterdeck::model::{
    About, Done, Ending, Gate, Order, Phase, Progress, Proof, StepOutcome, Subject, Target,
};
use quarterdeck::state::{Layer, Leaving, Stage};
use quarterdeck::ui;
use quarterdeck::ui::glyphs::{ASCII, UNICODE};

use crate::balancing::{drain, last, reloaded};
use crate::desk::{Desk, batch, entries, one, restore, tag, undo, whole};
use crate::house::{NARROW, SMALL, WIDE};

fn done(ending: Ending, outcomes: &[StepOutcome]) -> Outcome {
    let proposal = one();
    let keys = proposal.steps().map(|step| step.key.clone());
    let proof = |of: &str, before: &str, after: &str| Proof {
        of: of.into(),
        before: before.into(),
        after: Some(after.into()),
    };
    let steps: Vec<_> = keys.zip(outcomes.iter().cloned()).collect();
    Outcome::Ended(Arc::new(Done {
        entry: (!steps.is_empty()).then(|| "20260114T140200Z-abcd".into()),
        ending,
        steps,
        of: 2,
        proofs: vec![
            proof("storage signal/bridge/relay:hotfix-42", "broken: manifest-blob-missing", "absent"),
            proof("front door signal/bridge/relay:hotfix-42", "404", "404"),
        ],
        notes: Vec::new(),
    }))
}

fn good() -> Outcome {
    let step = || StepOutcome::Done { version: None };
    done(Ending::Done, &[step(), step()])
}

fn progress() -> Outcome {
    let key = one().steps().nth(1).unwrap().key.clone();
    Outcome::Progressed(Progress { phase: Phase::Write, finished: 1, of: 2, key })
}

/// Types what is asked for, arms the session, and has it carried out.
fn running(desk: &mut Desk) {
    desk.show(one());
    desk.press("ctrl-o type:hotfix-42 ctrl-y");
    assert_eq!(desk.writes(), 1);
    desk.tell(progress());
}

fn order() -> Errand {
    Errand::Verb(Order {
        verb: "delete-tag",
        targets: vec![Target { subject: tag("hotfix-42"), object: None }],
    })
}

type Scene = (&'static str, fn(&mut Desk));

/// Every dialog, by name and how one comes to it.
const SCENES: &[Scene] = &[
    ("looking", |desk| desk.want(Intent::Propose(order()))),
    ("refused", |desk| {
        desk.want(Intent::Propose(order()));
        let why = "a database holds this registry's tags; delete-tag-api asks the registry".to_owned();
        desk.tell(Outcome::NotProposed { ticket: 1, why });
    }),
    ("delete-one-read-only", |desk| desk.show(one())),
    ("delete-one-armed", |desk| {
        desk.show(one());
        desk.press("ctrl-o type:hotfix-42");
    }),
    ("delete-whole", |desk| {
        desk.show(whole());
        desk.press("ctrl-o type:latest");
    }),
    ("delete-batch", |desk| desk.show(batch())),
    ("restore-link", |desk| desk.show(restore())),
    ("running", running),
    ("stopping", |desk| {
        running(desk);
        desk.press("esc");
    }),
    ("result-good", |desk| {
        running(desk);
        desk.tell(good());
    }),
    ("result-changed", |desk| {
        running(desk);
        let why = "current/link was written to at 14:02:40".to_owned();
        desk.tell(done(Ending::Changed { why: why.clone() }, &[StepOutcome::Changed { why }]));
    }),
    ("result-failed", |desk| {
        running(desk);
        let why = "denied: storage.objects.delete is not granted".to_owned();
        let steps = [StepOutcome::Done { version: None }, StepOutcome::Failed { why: why.clone() }];
        desk.tell(done(Ending::Failed { why }, &steps));
    }),
    ("undo-list", |desk| {
        desk.want(Intent::Recall);
        desk.tell(Outcome::Recalled(entries()));
        desk.press("j");
    }),
    ("undo", |desk| desk.show(undo())),
    ("server-drain", |desk| desk.show(drain())),
    ("server-last", |desk| {
        desk.show(last());
        desk.press("ctrl-o type:registry-1");
    }),
    ("server-reloaded", reloaded),
];

#[test]
fn every_dialog_at_every_size_and_without_colour() {
    for (name, play) in SCENES {
        for sheet in [SMALL, WIDE] {
            let mut desk = Desk::open();
            play(&mut desk);
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(format!("dialog-{name}-{}x{}", sheet.columns, sheet.rows), desk.frame(sheet));
            });
        }
        let mut desk = Desk::with(Gate::shut(vec!["harbour".into()], false), "mono", ASCII);
        play(&mut desk);
        let frame = desk.frame(SMALL);
        assert!(frame.is_ascii(), "{name}:\n{frame}");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("dialog-{name}-mono"), frame);
        });
    }
}

#[test]
fn a_guarded_place_asks_for_its_name() {
    let mut desk = Desk::guarded().shown(one());
    desk.press("ctrl-o");
    for (sheet, name) in [(SMALL, "80x24"), (WIDE, "120x40")] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("dialog-guarded-{name}"), desk.frame(sheet));
        });
    }
    desk.press("type:gstg enter");
    assert!(desk.text().contains("Still read-only"), "{}", desk.text());
    desk.press("ctrl-o enter");
    assert!(desk.text().contains("read-only"), "{}", desk.text());
    desk.press("ctrl-o type:harbour enter");
    assert!(desk.text().contains("WRITE 10:00"), "{}", desk.text());
    desk.press("type:hotfix-42 ctrl-y");
    assert_eq!(desk.writes(), 1);
}

#[test]
fn enter_on_a_fresh_dialog_leaves_and_at_no_stage_means_yes() {
    for (name, play) in SCENES {
        let mut desk = Desk::open();
        play(&mut desk);
        let (writes, was_running) = (desk.writes(), desk.state.is_writing());
        desk.press("enter");
        assert_eq!(desk.writes(), writes, "{name}");
        let shown = desk.state.deed().is_some();
        assert!(was_running == shown || *name == "undo-list", "{name}: {:?}", desk.state.screen.layer);
        assert!(!was_running || desk.state.is_writing(), "{name}");
    }
}

#[test]
fn escape_leaves_every_stage_and_stops_what_runs() {
    for (name, play) in SCENES {
        let mut desk = Desk::open();
        play(&mut desk);
        let (writes, running) = (desk.writes(), desk.state.is_writing());
        desk.work.clear();
        desk.press("esc");
        assert_eq!(desk.state.screen.layer.is_some(), running, "{name}");
        assert_eq!(desk.work.contains(&Work::Stop), running, "{name}");
        assert!(writes <= 1 && desk.writes() == 0, "{name}");
    }
}

#[test]
fn only_the_exact_line_counts_and_only_once() {
    let mut desk = Desk::open();
    desk.press(":");
    desk.press("type:write enter");
    desk.show(whole());
    for wrong in ["type:lates", "type:t", "space", "type:Healthy", "ctrl-w type:unknown"] {
        desk.press(wrong);
        desk.press("ctrl-y enter");
        assert_eq!(desk.writes(), 0, "{wrong}");
        if desk.state.deed().is_none() {
            desk.show(whole());
        }
    }
    desk.press("ctrl-u type:latest space type:healthy");
    assert!(desk.text().contains("Ctrl-y delete 2 objects"), "{}", desk.text());
    desk.press("backspace ctrl-y");
    assert_eq!(desk.writes(), 0);
    desk.press("y ctrl-y ctrl-y ctrl-y");
    assert_eq!(desk.writes(), 1);
}

#[test]
fn while_read_only_the_right_line_does_nothing() {
    let mut desk = Desk::open().shown(one());
    desk.press("type:hotfix-42 ctrl-y");
    assert_eq!(desk.writes(), 0);
    assert!(desk.text().contains("read-only: nothing was done"), "{}", desk.text());
    // What was typed is still there once the session is armed.
    desk.press("ctrl-o ctrl-y");
    assert_eq!(desk.writes(), 1);
}

#[test]
fn arming_that_runs_out_under_an_open_dialog_shuts_it() {
    let mut desk = Desk::open().shown(one());
    desk.press("ctrl-o type:hotfix-42");
    desk.wait(599);
    assert!(desk.text().contains("WRITE 0:01"), "{}", desk.text());
    desk.wait(1);
    assert!(desk.text().contains("The time for writing is over"), "{}", desk.text());
    desk.press("ctrl-y");
    assert_eq!(desk.writes(), 0);
    // No tick was needed for that: a key that comes too late is too late.
    let mut late = Desk::open().shown(one());
    late.press("ctrl-o type:hotfix-42");
    late.now = late.now.checked_add(jiff::SignedDuration::from_mins(10)).unwrap();
    late.press("ctrl-y");
    assert_eq!(late.writes(), 0);
}

#[test]
fn arming_is_told_in_the_header_and_ended_by_hand() {
    let mut desk = Desk::open();
    for (command, shown) in [
        ("type:write", "WRITE 10:00"),
        ("type:write space type:90s", "WRITE 1:30"),
        ("type:write space type:2h space type:harbour", "WRITE 120:00"),
        ("type:write space type:5m space type:gprd", "is not the name"),
        ("type:write space type:off", "read-only"),
    ] {
        desk.press(&format!(": {command} enter"));
        assert!(desk.text().contains(shown), "{command}:\n{}", desk.text());
    }
    for (session, cells) in [("harbour", "read-only"), ("a-very-long-name-of-a-profile-indeed", "read-only")]
    {
        desk.state.session.profile = session.into();
        let frame = desk.frame(NARROW);
        let header = frame.lines().next().unwrap();
        assert!(header.contains("PRODUCTION") && header.contains(cells), "{header:?}");
    }
}

#[test]
fn what_is_pasted_agrees_to_nothing() {
    let mut desk = Desk::open().shown(one());
    desk.press("ctrl-o");
    for intent in ui::interpret_paste("hotfix-42", &desk.state) {
        desk.want(intent);
    }
    desk.press("ctrl-y");
    assert_eq!(desk.writes(), 0);
    let mut guarded = Desk::guarded().shown(one());
    guarded.press("ctrl-o");
    for intent in ui::interpret_paste("harbour", &guarded.state) {
        guarded.want(intent);
    }
    guarded.press("enter");
    assert!(guarded.text().contains("stays read-only"), "{}", guarded.text());
}

#[test]
fn typed_text_survives_a_resize_and_nothing_changes_what_is_shown() {
    let mut desk = Desk::open().shown(one());
    desk.press("ctrl-o type:hotfix");
    let before = desk.text();
    desk.want(Intent::Resize { columns: 80, rows: 24 });
    desk.want(Intent::Select(quarterdeck::sources::bucket::node::Node::tag("signal/bridge/relay", "latest")));
    desk.want(Intent::Move(quarterdeck::event::Motion::Rows(3)));
    desk.tell(Outcome::Proposed { ticket: 1, proposal: batch().into() });
    desk.tell(Outcome::NotProposed { ticket: 1, why: "late".into() });
    desk.tell(Outcome::Proposed { ticket: 99, proposal: batch().into() });
    desk.tell(good());
    desk.tell(Outcome::Recalled(entries()));
    assert_eq!(
        desk.text().lines().skip(1).collect::<Vec<_>>()[..36],
        before.lines().skip(1).collect::<Vec<_>>()[..36]
    );
    desk.press("type:-42 ctrl-y");
    let Some(Work::CarryOut(confirmed)) = desk.work.last() else { panic!("{:?}", desk.work) };
    assert_eq!(**confirmed.proposal(), one());
    assert_eq!(confirmed.typed(), "hotfix-42");
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_is_dropped() {
    let mut desk = Desk::open();
    desk.want(Intent::Propose(order()));
    desk.press("esc");
    desk.tell(Outcome::Proposed { ticket: 1, proposal: one().into() });
    assert_eq!(desk.state.screen.layer, None);
    desk.want(Intent::Propose(Errand::Journal(About::Undo("x".into()))));
    desk.tell(Outcome::Proposed { ticket: 1, proposal: one().into() });
    assert_eq!(desk.state.deed().unwrap().stage, Stage::Looking);
}

#[test]
fn nobody_leaves_while_it_is_carried_out() {
    let mut desk = Desk::open();
    running(&mut desk);
    for way in ["q", "esc", "ctrl-c ctrl-c", ":", "1", "?", "6"] {
        desk.press(way);
        assert!(desk.state.is_writing() && desk.state.screen.leaving != Leaving::Yes, "{way}");
    }
    for intent in [
        Intent::Quit,
        Intent::Back,
        Intent::Help,
        Intent::Recall,
        Intent::Ask(quarterdeck::event::PromptKind::Command),
    ] {
        desk.want(intent.clone());
        assert!(desk.state.is_writing() && desk.state.screen.leaving != Leaving::Yes, "{intent:?}");
        assert_eq!(desk.state.screen.prompt, None);
    }
    assert!(desk.text().contains("Ending after the object"), "{}", desk.text());
    let stopped = done(Ending::Stopped, &[StepOutcome::Done { version: None }]);
    desk.tell(stopped);
    assert!(desk.text().contains("Stopped, as you asked: 1 of 2 steps done"), "{}", desk.text());
    assert!(desk.text().contains("not begun"), "{}", desk.text());
    desk.press("q");
    assert_eq!(desk.state.screen.layer, None);
    assert!(desk.state.screen.leaving == Leaving::No);
}

#[test]
fn after_the_end_the_tag_is_looked_at_again_and_can_be_taken_back() {
    let mut desk = Desk::open();
    running(&mut desk);
    desk.work.clear();
    desk.tell(good());
    assert!(desk.work.contains(&Work::Scan(tag("hotfix-42"))), "{:?}", desk.work);
    assert!(desk.work.contains(&Work::Recall), "{:?}", desk.work);
    desk.press("u");
    let about = About::Undo("20260114T140200Z-abcd".into());
    assert!(desk.work.contains(&Work::PrepareFrom { ticket: 2, about }), "{:?}", desk.work);
}

#[test]
fn the_list_of_earlier_deeds_takes_back_finishes_and_refuses() {
    let mut desk = Desk::open();
    desk.want(Intent::Recall);
    desk.tell(Outcome::Recalled(entries()));
    for (keys, said) in [
        ("j r", "nothing left to do"),
        ("j j enter", "taken back already"),
        ("j enter", "open the cockpit on it first"),
    ] {
        desk.press(keys);
        assert!(desk.text().contains(said), "{keys}:\n{}", desk.text());
    }
    assert_eq!(desk.work.iter().filter(|work| matches!(work, Work::PrepareFrom { .. })).count(), 0);
    desk.press("g r");
    let about = About::Resume("20260114T100000Z-abcd".into());
    assert_eq!(desk.work.last(), Some(&Work::PrepareFrom { ticket: 1, about }));
}

#[test]
fn an_interrupted_deed_of_this_bucket_is_told_at_the_start() {
    let mut desk = Desk::open();
    desk.tell(Outcome::Recalled(entries()));
    assert!(desk.text().contains("was interrupted") && desk.text().contains(":undo"), "{}", desk.text());
    let mut other = Desk::open();
    let away = entries().into_iter().map(|past| quarterdeck::model::Past { store: "gs://b".into(), ..past });
    other.tell(Outcome::Recalled(away.collect()));
    assert!(!other.text().contains("was interrupted"), "{}", other.text());
}

#[test]
fn a_subject_from_outside_cannot_act_on_the_terminal() {
    let mut proposal = one();
    proposal.items[0].subject = Subject::Tag { repository: "g/p".into(), tag: "x\x1b[2J\u{202e}".into() };
    proposal.items[0].why = vec!["\x1b]0;owned\x07".into()];
    let mut desk = Desk::with(Gate::default(), "dark", UNICODE).shown(proposal);
    let text = desk.text();
    assert!(!text.contains('\x1b') && !text.contains('\u{202e}') && text.contains(r"\x1b[2J"), "{text}");
    // Nobody can type such a name, so the number is asked for.
    assert!(text.contains("type the number"), "{text}");
}

#[test]
fn a_menu_keeps_its_rows_while_it_is_open() {
    let mut desk = Desk::open();
    desk.want(Intent::Menu {
        kind: quarterdeck::event::MenuKind::Actions,
        offers: vec!["describe", "refresh"],
    });
    desk.take(Event::Tick);
    desk.press("j j j");
    let Some(Layer::Menu { chosen, offers, .. }) = &desk.state.screen.layer else { panic!() };
    assert_eq!((*chosen, offers.len()), (1, 2));
}
