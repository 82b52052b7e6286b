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
