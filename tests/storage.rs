//! Every driver keeps the same contract, and no server can talk a driver into a wrong answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "storage/deleted_files.rs"]
mod deleted_files;
#[path = "storage/filesystem.rs"]
mod filesystem;
#[path = "storage/gcs_copies.rs"]
mod gcs_copies;
#[path = "storage/gcs_grpc.rs"]
mod gcs_grpc;
#[path = "storage/gcs_json.rs"]
mod gcs_json;
#[path = "storage/hostile.rs"]
mod hostile;
#[path = "storage/laws.rs"]
mod laws;
#[path = "storage/layers.rs"]
mod layers;
#[path = "storage/lost_answers.rs"]
mod lost_answers;
#[path = "storage/opening.rs"]
mod opening;
#[path = "storage/take_back.rs"]
mod take_back;
#[path = "storage/tight.rs"]
mod tight;
