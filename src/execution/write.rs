//! Proposals for the cockpit: worked out, carried out, and recalled from the journal; what comes of it is an outcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::{mpsc, watch};

use super::deeds::Deeds;
use crate::actions::Work;
use crate::actions::confirm::Confirmed;
use crate::bus::Lossless;
use crate::event::{Event, Outcome};
use crate::model::{Done, Ending, Proposal};
use crate::proposals::{NoProposal, needs_no_store};
use crate::storage::{Nowhere, ObjectStore};

/// What is said where nothing can be written.
const ONLY_LOOKS: &str = "this cockpit can only look";
const NOT_OPEN: &str = "the bucket is not open yet; try again when it is";

/// Works out a proposal, or reads the journal.
pub async fn prepare(
    work: Work,
    deeds: Option<Arc<Deeds>>,
    store: Option<Arc<dyn ObjectStore>>,
    outbox: &Lossless<Event>,
) {
    let outcome = match (work, deeds, store) {
        (Work::Recall, Some(deeds), _) => recall(deeds).await,
        (Work::Recall, None, _) => Outcome::NotRecalled { why: ONLY_LOOKS.to_owned() },
        (Work::Prepare { ticket, .. } | Work::PrepareFrom { ticket, .. }, None, _) => {
            Outcome::NotProposed { ticket, why: ONLY_LOOKS.to_owned() }
        }
        (Work::Prepare { ticket, order, .. }, Some(_), None) if !needs_no_store(order.verb) => {
            Outcome::NotProposed { ticket, why: NOT_OPEN.to_owned() }
        }
        (Work::Prepare { ticket, order, permit }, Some(deeds), store) => {
            proposed(ticket, deeds.propose(&*store.unwrap_or_else(unopened), &order, permit).await)
        }
        (Work::PrepareFrom { ticket, about }, Some(deeds), store) => {
            proposed(ticket, deeds.propose_from(&*store.unwrap_or_else(unopened), &about).await)
        }
        _ => return,
    };
    say(outbox, outcome).await;
}

/// What stands for a bucket that is not open yet: what concerns load balancers can be done all the same.
fn unopened() -> Arc<dyn ObjectStore> {
    Arc::new(Nowhere::default())
}

fn proposed(ticket: u64, proposal: Result<Proposal, NoProposal>) -> Outcome {
    match proposal {
        Ok(proposal) => Outcome::Proposed { ticket, proposal: Arc::new(proposal) },
        Err(why) => Outcome::NotProposed { ticket, why: why.to_string() },
    }
}

async fn recall(deeds: Arc<Deeds>) -> Outcome {
    let recalled = tokio::task::spawn_blocking(move || deeds.recall()).await;
    match recalled.unwrap_or_else(|stopped| Err(stopped.to_string())) {
        Ok(pasts) => Outcome::Recalled(pasts),
        Err(why) => Outcome::NotRecalled { why },
    }
}

/// Carries a proposal out; whatever happens, its end is told.
pub async fn carry_out(
    deeds: Option<Arc<Deeds>>,
    confirmed: Confirmed,
    stop: watch::Receiver<bool>,
    outbox: Lossless<Event>,
) {
    let of = confirmed.proposal().steps().count();
    let done = match deeds {
        None => never(of, ONLY_LOOKS.to_owned()),
        Some(_) if *stop.borrow() => Done { ending: Ending::Stopped, ..never(of, String::new()) },
        Some(deeds) => heard(&deeds, &confirmed, stop, &outbox).await,
    };
    say(&outbox, Outcome::Ended(Arc::new(done))).await;
}

/// The progress goes to the bus at its own pace: a slow screen does not hold up the writing.
async fn heard(
    deeds: &Deeds,
    confirmed: &Confirmed,
    stop: watch::Receiver<bool>,
    outbox: &Lossless<Event>,
) -> Done {
    let (sender, mut progress) = mpsc::unbounded_channel();
    let work = async move {
        let tell = |progress| _ = sender.send(progress);
        let done = AssertUnwindSafe(deeds.carry_out(confirmed, stop, &tell)).catch_unwind().await;
        drop(sender);
        done
    };
    let pass_on = async {
        while let Some(progress) = progress.recv().await {
            say(outbox, Outcome::Progressed(progress)).await;
        }
    };
    let (done, ()) = tokio::join!(work, pass_on);
    done.unwrap_or_else(|_| {
        let why = "the program itself failed on the way; the journal has what was done until then".to_owned();
        never(confirmed.proposal().steps().count(), why)
    })
}

fn never(of: usize, why: String) -> Done {
    let (steps, proofs, notes) = (Vec::new(), Vec::new(), Vec::new());
    Done { entry: None, ending: Ending::Failed { why }, steps, of, proofs, notes }
}

async fn say(outbox: &Lossless<Event>, outcome: Outcome) {
    // Nobody listens any more when the program is ending.
    let _ = outbox.send(Event::Outcome(outcome)).await;
}
