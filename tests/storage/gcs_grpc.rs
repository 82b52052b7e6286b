//! A bucket over gRPC keeps the laws.

use quarterdeck::storage::gcs::{Bucket, Grpc, Identity, Place};

use crate::support::gcs::Server;

async fn empty() -> (Bucket<Grpc>, Server) {
    let server = Server::start([("", ""); 0]).await;
    (store(&server, "registry/some/root").await, server)
}

/// The driver without layers.
pub async fn store(server: &Server, place: &str) -> Bucket<Grpc> {
    let place = Place::parse(place).unwrap();
    Grpc::open(place, &server.grpc_url, &server.http_url, Identity::anonymous()).await.unwrap()
}

crate::laws::laws!(empty);

async fn soft_deleting() -> (Bucket<Grpc>, Server) {
    let server = Server::start([("", ""); 0]).await;
    server.soft_delete();
    (store(&server, "registry/some/root").await, server)
}

async fn versioned() -> (Bucket<Grpc>, Server) {
    let server = Server::start([("", ""); 0]).await;
    server.versioning();
    (store(&server, "registry/some/root").await, server)
}

crate::take_back::laws_of_taking_back!(empty);

mod in_a_bucket_with_soft_delete {
    crate::take_back::laws_of_taking_back!(super::soft_deleting);
}

mod in_a_versioned_bucket {
    crate::take_back::laws_of_taking_back!(super::versioned);
}
