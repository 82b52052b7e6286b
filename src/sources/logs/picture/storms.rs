//! The same request over and over without success: who asks, how often, and how much log it writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::logs::{Answer, Client, Layer};
use crate::model::Subject;

/// So often must the same have failed in a row, and so long must it have gone on, to be told: slowly or quickly.
const ENOUGH: &[(u64, SignedDuration)] =
    &[(20, SignedDuration::from_secs(30)), (50, SignedDuration::from_secs(4))];
/// A request that was not seen for so long is over.
const OVER: SignedDuration = SignedDuration::from_mins(5);
/// Requests that are kept; when there are a quarter more, those that failed least and longest ago are forgotten.
const COUNTED: usize = 4096;

/// Storms that are told at once, and those that are compared for it: each may be told of by three layers.
const TOLD: usize = 50;
const MERGED: usize = 4 * TOLD;

/// The same request of one client, answered without success each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    pub method: Arc<str>,
    pub uri: Arc<str>,
    /// The newest status.
    pub status: u16,
    /// Without an address where the same agent asks from several.
    pub client: Arc<Client>,
    /// The layer that told of most.
    pub layer: Layer,
    pub subject: Option<Subject>,
    /// Answers since `first` without one that succeeded.
    pub count: u64,
    /// Bytes of log that these answers wrote, in all layers.
    pub bytes: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

impl Storm {
    /// How long it has gone on.
    pub fn lasted(&self) -> SignedDuration {
        self.last.duration_since(self.first)
    }

    /// Requests in a second.
    pub fn rate(&self) -> f64 {
        self.per_second(self.count)
    }

    /// Bytes of log in an hour.
    pub fn bytes_per_hour(&self) -> u64 {
        (self.per_second(self.bytes) * 3600.0) as u64
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.lasted().as_secs_f64().max(1.0)
    }

    fn begun(answer: &Answer) -> Self {
        Self {
            method: answer.method.clone(),
            uri: answer.uri.clone(),
            status: answer.status,
            client: answer.client.clone(),
            layer: answer.layer,
            subject: answer.subject.clone(),
            count: answer.count,
            bytes: answer.bytes,
            first: answer.first,
            last: answer.last,
        }
    }

    fn goes_on(&mut self, answer: &Answer) {
        self.count += answer.count;
        self.bytes += answer.bytes;
        // What is told late and lies far back is no part of it: it would make it look slower than it is.
        self.first = self.first.min(answer.first.max(sooner(self.first)));
        if self.last <= answer.last {
            (self.last, self.status) = (answer.last, answer.status);
        }
    }

    /// Takes in what the same agent sent from another address.
    fn joins(&mut self, other: &Self) {
        self.count += other.count;
        self.bytes += other.bytes;
        self.first = self.first.min(other.first);
        if self.last <= other.last {
            (self.last, self.status) = (other.last, other.status);
        }
        self.client = Arc::new(Client { address: None, agent: self.client.agent.clone() });
    }

    /// Whether another layer tells of the same requests. A load balancer may not know the agent, or only its beginning.
    fn is_same(&self, other: &Self) -> bool {
        let [one, two] = [self, other].map(|storm| storm.client.agent.as_deref().unwrap_or_default());
        let is_same_agent = one.starts_with(two) || two.starts_with(one);
        self.layer != other.layer && self.method == other.method && self.uri == other.uri && is_same_agent
    }
}

/// So much sooner that it is no part of the same.
fn sooner(at: Timestamp) -> Timestamp {
    at.checked_sub(OVER).unwrap_or(Timestamp::MIN)
}

/// What makes requests the same: what is asked for, and who asks. The same agent at another address is another client,
/// whose success says nothing of this one.
type Key = (Layer, Arc<str>, Arc<str>, Arc<Client>);

fn key(answer: &Answer) -> Key {
    (answer.layer, answer.method.clone(), answer.uri.clone(), answer.client.clone())
}

/// Requests that fail again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storms {
    counted: BTreeMap<Key, Storm>,
}

impl Storms {
    /// Counts an answer that arrived at `now`. One that succeeded ends what came before it.
    pub fn take(&mut self, answer: &Answer, now: Timestamp) {
        let key = key(answer);
        let known = self.counted.get_mut(&key);
        if answer.status < 400 {
            // One that came before the first failure is told late.
            if known.is_some_and(|storm| answer.last >= storm.first) {
                self.counted.remove(&key);
            }
            return;
        }
        if is_challenge(answer) {
            return;
        }
        let early = Answer { first: answer.first.min(now), last: answer.last.min(now), ..answer.clone() };
        match known {
            Some(storm) if early.last < sooner(storm.first) => {}
            Some(storm) if sooner(early.first) <= storm.last => storm.goes_on(&early),
            Some(storm) => *storm = Storm::begun(&early),
            None => {
                self.counted.insert(key, Storm::begun(&early));
            }
        }
        if self.counted.len() > COUNTED + COUNTED / 4 {
            self.forget();
        }
    }

    /// Forgets a quarter at once, so that a flood of requests costs each answer next to nothing.
    fn forget(&mut self) {
        let worth = |storm: &Storm| (storm.count, storm.last);
        let mut worths: Vec<_> = self.counted.values().map(worth).collect();
        let (_, least, _) = worths.select_nth_unstable(self.counted.len() - COUNTED);
        let least = *least;
        // Of those that are worth the same, all go: which of them stayed would be chance.
        self.counted.retain(|_, storm| worth(storm) > least);
    }

    /// Those that are worth a word, the most frequent first and no more than anybody reads. One agent at several
    /// addresses is one storm, and so is what several layers tell of.
    pub fn worst(&self, now: Timestamp) -> Vec<Storm> {
        let enough = |storm: &Storm| {
            ENOUGH.iter().any(|(count, span)| storm.count >= *count && storm.lasted() >= *span)
        };
        let tells = |storm: &&Storm| sooner(now) <= storm.last && enough(storm);
        let mut told = by_agent(self.counted.values().filter(tells));
        let rank = |storm: &Storm| {
            (std::cmp::Reverse(storm.count), storm.uri.clone(), storm.method.clone(), storm.layer)
        };
        told.sort_by_cached_key(|storm| (rank(storm), storm.client.clone()));
        told.truncate(MERGED);
        let mut storms: Vec<Storm> = Vec::new();
        for storm in told {
            match storms.iter_mut().find(|known| known.is_same(&storm)) {
                Some(known) => {
                    known.bytes += storm.bytes;
                    if known.client.agent.is_none() {
                        known.client = storm.client;
                    }
                }
                None => storms.push(storm),
            }
        }
        storms.truncate(TOLD);
        storms
    }
}

/// One for each agent; those without one stay as they are.
fn by_agent<'a>(storms: impl Iterator<Item = &'a Storm>) -> Vec<Storm> {
    let mut known: BTreeMap<_, Storm> = BTreeMap::new();
    for storm in storms {
        let Client { address, agent } = &*storm.client;
        let who = agent.as_ref().or(address.as_ref());
        known
            .entry((storm.layer, &storm.method, &storm.uri, agent.is_some(), who))
            .and_modify(|known| known.joins(storm))
            .or_insert_with(|| storm.clone());
    }
    known.into_values().collect()
}

/// Every client asks once without a token, and is told where to get one.
fn is_challenge(answer: &Answer) -> bool {
    answer.status == 401 && matches!(answer.uri.split('?').next(), Some("/v2/" | "/v2"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{answer, at};
    use super::*;

    fn delete(second: i64) -> Answer {
        let client = Client { address: Some("172.18.0.74".into()), agent: Some("GitLab/17.3.5".into()) };
        Answer {
            method: "DELETE".into(),
            uri: "/v2/group/image/manifests/latest".into(),
            client: Arc::new(client),
            bytes: 900,
            ..answer(400, second)
        }
    }

    fn told(answers: impl IntoIterator<Item = Answer>) -> Storms {
        let mut storms = Storms::default();
        for answer in answers {
            storms.take(&answer, answer.last);
        }
        storms
    }

    #[test]
    fn the_same_failure_again_and_again_is_a_storm_with_its_rate_and_its_log() {
        let storms = told((0..=60).map(delete));
        let worst = storms.worst(at(60));
        assert_eq!(worst.len(), 1);
        assert_eq!((worst[0].count, worst[0].lasted().as_secs(), worst[0].status), (61, 60, 400));
        assert!((worst[0].rate() - 61.0 / 60.0).abs() < 1e-9);
        assert_eq!(worst[0].bytes_per_hour(), 61 * 900 * 60);
        assert!(storms.worst(at(60 + 301)).is_empty());
        assert!(told((0..19).map(|second| delete(second * 2))).worst(at(60)).is_empty(), "too few");
        assert!(told((0..200).map(|_| delete(1))).worst(at(1)).is_empty(), "too short");
    }

    #[test]
    fn a_success_ends_it_and_a_long_pause_begins_anew() {
        let success = Answer { status: 202, ..delete(61) };
        assert!(told((0..=60).map(delete).chain([success])).worst(at(61)).is_empty());
        let worst = told((0..=60).chain(400..=460).map(delete)).worst(at(460));
        assert_eq!((worst[0].count, worst[0].first), (61, at(400)));
    }

    fn from(address: i64, answer: Answer) -> Answer {
        let address = Some(format!("10.0.0.{address}").into());
        Answer { client: Arc::new(Client { address, agent: answer.client.agent.clone() }), ..answer }
    }

    #[test]
    fn one_agent_at_several_addresses_is_one_client() {
        let worst = told((0..=60).map(|second| from(second % 2, delete(second)))).worst(at(60));
        assert_eq!((worst.len(), worst[0].count), (1, 61));
        assert_eq!(
            (worst[0].client.address.as_deref(), worst[0].client.agent.as_deref()),
            (None, Some("GitLab/17.3.5"))
        );
        let once_each = (0..=60).map(|second| from(second, delete(second)));
        assert!(told(once_each).worst(at(60)).is_empty(), "no client of them fails again");
        let without_agent = |second: i64| {
            let client = Client { address: Some(format!("10.0.0.{}", second % 2).into()), agent: None };
            Answer { client: Arc::new(client), ..delete(second) }
        };
        assert_eq!(told((0..=90).map(without_agent)).worst(at(90)).len(), 2);
    }

    #[test]
    fn a_neighbours_success_is_none_of_the_node_that_is_refused() {
        let pull = |second| Answer { method: "GET".into(), status: 401, ..delete(second) };
        let good = |second| from(2, Answer { status: 200, ..pull(second) });
        let worst = told((0..=60).flat_map(|second| [from(1, pull(second)), good(second)])).worst(at(60));
        assert_eq!((worst.len(), worst[0].count), (1, 61));
        assert_eq!(worst[0].client.address.as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn what_is_told_late_neither_ends_a_storm_nor_drags_its_beginning_back() {
        let mut storms = told((1_000..=1_060).map(delete));
        storms.take(&Answer { status: 202, ..delete(900) }, at(1_061));
        storms.take(&delete(10), at(1_061));
        storms.take(&Answer { first: at(0), ..delete(1_060) }, at(1_061));
        let worst = storms.worst(at(1_061));
        assert_eq!((worst[0].count, worst[0].first), (62, at(700)));
        storms.take(&Answer { first: Timestamp::MIN, last: Timestamp::MIN, ..delete(0) }, at(1_061));
        storms.take(&Answer { first: Timestamp::MIN, ..from(7, delete(0)) }, Timestamp::MIN);
        assert!(storms.worst(Timestamp::MIN).iter().all(|storm| storm.count < 100));
    }

    #[test]
    fn of_very_many_storms_only_the_worst_are_told() {
        let many = (0..=60).flat_map(|second| {
            (0..300).map(move |number| Answer {
                uri: format!("/v2/scan-{number}").into(),
                count: if number < 7 { 5 } else { 1 },
                ..delete(second)
            })
        });
        let worst = told(many).worst(at(60));
        assert_eq!(worst.len(), TOLD);
        assert_eq!((worst[6].count, worst[7].count), (305, 61));
    }

    #[test]
    fn layers_that_tell_of_the_same_are_one_storm_and_their_logs_are_added() {
        let at_balancer =
            |second| Answer { layer: Layer::Haproxy, client: Arc::default(), bytes: 200, ..delete(second) };
        let at_access = |second| Answer { layer: Layer::Access, bytes: 150, ..delete(second) };
        let all = (0..=60).flat_map(|second| [at_balancer(second), at_access(second), delete(second)]);
        let worst = told(all).worst(at(60));
        assert_eq!((worst.len(), worst[0].count, worst[0].bytes), (1, 61, 61 * 1250));
        assert_eq!(worst[0].client.agent.as_deref(), Some("GitLab/17.3.5"));
    }

    #[test]
    fn being_told_to_log_in_is_no_failure() {
        let ping = |second| Answer { uri: "/v2/".into(), status: 401, ..delete(second) };
        assert!(told((0..=60).map(ping)).worst(at(60)).is_empty());
    }

    #[test]
    fn a_flood_of_requests_does_not_push_the_storm_out() {
        let flood =
            |number: i64| Answer { uri: format!("/v2/scan-{number}").into(), status: 404, ..delete(61) };
        let storms = told((0..=60).map(delete).chain((0..100_000).map(flood)));
        assert!(storms.counted.len() <= COUNTED + COUNTED / 4);
        assert_eq!(storms.worst(at(61))[0].count, 61);
    }

    proptest! {
        #[test]
        fn counts_are_never_more_than_was_told(
            told_of in proptest::collection::vec((0..2usize, 0..3usize, 1..40u64, 0..900i64, prop::bool::weighted(0.1)), 1..150)
        ) {
            let answers: Vec<_> = told_of.iter().map(|(uri, layer, count, second, is_success)| Answer {
                uri: format!("/v2/{uri}").into(),
                layer: [Layer::Haproxy, Layer::Access, Layer::Registry][*layer],
                status: if *is_success { 200 } else { 500 },
                count: *count,
                ..delete(*second)
            }).collect();
            for storm in told(answers.clone()).worst(at(900)) {
                let of = |layer: Layer| answers.iter()
                    .filter(|one| one.uri == storm.uri && one.layer == layer && one.status == 500)
                    .map(|one| one.count).sum::<u64>();
                prop_assert!(storm.count <= of(storm.layer));
                prop_assert!(storm.first <= storm.last);
            }
        }
    }
}
