//! Which files a pattern stands for, and which of them are older parts of another.

use std::io;
use std::path::{Component, Path, PathBuf};

use regex::Regex;

/// Files that one pattern stands for, at most.
const MOST: usize = 500;

/// A path in which `*`, `?` and `[…]` stand for many; a folder stands for the files in it.
#[derive(Clone, Debug)]
pub struct Pattern {
    parts: Vec<Part>,
}

/// What a pattern stands for now.
#[derive(Debug, Default)]
pub struct Found {
    /// In order of their names, without older parts of others.
    pub files: Vec<PathBuf>,
    /// Files that are too many.
    pub left_out: usize,
    /// A folder that could not be read, and why.
    pub unread: Option<(PathBuf, io::Error)>,
}

#[derive(Clone, Debug)]
enum Part {
    Plain(PathBuf),
    Many(Regex),
}

impl Pattern {
    /// What `path` stands for.
    ///
    /// # Errors
    ///
    /// Says what of it makes no sense.
    pub fn new(path: &Path) -> Result<Self, String> {
        let part = |component: Component<'_>| {
            let text = component.as_os_str().to_string_lossy();
            if !text.contains(['*', '?', '[']) {
                return Ok(Part::Plain(PathBuf::from(component.as_os_str())));
            }
            let many = Regex::new(&expression(&text));
            many.map(Part::Many).map_err(|_| format!("{} is no pattern of files: {text:?}", path.display()))
        };
        Ok(Self { parts: path.components().map(part).collect::<Result<_, _>>()? })
    }

    /// Whether it stands for more than one.
    pub fn is_many(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Many(_)))
    }

    /// The files that are there now.
    pub fn find(&self, path: &Path) -> Found {
        let (mut found, mut unread) = (vec![PathBuf::new()], None);
        if self.is_many() {
            for part in &self.parts {
                found = found.iter().flat_map(|folder| part.below(folder, &mut unread)).collect();
            }
        } else {
            found = listed(path, &mut unread).into_iter().map(|name| path.join(name)).collect();
        }
        found.retain(|path| path.is_file());
        found.sort();
        let all = found.clone();
        found.retain(|path| !is_packed(path) && !all.iter().any(|other| is_older_part(path, other)));
        let left_out = found.len().saturating_sub(MOST);
        found.truncate(MOST);
        Found { files: found, left_out, unread }
    }

    /// What a file of many is called.
    pub fn name(&self, name: &str, path: &Path) -> String {
        let first = self.parts.iter().position(|part| matches!(part, Part::Many(_)));
        let fixed = first.unwrap_or(self.parts.len());
        let rest: PathBuf = path.components().skip(fixed).collect();
        format!("{name}/{}", rest.display())
    }
}

impl Part {
    fn below(&self, folder: &Path, unread: &mut Option<(PathBuf, io::Error)>) -> Vec<PathBuf> {
        match self {
            Self::Plain(name) => vec![folder.join(name)],
            Self::Many(many) => {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                let names = listed(folder, unread).into_iter();
                names.filter(|name| many.is_match(name)).map(|name| folder.join(name)).collect()
            }
        }
    }
}

fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let names = std::fs::read_dir(folder)?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

/// What is in a folder; of those that cannot be read the first is noted. What is no folder has nothing in it.
fn listed(folder: &Path, unread: &mut Option<(PathBuf, io::Error)>) -> Vec<String> {
    entries(folder).unwrap_or_else(|error| {
        if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            unread.get_or_insert_with(|| (folder.to_owned(), error));
        }
        Vec::new()
    })
}

/// The expression that a pattern of one name stands for.
fn expression(pattern: &str) -> String {
    let mut text = "^".to_owned();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => text.push_str(".*"),
            '?' => text.push('.'),
            '[' => {
                let set: String = rest.by_ref().take_while(|c| *c != ']').collect();
                let (not, set) = set.strip_prefix(['!', '^']).map_or(("", &*set), |set| ("^", set));
                text.push_str(&format!("[{not}{}]", set.replace('\\', "\\\\").replace('[', "\\[")));
            }
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    text + "$"
}

/// Whether it is packed, so that nothing more will be written to it.
pub fn is_packed(path: &Path) -> bool {
    const PACKED: [&str; 5] = ["gz", "bz2", "xz", "zst", "Z"];
    path.extension().is_some_and(|extension| PACKED.iter().any(|packed| extension == *packed))
}

/// Whether `path` is what `of` was once: `x.log.1`, `x.log.2.gz`, `x.log-20260101`, `x-20260101.log`, `x.log.old`.
pub fn is_older_part(path: &Path, of: &Path) -> bool {
    let (Some(name), Some(of_name)) = (path.to_str(), of.to_str()) else { return false };
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let extension = of.extension().and_then(|extension| extension.to_str()).map(|text| format!(".{text}"));
    let before =
        extension.as_deref().and_then(|end| Some((of_name.strip_suffix(end)?, name.strip_suffix(end)?)));
    [Some((of_name, name)), before].into_iter().flatten().any(|(of, name)| {
        let rest = name.strip_prefix(of).and_then(|rest| rest.strip_prefix(['.', '-']));
        rest.is_some_and(|rest| rest == "old" || is_number(rest))
    })
}

/// A number or a date.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || "-_.T".contains(c))
}

/// What `path` was before, and is kept beside it, oldest first.
pub fn older_parts(path: &Path) -> Vec<PathBuf> {
    let Some(folder) = path.parent() else { return Vec::new() };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut parts: Vec<_> = entries(folder)
        .unwrap_or_default()
        .into_iter()
        .map(|name| folder.join(name))
        .filter(|other| is_older_part(other, path))
        .filter_map(|part| Some((std::fs::metadata(&part).ok()?.modified().ok()?, part)))
        .collect();
    // Of those of the same time, x.log.2 is older than x.log.1.
    parts.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| b.cmp(a)));
    parts.into_iter().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_older_parts_of_the_one_that_is_written() {
        let of = |name: &str| is_older_part(Path::new(name), Path::new("/l/x.log"));
        for name in [
            "/l/x.log.1",
            "/l/x.log.12.gz",
            "/l/x.log-20260101",
            "/l/x.log-20260101.gz",
            "/l/x-20260101.log",
            "/l/x.log.old",
        ] {
            assert!(of(name), "{name}");
        }
        for name in ["/l/x.log", "/l/x.log.", "/l/x.logs", "/l/x.log.txt", "/l/y.log.1", "/l/x.log-app"] {
            assert!(!of(name), "{name}");
        }
    }

    #[test]
    fn a_pattern_stands_for_the_files_that_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a.log", "a.log.1", "a.log.2.gz", "b.log", "c.txt", ".d.log", "a[1].log"] {
            std::fs::write(path(name), "x\n").unwrap();
        }
        let find = |pattern: &str| {
            let pattern = Pattern::new(&path(pattern)).unwrap();
            let names = pattern.find(folder.path()).files.into_iter();
            names.map(|path| pattern.name("n", &path)).collect::<Vec<_>>()
        };
        assert_eq!(find("*.log*"), ["n/a.log", "n/a[1].log", "n/b.log"]);
        assert_eq!(find("[ab].log"), ["n/a.log", "n/b.log"]);
        assert_eq!(find("[!a].log"), ["n/b.log"]);
        assert_eq!(find("?.txt"), ["n/c.txt"]);
        let all = Pattern::new(folder.path()).unwrap();
        assert_eq!(all.find(folder.path()).files.len(), 4, "a folder stands for what is in it");
        assert!(Pattern::new(Path::new("/l/[z-a]")).is_err());
    }

    #[test]
    fn what_is_too_much_and_what_cannot_be_read_is_known() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MOST + 3 {
            std::fs::write(folder.path().join(format!("{number}.log")), "").unwrap();
        }
        let all = Pattern::new(folder.path()).unwrap().find(folder.path());
        assert_eq!((all.files.len(), all.left_out, all.unread.is_none()), (MOST, 3, true));
        // Who is root may read every folder, but not one that leads to itself.
        let circle = folder.path().join("circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        let none = Pattern::new(&circle.join("*.log")).unwrap().find(&circle);
        assert_eq!((none.files.len(), none.unread.unwrap().0), (0, circle));
    }
}
