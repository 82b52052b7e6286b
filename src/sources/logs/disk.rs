//! How full the disk is that holds a file: told when it changes, and not too often.

use std::path::Path;

use tokio::time::Instant;

use super::facts::Fact;
use super::feed::Feed;

/// What was told of a disk.
#[derive(Debug, Default)]
pub struct Disk {
    told: Option<Told>,
    looked: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    size: u64,
    free: u64,
    total: u64,
}

impl Told {
    /// Others write to the disk too, and a little more or less of it is no news.
    fn is_like(self, other: Self) -> bool {
        let near = self.free.abs_diff(other.free) <= self.total / 10_000;
        near && (self.size, self.total) == (other.size, other.total)
    }
}

/// What is free for logs, and the whole room for them.
fn within(room: Option<u64>, size: u64, free: u64, total: u64) -> (u64, u64) {
    match room.filter(|room| *room < total) {
        Some(room) => (free.min(room.saturating_sub(size)), room),
        None => (free, total),
    }
}

impl Disk {
    /// Tells of the disk below the file at `path`, which has `size` bytes, if there is news.
    pub async fn tell(&mut self, feed: &mut Feed, path: &Path, size: u64) {
        let pause = feed.desk().pace.disk;
        if self.looked.is_some_and(|looked| looked.elapsed() < pause) {
            return;
        }
        self.looked = Some(Instant::now());
        let of = path.to_owned();
        let found = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&of)).await;
        let Ok(Ok(found)) = found else { return };
        let (free, total) = (found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize);
        let (free, total) = within(feed.desk().pace.room, size, free, total);
        let now = Told { size, free, total };
        if total == 0 || self.told.is_some_and(|told| told.is_like(now)) {
            return;
        }
        self.told = Some(now);
        let path = crate::model::text::clean(&path.display().to_string()).into_owned();
        feed.tell(Fact::Disk { stream: feed.stream().clone(), path, size, free, total }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_is_less_than_the_disk_is_what_can_be_full() {
        assert_eq!(within(None, 10, 500, 1000), (500, 1000));
        assert_eq!(within(Some(100), 10, 500, 1000), (90, 100));
        assert_eq!(within(Some(100), 10, 40, 1000), (40, 100), "others took it");
        assert_eq!(within(Some(100), 130, 500, 1000), (0, 100));
        assert_eq!(within(Some(5000), 10, 500, 1000), (500, 1000));
    }
}
