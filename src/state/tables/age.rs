//! Ages as kubectl words them, so that what is read here and there is the same.

use jiff::Timestamp;

use crate::model::age;

/// From then to now in kubectl's words: 34s, 7m12s, 99m, 5h12m, 3d. The clocks of two machines may differ.
pub fn since(then: Timestamp, now: Timestamp) -> String {
    age(now.duration_since(then).as_secs().max(0))
}
