//! Faults of `blobs/` that no tag shows.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::repairs::STRAY;
use crate::model::Severity;
use crate::registry::digest::{Digest, DigestError};

pub const UNREFERENCED: Check = Check {
    id: "blob-unreferenced",
    severity: Severity::Harmless,
    title: "No repository links the blob; garbage collection takes it",
    answers: Answers { part: Some(404), ..Answers::NONE },
    effects: &[Effect::Waste],
    elsewhere: Elsewhere {
        gitlab: "with the metadata database this is normal: never delete it by hand",
        ..Elsewhere::SAME
    },
    repairs: &[],
};

/// An object called `data` that makes the enumeration of blobs fail.
const NO_DIGEST: Check = Check {
    id: "",
    severity: Severity::GcBroken,
    title: "",
    answers: Answers::NONE.stops_gc(),
    effects: &[Effect::Waste],
    elsewhere: Elsewhere::SAME,
    repairs: STRAY,
};

pub const FOLDER_NOT_A_DIGEST: Check =
    Check { id: "blob-folder-not-a-digest", title: "A blob lies in a folder that is no digest", ..NO_DIGEST };
pub const WRONG_SHARD: Check = Check {
    id: "blob-wrong-shard",
    title: "A blob lies under two letters that its digest does not start with",
    ..NO_DIGEST
};
pub const UPPERCASE_HEX: Check = Check {
    id: "blob-uppercase-hex",
    title: "A blob lies in a folder named in capitals",
    elsewhere: Elsewhere { gitlab: "garbage-collect goes on", ..Elsewhere::SAME },
    ..NO_DIGEST
};
pub const STRAY_FILE: Check = Check {
    id: "stray-file-in-blobs",
    severity: Severity::Harmless,
    title: "A file lies among the blobs that the registry never looks at and never collects",
    answers: Answers::NONE,
    effects: &[Effect::Waste],
    elsewhere: Elsewhere { bucket: "on S3 a neighbour called data… hides its blob", ..Elsewhere::SAME },
    repairs: STRAY,
};

pub(super) const ROWS: &[Check] =
    &[UNREFERENCED, FOLDER_NOT_A_DIGEST, WRONG_SHARD, UPPERCASE_HEX, STRAY_FILE];

/// What an object below `blobs/` is, by its path from there on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The bytes of a blob, where they belong.
    Blob(Digest),
    /// Something that does not belong there.
    Fault(&'static Check),
}

/// Judges a path such as `sha256/9f/9f86…/data`, as it stands after `blobs/`.
pub fn place(path: &str) -> Place {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [.., last] if *last != "data" => Place::Fault(&STRAY_FILE),
        [algorithm, shard, hash, _] => match Digest::from_parts(algorithm, hash) {
            Ok(digest) if hash.starts_with(shard) && shard.len() == 2 => Place::Blob(digest),
            Ok(_) => Place::Fault(&WRONG_SHARD),
            Err(DigestError::Format) if Digest::from_parts(algorithm, &hash.to_lowercase()).is_ok() => {
                Place::Fault(&UPPERCASE_HEX)
            }
            Err(_) => Place::Fault(&FOLDER_NOT_A_DIGEST),
        },
        _ => Place::Fault(&FOLDER_NOT_A_DIGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_below_blobs_is_a_blob_or_a_fault() {
        let digest = Digest::of(b"test");
        let hex = digest.hex();
        let upper = hex.to_uppercase();
        let sha512 = "ab".repeat(64);
        assert_eq!(place(&format!("sha256/{}/{hex}/data", &hex[..2])), Place::Blob(digest));
        assert!(matches!(place(&format!("sha512/ab/{sha512}/data")), Place::Blob(_)));
        for (path, id) in [
            (format!("sha256/{}/{hex}/data.partial", &hex[..2]), "stray-file-in-blobs"),
            ("README".into(), "stray-file-in-blobs"),
            ("sha256/zz/not-a-digest/data".into(), "blob-folder-not-a-digest"),
            ("data".into(), "blob-folder-not-a-digest"),
            (format!("sha256/{hex}/data"), "blob-folder-not-a-digest"),
            (format!("md5/9f/{}/data", &hex[..32]), "blob-folder-not-a-digest"),
            (format!("sha256/00/{hex}/data"), "blob-wrong-shard"),
            (format!("sha256/{}/{upper}/data", &upper[..2]), "blob-uppercase-hex"),
        ] {
            match place(&path) {
                Place::Fault(check) => assert_eq!(check.id, id, "{path}"),
                Place::Blob(digest) => panic!("{path} taken for {digest}"),
            }
        }
    }
}
