//! A bucket and the folder in it that is the store's root.

use crate::storage::{ErrorKind, Result, StoreError};

/// Characters a bucket's name may have.
const BUCKET: &str = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

/// The folder in the root that is ours.
const OWN_FOLDER: &str = ".quarterdeck/";

/// A bucket and the prefix that is the store's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    bucket: String,
    /// Empty, or ends in `/`.
    root: String,
    url: String,
}

impl Place {
    /// What follows `gs://`: a bucket, or a bucket and a root directory; none if there is no usable bucket name.
    pub fn parse(rest: &str) -> Option<Self> {
        let (bucket, root) = rest.split_once('/').unwrap_or((rest, ""));
        let root = root.trim_matches('/');
        if bucket.len() < 3 || !bucket.chars().all(|character| BUCKET.contains(character)) {
            return None;
        }
        if root.split('/').any(|part| matches!(part, "." | "..")) || root.contains("//") {
            return None;
        }
        let (root, url) = match root {
            "" => (String::new(), format!("gs://{bucket}")),
            root => (format!("{root}/"), format!("gs://{bucket}/{root}")),
        };
        Some(Self { bucket: bucket.to_owned(), root, url })
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The bucket's name as gRPC has it.
    pub fn resource(&self) -> String {
        format!("projects/_/buckets/{}", self.bucket)
    }

    /// The URL of the root.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The object's name of a key, or of a prefix.
    pub fn name(&self, key: &str) -> String {
        format!("{}{key}", self.root)
    }

    /// The key of an object's name; none if it lies outside the root.
    pub fn key<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.root)
    }

    /// Whether a key or prefix lies in our own folder.
    pub fn is_own(key: &str) -> bool {
        key.starts_with(OWN_FOLDER)
    }

    /// Refuses a key or prefix in our own folder.
    pub fn not_own(&self, key: &str) -> Result<()> {
        if !Self::is_own(key) {
            return Ok(());
        }
        let detail = "this folder is quarterdeck's own, not part of the store";
        Err(StoreError::new(ErrorKind::Denied, key, detail))
    }

    /// The name under which a generation of `key` is kept.
    pub fn kept(&self, key: &str, generation: i64) -> Result<String> {
        self.possible(key, self.name(&format!("{OWN_FOLDER}kept/{generation}/{key}")))
    }

    /// The object's name of a key; refuses what no object can be called, and what is ours.
    pub fn object(&self, key: &str) -> Result<String> {
        self.not_own(key)?;
        self.possible(key, self.name(key))
    }

    fn possible(&self, key: &str, name: String) -> Result<String> {
        let why = match name.as_str() {
            _ if key.is_empty() => "an empty key names no object",
            "." | ".." => "no object can be called . or ..",
            long if long.len() > 1024 => "no object name is longer than 1024 bytes",
            _ if key.contains(['\r', '\n']) => "no object name has a line break",
            _ => return Ok(name),
        };
        Err(StoreError::new(ErrorKind::Denied, key, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_a_root() {
        let table = [
            ("bucket", "gs://bucket", ""),
            ("bucket/", "gs://bucket", ""),
            ("my.bucket_1/a/b/", "gs://my.bucket_1/a/b", "a/b/"),
            ("bucket//a", "gs://bucket/a", "a/"),
        ];
        for (rest, url, root) in table {
            let place = Place::parse(rest).unwrap();
            assert_eq!((place.url(), place.name("").as_str()), (url, root), "{rest}");
            assert_eq!(place.key(&place.name("x/link")), Some("x/link"));
        }
        for bad in ["", "/root", "Bucket", "b", "buck et/x", "bucket/a//b", "bucket/../x"] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }
}
