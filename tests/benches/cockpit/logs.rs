//! What 50,000 lines of logs a second from 20 pods cost: key to frame, memory, processor, and whether they are read in time.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::pty::{Pty, cpu_time, size};
use super::remote::{Remote, memory};
use super::{flood, print};

const SPAN: Duration = Duration::from_secs(60);
/// When memory is looked at.
const LOOKS: [u64; 3] = [10, 30, 60];
/// Between two keys: not in step with the frames of the lines.
const PAUSE: Duration = Duration::from_millis(37);
/// How often a key is pressed that changes nothing but where one is, before others are.
const STEPS: usize = 12;

/// Keys of one sort, and how long each took to its frame.
#[derive(Default)]
struct Sorts(Vec<(&'static str, Vec<Duration>)>);

/// What the streams say of themselves, all together.
#[derive(Clone, Copy)]
struct Counts {
    at: Instant,
    read: u64,
    sampled: u64,
    dropped: u64,
}

/// Prints times, memory, processor time, and what became of the lines.
pub fn measure() {
    let remote = Remote::start(flood::ROLE, flood::PODS);
    let mut pty = Pty::start(remote.cockpit(), size(120, 40));
    pty.wait_for("first frame", |screen| !screen.contents().trim().is_empty());
    pty.keys("5");
    pty.wait_for_text(&format!("{0} of {0} streams", flood::PODS));
    pty.wait_for_text("only counted");
    let before = counts(&mut pty);
    let (began, burnt, burnt_there) = (Instant::now(), cpu_time(pty.pid()), cpu_time(remote.pid()));
    let (mut sorts, mut lags, mut looks) = (Sorts::default(), Vec::new(), LOOKS.iter());
    let mut next = looks.next();
    while let Some(seconds) = next {
        round(&mut pty, &mut sorts, &mut lags);
        if began.elapsed() >= Duration::from_secs(*seconds) {
            println!("memory after {seconds} s (want it flat)                {}", memory(&pty));
            next = looks.next();
        }
    }
    let share = |now: Duration, before: Duration| {
        (now - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0
    };
    let (ours, theirs) = (share(cpu_time(pty.pid()), burnt), share(cpu_time(remote.pid()), burnt_there));
    println!(
        "processor for {SPAN:?}                              {ours:.0} % of a core; who writes {theirs:.0} %"
    );
    tell(before, counts(&mut pty));
    print("age of the newest line on the screen", lags);
    sorts.tell();
    pty.end();
}

/// Looks through the lines as one would, then follows them again.
fn round(pty: &mut Pty, sorts: &mut Sorts, lags: &mut Vec<Duration>) {
    sorts.press(pty, "stop following", "s", |screen, _| screen.contents().contains("not following"));
    for number in 0..STEPS {
        sorts.press(pty, "to the next line", if number % 2 == 0 { "k" } else { "j" }, is_elsewhere);
    }
    for key in ["e", "E", "e", "e"] {
        sorts.press(pty, "to the next error", key, is_elsewhere);
    }
    for (sort, start) in [("look for a text", "/"), ("filter by a text", "=")] {
        let mut typed = start.to_owned();
        pty.keys(start);
        for key in ["p", "r", "o", "j", "e", "c", "t", "-", "9"] {
            typed.push_str(key);
            sorts.press(pty, sort, key, |screen, _| prompt(screen).contains(&typed));
        }
        sorts.press(pty, sort, "\r", |screen, _| !prompt(screen).contains(&typed));
    }
    for key in ["k", "k", "n", "N"] {
        sorts.press(pty, "among those that pass", key, is_elsewhere);
    }
    // What is looked for goes first, then the filter.
    for key in ["\x1b", "\x1b"] {
        pty.keys(key);
        pty.written_during(PAUSE);
    }
    sorts.press(pty, "follow", "G", |screen, _| {
        screen.contents().contains("following") && !screen.contents().contains("not following")
    });
    pty.written_during(PAUSE * 10);
    lags.extend(lag(pty.screen()));
}

impl Sorts {
    /// Presses a key and waits for the frame that it made: others come all the time.
    fn press(
        &mut self,
        pty: &mut Pty,
        sort: &'static str,
        key: &str,
        is_done: impl Fn(&vt100::Screen, &Option<String>) -> bool,
    ) {
        let before = chosen(pty.screen());
        let pressed = Instant::now();
        pty.keys(key);
        pty.wait_for(sort, |screen| is_done(screen, &before));
        let taken = pressed.elapsed();
        pty.written_during(PAUSE);
        match self.0.iter_mut().find(|(known, _)| *known == sort) {
            Some((_, times)) => times.push(taken),
            None => self.0.push((sort, vec![taken])),
        }
    }

    fn tell(self) {
        let all = self.0.iter().flat_map(|(_, times)| times).copied().collect();
        print("key to frame, 50,000 lines/s (want p99 16 ms)", all);
        for (sort, times) in self.0 {
            print(&format!("  {sort}"), times);
        }
    }
}

fn is_elsewhere(screen: &vt100::Screen, before: &Option<String>) -> bool {
    chosen(screen).is_some_and(|chosen| before.as_ref() != Some(&chosen))
}

/// The row under the cursor, which is the one with a background.
fn chosen(screen: &vt100::Screen) -> Option<String> {
    let (rows, columns) = screen.size();
    let lit = |row: &u16| {
        let cell = screen.cell(*row, 8);
        cell.is_some_and(|cell| cell.inverse() || cell.bgcolor() != vt100::Color::Default)
    };
    (3..rows - 2).find(lit).map(|row| screen.contents_between(row, 0, row, columns))
}

/// The row above the names of the panels, in which is typed.
fn prompt(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    screen.contents_between(rows - 2, 0, rows - 2, columns)
}

/// How long ago the newest line on the screen was written.
fn lag(screen: &vt100::Screen) -> Option<Duration> {
    let text = screen.contents();
    let times =
        text.split_whitespace().filter(|word| word.len() == 12).filter_map(|word| word.parse::<Time>().ok());
    let now = Timestamp::now().to_zoned(TimeZone::UTC).time();
    Duration::try_from(now.duration_since(times.max()?)).ok()
}

/// Reads what the panel says of its streams, and goes back to the lines.
fn counts(pty: &mut Pty) -> Counts {
    pty.keys(":streams\r");
    let of_streams = |screen: &vt100::Screen| screen.contents().matches(" followed,").count();
    pty.wait_for("all streams", |screen| of_streams(screen) == flood::PODS as usize);
    let (at, text) = (Instant::now(), pty.text());
    let number = |word: &str| word.replace(',', "").parse::<u64>().ok();
    // So many words before `what` stands the number: the rate stands between the lines and how a stream is.
    let before = |what: &str, words: usize| -> u64 {
        let numbers = text.lines().filter_map(|line| {
            let (told, _) = line.split_once(what)?;
            number(told.split_whitespace().nth_back(words)?)
        });
        numbers.sum()
    };
    let counts = Counts {
        at,
        read: before(" followed,", 1),
        sampled: before(" only counted", 0),
        dropped: before(" given up", 0),
    };
    pty.keys("\x1b");
    pty.wait_for_text("what happened");
    counts
}

fn tell(before: Counts, after: Counts) {
    let seconds = (after.at - before.at).as_secs_f64();
    let rate = |part: fn(&Counts) -> u64| (part(&after) - part(&before)) as f64 / seconds;
    let (read, sampled, dropped) =
        (rate(|counts| counts.read), rate(|counts| counts.sampled), rate(|counts| counts.dropped));
    println!(
        "lines a second, as the screen says               {read:.0} read of {} written: {:.0} told, {sampled:.0} only \
         counted, {dropped:.0} given up",
        flood::PODS * flood::RATE,
        read - sampled - dropped
    );
}
