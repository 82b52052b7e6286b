//! Every driver keeps the same contract, and no server can talk a driver into a wrong answer.

#[path = "storage/filesystem.rs"]
mod filesystem;
#[path = "storage/laws.rs"]
mod laws;
