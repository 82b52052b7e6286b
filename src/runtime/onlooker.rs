//! The cockpit without a screen or keys: its state, shown to whoever looks, for as long as they like.

use std::io;
use std::sync::Arc;

use ratatui::Frame;
use tokio::sync::Notify;

use super::engine::{Arrival, Arrivals, Surface};
use crate::event::Outcome;
use crate::state::{Mouse, State};

/// A surface on which nothing is drawn.
pub struct Onlooker<F> {
    seen: F,
    enough: Arc<Notify>,
}

/// Somebody who presses no key, and leaves when there was enough to see.
pub struct Patience(Arc<Notify>);

/// Both sides of it: `seen` says whether that was enough.
pub fn onlooker<F: FnMut(&State) -> bool>(seen: F) -> (Onlooker<F>, Patience) {
    let enough = Arc::new(Notify::new());
    (Onlooker { seen, enough: Arc::clone(&enough) }, Patience(enough))
}

impl<F: FnMut(&State) -> bool> Surface for Onlooker<F> {
    fn draw(&mut self, _: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        Ok(())
    }

    fn saw(&mut self, state: &State) {
        if (self.seen)(state) {
            self.enough.notify_one();
        }
    }

    fn size(&mut self) -> (u16, u16) {
        (120, 40)
    }

    fn copy(&mut self, what: &'static str, _: &str) -> io::Result<Outcome> {
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

impl Arrivals for Patience {
    async fn next(&mut self) -> Arrival {
        self.0.notified().await;
        Arrival::End
    }

    fn awaits_quiet(&self) -> bool {
        false
    }

    fn quiet(&mut self) {}
}
