//! What proposals are worked out and carried out with, on any store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::execution::journal::Journal;
use quarterdeck::registry::mode::Configured;
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::sources::look::Looking;
use quarterdeck::storage::ObjectStore;

/// Deeds in this store that wait for nothing, with the state folder below `state`.
pub fn deeds_on(store: Arc<dyn ObjectStore>, state: PathBuf, options: ScanOptions) -> Deeds {
    let (one, other) = (Arc::clone(&store), store);
    Deeds {
        looking: Looking::new(ScanOptions { settle: Duration::ZERO, ..options }, Configured::Auto, None),
        fleet: None,
        open: Arc::new(move || {
            let store = Arc::clone(&one);
            Box::pin(async move { Ok(store) })
        }),
        open_to_write: Arc::new(move |_| {
            let store = Arc::clone(&other);
            Box::pin(async move { Ok(store) })
        }),
        journal: Journal::new(state, Timestamp::now),
        environment: "a test".to_owned(),
        late: Duration::from_millis(3),
    }
}
