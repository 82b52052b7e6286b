//! What fails most: answers of logs and verdicts of the bucket in, frames and background looks out.

use std::sync::Arc;

use quarterdeck::actions::Work;
use quarterdeck::event::{Event, Fact, PanelId};
use quarterdeck::logs::{Answer, Client, Layer};
use quarterdeck::model::{Finding, Gate, Repair, Severity, Subject, TagState};
use quarterdeck::registry::reference::Reference;
use quarterdeck::registry::report::TagReport;
use quarterdeck::sources::bucket::facts::{Fact as Seen, Survey};
use quarterdeck::sources::logs::facts::{Batch, Fact as Logged, Origin};
use quarterdeck::sources::{Trouble, TroubleKind};
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};

use crate::desk::Desk;
use crate::house::{NARROW, SMALL, WIDE};
use crate::logs::{answered, at};

fn tag(repository: &str, tag: &str) -> Subject {
    Subject::Tag { repository: repository.into(), tag: tag.into() }
}

/// So many answers with this status about a subject, until now.
fn failed(subject: Option<Subject>, status: u16, count: u64) -> Answer {
    let uri = subject.as_ref().map(ToString::to_string).unwrap_or_default();
    Answer {
        layer: Layer::Registry,
        method: "GET".into(),
        uri: uri.as_str().into(),
        subject,
        status,
        client: Arc::new(Client::default()),
        count,
        bytes: 400 * count,
        is_fault: status >= 500,
        first: at(-120_000),
        last: at(-1_000),
    }
}

fn told(answers: Vec<Answer>) -> Event {
    let line = answered(-1_000, 500, "harbour/app", "v1");
    let (lines, read) = (vec![line], answers.iter().map(|answer| answer.count).sum());
    let batch = Batch { stream: "pod/registry".into(), lines, read, answers, ..Batch::default() };
    Event::Fact(Fact::Logs(Logged::Lines(Arc::new(batch))))
}

fn bare(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = Desk::with(Gate::shut(Vec::new(), false), theme, glyphs);
    desk.state.session.watched.logs = true;
    desk.state.screen.panel = PanelId::Overview;
    desk
}

fn opened(desk: &mut Desk) {
    let url = "gs://registry-bucket".to_owned();
    for fact in [Seen::Opened { url }, Seen::Surveyed { survey: Survey::Registry, requests: 1 }] {
        desk.take(Event::Fact(Fact::Bucket(fact)));
    }
}

fn scanned(desk: &mut Desk, repository: &str, tag: &str, state: TagState, id: Option<&'static str>) {
    let subject = self::tag(repository, tag);
    let reference = Reference::parse(&format!("{repository}:{tag}")).unwrap();
    let finding = |id| Finding {
        id,
        severity: Severity::PullBroken,
        subject: subject.clone(),
        object: "docker/registry/v2/…/current/link".into(),
        detail: "the link is empty".into(),
        repairs: vec![Repair::Verb("restore-link"), Repair::RePush],
    };
    let findings = id.map(finding).into_iter().collect();
    let report = Arc::new(TagReport { state, findings, ..TagReport::of(&reference) });
    desk.take(Event::Fact(Fact::Bucket(Seen::Scanned { subject, report })));
}

/// The subjects that were asked to be looked at since this was asked last.
fn looks(desk: &mut Desk) -> Vec<String> {
    let work = std::mem::take(&mut desk.work);
    let later = work.into_iter().filter_map(|work| match work {
        Work::ScanLater(subjects) => Some(subjects),
        _ => None,
    });
    later.flatten().map(|subject| subject.to_string()).collect()
}

fn many() -> Vec<Answer> {
    let mut answers: Vec<_> =
        (1..=8).map(|number| failed(Some(tag("g/p", &format!("v{number}"))), 500, 100 - number)).collect();
    answers.push(failed(Some(Subject::Blob(format!("sha256:{:064}", 7))), 503, 40));
    answers.push(failed(None, 502, 3));
    answers.push(failed(Some(tag("g/fine", "v1")), 404, 500));
    answers
}

#[test]
fn the_most_failing_are_looked_at_in_the_background_two_at_a_time() {
    let mut desk = bare("dark", UNICODE);
    desk.take(told(many()));
    assert_eq!(looks(&mut desk), Vec::<String>::new(), "nothing is open to look into");
    opened(&mut desk);
    assert_eq!(looks(&mut desk), ["g/p:v1", "g/p:v2"]);
    desk.take(told(Vec::new()));
    assert_eq!(looks(&mut desk), Vec::<String>::new(), "two are under way");
    let mut asked = Vec::new();
    for number in 1..=3 {
        scanned(&mut desk, "g/p", &format!("v{number}"), TagState::Whole, None);
        asked.extend(looks(&mut desk));
    }
    assert_eq!(asked, ["g/p:v3", "g/p:v4", "g/p:v5"]);
    scanned(&mut desk, "g/p", "v4", TagState::Whole, None);
    assert_eq!(looks(&mut desk), Vec::<String>::new(), "after the first five no two within a second");
    desk.wait(1);
    assert_eq!(looks(&mut desk), ["g/p:v6"]);
    desk.wait(1);
    assert_eq!(looks(&mut desk), Vec::<String>::new(), "v5 and v6 are under way");
}

#[test]
fn a_verdict_of_five_minutes_ago_is_asked_for_again() {
    let mut desk = bare("dark", UNICODE);
    opened(&mut desk);
    let mut answer = failed(Some(tag("g/p", "v1")), 500, 9);
    desk.take(told(vec![answer.clone()]));
    assert_eq!(looks(&mut desk), ["g/p:v1"]);
    scanned(&mut desk, "g/p", "v1", TagState::Broken, Some("current-link-empty"));
    desk.wait(299);
    answer.last = desk.now;
    desk.take(told(vec![answer.clone()]));
    assert_eq!(looks(&mut desk), Vec::<String>::new());
    desk.wait(2);
    assert_eq!(looks(&mut desk), ["g/p:v1"]);
}

#[test]
fn the_overview_names_what_fails_and_leads_to_it() {
    for (size, sheet) in [("120x40", WIDE), ("80x24", SMALL), ("40x20", NARROW)] {
        let mut desk = bare("dark", UNICODE);
        opened(&mut desk);
        desk.take(told(many()));
        scanned(&mut desk, "g/p", "v1", TagState::Broken, Some("current-link-empty"));
        scanned(&mut desk, "g/p", "v2", TagState::Whole, None);
        scanned(&mut desk, "g/quiet", "v9", TagState::Broken, Some("blob-missing"));
        insta::assert_snapshot!(format!("radar-{size}"), desk.frame(sheet));
    }
    let mut desk = bare("mono", ASCII);
    opened(&mut desk);
    desk.take(told(many()));
    scanned(&mut desk, "g/p", "v1", TagState::Broken, Some("current-link-empty"));
    insta::assert_snapshot!("radar-ascii", desk.frame(SMALL));
    assert_eq!(desk.state.subject(), Some(tag("g/p", "v1")));
    desk.press("o");
    assert_eq!(desk.state.screen.panel, PanelId::Bucket);
    assert_eq!(desk.state.subject(), Some(tag("g/p", "v1")));
    desk.press("esc");
    assert_eq!(desk.state.screen.panel, PanelId::Overview);
}

#[test]
fn failures_of_very_many_are_said_to_be_spread() {
    let mut desk = bare("dark", UNICODE);
    let answers = (0..40).map(|number| failed(Some(tag(&format!("g/p{number}"), "v1")), 500, 5)).collect();
    desk.take(told(answers));
    let text = desk.text();
    assert!(text.contains("Spread over 40 subjects and 40 repositories"), "{text}");
}

const LOOP: &str = "/v2/lighthouse/checkout/worker/manifests/v1.3.0";
const FILE: &str = "/var/lib/docker/containers/4a1f/4a1f-json.log";

#[test]
fn that_nothing_fails_is_only_said_of_streams_that_are_followed() {
    let mut desk = bare("mono", ASCII);
    desk.take(told(Vec::new()));
    assert!(desk.frame(WIDE).contains("No answer with 5xx among the lines of the last 5 minutes."));
    let down = |stream: &str| {
        let trouble = Trouble::new(TroubleKind::Denied, "it may not be read");
        Event::Fact(Fact::Logs(Logged::Down { stream: stream.into(), origin: Origin::File, trouble }))
    };
    desk.take(down("other"));
    assert!(desk.frame(WIDE).contains("last 5 minutes of 1 of 2 streams: the others are not followed."));
    desk.take(down("pod/registry"));
    let frame = desk.frame(WIDE);
    assert!(
        frame.contains("What fails is not known: 0 of 2 streams followed") && frame.contains("2 down: other")
    );
    assert!(!frame.contains("No answer with"), "{frame}");
}

/// GitLab asks for the same delete for an hour, and a file of this host takes it all down.
fn repeated(desk: &mut Desk, path: Option<&str>) {
    let client = Client { address: Some("10.220.4.17".into()), agent: Some("GitLab/17.3.5".into()) };
    let answer = |seconds: i64| Answer {
        method: "DELETE".into(),
        uri: LOOP.into(),
        client: Arc::new(client.clone()),
        bytes: 30_000,
        first: at(seconds * 1000),
        last: at(seconds * 1000),
        ..failed(None, 400, 30)
    };
    let mut line = answered(-1_000, 400, "lighthouse/checkout/worker", "v1.3.0");
    if let Some(request) = &mut line.request {
        request.method = "DELETE".into();
    }
    let (lines, answers) = (vec![line], (0..=60).map(|minute| answer(minute * 60 - 3_600)).collect());
    let stream = if path.is_some() { "docker/registry" } else { "registry-6d8f9c7b5-x2k4q/registry" };
    let batch = Batch { stream: stream.into(), lines, read: 1_830, answers, ..Batch::default() };
    let fact = |fact| Event::Fact(Fact::Logs(fact));
    for size in path.map(|path| [(0, path), (300_000, path)]).into_iter().flatten() {
        let (size, path) = (size.0, size.1.to_owned());
        desk.take(fact(Logged::Disk {
            stream: stream.into(),
            path,
            size: (1 << 30) + size,
            free: (90 << 20) - size,
            total: 1 << 34,
        }));
        desk.wait(60);
    }
    desk.take(fact(Logged::Lines(Arc::new(batch))));
    desk.wait(2);
    desk.take(told(Vec::new()));
}

#[test]
fn what_is_repeated_for_ever_leads_to_its_lines_its_side_and_its_file() {
    let mut desk = bare("dark", UNICODE);
    repeated(&mut desk, Some(FILE));
    for (size, sheet) in [("120x40", WIDE), ("80x24", SMALL), ("40x20", NARROW)] {
        insta::assert_snapshot!(format!("storm-{size}"), desk.frame(sheet));
    }
    let request = desk.state.radar.repeated().next().unwrap();
    assert_eq!(request.to_string(), format!("DELETE {LOOP} by GitLab/17.3.5"));
    // What is most likely wrong is about the same; the row itself stands below.
    desk.press("G");
    let chosen = |desk: &Desk| desk.state.finding();
    while chosen(&desk).as_ref() != Some(&request) {
        let before = chosen(&desk);
        desk.press("k");
        assert_ne!(chosen(&desk), before, "it is never reached");
    }
    desk.press("d");
    insta::assert_snapshot!("storm-described", desk.frame(WIDE));
    desk.press("esc a");
    assert!(desk.text().contains("Empty the log file"), "{}", desk.text());
    desk.press("esc j d");
    insta::assert_snapshot!("storm-file", desk.frame(SMALL));
    desk.press("esc k enter");
    assert_eq!(desk.state.screen.panel, PanelId::Logs);
    assert_eq!(desk.state.tail.shown(&desk.state.logs).len(), 1, "{}", desk.text());
    desk.press("esc esc");
    assert_eq!((desk.state.screen.panel, chosen(&desk)), (PanelId::Overview, Some(request)));
}

#[test]
fn a_storm_whose_log_lies_elsewhere_is_not_emptied_from_here() {
    let mut desk = bare("dark", UNICODE);
    repeated(&mut desk, None);
    let request = desk.state.radar.repeated().next().unwrap();
    assert_eq!(desk.state.subject(), Some(request), "nothing else is wrong");
    let verb = quarterdeck::actions::verbs::find("truncate-log").unwrap();
    let refused = (verb.intent)(&desk.state, &desk.state.subject().unwrap());
    assert!(refused.is_err_and(|why| why.contains("no file of this host")));
}
