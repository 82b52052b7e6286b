//! The logs of containers, as the API server streams them.

use bytes::Bytes;
use http_body_util::BodyExt;
use kube::client::Body;

use super::Options;
use super::client::{Access, Refusal};
use crate::sources::Trouble;

/// The way to the logs of one cluster's pods. Cheap to clone.
#[derive(Clone)]
pub struct PodLogs(Access);

/// Why there is no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoLog {
    pub trouble: Trouble,
    /// The status of an answer that is an error, else 0.
    pub code: u16,
}

/// What was read is not all that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// A log that is being read.
pub struct Stream(Body);

impl PodLogs {
    /// Nobody is asked yet.
    pub fn new(options: Options) -> Self {
        Self(Access::new(options))
    }

    /// Opens the log of a container with these parameters.
    ///
    /// # Errors
    ///
    /// The server refuses or cannot be reached.
    pub async fn open(&self, pod: &str, container: &str, query: &str) -> Result<Stream, NoLog> {
        let path = format!("pods/{pod}/log?container={container}&{query}");
        let answer = self.0.ask("/api/v1", &path).await?;
        Ok(Stream(answer.into_body()))
    }

    /// The namespace that the pods are in.
    pub async fn namespace(&self) -> String {
        self.0.cluster().await.map(|cluster| cluster.namespace).unwrap_or_default()
    }
}

impl From<Refusal> for NoLog {
    fn from(refusal: Refusal) -> Self {
        Self { trouble: refusal.trouble, code: refusal.code }
    }
}

impl Stream {
    /// The next bytes; none at the end.
    ///
    /// # Errors
    ///
    /// The connection broke before the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(data) = frame.map_err(|_| Broken)?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
