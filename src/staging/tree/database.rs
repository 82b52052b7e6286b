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
    let mut folders = vec![BLOBS.to_owned()];
    while let Some(folder) = folders.pop() {
        std::fs::create_dir_all(bucket.join(&folder))?;
        for entry in std::fs::read_dir(tree.join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => folders.push(path),
                false => std::fs::hard_link(entry.path(), bucket.join(path))?,
            }
        }
    }
    Ok(())
}
