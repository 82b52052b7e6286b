//! A real docker-registry and a real skopeo say whether the catalogue of faults tells the truth.
//!
//! Images are pushed by skopeo, the registry's folder is spoilt as staging spoils its trees, and then the registry,
//! its garbage collection and skopeo are asked what they make of it. Nothing here uses a descriptor cache, or
//! the cache would answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/registry/mod.rs"]
mod registry;

use futures::StreamExt;
use quarterdeck::registry::checks;
use quarterdeck::staging::tree::StoreKind;
use quarterdeck::staging::tree::case::Fault;
use quarterdeck::staging::tree::faults;

use registry::observed::Observed;
use registry::stage::Stage;
use registry::table::{self, Cell};

/// How many registries are asked at the same time.
const SIDE_BY_SIDE: usize = 4;

async fn examine(fault: &'static Fault) -> (&'static str, Vec<Cell>) {
    let stage = Stage::set(fault).await;
    let seen = Observed::of(&stage).await;
    let check = checks::find(fault.id).unwrap_or_else(|| panic!("no check is called {}", fault.id));
    (fault.id, table::cells(&stage, check, &seen))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_breaks_what_its_row_promises() {
    let faults = faults::all().filter(|fault| fault.stores.hold(StoreKind::FileSystem));
    let rows: Vec<_> = futures::stream::iter(faults).map(examine).buffered(SIDE_BY_SIDE).collect().await;
    println!("promised | measured, with docker-registry on a file system\n{}", table::print(&rows));
    let broken: Vec<_> = rows
        .iter()
        .flat_map(|(id, cells)| cells.iter().filter(|cell| !cell.kept()).map(move |cell| (*id, cell)))
        .collect();
    assert!(rows.len() > 80, "only {} faults were looked at", rows.len());
    assert!(broken.is_empty(), "{} promises were not kept: {broken:#?}", broken.len());
}
