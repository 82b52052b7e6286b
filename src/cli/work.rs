//! Work that takes its time: an asynchronous runtime for it, Ctrl-c, and a progress bar.

use std::borrow::Cow;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Exit;
use super::out::complain;

/// Runs `work` to its end; it learns through the receiver that Ctrl-c was pressed. Pressed twice, the program ends.
pub fn run<F: Future<Output = Exit>>(work: impl FnOnce(watch::Receiver<bool>) -> F) -> Exit {
    run_hearing(work, |stop| async move {
        pressed().await;
        stop.send_replace(true);
        pressed().await;
        Exit::Unread
    })
}

/// The same for work that may write: it ends in the middle only where Ctrl-c was pressed three times. A terminal that
/// hangs up, and whoever ends the process, count as the first time.
pub fn run_writing<F: Future<Output = Exit>>(work: impl FnOnce(watch::Receiver<bool>) -> F) -> Exit {
    run_hearing(work, |stop| async move {
        tokio::select! {
            () = pressed() => {}
            () = heard(SignalKind::terminate()) => {}
            () = heard(SignalKind::hangup()) => {}
        }
        stop.send_replace(true);
        pressed().await;
        complain("it stops after the object at hand; Ctrl-c once more ends it in the middle");
        pressed().await;
        complain(
            "ended in the middle: `quarterdeck journal show` tells what was begun, undo and resume go on from there",
        );
        Exit::Found
    })
}

/// Runs `work`, and ends the program where `hear` comes to an end first.
fn run_hearing<F, H>(
    work: impl FnOnce(watch::Receiver<bool>) -> F,
    hear: impl FnOnce(watch::Sender<bool>) -> H,
) -> Exit
where
    F: Future<Output = Exit>,
    H: Future<Output = Exit> + Send + 'static,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return Exit::Unread;
        }
    };
    let exit = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let heard = hear(stop);
        tokio::spawn(async move { std::process::exit(i32::from(heard.await.code())) });
        work(stopped).await
    });
    // A reader of standard input may still be waiting for a line.
    runtime.shutdown_background();
    exit
}

/// Ends when Ctrl-c is pressed; never, where nobody can tell.
async fn pressed() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when this signal came; never, where nobody can tell.
async fn heard(kind: SignalKind) {
    if let Ok(mut signals) = signal(kind)
        && signals.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
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
