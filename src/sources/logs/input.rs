//! The kinds of inputs: one file each, one row each.

use super::desk::{Desk, First};
use super::{command, docker, elasticsearch, files, google, journal, kubernetes, standard};

/// Something that lines come from: one stream, or many.
#[derive(Clone, Debug)]
pub enum Input {
    /// Files on this host.
    Files(files::Options),
    /// A container of Docker on this host.
    Docker(docker::Options),
    /// A unit of the journal on this host.
    Journal(journal::Options),
    /// What a program prints.
    Command(command::Options),
    /// Our own standard input.
    Standard(standard::Options),
    /// The containers of the pods that the watch of Kubernetes has found.
    Kubernetes(Box<kubernetes::Options>),
    /// Documents of Elasticsearch.
    Elasticsearch(Box<elasticsearch::Options>),
    /// Entries of Google Cloud Logging.
    Google(Box<google::Options>),
}

impl Input {
    /// Follows it for as long as there is something to follow. `first` is dropped with its first answer or failure.
    pub async fn run(self, desk: Desk, first: First) {
        match self {
            Self::Files(options) => files::run(options, desk, first).await,
            Self::Docker(options) => docker::run(options, desk, first).await,
            Self::Journal(options) => journal::run(options, desk, first).await,
            Self::Command(options) => command::run(options, desk, first).await,
            Self::Standard(options) => standard::run(options, desk, first).await,
            Self::Kubernetes(options) => kubernetes::run(*options, desk, first).await,
            Self::Elasticsearch(options) => elasticsearch::run(*options, desk, first).await,
            Self::Google(options) => google::run(*options, desk, first).await,
        }
    }
}
