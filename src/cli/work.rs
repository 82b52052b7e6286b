//! Work that takes its time: an asynchronous runtime for it, Ctrl-c, and a progress bar.

use std::borrow::Cow;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use super::Exit;
use super::out::complain;

/// Runs `work` to its end; it learns through the receiver that Ctrl-c was pressed. Pressed twice, the program ends.
pub fn run<F: Future<Output = Exit>>(work: impl FnOnce(watch::Receiver<bool>) -> F) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return Exit::Unread;
        }
    };
    let exit = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(listen(stop));
        work(stopped).await
    });
    // A reader of standard input may still be waiting for a line.
    runtime.shutdown_background();
    exit
}

async fn listen(stop: watch::Sender<bool>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.send_replace(true);
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(i32::from(Exit::Unread.code()));
    }
}

/// Ends when Ctrl-c was pressed.
pub async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Progress on standard error, for terminals only.
pub struct Progress(ProgressBar);

impl Progress {
    /// Shown while it is not known how much there is to do.
    pub fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Never shown.
    pub fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    /// From now on there are `total` pieces of work.
    pub fn of(&self, total: u64) {
        self.0.set_length(total);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            self.0.set_style(style);
        }
    }

    /// One more piece is done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// So many pieces of `total` are done.
    pub fn at(&self, done: u64, total: u64) {
        if self.0.length() != Some(total) {
            self.of(total);
        }
        self.0.set_position(done);
    }

    /// Where the work is, in words that are safe to print.
    pub fn say(&self, what: impl Into<Cow<'static, str>>) {
        self.0.set_message(what);
    }

    /// Does `print` while nothing of the progress stands in its way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
