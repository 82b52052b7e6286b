//! A ratatui backend that writes a frame in one piece, nothing for an unchanged one, and never a question.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType as Region};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::frame::{Frame, Meter};

/// Draws through crossterm's escape sequences into a [`Frame`], which goes out when ratatui flushes.
///
/// crossterm's own backend resets colours and hides the cursor at every draw, even when no cell changed, and asks
/// the terminal for its cursor before it clears; this one remembers the cursor instead.
#[derive(Debug)]
pub struct Screen<W: Write> {
    inner: CrosstermBackend<Frame<W>>,
    size: fn() -> io::Result<Size>,
    cursor: Cursor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Hidden,
    /// Shown, at a place unknown since cells were drawn.
    Astray,
    At(Position),
}

impl<W: Write> Screen<W> {
    /// A screen on `output` with a hidden cursor; `size` is asked before every frame.
    pub fn new(output: W, size: fn() -> io::Result<Size>, meter: Meter) -> Self {
        Self { inner: CrosstermBackend::new(Frame::new(output, meter)), size, cursor: Cursor::Hidden }
    }

    /// Adds bytes that are not cells (a copy to the clipboard, a mode) to what the next flush writes.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)
    }

    /// After the terminal was given away, nothing is known but that [`super::Guard`] hid the cursor.
    pub(super) fn forget(&mut self) {
        self.cursor = Cursor::Hidden;
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        if self.cursor != Cursor::Hidden {
            self.cursor = Cursor::Astray;
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor == Cursor::Hidden {
            return Ok(());
        }
        self.cursor = Cursor::Hidden;
        queue!(self.inner, Hide)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor != Cursor::Hidden {
            return Ok(());
        }
        self.cursor = Cursor::Astray;
        queue!(self.inner, Show)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(match self.cursor {
            Cursor::At(position) => position,
            Cursor::Hidden | Cursor::Astray => Position::ORIGIN,
        })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Cursor::At(position) {
            return Ok(());
        }
        if self.cursor != Cursor::Hidden {
            self.cursor = Cursor::At(position);
        }
        queue!(self.inner, MoveTo(position.x, position.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let region = match region {
            ClearType::All => Region::All,
            ClearType::AfterCursor => Region::FromCursorDown,
            ClearType::BeforeCursor => Region::FromCursorUp,
            ClearType::CurrentLine => Region::CurrentLine,
            ClearType::UntilNewLine => Region::UntilNewLine,
        };
        queue!(self.inner, Clear(region))
    }

    fn size(&self) -> io::Result<Size> {
        (self.size)()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::Terminal;

    use super::*;

    /// Keeps each write by itself.
    #[derive(Clone, Default)]
    struct Writes(Rc<RefCell<Vec<Vec<u8>>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal() -> (Terminal<Screen<Writes>>, Writes, Meter) {
        let (writes, meter) = (Writes::default(), Meter::default());
        let size = || Ok(Size { width: 20, height: 3 });
        let terminal = Terminal::new(Screen::new(writes.clone(), size, meter.clone())).unwrap();
        (terminal, writes, meter)
    }

    #[test]
    fn a_frame_is_one_write_an_unchanged_frame_is_none_and_the_meter_counts_both() {
        let (mut terminal, writes, meter) = terminal();
        for _ in 0..3 {
            terminal.draw(|frame| frame.render_widget("hello\nworld", frame.area())).unwrap();
        }
        let writes = writes.0.borrow();
        assert_eq!(writes.len(), 1, "{writes:?}");
        assert_eq!(meter.bytes(), writes[0].len() as u64);
    }

    #[test]
    fn a_cursor_that_stays_where_it_is_costs_nothing() {
        let (mut terminal, writes, _) = terminal();
        let mut draw = |text: &'static str| {
            terminal
                .draw(|frame| {
                    frame.render_widget(text, frame.area());
                    frame.set_cursor_position((4, 1));
                })
                .unwrap();
        };
        draw("one");
        draw("one");
        draw("two");
        let writes = writes.0.borrow();
        let shows = |bytes: &[u8]| bytes.windows(6).any(|part| part == b"\x1b[?25h");
        assert_eq!(writes.len(), 2);
        assert!(shows(&writes[0]) && !shows(&writes[1]));
        assert!(writes[1].ends_with(b"\x1b[2;5H"), "the cursor goes back to its place: {writes:?}");
    }

    #[test]
    fn clearing_asks_the_terminal_nothing() {
        let (mut terminal, writes, _) = terminal();
        terminal.clear().unwrap();
        terminal.draw(|frame| frame.render_widget("x", frame.area())).unwrap();
        let bytes = writes.0.borrow().concat();
        assert!(bytes.starts_with(b"\x1b[2J"));
        assert!(!bytes.windows(4).any(|part| part == b"\x1b[6n"));
    }

    #[test]
    fn appended_bytes_travel_with_the_frame() {
        let (mut terminal, writes, _) = terminal();
        terminal.backend_mut().append(b"\x1b]52;c;eA==\x07").unwrap();
        terminal.draw(|frame| frame.render_widget("x", frame.area())).unwrap();
        assert_eq!(writes.0.borrow().len(), 1);
        assert!(writes.0.borrow()[0].starts_with(b"\x1b]52;"));
    }
}
