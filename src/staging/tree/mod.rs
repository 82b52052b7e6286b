//! Writes registry trees: healthy repositories, states that only look broken, and every fault of the catalogue.
//!
//! The same [`Spec`] always gives the same bytes. A new fault is one row in a table of `faults/`, a new look-alike one
//! in `lookalikes/`.

pub mod case;
mod database;
pub mod error;
pub mod faults;
pub mod healthy;
pub mod image;
pub mod images;
pub mod keys;
pub mod lookalikes;
pub mod push;
pub mod seed;
pub mod sink;
pub mod truth;

use jiff::{SignedDuration, Timestamp};

pub use crate::registry::checks::StoreKind;
use case::{Arrival, Control, Fault, Lookalike, Part, Place, Scene};
pub use database::{share_blobs, share_files};
pub use error::{Result, TreeError};
pub use healthy::Healthy;
use images::{Images, Plan};
use seed::Seed;
pub use sink::{Folder, Memory, Sink};
pub use truth::{Blame, TagTruth, Truth};

/// Which rows of a table a tree shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    None,
    All,
    /// Those with these ids.
    Only(Vec<&'static str>),
}

impl Shown {
    fn has(&self, id: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
        }
    }
}

/// What a tree is to hold.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// The moment the tree is written for: ordinary objects are a day older.
    pub now: Timestamp,
    /// Only states that every one of these kinds can hold are written.
    pub stores: Vec<StoreKind>,
    pub healthy: Healthy,
    pub faults: Shown,
    pub lookalikes: Shown,
    /// Prefix of the repositories that each show one fault.
    pub faults_below: String,
    /// Prefix of the repositories that each show one look-alike.
    pub lookalikes_below: String,
    /// Typical bytes of a layer.
    pub layer_bytes: usize,
}

impl Spec {
    /// Everything that a kind of store can hold: a little that is healthy, every look-alike, every fault.
    pub fn everything(seed: u64, now: Timestamp, kind: StoreKind) -> Self {
        Self {
            seed,
            now,
            stores: vec![kind],
            healthy: Healthy::Bulk { repositories: 3, tags: 5 },
            faults: Shown::All,
            lookalikes: Shown::All,
            faults_below: "faults".to_owned(),
            lookalikes_below: "fine".to_owned(),
            layer_bytes: 800,
        }
    }

    /// What a demonstration shows: an invented harbour's repositories, incidents among them, every fault beside them.
    pub fn demo(now: Timestamp) -> Self {
        Self {
            healthy: Healthy::Showcase,
            faults_below: "drydock/faults".to_owned(),
            lookalikes_below: "drydock/look-alikes".to_owned(),
            ..Self::everything(1, now, StoreKind::FileSystem)
        }
    }

    /// The same harbour on a day on which nothing is wrong.
    pub fn whole(now: Timestamp) -> Self {
        Self { faults: Shown::None, ..Self::demo(now) }
    }

    fn images(&self) -> Images {
        Images { seed: Seed(self.seed), layer_bytes: self.layer_bytes }
    }

    fn holds(&self, stores: case::Stores) -> bool {
        self.stores.iter().all(|kind| stores.hold(*kind))
    }
}

/// Writes a tree and says what is right to say about it.
pub fn write(sink: &mut dyn Sink, spec: &Spec) -> Result<Truth> {
    let mut writer = Writer { sink, spec, images: spec.images(), truth: Truth::default() };
    let healthy = healthy::parts(&writer.images, spec.healthy)?;
    writer.push(&healthy)?;
    if spec.healthy == Healthy::Showcase {
        writer.incidents(&healthy)?;
    }
    for lookalike in lookalikes::all().filter(|row| spec.lookalikes.has(row.id) && spec.holds(row.stores)) {
        writer.lookalike(lookalike)?;
    }
    for fault in faults::all().filter(|row| spec.faults.has(row.id) && spec.holds(row.stores)) {
        let place =
            Place { repository: format!("{}/{}", spec.faults_below, fault.id), tag: "bad".to_owned() };
        writer.fault(fault, &place, None)?;
    }
    Ok(writer.truth)
}

/// Writes a tree for a file system into a folder, which becomes a registry's root directory.
pub fn write_into(root: &std::path::Path, spec: &Spec) -> Result<Truth> {
    write(&mut Folder::new(root), spec)
}

struct Writer<'a> {
    sink: &'a mut dyn Sink,
    spec: &'a Spec,
    images: Images,
    truth: Truth,
}

impl Writer<'_> {
    fn push(&mut self, parts: &[Part]) -> Result<()> {
        let day = SignedDuration::from_hours(24);
        let modified = self.spec.now.checked_sub(day).unwrap_or(self.spec.now);
        for part in parts {
            push::push(self.sink, &part.repository, part.tag.as_deref(), &part.image, modified)?;
            self.truth.repositories.insert(part.repository.clone());
            if let Some(tag) = &part.tag {
                self.truth.saw_tag(&part.repository, tag, &part.image.digest);
            }
        }
        Ok(())
    }

    fn lookalike(&mut self, row: &Lookalike) -> Result<()> {
        let repository = format!("{}/{}", self.spec.lookalikes_below, row.id);
        let place = Place { repository, tag: "latest".to_owned() };
        let parts = (row.cast)(&self.images, &place)?;
        self.push(&parts)?;
        (row.add)(&mut Scene::new(self.sink, self.images, self.spec.now, &place, &parts))?;
        self.truth.repositories.insert(place.repository.clone());
        self.truth.decide(&place, row.state);
        Ok(())
    }

    fn fault(&mut self, fault: &Fault, place: &Place, healthy: Option<&Part>) -> Result<()> {
        let parts = (fault.cast)(&self.images, place)?;
        self.push(&parts)?;
        let control = match healthy {
            Some(part) => Some(part.clone()),
            None => self.control(fault, place)?,
        };
        self.truth.repositories.insert(place.repository.clone());
        let scene = Scene::new(self.sink, self.images, self.spec.now, place, &parts);
        let blames = scene.spoil(fault, control.as_ref().map(|part| &part.image))?;
        blames.into_iter().for_each(|blame| self.truth.accuse(blame));
        Ok(())
    }

    fn control(&mut self, fault: &Fault, place: &Place) -> Result<Option<Part>> {
        if fault.control == Control::Without {
            return Ok(None);
        }
        let part = control(&self.images, place)?;
        self.push(std::slice::from_ref(&part))?;
        Ok(Some(part))
    }

    fn incidents(&mut self, healthy: &[Part]) -> Result<()> {
        for (repository, tag, id) in healthy::INCIDENTS {
            let shown = |row: &&Fault| self.spec.faults.has(row.id) && self.spec.holds(row.stores);
            let Some(fault) = faults::by_id(id).filter(shown) else { continue };
            let place = Place { repository: (*repository).to_owned(), tag: (*tag).to_owned() };
            self.fault(fault, &place, healthy.iter().find(|part| part.repository == *repository))?;
        }
        Ok(())
    }
}

/// The healthy image that stands beside a fault, tagged `ok`; all of them share their first layer.
pub fn control(images: &Images, place: &Place) -> Result<Part> {
    let label = format!("{}:ok", place.repository);
    let plan = Plan { base: vec![images.layer("control base")?], own: 0, ..Plan::new(&label) };
    Ok(Part { arrival: Arrival::Pushed, ..Part::pushed(&place.repository, "ok", images.image(&plan)?) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::TagState;

    fn now() -> Timestamp {
        "2026-01-15T12:00:00Z".parse().unwrap()
    }

    fn in_memory(kind: StoreKind) -> (Memory, Truth) {
        let mut memory = Memory::new(kind);
        let truth = write(&mut memory, &Spec::everything(1, now(), kind)).unwrap();
        (memory, truth)
    }

    #[test]
    fn every_fault_is_there_once_and_accuses_somebody() {
        let ids: BTreeSet<_> = faults::all().map(|fault| fault.id).collect();
        assert_eq!(ids.len(), faults::all().count(), "an id is used twice");
        assert_eq!(ids.len(), 86);
        for kind in [StoreKind::FileSystem, StoreKind::Bucket] {
            let (_, truth) = in_memory(kind);
            for fault in faults::all() {
                let accused = truth.blames.iter().any(|blame| blame.id == fault.id);
                assert_eq!(accused, fault.stores.hold(kind), "{} on {kind:?}", fault.id);
            }
        }
    }

    #[test]
    fn all_look_alikes_are_there_and_accuse_nobody() {
        let ids: BTreeSet<_> = lookalikes::all().map(|row| row.id).collect();
        assert_eq!(ids.len(), 29);
        let (_, truth) = in_memory(StoreKind::FileSystem);
        let accused = |name: &str| truth.blames.iter().any(|blame| blame.repository.as_deref() == Some(name));
        let fine = truth.repositories.iter().filter(|name| name.contains("fine/"));
        assert_eq!(fine.filter(|name| accused(name)).count(), 0);
    }

    #[test]
    fn controls_stay_whole_beside_broken_tags() {
        let (_, truth) = in_memory(StoreKind::FileSystem);
        let state = |tag: &str| truth.tags[&("faults/empty-current-link".to_owned(), tag.to_owned())].state;
        assert_eq!(state("ok"), TagState::Whole);
        assert_eq!(state("bad"), TagState::Broken);
        assert!(truth.spotless().any(|(name, tag)| name == "faults/empty-current-link" && tag == "ok"));
    }

    #[test]
    fn the_same_seed_gives_the_same_tree_and_another_seed_another() {
        let write_with = |seed| {
            let mut memory = Memory::new(StoreKind::Bucket);
            write(&mut memory, &Spec::everything(seed, now(), StoreKind::Bucket)).unwrap();
            memory.objects
        };
        assert_eq!(write_with(3), write_with(3));
        assert_ne!(write_with(3), write_with(4));
    }

    #[test]
    fn a_folder_holds_what_memory_holds() {
        let folder = tempfile::tempdir().unwrap();
        let spec = Spec::everything(1, now(), StoreKind::FileSystem);
        let written = write_into(folder.path(), &spec).unwrap();
        let (memory, truth) = in_memory(StoreKind::FileSystem);
        assert_eq!(written.blames, truth.blames);
        let on_disk = Folder::new(folder.path());
        for (key, object) in &memory.objects {
            assert_eq!(on_disk.get(key).unwrap(), object.bytes, "{key}");
            let file = std::fs::metadata(folder.path().join(key)).unwrap();
            assert_eq!(Timestamp::try_from(file.modified().unwrap()).unwrap(), object.modified, "{key}");
        }
        let poured = tempfile::tempdir().unwrap();
        memory.pour(poured.path()).unwrap();
        assert_eq!(files(poured.path()), files(folder.path()));
    }

    fn files(root: &std::path::Path) -> BTreeSet<std::path::PathBuf> {
        let mut found = BTreeSet::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.insert(path.strip_prefix(root).unwrap().to_owned());
            }
        }
        found
    }

    #[test]
    fn a_demonstration_is_small() {
        let mut memory = Memory::new(StoreKind::FileSystem);
        let truth = write(&mut memory, &Spec::demo(now())).unwrap();
        assert!(memory.size() < 8 * 1024 * 1024, "{} bytes", memory.size());
        assert!(truth.tags.contains_key(&("lighthouse/checkout/api".to_owned(), "v1.14.0".to_owned())));
    }
}
