//! Questions that a client asks a registry over HTTP.

use quarterdeck::staging::tree::image::media;
use reqwest::{Client, Method, Url};
use serde_json::Value;

use super::Registry;

/// A client of one registry.
pub struct Questions {
    client: Client,
    base: String,
}

impl Questions {
    pub fn to(registry: &Registry) -> Self {
        Self { client: Client::new(), base: format!("http://{}/v2", registry.address()) }
    }

    /// Status of a request for a manifest, by tag or digest.
    pub async fn manifest(&self, method: Method, repository: &str, reference: &str) -> u16 {
        self.status(method, &[repository, "manifests", reference]).await
    }

    /// Status of a request for a blob.
    pub async fn blob(&self, method: Method, repository: &str, digest: &str) -> u16 {
        self.status(method, &[repository, "blobs", digest]).await
    }

    /// The tags of a repository, or the status that was answered instead.
    pub async fn tags(&self, repository: &str) -> Result<Vec<String>, u16> {
        self.names(&[repository, "tags", "list"], "tags").await
    }

    /// The repositories of the registry, or the status that was answered instead.
    pub async fn catalog(&self) -> Result<Vec<String>, u16> {
        self.names(&["_catalog"], "repositories").await
    }

    fn url(&self, parts: &[&str]) -> Url {
        let mut url = Url::parse(&self.base).unwrap();
        let segments = parts.iter().flat_map(|part| part.split('/'));
        url.path_segments_mut().unwrap().extend(segments);
        url
    }

    async fn status(&self, method: Method, parts: &[&str]) -> u16 {
        let accept = [
            media::DOCKER_MANIFEST,
            media::DOCKER_LIST,
            media::OCI_MANIFEST,
            media::OCI_INDEX,
            media::DOCKER_SCHEMA1,
        ];
        let request = self.client.request(method, self.url(parts)).header("Accept", accept.join(", "));
        request.send().await.unwrap().status().as_u16()
    }

    async fn names(&self, parts: &[&str], field: &str) -> Result<Vec<String>, u16> {
        let response = self.client.get(self.url(parts)).send().await.unwrap();
        if !response.status().is_success() {
            return Err(response.status().as_u16());
        }
        let answer: Value = response.json().await.unwrap();
        let names = answer[field].as_array().cloned().unwrap_or_default();
        Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}
