//! Runbooks as text and as they stand: what reads, what is wrong, and where one goes on.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::diagnosis::finding::{Confidence, Finding, Impact};
use crate::diagnosis::look::Need;
use crate::diagnosis::verdict::{Cause, Diagnosis};
use crate::model::Subject;

const KNOWN: Known<'_> = Known { checks: &["crash-loop", "stuck-in-init"], verbs: &["logs", "delete-tag"] };

const GOOD: &str = "\
<!-- of the platform team -->
# Pods fail

What this is for.

- one
- two

## Are pods in a crash loop?

Look *closely*.

```check crash-loop
fires: #read-the-log because the log tells
clear: other#start
```

1. First:

   ```sh
   kubectl logs {pod}
   ```

### Read the log

~~~verb logs finding
When it
crashed.
~~~

````markdown
## not a step
```
````

## Tell somebody ##
";

fn known(text: &str) -> Result<Runbook, Vec<Mistake>> {
    parse(text, "runbooks/pods-fail.md", &KNOWN)
}

#[test]
fn a_runbook_reads_as_its_viewer_shows_it() {
    let book = known(GOOD).unwrap();
    assert_eq!((book.id.as_str(), book.title.as_str()), ("pods-fail", "Pods fail"));
    assert_eq!(book.intro, [Block::Text("What this is for.\n\n- one\n- two".into())]);
    let steps: Vec<_> =
        book.steps.iter().map(|step| (&*step.anchor, &*step.heading, step.depth, step.line)).collect();
    assert_eq!(
        steps,
        [
            ("are-pods-in-a-crash-loop", "Are pods in a crash loop?", 1, 9),
            ("read-the-log", "Read the log", 2, 24),
            ("tell-somebody", "Tell somebody", 1, 36),
        ]
    );
    let check = book.steps[0].checks().next().unwrap();
    assert_eq!(check.rule, "crash-loop");
    let branches: Vec<_> = check
        .branches
        .iter()
        .map(|branch| (branch.on, branch.to.to_string(), &*branch.because, branch.line))
        .collect();
    assert_eq!(
        branches,
        [(On::Fires, "#read-the-log".into(), "the log tells", 14), (On::Clear, "other#start".into(), "", 15)]
    );
    assert_eq!(book.steps[0].commands().collect::<Vec<_>>(), [("sh", "kubectl logs {pod}")]);
    assert_eq!(book.steps[1].verbs().collect::<Vec<_>>(), [("logs", &Aim::Finding)]);
    assert_eq!(book.steps[1].commands().collect::<Vec<_>>(), [("markdown", "## not a step\n```")]);
}

#[test]
fn a_step_offers_a_verb_once_so_that_each_can_be_reached() {
    let twice =
        "# T\n## A\n```verb logs finding\n```\n```verb logs service\n```\n## B\n```verb logs service\n```\n";
    let told: Vec<_> = known(twice).unwrap_err().iter().map(ToString::to_string).collect();
    let expected =
        "runbooks/pods-fail.md:5: a second logs in this step; give each thing that it is for its own step";
    assert_eq!(told, [expected]);
}

#[test]
fn every_mistake_is_told_at_once_with_its_line_and_what_was_meant() {
    let text = "\
Some text.

```check crash-lop
```

## One

```check crash-lop
fires: #tow because x
fries: #two
clear: #two
clear: #two
```

```verb lgos finding
```

```verb logs tag:no-tag
```

```verb logs
```

```sh
get {pdo} {x}
```

## Two

## two!

# Late

# Later

```sh
never ends
";
    let mistakes = known(text).unwrap_err();
    let told: Vec<_> = mistakes.iter().map(|mistake| (mistake.line, mistake.to_string())).collect();
    let expected = [
        (3, "unknown check crash-lop; did you mean crash-loop?"),
        (3, "a check before the first step; put it below a ## heading"),
        (8, "unknown check crash-lop; did you mean crash-loop?"),
        (9, "there is no step #tow here; did you mean #two?"),
        (10, "\"fries: #two\" says nowhere to go on; write fires:, clear: or unknown:"),
        (12, "a second clear:; one of them is enough"),
        (15, "unknown verb lgos; did you mean logs?"),
        (18, "\"tag:no-tag\" is nothing that a verb could be for; it is one of finding, service"),
        (21, "what the verb is for is missing"),
        (25, "nothing is known as {pdo}; did you mean {pod}?"),
        (25, "nothing is known as {x}; known are context"),
        (30, "a second step with the anchor #two; the first one is in line 28"),
        (34, "a second title; a step begins with ##"),
        (36, "the block that begins here has no end; end it with ```"),
    ];
    for ((line, told), (expected_line, expected)) in told.iter().zip(expected) {
        assert!(
            told.starts_with(&format!("runbooks/pods-fail.md:{expected_line}: {expected}")),
            "{line}: {told}"
        );
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (text, expected) in [("", "no title"), ("## A\n", "no title"), ("# A\ntext\n", "no step")] {
        let mistakes = known(text).unwrap_err();
        assert!(mistakes[0].what.starts_with(expected), "{text:?}: {mistakes:?}");
    }
}

#[test]
fn anchors_are_those_of_the_format() {
    for (heading, expected) in [
        ("Are the cloud's load balancers well?", "are-the-cloud-s-load-balancers-well"),
        ("  5xx / errors -- `now`  ", "5xx-errors-now"),
        ("Überlauf", "überlauf"),
        ("?!", ""),
    ] {
        assert_eq!(anchor(heading), expected);
    }
}

#[test]
fn a_runbook_that_is_written_again_reads_the_same() {
    let book = known(GOOD).unwrap();
    let again = known(&write(&book, None, &Names::new()).replace("<pod>", "{pod}")).unwrap();
    let plain = |book: &Runbook| {
        let steps = book.steps.iter().map(|step| (step.heading.clone(), step.depth, step.commands().count()));
        (book.title.clone(), book.intro.clone(), steps.collect::<Vec<_>>())
    };
    assert_eq!(plain(&again), plain(&book));
    let names = Names::from([("pod", "registry-1".to_owned())]);
    let step = write(&book, book.step("are-pods-in-a-crash-loop"), &names);
    assert!(
        step.starts_with("## Are pods") && step.contains("logs registry-1") && step.contains("### Read"),
        "{step}"
    );
    assert!(!step.contains("Tell somebody"), "{step}");
}

fn paper(file: &str, text: &str) -> Paper {
    Paper { file: file.into(), text: Ok(text.into()) }
}

#[test]
fn a_broken_file_is_told_and_all_others_load_and_ones_own_goes_before_ours() {
    let mut shelf = Shelf::default();
    shelf.books.push((known(GOOD).unwrap(), Origin::BuiltIn));
    let other = "# Other\n## Start\n```check crash-loop\nfires: pods-fail#read-the-lgo\n```\n";
    let shelf = shelf.with(
        &[
            paper("/c/broken.md", "# Broken\n## A\n```check nonsense\n```\n"),
            paper("/c/other.md", other),
            paper("/c/pods-fail.md", "# Mine\n## Read the log\n## Say\u{1b}[2J\tso\n"),
            Paper { file: "/c/unread.md".into(), text: Err("permission denied".into()) },
        ],
        &KNOWN,
    );
    let books: Vec<_> = shelf.books.iter().map(|(book, origin)| (&*book.title, origin.clone())).collect();
    assert_eq!(
        books,
        [("Mine", Origin::Instead("/c/pods-fail.md".into())), ("Other", Origin::Own("/c/other.md".into()))]
    );
    assert_eq!(shelf.book("pods-fail").unwrap().steps[1].heading, "Say\\x1b[2J    so");
    let told: Vec<_> = shelf.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "/c/broken.md:3: unknown check nonsense",
            "/c/unread.md: cannot be read: permission denied",
            "/c/other.md:4: pods-fail has no step #read-the-lgo; did you mean read-the-log?",
        ]
    );
    let find =
        |text: &str| shelf.find(&Place::parse(text)).map(|(book, step)| (&*book.title, step.is_some()));
    assert_eq!(find("other#start"), Ok(("Other", true)));
    assert_eq!(find("pods-fail"), Ok(("Mine", false)));
    assert!(find("broken").unwrap_err().contains("/c/broken.md:3"));
    assert_eq!(find("othr").unwrap_err(), "there is no runbook othr; did you mean other?");
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn finding(rule: &'static str) -> Finding {
    Finding {
        rule,
        words: "2 pods crash".into(),
        impact: Impact::Degraded,
        about: vec![Subject::Pod("registry-1".into())],
        since: None,
        evidence: Vec::new(),
        against: Vec::new(),
        next: String::new(),
        verbs: Vec::new(),
    }
}

fn fires(rule: &'static str) -> Diagnosis {
    let cause = Cause { finding: finding(rule), confidence: Confidence::Certain, symptoms: Vec::new() };
    Diagnosis { causes: vec![cause], ..Diagnosis::default() }
}

fn clear() -> Diagnosis {
    let seen = |rule| (rule, "20 of 20 pods ready".to_owned());
    Diagnosis { clear: vec![seen("crash-loop"), seen("stuck-in-init")], ..Diagnosis::default() }
}

fn open() -> Diagnosis {
    Diagnosis { open: vec![("crash-loop", vec![Need::off("Kubernetes")])], ..clear() }
}

#[test]
fn a_step_is_what_its_check_sees_and_what_was_answered_and_both_where_they_differ() {
    let (fires, clear, open) = (fires("crash-loop"), clear(), {
        let mut open = open();
        open.clear.retain(|(rule, _)| *rule != "crash-loop");
        open
    });
    let book = known(GOOD).unwrap();
    let (live_step, manual) = (&book.steps[0], &book.steps[2]);
    let (yes, no) = (Answer { fine: true, at: at(1) }, Answer { fine: false, at: at(1) });
    let name = |state: &StepState<'_>| match state {
        StepState::Fires(_) => "fires",
        StepState::Clear(_) => "clear",
        StepState::Unknown(_) => "unknown",
        StepState::Waiting => "waiting",
        StepState::Answered(Answer { fine: true, .. }) => "yes",
        StepState::Answered(Answer { fine: false, .. }) => "no",
        StepState::Contradicted { live: Live::Fires(_), .. } => "contradicted, fires",
        StepState::Contradicted { .. } => "contradicted, clear",
    };
    let after_heading = Some(("pods-fail#read-the-log".to_owned(), String::new()));
    let other = |because: &str| Some(("other#start".to_owned(), because.to_owned()));
    let log = Some(("pods-fail#read-the-log".to_owned(), "the log tells".to_owned()));
    for (step, diagnosis, answer, expected, onward) in [
        (live_step, &fires, None, "fires", log.clone()),
        (live_step, &fires, Some(&no), "fires", log.clone()),
        (live_step, &fires, Some(&yes), "contradicted, fires", log.clone()),
        (live_step, &clear, None, "clear", other("20 of 20 pods ready")),
        (live_step, &clear, Some(&yes), "clear", other("20 of 20 pods ready")),
        (live_step, &clear, Some(&no), "contradicted, clear", other("20 of 20 pods ready")),
        (live_step, &open, None, "unknown", after_heading.clone()),
        (live_step, &open, Some(&yes), "yes", other("you answered: fine")),
        (live_step, &open, Some(&no), "no", log.clone()),
        (manual, &fires, None, "waiting", None),
        (manual, &fires, Some(&yes), "yes", None),
        (manual, &fires, Some(&no), "no", None),
    ] {
        let state = live(step, diagnosis, answer);
        assert_eq!(name(&state), expected, "{} {answer:?}", step.heading);
        let onward_now = next(&book, step, &state).map(|turn| (turn.to.to_string(), turn.because));
        assert_eq!(onward_now, onward, "{} {expected}", step.heading);
    }
}

#[test]
fn of_several_checks_the_first_that_finds_something_decides() {
    let text = "# T\n## A\n```check crash-loop\nfires: #b\n```\n```check stuck-in-init\nfires: #c\nclear: #d\nunknown: #e\n```\n## B\n## C\n## D\n## E\n";
    let book = known(text).unwrap();
    let mut both = fires("stuck-in-init");
    both.causes.extend(fires("crash-loop").causes);
    let mut half = fires("stuck-in-init");
    half.open = vec![("crash-loop", vec![Need::off("Kubernetes")])];
    let mut open = open();
    open.clear.retain(|(rule, _)| *rule == "stuck-in-init");
    let mut second = fires("stuck-in-init");
    second.clear = clear().clear;
    second.clear.retain(|(rule, _)| *rule == "crash-loop");
    for (diagnosis, expected) in [(both, "b"), (second, "c"), (half, "c"), (clear(), "d"), (open, "e")] {
        let state = live(&book.steps[0], &diagnosis, None);
        assert_eq!(next(&book, &book.steps[0], &state).unwrap().to.anchor, expected, "{state:?}");
    }
}

#[test]
fn one_begins_where_a_fault_is_found_else_where_somebody_is_waited_for() {
    let book =
        known("# T\n## A\n```check stuck-in-init\n```\n## B\n## C\n```check crash-loop\n```\n").unwrap();
    let mut walk = Walk::default();
    let first = |diagnosis: &Diagnosis, walk: &Walk| first(&book, diagnosis, walk).unwrap().anchor.clone();
    let mut fires = fires("crash-loop");
    fires.clear = vec![("stuck-in-init", "none".into())];
    assert_eq!(first(&fires, &walk), "c");
    assert_eq!(first(&clear(), &walk), "b");
    walk.answered("b", true, at(1));
    assert_eq!(first(&clear(), &walk), "a");
}

#[test]
fn an_answer_or_a_note_can_be_taken_back() {
    let mut walk = Walk::default();
    walk.answered("a", true, at(1));
    walk.noted("a", " node 3 ", at(1));
    walk.answered("a", false, at(2));
    assert_eq!((walk.answer("a"), walk.note("a")), (Some(&Answer { fine: false, at: at(2) }), "node 3"));
    walk.answered("a", false, at(3));
    assert_eq!((walk.answer("a"), walk.said()), (None, 1));
    walk.noted("a", "", at(3));
    assert_eq!((walk.note("a"), walk.said()), ("", 0));
}

#[test]
fn of_two_walks_the_later_answer_and_the_later_note_count_and_what_was_taken_back_stays_so() {
    let (mut here, mut there) = (Walk::default(), Walk::default());
    here.answered("a", true, at(1));
    here.noted("a", "mine", at(5));
    here.answered("b", true, at(1));
    here.at = Some("a".to_owned());
    there.merge(&here);
    there.answered("a", false, at(2));
    there.noted("a", "theirs", at(4));
    there.answered("b", true, at(2));
    there.answered("c", true, at(3));
    there.at = Some("c".to_owned());
    here.merge(&there);
    assert_eq!((here.answer("a").map(|answer| answer.fine), here.note("a")), (Some(false), "mine"));
    assert_eq!((here.answer("b"), here.answer("c").is_some(), here.at.as_deref()), (None, true, Some("a")));
    let mut anew = Walk::begun(at(3));
    anew.merge(&here);
    assert_eq!((anew.answer("a"), anew.note("a"), anew.answer("c").is_some()), (None, "mine", true));
    here.merge(&anew);
    assert_eq!(here, Walk { at: here.at.clone(), ..anew }, "whoever asks");
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_read(
        text in "(# T\n|## A\n|### b\n|```|~~~~|check crash-loop|verb logs finding|fires: #|\\{|\\}|<!--|-->|\n| |\t|#|\\PC|é){0,40}"
    ) {
        if let Ok(book) = known(&text) {
            let _ = write(&book, book.steps.first(), &Names::new());
            prop_assert!(!book.steps.is_empty());
        }
        let _ = fill("sh", &text, &Names::from([("pod", "a b".to_owned())]));
    }
}
