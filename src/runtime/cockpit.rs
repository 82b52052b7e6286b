//! Opens the cockpit on a terminal, or drives it by a script and gives its last frame as text.

use std::env;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::crossterm::event::{EventStream, KeyEvent};
use tokio::sync::mpsc::Receiver;

use super::clipboard::{self, Method, Multiplexer};
use super::engine::{Arrival, Arrivals, Engine, Surface};
use super::onlooker::onlooker;
use super::paper::{Paper, Script};
use super::stores::{self, OpenOptions};
use super::terminal::{self, Guard, LastWords, Notice, TerminalError};
use super::watching::Source;
use crate::event::Outcome;
use crate::execution::deeds::Deeds;
use crate::execution::notebook::Notebook;
use crate::execution::{Consultant, Opener, Scanner, Tools};
use crate::model::{Gate, Subject};
use crate::registry::digest::Digest;
use crate::registry::mode::Configured;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::sources::bucket::scan::{ScanOptions, scan};
use crate::sources::look::Looking;
use crate::state::{Mouse, Session, State};
use crate::ui::glyphs::{self, Glyphs};
use crate::ui::{View, keys};

/// What the cockpit is opened with.
pub struct CockpitOptions {
    /// Name of the profile, the word for its protection, and its bucket's URL.
    pub session: Session,
    /// How the store is opened; see [`open_with`].
    pub open: Opener,
    /// How a tag is walked.
    pub scan: Scanner,
    /// Where the registry's tags are kept; by default the store alone tells.
    pub looking: Arc<Looking>,
    /// What writes; without it the cockpit can only look.
    pub deeds: Option<Arc<Deeds>>,
    /// What keeps how far somebody came with runbooks; without it that is over with the program.
    pub notebook: Option<Notebook>,
    /// What fetches documents; without it there are none to read.
    pub consult: Option<Consultant>,
    /// What watches the world besides the bucket.
    pub sources: Vec<Source>,
    /// Whether the session may write from the start, and what has to be named before it may.
    pub gate: Gate,
    /// `dark`, `light` or `mono`.
    pub theme: String,
    pub glyphs: Glyphs,
    pub clipboard: Method,
    /// Stamps events.
    pub clock: fn() -> Timestamp,
    /// What is left to do when a signal or a hang-up ends the program.
    pub last_words: LastWords,
}

/// Columns and rows of a printed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub columns: u16,
    pub rows: u16,
}

impl CockpitOptions {
    /// The cockpit on a bucket, with the environment's locale, `NO_COLOR` and `QUARTERDECK_CLIPBOARD`.
    pub fn new(session: Session, open: Opener, scan: Scanner, theme: &str) -> Self {
        let variable = |name| env::var(name).ok();
        let set = |name| variable(name).is_some_and(|value: String| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
        Self {
            session,
            open,
            scan,
            looking: Looking::new(ScanOptions::default(), Configured::Auto, None),
            deeds: None,
            notebook: None,
            consult: None,
            sources: Vec::new(),
            gate: Gate::shut(Vec::new(), true),
            theme: if set("NO_COLOR") { "mono" } else { theme }.to_owned(),
            glyphs: glyphs::for_locale(locale.iter().map(Option::as_deref)),
            clipboard: variable("QUARTERDECK_CLIPBOARD")
                .and_then(|value| value.parse().ok())
                .unwrap_or_default(),
            clock: Timestamp::now,
            last_words: Box::new(|| ()),
        }
    }

    pub(super) fn engine(self) -> Engine {
        let tools = Tools {
            url: self.session.bucket.clone(),
            open: self.open,
            scan: self.scan,
            looking: self.looking,
            deeds: self.deeds,
            notebook: self.notebook,
            consult: self.consult,
            nudge: Arc::default(),
        };
        let view = View::new(self.glyphs);
        let mut engine = Engine::new(self.session, &self.theme, view, tools, self.sources, self.clock);
        engine.state.gate = self.gate;
        engine
    }
}

/// An opener for the store at `url`.
pub fn open_with(url: String, options: OpenOptions) -> Opener {
    Arc::new(move || {
        let (url, options) = (url.clone(), options.clone());
        Box::pin(async move { stores::open(&url, &options).await.map_err(|error| error.of_store(&url)) })
    })
}

/// A scanner that walks tags as `scan` does.
pub fn scan_with(options: ScanOptions) -> Scanner {
    let options = Arc::new(options);
    Arc::new(move |store, subject| {
        let options = Arc::clone(&options);
        Box::pin(async move {
            let reference = reference_of(&subject)?;
            Some(scan(&*store, &reference, &options).await)
        })
    })
}

/// A scanner that looks where the registry keeps its metadata.
pub fn look_with(looking: Arc<Looking>) -> Scanner {
    Arc::new(move |store, subject| {
        let looking = Arc::clone(&looking);
        Box::pin(async move {
            let reference = reference_of(&subject)?;
            Some(looking.look(&*store, &reference).await)
        })
    })
}

/// The manifest that a subject stands for; a name as found in storage need not be legal.
fn reference_of(subject: &Subject) -> Option<Reference> {
    match subject {
        Subject::Tag { repository, tag } => {
            Some(Reference::tag(Repository::found(repository), Tag::found(tag)))
        }
        Subject::Manifest { repository, digest } => {
            Some(Reference::digest(Repository::found(repository), Digest::parse(digest).ok()?))
        }
        _ => None,
    }
}

/// Runs the cockpit on the terminal until the operator leaves. Call it on the thread that started the program.
pub async fn cockpit(mut options: CockpitOptions) -> Result<ExitCode, TerminalError> {
    let last_words = std::mem::replace(&mut options.last_words, Box::new(|| ()));
    let (guard, notices) = terminal::take(last_words)?;
    let multiplexer =
        Multiplexer::from_values(env::var("TMUX").ok().as_deref(), env::var("STY").ok().as_deref());
    let mut surface = Live { guard, clipboard: options.clipboard, multiplexer, aside: false };
    let mut arrivals = Keyboard { keys: EventStream::new(), notices, ended: None };
    let mut engine = options.engine();
    let ran = engine.run(&mut surface, &mut arrivals).await;
    drop(surface);
    match (arrivals.ended, ran) {
        (Some(code), _) => Ok(ExitCode::from(code)),
        (None, Ok(())) => Ok(ExitCode::SUCCESS),
        (None, Err(error)) => Err(error.into()),
    }
}

/// Presses keys, each when all that the one before brought about is done, and gives the last frame.
pub async fn drive(options: CockpitOptions, keys: Vec<KeyEvent>, sheet: Sheet) -> io::Result<Paper> {
    let mut paper = Paper::new(sheet.columns, sheet.rows);
    let mut script = Script::new(keys);
    options.engine().run(&mut paper, &mut script).await?;
    Ok(paper)
}

/// Runs without a terminal and without keys until `seen`, which is shown the state again and again, has seen enough.
pub async fn look_on(options: CockpitOptions, seen: impl FnMut(&State) -> bool) -> io::Result<()> {
    let (mut surface, mut patience) = onlooker(seen);
    options.engine().run(&mut surface, &mut patience).await
}

/// The last frame of [`drive`] as text.
pub async fn print(options: CockpitOptions, keys: &str, sheet: Sheet) -> io::Result<String> {
    let keys = keys::script(keys).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(drive(options, keys, sheet).await?.lines().join("\n"))
}

/// The terminal as a surface.
struct Live {
    guard: Guard,
    clipboard: Method,
    multiplexer: Multiplexer,
    aside: bool,
}

impl Surface for Live {
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.guard.draw(render)
    }

    fn size(&mut self) -> (u16, u16) {
        let area = self.guard.area();
        (area.width, area.height)
    }

    fn copy(&mut self, what: &'static str, text: &str) -> io::Result<Outcome> {
        match clipboard::copy(text, self.clipboard, self.multiplexer) {
            Ok(copy) => {
                self.guard.send(&copy.bytes)?;
                Ok(Outcome::Sent { what, how: copy.notice })
            }
            Err(error) => Ok(Outcome::NotSent { what, why: error.to_string() }),
        }
    }

    fn redraw(&mut self) -> io::Result<()> {
        self.guard.repaint()
    }

    fn retake(&mut self) -> io::Result<()> {
        self.aside = false;
        self.guard.retake()
    }

    fn plain_lines(&mut self, lines: &[String]) -> io::Result<()> {
        self.guard.step_aside();
        self.aside = true;
        let text = format!("{}\n\nEnter goes back to the cockpit.\n", lines.join("\n"));
        io::Write::write_all(&mut io::stdout(), text.as_bytes())
    }

    fn is_aside(&self) -> bool {
        self.aside
    }

    fn mouse(&mut self, mouse: Mouse) -> io::Result<()> {
        self.guard.set_mouse(match mouse {
            Mouse::Cockpit => terminal::Mouse::On,
            Mouse::Terminal => terminal::Mouse::Off,
        })
    }
}

/// The terminal's keys, and what the watch over signals and hang-ups says.
struct Keyboard {
    keys: EventStream,
    notices: Receiver<Notice>,
    ended: Option<u8>,
}

impl Keyboard {
    fn noticed(&mut self, notice: Option<Notice>) -> Arrival {
        match notice {
            Some(Notice::End(ending)) => {
                self.ended = Some(ending.exit_code());
                Arrival::End
            }
            Some(Notice::Continued) => Arrival::Continued,
            Some(Notice::TaskPanicked(report)) => {
                Arrival::Survived(report.map(|path| path.display().to_string()))
            }
            None => Arrival::End,
        }
    }
}

impl Arrivals for Keyboard {
    async fn next(&mut self) -> Arrival {
        tokio::select! {
            biased;
            notice = self.notices.recv() => self.noticed(notice),
            input = self.keys.next() => match input {
                Some(Ok(input)) => Arrival::Input(input),
                Some(Err(_)) | None => Arrival::End,
            },
        }
    }

    fn awaits_quiet(&self) -> bool {
        false
    }

    fn quiet(&mut self) {}
}
