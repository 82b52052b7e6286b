//! `quarterdeck top`: what fails most, and what is said about whatever was not counted.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use quarterdeck::logs::haproxy::parse;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::program::{Home, Ran, quarterdeck};

const HAPROXY: &str = include_str!("../fixtures/logs/haproxy/current-link-crlf.captured.log");
const FAILING: &str = "/v2/faults/current-link-crlf/manifests/bad";

/// A line as HAProxy writes it behind rsyslog.
fn line(status: &str, method: &str, path: &str) -> String {
    at("22:01:59", status, method, path)
}

fn at(time: &str, status: &str, method: &str, path: &str) -> String {
    format!(
        "Nov 20 {time} fe-01 haproxy[1772]: 10.0.0.1:50018 [20/Nov/2026:{time}.540] https~ gke/reg1 0/0/0/3/3 {status} 500 \
         - - ---- 1/1/0/0/0 0/0 {{host|docker/20.10.17|}} \"{method} {path} HTTP/1.1\"\n"
    )
}

fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

/// A folder with logs.
struct Logs(Home);

impl Logs {
    fn new() -> Self {
        Self(Home::new())
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn top(&self, arguments: &[&str]) -> Ran {
        self.0.run(&[&["top"], arguments].concat())
    }
}

#[test]
fn the_paths_that_fail_most_stand_first_as_the_pipeline_has_them() {
    let logs = Logs::new();
    let text = [
        line("500", "GET", "/b"),
        line("500", "GET", "/c"),
        line("200", "GET", "/ok"),
        line("503", "HEAD", "/b"),
    ];
    let log = logs.write("haproxy.log", text.concat());
    let ran = logs.top(&[&log]).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("      2 /b\n      1 /c\n", ""));
    let ran =
        logs.top(&[&log, "--status", "500", "--method", "get", "--limit", "1", "--output", "json"]).ends(0);
    assert_eq!(ran.out, "{\"path\":\"/c\",\"count\":1}\n");
    let ran = logs.top(&[&log, "--status", "2xx", "--status", "503"]).ends(0);
    assert_eq!(ran.out, "      1 /ok\n      1 /b\n");
}

#[test]
fn a_query_stays_and_a_host_goes() {
    let logs = Logs::new();
    let text = [
        line("500", "PATCH", "/v2/a/blobs/uploads/1?n=2"),
        line("500", "GET", "https://host/v2/"),
        line("500", "GET", "/v2/"),
    ];
    let log = logs.write("log", text.concat());
    assert_eq!(logs.top(&[&log]).ends(0).out, "      2 /v2/\n      1 /v2/a/blobs/uploads/1?n=2\n");
}

#[test]
fn answers_are_counted_by_whatever_is_asked() {
    let logs = Logs::new();
    let log = logs.write("log", HAPROXY);
    for (by, expected) in [
        ("path", format!("      2 {FAILING}\n")),
        ("repository", "      2 faults/current-link-crlf\n".into()),
        ("tag", "      2 faults/current-link-crlf:bad\n".into()),
        ("client", "      2 127.0.0.1\n".into()),
        ("server", "      2 registry/reg1\n".into()),
    ] {
        assert_eq!(logs.top(&[&log, "--by", by]).ends(0).out, expected, "{by}");
        let told = logs.top(&[&log, "--by", by, "--output", "json"]).ends(0).json();
        assert_eq!(told, [json!({by: expected.trim_start_matches("      2 ").trim_end(), "count": 2})]);
    }
}

#[test]
fn lines_of_registries_are_counted_beside_those_of_haproxy() {
    let logs = Logs::new();
    let access = "127.0.0.1 - - [20/Nov/2026:22:00:22 +0000] \"GET /v2/a/manifests/b HTTP/1.1\" 500 70 \"\" \"docker\"\n";
    let text = "time=\"2026-11-20T22:00:23Z\" level=error msg=\"response completed with error\" err.code=unknown \
                http.request.method=GET http.request.remoteaddr=\"10.0.0.9:1\" http.request.uri=/v2/a/manifests/b \
                http.response.status=500\n";
    let object = "{\"level\":\"error\",\"msg\":\"response completed with error\",\"http.request.method\":\"GET\",\
                  \"http.request.uri\":\"/v2/a/manifests/b\",\"http.response.status\":500,\"time\":\"2026-11-20T22:00:24Z\"}\n";
    let fine = text.replace("status=500", "status=200");
    let message = "time=\"2026-11-20T22:00:23Z\" level=info msg=\"debug server listening\" port=500 go.version=go1.19.8\n";
    let all = [&line("500", "GET", "/v2/a/manifests/b"), access, text, object, &fine, message].concat();
    let log = logs.write("log", all);
    let ran = logs.top(&[&log]).ends(0);
    assert_eq!(ran.out, "      4 /v2/a/manifests/b\n");
    assert!(ran.err.contains("1 of 6 lines hold such a number but tell no status"), "{ran:?}");
    assert!(ran.err.contains("more than once: 1 by HAProxy, 1 by access logs, 2 by registries"), "{ran:?}");
    assert_eq!(
        logs.top(&[&log, "--since", "2026-11-20T22:00:23Z", "--until", "2026-11-20T22:00:24Z"]).ends(0).out,
        "      1 /v2/a/manifests/b\n"
    );
}

#[test]
fn what_was_not_counted_is_said() {
    let logs = Logs::new();
    let log = logs.write(
        "log",
        ["hello\n500\n", &line("-1", "GET", "/500"), &line("500", "GET", "/v2/"), "\n", "took 500 ms\r\n"]
            .concat(),
    );
    let ran = logs.top(&[&log, "--by", "tag"]).ends(0);
    assert_eq!(ran.out, "");
    for said in [
        "2 of 6 lines hold such a number but are of no kind",
        "1 of 6 lines hold such a number but tell no status",
        "1 answers have no tag",
    ] {
        assert!(ran.err.contains(said), "{said}: {ran:?}");
    }
    let ran = logs.top(&[&log, "--status", "404"]).ends(0);
    assert!(ran.err.contains("none of 6 lines is an answer that was asked for"), "{ran:?}");
}

#[test]
fn packed_logs_are_read_beside_plain_ones_whatever_their_name() {
    let logs = Logs::new();
    let text = line("500", "GET", "/a");
    let plain = logs.write("haproxy.log", &text);
    let gz = logs.write("haproxy.log.1.gz", packed(&text));
    // Rotation tools that append write several members.
    let members = logs.write("renamed", [packed(&text), packed(&text)].concat());
    let not_packed = logs.write("plain.gz", &text);
    let ran = logs.top(&[&plain, &gz, &members, &not_packed]).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("      5 /a\n", ""));
}

#[test]
fn of_a_packed_log_that_is_cut_all_whole_lines_are_counted_and_the_cut_is_said() {
    let logs = Logs::new();
    let text: String = (0..2000).map(|number| line("500", "GET", &format!("/{number}"))).collect();
    let mut gz = packed(&text);
    gz.truncate(gz.len() / 2);
    let gz = logs.write("cut.gz", gz);
    let ran = logs.top(&[&gz, "--limit", "0"]).ends(2);
    let counted = ran.out.lines().count();
    assert!((100..2000).contains(&counted), "{counted}");
    assert!(ran.out.lines().all(|line| line.starts_with("      1 /")));
    assert!(ran.err.contains("cut.gz ends too early"), "{}", ran.err);
}

#[test]
fn standard_input_is_read_plain_and_packed() {
    let home = Home::new();
    for input in [line("500", "GET", "/a").into_bytes(), packed(&line("500", "GET", "/a"))] {
        assert_eq!(home.run_with_input(&["top", "-"], &input).ends(0).out, "      1 /a\n");
    }
    assert_eq!(home.run(&["top", "-", "-"]).ends(64).out, "");
}

#[test]
fn what_cannot_be_read_is_said_and_the_others_are_counted() {
    let logs = Logs::new();
    let log = logs.write("log", line("500", "GET", "/a"));
    let (missing, folder) = (logs.path("missing").display().to_string(), logs.0.path().display().to_string());
    let ran = logs.top(&[&missing, &log, &folder]).ends(2);
    assert_eq!(ran.out, "      1 /a\n");
    assert!(ran.err.contains("missing is not there") && ran.err.contains("is a directory"), "{ran:?}");
}

#[test]
fn wrong_usage_is_refused_with_what_is_allowed() {
    for (arguments, said) in [
        (vec!["top"], "LOG"),
        (vec!["top", "x", "--status", "teapot"], "500, 5xx"),
        (vec!["top", "x", "--since", "yesterday"], "2h"),
        (vec!["top", "x", "--by", "colour"], "repository"),
        (vec!["--bucket", "file:///srv", "top", "x"], "none is looked at"),
    ] {
        let ran = quarterdeck(&arguments).ends(64);
        assert!(ran.err.contains(said), "{ran:?}");
    }
}

#[test]
fn hostile_bytes_neither_stop_the_count_nor_reach_the_terminal() {
    let logs = Logs::new();
    let mut bytes: Vec<u8> =
        (0..300_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    bytes.push(b'\n');
    bytes.extend(line("500", "GET", "/a\x1b[2J\u{202e}").as_bytes());
    bytes.extend(b"Nov 20 22:01:59 fe-01 haproxy[1]: 500 ");
    bytes.extend(vec![b'['; 10 << 20]);
    bytes.push(b'\n');
    bytes.extend(line("500", "GET", "/\u{1}").bytes().map(|byte| if byte == 1 { 0xff } else { byte }));
    let log = logs.write("log", &bytes);
    let ran = logs.top(&[&log]).ends(0);
    assert_eq!(
        ran.out,
        "      1 /a\\x1b[2J\\u{202e}\n      1 /\\xff\n".split_inclusive('\n').rev().collect::<String>()
    );
    assert!(ran.err.contains("are of no kind that is known here"), "{}", ran.err);
    let binary = logs.write("binary", &bytes[..300_000]);
    assert!(logs.top(&[&binary]).ends(2).err.contains("nothing of it was understood"));
}

#[test]
fn a_reader_that_goes_away_needs_no_message() {
    let logs = Logs::new();
    let text: String = (0..20_000).map(|number| line("500", "GET", &format!("/{number}"))).collect();
    let log = logs.write("log", text);
    let mut command = logs.0.command(&["top", &log, "--limit", "0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(first, "      1 /9999\n");
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn ctrl_c_gives_what_was_counted_so_far() {
    let home = Home::new();
    let mut command = home.command(&["top", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: when all of it is written, the first lines have been read.
    (0..2000).for_each(|_| input.write_all(line("500", "GET", "/a").as_bytes()).unwrap());
    interrupt(&child);
    let ended: Ran = child.wait_with_output().unwrap().into();
    let ended = ended.ends(2);
    assert!(ended.out.ends_with(" /a\n") && ended.err.contains("cut short"), "{ended:?}");
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

/// A list that is printed again whenever it has changed.
struct Following {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Following {
    fn start(logs: &Logs, arguments: &[&str]) -> Self {
        let mut command = logs.0.command(&[&["top", "--follow"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Reads on until this line comes.
    fn until(&mut self, expected: &str) {
        let mut line = String::new();
        while line.trim_end() != expected {
            line.clear();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "it ended before it said {expected}");
        }
    }

    fn stop(mut self) -> (Option<i32>, String) {
        interrupt(&self.child);
        let (mut rest, mut said) = (String::new(), String::new());
        self.out.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

#[test]
fn a_log_is_followed_while_it_grows_rotates_and_is_emptied() {
    let logs = Logs::new();
    let log = logs.write("log", line("500", "GET", "/a"));
    let packed = logs.write("log.1.gz", packed(&line("500", "GET", "/a")));
    let append =
        |text: &str| OpenOptions::new().append(true).open(&log).unwrap().write_all(text.as_bytes()).unwrap();
    let mut following = Following::start(&logs, &[&log, &packed]);
    following.until("      2 /a");
    append(&line("500", "GET", "/a"));
    following.until("      3 /a");
    // Half a line is no line yet.
    let halves = line("500", "GET", "/half");
    let (half, rest) = halves.split_at(150);
    append(half);
    append(rest);
    following.until("      1 /half");
    // Renamed, and a new one begun.
    fs::rename(&log, logs.path("log.1")).unwrap();
    logs.write("log", [line("200", "GET", "/fine"), line("500", "GET", "/a")].concat());
    following.until("      4 /a");
    // Copied and truncated, and shorter than it was.
    File::create(&log).unwrap();
    append(&line("500", "GET", "/b"));
    following.until("      1 /b");
    assert_eq!(following.stop(), (Some(0), String::new()));
}

#[test]
fn a_log_that_is_not_there_yet_is_waited_for() {
    let logs = Logs::new();
    let path = logs.path("late").display().to_string();
    let mut following = Following::start(&logs, &[&path, "--output", "json"]);
    let mut said = [0; 13];
    following.child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"quarterdeck: ");
    logs.write("late", line("500", "GET", "/a"));
    following.until("{\"path\":\"/a\",\"count\":1}");
    let (code, said) = following.stop();
    assert_eq!(code, Some(2));
    assert!(said.contains("late is not there"), "{said}");
}

#[test]
fn standard_input_is_followed_to_its_end() {
    let home = Home::new();
    let ran = home.run_with_input(&["top", "--follow", "-"], line("500", "GET", "/a").as_bytes()).ends(0);
    assert_eq!(ran.out, "      1 /a\n");
}

/// A log that is long enough for several pieces of work is counted as a naive reader counts it.
#[test]
fn no_line_is_lost_or_counted_twice_where_a_big_log_is_cut_into_pieces() {
    let logs = Logs::new();
    let path = logs.path("big");
    let file = File::create(&path).unwrap();
    let (mut at, mut naive) = (0, BTreeMap::<String, u64>::new());
    for number in 0..90_000_u64 {
        let name = format!("/{}{}", number % 997, "x".repeat((number % 61) as usize));
        let status = if number % 3 == 0 { "500" } else { "200" };
        if status == "500" {
            *naive.entry(name.clone()).or_default() += 1;
        }
        let line = line(status, "GET", &name);
        file.write_all_at(line.as_bytes(), at).unwrap();
        at += line.len() as u64;
    }
    assert!(at > 3 * (4 << 20), "{at}");
    let mut naive: Vec<(u64, String)> = naive.into_iter().map(|(name, count)| (count, name)).collect();
    naive.sort_by(|one, other| other.cmp(one));
    let expected: String = naive.iter().map(|(count, name)| format!("{count:7} {name}\n")).collect();
    assert_eq!(logs.top(&[path.to_str().unwrap(), "--limit", "0"]).ends(0).out, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_mix_of_lines_is_counted_as_a_naive_reader_counts_it(
        answers in prop::collection::vec((prop::sample::select(vec!["500", "503", "200", "-1"]), "/[a-c]{0,2}"), 0..60),
        limit in 0..6usize,
    ) {
        let mut naive: BTreeMap<&str, u64> = BTreeMap::new();
        for (status, path) in &answers {
            if status.starts_with('5') {
                *naive.entry(path).or_default() += 1;
            }
        }
        let mut naive: Vec<(u64, &str)> = naive.into_iter().map(|(path, count)| (count, path)).collect();
        naive.sort_by(|one, other| other.cmp(one));
        if limit > 0 {
            naive.truncate(limit);
        }
        let expected: String = naive.iter().map(|(count, path)| format!("{count:7} {path}\n")).collect();
        let logs = Logs::new();
        let log = logs.write("log", answers.iter().map(|(status, path)| line(status, "GET", path)).collect::<String>());
        prop_assert_eq!(logs.top(&[&log, "--limit", &limit.to_string()]).ends(0).out, expected);
    }
}

/// What the README shows is what the program prints.
#[test]
fn the_example_of_the_readme_is_real() {
    const README: &str = include_str!("../../README.md");
    const COMMAND: &str = "```console\n$ quarterdeck top haproxy.log haproxy.log.1.gz\n";
    let shown = README.split(COMMAND).nth(1).unwrap().split("```").next().unwrap();
    let logs = Logs::new();
    let recorded = [
        HAPROXY,
        include_str!("../fixtures/logs/haproxy/layer-blob-missing.captured.log"),
        include_str!("../fixtures/logs/haproxy/_healthy.rfc5424.log"),
    ];
    logs.write("haproxy.log", recorded.concat());
    logs.write(
        "haproxy.log.1.gz",
        packed(include_str!("../fixtures/logs/haproxy/current-link-crlf.plain.log")),
    );
    let mut command = logs.0.command(&["top", "haproxy.log", "haproxy.log.1.gz"]);
    let ran: Ran = command.current_dir(logs.0.path()).output().unwrap().into();
    assert_eq!(ran.ends(0).out, shown);
}

/// Lines of the HAProxy that is installed here, in each framing, as its own log socket gets them.
#[test]
fn lines_of_a_real_haproxy_are_read_and_counted() {
    for format in ["raw", "rfc3164", "rfc5424", "iso"] {
        let logs = Logs::new();
        let folder = logs.0.path().display().to_string();
        let told = UnixDatagram::bind(logs.path("log.sock")).unwrap();
        told.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let configuration = format!(
            "global\n  log {folder}/log.sock format {format} local0\ndefaults\n  mode http\n  log global\n  option httplog\n  \
             timeout connect 1s\n  timeout client 5s\n  timeout server 1s\nfrontend front\n  bind unix@{folder}/front.sock\n  \
             capture request header User-Agent len 40\n  http-request return status 500 if {{ path_beg /v2/bad }}\n  \
             default_backend nobody\nbackend nobody\n"
        );
        logs.write("haproxy.cfg", configuration);
        let haproxy = Haproxy::start(&folder);
        let mut lines = Vec::new();
        for path in ["/v2/bad/manifests/v1", "/v2/bad/manifests/v1", "/v2/ok\"q/manifests/v1"] {
            let mut stream = UnixStream::connect(logs.path("front.sock")).unwrap();
            let agent = "docker/20.10 } \"GET /fake HTTP/1.1\" {";
            write!(
                stream,
                "GET {path} HTTP/1.1\r\nHost: r\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
            // What it says of its own start comes before.
            let line = loop {
                let mut buffer = [0; 4096];
                let length = told.recv(&mut buffer).unwrap();
                let line = String::from_utf8(buffer[..length].to_vec()).unwrap();
                if line.contains("/v2/") {
                    break line.trim_end_matches(['\n', '\0']).to_owned();
                }
            };
            let read = parse(line.as_bytes()).unwrap_or_else(|| panic!("{format}: {line}"));
            assert_eq!((read.client, read.frontend), (&b"unix"[..], &b"front"[..]), "{line}");
            assert!(read.at().is_some() && read.timers().is_some(), "{line}");
            lines.push(line + "\n");
        }
        drop(haproxy);
        let log = logs.write("log", lines.concat());
        assert_eq!(
            logs.top(&[&log, "--status", "500"]).ends(0).out,
            "      2 /v2/bad/manifests/v1\n",
            "{lines:?}"
        );
        assert_eq!(
            logs.top(&[&log, "--by", "server"]).ends(0).out,
            "      2 front/<NOSRV>\n      1 nobody/<NOSRV>\n"
        );
    }
}

struct Haproxy(i32);

impl Haproxy {
    /// The command ends as soon as its sockets listen.
    fn start(folder: &str) -> Self {
        let mut command = Command::new("haproxy");
        command.args(["-D", "-f", &format!("{folder}/haproxy.cfg"), "-p", &format!("{folder}/pid")]);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.expect("haproxy has to be installed: `apt-get install haproxy`").success());
        Self(fs::read_to_string(format!("{folder}/pid")).unwrap().trim().parse().unwrap())
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_raw(self.0).unwrap(), Signal::KILL);
    }
}
