//! Documents that are read while they come: describe, YAML and logs of pods.

use quarterdeck::actions::Work;
use quarterdeck::event::{Intent, Outcome};
use quarterdeck::model::{Document, Gate, Page, Question, Subject};
use quarterdeck::ui::glyphs::UNICODE;

use crate::cluster::{crashing, live, pod, put, watched};
use crate::desk::Desk;
use crate::house::{NARROW, SMALL};

fn desk() -> Desk {
    let mut desk = Desk::with(Gate::shut(Vec::new(), false), "dark", UNICODE);
    desk.state.session.watched = watched();
    let mut picture = live();
    put(&mut picture, [crashing("a", 1), pod("b", 2)]);
    desk.state.kubernetes = picture;
    desk.press("2");
    desk
}

fn ticket(desk: &Desk) -> u64 {
    desk.state.reader().unwrap().ticket
}

fn log(desk: &mut Desk, lines: std::ops::Range<usize>) {
    let level = |number: usize| if number.is_multiple_of(7) { "error" } else { "info" };
    let line = |number| {
        format!(
            "registry  time=2026-01-14T14:00:00Z level={} msg=\"request {number}\" go.version=go1.22 http.request.uri=/v2/group/project/manifests/v{number}",
            level(number)
        )
    };
    let ticket = ticket(desk);
    desk.tell(Outcome::Read { ticket, page: Page::Lines(lines.map(line).collect()) });
}

fn text(desk: &mut Desk) -> String {
    desk.frame(SMALL)
}

fn keep(desk: &mut Desk, name: &str) {
    for (sheet, size) in [(SMALL, "80x24"), (NARROW, "40x20")] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}-{size}"), desk.frame(sheet));
        });
    }
}

#[test]
fn a_log_is_asked_for_followed_searched_and_closed() {
    let mut desk = desk();
    desk.press("l");
    let subject = Subject::Pod("gitlab-registry-7d9c8bfb6c-a".into());
    let question = Question { subject, document: Document::Logs };
    assert_eq!(desk.work.last(), Some(&Work::Consult { ticket: ticket(&desk), question }));
    assert!(text(&mut desk).contains("Asking for the logs"));
    log(&mut desk, 0..100);
    assert!(text(&mut desk).contains("request 99"));
    keep(&mut desk, "log-followed");
    // Up leaves the end, and what comes then does not move the screen.
    text(&mut desk);
    desk.press("k");
    let before = text(&mut desk);
    assert!(before.contains("request 98") && !before.contains("request 99"), "{before}");
    log(&mut desk, 100..200);
    let after = text(&mut desk);
    assert!(after.contains("request 98") && !after.contains("request 99") && after.contains("not following"));
    desk.press("G");
    assert!(text(&mut desk).contains("request 199"));
    desk.press("s");
    log(&mut desk, 200..201);
    assert!(!text(&mut desk).contains("request 200"));
    desk.press("s / type:level=error enter");
    keep(&mut desk, "log-searched");
    desk.press("n n N");
    let reader = desk.state.reader().unwrap();
    assert_eq!(reader.find.as_ref().unwrap().place.map(|(_, all)| all), Some(29));
    assert!(reader.lines[reader.find.as_ref().unwrap().at.unwrap()].contains("level=error"));
    desk.press("ctrl-w");
    keep(&mut desk, "log-wrapped");
    let closes = |desk: &Desk| desk.work.iter().filter(|work| **work == Work::CloseDocument).count();
    assert_eq!(closes(&desk), 0);
    desk.press("esc");
    assert_eq!((closes(&desk), desk.state.reader().is_none()), (1, true));
}

#[test]
fn down_at_the_end_of_a_followed_log_stays_there() {
    let mut desk = desk();
    desk.press("l");
    log(&mut desk, 0..100);
    text(&mut desk);
    desk.press("j pgdn");
    log(&mut desk, 100..150);
    assert!(text(&mut desk).contains("request 149"));
}

#[test]
fn pages_of_a_document_that_was_closed_are_not_taken_for_another() {
    let mut desk = desk();
    desk.press("l");
    let old = ticket(&desk);
    desk.press("esc d");
    desk.tell(Outcome::Read { ticket: old, page: Page::Lines(vec!["late".into()]) });
    assert!(desk.state.reader().unwrap().lines.is_empty());
    let page = Page::Lines(vec!["Name:         gitlab-registry-7d9c8bfb6c-a".into()]);
    let ticket = ticket(&desk);
    desk.tell(Outcome::Read { ticket, page });
    desk.tell(Outcome::Read { ticket, page: Page::End });
    assert!(text(&mut desk).contains("Name:         gitlab-registry-7d9c8bfb6c-a"));
}

#[test]
fn failure_and_end_are_said_with_what_to_do_next() {
    let mut desk = desk();
    for (key, page, said) in [
        ("p", Page::Failed("no permission: get pods/log; ask for the right".into()), "ask for the right"),
        ("l", Page::End, "Esc, then l reads it anew"),
        ("y", Page::End, "It is empty."),
    ] {
        desk.press(key);
        let ticket = ticket(&desk);
        desk.tell(Outcome::Read { ticket, page });
        let frame = text(&mut desk);
        let words = frame.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{frame}");
        desk.press("esc");
    }
    desk.press("l ctrl-c");
    assert!(text(&mut desk).contains("Stopped"));
    assert_eq!(desk.work.last(), Some(&Work::CloseDocument));
}

#[test]
fn what_is_copied_of_pods_are_whole_lines_and_commands_for_the_same_cluster() {
    let mut desk = desk();
    desk.press("l");
    log(&mut desk, 0..3);
    text(&mut desk);
    let copies = |desk: &mut Desk, key: &str| {
        let intents =
            quarterdeck::ui::interpret(&quarterdeck::ui::keys::parse(key).unwrap(), &desk.state, &desk.view);
        match intents.into_iter().next() {
            Some(Intent::Copy { text, .. }) => text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(copies(&mut desk, "c").lines().count(), 3);
    assert!(copies(&mut desk, "C").ends_with("manifests/v2"));
    desk.press("esc C j j j");
    let copied = {
        let intents = quarterdeck::ui::interpret(
            &quarterdeck::ui::keys::parse("enter").unwrap(),
            &desk.state,
            &desk.view,
        );
        format!("{intents:?}")
    };
    let command = "kubectl --context gke-gprd -n gitlab logs gitlab-registry-7d9c8bfb6c-a --all-containers --prefix --follow";
    assert!(copied.contains(command), "{copied}");
}

#[test]
fn enter_tells_what_is_known_of_a_pod_without_asking_anybody() {
    let mut desk = desk();
    let asked = desk.work.len();
    desk.press("g enter");
    let frame = text(&mut desk);
    assert!(frame.contains("run before ended: OOMKilled, exit 137 3m ago"), "{frame}");
    assert_eq!(desk.work.len(), asked);
}
