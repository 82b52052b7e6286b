//! The bucket of a registry that keeps its metadata in a database: blobs, the mark that says so, and nothing else.

use std::io;
use std::path::Path;

use crate::registry::layout::LOCKFILES;
use crate::registry::mode::Lockfile;

/// Where blobs lie below the root.
const BLOBS: &str = "docker/registry/v2/blobs";

/// Makes the folder `bucket` into the bucket of a registry whose metadata is that of the tree in `tree`. The files of
/// blobs are the same ones.
///
/// # Errors
/// One side cannot be read or written, or they are not on one disk.
pub fn share_blobs(tree: &Path, bucket: &Path) -> io::Result<()> {
    std::fs::create_dir(bucket)?;
    let locks = bucket.join(LOCKFILES);
    std::fs::create_dir_all(&locks)?;
    std::fs::write(locks.join(Lockfile::Database.name()), r#"{"version":1}"#)?;
    std::fs::create_dir_all(bucket.join(BLOBS).parent().unwrap_or(bucket))?;
    share_files(&tree.join(BLOBS), &bucket.join(BLOBS))
}

/// Makes `to` a folder that holds what `from` holds; the files are the same ones.
///
/// # Errors
/// One side cannot be read or written, or they are not on one disk.
pub fn share_files(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => share_files(&entry.path(), &copy)?,
            kind if kind.is_file() => std::fs::hard_link(entry.path(), copy)?,
            _ => {}
        }
    }
    Ok(())
}
