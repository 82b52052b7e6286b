//! Looks at everything once, without a terminal: for `check`.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use ratatui::Frame;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::cockpit::CockpitOptions;
use super::engine::{Arrival, Arrivals, Surface};
use crate::event::{Outcome, PanelId};
use crate::state::{Mouse, State};

/// Rates take two looks at a load balancer, and of what fails most not all is looked at in the same second.
const SECOND_LOOK: Duration = Duration::from_secs(3);

/// What was seen.
pub struct Observed {
    pub state: State,
    /// Whether everything that watches had looked once before the time was over.
    pub is_settled: bool,
}

/// Looks until every source has looked and what follows from that is done, but no longer than `within`, nor after
/// `stop` says so.
///
/// # Errors
///
/// None but what a surface may have: there is none here.
pub async fn observe(
    options: CockpitOptions,
    within: Duration,
    stop: watch::Receiver<bool>,
) -> io::Result<Observed> {
    let mut engine = options.engine();
    engine.state.screen.panel = PanelId::Overview;
    let mut patience = Patience { until: Instant::now() + within, is_settled: false, stop };
    engine.run(&mut Nowhere, &mut patience).await?;
    engine.conclude();
    Ok(Observed { state: engine.state, is_settled: patience.is_settled })
}

/// No screen at all.
struct Nowhere;

impl Surface for Nowhere {
    fn draw(&mut self, _: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        Ok(())
    }

    fn size(&mut self) -> (u16, u16) {
        (0, 0)
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

/// No key at all, and an end: a second look after everything has looked once, or when the time is over.
struct Patience {
    until: Instant,
    is_settled: bool,
    stop: watch::Receiver<bool>,
}

impl Arrivals for Patience {
    async fn next(&mut self) -> Arrival {
        let stopped = async {
            if self.stop.wait_for(|stop| *stop).await.is_err() {
                pending::<Infallible>().await;
            }
        };
        tokio::select! {
            () = stopped => Arrival::End,
            () = sleep_until(self.until) => Arrival::End,
        }
    }

    fn awaits_quiet(&self) -> bool {
        !self.is_settled
    }

    fn quiet(&mut self) {
        self.is_settled = true;
        self.until = self.until.min(Instant::now() + SECOND_LOOK);
    }
}
