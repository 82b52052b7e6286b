//! `quarterdeck` itself: opens the cockpit on a profile, or prints one frame of it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::out::{Out, complain, printed};
use super::{Arming, Exit, Place, Screen, Size, look, place, runbooks, sources, writing};
use crate::config::{Clipboard, Settings, Theme};
use crate::execution::notebook::Notebook;
use crate::model::Watched;
use crate::runtime::clipboard::Method;
use crate::runtime::{self, CockpitOptions, Sheet, look_with, open_with};
use crate::sources::bucket::scan::Hashing;
use crate::state::Session;

/// Size of a printed frame when none is asked for.
const SHEET: Sheet = Sheet { columns: 120, rows: 40 };

/// How long the end may take: whoever reads from a disk or a pipe that gives nothing is not waited for.
const ENDING: Duration = Duration::from_millis(100);

impl Screen {
    /// These options, and where one is missing that of `outer`.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        Self {
            theme: self.theme.or(outer.theme),
            print: self.print || outer.print,
            keys: self.keys.or(outer.keys),
            size: self.size.or(outer.size),
        }
    }
}

/// Opens the cockpit on the registry that `place` names.
pub fn run(place: Place, screen: &Screen, arming: &Arming, logs: &[PathBuf]) -> ExitCode {
    match options(place, screen, arming, logs) {
        Ok(options) => show(options, screen),
        Err(exit) => exit.into(),
    }
}

/// What the cockpit on the registry that `place` names is opened with.
///
/// # Errors
///
/// It is not clear which one is meant, or the settings are wrong; it has been said.
pub fn options(
    place: Place,
    screen: &Screen,
    arming: &Arming,
    logs: &[PathBuf],
) -> Result<CockpitOptions, Exit> {
    let names_registry = place.profile.is_some() || place.bucket.is_some();
    let settings = place::settings(place, screen.theme, None)?;
    if !logs.is_empty() && !names_registry {
        return Ok(dressed(super::logs::options(logs, screen.print, arming, &settings)?, &settings));
    }
    let profile = place::profile(&settings)?;
    let (url, open) = place::store(&profile.bucket);
    let looking = look::looking(profile, Hashing::Suspects)?;
    let mut gate = writing::gate(&settings, profile);
    writing::arm(&mut gate, arming)?;
    let deeds = writing::deeds(&settings, profile, looking.clone()).map(Arc::new);
    if deeds.is_none() && arming.write.is_some() {
        return Err(writing::no_state_folder());
    }
    let watched = sources::watched(profile);
    let session = Session {
        profile: settings.name.clone().unwrap_or_else(|| "bucket".to_owned()),
        protection: writing::protection(profile),
        bucket: url.clone(),
        registry: profile.registry.url.as_ref().map(ToString::to_string),
        watched: Watched { logs: watched.logs || !logs.is_empty(), ..watched },
        staging: Vec::new(),
        runbooks: Arc::new(runbooks::shelf(&settings.location)),
        zone: jiff::tz::TimeZone::try_system().ok(),
    };
    let (mut watching, consult) = (sources::sources(profile), sources::consultant(profile));
    if !logs.is_empty() {
        watching.push(super::logs::source(logs, screen.print)?);
    }
    let environment = settings.name.clone().unwrap_or_else(|| url.clone());
    let notebook = settings.state_folder.as_deref().map(|folder| Notebook::new(folder, &environment));
    let options = CockpitOptions::new(session, open_with(url, open), look_with(Arc::clone(&looking)), "");
    let options = CockpitOptions { looking, deeds, notebook, gate, sources: watching, consult, ..options };
    Ok(dressed(options, &settings))
}

/// With the colours and the clipboard of `settings`.
pub fn dressed(options: CockpitOptions, settings: &Settings) -> CockpitOptions {
    let theme = match settings.theme {
        Theme::Dark => "dark",
        Theme::Light => "light",
        Theme::Mono => "mono",
    };
    let clipboard = match settings.clipboard {
        Clipboard::Auto => Method::Auto,
        Clipboard::Osc52 => Method::Osc52,
        Clipboard::Off => Method::Off,
    };
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    CockpitOptions { theme: if colourless { "mono" } else { theme }.to_owned(), clipboard, ..options }
}

/// Runs the cockpit on the terminal, or prints the frame that `screen` asks for.
pub fn show(options: CockpitOptions, screen: &Screen) -> ExitCode {
    if !screen.print && (screen.keys.is_some() || screen.size.is_some()) {
        complain("--keys and --size go with --print");
        return Exit::Usage.into();
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return Exit::Unread.into();
        }
    };
    if screen.print {
        return frame(&runtime, options, screen).into();
    }
    let ended = runtime.block_on(runtime::cockpit(options));
    // What is still on its way has nobody left to look at it; programs that were run end with what ran them.
    runtime.shutdown_timeout(ENDING);
    ended.unwrap_or_else(|error| {
        complain(&error.to_string());
        Exit::Usage.into()
    })
}

fn frame(runtime: &Runtime, options: CockpitOptions, screen: &Screen) -> Exit {
    let sheet = screen.size.map_or(SHEET, |Size { columns, rows }| Sheet { columns, rows });
    match runtime.block_on(runtime::print(options, screen.keys.as_deref().unwrap_or_default(), sheet)) {
        Ok(frame) => printed(Out::lock().print(&frame), Exit::Clean),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
            complain(&format!("--keys: {error}"));
            Exit::Usage
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Unread
        }
    }
}
