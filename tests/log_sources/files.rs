//! Files that are rotated, copied and emptied, lost and found while they are read.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use quarterdeck::sources::logs::{Fact, History, Input, Options, files};

use super::desk::{Heard, listen, numbered, numbers, options, texts};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn pack(&self, name: &str, text: &str) {
        let mut packed = GzEncoder::new(File::create(self.path(name)).unwrap(), Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap();
    }

    fn follow(&self, name: &str) -> Heard {
        listen(self.options(name))
    }

    fn options(&self, name: &str) -> Options {
        options(vec![Input::Files(files::Options::new("log", &self.path(name)))])
    }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn each_once(facts: &[Fact], up_to: u32) {
    let mut found = numbers(facts);
    found.sort_unstable();
    assert_eq!(found, (1..=up_to).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_written_before_comes_first_and_then_what_is_written() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=100));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    assert!(*heard.settled.borrow() || heard.settled.changed().await.is_ok());
    folder.write("x.log", "line 101\nline 1");
    heard.line("line 101").await;
    folder.write("x.log", "02\n");
    heard.line("line 102").await;
    assert_eq!(numbers(&heard.all), (1..=102).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_beginning() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=10));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    let mut late = OpenOptions::new().append(true).open(folder.path("x.log")).unwrap();
    folder.rename("x.log", "x.log.1");
    late.write_all(numbered(11..=20).as_bytes()).unwrap();
    folder.write("x.log", &numbered(21..=30));
    heard.line("line 30").await;
    // Whoever writes has not heard of the new file yet.
    late.write_all(numbered(31..=40).as_bytes()).unwrap();
    heard.line("line 40").await;
    each_once(&heard.all, 40);
    assert_eq!(heard.gaps(), [""; 0]);
}

#[tokio::test]
async fn many_rotations_in_a_row_lose_nothing() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=10));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    // Faster than anybody looks: two of them are never seen under their first name.
    folder.write("x.log", &numbered(11..=20));
    for (from, to) in [("x.log", "x.log.1"), ("x.log.1", "x.log.2"), ("x.log.2", "x.log.3")] {
        folder.rename(from, to);
        if to == "x.log.1" {
            folder.write("x.log", &numbered(21..=30));
        }
    }
    folder.rename("x.log", "x.log.2");
    folder.write("x.log", &numbered(31..=40));
    folder.rename("x.log", "x.log.1");
    folder.write("x.log", &numbered(41..=50));
    heard.line("line 50").await;
    each_once(&heard.all, 50);
}

#[tokio::test]
async fn a_file_that_is_copied_and_emptied_goes_on_and_the_gap_is_told() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=10));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    for round in 1..=5 {
        let from = round * 10 + 1;
        folder.write("x.log", &numbered(from..=from + 4));
        fs::copy(folder.path("x.log"), folder.path("x.log.1")).unwrap();
        File::options().write(true).open(folder.path("x.log")).unwrap().set_len(0).unwrap();
        // Longer than before, so that its size alone tells nothing.
        folder.write("x.log", &numbered(from + 5..=from + 9));
        heard.line(&format!("line {}", from + 9)).await;
    }
    each_once(&heard.all, 60);
    assert_eq!(heard.gaps().len(), 5);
    assert!(heard.gaps()[0].contains("emptied in place"));
}

#[tokio::test]
async fn a_file_that_is_emptied_by_hand_is_a_gap() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=10));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    File::create(folder.path("x.log")).unwrap();
    heard.until("a gap", |facts| facts.iter().any(|fact| matches!(fact, Fact::Gap { .. }))).await;
    folder.write("x.log", &numbered(11..=12));
    heard.line("line 12").await;
    each_once(&heard.all, 12);
}

#[tokio::test]
async fn a_link_that_is_turned_leads_to_the_new_file() {
    let folder = Folder::new();
    folder.write("0.log", &numbered(1..=10));
    std::os::unix::fs::symlink(folder.path("0.log"), folder.path("x.log")).unwrap();
    let mut heard = folder.follow("x.log");
    heard.live().await;
    folder.write("0.log", &numbered(11..=15));
    folder.write("1.log", &numbered(16..=20));
    std::os::unix::fs::symlink(folder.path("1.log"), folder.path("new")).unwrap();
    folder.rename("new", "x.log");
    heard.line("line 20").await;
    each_once(&heard.all, 20);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_waited_for_and_said_to_be_missing() {
    let folder = Folder::new();
    let mut heard = folder.follow("x.log");
    heard.down("is not there; it is followed as soon as it is").await;
    assert!(heard.settled.changed().await.is_ok(), "one failure is enough to have looked");
    folder.write("x.log", &numbered(1..=3));
    heard.line("line 3").await;
    heard.live().await;
    each_once(&heard.all, 3);
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_read_once_it_may() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=3));
    // Who is root may read everything, but not what is no file.
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        folder.rename("x.log", "kept");
        fs::create_dir(folder.path("x.log")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.path("pipe"), rustix::fs::Mode::RUSR).unwrap();
        fs::remove_dir(folder.path("x.log")).unwrap();
        folder.rename("pipe", "x.log");
    } else {
        fs::set_permissions(folder.path("x.log"), Permissions::from_mode(0o000)).unwrap();
    }
    let mut heard = folder.follow("x.log");
    heard.down(if is_root { "no regular file" } else { "may not be read" }).await;
    if is_root {
        folder.rename("kept", "x.log");
    } else {
        fs::set_permissions(folder.path("x.log"), Permissions::from_mode(0o600)).unwrap();
    }
    heard.line("line 3").await;
    each_once(&heard.all, 3);
}

#[tokio::test]
async fn the_last_lines_reach_back_into_rotated_files() {
    let folder = Folder::new();
    folder.pack("x.log.2.gz", &numbered(1..=50));
    folder.write("x.log.1", &numbered(51..=80));
    folder.write("x.log", &numbered(81..=100));
    let history = History { lines: 60, ..History::default() };
    let mut heard = listen(Options { history, ..folder.options("x.log") });
    heard.live().await;
    assert_eq!(numbers(&heard.all), (41..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn lines_that_are_too_old_are_passed_over_by_their_own_time() {
    let folder = Folder::new();
    let line = |ago: i64, text: &str| {
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago);
        format!("time=\"{at:.0}\" level=info msg=\"{text}\"\n")
    };
    folder.write("x.log", &(line(3600, "old") + &line(5, "new")));
    let history = History { span: Duration::from_mins(1), ..History::default() };
    let mut heard = listen(Options { history, ..folder.options("x.log") });
    heard.live().await;
    let read: u64 =
        heard.all.iter().map(|fact| if let Fact::Lines(batch) = fact { batch.read } else { 0 }).sum();
    assert_eq!((heard.texts().len(), read), (1, 1), "{:?}", heard.texts());
    // What is written now is taken, whatever time it says.
    folder.write("x.log", &line(7200, "late"));
    heard.line("late").await;
}

#[tokio::test]
async fn the_dates_of_a_load_balancer_that_names_no_zone_are_of_the_zone_in_which_its_file_was_written() {
    let folder = Folder::new();
    let now = jiff::Timestamp::now();
    for hours in [-5, 3] {
        let line = |ago: i64| {
            let at = now - jiff::SignedDuration::from_secs(ago - hours * 3600);
            let at = at.strftime("%d/%b/%Y:%H:%M:%S.000");
            format!(
                "Nov 20 22:01:41 lb haproxy[7]: 10.0.0.1:6065 [{at}] in registry/reg1 0/0/0/2/2 500 188 - - ---- 1/1/0/0/0 0/0 \"GET /v2/a/manifests/{ago} HTTP/1.1\"\n"
            )
        };
        let name = format!("lb{hours}.log");
        folder.write(&name, &(line(3600) + &line(300) + &line(1)));
        let mut heard = folder.follow(&name);
        heard.live().await;
        let lines = heard
            .all
            .iter()
            .filter_map(|fact| if let Fact::Lines(batch) = fact { Some(batch) } else { None });
        let ages: Vec<_> =
            lines.flat_map(|batch| &batch.lines).map(|line| now.duration_since(line.at).as_secs()).collect();
        assert!(matches!(*ages, [299..=301, 0..=2]), "{ages:?}");
        let told = |fact: &Fact| matches!(fact, Fact::Clock { offset, .. } if offset.seconds() == hours as i32 * 3600);
        assert!(heard.all.iter().any(told), "{:?}", heard.all);
    }
}

#[tokio::test]
async fn a_packed_file_is_read_once() {
    let folder = Folder::new();
    folder.pack("x.log.gz", &numbered(1..=500));
    let mut heard = folder.follow("x.log.gz");
    heard.until("its end", |facts| facts.iter().any(|fact| matches!(fact, Fact::Over { .. }))).await;
    each_once(&heard.all, 500);
    fs::write(folder.path("broken.gz"), b"\x1f\x8b\x08 not really").unwrap();
    folder.follow("broken.gz").down("broken.gz cannot be read").await;
}

#[tokio::test]
async fn a_pattern_follows_each_file_and_those_that_come_later_once() {
    let folder = Folder::new();
    folder.write("a.log", "line 1\n");
    folder.write("b.log", "line 2\n");
    folder.write("b.log.1", "line 99\n");
    let mut heard = folder.follow("*.log*");
    heard.line("line 2").await;
    folder.write("c.log", "line 3\n");
    heard.line("line 3").await;
    // Under its new name it would be one of the pattern too.
    folder.rename("a.log", "a-20260101.log");
    folder.write("a.log", "line 4\n");
    heard.line("line 4").await;
    folder.write("d.log", "line 5\n");
    heard.line("line 5").await;
    let streams: std::collections::BTreeSet<_> = heard
        .all
        .iter()
        .filter_map(|fact| if let Fact::Lines(batch) = fact { Some(&*batch.stream) } else { None })
        .collect();
    assert_eq!(streams.into_iter().collect::<Vec<_>>(), ["log/a.log", "log/b.log", "log/c.log", "log/d.log"]);
    let mut found = numbers(&heard.all);
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3, 4, 5, 99], "the rotated one is the history of the one that is written");
}

#[tokio::test]
async fn a_source_that_is_begun_again_goes_on_where_it_was() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=10));
    let options = folder.options("x.log");
    let mut heard = listen(options.clone());
    heard.live().await;
    folder.write("x.log", "line 11\nline ");
    heard.line("line 11").await;
    let mut all = heard.end().await;
    folder.write("x.log", "12\n");
    let mut heard = listen(options.clone());
    heard.line("line 12").await;
    all.extend(heard.end().await);
    // Rotated while nobody looked: the rest is beside it.
    folder.write("x.log", "line 13\n");
    folder.rename("x.log", "x.log.1");
    folder.write("x.log", "line 14\n");
    let mut heard = listen(options.clone());
    heard.line("line 14").await;
    assert_eq!(heard.gaps(), [""; 0]);
    all.extend(heard.end().await);
    each_once(&all, 14);
    // And gone while nobody looked.
    folder.write("x.log", "lost\n");
    fs::remove_file(folder.path("x.log")).unwrap();
    folder.write("x.log", "line 15\n");
    let mut heard = listen(options);
    heard.line("line 15").await;
    assert!(heard.gaps()[0].contains("is gone"), "{:?}", heard.gaps());
    all.extend(heard.end().await);
    each_once(&all, 15);
}

#[tokio::test]
async fn an_endless_line_is_cut_and_counted() {
    let folder = Folder::new();
    let mut heard = folder.follow("x.log");
    folder.write("x.log", &format!("{}\nline 1\n", "x".repeat(3 << 20)));
    heard.line("line 1").await;
    let bytes: u64 =
        heard.all.iter().map(|fact| if let Fact::Lines(batch) = fact { batch.bytes } else { 0 }).sum();
    assert_eq!(bytes, (3 << 20) + 1 + 7);
    assert!(texts(&heard.all).iter().all(|text| text.len() <= 16 << 10));
}

#[tokio::test]
async fn the_disk_below_the_file_is_told() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=10));
    let mut heard = folder.follow("x.log");
    let of_disk = |fact: &Fact| matches!(fact, Fact::Disk { size: 71, free, total, .. } if free < total);
    heard.until("the disk", |facts| facts.iter().any(of_disk)).await;
}

#[tokio::test]
async fn a_file_that_is_deleted_is_missing_until_it_is_there_again() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=3));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    fs::remove_file(folder.path("x.log")).unwrap();
    heard.down("is not there; it is followed as soon as it is").await;
    folder.write("x.log", &numbered(4..=6));
    heard.line("line 6").await;
    let is_live = |fact: &Fact| matches!(fact, Fact::Live { .. });
    heard.until("live again", |facts| facts.iter().filter(|fact| is_live(fact)).count() == 2).await;
    each_once(&heard.all, 6);
}

#[tokio::test]
async fn an_older_part_that_somebody_unpacks_is_no_news() {
    let folder = Folder::new();
    folder.pack("x.log.2.gz", &numbered(1..=5));
    folder.write("x.log", &numbered(6..=10));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    folder.write("unpacked", &numbered(1..=5));
    let long_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().append(true).open(folder.path("unpacked")).unwrap().set_modified(long_ago).unwrap();
    folder.rename("unpacked", "x.log.2");
    folder.rename("x.log", "x.log.1");
    folder.write("x.log", &numbered(11..=15));
    heard.line("line 15").await;
    each_once(&heard.all, 15);
    assert_eq!(heard.gaps(), [""; 0]);
}

#[tokio::test]
async fn a_part_that_was_packed_before_it_was_read_is_a_gap() {
    let folder = Folder::new();
    folder.write("x.log", &numbered(1..=5));
    let mut heard = folder.follow("x.log");
    heard.live().await;
    folder.pack("packed", "nobody saw this\n");
    let later = SystemTime::now() + Duration::from_hours(1);
    File::options().append(true).open(folder.path("packed")).unwrap().set_modified(later).unwrap();
    folder.rename("x.log", "x.log.2");
    folder.rename("packed", "x.log.1.gz");
    folder.write("x.log", &numbered(6..=10));
    heard.line("line 10").await;
    each_once(&heard.all, 10);
    assert!(heard.gaps()[0].contains("packed before it was read"), "{:?}", heard.gaps());
}

#[tokio::test]
async fn parts_that_are_longer_than_one_look_are_read_to_their_ends() {
    const MANY: u32 = 100_000;
    let folder = Folder::new();
    folder.write("x.log", "line 1\n");
    let mut heard = folder.follow("x.log");
    heard.live().await;
    let read = |facts: &[Fact]| {
        let read = facts.iter().map(|fact| if let Fact::Lines(batch) = fact { batch.read } else { 0 });
        read.sum::<u64>()
    };
    // One that was never seen under its first name.
    folder.write("part", &numbered(1..=MANY));
    folder.rename("x.log", "x.log.2");
    folder.rename("part", "x.log.1");
    folder.write("x.log", "line 1\n");
    heard.until("all of the part", |facts| read(facts) == u64::from(MANY) + 2).await;
    assert_eq!(heard.gaps(), [""; 0]);
    // A copy whose end was not read before the file was emptied.
    folder.write("copy", &("line 1\n".to_owned() + &numbered(1..=MANY)));
    folder.rename("copy", "x.log.1");
    File::options().write(true).open(folder.path("x.log")).unwrap().set_len(0).unwrap();
    folder.write("x.log", "line 2\n");
    heard.until("all of the copy", |facts| read(facts) == 2 * u64::from(MANY) + 3).await;
    assert_eq!(heard.gaps().len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_not_one_without_files() {
    let folder = Folder::new();
    // Who is root may read every folder, but not one that leads to itself.
    std::os::unix::fs::symlink(folder.path("circle"), folder.path("circle")).unwrap();
    folder.follow("circle/*.log").down("circle cannot be read: ").await;
}
