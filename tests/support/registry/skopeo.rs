//! Pushes and pulls with skopeo, which checks every digest and keeps manifests byte for byte.

use std::path::Path;

use quarterdeck::staging::tree::image::Image;
use tokio::process::Command;

use super::Registry;

/// What came of a push or a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// With skopeo's last line.
    Failed(String),
}

impl Outcome {
    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }
}

/// Pushes an image, with all children of an index, to a tag.
pub async fn push(registry: &Registry, repository: &str, tag: &str, image: &Image) -> Outcome {
    let folder = super::scratch();
    lay_out(folder.path(), image);
    let from = format!("dir:{}", folder.path().display());
    let to = format!("docker://{}/{repository}:{tag}", registry.address());
    copy(&["--dest-tls-verify=false", "--preserve-digests"], &from, &to).await
}

/// Pulls a tag into a folder, with all children of an index.
pub async fn pull(registry: &Registry, repository: &str, tag: &str, folder: &Path) -> Outcome {
    let from = format!("docker://{}/{repository}:{tag}", registry.address());
    copy(&["--src-tls-verify=false"], &from, &format!("dir:{}", folder.display())).await
}

async fn copy(options: &[&str], from: &str, to: &str) -> Outcome {
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--quiet", "--all", "--retry-times=0"])
        .args(options)
        .args([from, to])
        .output()
        .await
        .expect("skopeo has to be installed: `apt-get install skopeo`");
    if output.status.success() {
        return Outcome::Done;
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Outcome::Failed(said.trim().lines().last().unwrap_or_default().to_owned())
}

/// Writes an image as skopeo's `dir:` transport reads it.
fn lay_out(folder: &Path, image: &Image) {
    std::fs::write(folder.join("version"), "Directory Transport Version: 1.1\n").unwrap();
    std::fs::write(folder.join("manifest.json"), &image.raw).unwrap();
    lay_out_parts(folder, image);
}

fn lay_out_parts(folder: &Path, image: &Image) {
    for (digest, bytes) in &image.blobs {
        std::fs::write(folder.join(&digest[7..]), bytes).unwrap();
    }
    for child in &image.children {
        std::fs::write(folder.join(format!("{}.manifest.json", &child.digest[7..])), &child.raw).unwrap();
        lay_out_parts(folder, child);
    }
}
