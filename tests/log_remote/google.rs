//! Entries of a Google Cloud Logging that lists as the real one does: by filter and time, with tokens for pages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::sources::TroubleKind;
use quarterdeck::sources::logs::google::Options;
use quarterdeck::sources::logs::{Fact, History, Input};
use serde_json::{Value, json};

use super::ear::Ear;
use super::server::{
    Asked, Failure, Followed, Server, Told, patience_is_kept, refusals_are_told_as_what_they_are,
};

const FILTER: &str = r#"logName="projects/example-project/logs/registry" -- ours"#;

#[derive(Default)]
struct Log {
    entries: Vec<(Timestamp, Value)>,
    /// What was found for whoever began to turn pages, and what he asked.
    listings: Vec<(Value, Vec<Value>)>,
}

impl Log {
    fn add(&mut self, at: Timestamp, id: &str, payload: (&str, Value)) {
        let log = "projects/example-project/logs/registry";
        let mut entry = json!({ "logName": log, "insertId": id, "timestamp": at.to_string() });
        entry[payload.0] = payload.1;
        self.entries.push((at, entry));
    }

    fn list(&mut self, asked: &Asked) -> Told {
        let mut question = asked.body.clone();
        let token = question.as_object_mut().unwrap().remove("pageToken");
        assert_eq!(question["resourceNames"], json!(["projects/example-project"]));
        let (listing, offset) = match token.as_ref().and_then(Value::as_str) {
            None => {
                let found = self.find(&question);
                self.listings.push((question, found));
                // It may answer before it has looked at anything.
                let token = format!("{}:0", self.listings.len() - 1);
                return Ok(json!({ "nextPageToken": token }));
            }
            Some(token) => {
                let (listing, offset) = token.split_once(':').unwrap();
                (listing.parse::<usize>().unwrap(), offset.parse::<usize>().unwrap())
            }
        };
        let (first, found) = &self.listings[listing];
        if *first != question {
            let said = "page_token doesn't match arguments from the request";
            return Err(Failure::json(400, &json!({ "error": { "code": 400, "message": said } })));
        }
        let size = usize::try_from(question["pageSize"].as_u64().unwrap()).unwrap();
        assert!(size <= 1_000);
        let end = (offset + size).min(found.len());
        let mut answer = json!({});
        if offset < end {
            let mut page = found[offset..end].to_vec();
            if let Some(fields) = asked.query.strip_prefix("fields=") {
                assert_eq!(fields, "entries%28timestamp%2CreceiveTimestamp%29%2CnextPageToken");
                page.iter_mut().for_each(|entry| *entry = json!({ "timestamp": entry["timestamp"] }));
            }
            answer["entries"] = page.into();
        }
        if end < found.len() {
            answer["nextPageToken"] = format!("{listing}:{end}").into();
        }
        Ok(answer)
    }

    fn find(&self, question: &Value) -> Vec<Value> {
        let filter = question["filter"].as_str().unwrap();
        let since = filter.strip_prefix(&format!("({FILTER}\n)\nAND timestamp>=\"")).unwrap();
        let since: Timestamp = since.strip_suffix('"').unwrap().parse().unwrap();
        let mut found: Vec<_> = self.entries.iter().filter(|(at, _)| *at >= since).collect();
        found.sort_by_key(|(at, entry)| (*at, entry["insertId"].as_str().unwrap().to_owned()));
        // The same entry twice is one.
        found.dedup_by(|(one, entry), (other, before)| {
            one == other && entry["insertId"] == before["insertId"]
        });
        match question["orderBy"].as_str() {
            Some("timestamp asc") => {}
            Some("timestamp desc") => found.reverse(),
            other => panic!("{other:?}"),
        }
        found.into_iter().map(|(_, entry)| entry.clone()).collect()
    }
}

struct Stage {
    log: Arc<Mutex<Log>>,
    server: Server,
    options: Options,
    written: u32,
}

impl Stage {
    async fn new() -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let answering = log.clone();
        let server = Server::new(move |asked: &Asked| match asked.path.as_str() {
            "/v2/entries:list" => answering.lock().unwrap().list(asked),
            other => Err(Failure::json(404, &json!({ "error": { "message": other } }))),
        })
        .await;
        let mut options = Options::new("example-project");
        (options.endpoint, options.anonymous) = (server.url(), true);
        options.filter = Some(FILTER.to_owned());
        (options.spacing, options.pace.interval) = (Duration::ZERO, Duration::from_millis(5));
        Self { log, server, options, written: 0 }
    }

    /// So many more lines, so long ago, so many at each instant.
    fn write(&mut self, lines: u32, ago: u64, together: u32) {
        let begin = Timestamp::now() - Duration::from_secs(ago);
        for line in 0..lines {
            let at = begin + Duration::from_micros(u64::from(line / together));
            let text = json!(format!("line {}", self.written));
            self.log.lock().unwrap().add(at, &format!("id-{}", self.written), ("textPayload", text));
            self.written += 1;
        }
    }

    fn follow(&self, history: History) -> Followed {
        Followed::new(Input::Google(Box::new(self.options.clone())), history, Ear::new())
    }

    async fn whole(&self, what: &str, followed: &Followed) {
        followed.told(what, self.written as usize).await;
        assert_eq!(followed.numbers(), (0..self.written).collect::<Vec<_>>(), "{what}");
    }
}

#[tokio::test]
async fn each_entry_comes_once_over_pages_and_late_ones_come_too() {
    let mut stage = Stage::new().await;
    stage.write(1_300, 300, 7);
    stage.write(1_200, 200, 1_200);
    let followed = stage.follow(History::default());
    stage.whole("history", &followed).await;
    for round in 0..4 {
        stage.write(300, 2, 100);
        let twice = stage.log.lock().unwrap().entries.last().unwrap().clone();
        stage.log.lock().unwrap().entries.push(twice);
        stage.whole("what follows", &followed).await;
        stage.write(10, 20 + round, 5);
        stage.whole("what comes late", &followed).await;
    }
    assert_eq!(followed.troubles(), []);
}

#[tokio::test]
async fn nothing_is_lost_while_it_is_away_and_of_the_past_no_more_is_read_than_asked_for() {
    let mut stage = Stage::new().await;
    stage.write(90, 100, 1);
    let followed = stage.follow(History { lines: 30, ..History::default() });
    followed.told("the newest", 30).await;
    stage.server.down().await;
    followed.troubled(TroubleKind::Unreachable).await;
    stage.write(1_100, 5, 9);
    stage.server.up().await;
    followed.told("back", 1_130).await;
    assert_eq!(followed.numbers(), (60..1_190).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_a_flood_the_newest_are_read_and_the_rest_is_told_as_missing() {
    let mut stage = Stage::new().await;
    stage.options.pace.behind = 1_500;
    stage.write(5, 50, 1);
    let followed = stage.follow(History::default());
    stage.whole("before", &followed).await;
    stage.server.down().await;
    stage.write(9_000, 40, 1);
    stage.server.up().await;
    let last = stage.written - 1;
    followed.ear.until("the newest", |_| followed.numbers().contains(&last)).await;
    let numbers = followed.numbers();
    assert!((1..numbers.len()).all(|at| numbers[at] > numbers[at - 1]), "none twice");
    let gaps = followed.ear.all(|fact| match fact {
        Fact::Gap { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    let log = stage.log.lock().unwrap();
    let missing: Vec<_> =
        (0..stage.written).filter(|number| numbers.binary_search(number).is_err()).collect();
    assert!(!missing.is_empty());
    for number in missing {
        let at = log.entries[number as usize].0;
        assert!(gaps.iter().any(|(from, to)| (*from..=*to).contains(&at)), "{number} is in no gap");
    }
}

#[tokio::test]
async fn refusals_and_requests_for_patience() {
    let mut stage = Stage::new().await;
    let followed = stage.follow(History::default());
    followed.ear.until("live", |_| followed.lives() > 0).await;
    refusals_are_told_as_what_they_are(&stage.server, &followed).await;
    patience_is_kept(&stage.server, &followed).await;
    stage.write(3, 1, 1);
    stage.whole("after all that", &followed).await;
    let denied = followed.troubles().into_iter().find(|trouble| trouble.kind == TroubleKind::Denied).unwrap();
    assert!(denied.why.contains("logging.logEntries.list"), "{denied:?}");
}

#[tokio::test]
async fn questions_keep_their_distance() {
    let mut stage = Stage::new().await;
    stage.options.spacing = Duration::from_millis(40);
    stage.write(10, 5, 1);
    let followed = stage.follow(History::default());
    stage.whole("history", &followed).await;
    let asked = stage.server.asked();
    assert!(asked.len() >= 4);
    for pair in asked.windows(2) {
        // When they were sent is known here only by when they came.
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(25), "{:?}", pair[1].at - pair[0].at);
    }
}

#[tokio::test]
async fn payloads_are_lines_whatever_they_are() {
    let stage = Stage::new().await;
    let now = Timestamp::now();
    let json_payload = json!({
        "level": "error", "msg": "response completed with error", "err.code": "unknown",
        "http.request.method": "GET", "http.request.uri": "/v2/g/p/manifests/v1", "http.response.status": 500,
    });
    stage.log.lock().unwrap().add(now - Duration::from_secs(3), "a", ("jsonPayload", json_payload));
    let request = json!({
        "requestMethod": "GET", "requestUrl": "https://registry.example.com/v2/g/p/manifests/v2", "status": 502,
    });
    stage.log.lock().unwrap().add(now - Duration::from_secs(2), "b", ("httpRequest", request));
    let text = json!(r#"time="2026-11-21T10:00:00Z" level=warning msg="slow""#);
    stage.log.lock().unwrap().add(now - Duration::from_secs(1), "c", ("textPayload", text));
    let followed = stage.follow(History::default());
    let lines = || {
        let batches = followed.ear.all(|fact| match fact {
            Fact::Lines(batch) => Some(batch.lines.clone()),
            _ => None,
        });
        batches.concat()
    };
    followed.ear.until("three lines", |_| lines().len() == 3).await;
    let requests: Vec<_> = lines()
        .iter()
        .filter_map(|line| line.request.as_ref().map(|it| (it.status, it.uri.to_string())))
        .collect();
    let expected = [(500, "/v2/g/p/manifests/v1"), (502, "/v2/g/p/manifests/v2")];
    assert_eq!(requests, expected.map(|(status, uri)| (Some(status), uri.to_owned())));
    assert_eq!(lines()[2].message.as_deref(), Some("slow"));
}
