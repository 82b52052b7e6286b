//! A registry tree in a temporary folder, and the cockpit driven over it.

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use quarterdeck::execution::Opener;
use quarterdeck::model::Gate;
use quarterdeck::registry::mode::Configured;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::runtime::{CockpitOptions, Paper, Sheet, drive, open_with, scan_with};
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::sources::look::Looking;
use quarterdeck::staging::tree::{self, Spec};
use quarterdeck::state::Session;
use quarterdeck::storage::{ObjectStore, StoreError};
use quarterdeck::ui::glyphs::{Glyphs, UNICODE};
use quarterdeck::ui::keys;
use regex::{Captures, Regex};
use tempfile::TempDir;

pub const WIDE: Sheet = Sheet { columns: 120, rows: 40 };
pub const SMALL: Sheet = Sheet { columns: 80, rows: 24 };
pub const NARROW: Sheet = Sheet { columns: 40, rows: 20 };

/// The moment that every screen shows.
pub fn watch() -> Timestamp {
    "2026-01-14T14:02:31Z".parse().unwrap()
}

/// A tree and how it is shown.
pub struct House {
    pub folder: TempDir,
    pub theme: &'static str,
    pub glyphs: Glyphs,
}

impl House {
    /// The tree of the demonstration.
    pub fn demo() -> Self {
        let house = Self::empty();
        tree::write_into(house.folder.path(), &Spec::demo(watch())).unwrap();
        house
    }

    /// A folder without anything.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("registry-").tempdir_in("/tmp").unwrap();
        Self { folder, theme: "dark", glyphs: UNICODE }
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    /// The frame as text, with stand-ins of the same length for the folder's random name and for counts of requests.
    pub fn text(&self, paper: &Paper) -> String {
        let name = self.folder.path().file_name().unwrap().to_str().unwrap();
        let text = paper.lines().join("\n").replace(name, "registry-000000");
        // How many requests a scan takes is for its own tests to say.
        let spent = Regex::new(r"\d+ request").unwrap();
        let hide = |found: &Captures<'_>| found[0].replace(|letter: char| letter.is_ascii_digit(), "#");
        spent.replace_all(&text, hide).into_owned()
    }

    /// The last frame after these keys.
    pub async fn frame(&self, script: &str, sheet: Sheet) -> String {
        self.text(&self.paper(script, sheet).await)
    }

    /// The last sheet after these keys.
    pub async fn paper(&self, script: &str, sheet: Sheet) -> Paper {
        self.paper_of(&self.url(), script, sheet).await
    }

    /// The last sheet after these keys, on the store at `url`.
    pub async fn paper_of(&self, url: &str, script: &str, sheet: Sheet) -> Paper {
        let open = open_with(url.to_owned(), OpenOptions::default());
        let options =
            CockpitOptions { theme: self.theme.to_owned(), glyphs: self.glyphs, ..options(url, open) };
        drive(options, keys::script(script).unwrap(), sheet).await.unwrap()
    }
}

/// A cockpit on a store.
pub fn options(url: &str, open: Opener) -> CockpitOptions {
    CockpitOptions {
        session: Session {
            profile: "harbour".into(),
            protection: "PRODUCTION".into(),
            bucket: url.to_owned(),
            registry: None,
            ..Session::default()
        },
        open,
        scan: scan_with(ScanOptions::default()),
        looking: Looking::new(ScanOptions::default(), Configured::Auto, None),
        deeds: None,
        notebook: None,
        consult: None,
        sources: Vec::new(),
        gate: Gate::shut(Vec::new(), false),
        theme: "dark".to_owned(),
        glyphs: UNICODE,
        clipboard: Default::default(),
        clock: watch,
        last_words: Box::new(|| ()),
    }
}

/// An opener of a store that is there already, or of none.
pub fn given(store: Result<Arc<dyn ObjectStore>, StoreError>) -> Opener {
    Arc::new(move || -> BoxFuture<'static, _> {
        let store = store.clone();
        Box::pin(async move { store })
    })
}
