//! A state that keys and outcomes are folded into by hand, and what it looks like: the cockpit without a world.

use jiff::{SignedDuration, Timestamp};
use quarterdeck::actions::verbs;
use quarterdeck::actions::{Effect, Work, plan};
use quarterdeck::bus::Stamped;
use quarterdeck::event::{Errand, Event, Intent, Outcome};
use quarterdeck::model::{
    About, Act, Content, Gate, Item, Order, Past, Proposal, Standing, Step, Subject, TagState, Target,
};
use quarterdeck::runtime::Sheet;
use quarterdeck::state::{Session, State, fold};
use quarterdeck::ui::glyphs::{Glyphs, UNICODE};
use quarterdeck::ui::{self, View, keys};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::house::watch;

const TAGS: &str = "docker/registry/v2/repositories/signal/bridge/relay/_manifests/tags";

/// A state, the effects that came of it, and the time.
pub struct Desk {
    pub state: State,
    pub view: View,
    pub work: Vec<Work>,
    pub now: Timestamp,
    seq: u64,
}

impl Desk {
    /// A cockpit on a protected bucket that asks for a name, read-only.
    pub fn guarded() -> Self {
        Self::with(Gate::shut(vec!["harbour".into(), "registry-bucket".into()], true), "dark", UNICODE)
    }

    /// A cockpit where arming asks for nothing, read-only.
    pub fn open() -> Self {
        Self::with(Gate::shut(vec!["harbour".into()], false), "dark", UNICODE)
    }

    pub fn with(gate: Gate, theme: &str, glyphs: Glyphs) -> Self {
        let session = Session {
            profile: "harbour".into(),
            protection: "PRODUCTION".into(),
            bucket: "gs://registry-bucket".into(),
            registry: Some("https://registry.example.com/".into()),
            ..Session::default()
        };
        let mut state = State::new(session, theme);
        state.gate = gate;
        let mut desk = Self { state, view: View::new(glyphs), work: Vec::new(), now: watch(), seq: 0 };
        desk.draw(crate::house::SMALL);
        desk
    }

    pub fn take(&mut self, what: Event) {
        self.seq += 1;
        let event = Stamped { seq: self.seq, at: self.now, what };
        fold(&mut self.state, &event);
        self.work.extend(plan(&self.state, &event).into_iter().filter_map(|effect| match effect {
            Effect::Work(work) => Some(work),
            Effect::Wish(_) => None,
        }));
    }

    pub fn tell(&mut self, outcome: Outcome) {
        self.take(Event::Outcome(outcome));
    }

    pub fn want(&mut self, intent: Intent) {
        self.take(Event::Intent(intent));
    }

    /// Presses the keys of a script.
    pub fn press(&mut self, script: &str) {
        for key in keys::script(script).unwrap() {
            for intent in ui::interpret(&key, &self.state, &self.view) {
                self.want(intent);
            }
        }
    }

    pub fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self.take(Event::Tick);
    }

    /// Asks for a proposal, and has it worked out.
    pub fn shown(mut self, proposal: Proposal) -> Self {
        self.show(proposal);
        self
    }

    pub fn show(&mut self, proposal: Proposal) {
        self.want(Intent::Propose(errand(&proposal)));
        let ticket = self.state.deed().unwrap().ticket;
        self.tell(Outcome::Proposed { ticket, proposal: proposal.into() });
    }

    /// How often something was handed over to be carried out.
    pub fn writes(&self) -> usize {
        self.work.iter().filter(|work| matches!(work, Work::CarryOut(_))).count()
    }

    /// The screen as text, with a number for its styles.
    pub fn frame(&mut self, sheet: Sheet) -> String {
        let (lines, styles) = self.draw(sheet);
        format!("{}\nstyles {styles:08x}", lines.join("\n"))
    }

    pub fn text(&mut self) -> String {
        let (lines, _) = self.draw(crate::house::WIDE);
        lines.join("\n")
    }

    fn draw(&mut self, sheet: Sheet) -> (Vec<String>, u32) {
        let Ok(mut terminal) = Terminal::new(TestBackend::new(sheet.columns, sheet.rows));
        let Ok(_) = terminal.draw(|frame| ui::draw(&self.state, &mut self.view, frame));
        let buffer = terminal.backend().buffer();
        let cells = buffer.content.chunks(usize::from(sheet.columns));
        let lines = cells
            .map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned())
            .collect();
        let styles: String = buffer.content.iter().map(|cell| format!("{:?}", cell.style())).collect();
        (lines, crc32c::crc32c(styles.as_bytes()))
    }
}

fn errand(proposal: &Proposal) -> Errand {
    match &proposal.about {
        Some(about) => Errand::Journal(about.clone()),
        None => {
            let verb = verbs::find(&proposal.verb).map_or("delete-tag", |verb| verb.id);
            let target = |item: &Item| Target { subject: item.subject.clone(), object: None };
            Errand::Verb(Order { verb, targets: proposal.items.iter().map(target).collect() })
        }
    }
}

pub fn tag(name: &str) -> Subject {
    Subject::Tag { repository: "signal/bridge/relay".into(), tag: name.into() }
}

fn step(act: Act, key: String) -> Step {
    let object = !act.is_folder();
    let modified = "2026-01-11T09:30:00Z".parse().unwrap();
    Step { act, key, size: object.then_some(71), modified: object.then_some(modified), guards: Vec::new() }
}

fn delete(key: String, version: &str) -> Step {
    step(Act::Delete { version: version.into() }, key)
}

fn history(name: &str) -> String {
    format!(
        "{TAGS}/{name}/index/sha256/71496eb184bca65eac196492ceb2150f7e86188f18df4aa443ef43ed8e6e5bbc/link"
    )
}

fn item(name: &str, state: TagState) -> Item {
    let link = delete(format!("{TAGS}/{name}/current/link"), "1768123456000001");
    let index = delete(history(name), "1768123456000002");
    let (why, before, steps) = match state {
        TagState::Broken => (
            "manifest-blob-missing: the manifest is linked but not stored",
            "GET by tag 404: a pull fails",
            vec![link, index],
        ),
        TagState::Whole => ("you asked for it: nothing is wrong with it", "a pull works", vec![index, link]),
        TagState::Absent | TagState::Unknown => {
            ("its manifest could not be read: denied", "not known", vec![index, link])
        }
    };
    Item {
        subject: tag(name),
        state: Some(state),
        why: vec![why.into()],
        steps,
        references: vec!["no other tag points at the same manifest (9 tags were compared)".into()],
        before: before.into(),
        after: "GET by tag 404, as for a tag that never was; a push makes it anew".into(),
        mind: vec!["the last tag of a repository was not looked for elsewhere".into()],
    }
}

fn of(verb: &str, items: Vec<Item>) -> Proposal {
    Proposal { verb: verb.into(), store: "gs://registry-bucket".into(), about: None, backups: None, items }
}

pub fn one() -> Proposal {
    of("delete-tag", vec![item("hotfix-42", TagState::Broken)])
}

pub fn whole() -> Proposal {
    of("delete-tag", vec![item("latest", TagState::Whole)])
}

pub fn batch() -> Proposal {
    let items = [("hotfix-42", TagState::Broken), ("v1.0.0", TagState::Whole), ("v1.1.0", TagState::Unknown)];
    of("delete-tag", items.into_iter().map(|(name, state)| item(name, state)).collect())
}

pub fn restore() -> Proposal {
    let digest = "sha256:71496eb184bca65eac196492ceb2150f7e86188f18df4aa443ef43ed8e6e5bbc";
    let act = Act::Replace { version: "1768123456000001".into(), content: Content::Text(digest.into()) };
    let steps = vec![step(act, format!("{TAGS}/hotfix-42/current/link"))];
    let why = vec!["its history has exactly one entry, and the blob's bytes hash to it".into()];
    let item = Item { steps, why, after: "a pull works again".into(), ..item("hotfix-42", TagState::Broken) };
    of("restore-link", vec![item])
}

pub fn undo() -> Proposal {
    let put = |key, version: &str| {
        step(Act::PutBack { version: version.into(), content: Content::Text("sha256:71496eb1".into()) }, key)
    };
    let mut item = item("hotfix-42", TagState::Broken);
    item.steps = vec![
        put(history("hotfix-42"), "1768123456000002"),
        put(format!("{TAGS}/hotfix-42/current/link"), "1768123456000001"),
    ];
    item.state = None;
    item.why = vec!["it takes back entry 20260114T140100Z-abcd".into()];
    (item.before, item.after) = ("absent".into(), "as it was: a pull fails".into());
    let about = Some(About::Undo("20260114T140100Z-abcd".into()));
    Proposal { about, ..of("delete-tag", vec![item]) }
}

/// Entries of the journal: one of each standing, the newest first.
pub fn entries() -> Vec<Past> {
    let standings = [
        Standing::Interrupted,
        Standing::Done,
        Standing::Stopped { why: "the link was written to meanwhile".into() },
        Standing::Undone { by: "20260114T140100Z-abcd".into() },
        Standing::Running,
    ];
    let past = |(number, standing): (usize, Standing)| Past {
        entry: format!("20260114T1{number}0000Z-abcd"),
        at: format!("2026-01-14T0{}:15:00Z", 9 - number).parse().unwrap(),
        by: "anna@bastion".into(),
        verb: "delete-tag".into(),
        store: if number == 4 { "gs://elsewhere".into() } else { "gs://registry-bucket/".into() },
        subjects: vec![tag("hotfix-42"), tag("v1.0.0")].into_iter().take(1 + number % 2).collect(),
        standing,
        done: 1,
        of: 3,
        about: None,
    };
    standings.into_iter().enumerate().map(past).collect()
}
