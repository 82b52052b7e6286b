//! An HAProxy on loopback: its sockets and its statistics page answer as HAProxy 2.6 does, and its servers fare as told.
//!
//! What happens is a pure function of what it is told and of the time that is handed in: see [`Instance::advance`].

mod commands;
mod health;
mod info;
mod instance;
mod page;
mod rows;
mod servers;
mod session;
mod traffic;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::{TcpListener, UnixListener};

pub use health::Check;
pub use instance::{Backend, BackendLayout, DRAIN, Instance, Layout, MAINTENANCE, Server, ServerLayout};
pub use session::Level;

/// How it behaves towards those who ask it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    Answers,
    /// Takes connections and questions, and never says a word.
    Hangs,
    /// Cuts every connection.
    Refuses,
}

/// One HAProxy: cheap to clone, all clones are the same one.
#[derive(Clone)]
pub struct Balancer {
    shared: Arc<Mutex<Shared>>,
    clock: fn() -> Timestamp,
}

struct Shared {
    instance: Instance,
    manner: Manner,
}

impl Balancer {
    /// A balancer that has run for a while already at the time that `clock` tells.
    pub fn new(layout: &Layout, clock: fn() -> Timestamp) -> Self {
        let instance = Instance::new(layout, clock());
        Self { shared: Arc::new(Mutex::new(Shared { instance, manner: Manner::default() })), clock }
    }

    /// Does something to it, or asks it, now.
    pub fn now<T>(&self, act: impl FnOnce(&mut Instance, Timestamp) -> T) -> T {
        let now = (self.clock)();
        let mut shared = self.lock();
        shared.instance.advance(now);
        act(&mut shared.instance, now)
    }

    /// Has it behave differently towards those who ask.
    pub fn behave(&self, manner: Manner) {
        self.lock().manner = manner;
    }

    fn manner(&self) -> Manner {
        self.lock().manner
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers on a Unix socket, for as long as the future is kept.
    pub async fn serve_unix(self, listener: UnixListener, level: Level) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(session::run(self.clone(), stream, level));
        }
    }

    /// Answers on a TCP socket, for as long as the future is kept.
    pub async fn serve_tcp(self, listener: TcpListener, level: Level) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(session::run(self.clone(), stream, level));
        }
    }

    /// Serves the statistics page, for as long as the future is kept.
    pub async fn serve_page(self, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, page::router(self)).await
    }
}
