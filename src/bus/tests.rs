//! What each lane promises, and that no message goes missing uncounted.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Said(u64),
    Lost(u64),
}

fn noon() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn drain(bus: &mut Bus<Word>) -> Vec<Word> {
    std::iter::from_fn(|| bus.try_next().map(|stamped| stamped.what)).collect()
}

#[tokio::test]
async fn a_lossless_sender_waits_until_there_is_room() {
    let mut bus = Bus::new(noon);
    let lane = bus.lossless(2);
    let sender = tokio::spawn(async move {
        for number in 0..100 {
            lane.send(Word::Said(number)).await.unwrap();
        }
    });
    let mut seen = Vec::new();
    while let Some(stamped) = bus.next().await {
        seen.push((stamped.seq, stamped.what));
    }
    sender.await.unwrap();
    let expected: Vec<_> = (0..100).map(|number| (number + 1, Word::Said(number))).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_lossless_sender_learns_that_the_loop_has_gone() {
    let mut bus = Bus::new(noon);
    let lane = bus.lossless(1);
    drop(bus);
    assert_eq!(lane.send(Word::Said(1)).await, Err(Closed));
}

#[tokio::test]
async fn the_newest_message_wins_and_the_last_one_survives_its_sender() {
    let mut bus = Bus::new(noon);
    let lane = bus.latest();
    lane.set(Word::Said(1));
    lane.set(Word::Said(2));
    assert_eq!(drain(&mut bus), [Word::Said(2)]);
    lane.set(Word::Said(3));
    drop(lane);
    assert_eq!(bus.next().await.map(|stamped| stamped.what), Some(Word::Said(3)));
    assert_eq!(bus.next().await, None);
}

#[test]
fn earlier_lanes_are_emptied_first() {
    let mut bus = Bus::new(noon);
    let first = bus.sampled(8, Word::Lost);
    let second = bus.sampled(8, Word::Lost);
    second.offer(Word::Said(2));
    first.offer(Word::Said(1));
    assert_eq!(drain(&mut bus), [Word::Said(1), Word::Said(2)]);
}

#[test]
fn a_tap_sees_everything_in_order() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let mut bus = Bus::new(noon);
    bus.tap(Box::new(move |stamped: &Stamped<Word>| ear.lock().unwrap().push(stamped.seq)));
    let lane = bus.sampled(2, Word::Lost);
    lane.offer(Word::Said(1));
    bus.stamp(Word::Said(0));
    drain(&mut bus);
    assert_eq!(*heard.lock().unwrap(), [1, 2]);
}

proptest! {
    /// Whatever the rhythm of sending and taking, each message is either seen or counted as lost, and those
    /// that are seen keep their order.
    #[test]
    fn sampled_lanes_lose_nothing_uncounted(
        capacity in 1usize..5,
        rhythm in prop::collection::vec((0u8..8, 0u8..4), 0..40),
    ) {
        let mut bus = Bus::new(noon);
        let lane = bus.sampled(capacity, Word::Lost);
        let (mut sent, mut seen, mut lost) = (0, Vec::new(), 0);
        let mut note = |word| match word {
            Word::Said(number) => seen.push(number),
            Word::Lost(count) => lost += count,
        };
        for (sends, takes) in rhythm {
            for _ in 0..sends {
                lane.offer(Word::Said(sent));
                sent += 1;
            }
            (0..takes).filter_map(|_| bus.try_next()).for_each(|stamped| note(stamped.what));
        }
        drain(&mut bus).into_iter().for_each(&mut note);
        prop_assert_eq!(seen.len() as u64 + lost, sent);
        prop_assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
