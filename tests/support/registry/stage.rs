//! One fault on a real registry: its images are pushed by a client, and then the folder is spoilt.

use jiff::Timestamp;
use quarterdeck::staging::tree::case::{Arrival, Control, Fault, Part, Place, Scene};
use quarterdeck::staging::tree::images::Images;
use quarterdeck::staging::tree::seed::Seed;
use quarterdeck::staging::tree::sink::Folder;
use quarterdeck::staging::tree::{Blame, control, push};

use super::{Registry, skopeo};

/// A registry that has one fault and, where the fault leaves room for it, one healthy tag.
pub struct Stage {
    pub registry: Registry,
    pub fault: &'static Fault,
    /// What the fault is about; empty for faults that need no image.
    pub parts: Vec<Part>,
    pub control: Option<Part>,
    /// What has to be found.
    pub blames: Vec<Blame>,
    /// The repository, also where nothing was pushed.
    pub place: Place,
}

/// Makes the images of the tests.
pub fn images() -> Images {
    Images { seed: Seed(42), layer_bytes: 400 }
}

impl Stage {
    /// Pushes the fault's images to a registry of its own and spoils its folder.
    pub async fn set(fault: &'static Fault) -> Self {
        let registry = Registry::start().await;
        let place = Place { repository: format!("faults/{}", fault.id), tag: "bad".to_owned() };
        let parts = (fault.cast)(&images(), &place).unwrap();
        let control = match fault.control {
            Control::Beside => Some(control(&images(), &place).unwrap()),
            Control::Without => None,
        };
        let mut folder = Folder::new(registry.root());
        for part in parts.iter().chain(&control) {
            arrive(&registry, &mut folder, part).await;
        }
        bystander(&registry).await;
        let scene = Scene::new(&mut folder, images(), Timestamp::now(), &place, &parts);
        let blames = scene.spoil(fault, control.as_ref().map(|part| &part.image)).unwrap();
        Self { registry, fault, parts, control, blames, place }
    }

    /// Repository of the first part, or of the place.
    pub fn repository(&self) -> &str {
        self.parts.first().map_or(&self.place.repository, |part| &part.repository)
    }

    /// The tag that the fault is about: one that was pushed, or the name that is taken for one.
    pub fn tag(&self) -> Option<&str> {
        let pushed = self.parts.first().and_then(|part| part.tag.as_deref());
        pushed.or_else(|| self.blames.iter().find_map(|blame| blame.tag.as_deref()))
    }
}

/// Pushes an image to a repository that nothing happens to: a registry without any cannot collect garbage.
async fn bystander(registry: &Registry) {
    let place = Place { repository: "healthy/image".to_owned(), tag: String::new() };
    let part = control(&images(), &place).unwrap();
    let outcome = skopeo::push(registry, &part.repository, "ok", &part.image).await;
    assert!(outcome.is_done(), "push of a healthy image: {outcome:?}");
}

/// Gets an image into the registry as it can get there.
pub async fn arrive(registry: &Registry, folder: &mut Folder, part: &Part) {
    match (part.arrival, &part.tag) {
        (Arrival::Pushed, Some(tag)) => {
            let outcome = skopeo::push(registry, &part.repository, tag, &part.image).await;
            assert!(outcome.is_done(), "push of {}:{tag}: {outcome:?}", part.repository);
        }
        (Arrival::Pushed | Arrival::Planted, tag) => {
            push::push(folder, &part.repository, tag.as_deref(), &part.image, Timestamp::now()).unwrap();
        }
    }
}
