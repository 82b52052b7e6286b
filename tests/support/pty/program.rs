//! A small program around the terminal guard that can be told to go wrong in ways the cockpit must never need.

use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode};
use futures::StreamExt;
use quarterdeck::runtime::report;
use quarterdeck::runtime::terminal::{self, Ending, Guard, Mouse, Notice};
use tokio::sync::mpsc::Receiver;

/// What the last words say, to standard error.
pub const LAST_WORDS: &str = "journal flushed";

/// Runs until `q`, a signal, or one of the accidents behind the other keys.
pub fn main() -> ExitCode {
    report::with_reports(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match terminal::take(Box::new(|| eprintln!("{LAST_WORDS}"))) {
            Ok((guard, notices)) => runtime.block_on(run(guard, notices)),
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(64)
            }
        }
    })
}

async fn run(mut guard: Guard, mut notices: Receiver<Notice>) -> ExitCode {
    let mut events = EventStream::new();
    let mut said = "ready".to_owned();
    loop {
        guard.draw(|frame| frame.render_widget(format!("{said} {}", frame.area()), frame.area())).unwrap();
        tokio::select! {
            Some(notice) = notices.recv() => match notice {
                Notice::End(ending) => return end(&mut guard, ending),
                Notice::Continued => {
                    guard.retake().unwrap();
                    said = "continued".into();
                }
                Notice::TaskPanicked(report) => said = format!("task panicked: {report:?}"),
            },
            Some(Ok(event)) = events.next() => match event {
                Event::Key(key) if key.code == KeyCode::Char('q') => return ExitCode::SUCCESS,
                Event::Key(key) => accident(&mut guard, key.code, &mut said),
                Event::Paste(text) => said = format!("pasted {text:?}"),
                Event::Resize(..) | Event::Mouse(_) | Event::FocusGained | Event::FocusLost => {}
            },
        }
    }
}

fn end(guard: &mut Guard, ending: Ending) -> ExitCode {
    guard.draw(|frame| frame.render_widget("ending", frame.area())).unwrap();
    ExitCode::from(ending.exit_code())
}

fn accident(guard: &mut Guard, key: KeyCode, said: &mut String) {
    match key {
        KeyCode::Char('p') => panic!("asked to panic with ?access_token=hunter2 and \x1b[31m"),
        KeyCode::Char('t') => drop(std::thread::spawn(|| panic!("a task went wrong"))),
        KeyCode::Char('z') => guard.suspend().unwrap(),
        KeyCode::Char('m') => guard.set_mouse(Mouse::On).unwrap(),
        KeyCode::Char('n') => guard.set_mouse(Mouse::Off).unwrap(),
        KeyCode::Char('l') => guard.repaint().unwrap(),
        // More than any terminal takes before somebody reads.
        KeyCode::Char('f') => guard.send(&[b' '; 1 << 20]).unwrap(),
        // The loop hangs for longer than any test waits.
        KeyCode::Char('s') => drop(mpsc::channel::<()>().1.recv_timeout(Duration::from_secs(3600))),
        other => *said = format!("key {other:?}"),
    }
}
