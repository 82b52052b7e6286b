//! How far somebody came with runbooks, kept in files of the state folder, one for each runbook.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::disk::{Trouble, private_folder, sync_folder};
use crate::actions::Work;
use crate::bus::Lossless;
use crate::event::{Event, Outcome};
use crate::runbook::Walk;

/// What of a name stands for itself in the name of a file.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
const NOWHERE: &str =
    "there is no state folder: set QUARTERDECK_STATE_FOLDER, or state_folder in the configuration";

/// The files of one environment: `<state folder>/runbooks/<environment>/<runbook>.json`.
#[derive(Clone, Debug)]
pub struct Notebook {
    folder: PathBuf,
}

/// What such a file holds.
#[derive(Serialize, Deserialize)]
struct Page {
    runbook: String,
    #[serde(flatten)]
    walk: Walk,
}

impl Notebook {
    /// Of the environment of this name, below this state folder; neither need be there yet.
    pub fn new(state_folder: &Path, environment: &str) -> Self {
        let environment = utf8_percent_encode(environment, PLAIN).to_string();
        Self { folder: state_folder.join("runbooks").join(environment) }
    }

    fn path(&self, runbook: &str) -> PathBuf {
        self.folder.join(format!("{}.json", utf8_percent_encode(runbook, PLAIN)))
    }

    /// All that is kept, by the runbook's id, and what of it could not be read: such a file is put aside.
    pub fn read(&self) -> (BTreeMap<String, Walk>, Vec<String>) {
        let (mut walks, mut troubles) = (BTreeMap::new(), Vec::new());
        let listed = match fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return (walks, troubles),
            Err(error) => return (walks, vec![Trouble::of(&self.folder, "read")(error).to_string()]),
        };
        let mut paths: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        for path in paths {
            match read(&path) {
                Ok(page) => drop(walks.insert(page.runbook, page.walk)),
                Err(trouble) => troubles.push(trouble),
            }
        }
        (walks, troubles)
    }

    /// Keeps how far somebody came: after this the file holds all of it, whatever happens meanwhile, with what others
    /// who walk the same runbook kept there. Anew, it holds nothing else: what was kept before is put aside as
    /// `<runbook>.json.previous`, in place of what was put aside before.
    ///
    /// # Errors
    ///
    /// It could not be written; what was kept before is still there.
    pub fn keep(&self, runbook: &str, walk: &Walk, anew: bool) -> Result<(), Trouble> {
        private_folder(&self.folder)?;
        // Until it goes, nobody else writes between what is read here and what is written.
        let _turn = self.turn()?;
        let (path, mut walk) = (self.path(runbook), walk.clone());
        if anew {
            put_aside(&path)?;
        } else if let Some(kept) = kept(&path)? {
            walk.merge(&kept);
        }
        self.write(&path, &Page { runbook: runbook.to_owned(), walk })
    }

    /// Waits until nobody else writes here.
    fn turn(&self) -> Result<File, Trouble> {
        let path = self.folder.join("lock");
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let file = opened.map_err(Trouble::of(&path, "made"))?;
        file.lock().map_err(Trouble::of(&path, "locked"))?;
        Ok(file)
    }

    fn write(&self, path: &Path, page: &Page) -> Result<(), Trouble> {
        let bytes =
            serde_json::to_vec_pretty(page).map_err(|error| Trouble::of(path, "written")(error.into()))?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(Trouble::of(path, "written"))?;
        let written = file.write_all(&bytes).and_then(|()| file.as_file().sync_all());
        written.map_err(Trouble::of(path, "written"))?;
        file.persist(path).map_err(|error| Trouble::of(path, "written")(error.error))?;
        sync_folder(&self.folder)
    }
}

fn put_aside(path: &Path) -> Result<(), Trouble> {
    match fs::rename(path, path.with_extension("json.previous")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Trouble::of(path, "put aside")(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What a file holds that may not be there.
fn kept(path: &Path) -> Result<Option<Walk>, Trouble> {
    match fs::read(path) {
        Ok(bytes) => Ok(parse(path, &bytes).ok().map(|page| page.walk)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::of(path, "read")(error)),
    }
}

fn read(path: &Path) -> Result<Page, String> {
    let bytes = fs::read(path).map_err(|error| Trouble::of(path, "read")(error).to_string())?;
    parse(path, &bytes)
}

/// What a file holds; one that holds something else is put aside, so that it is not written over.
fn parse(path: &Path, bytes: &[u8]) -> Result<Page, String> {
    serde_json::from_slice(bytes).map_err(|error| {
        let aside = path.with_extension("json.broken");
        let place = if fs::rename(path, &aside).is_ok() { &aside } else { path };
        format!("what was kept of a runbook cannot be read: {error}; the file is {}", place.display())
    })
}

/// Reads and writes the notebook in the background, one order after the other; what is newer takes the place of what
/// was not written yet.
pub struct Keeper {
    orders: mpsc::UnboundedSender<Work>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Begins; each order that is done is taken from `load` and `writing`.
    pub fn start(
        notebook: Option<Notebook>,
        outbox: Lossless<Event>,
        counts: [watch::Sender<usize>; 2],
    ) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        Self { orders, task: tokio::spawn(run(notebook, outbox, counts, inbox)) }
    }

    /// Takes an order in hand.
    pub fn take(&self, work: Work) {
        // One that is gone means that the program is ending.
        let _ = self.orders.send(work);
    }

    /// Ends once all that was ordered is written.
    pub async fn end(self) {
        drop(self.orders);
        let _ = self.task.await;
    }
}

async fn run(
    notebook: Option<Notebook>,
    outbox: Lossless<Event>,
    counts: [watch::Sender<usize>; 2],
    mut inbox: mpsc::UnboundedReceiver<Work>,
) {
    while let Some(first) = inbox.recv().await {
        let mut orders = vec![first];
        while let Ok(order) = inbox.try_recv() {
            orders.push(order);
        }
        let done = orders.len();
        let notebook = notebook.clone();
        let outcomes = tokio::task::spawn_blocking(move || work(notebook.as_ref(), orders)).await;
        for outcome in outcomes.unwrap_or_default() {
            // Nobody listens any more when the program is ending.
            let _ = outbox.send(Event::Outcome(outcome)).await;
        }
        counts.iter().for_each(|count| count.send_modify(|count| *count = count.saturating_sub(done)));
    }
}

/// What becomes of a runbook's file.
struct Change {
    walk: Walk,
    anew: bool,
}

fn work(notebook: Option<&Notebook>, orders: Vec<Work>) -> Vec<Outcome> {
    let (mut outcomes, mut changes) = (Vec::new(), BTreeMap::<String, Change>::new());
    for order in orders {
        match order {
            Work::Keep { runbook, walk, anew } => {
                let anew = anew || changes.get(&runbook).is_some_and(|change| change.anew);
                changes.insert(runbook, Change { walk, anew });
            }
            Work::Remember => {
                let (walks, troubles) = notebook.map(Notebook::read).unwrap_or_default();
                outcomes.push(Outcome::Remembered { walks, troubles });
            }
            _ => {}
        }
    }
    outcomes.extend(changes.into_iter().map(|(runbook, change)| {
        let why = match notebook {
            None => Some(NOWHERE.to_owned()),
            Some(notebook) => {
                let kept = notebook.keep(&runbook, &change.walk, change.anew);
                kept.err().map(|trouble| trouble.to_string())
            }
        };
        Outcome::Kept { why }
    }));
    outcomes
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn walk(anchor: &str) -> Walk {
        let mut walk = Walk { at: Some(anchor.to_owned()), ..Walk::default() };
        walk.answered(anchor, true, Timestamp::UNIX_EPOCH);
        walk.noted(anchor, "node 3", Timestamp::UNIX_EPOCH);
        walk
    }

    #[test]
    fn what_is_kept_is_read_again_and_a_broken_file_harms_no_other() {
        let state = tempfile::tempdir().unwrap();
        let notebook = Notebook::new(state.path(), "gs://images");
        assert_eq!(notebook.read(), Default::default());
        notebook.keep("pods", &walk("c"), false).unwrap();
        notebook.keep("../odd name", &walk("b"), false).unwrap();
        let kept = BTreeMap::from([("pods".to_owned(), walk("c")), ("../odd name".to_owned(), walk("b"))]);
        assert_eq!(notebook.read(), (kept, Vec::new()));
        assert_eq!(Notebook::new(state.path(), "gs://other").read(), Default::default());
        std::fs::write(notebook.path("pods"), "no JSON").unwrap();
        let (walks, troubles) = notebook.read();
        assert_eq!((walks.len(), troubles.len()), (1, 1), "{troubles:?}");
        assert!(troubles[0].contains("pods.json.broken"), "{troubles:?}");
        notebook.keep("../odd name", &walk("d"), true).unwrap();
        let kept = BTreeMap::from([("../odd name".to_owned(), walk("d"))]);
        assert_eq!(notebook.read(), (kept, Vec::new()));
        let mut names: Vec<_> =
            fs::read_dir(&notebook.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let odd = "%2E%2E%2Fodd%20name.json";
        let previous = format!("{odd}.previous");
        assert_eq!(names, [odd, &previous, "lock", "pods.json.broken"], "nothing is thrown away");
    }

    #[test]
    fn whoever_keeps_something_takes_nothing_from_another_cockpit() {
        let state = tempfile::tempdir().unwrap();
        let notebook = Notebook::new(state.path(), "p");
        std::thread::scope(|scope| {
            for cockpit in 0..4 {
                let notebook = &notebook;
                scope.spawn(move || {
                    let mut own = Walk::default();
                    for step in 0..5 {
                        own.answered(&format!("step-{cockpit}-{step}"), true, Timestamp::UNIX_EPOCH);
                        notebook.keep("pods", &own, false).unwrap();
                    }
                });
            }
        });
        assert_eq!(notebook.read().0["pods"].said(), 20);
        let begun = Timestamp::from_second(9).unwrap();
        notebook.keep("pods", &Walk::begun(begun), true).unwrap();
        notebook.keep("pods", &walk("old"), false).unwrap();
        assert_eq!(notebook.read().0["pods"].said(), 0, "what was put aside does not come back");
        fs::write(notebook.path("pods"), "no JSON").unwrap();
        notebook.keep("pods", &walk("a"), false).unwrap();
        assert_eq!(fs::read_to_string(notebook.folder.join("pods.json.broken")).unwrap(), "no JSON");
        assert_eq!(notebook.read().0["pods"], walk("a"));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join("runbooks"), "a file").unwrap();
        let notebook = Notebook::new(state.path(), "p");
        let told = notebook.keep("pods", &walk("a"), false).unwrap_err().to_string();
        assert!(told.contains("runbooks/p cannot be"), "{told}");
    }
}
