//! Mode, owner and time of a file or folder: as text to be noted, and back onto the file.

use std::os::fd::AsFd;

use rustix::fs::{Gid, Mode, Stat, Timespec, Timestamps, UTIME_OMIT, Uid};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::storage::{Attributes, ErrorKind, Result, StoreError};

/// What of a file is kept besides its bytes. Access lists, extended attributes and links are not: they come back only
/// with the very file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Permissions in octal.
    mode: String,
    uid: u32,
    gid: u32,
    /// Last change of a file: seconds since 1970 and nanoseconds, as in `1700000000.000000005`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mtime: Option<String>,
}

impl Look {
    /// The look of a file that stands there.
    pub fn of_file(stat: &Stat) -> Self {
        let mtime = format!("{}.{:09}", stat.st_mtime, stat.st_mtime_nsec);
        Self { mtime: Some(mtime), ..Self::without_time(stat) }
    }

    /// The look of a folder that stands there, also of a new one below it, and of a file that is to be written to.
    pub fn without_time(stat: &Stat) -> Self {
        Self {
            mode: format!("{:04o}", stat.st_mode & 0o7777),
            uid: stat.st_uid,
            gid: stat.st_gid,
            mtime: None,
        }
    }

    /// The look of a new file in a folder that looks like this.
    pub fn of_new_file_in(folder: &Stat) -> Self {
        Self { mode: format!("{:04o}", folder.st_mode & 0o666), ..Self::without_time(folder) }
    }

    /// What was noted of `key`.
    pub fn parse(key: &str, noted: &Attributes) -> Result<Self> {
        let odd = |why: String| {
            let detail = format!("\"{}\" are no attributes of a file: {why}", noted.0);
            StoreError::new(ErrorKind::Broken, key, detail)
        };
        let look: Self = serde_json::from_str(&noted.0).map_err(|error| odd(error.to_string()))?;
        look.mode()
            .and(look.times())
            .map(|_| ())
            .ok_or_else(|| odd("mode or time make no sense".to_owned()))?;
        Ok(look)
    }

    /// The text to be noted.
    pub fn noted(&self, key: &str) -> Result<Attributes> {
        let text = serde_json::to_string(self);
        text.map(Attributes).map_err(|error| StoreError::new(ErrorKind::Broken, key, error.to_string()))
    }

    /// Gives an open file or folder this look: the owner first, because a new one clears bits of the mode.
    pub fn put_on(&self, key: &str, fd: impl AsFd) -> Result<()> {
        let failed = |errno| super::status::error(key, errno);
        let owner = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        match rustix::fs::fchown(&fd, Some(owner.0), Some(owner.1)) {
            Err(Errno::PERM) => return Err(self.not_ours_to_give(key)),
            done => done.map_err(failed)?,
        }
        rustix::fs::fchmod(&fd, self.mode().unwrap_or(Mode::RUSR)).map_err(failed)?;
        match self.times().flatten() {
            Some(times) => rustix::fs::futimens(&fd, &times).map_err(failed),
            None => Ok(()),
        }
    }

    fn not_ours_to_give(&self, key: &str) -> StoreError {
        let detail = format!(
            "it has to belong to user {} and group {}, which only they or root can arrange; nothing was written",
            self.uid, self.gid
        );
        StoreError::new(ErrorKind::Denied, key, detail)
    }

    fn mode(&self) -> Option<Mode> {
        u32::from_str_radix(&self.mode, 8).ok().filter(|mode| *mode <= 0o7777).map(Mode::from_raw_mode)
    }

    /// The times to be set, or none if none was noted; nothing at all if what was noted is no time.
    fn times(&self) -> Option<Option<Timestamps>> {
        let Some(mtime) = &self.mtime else { return Some(None) };
        let (seconds, nanoseconds) = mtime.split_once('.')?;
        let last_modification = Timespec {
            tv_sec: seconds.parse().ok()?,
            tv_nsec: nanoseconds.parse().ok().filter(|count| (0..1_000_000_000).contains(count))?,
        };
        let last_access = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        Some(Some(Timestamps { last_access, last_modification }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_noted_comes_back(
            mode in 0u32..0o10000, uid: u32, gid: u32, time in proptest::option::of((any::<i64>(), 0u32..1_000_000_000)),
        ) {
            let mtime = time.map(|(seconds, rest)| format!("{seconds}.{rest:09}"));
            let look = Look { mode: format!("{mode:04o}"), uid, gid, mtime };
            prop_assert_eq!(Look::parse("key", &look.noted("key").unwrap()), Ok(look));
        }
    }

    #[test]
    fn nonsense_is_no_look() {
        for odd in [
            "",
            "{}",
            r#"{"mode":"9","uid":0,"gid":0}"#,
            r#"{"mode":"77777","uid":0,"gid":0}"#,
            r#"{"mode":"0644","uid":-1,"gid":0}"#,
            r#"{"mode":"0644","uid":0,"gid":0,"mtime":"soon"}"#,
            r#"{"mode":"0644","uid":0,"gid":0,"mtime":"1.1000000000"}"#,
            r#"{"mode":"0644","uid":0,"gid":0,"content_type":"text/plain"}"#,
        ] {
            let refused = Look::parse("key", &Attributes(odd.to_owned())).map_err(|error| error.kind);
            assert_eq!(refused, Err(ErrorKind::Broken), "{odd}");
        }
    }
}
