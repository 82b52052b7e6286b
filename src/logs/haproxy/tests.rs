//! Recorded lines, the framings they come in, and lines that are none.

use proptest::prelude::*;

use super::*;

const BARE: &str = include_str!("../../../tests/fixtures/logs/haproxy/bare.log");
const RECORDED: [(&str, usize); 5] = [
    (include_str!("../../../tests/fixtures/logs/haproxy/_healthy.rfc3164.log"), 0),
    (include_str!("../../../tests/fixtures/logs/haproxy/_healthy.rfc5424.log"), 0),
    (include_str!("../../../tests/fixtures/logs/haproxy/current-link-crlf.plain.log"), 2),
    (include_str!("../../../tests/fixtures/logs/haproxy/current-link-crlf.captured.log"), 2),
    (include_str!("../../../tests/fixtures/logs/haproxy/layer-blob-missing.captured.log"), 0),
];
const MESSAGE: &str = "127.0.0.1:50018 [20/Nov/2026:22:01:59.540] web gke/reg1 0/0/0/3/3 500 360 - - ---- 1/1/0/0/0 0/0 \
                       {host|docker/20.10.17 kernel/5.15} {application/json} \"GET /v2/a/manifests/b HTTP/1.1\"";

fn text(bytes: &[u8]) -> &str {
    from_utf8(bytes).unwrap()
}

#[test]
fn each_recorded_line_is_read() {
    for (log, failed) in RECORDED {
        let lines: Vec<Haproxy> = log.lines().filter_map(|line| parse(line.as_bytes())).collect();
        let tcp = log.lines().filter(|line| line.contains("registry_tcp")).count();
        assert_eq!(lines.len() + tcp, log.lines().count());
        assert_eq!(lines.iter().filter(|line| line.status == Some(500)).count(), failed);
        for line in lines {
            let server = format!("{}/{}", text(line.backend), text(line.server));
            assert!(["registry/reg1", "dead/reg2"].contains(&&*server), "{server}");
            assert_eq!(text(line.client), "127.0.0.1");
            assert!(text(line.uri).starts_with("/"), "{line:?}");
            assert_eq!(line.captured.is_empty(), line.frontend != b"registry_captured");
            assert!(line.at().is_some() && line.timers().unwrap().total.is_some());
        }
    }
}

#[test]
fn each_kind_of_request_has_its_own_fields() {
    let told: Vec<String> = BARE
        .lines()
        .map(|line| match parse(line.as_bytes()) {
            Some(line) => format!(
                "{} {} {}/{} {:?} {} {} {} {}",
                text(line.client),
                text(line.frontend),
                text(line.backend),
                text(line.server),
                line.status,
                line.bytes,
                text(line.termination),
                text(line.method),
                text(line.uri)
            ),
            None => "none".into(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "127.0.0.1 plain b/s1 Some(200) 197 ---- GET /x?a=b",
            "unix plain b/s1 Some(200) 197 ---- GET /x",
            "127.0.0.1 cap b/s1 Some(404) 500 ---- GET /v2/",
            "::1 cap b/s1 Some(200) 194 ---- GET /x",
            "127.0.0.1 none none/<NOSRV> Some(500) 68 LR-- GET /boom",
            "127.0.0.1 none nosrv/<NOSRV> Some(503) 217 SC-- GET /none",
            "127.0.0.1 tls b/s1 Some(200) 197 ---- GET /x",
            "127.0.0.1 tls b/s1 Some(404) 500 ---- GET /v2/sl",
            "none",
            "127.0.0.1 plain b/s1 Some(404) 500 ---- GET /aaaaaaaaaaaa",
            "127.0.0.1 plain plain/<NOSRV> Some(408) 0 cR--  ",
            "none",
        ]
    );
    let refused = parse(BARE.lines().nth(10).unwrap().as_bytes()).unwrap();
    assert_eq!(refused.request, b"<BADREQ>");
    assert_eq!(refused.timers().unwrap().request, None);
    assert_eq!(refused.timers().unwrap().total, Some(Duration::from_secs(1)));
}

#[test]
fn whatever_syslog_puts_before_a_line_changes_only_its_zone() {
    let bare = parse(MESSAGE.as_bytes()).unwrap();
    for (header, at) in [
        ("", "2026-11-20T22:01:59.540Z"),
        ("<134>Nov 20 22:02:06 fe-01 haproxy[1772]: ", "2026-11-20T22:01:59.540Z"),
        ("Nov  2 22:02:06 fe-01 haproxy[1772]: ", "2026-11-20T22:01:59.540Z"),
        ("<142>1 2026-11-20T22:02:06.648926+00:00 - haproxy 1772 - - ", "2026-11-20T22:01:59.540Z"),
        ("<142>1 2026-11-20T22:02:06+03:00 fe-01 haproxy 1 - [x@1 a=\"[b]\"] ", "2026-11-20T19:01:59.540Z"),
        ("2026-11-20T16:02:06.648926-06:00 fe-01 haproxy[1772]: ", "2026-11-21T04:01:59.540Z"),
    ] {
        let line = format!("{header}{MESSAGE}\r\n");
        let line = parse(line.as_bytes()).unwrap();
        assert_eq!(line.at(), Some(at.parse().unwrap()), "{header}");
        assert_eq!((line.client, line.status, line.uri), (bare.client, bare.status, bare.uri), "{header}");
        assert_eq!(text(line.captured), "{host|docker/20.10.17 kernel/5.15} {application/json}");
    }
}

#[test]
fn odd_parts_leave_the_others_right() {
    for (old, new, expected) in [
        ("docker/20.10.17", "} \"GET /fake HTTP/1.1\" {", "500 GET /v2/a/manifests/b"),
        ("docker/20.10.17", "a 500 360 b", "500 GET /v2/a/manifests/b"),
        ("- - ----", "SID=a b c - ----", "500 GET /v2/a/manifests/b"),
        ("500 360 - - ----", "-1 0 - - LR--", "-1 GET /v2/a/manifests/b"),
        ("3/3 500 360", "3/+3 500 +360", "500 GET /v2/a/manifests/b"),
        ("0/0/0/3/3", "0/-1/-1/-1/3", "500 GET /v2/a/manifests/b"),
        (" HTTP/1.1\"", "", "500 GET /v2/a/manifests/b"),
        ("/manifests/b HTTP/1.1\"", "/mani", "500 GET /v2/a/mani"),
        ("GET /v2/a/manifests/b HTTP/1.1\"", "GE", "500  "),
        ("GET /v2/a/manifests/b HTTP/1.1\"", "", "500  "),
        ("/v2/a/manifests/b", "https://host/v2/", "500 GET https://host/v2/"),
        ("/v2/a/manifests/b", "/a b", "500 GET /a b"),
        ("127.0.0.1:50018", "[2001:db8::1]:443", "500 GET /v2/a/manifests/b"),
        ("HTTP/1.1\"", "HTTP/1.1\" 0/0000/0/0/0 -/TLSv1.3/X", "500 GET /v2/a/manifests/b"),
    ] {
        let line = MESSAGE.replace(old, new);
        assert_ne!(line, MESSAGE);
        let line = parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        let status = line.status.map_or("-1".into(), |status| status.to_string());
        assert_eq!(format!("{status} {} {}", text(line.method), text(line.uri)), expected, "{new}");
    }
}

#[test]
fn lines_about_no_request_are_none() {
    for line in [
        "",
        "Proxy web started.",
        "Server gke/reg1 is DOWN, reason: Layer7 wrong status, code: 503, check duration: 2ms.",
        "127.0.0.1:52256 [21/Nov/2026:17:30:33.172] t tb/s1 1/0/1 202 -- 1/1/0/0/0 0/0",
        "127.0.0.1:48696 [21/Nov/2026:17:30:34.704] tls/1: SSL handshake failure",
        "127.0.0.1 - - [20/Nov/2026:22:00:22 +0000] \"GET /v2/a HTTP/1.1\" 200 734 \"\" \"GitLab/16.6.1\"",
        "time=\"2026-11-20T22:00:23Z\" level=info msg=\"response completed\"",
        "[21/Nov/2026:17:30:33.172]",
        " [21/Nov/2026:17:30:33.172] ",
    ] {
        assert_eq!(parse(line.as_bytes()), None, "{line}");
    }
    for cut in 0..MESSAGE.find('"').unwrap() {
        assert_eq!(parse(&MESSAGE.as_bytes()[..cut]), None, "{cut}");
    }
}

proptest! {
    #[test]
    fn any_damage_is_read_or_refused(at in 0..MESSAGE.len(), bytes in prop::collection::vec(any::<u8>(), 0..40), cut in 0..300usize) {
        let mut line = MESSAGE.as_bytes().to_vec();
        line.splice(at..(at + bytes.len()).min(line.len()), bytes);
        line.truncate(cut.max(at));
        if let Some(line) = parse(&line) {
            let _ = (line.at(), line.timers(), line.zone());
            prop_assert!(line.method.len() + line.uri.len() <= line.request.len());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }
}
