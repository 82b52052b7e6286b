//! Where the configuration file is.

use std::path::PathBuf;

use directories::ProjectDirs;

use super::environment::Environment;

/// Variable that names another configuration file.
pub const VARIABLE: &str = "QUARTERDECK_CONFIG";

/// Folder of the journal and the backups, unless something else is named: the platform's for what a program leaves
/// behind.
pub fn state_folder() -> Option<PathBuf> {
    let folders = ProjectDirs::from("", "", "quarterdeck")?;
    Some(folders.state_dir().unwrap_or(folders.data_local_dir()).to_owned())
}

/// Who decided where the configuration file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A flag or a variable: the file must be there.
    Named(PathBuf),
    /// The platform's configuration folder: the file may be missing.
    Usual(PathBuf),
    /// There is no such folder (no home folder).
    Nowhere,
}

impl Location {
    /// The file that `flag` names, else the variable, else the usual one.
    pub fn find(flag: Option<PathBuf>, environment: &Environment) -> Self {
        match flag.or_else(|| environment.path(VARIABLE)) {
            Some(path) => Self::Named(path),
            None => ProjectDirs::from("", "", "quarterdeck")
                .map_or(Self::Nowhere, |folders| Self::Usual(folders.config_dir().join("config.toml"))),
        }
    }

    /// The file, if there can be one.
    pub fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Named(path) | Self::Usual(path) => Some(path),
            Self::Nowhere => None,
        }
    }
}
