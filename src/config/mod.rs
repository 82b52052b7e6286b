//! Profiles: loaded, merged and validated, with every mistake reported at once.

mod document;
mod duration;
mod environment;
mod location;
mod logs;
mod mistake;
mod overlay;
mod overlay_logs;
mod overlay_watch;
mod profile;
mod read;
mod read_logs;
mod read_watch;
mod secret;
mod section;
mod settings;
mod value;
mod value_logs;
mod value_watch;
mod watch;

pub use document::Document;
pub use duration::parse_duration;
pub use environment::Environment;
pub use location::{Location, state_folder};
pub use logs::{Elasticsearch, GoogleLogging, Logs};
pub use mistake::{Mistake, Mistakes, Origin};
pub use profile::{Bucket, Clipboard, Config, Mode, Profile, Registry, SETTLE, Secret, Theme, Transport};
pub use read::read;
pub use settings::{Flags, Settings, load, without_file};
pub use watch::{Address, FrontDoor, Google, Haproxy, Kubernetes, Regional, Watch};

/// A commented configuration file that says what holds without one.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");
