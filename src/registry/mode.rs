//! Whether the bucket or a metadata database holds the truth.

/// The marks that GitLab's registry leaves in the bucket about where it keeps its metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lockfile {
    /// `database-in-use`.
    Database,
    /// `filesystem-in-use`.
    Filesystem,
}

impl Lockfile {
    /// Both marks.
    pub const ALL: [Self; 2] = [Self::Database, Self::Filesystem];

    /// The file's name below `docker/registry/lockfiles/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database-in-use",
            Self::Filesystem => "filesystem-in-use",
        }
    }

    /// The mark with this file name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == name)
    }
}
