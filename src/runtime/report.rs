//! Writes a report when the program panics, says where it is, and turns the panic into an exit code.

use std::backtrace::Backtrace;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use directories::ProjectDirs;
use jiff::Timestamp;

use crate::model::text;

/// Exit code of a panic: `EX_SOFTWARE`, "internal software error".
pub const EXIT_CODE: u8 = 70;

/// Runs the program and turns a panic into [`EXIT_CODE`], with a report written and its path printed.
///
/// The hook is put around the one in place (color-eyre's), which prints the message.
pub fn with_reports(run: impl FnOnce() -> ExitCode) -> ExitCode {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        match record(info) {
            Ok(path) => eprintln!("A report was written to {}", text::sanitise(&path.to_string_lossy())),
            Err(error) => eprintln!("No report could be written: {error}"),
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| ExitCode::from(EXIT_CODE))
}

/// Writes message, place, version and backtrace of a panic to a file in the state folder that only its owner can
/// read; returns its path.
pub fn record(info: &PanicHookInfo<'_>) -> io::Result<PathBuf> {
    let folder = state_folder().ok_or_else(|| io::Error::other("there is no home folder to put it in"))?;
    let now = Timestamp::now();
    let (path, mut file) = create(&folder, now)?;
    let place = info.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    writeln!(file, "quarterdeck {} panicked at {now}", env!("CARGO_PKG_VERSION"))?;
    writeln!(file, "message: {}", text::clean(info.payload_as_str().unwrap_or("none")))?;
    writeln!(file, "place:   {place}")?;
    writeln!(file, "thread:  {}", thread.name().unwrap_or("unnamed"))?;
    writeln!(file, "system:  {} {}", std::env::consts::OS, std::env::consts::ARCH)?;
    writeln!(file, "\n{}", Backtrace::force_capture())?;
    Ok(path)
}

fn state_folder() -> Option<PathBuf> {
    let folders = ProjectDirs::from("", "", "quarterdeck")?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
}

/// A file that did not exist before: two panics in the same second get a name each.
fn create(folder: &Path, now: Timestamp) -> io::Result<(PathBuf, File)> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    let mut attempt = 0;
    loop {
        let path = folder.join(format!("panic-{stamp}-{}-{attempt}.txt", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            opened => return Ok((path, opened?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_report_is_for_its_owner_only_and_never_overwrites_another() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state/quarterdeck");
        let now = Timestamp::UNIX_EPOCH;
        let (first, _) = create(&folder, now).unwrap();
        let (second, _) = create(&folder, now).unwrap();
        assert_ne!(first, second);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&folder), mode(&first)], [0o700, 0o600]);
    }
}
