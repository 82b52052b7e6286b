//! How fast `top` counts a big log, beside the pipeline of the runbook and goaccess, and why their numbers differ.
//!
//! `cargo bench --bench top` prints figures and asserts only that the counts are right. `QUARTERDECK_BENCH_MB` sets the
//! size of the log (default 700), of which three tenths are packed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

const ROUNDS: usize = 5;
const PIPELINE: &str = r#"grep ' 500 ' haproxy.log <(zcat haproxy.log.1.gz)|sed 's/.*} "GET \(.*\) HTTP.*$/\1/'|sort|uniq -c|sort -nr|head -5"#;
const WHOLE_PIPELINE: &str = r#"grep ' 500 ' haproxy.log <(zcat haproxy.log.1.gz)|sed 's/.*} "GET \(.*\) HTTP.*$/\1/'|sort|uniq -c|sort -nr"#;
const GOACCESS: &str = r#"(cat haproxy.log; zcat haproxy.log.1.gz) | goaccess - -o goaccess.json --no-global-config --no-progress --date-format=%d/%b/%Y --time-format=%T --log-format='%^]: %h:%^ [%d:%t.%^] %^ %^ %^ %s %b %^"%r"' >/dev/null 2>&1"#;

fn main() {
    let size = env::var("QUARTERDECK_BENCH_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(700) << 20;
    let folder = tempfile::tempdir().unwrap();
    let truth = generate(folder.path(), size);
    println!(
        "{} MB of log, of which {} MB ({} %) are in {} MB of .gz; {} lines; load {}",
        (truth.plain + truth.packed) >> 20,
        truth.packed >> 20,
        100 * truth.packed / (truth.plain + truth.packed),
        fs::metadata(folder.path().join("haproxy.log.1.gz")).unwrap().len() >> 20,
        truth.lines,
        load()
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(timed(|| shell(folder.path(), PIPELINE)).1);
        ours.push(timed(|| top(folder.path(), "5")).1);
    }
    let ((_, peak), all) = (top(folder.path(), "5"), top(folder.path(), "0").0);
    assert_eq!(list(&all), truth.expected(), "the counts are wrong");
    let (ours, theirs) = (middle(ours), middle(theirs));
    println!("top        {ours:>8.2?}   peak memory {:.1} MiB, right counts", peak as f64 / 1024.0);
    println!(
        "pipeline   {theirs:>8.2?}   {:.1} x as long (want 4)",
        theirs.as_secs_f64() / ours.as_secs_f64()
    );
    explain(&truth, &list(&shell(folder.path(), WHOLE_PIPELINE)));
    let goaccess = timed(|| shell(folder.path(), GOACCESS)).1;
    println!(
        "goaccess   {goaccess:>8.2?}   {:.1} x as long (want 20)",
        goaccess.as_secs_f64() / ours.as_secs_f64()
    );
    many_paths(folder.path());
    println!("load {}", load());
}

/// Every answer of another path: what the memory is bounded for.
fn many_paths(folder: &Path) {
    const PATHS: u64 = 3_000_000;
    let mut file = BufWriter::new(File::create(folder.join("haproxy.log")).unwrap());
    for number in 0..PATHS {
        let path = format!("/v2/group/project/blobs/uploads/{:032x}?part={:064x}", number, number * 7919);
        writeln!(file, "10.0.0.1:1 [20/Nov/2026:22:01:59.540] web gke/reg1 0/0/0/3/3 500 9 - - ---- 1/1/0/0/0 0/0 \"PATCH {path} HTTP/1.1\"").unwrap();
    }
    file.into_inner().unwrap();
    fs::write(folder.join("haproxy.log.1.gz"), "").unwrap();
    let ((told, peak), took) = timed(|| top(folder, "1"));
    assert!(told.starts_with(&format!("{:7} /v2/", 1)), "{told}");
    println!(
        "top on {PATHS} different paths: {took:.2?}, peak memory {:.1} MiB (want below 100)",
        peak as f64 / 1024.0
    );
}

/// What really was answered with 500, and lines that the pipeline takes otherwise.
#[derive(Default)]
struct Truth {
    plain: u64,
    packed: u64,
    lines: u64,
    counts: HashMap<String, u64>,
    /// As the pipeline's last steps have them: answers that are not 500, but of which something else is.
    elsewhere: BTreeMap<String, u64>,
    /// Requests other than GET: the pipeline leaves the whole line, and each is different.
    other_methods: BTreeMap<String, u64>,
}

impl Truth {
    fn expected(&self) -> Vec<(u64, String)> {
        let mut all: Vec<(u64, String)> =
            self.counts.iter().map(|(path, count)| (*count, path.clone())).collect();
        all.sort_by(|one, other| other.cmp(one));
        all
    }
}

/// Holds each path's count of the pipeline against the truth.
fn explain(truth: &Truth, pipeline: &[(u64, String)]) {
    let theirs: HashMap<&str, u64> = pipeline.iter().map(|(count, path)| (path.as_str(), *count)).collect();
    let whole_lines: u64 =
        pipeline.iter().filter(|(_, path)| path.contains("haproxy[")).map(|(count, _)| count).sum();
    let (mut too_many, mut too_few, mut unexplained) = (0, 0, 0);
    for (path, right) in &truth.counts {
        let counted = theirs.get(path.as_str()).copied().unwrap_or(0);
        let more = truth.elsewhere.get(path).copied().unwrap_or(0);
        let fewer = truth.other_methods.get(path).copied().unwrap_or(0);
        too_many += more;
        too_few += fewer;
        unexplained += u64::from(counted != right + more - fewer);
    }
    let only: u64 = truth
        .elsewhere
        .iter()
        .filter(|(path, _)| !truth.counts.contains_key(*path))
        .map(|(_, count)| count)
        .sum();
    println!(
        "  the pipeline counts {} answers too many: 500 is their number of bytes, not their status",
        too_many + only
    );
    println!(
        "  it counts {too_few} answers too few: HEAD, PUT, PATCH … are not GET, so sed leaves {whole_lines} lines whole"
    );
    println!("  paths whose difference is not explained by these two: {unexplained}");
    assert_eq!(unexplained, 0);
}

fn list(text: &str) -> Vec<(u64, String)> {
    let line = |line: &str| {
        let (count, path) = line.trim_start().split_once(' ').unwrap();
        (count.parse().unwrap(), path.to_owned())
    };
    text.lines().map(line).collect()
}

fn shell(folder: &Path, script: &str) -> String {
    let output =
        Command::new("bash").args(["-c", script]).current_dir(folder).env("LC_ALL", "C").output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it prints, and the most memory that it had resident, in KiB.
fn top(folder: &Path, limit: &str) -> (String, u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
        .args(["top", "--status", "500", "--limit", limit, "haproxy.log", "haproxy.log.1.gz"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(out).unwrap());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    (reader.join().unwrap(), peak)
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// Writes a log as a registry's HAProxy does: mostly pulls, some pushes, some of them failing, few paths failing often.
fn generate(folder: &Path, size: u64) -> Truth {
    let mut truth = Truth::default();
    let mut maker = Maker::new();
    let mut plain = BufWriter::new(File::create(folder.join("haproxy.log")).unwrap());
    while truth.plain < size * 7 / 10 {
        truth.plain += maker.line(&mut plain, &mut truth);
    }
    let file = BufWriter::new(File::create(folder.join("haproxy.log.1.gz")).unwrap());
    let mut packed = GzEncoder::new(file, Compression::default());
    while truth.packed < size * 3 / 10 {
        truth.packed += maker.line(&mut packed, &mut truth);
    }
    packed.finish().unwrap();
    truth
}

struct Maker {
    random: fastrand::Rng,
    tags: Vec<String>,
    blobs: Vec<String>,
    line: Vec<u8>,
    number: u64,
}

const AGENTS: [&str; 4] = [
    "docker/20.10.17 go/go1.17.11 git-commit/a89b842 kernel/5.15.0-48|",
    "containerd/1.6.8|",
    "Go-http-client/2.0|",
    "skopeo/1.9.3|",
];

impl Maker {
    fn new() -> Self {
        let mut random = fastrand::Rng::with_seed(20);
        let tags = (0..4000)
            .map(|n| format!("/v2/group-{}/project-{n}/image/manifests/v1.{}", n % 97, n % 31))
            .collect();
        let blobs = (0..40_000)
            .map(|n| {
                let (one, other) = (random.u128(..), random.u128(..));
                format!("/v2/group-{}/project-{}/image/blobs/sha256:{one:032x}{other:032x}", n % 97, n % 4000)
            })
            .collect();
        Self { random, tags, blobs, line: Vec::new(), number: 0 }
    }

    /// Writes one line, and its length is the answer.
    fn line(&mut self, log: &mut impl Write, truth: &mut Truth) -> u64 {
        self.number += 1;
        let (method, path) = self.request();
        let status = self.status(&path);
        let bytes = if self.random.u32(..1000) < 2 { 500 } else { self.random.u32(120..90_000) };
        let second = self.number / 400;
        let time = format!("{:02}:{:02}:{:02}", second / 3600 % 24, second / 60 % 60, second % 60);
        let (random, number) = (&mut self.random, self.number);
        self.line.clear();
        writeln!(
            self.line,
            "Nov 20 {time} fe-registry-01 haproxy[1772]: 10.{}.{}.7:{} [20/Nov/2026:{time}.{:03}] https~ gke-registry/reg{} \
             0/0/{}/{}/{} {status} {bytes} - - ---- {}/{}/3/1/0 0/0 {{registry.example.com|{}}} {{application/octet-stream}} \
             \"{method} {path} HTTP/1.1\"",
            random.u8(..),
            random.u8(..40),
            random.u16(1024..),
            number % 1000,
            number % 4,
            random.u8(..4),
            random.u8(..),
            random.u16(..999),
            random.u16(..900),
            random.u16(1..400),
            AGENTS[number as usize % AGENTS.len()],
        )
        .unwrap();
        log.write_all(&self.line).unwrap();
        truth.lines += 1;
        if status == 500 {
            *truth.counts.entry(path.clone()).or_default() += 1;
            if method != "GET" {
                *truth.other_methods.entry(path).or_default() += 1;
            }
        } else if bytes == 500 && method == "GET" {
            *truth.elsewhere.entry(path).or_default() += 1;
        }
        self.line.len() as u64
    }

    fn request(&mut self) -> (&'static str, String) {
        match self.random.u32(..100) {
            0..40 => ("GET", self.random.choice(&self.tags).unwrap().clone()),
            40..50 => ("HEAD", self.random.choice(&self.tags).unwrap().clone()),
            50..88 => ("GET", self.random.choice(&self.blobs).unwrap().clone()),
            88..92 => ("HEAD", self.random.choice(&self.blobs).unwrap().clone()),
            92..94 => ("PUT", self.random.choice(&self.tags).unwrap().clone()),
            _ => {
                let project = self.random.u32(..4000);
                let (id, state) = (self.random.u128(..), self.random.u128(..));
                (
                    "PATCH",
                    format!(
                        "/v2/group-{}/project-{project}/image/blobs/uploads/{id:032x}?part={state:032x}",
                        project % 97
                    ),
                )
            }
        }
    }

    /// Some tags are broken and nearly always fail; all others fail rarely.
    fn status(&mut self, path: &str) -> u16 {
        let broken = path.ends_with(".7") && path.contains("project-1");
        match self.random.u32(..1000) {
            0..700 if broken => 500,
            0..8 => 500,
            8..14 => 503,
            14..16 => 502,
            16..60 => 404,
            60..120 => 401,
            _ => 200,
        }
    }
}
