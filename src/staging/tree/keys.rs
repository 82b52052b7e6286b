//! Where a registry keeps what. Written down a second time here, apart from `registry::layout`, so that a
//! mistake there cannot hide in the trees that test it.

/// Everything of a registry lies below this.
pub const ROOT: &str = "docker/registry/v2";

fn split(digest: &str) -> (&str, &str) {
    digest.split_once(':').unwrap_or(("sha256", digest))
}

/// The bytes of a blob.
pub fn blob(digest: &str) -> String {
    let (algorithm, hex) = split(digest);
    format!("{ROOT}/blobs/{algorithm}/{}/{hex}/data", &hex[..2])
}

/// The folder of a repository, without a final `/`.
pub fn repository(name: &str) -> String {
    format!("{ROOT}/repositories/{name}")
}

/// The link that lets a repository serve a blob.
pub fn layer_link(name: &str, digest: &str) -> String {
    let (algorithm, hex) = split(digest);
    format!("{ROOT}/repositories/{name}/_layers/{algorithm}/{hex}/link")
}

/// The folder of a revision, without a final `/`.
pub fn revision(name: &str, digest: &str) -> String {
    let (algorithm, hex) = split(digest);
    format!("{ROOT}/repositories/{name}/_manifests/revisions/{algorithm}/{hex}")
}

/// The link that lets a repository serve a manifest.
pub fn revision_link(name: &str, digest: &str) -> String {
    format!("{}/link", revision(name, digest))
}

/// The folder of all tags, without a final `/`.
pub fn tags(name: &str) -> String {
    format!("{ROOT}/repositories/{name}/_manifests/tags")
}

/// The folder of a tag, without a final `/`.
pub fn tag(name: &str, tag: &str) -> String {
    format!("{}/{tag}", tags(name))
}

/// What a tag points at.
pub fn current_link(name: &str, tag: &str) -> String {
    format!("{}/{tag}/current/link", tags(name))
}

/// One entry of a tag's history.
pub fn index_link(name: &str, tag: &str, digest: &str) -> String {
    let (algorithm, hex) = split(digest);
    format!("{}/{tag}/index/{algorithm}/{hex}/link", tags(name))
}

/// The folder of an upload, without a final `/`.
pub fn upload(name: &str, id: &str) -> String {
    format!("{ROOT}/repositories/{name}/_uploads/{id}")
}
