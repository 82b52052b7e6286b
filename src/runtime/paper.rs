//! Frames without a terminal: for `--print`, for plain lines, and for the tests of screens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::io;

use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event as Input, KeyEvent};
use ratatui::{Frame, Terminal};

use super::engine::{Arrival, Arrivals, Surface};
use crate::event::Outcome;
use crate::state::{Mouse, State};
use crate::ui::{self, View};

/// A surface that keeps its last frame.
pub struct Paper {
    terminal: Terminal<TestBackend>,
    size: (u16, u16),
    /// Texts that were copied.
    pub copied: Vec<String>,
}

impl Paper {
    /// An empty sheet of so many columns and rows.
    pub fn new(columns: u16, rows: u16) -> Self {
        let Ok(terminal) = Terminal::new(TestBackend::new(columns, rows));
        Self { terminal, size: (columns, rows), copied: Vec::new() }
    }

    /// The last frame.
    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// The styles of all cells in one number, so that a snapshot tells when one changes.
    pub fn styles(&self) -> u32 {
        let styles: String = self.buffer().content.iter().map(|cell| format!("{:?}", cell.style())).collect();
        crc32c::crc32c(styles.as_bytes())
    }

    /// The last frame as lines of text without blanks at their ends.
    pub fn lines(&self) -> Vec<String> {
        lines(self.buffer())
    }
}

impl Surface for Paper {
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let drawn: Result<_, Infallible> = self.terminal.draw(render);
        drawn.map(|_| ()).map_err(|never| match never {})
    }

    fn size(&mut self) -> (u16, u16) {
        self.size
    }

    fn copy(&mut self, what: &'static str, text: &str) -> io::Result<Outcome> {
        self.copied.push(text.to_owned());
        Ok(Outcome::NotSent { what, why: "not sent: there is no terminal".to_owned() })
    }

    fn redraw(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn retake(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn plain_lines(&mut self, _: &[String]) -> io::Result<()> {
        Ok(())
    }

    fn is_aside(&self) -> bool {
        false
    }

    fn mouse(&mut self, _: Mouse) -> io::Result<()> {
        Ok(())
    }
}

/// Keys that are pressed one by one, each when all that the one before brought about is done.
pub struct Script {
    keys: VecDeque<KeyEvent>,
    ready: Option<Arrival>,
}

impl Script {
    /// These keys, then the end.
    pub fn new(keys: Vec<KeyEvent>) -> Self {
        Self { keys: keys.into(), ready: None }
    }
}

impl Arrivals for Script {
    async fn next(&mut self) -> Arrival {
        match self.ready.take() {
            Some(arrival) => arrival,
            None => pending().await,
        }
    }

    fn awaits_quiet(&self) -> bool {
        self.ready.is_none()
    }

    fn quiet(&mut self) {
        let key = self.keys.pop_front().map(|key| Arrival::Input(Input::Key(key)));
        self.ready = Some(key.unwrap_or(Arrival::End));
    }
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    buffer
        .content
        .chunks(width)
        .map(|cells| {
            // A wide letter takes two cells, and the second holds a blank that is not there.
            let (mut line, mut skip) = (String::new(), 0);
            for cell in cells {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// What is on the screen as lines without frames around them.
pub fn plain_lines(state: &State, view: &mut View, (columns, rows): (u16, u16)) -> Vec<String> {
    let mut paper = Paper::new(columns, rows);
    // Drawing on paper cannot fail.
    let _ = paper.draw(|frame| ui::draw(state, view, frame));
    let edge = |letter: char| "│─┌┐└┘|".contains(letter);
    let is_frame =
        |line: &&String| !line.is_empty() && line.chars().all(|letter| edge(letter) || "+-".contains(letter));
    let lines = paper.lines();
    let kept = lines.iter().filter(|line| !is_frame(line));
    let bare = kept.map(|line| line.replace(edge, " ").trim_end().to_owned());
    // The column of the frame's edge goes; what is set in stays so.
    let shifted = bare.map(|line| line.strip_prefix(' ').map(str::to_owned).unwrap_or(line));
    shifted.filter(|line| !line.trim().is_empty()).collect()
}
