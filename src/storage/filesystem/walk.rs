//! Lists a folder in the byte order of keys, page by page.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use rustix::fs::{CWD, OFlags, Stat};
use rustix::io::Errno;

use super::folder::{open, raw_name, read_names, stat_through_links};
use super::{Root, names, status};
use crate::storage::{Delimiter, Entry, ErrorKind, Page, PageToken, Result, StoreError};

/// Things on a page.
const PAGE: usize = 1000;
/// Listings that can go on without reading their folders again.
const PARKED: usize = 64;

/// One page of what is below `prefix`, going on where `token` says.
pub fn page(root: &Root, prefix: &str, delimiter: Delimiter, token: Option<&PageToken>) -> Result<Page> {
    let parked = token.and_then(|token| lock(root).take(token, prefix, delimiter));
    let mut walk = match parked {
        Some(walk) => walk,
        None => Walk::start(&root.path, prefix, delimiter, token.map(last_key).transpose()?)?,
    };
    let mut page = walk.page(PAGE);
    if !walk.stack.is_empty() {
        page.next = Some(lock(root).park(walk));
    }
    Ok(page)
}

fn lock(root: &Root) -> std::sync::MutexGuard<'_, Parked> {
    root.parked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A token is a serial number and the last key that was listed: with the walk itself forgotten, the key suffices.
fn last_key(token: &PageToken) -> Result<&str> {
    let (_, key) = token
        .0
        .split_once(':')
        .ok_or_else(|| StoreError::new(ErrorKind::Broken, &token.0, "not a page token of this store"))?;
    Ok(key)
}

/// Walks that wait for their next page to be asked for, oldest first.
#[derive(Default)]
pub struct Parked {
    serial: u64,
    walks: VecDeque<(String, Walk)>,
}

impl Parked {
    fn take(&mut self, token: &PageToken, prefix: &str, delimiter: Delimiter) -> Option<Walk> {
        let at = self.walks.iter().position(|(parked, walk)| {
            *parked == token.0 && walk.prefix == prefix && walk.delimiter == delimiter
        })?;
        self.walks.remove(at).map(|(_, walk)| walk)
    }

    fn park(&mut self, mut walk: Walk) -> PageToken {
        walk.stack.iter_mut().for_each(|frame| frame.fd = None);
        self.serial += 1;
        let token = format!("{}:{}", self.serial, walk.last);
        self.walks.push_back((token.clone(), walk));
        if self.walks.len() > PARKED {
            self.walks.pop_front();
        }
        PageToken(token)
    }
}

/// A listing under way.
struct Walk {
    root: PathBuf,
    prefix: String,
    delimiter: Delimiter,
    /// Keys up to this one were listed before this walk started.
    after: Option<String>,
    /// The last key that this walk dealt with.
    last: String,
    stack: Vec<Frame>,
}

/// One folder on the way down, with what is still to do in it.
struct Frame {
    prefix: String,
    path: PathBuf,
    /// Open while a page is being made, closed while the walk is parked.
    fd: Option<OwnedFd>,
    /// Names as in keys, folders with their `/`.
    names: std::vec::IntoIter<String>,
}

impl Walk {
    fn start(root: &Path, prefix: &str, delimiter: Delimiter, after: Option<&str>) -> Result<Self> {
        let path = names::folder(root, prefix)?;
        let fd =
            open(CWD, path.as_os_str(), OFlags::empty()).map_err(|errno| status::error(prefix, errno))?;
        let mut walk = Self {
            root: root.to_owned(),
            prefix: prefix.to_owned(),
            delimiter,
            after: after.map(str::to_owned),
            last: String::new(),
            stack: Vec::new(),
        };
        walk.enter(prefix.to_owned(), path, fd).map_err(|errno| status::error(prefix, errno))?;
        Ok(walk)
    }

    /// Lists the next `limit` things.
    fn page(&mut self, limit: usize) -> Page {
        let mut page = Page::default();
        while page.entries.len() + page.prefixes.len() + page.unread.len() < limit {
            let Some(frame) = self.stack.last_mut() else { break };
            let Some(name) = frame.names.next() else {
                self.stack.pop();
                continue;
            };
            let key = format!("{}{name}", frame.prefix);
            if name.ends_with('/') {
                self.put_folder(key, &name, &mut page);
                continue;
            }
            let found = frame.entry(key, &name).transpose();
            match found {
                Some(Ok(entry)) if self.is_new(&entry.key) => page.entries.push(entry),
                Some(Err(error)) if self.is_new(&error.key) => page.unread.push(error),
                Some(_) | None => {}
            }
        }
        while self.stack.last().is_some_and(|frame| frame.names.as_slice().is_empty()) {
            self.stack.pop();
        }
        page
    }

    /// Notes that `key` was dealt with; answers whether no earlier page had it.
    fn is_new(&mut self, key: &str) -> bool {
        key.clone_into(&mut self.last);
        let new = self.after.as_deref().is_none_or(|after| key > after);
        if new {
            self.after = None;
        }
        new
    }

    /// Goes into the folder `key`, or lists it: as the next level, as an empty one, or as one that cannot be read.
    fn put_folder(&mut self, key: String, name: &str, page: &mut Page) {
        let found = match self.delimiter {
            Delimiter::Slash => Ok(false),
            Delimiter::None => self.descend(&key, name),
        };
        match found {
            Ok(true) => {}
            Ok(false) if self.is_new(&key) => page.prefixes.push(key),
            Err(error) if error.kind != ErrorKind::Gone && self.is_new(&key) => page.unread.push(error),
            Ok(false) | Err(_) => {}
        }
    }

    /// Opens a folder below the current one; answers whether there is anything in it.
    fn descend(&mut self, key: &str, name: &str) -> Result<bool> {
        let failed = |errno| status::error(key, errno);
        let Some(frame) = self.stack.last_mut() else { return Ok(true) };
        let raw = raw_name(name);
        let path = frame.path.join(&raw);
        let parent = frame.open().map_err(failed)?;
        let fd = match open(parent, &raw, OFlags::NOFOLLOW) {
            Err(Errno::LOOP | Errno::NOTDIR) => self.linked_folder(&path, key)?,
            opened => opened.map_err(failed)?,
        };
        self.enter(key.to_owned(), path, fd).map_err(failed)
    }

    /// Opens a folder that a symbolic link leads to, unless it leads back up.
    fn linked_folder(&self, path: &Path, key: &str) -> Result<OwnedFd> {
        let failed = |errno| status::error(key, errno);
        let fd = open(CWD, path.as_os_str(), OFlags::empty()).map_err(failed)?;
        let target = rustix::fs::fstat(&fd).map_err(failed)?;
        let same = |stat: Stat| (stat.st_dev, stat.st_ino) == (target.st_dev, target.st_ino);
        let above = path.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
        if above.filter_map(|above| rustix::fs::stat(above).ok()).any(same) {
            return Err(failed(Errno::LOOP));
        }
        Ok(fd)
    }

    /// Reads an open folder and makes it the current one; answers whether there is anything in it.
    fn enter(&mut self, prefix: String, path: PathBuf, fd: OwnedFd) -> rustix::io::Result<bool> {
        let mut names = read_names(&fd, prefix.is_empty())?;
        if names.is_empty() {
            return Ok(false);
        }
        if let Some(after) = &self.after {
            let deep = self.delimiter == Delimiter::None;
            names.retain(|name| is_ahead(&format!("{prefix}{name}"), after, deep));
        }
        self.stack.push(Frame { prefix, path, fd: Some(fd), names: names.into_iter() });
        Ok(true)
    }
}

/// Whether `key` itself or, in a `deep` listing, something below it comes after the key `after`.
fn is_ahead(key: &str, after: &str, deep: bool) -> bool {
    key > after || (deep && key.ends_with('/') && after.starts_with(key))
}

impl Frame {
    /// The folder's descriptor, opened again if the walk was parked.
    fn open(&mut self) -> rustix::io::Result<&OwnedFd> {
        match &mut self.fd {
            Some(fd) => Ok(fd),
            closed @ None => Ok(closed.insert(open(CWD, self.path.as_os_str(), OFlags::empty())?)),
        }
    }

    /// The entry of the file `name`; none if it went away since the folder was read.
    fn entry(&mut self, key: String, name: &str) -> Result<Option<Entry>> {
        let raw = raw_name(name);
        let stat = self.open().and_then(|folder| stat_through_links(folder, &raw));
        match stat {
            Ok(stat) => Ok(Some(status::entry(key, &stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(status::error(&key, errno)),
        }
    }
}
