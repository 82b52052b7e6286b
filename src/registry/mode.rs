//! Whether the bucket or a metadata database holds the truth about tags and manifests.
//!
//! GitLab's registry (16 and later) can keep tags, manifests and links in PostgreSQL; the bucket then holds blobs
//! only, and what looks like damage there is normal. Taking one kind of registry for the other ends in wrong
//! verdicts, so contradicting evidence yields no mode at all.

/// Where a registry keeps tags, manifests and links.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// In the bucket, as files.
    FileMetadata,
    /// In a database; the bucket holds blobs only.
    MetadataDatabase,
    /// The evidence is missing or contradicts itself.
    Unknown {
        /// Which, and what to do about it.
        why: String,
    },
}

/// What the configuration says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Configured {
    /// Nothing: find out.
    #[default]
    Auto,
    /// The bucket.
    Files,
    /// A metadata database.
    Database,
}

/// What was seen of one lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lock {
    /// Nobody looked.
    #[default]
    NotLooked,
    /// It is there.
    Present,
    /// It is not there. That proves nothing: registries need not write it.
    Absent,
    /// It could not be looked for, and why.
    Unread(String),
}

/// What the registry said on `/v2/` in its header `Gitlab-Container-Registry-Database-Enabled`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// `true`.
    Enabled,
    /// `false`.
    Disabled,
    /// It let us in and did not send the header: not GitLab's, or an old one.
    Silent,
    /// It could not be asked or did not let us in, and why.
    Unread(String),
}

/// Everything known about where the metadata is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub configured: Configured,
    /// `lockfiles/database-in-use`.
    pub database_lock: Lock,
    /// `lockfiles/filesystem-in-use`.
    pub filesystem_lock: Lock,
    pub claim: Claim,
}

/// Weighs the evidence. One voice is enough where none speaks against it; without any voice the bucket counts,
/// unless something that might have spoken could not be read.
pub fn decide(evidence: &Evidence) -> Mode {
    if evidence.database_lock == Lock::Present && evidence.filesystem_lock == Lock::Present {
        return unknown(
            "both lock files, database-in-use and filesystem-in-use, lie in the bucket; the registry refuses to \
             start like that",
        );
    }
    let (database, files) = (for_database(evidence), for_files(evidence));
    match (database.is_empty(), files.is_empty()) {
        (false, false) => unknown(format!(
            "{} for a metadata database, but {} for files in the bucket; mend the one that is wrong",
            speak(&database),
            speak(&files)
        )),
        (false, true) => Mode::MetadataDatabase,
        (true, false) => Mode::FileMetadata,
        (true, true) => match unread(evidence) {
            Some(why) => {
                unknown(format!("{why}; set the registry's mode in the profile to go on without it"))
            }
            None => Mode::FileMetadata,
        },
    }
}

fn for_database(evidence: &Evidence) -> Vec<&'static str> {
    voices([
        (evidence.configured == Configured::Database, "the configuration"),
        (evidence.database_lock == Lock::Present, "the lock file database-in-use"),
        (evidence.claim == Claim::Enabled, "the registry's answer on /v2/"),
    ])
}

fn for_files(evidence: &Evidence) -> Vec<&'static str> {
    voices([
        (evidence.configured == Configured::Files, "the configuration"),
        (evidence.filesystem_lock == Lock::Present, "the lock file filesystem-in-use"),
        (evidence.claim == Claim::Disabled, "the registry's answer on /v2/"),
    ])
}

fn voices(all: [(bool, &'static str); 3]) -> Vec<&'static str> {
    all.into_iter().filter(|(speaks, _)| *speaks).map(|(_, name)| name).collect()
}

fn speak(voices: &[&str]) -> String {
    let verb = if voices.len() == 1 { "speaks" } else { "speak" };
    format!("{} {verb}", voices.join(" and "))
}

fn unread(evidence: &Evidence) -> Option<String> {
    let lock = |lock: &Lock| match lock {
        Lock::Unread(why) => Some(format!("the bucket's lock files could not be looked for ({why})")),
        Lock::NotLooked | Lock::Present | Lock::Absent => None,
    };
    let claim = match &evidence.claim {
        Claim::Unread(why) => {
            Some(format!("the registry could not be asked whether it uses a database ({why})"))
        }
        Claim::NotAsked | Claim::Enabled | Claim::Disabled | Claim::Silent => None,
    };
    lock(&evidence.database_lock).or_else(|| lock(&evidence.filesystem_lock)).or(claim)
}

fn unknown(why: impl Into<String>) -> Mode {
    Mode::Unknown { why: why.into() }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(configured: Configured, database: Lock, filesystem: Lock, claim: Claim) -> Evidence {
        Evidence { configured, database_lock: database, filesystem_lock: filesystem, claim }
    }

    fn unread() -> Lock {
        Lock::Unread("denied".into())
    }

    #[test]
    fn evidence_that_agrees_decides() {
        use Configured::{Auto, Database, Files};
        use Lock::{Absent, NotLooked, Present};
        use Mode::{FileMetadata, MetadataDatabase};
        let down = || Claim::Unread("timeout".into());
        for (evidence, mode) in [
            (evidence(Auto, Absent, Absent, Claim::NotAsked), FileMetadata),
            (evidence(Auto, Absent, Absent, Claim::Silent), FileMetadata),
            (evidence(Auto, Absent, Present, Claim::NotAsked), FileMetadata),
            (evidence(Auto, Absent, Absent, Claim::Disabled), FileMetadata),
            (evidence(Files, Absent, Absent, down()), FileMetadata),
            (evidence(Files, unread(), unread(), Claim::NotAsked), FileMetadata),
            (evidence(Auto, Absent, Present, down()), FileMetadata),
            (evidence(Auto, Present, Absent, Claim::NotAsked), MetadataDatabase),
            (evidence(Auto, Present, Absent, down()), MetadataDatabase),
            (evidence(Auto, Absent, Absent, Claim::Enabled), MetadataDatabase),
            (evidence(Auto, unread(), unread(), Claim::Enabled), MetadataDatabase),
            (evidence(Database, Absent, Absent, Claim::Silent), MetadataDatabase),
            (evidence(Database, Present, Absent, Claim::Enabled), MetadataDatabase),
            (evidence(Database, NotLooked, NotLooked, Claim::NotAsked), MetadataDatabase),
        ] {
            assert_eq!(decide(&evidence), mode, "{evidence:?}");
        }
    }

    #[test]
    fn evidence_that_is_missing_or_disagrees_does_not() {
        use Configured::{Auto, Database, Files};
        use Lock::{Absent, Present};
        for (evidence, words) in [
            (evidence(Auto, Present, Present, Claim::Enabled), "both lock files"),
            (
                evidence(Files, Present, Absent, Claim::NotAsked),
                "database-in-use speaks for a metadata database, but the configuration speaks",
            ),
            (
                evidence(Files, Absent, Absent, Claim::Enabled),
                "answer on /v2/ speaks for a metadata database",
            ),
            (evidence(Database, Absent, Present, Claim::NotAsked), "filesystem-in-use speaks for files"),
            (
                evidence(Database, Present, Absent, Claim::Disabled),
                "the configuration and the lock file database-in-use speak",
            ),
            (evidence(Auto, Present, Absent, Claim::Disabled), "but the registry's answer"),
            (evidence(Auto, unread(), Absent, Claim::NotAsked), "could not be looked for (denied)"),
            (
                evidence(Auto, Absent, Absent, Claim::Unread("timeout".into())),
                "could not be asked whether it uses a database (timeout)",
            ),
        ] {
            match decide(&evidence) {
                Mode::Unknown { why } => assert!(why.contains(words), "{evidence:?}: {why}"),
                mode => panic!("{evidence:?}: {mode:?}"),
            }
        }
    }
}
