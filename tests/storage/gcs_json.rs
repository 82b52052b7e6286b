//! A bucket over JSON keeps the laws.

use quarterdeck::storage::gcs::{Identity, Json, Place};

use crate::support::gcs::Server;

async fn empty() -> (Json, Server) {
    let server = Server::start([("", ""); 0]).await;
    (store(&server, "registry/some/root"), server)
}

/// The driver without layers.
pub fn store(server: &Server, place: &str) -> Json {
    Json::new(Place::parse(place).unwrap(), &server.http_url, Identity::anonymous()).unwrap()
}

crate::laws::laws!(empty);
