//! Plays one scenario and looks on, as whoever sits before the first screen and presses no key.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::cli::{Arming, Shelf, demonstration};
use quarterdeck::diagnosis::finding::Confidence;
use quarterdeck::diagnosis::rules::RULES;
use quarterdeck::diagnosis::verdict::Diagnosis;
use quarterdeck::runtime::look_on;
use quarterdeck::state::State;
use quarterdeck::ui::{self, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::clock::OwnClock;

/// After what is shown last, the verdict has so long, and then has to stay.
const SOON: Duration = Duration::from_secs(10);
const LASTING: Duration = Duration::from_secs(3);
/// Nobody is believed to find nothing before this: what is measured takes so long to be measured.
const PATIENCE: Duration = Duration::from_secs(25);
/// Whatever the machine does, a play is over by then.
const AT_LAST: Duration = Duration::from_secs(90);
/// The screen that is looked at.
const SCREEN: (u16, u16) = (120, 40);
/// What the first line of the verdict says where nothing is wrong.
const ALL_WELL: &str = "✓ Nothing is wrong as far as it is watched";

/// The causes of a verdict by rule, the first line first.
type Causes = Vec<&'static str>;

/// What all plays share.
#[derive(Clone)]
pub struct Stage {
    pub shelf: Arc<Shelf>,
    pub room: Arc<Semaphore>,
    pub clock: OwnClock,
}

/// What was seen of one scenario.
pub struct Seen {
    pub name: &'static str,
    pub wanted: Vec<String>,
    /// What has to be found to follow from it.
    follows: Vec<String>,
    /// When the verdict became right for good, after the last fault was shown.
    pub right: Option<Duration>,
    /// The same by the clock on the wall.
    pub wall: Option<Duration>,
    /// Every verdict that differed from the one before, with its time after the start.
    verdicts: Vec<(Duration, Causes)>,
    pub confidence: Option<Confidence>,
    pub symptoms: BTreeSet<&'static str>,
    words: Vec<String>,
    /// What the rules say that were to fire.
    outcomes: Vec<String>,
    /// The first line of the verdict, as it was drawn last.
    pub line: String,
    /// Whether the machine was so busy that the registry on it really was slow.
    pub was_slowed: bool,
}

fn causes(diagnosis: &Diagnosis) -> Causes {
    let mut causes: Causes = diagnosis.causes.iter().map(|cause| cause.finding.rule).collect();
    causes.dedup();
    causes
}

fn is_right(causes: &Causes, wanted: &[String]) -> bool {
    let all = wanted.iter().all(|id| causes.iter().any(|cause| cause == id));
    let no_other = causes.iter().all(|cause| wanted.iter().any(|id| id == cause));
    all && no_other && causes.first().copied() == wanted.first().map(String::as_str)
}

/// Plays a scenario until its verdict has lasted, or the time is over.
pub async fn play(name: &'static str, stage: Stage) -> Seen {
    let _room = stage.room.acquire_owned().await.unwrap();
    let shown = demonstration(Some(name), &Arming::default(), Some(stage.shelf)).ok().unwrap();
    let mut seen = Seen {
        name,
        wanted: shown.scenario.causes.clone(),
        follows: shown.scenario.follows.clone(),
        right: None,
        wall: None,
        verdicts: Vec::new(),
        confidence: None,
        symptoms: BTreeSet::new(),
        words: Vec::new(),
        outcomes: Vec::new(),
        line: String::new(),
        was_slowed: false,
    };
    shown.environment.serve(|_| ()).unwrap();
    let (started, last) = (Instant::now(), shown.scenario.length());
    let clock = stage.clock;
    // When the last fault was shown, by the play's own time.
    let (begun, mut fault) = (clock.now(), None);
    let mut eye = Eye::new();
    let look = |state: &State| {
        if started.elapsed() >= last {
            fault.get_or_insert_with(|| clock.now());
        }
        let after = fault.map(|fault| clock.now() - fault);
        let was = seen.right;
        seen.take(state.diagnosis(), clock.now() - begun, after);
        if seen.right != was {
            seen.wall = seen.right.map(|_| started.elapsed().saturating_sub(last));
        }
        let least = if seen.wanted.is_empty() { PATIENCE } else { Duration::ZERO };
        let has_lasted = |right: Duration| after.is_some_and(|it| it >= right.max(least) + LASTING);
        let is_late = seen.right.is_none() && after.is_some_and(|it| it > SOON + LASTING);
        let is_over = seen.right.is_some_and(has_lasted) || is_late;
        if is_over {
            seen.line = eye.first_line(state);
            seen.was_slowed = (clock.now() - begun) * 3 < started.elapsed() * 2;
        }
        is_over
    };
    // Nothing need ever happen again, so the observation ends by the clock.
    let _ = tokio::time::timeout(last + AT_LAST, look_on(shown.options, look)).await;
    let _ = std::fs::remove_dir_all(shown.folder.path());
    seen
}

/// Looks at the first screen.
struct Eye {
    terminal: Terminal<TestBackend>,
    view: View,
}

impl Eye {
    fn new() -> Self {
        Self { terminal: Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).unwrap(), view: View::default() }
    }

    /// The first line within the box of the verdict.
    fn first_line(&mut self, state: &State) -> String {
        self.terminal.draw(|frame| ui::draw(state, &mut self.view, frame)).unwrap();
        let rows = self.terminal.backend().buffer().content.chunks(usize::from(SCREEN.0));
        let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>());
        let mut below = rows.skip_while(|row| !row.contains("1 Overview")).skip(1);
        below.next().unwrap_or_default().trim_matches(['│', ' ']).to_owned()
    }
}

impl Seen {
    fn take(&mut self, diagnosis: &Diagnosis, at: Duration, after: Option<Duration>) {
        let causes = causes(diagnosis);
        if self.verdicts.last().map_or(&Causes::new(), |(_, before)| before) != &causes {
            self.verdicts.push((at, causes.clone()));
        }
        // Nothing may be found where nothing is wrong, not even while everything comes up.
        let symptoms: BTreeSet<_> = diagnosis.findings().map(|finding| finding.rule).collect();
        let follows = self.follows.iter().all(|id| symptoms.contains(id.as_str()));
        let counts = is_right(&causes, &self.wanted) && follows;
        self.right = self.right.filter(|_| counts).or_else(|| counts.then(|| after.unwrap_or_default()));
        self.confidence = diagnosis.causes.first().map(|cause| cause.confidence);
        self.symptoms = symptoms;
        self.words = diagnosis.causes.iter().map(|cause| cause.finding.words.clone()).collect();
        let wanted = self.wanted.iter().chain(&self.follows);
        self.outcomes = wanted.map(|id| format!("{id}: {:?}", diagnosis.of(id))).collect();
    }

    pub fn last(&self) -> Causes {
        self.verdicts.last().map(|(_, causes)| causes.clone()).unwrap_or_default()
    }

    /// Causes that were named on the way to the verdict and that neither are the cause nor follow from it.
    pub fn strays(&self) -> BTreeSet<&'static str> {
        let mut known: BTreeSet<&str> = self.wanted.iter().map(String::as_str).collect();
        loop {
            let explained =
                RULES.iter().filter(|rule| known.contains(rule.id)).flat_map(|rule| rule.explains);
            let more: BTreeSet<&str> = explained.copied().chain(known.iter().copied()).collect();
            if more.len() == known.len() {
                break;
            }
            known = more;
        }
        let named = self.verdicts.iter().flat_map(|(_, causes)| causes);
        named.copied().filter(|id| !known.contains(id)).collect()
    }

    /// What is wrong with what was seen.
    pub fn complaint(&self) -> Option<String> {
        let last = self.last();
        match self.right {
            Some(right) if right > SOON => Some(format!("right only after {:.1} s", right.as_secs_f64())),
            Some(_) if self.wanted.is_empty() && !self.verdicts.is_empty() => {
                Some("found something".to_owned())
            }
            Some(_) if !self.is_drawn() => Some("the first screen does not say so".to_owned()),
            Some(_) => None,
            None => Some(format!("wanted {:?}, found {last:?} and {:?}", self.wanted, self.symptoms)),
        }
    }

    /// Whether the first line of the verdict says what the first cause is, as far as there is room.
    fn is_drawn(&self) -> bool {
        let Some(words) = self.words.first() else { return self.line.starts_with(ALL_WELL) };
        let said = self.line.trim_start_matches(['✗', '!', ' ']);
        let said = said.split(['…']).next().unwrap_or_default().split("   ").next().unwrap_or_default();
        let least = words.chars().take(40).collect::<String>();
        said.starts_with(&least)
    }

    /// Everything that helps to understand a complaint.
    pub fn story(&self) -> String {
        let mut text = String::new();
        for (at, causes) in &self.verdicts {
            let _ = writeln!(text, "  at {:.1} s: {causes:?}", at.as_secs_f64());
        }
        let _ = writeln!(text, "  drawn: {}\n  words: {:?}", self.line, self.words);
        self.outcomes.iter().for_each(|outcome| text.push_str(&format!("  {outcome}\n")));
        text
    }
}
