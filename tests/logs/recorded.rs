//! Lines that other versions wrote, that articles quote, and what becomes of lines when bytes in them are changed.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;
use quarterdeck::logs::{Layer, Level, Line, Question, pattern, read};
use quarterdeck::model::text::sanitise;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn line(text: &str) -> Line {
    read(text.as_bytes(), None, at("2026-11-21T00:00:00Z"))
}

fn lines(recorded: &str) -> Vec<Line> {
    recorded.lines().filter(|text| !text.starts_with('#')).map(line).collect()
}

/// Method, path, status and error of every answer.
fn answers(lines: &[Line]) -> Vec<(String, String, u16, Option<String>)> {
    let answered = lines.iter().filter_map(|line| {
        let request = line.request.as_deref()?;
        let error =
            line.error.as_ref().map(|error| format!("{}: {} ({})", error.code, error.message, error.detail));
        Some((request.method.to_string(), request.uri.to_string(), request.status?, error))
    });
    answered.collect()
}

#[test]
fn text_json_and_access_lines_of_a_version_tell_the_same_story() {
    let versions = [
        (
            include_str!("../fixtures/logs/gitlab-2.8.2.text.log"),
            include_str!("../fixtures/logs/gitlab-2.8.2.json.log"),
            include_str!("../fixtures/logs/gitlab-2.8.2.access.log"),
        ),
        (
            include_str!("../fixtures/logs/up-3.1.1.text.log"),
            include_str!("../fixtures/logs/up-3.1.1.json.log"),
            include_str!("../fixtures/logs/up-3.1.1.access.log"),
        ),
    ];
    for (text, json, access) in versions {
        let (text, json, access) = (lines(text), lines(json), lines(access));
        assert!(text.len() > 30 && text.iter().chain(&json).all(|line| line.layer == Layer::Registry));
        let told = answers(&text);
        assert!(told.len() > 30, "{} answers", told.len());
        assert_eq!(told, answers(&json));
        let shared = told.len().min(access.len());
        let bare = |(method, uri, status, _): &(String, String, u16, Option<String>)| {
            (method.clone(), uri.clone(), *status)
        };
        let without_error: Vec<_> = told[..shared].iter().map(bare).collect();
        assert_eq!(without_error, answers(&access)[..shared].iter().map(bare).collect::<Vec<_>>());
        for (one, other) in text.iter().zip(&json) {
            assert_eq!((pattern(one), one.fingerprint), (pattern(other), other.fingerprint));
            assert_eq!((one.level, &one.message), (other.level, &other.message));
        }
        for line in text.iter().chain(&access) {
            let request = line.request.as_deref().unwrap();
            let has_name = request.uri.contains("/manifests/") || request.uri.contains("/tags/");
            assert!(request.subject.is_some() || !has_name, "{}", request.uri);
        }
    }
}

/// A loop of deletes, as an article quotes it: its typesetting broke the lines, and this is what was printed.
const DELETE: &str = r#"{"log":"time=\"2024-10-27T06:25:51.852376136+03:00\" level=error msg=\"response completed with error\" auth.user.name= err.code=\"digest invalid\" err.message=\" provided digest did not match uploaded content\" go.version=go1.11.2 http.request.host=docker.domain.zone http.request.id=dd559f21-bc11-4104-900a-9214ccf9aeeb http.request.method=DELETE http.request.remoteaddr=\"172.18.0.74:56282\" http.request.uri=\"/v2/USER/REPO/manifests/latest\" http.request.useragent=\"GitLab/17.3.5\" http.response.contenttype=\"application/json; charset=utf-8\" http.response.duration=1.490791ms http.response.status=400 http.response.written=98 vars.name=\"USER/REPO\" vars.reference=latest \n","stream":"stderr","time":"2024-10-27T03:25:51.852435096Z"}"#;
const ACCESS: &str = r#"{"log":"172.18.0.74 - - [27/Oct/2024:06:25:51 +0300] \"DELETE /v2/USER/REPO/manifests/latest HTTP/1.1\" 400 98 \"\" \"GitLab/17.3.5\"\n","stream":"stdout","time":"2024-10-27T03:25:51.852512342Z"}"#;

#[test]
fn the_endless_deletes_of_an_article_are_read_once_mended_and_stay_raw_as_quoted() {
    for (text, layer) in [(DELETE, Layer::Registry), (ACCESS, Layer::Access)] {
        let line = line(text);
        let request = line.request.as_deref().unwrap();
        assert_eq!(
            (line.layer, &*request.method, request.status, request.written),
            (layer, "DELETE", Some(400), Some(98))
        );
        assert_eq!(&*request.uri, "/v2/USER/REPO/manifests/latest");
        assert_eq!(request.client.agent.as_deref(), Some("GitLab/17.3.5"));
        assert_eq!(request.client.address.as_deref(), Some("172.18.0.74"));
        // The registry's grammar has no capitals here.
        assert_eq!(request.subject, None);
        assert_eq!(line.at.as_second(), at("2024-10-27T03:25:51Z").as_second());
        assert_eq!(line.bytes as usize, text.len());
    }
    let told = line(DELETE);
    assert_eq!((told.level, &*told.error.unwrap().code), (Level::Error, "digest invalid"));
    assert_eq!(told.request.unwrap().took, Some(Duration::from_nanos(1_490_791)));
    let broken = [
        DELETE.replace("level=error", "level-error"),
        DELETE.replace("http.request.method", "http. request.method"),
        ACCESS.replace("HTTP/1.1\\\"", "HTTP/1.1\""),
    ];
    for text in broken {
        let line = line(&text);
        assert_eq!((line.layer, line.request, line.error), (Layer::Other, None, None), "{text}");
        assert!(line.text.contains("DELETE"));
    }
}

/// What was read of a line is safe to show, whatever was in it.
fn is_safe(line: &Line) {
    let request = line.request.as_deref();
    let fields = [
        line.message.as_deref(),
        request.map(|request| &*request.uri),
        request.map(|request| &*request.method),
    ];
    let error = line.error.as_ref().map(|error| [&*error.code, &*error.message, &*error.detail]);
    let client = request.map(|request| {
        [request.client.agent.as_deref(), request.client.address.as_deref(), request.id.as_deref()]
    });
    let told =
        [&*line.text].into_iter().chain(fields.into_iter().flatten()).chain(error.into_iter().flatten());
    for text in told.chain(client.into_iter().flatten().flatten()) {
        assert_eq!(sanitise(text), text);
        assert!(text.len() <= Line::LONGEST, "{} bytes", text.len());
    }
    assert_eq!(sanitise(&pattern(line)), pattern(line));
}

#[test]
fn hostile_lines_are_shown_escaped_and_cost_no_more_than_their_length() {
    let long = 10 << 20;
    let deep = format!("{{\"msg\":{}1{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let table = [
        ("escape sequences", "\x1b[2J\x1b]52;c;aGk=\x07".to_owned()),
        ("NUL", "level=error msg=\"a\0b\"".to_owned()),
        ("escapes in JSON", r#"{"level":"error","msg":"\u001b[2J\u202e\u0000"}"#.to_owned()),
        ("bidi", "level=info msg=\"gpj.\u{202e}exe\"".to_owned()),
        ("quotes", format!("level=info msg=\"{}", "\\\"".repeat(100_000))),
        ("open quotes", " \"a".repeat(100_000)),
        ("keys", "a=b ".repeat(100_000)),
        ("JSON", deep),
        ("brackets", "[".repeat(long)),
        ("JSON brackets", format!("{{\"msg\":{}", "[".repeat(long))),
        ("one word", "a".repeat(long)),
        ("one value", format!("level=error msg={}", "b".repeat(long))),
        (
            "a URI",
            format!(
                "level=error msg=x http.request.method=GET http.request.uri=/v2/{}",
                "%2f/manifests/".repeat(long / 14)
            ),
        ),
        ("NULs", "\0".repeat(long)),
        ("dates", "1.2.3.4 - - [20/Nov/2026:22:02:23 +0000] \"".repeat(long / 44)),
        ("secrets", "://a:b&sig=x".repeat(long / 12)),
    ];
    for (name, text) in &table {
        let began = Instant::now();
        let line = line(text);
        is_safe(&line);
        Question::parse("level:error /a+b/").unwrap().matches(&line, "pod");
        assert_eq!(line.bytes as usize, text.len(), "{name}");
        assert!(began.elapsed() < Duration::from_secs(5), "{name} took {:?}", began.elapsed());
    }
    is_safe(&read(b"level=error msg=\"half \xe2\x80 and \xff\"", None, Timestamp::UNIX_EPOCH));
    let cut = line(&table[10].1);
    assert!(cut.text.ends_with(" … cut, 10485760 bytes in all"), "{}", &cut.text[cut.text.len() - 40..]);
}

#[test]
fn a_line_that_another_shape_of_was_read_before_is_no_secret() {
    let table = [
        r#"level=info msg=x http.request.method=GET http.request.uri="/v2/a/blobs/uploads/?access_token=s3cr3tvalue""#,
        r#"{"level":"info","msg":"Authorization:\u0020Bearer s3cr3tvalue","http.request.method":"GET"}"#,
        r#"{"level":"info","msg":"sent Bearer\u0020s3cr3tvalue99","http.request.uri":"/v2/?sig\u003ds3cr3tvalue"}"#,
    ];
    for text in table {
        let line = line(text);
        let shown = format!("{:?} {:?}", line.message, line.request);
        assert!(!shown.contains("s3cr3tvalue"), "{shown}");
    }
}

fn real() -> Vec<&'static str> {
    let files = [
        include_str!("../fixtures/logs/gitlab-2.8.2.text.log"),
        include_str!("../fixtures/logs/up-3.1.1.json.log"),
        include_str!("../fixtures/logs/up-3.1.1.access.log"),
    ];
    files.iter().flat_map(|file| file.lines().skip(1).take(6)).chain([DELETE, ACCESS]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn real_lines_with_bytes_changed_are_read_or_stay_raw(
        which in 0..20usize, changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..8)
    ) {
        let lines = real();
        let mut bytes = lines[which % lines.len()].as_bytes().to_vec();
        for (place, byte, how) in changes {
            let place = place.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                2 => bytes.truncate(place),
                _ => bytes.extend_from_within(..place),
            }
        }
        is_safe(&read(&bytes, None, Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn any_bytes_are_a_line(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let line = read(&bytes, None, Timestamp::UNIX_EPOCH);
        is_safe(&line);
        prop_assert_eq!(line.bytes as usize, bytes.len());
    }
}
