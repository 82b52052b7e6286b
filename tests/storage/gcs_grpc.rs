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
