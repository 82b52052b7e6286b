//! Runbooks: steps that answer themselves, answers and notes that are kept, and verbs that ask first.

use std::sync::Arc;

use quarterdeck::actions::Work;
use quarterdeck::actions::verbs::VERBS;
use quarterdeck::diagnosis::rules::RULES;
use quarterdeck::event::{Event, Fact, Intent, Outcome, PanelId, RunbookWish};
use quarterdeck::execution::notebook::Notebook;
use quarterdeck::model::{Called, Gate, Subject, Watched};
use quarterdeck::runbook::{Known, Paper, Shelf};
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::runtime::{CockpitOptions, drive, open_with};
use quarterdeck::sources::bucket::facts::{Fact as Bucket, Survey};
use quarterdeck::state::Session;
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};
use quarterdeck::ui::keys;

use crate::cluster::{live, pod, put, slice, zoo};
use crate::desk::Desk;
use crate::house::{SMALL, WIDE, options};

const PODS: &str = r#"# Pods fail

What to do when **pods** fail. Look *first*: a pod that is gone tells nothing any more.

- All fail: it is the store.
- A few fail: go down the steps.

## Tell support

Say that it is known, and since when. They can help people who are blocked meanwhile.

## Pods in a crash loop

```check crash-loop
fires: #read-the-last-words because its last words say why
clear: #are-all-pods-in-the-service
```

1. Exit code `137` with `OOMKilled`: it needs more memory than it may have, so raise the limit or find out what eats it.
2. Anything else: the log tells.

```verb previous-logs finding
The run before this one.
```

```sh
kubectl -n {namespace} logs {pod} --previous
kubectl -n {namespace} get pods -l {selector}
```

### Read the last words

```sh
echo "show stat" | socat stdio {instance}
```

## Are all pods in the service?

```check endpoints-empty
fires: #tell-support
clear: tags#take-it-away because there is one address for each pod
```
"#;

const TAGS: &str = "# A tag hurts\n\n## Take it away\n\n```verb delete-tag tag:signal/bridge/relay:hotfix-42\nWhen its owner is silent.\n```\n";

fn shelf() -> Arc<Shelf> {
    let (checks, verbs): (Vec<_>, Vec<_>) =
        (RULES.iter().map(|rule| rule.id).collect(), VERBS.iter().map(|verb| verb.id).collect());
    let paper = |file: &str, text: &str| Paper { file: file.into(), text: Ok(text.into()) };
    let papers = [
        paper("/etc/own/tags.md", TAGS),
        paper("/etc/own/pods.md", PODS),
        paper("/etc/own/typo.md", "# Typo\n\n## A\n\n```check crash-lop\n```\n"),
    ];
    Arc::new(Shelf::default().with(&papers, &Known { checks: &checks, verbs: &verbs }))
}

fn watched() -> Watched {
    let called = Called { instance: Some("/run/haproxy/admin.sock".into()), ..Called::default() };
    Watched { called, ..crate::cluster::watched() }
}

/// A cockpit on a cluster with a pod that crashes.
fn desk(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = Desk::with(Gate::shut(vec!["harbour".into()], false), theme, glyphs);
    desk.state.session.runbooks = shelf();
    desk.state.session.watched = watched();
    desk.state.screen.panel = PanelId::Overview;
    desk.state.kubernetes = zoo();
    desk.wait(60);
    desk
}

/// The cluster is well now.
fn heal(desk: &mut Desk) {
    let mut picture = live();
    let pods = [pod("running-a", 11), pod("running-b", 12)];
    let addresses = pods.iter().map(crate::cluster::address).collect();
    picture.slices.insert("x7k2p".into(), slice("x7k2p", addresses));
    put(&mut picture, pods);
    desk.state.kubernetes = picture;
    desk.wait(60);
}

fn keep(desk: &mut Desk, name: &str) {
    for sheet in [WIDE, SMALL] {
        let frame = desk.frame(sheet);
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("runbook-{name}-{}x{}", sheet.columns, sheet.rows), frame);
        });
    }
}

fn at(desk: &Desk) -> String {
    desk.state.open_step().map(|(book, step)| format!("{}#{}", book.id, step.anchor)).unwrap_or_default()
}

#[test]
fn runbooks_that_fit_what_is_wrong_come_first_and_steps_tell_what_they_see() {
    let mut desk = desk("dark", UNICODE);
    desk.press("7");
    keep(&mut desk, "list");
    desk.press("enter");
    assert_eq!(at(&desk), "pods#pods-in-a-crash-loop", "where a fault is found");
    keep(&mut desk, "found");
    desk.press("k space N");
    desk.press("type:told,since-14:00 enter");
    keep(&mut desk, "answered");
    desk.press("j x");
    heal(&mut desk);
    keep(&mut desk, "contradicted");
    let mut mono = self::desk("mono", ASCII);
    mono.press("7 enter");
    assert!(mono.frame(SMALL).lines().take(24).all(str::is_ascii));
    keep(&mut mono, "mono");
}

#[test]
fn enter_goes_where_the_answer_leads_and_the_way_back_is_a_key() {
    let mut desk = desk("dark", UNICODE);
    desk.want(Intent::OpenRunbook { step: "pods#pods-in-a-crash-loop".into() });
    assert!(
        desk.text().contains("Enter → Read the last words, because its last words say why"),
        "{}",
        desk.text()
    );
    desk.press("enter");
    assert_eq!(at(&desk), "pods#read-the-last-words");
    desk.press("backspace");
    assert_eq!(at(&desk), "pods#pods-in-a-crash-loop");
    heal(&mut desk);
    desk.press("enter");
    assert_eq!(at(&desk), "pods#are-all-pods-in-the-service");
    desk.press("enter");
    assert_eq!(at(&desk), "tags#take-it-away", "another runbook");
    desk.press("backspace p");
    assert_eq!(at(&desk), "pods#read-the-last-words", "the step before that waits");
    desk.press("esc");
    assert_eq!(desk.state.screen.panel, PanelId::Overview, "back where one came from");
    desk.press("7 7");
    assert!(desk.state.open_step().is_none(), "the list");
}

#[test]
fn what_was_found_is_one_key_away_and_so_is_its_command() {
    let mut desk = desk("dark", UNICODE);
    desk.press("7 enter");
    let pod = "gitlab-registry-7d9c8bfb6c-crash";
    assert_eq!(desk.state.subject(), Some(Subject::Pod(pod.into())));
    let intents = |desk: &Desk, key: &str| {
        quarterdeck::ui::interpret(&keys::parse(key).unwrap(), &desk.state, &desk.view)
    };
    let command =
        format!("kubectl -n gitlab logs {pod} --previous\nkubectl -n gitlab get pods -l app=registry");
    assert_eq!(intents(&desk, "c"), [Intent::Copy { what: "Command", text: command }]);
    desk.press("o");
    assert_eq!(desk.state.screen.panel, PanelId::Pods);
    assert_eq!(desk.state.subject(), Some(Subject::Pod(pod.into())));
    desk.press("esc");
    assert_eq!(at(&desk), "pods#pods-in-a-crash-loop");
}

#[test]
fn a_verb_that_writes_is_proposed_and_never_done_by_its_step() {
    let mut desk = desk("dark", UNICODE);
    desk.take(Event::Fact(Fact::Bucket(Bucket::Surveyed { survey: Survey::Registry, requests: 1 })));
    desk.want(Intent::OpenRunbook { step: "tags#take-it-away".into() });
    desk.press("a");
    assert!(desk.text().contains("Delete the tag in the bucket"), "{}", desk.text());
    desk.press("j enter");
    assert!(desk.state.deed().is_some(), "{}", desk.text());
    let tag = Subject::Tag { repository: "signal/bridge/relay".into(), tag: "hotfix-42".into() };
    let prepared = desk.work.iter().any(|work| match work {
        Work::Prepare { order, permit, .. } => {
            order.verb == "delete-tag" && order.targets[0].subject == tag && permit.is_none()
        }
        _ => false,
    });
    assert!(prepared, "{:?}", desk.work);
    assert_eq!(desk.writes(), 0);
}

#[test]
fn a_verb_with_an_aim_of_its_own_leaves_the_others_to_what_was_found() {
    let mut desk = desk("dark", UNICODE);
    desk.press("7 enter");
    let found = desk.state.subject();
    assert!(matches!(found, Some(Subject::Pod(_))), "{found:?}");
    let aimed = Some(Subject::Tag { repository: "signal/bridge/relay".into(), tag: "hotfix-42".into() });
    let aim =
        |desk: &mut Desk, aim: &Option<Subject>| desk.want(Intent::Runbook(RunbookWish::Aim(aim.clone())));
    aim(&mut desk, &aimed);
    desk.want(Intent::Rescan);
    assert!(
        desk.work.iter().any(|work| Some(work) == aimed.clone().map(Work::Scan).as_ref()),
        "{:?}",
        desk.work
    );
    aim(&mut desk, &None);
    assert_eq!(desk.state.subject(), found, "once it is done");
    aim(&mut desk, &aimed);
    desk.want(Intent::Describe);
    aim(&mut desk, &None);
    assert_eq!(desk.state.subject(), aimed, "as long as what it opened is there");
    desk.press("esc");
    assert_eq!(desk.state.subject(), found, "once that is closed");
}

#[test]
fn each_change_is_kept_and_beginning_anew_asks_once() {
    let mut desk = desk("dark", UNICODE);
    desk.press("7 enter k space");
    let kept = |desk: &Desk| match desk.work.last() {
        Some(Work::Keep { runbook, walk, anew }) => Some((runbook.clone(), walk.clone(), *anew)),
        _ => None,
    };
    let (runbook, walk, anew) = kept(&desk).unwrap();
    assert_eq!((runbook.as_str(), anew), ("pods", false));
    assert!(walk.answer("tell-support").is_some_and(|answer| answer.fine && answer.at == desk.now));
    assert_eq!(walk.at.as_deref(), Some("tell-support"));
    desk.press("R");
    assert!(kept(&desk).is_some_and(|(_, walk, _)| !walk.steps.is_empty()), "asked once, nothing is gone");
    desk.press("R");
    let (_, walk, anew) = kept(&desk).unwrap();
    assert!(anew && walk.said() == 0 && walk.begun == Some(desk.now), "{walk:?}");
    desk.tell(Outcome::Kept { why: Some("/state cannot be written: no space".into()) });
    assert!(desk.text().contains("lost when you leave: /state cannot be written"), "{}", desk.text());
    desk.press("j");
    desk.tell(Outcome::Kept { why: Some("/state cannot be written: no space".into()) });
    assert!(!desk.text().contains("lost when you leave"), "once is enough");
}

#[test]
fn what_does_not_exist_says_so_and_opens_nothing() {
    let mut desk = desk("dark", UNICODE);
    desk.press("type::rb space type:pods#tell-suport enter");
    assert!(desk.text().contains("did you mean tell-support?"), "{}", desk.text());
    assert_eq!(desk.state.screen.panel, PanelId::Overview);
    desk.press("type::rb space type:pods#tell-support enter");
    assert_eq!(at(&desk), "pods#tell-support");
}

#[tokio::test]
async fn answers_and_notes_survive_a_restart() {
    let (registry, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let frame = async |script: &str| {
        let url = format!("file://{}", registry.path().display());
        let open = open_with(url.clone(), OpenOptions::default());
        let options = options(&url, open);
        let session = Session { runbooks: shelf(), watched: watched(), ..options.session };
        let notebook = Some(Notebook::new(state.path(), "gprd/eu"));
        let options = CockpitOptions { session, notebook, ..options };
        drive(options, keys::script(script).unwrap(), WIDE).await.unwrap().lines().join("\n")
    };
    frame("type::rb space type:pods#tell-support enter space N type:ticket-7 enter j j").await;
    let after = frame("type::rb space type:pods enter").await;
    assert!(after.contains("Read the last words ─"), "where one was: {after}");
    let after = frame("type::rb space type:pods#tell-support enter").await;
    assert!(after.contains("You said: done") && after.contains("◆ ticket-7"), "{after}");
    let folder = state.path().join("runbooks/gprd%2Feu");
    frame("type::rb space type:pods enter R R").await;
    assert!(folder.join("pods.json.previous").exists());
    std::fs::write(folder.join("pods.json"), "{").unwrap();
    let after = frame("type::rb space type:pods#tell-support enter").await;
    assert!(after.contains("waiting") && folder.join("pods.json.broken").exists(), "{after}");
}
