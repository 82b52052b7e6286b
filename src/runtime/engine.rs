//! The loop: keys first, then facts for at most 4 ms, then a frame if anything changed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::crossterm::event::{Event as Input, KeyEventKind};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::watching::{Source, Watching};
use crate::actions::{Effect, Wish, plan};
use crate::bus::{Bus, Lossless, Stamped};
use crate::event::{Event, Intent, Outcome, TerminalWish};
use crate::execution::{Executor, Tools};
use crate::model::Subject;
use crate::state::{Leaving, Mouse, Session, State, fold};
use crate::ui::{self, View};

/// Longest time that facts are folded for before a frame is drawn.
const FOLDING: Duration = Duration::from_millis(4);
/// Shortest time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// Tags are looked at once they have been on the screen for this long, so that scrolling by costs nothing.
const GLANCE: Duration = Duration::from_millis(120);
/// Conclusions stand for so long while facts keep coming. A script's must not depend on how fast the machine is.
const PACE: SignedDuration = SignedDuration::from_millis(250);
/// Facts that wait for the loop before their senders wait too.
const LANE: usize = 1024;

/// Where frames go, and what only a terminal can do.
pub trait Surface {
    /// Draws one frame.
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()>;
    /// Shows what the next frame would be drawn from; called whenever something may have changed.
    fn saw(&mut self, _state: &State) {}
    /// Columns and rows.
    fn size(&mut self) -> (u16, u16);
    /// Puts text into the clipboard, as far as a terminal can.
    fn copy(&mut self, what: &'static str, text: &str) -> io::Result<Outcome>;
    /// Draws everything anew with the next frame.
    fn redraw(&mut self) -> io::Result<()>;
    /// Takes the screen again after it was given away.
    fn retake(&mut self) -> io::Result<()>;
    /// Shows these lines undecorated until [`Self::retake`].
    fn plain_lines(&mut self, lines: &[String]) -> io::Result<()>;
    /// Whether plain lines are being shown.
    fn is_aside(&self) -> bool;
    /// Takes or releases the mouse.
    fn mouse(&mut self, mouse: Mouse) -> io::Result<()>;
}

/// Something from outside the bus.
#[derive(Debug)]
pub enum Arrival {
    Input(Input),
    /// A background task failed; the report, if there is one.
    Survived(Option<String>),
    /// The process was stopped and runs again.
    Continued,
    /// There will be no more; leave.
    End,
}

/// Where keys come from.
pub trait Arrivals {
    /// The next arrival.
    fn next(&mut self) -> impl Future<Output = Arrival>;
    /// Whether the next key waits until all work is done.
    fn awaits_quiet(&self) -> bool;
    /// All work is done.
    fn quiet(&mut self);
}

/// What has to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dirt {
    Clean,
    /// Data changed: drawn when the frame is due.
    Data,
    /// A key was pressed: drawn at once.
    Key,
}

/// What the cockpit is made of while it runs.
pub struct Engine {
    pub state: State,
    pub view: View,
    bus: Bus<Event>,
    executor: Executor,
    clock: fn() -> Timestamp,
    dirt: Dirt,
    drawn: Option<Instant>,
    /// The tags that were asked to be looked at last, and when those on the screen will be.
    looked: Vec<Subject>,
    look: Option<Instant>,
    tick: Instant,
    /// What only the terminal can do, in order.
    wishes: Vec<Wish>,
    /// What watches the world, before it is begun.
    sources: Vec<Source>,
    watching: Watching,
    nudge: Arc<Notify>,
    /// Keeps the lane open while no effect runs, and leads facts to the loop.
    lane: Lossless<Event>,
}

impl Engine {
    /// An engine at rest, on the present runtime.
    pub fn new(
        session: Session,
        theme: &str,
        view: View,
        tools: Tools,
        sources: Vec<Source>,
        clock: fn() -> Timestamp,
    ) -> Self {
        let nudge = Arc::clone(&tools.nudge);
        let mut bus = Bus::new(clock);
        let lane = bus.lossless(LANE);
        let executor = Executor::start(tools, lane.clone());
        Self {
            state: State::new(session, theme),
            view,
            bus,
            executor,
            clock,
            dirt: Dirt::Key,
            drawn: None,
            looked: Vec::new(),
            look: None,
            tick: Instant::now() + to_next_minute(clock()),
            wishes: Vec::new(),
            sources,
            watching: Watching::default(),
            nudge,
            lane,
        }
    }

    /// Runs until the operator leaves or the arrivals end.
    pub async fn run(&mut self, surface: &mut impl Surface, arrivals: &mut impl Arrivals) -> io::Result<()> {
        let (columns, rows) = surface.size();
        self.state.pace = if arrivals.awaits_quiet() { SignedDuration::ZERO } else { PACE };
        self.publish(Event::Intent(Intent::Resize { columns, rows }));
        // The first frame is on the screen before anybody is asked anything.
        self.draw(surface)?;
        self.publish(Event::Intent(Intent::Start));
        self.watching = Watching::start(std::mem::take(&mut self.sources), &self.lane, &self.nudge);
        while self.state.screen.leaving != Leaving::Yes {
            self.grant(surface)?;
            if self.is_due() && !surface.is_aside() {
                self.draw(surface)?;
            }
            surface.saw(&self.state);
            if !self.step(surface, arrivals).await? {
                break;
            }
        }
        self.executor.rest().await;
        Ok(())
    }

    /// Waits for one thing and takes it in; says whether to go on.
    async fn step(&mut self, surface: &mut impl Surface, arrivals: &mut impl Arrivals) -> io::Result<bool> {
        let scripted = arrivals.awaits_quiet();
        let quiet = scripted && self.dirt == Dirt::Clean;
        // A script's frames must not depend on how fast the machine is: there a look waits for quiet, not for time.
        let glance = self.look.filter(|_| !scripted);
        let deadline = glance.map_or(self.frame_or_tick(), |look| look.min(self.frame_or_tick()));
        tokio::select! {
            biased;
            arrival = arrivals.next() => return self.arrive(arrival, surface),
            Some(event) = self.bus.next() => self.fold_for_a_while(event),
            () = rest(&self.watching, &self.executor), if quiet => match self.look {
                Some(_) => self.look_now(),
                None => arrivals.quiet(),
            },
            () = sleep_until(deadline) => self.wake(),
        }
        Ok(true)
    }

    fn arrive(&mut self, arrival: Arrival, surface: &mut impl Surface) -> io::Result<bool> {
        match arrival {
            Arrival::End => return Ok(false),
            Arrival::Continued => surface.retake()?,
            Arrival::Survived(report) => self.publish(Event::Outcome(Outcome::Survived { report })),
            Arrival::Input(_) if surface.is_aside() => surface.retake()?,
            Arrival::Input(input) => {
                for intent in self.interpret(&input) {
                    self.publish(Event::Intent(intent));
                }
            }
        }
        self.dirt = Dirt::Key;
        Ok(true)
    }

    fn interpret(&self, input: &Input) -> Vec<Intent> {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => {
                ui::interpret(key, &self.state, &self.view)
            }
            Input::Mouse(mouse) => ui::interpret_mouse(mouse, &self.view),
            Input::Paste(text) => ui::interpret_paste(text, &self.state),
            Input::Resize(columns, rows) => vec![Intent::Resize { columns: *columns, rows: *rows }],
            Input::Key(_) | Input::FocusGained | Input::FocusLost => Vec::new(),
        }
    }

    fn fold_for_a_while(&mut self, first: Stamped<Event>) {
        let until = Instant::now() + FOLDING;
        self.take(&first);
        while Instant::now() < until {
            match self.bus.try_next() {
                Some(event) => self.take(&event),
                None => break,
            }
        }
        self.dirt = self.dirt.max(Dirt::Data);
    }

    /// Takes in what did not come by the bus, in the same order as everything else.
    fn publish(&mut self, event: Event) {
        let stamped = self.bus.stamp(event);
        self.take(&stamped);
    }

    fn take(&mut self, event: &Stamped<Event>) {
        fold(&mut self.state, event);
        if self.state.gate.left(self.state.now).is_some() {
            self.tick = self.tick.min(Instant::now() + self.to_tick());
        }
        for effect in plan(&self.state, event) {
            match effect {
                Effect::Work(work) => self.executor.submit(work),
                Effect::Wish(wish) => self.wishes.push(wish),
            }
        }
    }

    /// Does what only the terminal can do.
    fn grant(&mut self, surface: &mut impl Surface) -> io::Result<()> {
        for wish in std::mem::take(&mut self.wishes) {
            match wish {
                Wish::Copy { what, text } => {
                    let outcome = surface.copy(what, &text)?;
                    self.publish(Event::Outcome(outcome));
                }
                Wish::Terminal(TerminalWish::Redraw) => surface.redraw()?,
                Wish::Terminal(TerminalWish::Mouse) => surface.mouse(self.state.screen.mouse)?,
                Wish::Terminal(TerminalWish::PlainLines) => {
                    let lines = super::paper::plain_lines(&self.state, &mut self.view, surface.size());
                    surface.plain_lines(&lines)?;
                }
            }
        }
        Ok(())
    }

    /// Concludes from all that was folded, as of now.
    pub fn conclude(&mut self) {
        self.state.pace = SignedDuration::ZERO;
        self.publish(Event::Tick);
    }

    fn is_due(&self) -> bool {
        match self.dirt {
            Dirt::Clean => false,
            Dirt::Key => true,
            Dirt::Data => self.frame_due() <= Instant::now(),
        }
    }

    fn frame_due(&self) -> Instant {
        self.drawn.map_or_else(Instant::now, |drawn| drawn + FRAME)
    }

    fn draw(&mut self, surface: &mut impl Surface) -> io::Result<()> {
        surface.draw(|frame| ui::draw(&self.state, &mut self.view, frame))?;
        self.drawn = Some(Instant::now());
        self.dirt = Dirt::Clean;
        if self.view.unseen != self.looked {
            self.look = Some(Instant::now() + GLANCE);
            if self.view.unseen.is_empty() {
                (self.looked, self.look) = (Vec::new(), None);
            }
        }
        Ok(())
    }

    /// When a frame or the clock is due though nothing arrives.
    fn frame_or_tick(&self) -> Instant {
        let frame = (self.dirt == Dirt::Data).then(|| self.frame_due());
        let conclusion = self.state.due().map(|due| Instant::now() + self.until(due));
        [frame, conclusion].into_iter().flatten().fold(self.tick, Instant::min)
    }

    /// How long it is until then; nothing once it is past.
    fn until(&self, then: Timestamp) -> Duration {
        then.duration_since((self.clock)()).try_into().unwrap_or_default()
    }

    fn look_now(&mut self) {
        self.look = None;
        self.looked.clone_from(&self.view.unseen);
        self.publish(Event::Intent(Intent::Look(self.looked.clone())));
    }

    /// How long the screen stays as it is: the time left for writing is shown in seconds, the clock in minutes.
    fn to_tick(&self) -> Duration {
        let now = (self.clock)();
        self.state.gate.left(now).map_or_else(|| to_next_minute(now), to_next_second)
    }

    fn wake(&mut self) {
        let now = Instant::now();
        if self.look.is_some_and(|due| due <= now) {
            self.look_now();
        }
        let is_behind = self.state.due().is_some_and(|due| self.until(due).is_zero());
        if self.tick <= now || is_behind {
            self.publish(Event::Tick);
            self.tick = now + self.to_tick();
            self.dirt = self.dirt.max(Dirt::Data);
        }
    }
}

/// Waits until nothing runs and every source has looked once.
async fn rest(watching: &Watching, executor: &Executor) {
    watching.settled().await;
    executor.idle().await;
}

/// The clock shows minutes, and no age on the screen is finer than that.
fn to_next_minute(now: Timestamp) -> Duration {
    let into = now.as_millisecond().rem_euclid(60_000);
    Duration::from_millis(60_000 - into.unsigned_abs())
}

/// So long until one second less is left.
fn to_next_second(left: SignedDuration) -> Duration {
    match left.subsec_nanos().unsigned_abs() {
        0 => Duration::from_secs(1),
        nanos => Duration::from_nanos(nanos.into()) + Duration::from_millis(1),
    }
}
