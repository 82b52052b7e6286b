//! `quarterdeck staging`: a scenario on loopback without the cockpit, for kubectl, hatop, curl, skopeo and for cockpits.

use std::io::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::out::{Out, complain, printed};
use super::staged::{self, Staged};
use super::{Exit, Staging, demo, site};
use crate::staging::scenario;

/// Serves until Ctrl-c.
pub fn run(arguments: &Staging) -> ExitCode {
    if arguments.list {
        return list().into();
    }
    match Staged::open("staging", arguments.scenario.as_deref(), arguments.port) {
        Ok(staged) => serve(staged),
        Err(exit) => exit.into(),
    }
}

fn list() -> Exit {
    let width = scenario::names().map(str::len).max().unwrap_or_default();
    let lines = scenario::names().filter_map(|name| Some((name, scenario::find(name)?.ok()?)));
    let lines = lines.map(|(name, scenario)| format!("{name:<width$}  {}\n", scenario.title));
    printed(Out::lock().print(&lines.collect::<String>()), Exit::Clean)
}

fn serve(staged: Staged) -> ExitCode {
    let guide = staged.guide().join("\n");
    if let Some(profile) = demo::profile(&staged, &staged.url()) {
        // Without it only quarterdeck's own commands are worse off.
        let _ = site::write(staged.folder.path(), &profile);
    }
    let Staged { folder, environment, open, .. } = staged;
    let ready = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| {
        let _inside = runtime.enter();
        let signals = Signals::new()?;
        environment.serve(|what| {
            // Who serves without a reader has nobody to tell.
            let _ = writeln!(std::io::stdout(), "{}  {what}", Timestamp::now().strftime("%H:%M:%S UTC"));
        })?;
        drop(_inside);
        Ok((runtime, signals))
    });
    let (runtime, signals) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            complain(&format!("cannot serve: {error}"));
            return Exit::Unread.into();
        }
    };
    let shown = Out::lock().print(&format!("{guide}\n\nCtrl-c ends it."));
    if shown.is_err() {
        return printed(shown, Exit::Clean).into();
    }
    let code = runtime.block_on(async {
        // Whoever asks first need not wait for it then.
        let _ = open().await;
        signals.first().await
    });
    staged::remove(folder.path());
    ExitCode::from(code)
}

/// The signals that end it.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The exit code that goes with the first one: Ctrl-c is how one is meant to end it.
    async fn first(mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 0,
            _ = self.terminate.recv() => 143,
            _ = self.hang_up.recv() => 129,
        }
    }
}
