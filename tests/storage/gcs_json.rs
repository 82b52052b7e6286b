//! A bucket over JSON keeps the laws.

use quarterdeck::storage::gcs::{Bucket, Identity, Json, Place};

use crate::support::gcs::Server;

async fn empty() -> (Bucket<Json>, Server) {
    let server = Server::start([("", ""); 0]).await;
    (store(&server, "registry/some/root"), server)
}

/// The driver without layers.
pub fn store(server: &Server, place: &str) -> Bucket<Json> {
    Json::open(Place::parse(place).unwrap(), &server.http_url, Identity::anonymous()).unwrap()
}

crate::laws::laws!(empty);

async fn soft_deleting() -> (Bucket<Json>, Server) {
    let server = Server::start([("", ""); 0]).await;
    server.soft_delete();
    (store(&server, "registry/some/root"), server)
}

async fn versioned() -> (Bucket<Json>, Server) {
    let server = Server::start([("", ""); 0]).await;
    server.versioning();
    (store(&server, "registry/some/root"), server)
}

crate::take_back::laws_of_taking_back!(empty);

mod in_a_bucket_with_soft_delete {
    crate::take_back::laws_of_taking_back!(super::soft_deleting);
}

mod in_a_versioned_bucket {
    crate::take_back::laws_of_taking_back!(super::versioned);
}
