//! The commands of one kind of store.

use super::proposed::Source;
use super::shell::{quote, visible};
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::registry::reference::{Repository, Tag};

/// Where copies go: beside the registry's tree, never inside it.
const KEPT: &str = ".quarterdeck/by-hand";

/// A store as commands name it.
pub enum Target<'a> {
    /// Root folder, without a final `/`.
    Folder(&'a str),
    /// `gs://bucket/root`, without a final `/`.
    GoogleBucket(&'a str),
    /// Commands for it are not known.
    Other,
}

impl<'a> Target<'a> {
    /// The store that was opened with this URL.
    pub fn of(url: &'a str) -> Self {
        match url.split_once("://") {
            Some(("file", path)) => Self::Folder(path.trim_end_matches('/')),
            Some(("gs", _)) => Self::GoogleBucket(url.trim_end_matches('/')),
            Some(_) | None => Self::Other,
        }
    }

    /// Whether a command would take this key for another one, however well it is quoted: file systems resolve `..`,
    /// gcloud expands wildcards and reads a generation after `#`, and a shell's word ends at NUL.
    fn misreads(&self, key: &str) -> bool {
        match self {
            Self::Folder(_) => {
                let mut parts = key.trim_end_matches('/').split('/');
                key.contains('\0') || key.ends_with("//") || parts.any(|part| matches!(part, "" | "." | ".."))
            }
            Self::GoogleBucket(_) => key.contains(['*', '?', '[', ']', '#', '\0']),
            Self::Other => false,
        }
    }

    /// Takes one object out of the way and keeps a copy.
    pub fn aside(&self, key: &str, version: Option<&str>) -> Vec<String> {
        match self {
            _ if self.misreads(key) => vec![by_other_means(key)],
            Self::Folder(root) => moved(root, key),
            Self::GoogleBucket(root) => {
                let url = quote(&format!("{root}/{key}"));
                vec![fetched(root, key, version), format!("gcloud storage rm {} {url}", condition(version))]
            }
            Self::Other => Vec::new(),
        }
    }

    /// Takes a tag's folder out of the way: its link, then its history one by one.
    pub fn tag_folder(&self, folder: &str, link: &str, version: Option<&str>) -> Vec<String> {
        match self {
            _ if self.misreads(folder) => vec![by_other_means(folder)],
            Self::Folder(root) => moved(root, folder.trim_end_matches('/')),
            Self::GoogleBucket(_) => {
                let mut commands = self.aside(link, version);
                commands.extend(self.folder(&format!("{folder}index/")));
                commands
            }
            Self::Other => Vec::new(),
        }
    }

    /// Takes a folder out of the way: by one rename, or object by object.
    pub fn folder(&self, folder: &str) -> Vec<String> {
        match self {
            _ if self.misreads(folder) => vec![by_other_means(folder)],
            Self::Folder(root) => moved(root, folder.trim_end_matches('/')),
            Self::GoogleBucket(root) => vec![
                self.list(folder),
                format!(
                    "gcloud storage rm --if-generation-match=GENERATION {}OBJECT",
                    quote(&format!("{root}/{folder}"))
                ),
            ],
            Self::Other => Vec::new(),
        }
    }

    /// Shows what lies in a folder, with versions.
    pub fn list(&self, folder: &str) -> String {
        match self {
            _ if self.misreads(folder) => by_other_means(folder),
            Self::Folder(root) => format!("find {} -type f -ls", quote(&format!("{root}/{folder}"))),
            Self::GoogleBucket(root) => {
                format!("gcloud storage ls -a -l {}", quote(&format!("{root}/{folder}**")))
            }
            Self::Other => String::new(),
        }
    }

    /// Hashes a blob: the digest must come out.
    pub fn hash(&self, digest: &Digest) -> String {
        let key = Key::BlobData { digest: digest.clone() }.path();
        let program = format!("{}sum", digest.algorithm().name());
        let should = format!("# {} if it is whole", digest.hex());
        match self {
            Self::Folder(root) => format!("{program} {} {should}", quote(&format!("{root}/{key}"))),
            Self::GoogleBucket(root) => {
                format!("gcloud storage cat {} | {program} {should}", quote(&format!("{root}/{key}")))
            }
            Self::Other => should,
        }
    }

    /// Writes a link; what stands there now is kept.
    pub fn write(&self, key: &str, digest: &str, version: Option<&str>) -> Vec<String> {
        match self {
            _ if self.misreads(key) => vec![by_other_means(key)],
            Self::Folder(root) => {
                let path = format!("{root}/{key}");
                let mut commands = Vec::new();
                match version {
                    Some(_) => {
                        let (folder, copy) = kept(root, key);
                        commands.push(format!("mkdir -p {folder} && cp -an {} {copy}", quote(&path)));
                    }
                    None => commands.push(format!("mkdir -p {}", quote(parent(&path)))),
                }
                commands.push(format!("printf %s {} > {}", quote(digest), quote(&path)));
                commands
            }
            Self::GoogleBucket(root) => {
                let condition =
                    version.map_or("--if-generation-match=0".to_owned(), |known| condition(Some(known)));
                let url = quote(&format!("{root}/{key}"));
                let mut commands: Vec<String> =
                    version.map(|known| fetched(root, key, Some(known))).into_iter().collect();
                commands.push(format!("printf %s {} | gcloud storage cp {condition} - {url}", quote(digest)));
                commands
            }
            Self::Other => Vec::new(),
        }
    }

    /// Fails unless a file has this size and was changed last at this moment; a bucket's commands say so themselves.
    pub fn is_unchanged(&self, key: &str, size: u64, seconds: &str) -> Option<String> {
        match self {
            Self::Folder(root) => {
                let path = quote(&format!("{root}/{key}"));
                Some(format!("[ \"$(stat -c %s:%.9Y {path})\" = {size}:{seconds} ]"))
            }
            Self::GoogleBucket(_) | Self::Other => None,
        }
    }

    /// Writes an object where there is none.
    pub fn create(&self, key: &str, source: &Source) -> Vec<String> {
        match self {
            _ if self.misreads(key) => vec![by_other_means(key)],
            Self::Folder(root) => {
                let path = format!("{root}/{key}");
                let make = format!("mkdir -p {}", quote(parent(&path)));
                match source {
                    // Without -C the shell would overwrite.
                    Source::Text(text) => {
                        vec![make, format!("(set -C; printf %s {} > {})", quote(text), quote(&path))]
                    }
                    // A backup is for its owner alone; the registry has to be able to read the file.
                    Source::File(file) => {
                        vec![make, format!("cp -n --no-preserve=mode {} {}", quote(file), quote(&path))]
                    }
                }
            }
            Self::GoogleBucket(root) => {
                vec![sent(source, "--if-generation-match=0", &quote(&format!("{root}/{key}")))]
            }
            Self::Other => Vec::new(),
        }
    }

    /// Overwrites an object that is in this version; what stands there now is kept.
    pub fn overwrite(&self, key: &str, source: &Source, version: &str) -> Vec<String> {
        match self {
            _ if self.misreads(key) => vec![by_other_means(key)],
            Self::Folder(root) => {
                let (folder, copy) = kept(root, key);
                let path = quote(&format!("{root}/{key}"));
                let write = match source {
                    Source::Text(text) => format!("printf %s {} > {path}", quote(text)),
                    Source::File(file) => format!("cp {} {path}", quote(file)),
                };
                vec![format!("mkdir -p {folder} && cp -an {path} {copy}"), write]
            }
            Self::GoogleBucket(root) => {
                let url = quote(&format!("{root}/{key}"));
                vec![fetched(root, key, Some(version)), sent(source, &condition(Some(version)), &url)]
            }
            Self::Other => Vec::new(),
        }
    }

    /// Removes a folder that is empty; buckets have none.
    pub fn remove_folder(&self, folder: &str) -> Vec<String> {
        match self {
            _ if self.misreads(folder) => vec![by_other_means(folder)],
            Self::Folder(root) => vec![format!("rmdir {}", quote(&path_of(root, folder)))],
            Self::GoogleBucket(_) | Self::Other => Vec::new(),
        }
    }

    /// Makes a folder where there is none; buckets have none.
    pub fn make_folder(&self, folder: &str) -> Vec<String> {
        match self {
            _ if self.misreads(folder) => vec![by_other_means(folder)],
            Self::Folder(root) => vec![format!("mkdir {}", quote(&path_of(root, folder)))],
            Self::GoogleBucket(_) | Self::Other => Vec::new(),
        }
    }
}

/// A copy of an object into the folder that one is in; of each generation one of its own.
fn fetched(root: &str, key: &str, version: Option<&str>) -> String {
    let generation = version.map(|version| format!(".{version}")).unwrap_or_default();
    let copy = format!("./{}{generation}", key.replace('/', "_"));
    format!("gcloud storage cp {} {}", quote(&format!("{root}/{key}")), quote(&copy))
}

/// A write to a bucket.
fn sent(source: &Source, condition: &str, url: &str) -> String {
    match source {
        Source::Text(text) => format!("printf %s {} | gcloud storage cp {condition} - {url}", quote(text)),
        Source::File(file) => format!("gcloud storage cp {condition} {} {url}", quote(file)),
    }
}

/// A request for a tag's manifest through the registry's API.
pub fn api(method: &str, what: &str, registry: &str, repository: &str, tag: &str) -> String {
    if Tag::found(tag).flaw().is_some() || Repository::found(repository).flaw().is_some() {
        // In a URL such a name may mean another tag: `v1#x` would delete v1.
        return format!("# no URL names {} and nothing else", visible(&format!("{repository}:{tag}")));
    }
    let base = if registry.starts_with("http") { registry.trim_end_matches('/') } else { "https://REGISTRY" };
    let url = quote(&format!("{base}/v2/{repository}/manifests/{tag}"));
    let what = if what.is_empty() { String::new() } else { format!("{what} ") };
    format!("curl -i -X {method} -H \"Authorization: Bearer $TOKEN\" {what}{url}")
}

fn path_of(root: &str, folder: &str) -> String {
    format!("{root}/{}", folder.trim_end_matches('/'))
}

/// What stands in place of a command for a key that commands misread.
fn by_other_means(key: &str) -> String {
    format!("# no command names {} and nothing else: use the store's own console or API", visible(key))
}

/// A delete only of the generation that was looked at.
fn condition(version: Option<&str>) -> String {
    let generation = version.filter(|version| version.bytes().all(|byte| byte.is_ascii_digit()));
    format!("--if-generation-match={}", generation.unwrap_or("GENERATION"))
}

/// A rename to where copies are kept; nothing there is overwritten.
fn moved(root: &str, key: &str) -> Vec<String> {
    let (folder, copy) = kept(root, key);
    vec![format!("mkdir -p {folder} && mv -nT {} {copy}", quote(&format!("{root}/{key}")))]
}

/// The folder and the path that an object is kept at, as words.
fn kept(root: &str, key: &str) -> (String, String) {
    let copy = format!("{root}/{KEPT}/{key}");
    (quote(parent(&copy)), quote(&copy))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(folder, _)| folder)
}
