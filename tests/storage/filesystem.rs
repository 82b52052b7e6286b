//! A folder keeps the laws, and what only a file system can hold does no harm.

use tempfile::TempDir;

use quarterdeck::storage::filesystem::Filesystem;

async fn empty() -> (Filesystem, TempDir) {
    let folder = TempDir::new().unwrap();
    (Filesystem::open(folder.path()).unwrap(), folder)
}

crate::laws::laws!(empty);
