//! `--log FILE`: the cockpit on log files, without any profile.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::out::complain;
use super::{Arming, Exit, runbooks, writing};
use crate::config::Settings;
use crate::event::Fact;
use crate::execution::deeds::Deeds;
use crate::execution::notebook::Notebook;
use crate::model::{Called, Gate, Watched};
use crate::registry::mode::Configured;
use crate::runtime::stores::OpenOptions;
use crate::runtime::{CockpitOptions, Opener, Source, scan_with};
use crate::sources::bucket::scan::ScanOptions;
use crate::sources::logs::{self, History, Input, files, standard};
use crate::sources::look::Looking;
use crate::state::Session;
use crate::storage::{ErrorKind, StoreError};

/// What stands for the profile.
const NAME: &str = "logs";
/// What stands for standard input.
const STANDARD: &str = "-";

/// The cockpit on these files alone.
///
/// # Errors
///
/// Standard input is wanted and is a terminal, or there is none for the keys; or a frame is to be printed of a file
/// that is not there; that has been said.
pub fn options(
    paths: &[PathBuf],
    is_print: bool,
    arming: &Arming,
    settings: &Settings,
) -> Result<CockpitOptions, Exit> {
    let mut gate = Gate::shut(vec![NAME.to_owned()], false);
    writing::arm(&mut gate, arming)?;
    let notebook = settings.state_folder.as_deref().map(|folder| Notebook::new(folder, NAME));
    let deeds = settings.state_folder.clone().map(|folder| Arc::new(deeds(folder)));
    if deeds.is_none() && arming.write.is_some() {
        return Err(writing::no_state_folder());
    }
    let session = Session {
        profile: NAME.to_owned(),
        watched: Watched { logs: true, called: called(paths), ..Watched::default() },
        runbooks: Arc::new(runbooks::shelf(&settings.location)),
        ..Session::default()
    };
    let scan = scan_with(ScanOptions::default());
    let sources = vec![source(paths, is_print)?];
    Ok(CockpitOptions {
        sources,
        gate,
        deeds,
        notebook,
        ..CockpitOptions::new(session, no_bucket(), scan, "")
    })
}

/// The first of the files, as commands call it.
fn called(paths: &[PathBuf]) -> Called {
    let file = paths.iter().find(|path| *path != Path::new(STANDARD));
    Called { log_file: file.map(|path| path.display().to_string()), ..Called::default() }
}

/// What can be done to the files themselves, where they lie on this host.
fn deeds(state_folder: PathBuf) -> Deeds {
    let looking = Looking::new(ScanOptions::default(), Configured::Files, None);
    let (url, options) = (String::new(), OpenOptions::default());
    writing::assembled(looking, no_bucket(), url, options, state_folder, NAME.to_owned())
}

fn no_bucket() -> Opener {
    Arc::new(|| {
        let why = "only logs are looked at; --bucket or --profile names a registry as well";
        Box::pin(async move { Err(StoreError::new(ErrorKind::Unreachable, "", why)) })
    })
}

/// What follows these files.
///
/// # Errors
///
/// As [`options`].
pub fn source(paths: &[PathBuf], is_print: bool) -> Result<Source, Exit> {
    let mut inputs = Vec::new();
    for path in paths {
        inputs.push(if path == Path::new(STANDARD) {
            Input::Standard(standard::Options { file: Arc::new(standard_input(is_print)?) })
        } else {
            let is_pattern = path.to_string_lossy().contains(['*', '?', '[']);
            if is_print && !is_pattern && !path.exists() {
                complain(&format!("{}: there is no such file", path.display()));
                return Err(Exit::Unread);
            }
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            Input::Files(files::Options::new(&path.display().to_string(), &path))
        });
    }
    // Whoever names a file wants to see it, however old it is.
    let history = History { span: Duration::MAX, ..History::default() };
    let options = logs::Options { inputs, history, ..logs::Options::default() };
    Ok(Source::new("log files", Fact::Logs, move |teller| logs::run(options.clone(), teller)))
}

/// Our standard input; the terminal takes its place, for the keys.
fn standard_input(is_print: bool) -> Result<File, Exit> {
    let input = std::io::stdin();
    if input.is_terminal() {
        complain("--log - reads standard input, and that is the terminal here: pipe lines into it");
        return Err(Exit::Usage);
    }
    let taken = rustix::io::dup(&input).map(File::from).map_err(std::io::Error::from);
    let taken = taken.and_then(|taken| {
        if !is_print {
            let terminal = File::options().read(true).write(true).open("/dev/tty")?;
            rustix::stdio::dup2_stdin(terminal)?;
        }
        Ok(taken)
    });
    taken.map_err(|error| {
        complain(&format!("--log - needs a terminal for the keys beside standard input: {error}"));
        Exit::Usage
    })
}
