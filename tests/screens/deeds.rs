//! What is really written, and what is not, driven by keys over a registry's folder: with real proposals, a real
//! journal, and a store that notes down every write.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use quarterdeck::actions::commands::COMMANDS;
use quarterdeck::actions::verbs::{Risk, VERBS, Verb};
use quarterdeck::execution::deeds::{Deeds, WriteOpener};
use quarterdeck::execution::journal::Journal;
use quarterdeck::model::{Gate, Subject};
use quarterdeck::registry::mode::Configured;
use quarterdeck::runtime::{CockpitOptions, Paper, Sheet, drive, look_with};
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::sources::look::Looking;
use quarterdeck::staging::tree::{Healthy, Shown, Spec, write_into};
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::{
    Aftermath, Attributes, Delimiter, Entry, Object, ObjectStore, Page, PageToken, Result, Version,
};
use quarterdeck::ui::keys;
use regex::Regex;
use tempfile::TempDir;

use crate::house::{House, WIDE, given, options, watch};

const TAG: &str = "drydock/faults/manifest-blob-missing:bad";

type Log = Arc<Mutex<Vec<String>>>;

/// A store that notes down whatever would change it, and does it.
struct Noted {
    inner: Filesystem,
    log: Log,
}

impl Noted {
    fn note(&self, what: &str, key: &str) {
        self.log.lock().unwrap().push(format!("{what} {key}"));
    }
}

#[async_trait]
impl ObjectStore for Noted {
    fn url(&self) -> &str {
        self.inner.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.inner.list(prefix, delimiter, page).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.inner.read(key, range).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.inner.stat(key).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        self.note("create", key);
        self.inner.create(key, bytes, attributes).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        self.note("replace", key);
        self.inner.replace(key, bytes, version).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        self.note("delete", key);
        self.inner.delete(key, version).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.inner.attributes(key).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        self.note("keep", key);
        self.inner.keep(key, version).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        self.note("undelete", key);
        self.inner.undelete(key, version).await
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        self.note("look again", key);
        self.inner.look_again(key, version).await
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.note("remove folder", prefix);
        self.inner.remove_folder(prefix).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        self.note("make folder", prefix);
        self.inner.make_folder(prefix, attributes).await
    }

    async fn now(&self) -> Result<Timestamp> {
        self.inner.now().await
    }
}

/// A registry, a folder for journal and backups, and the note of all writes.
struct Ship {
    house: House,
    state: TempDir,
    log: Log,
    sheet: Sheet,
}

impl Ship {
    fn of(spec: &Spec) -> Self {
        let house = House::empty();
        write_into(house.folder.path(), spec).unwrap();
        Self { house, state: tempfile::tempdir().unwrap(), log: Log::default(), sheet: WIDE }
    }

    /// With these faults, each in a repository of its own.
    fn with_faults(faults: &[&'static str]) -> Self {
        let faults = Shown::Only(faults.to_vec());
        Self::of(&Spec { healthy: Healthy::None, faults, ..Spec::demo(watch()) })
    }

    async fn press(&self, gate: Gate, script: &str) -> Paper {
        self.press_with(gate, script, || ()).await
    }

    /// The same, and something that happens once the store is opened for writing.
    async fn press_with(
        &self,
        gate: Gate,
        script: &str,
        meanwhile: impl Fn() + Send + Sync + 'static,
    ) -> Paper {
        let inner = Filesystem::open(self.house.folder.path()).unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(Noted { inner, log: Arc::clone(&self.log) });
        let (log, to_write) = (Arc::clone(&self.log), Arc::clone(&store));
        let open_to_write: WriteOpener = Arc::new(move |_| {
            meanwhile();
            log.lock().unwrap().push("opened to write".to_owned());
            let store = Arc::clone(&to_write);
            Box::pin(async move { Ok(store) })
        });
        let looking = Looking::new(ScanOptions::default(), Configured::Files, None);
        let reading = given(Ok(store));
        let deeds = Deeds {
            looking: Arc::clone(&looking),
            fleet: None,
            open: reading.clone(),
            open_to_write,
            journal: Journal::new(self.state.path().to_owned(), later),
            environment: "harbour PRODUCTION".into(),
            late: Duration::ZERO,
        };
        let mut options = options(&self.house.url(), reading);
        options.session.registry = Some("https://registry.example.com".into());
        let options =
            CockpitOptions { scan: look_with(looking), deeds: Some(Arc::new(deeds)), gate, ..options };
        drive(options, keys::script(script).unwrap(), self.sheet).await.unwrap()
    }

    fn writes(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// All files and their bytes, without what was put aside.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        gather(&self.house.folder.path().join("docker"), &mut files);
        files
    }
}

fn gather(folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.insert(format!("{}/", path.display()), Vec::new());
            gather(&path, files);
        } else {
            files.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
}

/// A clock that goes on whenever it is read, so that the journal has an order.
fn later() -> Timestamp {
    static SECONDS: AtomicI64 = AtomicI64::new(0);
    let seconds = SECONDS.fetch_add(1, Ordering::Relaxed);
    watch().checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn shut() -> Gate {
    Gate::shut(vec!["harbour".into()], true)
}

fn open() -> Gate {
    let mut gate = Gate::shut(vec!["harbour".into()], false);
    gate.open(None, None).unwrap();
    gate
}

fn goto(name: &str) -> String {
    format!("type::tag space type:{name} enter")
}

fn text(paper: &Paper) -> String {
    paper.lines().join("\n")
}

#[tokio::test]
async fn a_broken_tag_is_deleted_by_keys_and_taken_back_to_the_byte() {
    let ship = Ship::with_faults(&["manifest-blob-missing"]);
    let before = ship.files();
    let delete = format!("{} ctrl-d type:bad ctrl-y", goto(TAG));
    let paper = ship.press(open(), &delete).await;
    let (frame, after) = (text(&paper), ship.files());
    assert!(frame.contains("Delete tag in harbour PRODUCTION: done"), "{frame}");
    assert!(after.len() < before.len() && !after.keys().any(|key| key.contains("tags/bad")), "{frame}");
    let closed = ship.press(open(), &format!("{} 1", goto(TAG))).await;
    assert!(text(&closed).contains("1 absent"), "{}", text(&closed));
    let undone = ship.press(open(), "type::undo enter enter type:undo ctrl-y").await;
    assert!(text(&undone).contains("Undo in harbour PRODUCTION: done"), "{}", text(&undone));
    assert_eq!(ship.files(), before);
    let again = ship.press(open(), "type::undo enter").await;
    assert!(text(&again).contains("taken back"), "{}", text(&again));
}

#[tokio::test]
async fn a_result_goes_on_to_what_still_stops_garbage_collection() {
    let ship = Ship::with_faults(&["manifest-blob-missing"]);
    let delete = format!("{} ctrl-d type:bad ctrl-y n", goto(TAG));
    let frame = text(&ship.press(open(), &delete).await);
    assert!(frame.contains("Delete revision link in harbour PRODUCTION"), "{frame}");
    assert!(frame.contains("To agree") && frame.contains("revisions/sha256/"), "{frame}");
}

#[tokio::test]
async fn the_owner_is_told_in_plain_words_what_to_push() {
    let ship = Ship::with_faults(&["manifest-blob-missing"]);
    // Arming is offered first, then the best cure: only the owner has the bytes.
    let paper = ship.press(shut(), &format!("{} a j enter", goto(TAG))).await;
    let [message] = paper.copied.as_slice() else { panic!("{:?}", paper.copied) };
    for part in [
        "registry.example.com/drydock/faults/manifest-blob-missing:bad cannot be pulled any more",
        "Please push it again",
        "    docker push registry.example.com/drydock/faults/manifest-blob-missing:bad",
        "    skopeo copy --all --preserve-digests SOURCE docker://registry.example.com/",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn marked_tags_go_together_by_their_number_and_no_other_does() {
    let ship = Ship::of(&Spec::demo(watch()));
    let before = ship.files();
    let mark = format!("{} space space", goto("base/alder/runtime:v1.0.0"));
    let marked = text(&ship.press(open(), &mark).await);
    assert!(
        marked.contains("2 marked") && marked.contains("◆ v1.0.0") && marked.contains("◆ v1.1.0"),
        "{marked}"
    );
    let unmarked = text(&ship.press(open(), &format!("{mark} esc")).await);
    assert!(!unmarked.contains("marked") && !unmarked.contains('◆'), "{unmarked}");
    let range = text(&ship.press(open(), &format!("{mark} j v")).await);
    assert!(range.contains("4 marked"), "{range}");
    // The selection goes elsewhere; what is marked stays what is meant.
    let asked = format!("{mark} G ctrl-d");
    let dialog = text(&ship.press(open(), &asked).await);
    assert!(dialog.contains("2 tags") && dialog.contains("2 healthy"), "{dialog}");
    for wrong in ["type:2", "type:1 space type:healthy", "type:v1.0.0"] {
        ship.press(open(), &format!("{asked} {wrong} ctrl-y")).await;
        assert_eq!(ship.writes(), Vec::<String>::new(), "{wrong}");
    }
    let done = text(&ship.press(open(), &format!("{asked} type:2 space type:healthy ctrl-y esc")).await);
    assert!(!done.contains("marked"), "{done}");
    let after = ship.files();
    let gone: BTreeSet<_> = before.keys().filter(|key| !after.contains_key(*key)).collect();
    let theirs =
        |key: &&String| key.contains("runtime/_manifests/tags/v1.0.0/") || key.contains("tags/v1.1.0/");
    assert!(!gone.is_empty() && gone.iter().all(theirs), "{gone:?}");
}

#[tokio::test]
async fn a_push_between_the_look_and_the_answer_stops_it_and_is_told() {
    let ship = Ship::with_faults(&["empty-current-link"]);
    let link = ship.house.folder.path().join(
        "docker/registry/v2/repositories/drydock/faults/empty-current-link/_manifests/tags/bad/current/link",
    );
    let pushed = format!("sha256:{}", "7".repeat(64));
    // The store is opened for writing after the answer: the very moment in which somebody pushes.
    let (path, bytes) = (link.clone(), pushed.clone());
    let paper = ship
        .press_with(
            open(),
            &format!("{} ctrl-d type:bad ctrl-y", goto("drydock/faults/empty-current-link:bad")),
            move || {
                fs::write(&path, &bytes).unwrap();
            },
        )
        .await;
    let frame = text(&paper);
    assert!(frame.contains("something had changed"), "{frame}");
    assert_eq!(fs::read_to_string(&link).unwrap(), pushed);
}

/// Faults that between them offer every verb that writes to a tag's objects.
const FAULTS: &[&str] = &[
    "empty-current-link",
    "manifest-blob-missing",
    "revision-link-missing",
    "layer-link-empty",
    "layer-blob-empty",
    "stray-file-in-tags",
];

/// Where to go, and what would be typed there.
fn places() -> Vec<(String, &'static str)> {
    let tags = FAULTS.iter().map(|fault| (goto(&format!("drydock/faults/{fault}:bad")), "type:bad"));
    let others = [
        (format!("{} backspace", goto("drydock/faults/empty-current-link:bad")), "type:drydock"),
        (format!("{} backspace e", goto("drydock/faults/stray-file-in-tags:bad")), "type:notes.txt"),
        (format!("{} space", goto("drydock/faults/layer-link-empty:bad")), "type:bad"),
    ];
    tags.chain(others).collect()
}

#[tokio::test]
async fn while_read_only_no_verb_writes() {
    let mut ship = Ship::with_faults(FAULTS);
    // Every key draws a frame: small ones are enough here, as long as a menu is seen whole.
    ship.sheet = Sheet { columns: 64, rows: 26 };
    let before = ship.files();
    let title = Regex::new("┌ ([A-Z][A-Za-z ]+) in harbour PRODUCTION").unwrap();
    let mut seen = BTreeSet::new();
    for (number, (there, answer)) in places().into_iter().enumerate() {
        let menu = text(&ship.press(shut(), &format!("{there} a")).await);
        let rows: Vec<_> =
            menu.lines().skip_while(|line| !line.contains("What can be done")).skip(2).collect();
        // Everything once, and wherever anything else writes that too.
        let writes = |row: &usize| number == 0 || rows[*row].contains("writes ");
        let rows: Vec<_> = (0..rows.len().min(VERBS.len())).filter(writes).collect();
        for row in rows {
            let script = format!("{there} a {}enter {answer} ctrl-y", "j ".repeat(row));
            let frame = text(&ship.press(shut(), &script).await);
            seen.extend(title.captures(&frame).map(|found| found[1].to_lowercase()));
            assert_eq!(ship.writes(), Vec::<String>::new(), "{script}\n{frame}");
        }
        let key =
            format!("{there} ctrl-d {answer} ctrl-y ctrl-o type:other enter ctrl-y delete ctrl-k enter");
        ship.press(shut(), &key).await;
        assert_eq!(ship.writes(), Vec::<String>::new(), "{key}");
    }
    assert_eq!(ship.files(), before);
    // Every verb that writes was really met on the way.
    // Those for servers are in `balancing`.
    let tag = Subject::Tag { repository: "r/x".into(), tag: "bad".into() };
    let on_tags = |verb: &&Verb| verb.risk == Risk::Writes && (verb.of)(&tag) && verb.id != "undo";
    for verb in VERBS.iter().filter(on_tags) {
        assert!(seen.contains(&verb.words()), "{} was never shown: {seen:?}", verb.id);
    }
    // And the same keys write once the session is armed, so that this test can fail.
    let there = goto("drydock/faults/empty-current-link:bad");
    ship.press(open(), &format!("{there} ctrl-d type:bad ctrl-y")).await;
    assert!(ship.writes().iter().any(|write| write.starts_with("delete ")), "{:?}", ship.writes());
}

/// A broken tag whose name is quickly typed.
fn short_tag(ship: &Ship) -> String {
    let tag =
        ship.house.folder.path().join("docker/registry/v2/repositories/r/x/_manifests/tags/bad/current");
    fs::create_dir_all(&tag).unwrap();
    fs::write(tag.join("link"), "").unwrap();
    goto("r/x:bad")
}

#[tokio::test]
async fn while_read_only_no_command_writes() {
    let mut ship = Ship::with_faults(&["layer-link-empty"]);
    ship.sheet = Sheet { columns: 64, rows: 26 };
    let there = short_tag(&ship);
    let before = ship.files();
    let delete = format!("{there} ctrl-d type:bad ctrl-y");
    for command in COMMANDS {
        let name = command.names[0];
        let typed = format!("type::{name} enter enter esc esc type::{name} space type:10m enter enter esc");
        ship.press(shut(), &format!("{there} {typed} {delete}")).await;
        assert_eq!(ship.writes(), Vec::<String>::new(), "{name}");
    }
    assert_eq!(ship.files(), before);
    // And the same keys write once the session is armed, so that this test can fail.
    ship.press(open(), &delete).await;
    assert!(ship.writes().iter().any(|write| write.starts_with("delete ")), "{:?}", ship.writes());
}
