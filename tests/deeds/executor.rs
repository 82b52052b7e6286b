//! What the cockpit's executor makes of orders to write: told on the way, stopped after an object, never cut short.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::actions::Work;
use quarterdeck::bus::Bus;
use quarterdeck::event::{Event, Outcome};
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::execution::{Executor, Tools};
use quarterdeck::model::{About, Done, Ending, Phase, Standing};
use quarterdeck::registry::mode::Configured;
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::sources::look::Looking;
use quarterdeck::storage::filesystem::Filesystem;
use tokio::sync::Semaphore;

use super::hooked::{Call, Hooked, When};
use super::place::{self, Place, delete_tag, tag};

struct Cockpit {
    bus: Bus<Event>,
    executor: Executor,
}

impl Cockpit {
    fn new(deeds: Option<Arc<Deeds>>, open: quarterdeck::execution::Opener) -> Self {
        let mut bus = Bus::new(Timestamp::now);
        let lane = bus.lossless(8);
        let tools = Tools {
            url: "file:///registry".into(),
            open,
            scan: Arc::new(|_, _| Box::pin(async { None })),
            looking: Looking::new(ScanOptions::default(), Configured::Auto, None),
            deeds,
            notebook: None,
            consult: None,
            nudge: std::sync::Arc::default(),
        };
        Self { executor: Executor::start(tools, lane), bus }
    }

    /// The outcomes up to the first that fits.
    async fn until(&mut self, fits: impl Fn(&Outcome) -> bool) -> Vec<Outcome> {
        let mut heard = Vec::new();
        while let Some(stamped) = self.bus.next().await {
            let Event::Outcome(outcome) = stamped.what else { continue };
            heard.push(outcome);
            if heard.last().is_some_and(&fits) {
                break;
            }
        }
        heard
    }

    async fn ended(&mut self) -> (Arc<Done>, Vec<Outcome>) {
        let heard = self.until(|outcome| matches!(outcome, Outcome::Ended(_))).await;
        let Some(Outcome::Ended(done)) = heard.last() else { panic!("{heard:#?}") };
        (Arc::clone(done), heard)
    }
}

fn doomed() -> quarterdeck::model::Subject {
    tag("faults/empty-current-link", "bad")
}

#[tokio::test]
async fn an_order_is_told_object_by_object_and_recalled() {
    let place = Place::small();
    let deeds = Arc::new(place.deeds());
    let mut cockpit = Cockpit::new(Some(Arc::clone(&deeds)), Arc::clone(&deeds.open));
    cockpit.executor.submit(Work::Prepare { ticket: 7, order: delete_tag(&[doomed()]), permit: None });
    let heard = cockpit.until(|outcome| matches!(outcome, Outcome::NotProposed { ticket: 7, .. })).await;
    let why = format!("{heard:?}");
    assert!(why.contains("not open yet"), "{why}");
    cockpit.executor.submit(Work::Open);
    cockpit.executor.idle().await;
    cockpit.executor.submit(Work::Prepare { ticket: 8, order: delete_tag(&[doomed()]), permit: None });
    let heard = cockpit.until(|outcome| matches!(outcome, Outcome::Proposed { .. })).await;
    let Some(Outcome::Proposed { ticket: 8, proposal }) = heard.last() else { panic!("{heard:#?}") };
    let of = proposal.steps().count();

    cockpit.executor.submit(Work::CarryOut(place::agreed((**proposal).clone())));
    let (done, heard) = cockpit.ended().await;
    assert_eq!(done.ending, Ending::Done, "{done:#?}");
    let written = heard.iter().filter(|outcome| match outcome {
        Outcome::Progressed(progress) => progress.phase == Phase::Write && !progress.key.is_empty(),
        _ => false,
    });
    assert_eq!(written.count(), of);
    cockpit.executor.submit(Work::Recall);
    let heard = cockpit.until(|outcome| matches!(outcome, Outcome::Recalled(_))).await;
    let Some(Outcome::Recalled(pasts)) = heard.last() else { panic!("{heard:#?}") };
    assert_eq!((pasts.len(), &pasts[0].standing), (1, &Standing::Done));
    let about = About::Undo(pasts[0].entry.clone());
    cockpit.executor.submit(Work::PrepareFrom { ticket: 9, about });
    let heard = cockpit.until(|outcome| matches!(outcome, Outcome::Proposed { ticket: 9, .. })).await;
    assert!(matches!(heard.last(), Some(Outcome::Proposed { ticket: 9, .. })), "{heard:#?}");
}

#[tokio::test]
async fn where_nothing_can_be_written_every_order_ends_in_words() {
    let place = Place::small();
    let deeds = place.deeds();
    let proposal = place::propose(&deeds, &delete_tag(&[doomed()])).await;
    let before = place.tree();
    let mut cockpit = Cockpit::new(None, Arc::clone(&deeds.open));
    cockpit.executor.submit(Work::CarryOut(place::agreed(proposal)));
    let (done, _) = cockpit.ended().await;
    assert!(matches!(&done.ending, Ending::Failed { why } if why.contains("only look")), "{done:#?}");
    assert_eq!(place.tree(), before);
}

/// A place whose store waits in its first delete until it is let go.
fn slow(place: &Place) -> (Arc<Deeds>, Arc<AtomicBool>, Arc<Semaphore>) {
    let (entered, go) = (Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(0)));
    let (inside, gate) = (Arc::clone(&entered), Arc::clone(&go));
    let hook = move |when, call, _: &str| {
        if when == When::Before && call == Call::Delete && !inside.swap(true, Ordering::SeqCst) {
            while gate.try_acquire().map(|permit| permit.forget()).is_err() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    };
    let store = Arc::new(Hooked::new(Filesystem::open(place.root()).unwrap(), hook));
    (Arc::new(place::deeds_on(store, place.state())), entered, go)
}

async fn until_inside(entered: &AtomicBool) {
    while !entered.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_stop_lets_the_object_at_hand_be_finished() {
    let place = Place::small();
    let (deeds, entered, go) = slow(&place);
    let proposal = place::propose(&deeds, &delete_tag(&[doomed()])).await;
    let mut cockpit = Cockpit::new(Some(Arc::clone(&deeds)), Arc::clone(&deeds.open));
    cockpit.executor.submit(Work::CarryOut(place::agreed(proposal.clone())));
    // A second order waits for its turn, and never gets it.
    cockpit.executor.submit(Work::CarryOut(place::agreed(proposal)));
    until_inside(&entered).await;
    cockpit.executor.submit(Work::Stop);
    cockpit.until(|outcome| matches!(outcome, Outcome::Stopped { .. })).await;
    assert!(!cockpit.executor.is_idle(), "what is being written was forgotten");
    go.add_permits(1);
    let (first, _) = cockpit.ended().await;
    assert_eq!((&first.ending, first.steps.len()), (&Ending::Stopped, 1), "{first:#?}");
    let (second, _) = cockpit.ended().await;
    assert_eq!((&second.ending, &second.entry), (&Ending::Stopped, &None));
    cockpit.executor.idle().await;
    assert!(matches!(deeds.recall().unwrap()[0].standing, Standing::Stopped { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_end_of_the_program_waits_for_the_object_at_hand() {
    let place = Place::small();
    let (deeds, entered, go) = slow(&place);
    let proposal = place::propose(&deeds, &delete_tag(&[doomed()])).await;
    let cockpit = Cockpit::new(Some(Arc::clone(&deeds)), Arc::clone(&deeds.open));
    cockpit.executor.submit(Work::CarryOut(place::agreed(proposal)));
    until_inside(&entered).await;
    // The loop has ended: nobody takes anything off the bus any more.
    let rest = cockpit.executor.rest();
    let release = async {
        tokio::task::yield_now().await;
        go.add_permits(1);
    };
    drop(cockpit.bus);
    tokio::join!(rest, release);
    let past = &deeds.recall().unwrap()[0];
    assert!(matches!(past.standing, Standing::Stopped { .. }), "{past:#?}");
    assert_eq!(past.done, 1);
}
