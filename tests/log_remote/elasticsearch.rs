//! Documents of an Elasticsearch that searches as the real one does: by time and number, after a place, in shards.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::sources::TroubleKind;
use quarterdeck::sources::logs::elasticsearch::{Login, Options};
use quarterdeck::sources::logs::{Fact, History, Input};
use quarterdeck::sources::registry_api::{Credentials, Password};
use serde_json::{Value, json};

use super::ear::Ear;
use super::server::{
    Asked, Failure, Followed, Server, Told, patience_is_kept, refusals_are_told_as_what_they_are,
};

const INDEX: &str = "pubsub-gke-inf-gprd*";
const QUERY: &str = r#"json.logName:"projects/example-project/logs/registry""#;
const SHARDS: usize = 3;

#[derive(Clone, Debug)]
struct Document {
    id: String,
    shard: usize,
    /// Each shard counts for itself.
    number: i64,
    at: i64,
    source: Value,
}

#[derive(Default)]
struct Index {
    documents: Vec<Document>,
    /// A shard that does not answer.
    failed: Option<usize>,
}

impl Index {
    fn add(&mut self, at: Timestamp, source: Value) {
        let (id, shard) = (self.documents.len().to_string(), self.documents.len() % SHARDS);
        let number = self.documents.iter().filter(|it| it.shard == shard).count();
        let number = i64::try_from(number).unwrap();
        self.documents.push(Document { id, shard, number, at: at.as_millisecond(), source });
    }

    fn select(&self, query: &Value) -> Vec<Document> {
        let [range, text] = query["bool"]["filter"].as_array().unwrap().as_slice() else { panic!("{query}") };
        assert_eq!(text["query_string"]["query"], QUERY);
        let range = range["range"]["@timestamp"].as_object().unwrap();
        assert_eq!(range["format"], "epoch_millis");
        let is_in = |at: i64| {
            range.iter().all(|(name, bound)| match (name.as_str(), bound.as_i64()) {
                ("gte", Some(bound)) => at >= bound,
                ("gt", Some(bound)) => at > bound,
                ("lt", Some(bound)) => at < bound,
                ("format", None) => true,
                other => panic!("{other:?}"),
            })
        };
        self.documents.iter().filter(|it| Some(it.shard) != self.failed && is_in(it.at)).cloned().collect()
    }

    fn search(&self, body: &Value) -> Told {
        let (size, from) = (body["size"].as_u64().unwrap(), body["from"].as_u64().unwrap_or(0));
        if size + from > 10_000 {
            let reason = "Result window is too large, from + size must be less than or equal to: [10000]";
            return Err(Failure::json(400, &json!({ "error": { "root_cause": [{ "reason": reason }] } })));
        }
        let (time, number) = (&body["sort"][0]["@timestamp"], &body["sort"][1]["_seq_no"]);
        assert_eq!((&time["numeric_type"], &time["order"]), (&json!("date"), &number["order"]));
        let mut found = self.select(&body["query"]);
        found.sort_by_key(|it| (it.at, it.number, it.shard));
        if time["order"] == "desc" {
            found.reverse();
        }
        if let Some(after) = body.get("search_after") {
            assert!(from == 0 && time["order"] == "asc");
            let after = (after[0].as_i64().unwrap(), after[1].as_i64().unwrap());
            found.retain(|it| (it.at, it.number) > after);
        }
        let (size, from) = (usize::try_from(size).unwrap(), usize::try_from(from).unwrap());
        let hits = found.iter().skip(from).take(size).map(|it| {
            let index = "pubsub-gke-inf-gprd-000001";
            json!({ "_index": index, "_id": it.id, "_score": null, "_source": it.source, "sort": [it.at, it.number] })
        });
        let mut shards = json!({ "total": SHARDS, "successful": SHARDS, "skipped": 0, "failed": 0 });
        if self.failed.is_some() {
            let reason = json!({ "type": "circuit_breaking_exception", "reason": "Data too large" });
            shards["failed"] = 1.into();
            shards["failures"] = json!([{ "shard": 1, "reason": reason }]);
        }
        let hits: Vec<_> = hits.collect();
        Ok(
            json!({ "took": 3, "timed_out": false, "_shards": shards, "hits": { "max_score": null, "hits": hits } }),
        )
    }
}

struct Stage {
    index: Arc<Mutex<Index>>,
    server: Server,
    options: Options,
    written: u32,
}

impl Stage {
    async fn new() -> Self {
        let index = Arc::new(Mutex::new(Index::default()));
        let answering = index.clone();
        let server = Server::new(move |asked: &Asked| {
            let index = answering.lock().unwrap();
            match asked.path.as_str() {
                "/es/pubsub-gke-inf-gprd*/_search" => index.search(&asked.body),
                "/es/pubsub-gke-inf-gprd*/_count" => {
                    Ok(json!({ "count": index.select(&asked.body["query"]).len() }))
                }
                other => Err(Failure::json(404, &json!({ "error": { "reason": other } }))),
            }
        })
        .await;
        let mut options = Options::new(format!("{}/es/", server.url()).parse().unwrap(), INDEX);
        options.query = Some(QUERY.to_owned());
        options.pace.interval = Duration::from_millis(5);
        Self { index, server, options, written: 0 }
    }

    /// So many more lines, so long ago, so many in each millisecond.
    fn write(&mut self, lines: u32, ago: Duration, together: u32) {
        let begin = Timestamp::now() - ago;
        for line in 0..lines {
            let at = begin + Duration::from_millis(u64::from(line / together));
            let source = json!({ "@timestamp": at.to_string(), "message": format!("line {}", self.written) });
            self.index.lock().unwrap().add(at, source);
            self.written += 1;
        }
    }

    fn follow(&self) -> Followed {
        self.follow_with(History::default(), Ear::new())
    }

    fn follow_with(&self, history: History, ear: Ear) -> Followed {
        Followed::new(Input::Elasticsearch(Box::new(self.options.clone())), history, ear)
    }

    async fn whole(&self, what: &str, followed: &Followed) {
        followed.told(what, self.written as usize).await;
        assert_eq!(followed.numbers(), (0..self.written).collect::<Vec<_>>(), "{what}");
    }
}

const fn ago(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn each_document_comes_once_over_pages_and_late_ones_come_too() {
    let mut stage = Stage::new().await;
    stage.write(2_500, ago(300), 7);
    stage.write(1_500, ago(200), 1_500);
    let followed = stage.follow();
    stage.whole("history", &followed).await;
    for round in 0..5 {
        stage.write(400, ago(2), 100);
        stage.whole("what follows", &followed).await;
        stage.write(10, ago(20 + round), 5);
        stage.whole("what comes late", &followed).await;
    }
    assert_eq!(followed.troubles(), []);
}

#[tokio::test]
async fn nothing_is_lost_while_it_is_away_and_nothing_comes_twice_when_it_is_back() {
    let mut stage = Stage::new().await;
    stage.write(50, ago(30), 3);
    let followed = stage.follow();
    stage.whole("history", &followed).await;
    for _ in 0..3 {
        stage.server.down().await;
        let troubles = followed.troubles().len();
        followed.ear.until("away", |_| followed.troubles().len() > troubles + 1).await;
        assert_eq!(followed.troubles().pop().unwrap().kind, TroubleKind::Unreachable);
        stage.write(1_200, ago(5), 9);
        stage.server.up().await;
        stage.whole("back", &followed).await;
    }
}

#[tokio::test]
async fn who_reads_after_a_restart_goes_on_where_the_other_was() {
    let mut stage = Stage::new().await;
    stage.write(1_100, ago(60), 3);
    let followed = stage.follow();
    stage.whole("the first", &followed).await;
    let ear = followed.ear.clone();
    followed.stop().await;
    stage.write(100, ago(10), 3);
    let followed = stage.follow_with(History::default(), ear);
    stage.whole("the second", &followed).await;
}

#[tokio::test]
async fn of_the_past_no_more_is_read_than_was_asked_for() {
    let mut stage = Stage::new().await;
    stage.write(10, ago(3_000), 1);
    stage.write(90, ago(100), 1);
    let few = stage.follow_with(History { lines: 30, ..History::default() }, Ear::new());
    few.told("the newest", 30).await;
    assert_eq!(few.numbers(), (70..100).collect::<Vec<_>>());
    let mut options = Options::new(stage.options.url.clone(), INDEX);
    options.query = Some(QUERY.to_owned());
    let input = Input::Elasticsearch(Box::new(options));
    let all = Followed::new(input, History::default(), Ear::new());
    all.told("those of ten minutes", 90).await;
    assert_eq!(all.numbers(), (10..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_a_flood_the_newest_are_read_and_the_rest_is_told_as_missing() {
    let mut stage = Stage::new().await;
    stage.options.pace.behind = 1_500;
    stage.write(5, ago(50), 1);
    let followed = stage.follow();
    stage.whole("before", &followed).await;
    stage.server.down().await;
    stage.write(9_000, ago(40), 1);
    stage.server.up().await;
    let last = stage.written - 1;
    followed.ear.until("the newest", |_| followed.numbers().contains(&last)).await;
    let numbers = followed.numbers();
    let missing = (0..stage.written).filter(|number| numbers.binary_search(number).is_err());
    let missing: Vec<_> = missing.map(i64::from).collect();
    assert!((1..numbers.len()).all(|at| numbers[at] > numbers[at - 1]), "none twice");
    let dropped: u64 = followed
        .ear
        .all(|fact| match fact {
            Fact::Lines(batch) => Some(batch.dropped),
            _ => None,
        })
        .iter()
        .sum();
    assert!(!missing.is_empty());
    assert_eq!(dropped, missing.len() as u64);
    let gaps = followed.ear.all(|fact| match fact {
        Fact::Gap { from, to, .. } => Some((from.as_millisecond(), to.as_millisecond())),
        _ => None,
    });
    let index = stage.index.lock().unwrap();
    for number in missing {
        let at = index.documents[usize::try_from(number).unwrap()].at;
        assert!(gaps.iter().any(|(from, to)| (*from..=*to).contains(&at)), "{number} is in no gap: {gaps:?}");
    }
}

#[tokio::test]
async fn shards_that_fail_are_told_and_their_lines_come_when_they_are_back() {
    let mut stage = Stage::new().await;
    stage.write(9, ago(30), 1);
    let followed = stage.follow();
    stage.whole("before", &followed).await;
    stage.index.lock().unwrap().failed = Some(1);
    stage.write(300, ago(20), 2);
    followed.told("those of the others", 209).await;
    followed.troubled(TroubleKind::Broken).await;
    let why = followed.troubles().pop().unwrap().why;
    assert_eq!(why, "1 of 3 shards failed: Data too large");
    stage.index.lock().unwrap().failed = None;
    stage.whole("afterwards", &followed).await;
}

#[tokio::test]
async fn refusals_and_requests_for_patience() {
    let mut stage = Stage::new().await;
    let followed = stage.follow();
    followed.ear.until("live", |_| followed.lives() > 0).await;
    refusals_are_told_as_what_they_are(&stage.server, &followed).await;
    patience_is_kept(&stage.server, &followed).await;
    stage.write(3, ago(1), 1);
    stage.whole("after all that", &followed).await;
}

#[tokio::test]
async fn no_index_of_that_name_is_no_silence() {
    let server = Server::new(|_: &Asked| {
        Ok(json!({ "timed_out": false, "_shards": { "total": 0, "failed": 0 }, "hits": { "hits": [] } }))
    })
    .await;
    let options = Options::new(server.url().parse().unwrap(), "registry-*");
    let input = Input::Elasticsearch(Box::new(options));
    let followed = Followed::new(input, History::default(), Ear::new());
    followed.troubled(TroubleKind::Absent).await;
    assert_eq!(followed.troubles()[0].why, "no index is called registry-*");
}

#[tokio::test]
async fn a_login_or_a_key_is_sent_and_never_told() {
    let mut stage = Stage::new().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "aGVsbG86d29ybGQ=\n").unwrap();
    let secret = || Password::File(file.path().to_owned());
    let basic = Credentials { username: "oncall".to_owned(), password: secret() };
    for (login, header) in [
        (Login::ApiKey(secret()), "ApiKey aGVsbG86d29ybGQ="),
        (Login::Basic(basic), "Basic b25jYWxsOmFHVnNiRzg2ZDI5eWJHUT0="),
    ] {
        stage.options.login = Some(login);
        stage.server.fail([Failure::json(401, &json!({ "error": "who?" }))]);
        let followed = stage.follow();
        followed.ear.until("let in", |_| followed.lives() > 0).await;
        let told = format!("{:?}", followed.ear.all(|fact| Some(format!("{fact:?}"))));
        assert!(told.contains("who?") && !told.contains("aGVsbG8"), "{told}");
        let asked = stage.server.asked().pop().unwrap();
        assert_eq!(asked.headers["authorization"], header);
        followed.stop().await;
    }
}

#[tokio::test]
async fn the_line_is_the_configured_field_or_what_a_collector_wrapped() {
    let stage = Stage::new().await;
    let payload = json!({
        "level": "error", "msg": "response completed with error", "err.code": "unknown",
        "err.message": "unknown error", "http.request.method": "GET",
        "http.request.uri": "/v2/g/p/manifests/v1", "http.response.status": 500, "vars.name": "g/p",
    });
    let log = "projects/example-project/logs/registry";
    let source = json!({ "json": { "logName": log, "jsonPayload": payload, "severity": "ERROR" } });
    stage.index.lock().unwrap().add(Timestamp::now() - ago(9), source);
    let lines = |followed: &Followed| {
        followed
            .ear
            .all(|fact| match fact {
                Fact::Lines(batch) => Some(batch.lines.clone()),
                _ => None,
            })
            .concat()
    };
    for message in [None, Some("json.jsonPayload"), Some("no.such.field"), Some("json.jsonPayload.msg")] {
        let mut options = Options::new(stage.options.url.clone(), INDEX);
        (options.query, options.message) = (Some(QUERY.to_owned()), message.map(str::to_owned));
        let input = Input::Elasticsearch(Box::new(options));
        let followed = Followed::new(input, History::default(), Ear::new());
        followed.ear.until("the line", |_| !lines(&followed).is_empty()).await;
        let line = lines(&followed).remove(0);
        let request = line.request.as_ref().map(|request| (request.status, request.uri.to_string()));
        match message {
            Some("json.jsonPayload.msg") => assert_eq!(&*line.text, "response completed with error"),
            _ => assert_eq!(request, Some((Some(500), "/v2/g/p/manifests/v1".to_owned())), "{message:?}"),
        }
    }
}
