//! The error logs: batches of lines and what became of streams in, keys in, frames out.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::event::{Event, Fact, PanelId};
use quarterdeck::logs::{Client, Error, Layer, Level, Line, Request};
use quarterdeck::model::{Gate, Subject};
use quarterdeck::sources::logs::facts::{Batch, Fact as Logged, Origin};
use quarterdeck::sources::{Trouble, TroubleKind};
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};
use unicode_width::UnicodeWidthStr;

use crate::desk::Desk;
use crate::house::{NARROW, SMALL, WIDE, watch};

const POD: &str = "registry-6d8f9c7b5-x2k4q/registry";
const OTHER: &str = "registry-6d8f9c7b5-zz9zz/registry";
const PROXY: &str = "/var/log/haproxy.log";

pub fn at(millis: i64) -> Timestamp {
    watch() + SignedDuration::from_millis(millis)
}

pub fn line(millis: i64, level: Level, text: &str) -> Line {
    let fingerprint = text.bytes().filter(|byte| !byte.is_ascii_digit()).map(u64::from).sum();
    Line {
        at: at(millis),
        layer: Layer::Registry,
        level,
        text: text.into(),
        message: None,
        request: None,
        error: None,
        fingerprint,
        bytes: u32::try_from(text.len()).unwrap(),
    }
}

/// An answer to a pull of a tag.
pub fn answered(millis: i64, status: u16, repository: &str, tag: &str) -> Line {
    let uri = format!("/v2/{repository}/manifests/{tag}");
    let request = Request {
        method: "GET".into(),
        uri: uri.as_str().into(),
        status: Some(status),
        took: Some(std::time::Duration::from_millis(38)),
        written: Some(512),
        client: Client { address: Some("10.8.0.4".into()), agent: Some("docker/24.0.7".into()) },
        id: Some(format!("{repository}-{tag}").into()),
        server: None,
        subject: Some(Subject::Tag { repository: repository.into(), tag: tag.into() }),
    };
    let error = (status >= 500).then(|| {
        Box::new(Error {
            code: "unknown".into(),
            message: "unknown error".into(),
            detail: "invalid checksum digest length".into(),
        })
    });
    let text = format!(
        "level=error msg=\"response completed with error\" http.request.uri={uri} http.response.status={status}"
    );
    let message = Some("response completed with error".into());
    Line { request: Some(Box::new(request)), error, message, ..line(millis, Level::Unknown, &text) }
}

pub fn batch(stream: &str, lines: Vec<Line>) -> Event {
    let (read, bytes) = (lines.len() as u64, lines.iter().map(|line| u64::from(line.bytes)).sum());
    let batch = Batch { stream: stream.into(), lines, read, bytes, ..Batch::default() };
    Event::Fact(Fact::Logs(Logged::Lines(Arc::new(batch))))
}

fn logged(fact: Logged) -> Event {
    Event::Fact(Fact::Logs(fact))
}

fn bare(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = Desk::with(Gate::shut(Vec::new(), false), theme, glyphs);
    desk.state.session.watched.logs = true;
    desk.state.screen.panel = PanelId::Logs;
    desk
}

/// A quarter of an hour of a registry that begins to fail.
fn told(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = bare(theme, glyphs);
    for (stream, origin) in [(POD, Origin::Kubernetes), (OTHER, Origin::Kubernetes), (PROXY, Origin::File)] {
        desk.take(logged(Logged::Opening { stream: stream.into(), origin }));
        desk.take(logged(Logged::Live { stream: stream.into() }));
    }
    let mut lines = Vec::new();
    for number in 0..60 {
        let millis = -900_000 + number * 15_000;
        lines.push(match number {
            20 | 21 | 40.. if number % 2 == 0 => answered(millis, 500, "harbour/app", "v1"),
            number if number % 7 == 0 => {
                line(millis, Level::Warning, &format!("slow answer of the bucket: {number} ms"))
            }
            number => line(millis, Level::Info, &format!("authorized request {number}")),
        });
    }
    desk.take(batch(POD, lines));
    desk.take(batch(
        OTHER,
        vec![
            line(-700_000, Level::Error, "failed to read tags: unexpected EOF"),
            answered(-2_500, 503, "harbour/other", "latest"),
            line(-1_200, Level::Fatal, "panic: runtime error"),
        ],
    ));
    desk.take(batch(
        PROXY,
        vec![line(-500, Level::Unknown, "Jan 14 14:02:30 localhost haproxy[1]: Proxy registry started.")],
    ));
    desk
}

fn troubled(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = told(theme, glyphs);
    let trouble = Trouble::new(TroubleKind::Denied, "GET pods/log: 403 Forbidden");
    desk.take(logged(Logged::Down { stream: OTHER.into(), origin: Origin::Kubernetes, trouble }));
    desk.take(logged(Logged::Gap {
        stream: POD.into(),
        from: at(-42_000),
        to: at(-1_000),
        why: "resumed".into(),
    }));
    desk.take(logged(Logged::LeftOut { streams: 4, of: 24 }));
    let mut flood = Batch {
        stream: POD.into(),
        read: 50_000,
        bytes: 9 << 20,
        sampled: 48_000,
        dropped: 12,
        ..Batch::default()
    };
    flood.lines.push(answered(-100, 500, "harbour/app", "v1"));
    desk.take(logged(Logged::Lines(Arc::new(flood))));
    desk
}

/// Stories, by name and keys.
const STORIES: &[(&str, &str)] = &[
    ("following", ""),
    ("errors", "e e"),
    ("held", "k k E"),
    ("found", "/ type:bucket enter"),
    ("filtered", "/ type:bucket tab enter"),
    ("alike", "p"),
    ("alike-lines", "p j enter"),
    ("histogram", "i E E"),
    ("details", "E E enter"),
    ("pins", "E m E m type::pins enter"),
    ("streams", "type::streams enter"),
    ("written", "x T T k right"),
    ("wrapped", "x ctrl-w t"),
];

#[test]
fn the_logs_read_as_they_should() {
    for (name, keys) in STORIES {
        for (size, sheet) in [("120x40", WIDE), ("80x24", SMALL)] {
            let mut desk = told("dark", UNICODE);
            desk.frame(sheet);
            desk.press(keys);
            let frame = desk.frame(sheet);
            insta::with_settings!({ description => *keys, omit_expression => true }, {
                insta::assert_snapshot!(format!("logs-{name}-{size}"), frame);
            });
        }
    }
    let mut desk = told("mono", ASCII);
    insta::assert_snapshot!("logs-narrow-ascii", desk.frame(NARROW));
    insta::assert_snapshot!("logs-ascii", {
        desk.press("i");
        desk.frame(SMALL)
    });
}

#[test]
fn what_is_missing_and_what_is_down_is_said_where_it_is() {
    for (size, sheet) in [("120x40", WIDE), ("80x24", SMALL), ("40x20", NARROW)] {
        insta::assert_snapshot!(format!("logs-troubled-{size}"), troubled("dark", UNICODE).frame(sheet));
    }
    insta::assert_snapshot!("logs-troubled-streams", {
        let mut desk = troubled("dark", UNICODE);
        desk.press("type::streams enter");
        desk.frame(WIDE)
    });
    insta::assert_snapshot!("logs-none", {
        let mut desk = bare("dark", UNICODE);
        desk.state.session.watched.logs = false;
        desk.frame(SMALL)
    });
}

/// What somebody writes who wants the terminal of whoever reads it.
fn hostile() -> Vec<Vec<u8>> {
    let mut huge = b"level=error msg=\"".to_vec();
    huge.resize(10 << 20, b'A');
    let half = "level=error msg=größe".as_bytes();
    vec![
        b"level=error msg=\"\x1b[2J\x1b]0;owned\x07 wiped\" http.request.uri=/v2/a/b/manifests/\x1b[31mv1".to_vec(),
        b"nul\0nul \x9b31m \x7f \x08\x08\x08back \rover \x0cfeed".to_vec(),
        "level=warning msg=\"bidi \u{202e}gnp.exe\u{202c} and \u{200b}\u{feff}\u{2066}\"".into(),
        [&half[..half.len() - 3], b" \xff\xfe half"].concat(),
        br#"{"level":"error","msg":"\u001b[2J json \u202e","http.request.method":"\u001b[1m","err.detail":"\u0000"}"#
            .to_vec(),
        b"Jan 14 14:02:30 host haproxy[1]: 1.2.3.4:5 [14/Jan/2026:14:02:30.000] f b/\x1b[5m 0/0/0/1/1 500 1 - - ---- 1/1/0/0/0 0/0 \"GET /v2/\x1b[2J HTTP/1.1\"".to_vec(),
        huge,
    ]
}

#[test]
fn hostile_lines_are_spelt_out_and_rows_keep_their_width() {
    let read = |raw: &Vec<u8>| quarterdeck::logs::read(raw, None, at(-1_000));
    let lines: Vec<_> = hostile().iter().map(read).collect();
    assert!(lines.iter().all(|line| line.text.len() <= Line::LONGEST + 64), "nothing is kept whole for ever");
    let ways = [
        "",
        "x",
        "ctrl-w",
        "x ctrl-w",
        "T",
        "right right",
        "p",
        "g enter",
        "g j j j j j enter",
        "/ type:wiped enter",
    ];
    for keys in ways {
        for sheet in [WIDE, SMALL, NARROW] {
            let mut desk = bare("dark", UNICODE);
            desk.take(batch(POD, lines.clone()));
            desk.frame(sheet);
            desk.press(keys);
            let frame = desk.frame(sheet);
            let rows: Vec<_> = frame.lines().take(usize::from(sheet.rows)).collect();
            assert_eq!(rows.len(), usize::from(sheet.rows), "{keys}: {frame}");
            for row in &rows[1..rows.len() - 2] {
                assert_eq!(row.width(), usize::from(sheet.columns), "{keys}: {row:?}");
                let bad = row
                    .chars()
                    .find(|c| c.is_control() || "\u{202e}\u{202c}\u{200b}\u{feff}\u{2066}".contains(*c));
                assert_eq!(bad, None, "{keys}: {row:?}");
            }
        }
    }
    let mut desk = bare("dark", UNICODE);
    desk.take(batch(POD, lines));
    let text = desk.text();
    for spelt in ["\\x1b[2J\\x1b]0;owned\\x07 wiped", "nul\\x00nul", "bidi \\u{202e}gnp.exe"] {
        assert!(text.contains(spelt), "{spelt}: {text}");
    }
}

#[test]
fn lenses_of_the_profile_stand_beside_those_of_the_program() {
    let session = |desk: &mut Desk| {
        desk.state.session.watched.reading.lenses =
            vec![("harbour".into(), "repo:harbour/ status:5xx".into())];
    };
    let mut desk = told("dark", UNICODE);
    session(&mut desk);
    let all = desk.state.tail.shown(&desk.state.logs).len();
    desk.press("type::lens space type:harbour enter");
    let text = desk.text();
    assert!(text.contains("through \"harbour\""), "{text}");
    let shown = desk.state.tail.shown(&desk.state.logs);
    assert!(!shown.is_empty() && shown.len() < all, "{} of {all}", shown.len());
    desk.press("v");
    assert!(!desk.text().contains("through"), "after the last lens there is none");
    desk.press("V");
    assert!(desk.text().contains("through \"harbour\""), "and back");
    desk.press("esc");
    assert_eq!(desk.state.tail.shown(&desk.state.logs).len(), all);
}

#[test]
fn kinds_are_told_apart_by_what_their_lines_have_in_common() {
    let mut desk = bare("dark", UNICODE);
    let of = |method: &str, uri: &str, status: u16, detail: &str| {
        let raw = format!(
            "level=error msg=\"response completed with error\" err.code=unknown err.detail=\"{detail}\" http.request.method={method} http.request.uri={uri} http.response.status={status}"
        );
        quarterdeck::logs::read(raw.as_bytes(), None, at(-1_000))
    };
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    desk.take(batch(
        POD,
        vec![
            of("GET", "/v2/group/app/manifests/v1", 500, "invalid checksum digest length"),
            of("GET", "/v2/group/web/manifests/v2", 500, "invalid checksum digest length"),
            of("GET", &format!("/v2/group/app/blobs/sha256:{digest}"), 500, "invalid checksum digest length"),
            of(
                "HEAD",
                "/v2/group/app/manifests/v1",
                404,
                "unknown manifest name=group/app revision=sha256:ab12",
            ),
            of("DELETE", "/v2/group/app/manifests/v1", 400, "invalid tag name"),
        ],
    ));
    let text = desk.text();
    assert!(text.contains("500  GET group/app blob sha256:9f86d081884c  "), "{text}");
    desk.press("p");
    let text = desk.text();
    for row in [
        "500 GET /v2/*/manifests/*  invalid checksum digest length (response",
        "500 GET /v2/*/blobs/sha256:*  invalid checksum digest length (response",
        "404 HEAD /v2/*/manifests/*  unknown manifest name=* revision=* (response",
        "400 DELETE /v2/*/manifests/*  invalid tag name (response",
    ] {
        assert_eq!(text.matches(row).count(), 1, "{row}: {text}");
    }
}
