//! A configuration file as text, and where in it something stands.

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::mistake::{Mistake, Origin};

/// No configuration of ours is longer; what is longer is some other file.
const LONGEST: u64 = 1 << 20;

/// The text of one configuration file.
pub struct Document {
    path: PathBuf,
    text: String,
}

impl Document {
    /// Takes `text` for what stands in `path`.
    pub fn new(path: &Path, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Says why it cannot be read, or where it stops being UTF-8.
    pub fn read(path: &Path) -> Result<Self, Mistake> {
        let whole = |what: String| Mistake { origin: Origin::whole(path), key: String::new(), what };
        let bytes = read_regular(path).map_err(whole)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { path: path.to_owned(), text }),
            Err(error) => Err(not_utf8(path, error.as_bytes(), error.utf8_error().valid_up_to())),
        }
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The folder that relative paths in the file start from.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The place of byte `range.start`.
    pub fn place(&self, range: &Range<usize>) -> Origin {
        place(&self.path, &self.text, range.start)
    }

    /// The file as a whole.
    pub fn whole(&self) -> Origin {
        Origin::whole(&self.path)
    }
}

fn read_regular(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let found = std::fs::metadata(path).map_err(cannot)?;
    if !found.is_file() {
        return Err("is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes, so it is no configuration of quarterdeck"));
    }
    Ok(bytes)
}

fn not_utf8(path: &Path, bytes: &[u8], valid: usize) -> Mistake {
    let before = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default());
    let byte = bytes.get(valid).copied().unwrap_or_default();
    Mistake {
        origin: place(path, &before, valid),
        key: String::new(),
        what: format!("byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"),
    }
}

fn place(path: &Path, text: &str, offset: usize) -> Origin {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Origin::File {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
    }
}
