//! How far containers were read, for whoever follows them again after the task that did so has ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use super::Place;
use super::seen::Seen;

/// Containers that are remembered after nobody follows them.
const REMEMBERED: usize = 256;

/// How far one container was read.
#[derive(Debug, Default)]
pub struct Mark {
    /// How often it had been begun again when its log was opened; none before that.
    pub run: Option<u32>,
    pub seen: Seen,
}

/// How far each was read. Cheap to clone; all clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Marks(Arc<Mutex<IndexMap<Place, Mark>>>);

impl Marks {
    /// How far a container was read before, if it was.
    pub fn take(&self, place: &Place) -> Mark {
        self.lock().shift_remove(place).unwrap_or_default()
    }

    /// It is not followed for now.
    pub fn put(&self, place: &Place, mark: Mark) {
        let mut marks = self.lock();
        marks.insert(place.clone(), mark);
        if marks.len() > REMEMBERED {
            marks.shift_remove_index(0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<Place, Mark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
