//! Profiles: loaded, merged and validated, with every mistake reported at once.

mod duration;
mod profile;

pub use duration::parse_duration;
pub use profile::{Bucket, Clipboard, Config, Mode, Profile, Registry, SETTLE, Secret, Theme, Transport};
