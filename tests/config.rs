//! Configuration: the example file, every mistake with its place, and which of file, environment and flag wins.

#![allow(clippy::expect_used)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use quarterdeck::config::{
    Address, Bucket, Clipboard, Config, Document, EXAMPLE, Elasticsearch, Environment, Flags, FrontDoor,
    Google, GoogleLogging, Haproxy, Kubernetes, Logs, Mode, Profile, Regional, Registry, SETTLE, Secret,
    Settings, Theme, Transport, Watch, load, read,
};
use quarterdeck::registry::reference::Reference;
use url::Url;

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

fn parse(text: &str) -> Result<Config, Vec<String>> {
    read(&Document::new(Path::new("c.toml"), text))
        .map_err(|mistakes| mistakes.0.iter().map(ToString::to_string).collect())
}

/// The example with every setting switched on, except those that begin with one of `without`.
fn example_switched_on(without: &[&str]) -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting)
            if !setting.starts_with([' ', '#']) && !without.iter().any(|key| setting.starts_with(key)) =>
        {
            setting.to_owned()
        }
        Some(_) | None => line.to_owned(),
    };
    EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_as_it_stands_says_what_holds_without_it() {
    assert_eq!(parse(EXAMPLE), Ok(Config::default()));
}

#[test]
fn every_setting_of_the_example_works_and_shows_its_default() {
    let config = parse(&example_switched_on(&["password_env", "api_key"])).expect("every line is right");
    let expected = Profile {
        environment: Some("production".to_owned()),
        protected: false,
        settle: SETTLE,
        bucket: Bucket {
            endpoint: Some(url("http://127.0.0.1:4443")),
            grpc_endpoint: Some(url("http://127.0.0.1:4444")),
            ..Bucket::at(url("gs://example-bucket"))
        },
        registry: Registry {
            url: Some(url("https://registry.example.com")),
            username: Some("oncall".to_owned()),
            password: config.profiles["example"].registry.password.clone(),
            ..Registry::default()
        },
        watch: config.profiles["example"].watch.clone(),
    };
    assert!(
        matches!(&expected.registry.password, Some(Secret::File(path)) if path.ends_with("registry-token"))
    );
    assert_eq!(config.profiles["example"], expected);
    assert_eq!(config.default_profile.as_deref(), Some("example"));
    assert!(config.state_folder.is_some_and(|folder| folder.ends_with(".local/state/quarterdeck")));
    let by_variable = parse(&example_switched_on(&["password_file", "api_key"]))
        .expect("so is the other way to a password");
    let secret = by_variable.profiles["example"].registry.password.clone();
    assert_eq!(secret, Some(Secret::Environment("REGISTRY_TOKEN".to_owned())));
}

#[test]
fn the_example_shows_the_defaults_of_what_is_watched() {
    let config = parse(&example_switched_on(&["password_env", "api_key"])).expect("every line is right");
    let watch = &config.profiles["example"].watch;
    let named = Kubernetes {
        kubeconfig: watch.kubernetes.as_ref().and_then(|kubernetes| kubernetes.kubeconfig.clone()),
        context: Some("example".to_owned()),
        namespace: Some("gitlab".to_owned()),
        baseline: Some(20),
        ..Kubernetes::default()
    };
    assert!(named.kubeconfig.as_ref().is_some_and(|path| path.ends_with(".kube/config")));
    assert_eq!(watch.kubernetes.as_ref(), Some(&named));
    let haproxy = watch.haproxy.as_ref().expect("haproxy");
    let addresses = [
        ("lb-01".to_owned(), Address::Unix("/run/haproxy/admin.sock".into())),
        ("lb-02".to_owned(), Address::Tcp("192.0.2.2:9999".to_owned())),
        ("lb-03".to_owned(), Address::Http(url("http://192.0.2.3:8404/stats"))),
    ];
    assert_eq!(haproxy.instances, addresses);
    assert_eq!(haproxy.interval, Haproxy::default().interval);
    let google = watch.google.as_ref().expect("google");
    assert_eq!((&google.products, google.anonymous), (&Google::default().products, false));
    assert_eq!(google.backend_services[1].region.as_deref(), Some("us-east1"));
    let front_door = watch.front_door.as_ref().expect("front door");
    assert_eq!(front_door.interval, FrontDoor::default().interval);
    assert_eq!(front_door.canaries[0].api_path(), "/v2/group/project/manifests/2019-04-01");
}

#[test]
fn the_example_shows_the_defaults_of_logs() {
    let on = |without: &[&str]| {
        let config = parse(&example_switched_on(without)).expect("every line of the example is right");
        config.profiles["example"].watch.logs.clone().expect("logs")
    };
    let logs = on(&["password_env", "api_key"]);
    let of_lists = Logs {
        files: logs.files.clone(),
        docker: logs.docker.clone(),
        journal: logs.journal.clone(),
        commands: logs.commands.clone(),
        elasticsearch: logs.elasticsearch.clone(),
        google: logs.google.clone(),
        lenses: logs.lenses.clone(),
        room: logs.room,
        ..Logs::default()
    };
    assert_eq!(logs, of_lists);
    assert_eq!(logs.files[1], ("registry".to_owned(), "/var/log/registry/*.log".into()));
    assert_eq!(logs.docker, [("registry".to_owned(), "registry-1".to_owned())]);
    assert_eq!((logs.commands[0].0.as_str(), logs.commands[0].1.len()), ("lb-01", 9));
    let indices = logs.elasticsearch.expect("elasticsearch");
    let usual = Elasticsearch::default();
    assert_eq!((&indices.time, indices.interval), (&usual.time, usual.interval));
    assert_eq!(indices.index.as_deref(), Some("pubsub-gke-inf-gprd*"));
    let google = logs.google.expect("google");
    let usual = GoogleLogging::default();
    assert_eq!((google.anonymous, google.interval), (usual.anonymous, usual.interval));
    let by_key = on(&["username", "password", "api_key_file"]).elasticsearch.expect("elasticsearch");
    assert_eq!(by_key.api_key, Some(Secret::Environment("ELASTICSEARCH_API_KEY".to_owned())));
}

#[test]
fn logs_are_read_with_all_their_mistakes() {
    check(
        &with_profile(
            "[profiles.p.logs]\nkubernetes = true\nhistory = '2d'\nkeep = '32'\nradar = ['5xx', '2xx']\n\
             files = { a = '', '' = '/x' }\ncommands = { a = 'ssh lb-01', b = [], c = ['x', 3], d = ['x', 'x'] }",
        ),
        &[
            "c.toml:4:1: profiles.p.logs.kubernetes: needs the profile's section for kubernetes",
            "c.toml:5:11: profiles.p.logs.history: \"2d\" is not allowed, want 0 to 24h",
            "c.toml:6:8: profiles.p.logs.keep: \"32\" is not allowed, want 1 MiB to 4 GiB, such as \"32 MiB\"",
            "c.toml:7:17: profiles.p.logs.radar: \"2xx\" is not allowed, want 5xx, 4xx or one status",
            "c.toml:8:15: profiles.p.logs.files.a: is empty, want a path",
            "c.toml:8:19: profiles.p.logs.files: the name \"\" is empty",
            "c.toml:9:18: profiles.p.logs.commands.a: want a list such as [\"…\"], not a string",
            "c.toml:9:31: profiles.p.logs.commands.b: is empty, want a program and its arguments",
            "c.toml:9:49: profiles.p.logs.commands.c: want a string in quotes, not an integer",
        ],
    );
    check(
        &with_profile(
            "[profiles.p.logs.elasticsearch]\nusername = 'me'\npassword_file = 'f'\napi_key_env = 'E'\napi_key = 'hunter2'",
        ),
        &[
            "c.toml:3:1: profiles.p.logs.elasticsearch.index: is missing: want a name or a pattern",
            "c.toml:3:1: profiles.p.logs.elasticsearch.url: is missing: want the address of Elasticsearch",
            "c.toml:6:1: profiles.p.logs.elasticsearch.api_key_env: goes not together with username; keep one",
            "c.toml:7:1: profiles.p.logs.elasticsearch.api_key: secrets stay out of this file",
        ],
    );
    check(
        &with_profile("[profiles.p.logs.google]\nfilter = ''"),
        &[
            "c.toml:3:1: profiles.p.logs.google.project: is missing: want the id of the project",
            "c.toml:4:10: profiles.p.logs.google.filter: is empty",
        ],
    );
}

#[test]
fn the_example_mentions_every_key_there_is() {
    let sections = [
        "bucket",
        "registry",
        "kubernetes",
        "haproxy",
        "google",
        "front_door",
        "logs",
        "logs.elasticsearch",
        "logs.google",
    ];
    let sections = sections.map(|name| format!("[profiles.p.{name}]\nx = 1\n")).concat();
    let said = parse(&format!("x = 1\n[profiles.p]\nx = 1\n{sections}"))
        .expect_err("x is no key anywhere")
        .join("\n");
    let allowed = said.lines().filter_map(|line| line.split_once("allowed here: "));
    let keys: Vec<String> = allowed
        .flat_map(|(_, keys)| keys.replace(" or ", ", ").split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(keys.len() > 40, "{keys:?}");
    for key in keys {
        let setting = |line: &str| line.trim_start_matches('#').starts_with(&format!("{key} = "));
        let section = |line: &str| line.starts_with("#[") && line.contains(&key);
        assert!(EXAMPLE.lines().any(|line| setting(line) || section(line)), "{key} is not in the example");
    }
}

/// One profile with a right bucket, to which `more` is added.
fn with_profile(more: &str) -> String {
    format!("[profiles.p]\nbucket.url = 'gs://abc'\n{more}")
}

/// Whether `text` yields exactly mistakes that start as `expected` says.
fn check(text: &str, expected: &[&str]) {
    let said = parse(text).expect_err(text);
    let matches =
        said.len() == expected.len() && said.iter().zip(expected).all(|(said, want)| said.starts_with(want));
    assert!(matches, "{text}\n said: {said:#?}\n want: {expected:#?}");
    assert!(!said.join("").contains("hunter2"), "a secret is not repeated: {said:?}");
}

#[test]
fn unknown_keys_and_words_are_answered_with_the_nearest_or_all_allowed_ones() {
    check("theem = 'dark'", &["c.toml:1:1: unknown key \"theem\"; did you mean \"theme\"?"]);
    check(
        "kubernetes = 1",
        &[
            "c.toml:1:1: unknown key \"kubernetes\"; allowed here: default_profile, theme, clipboard, state_folder or profiles",
        ],
    );
    check(
        "[profiles.p]\nbukcet.url = 'gs://abc'",
        &[
            "c.toml:1:1: profiles.p.bucket: is missing: add a section [profiles.p.bucket] with url = \"gs://…\" or",
            "c.toml:2:1: profiles.p: unknown key \"bukcet\"; did you mean \"bucket\"?",
        ],
    );
    check(
        "theme = 'drak'",
        &["c.toml:1:9: theme: \"drak\" is not allowed, want dark, light or mono; did you mean \"dark\"?"],
    );
    check(
        "default_profile = 'grpd'\n[profiles.gprd]\nbucket.url = 'gs://abc'",
        &["c.toml:1:1: default_profile: there is no profile \"grpd\"; did you mean \"gprd\"?"],
    );
    check(
        "default_profile = 'x'",
        &["c.toml:1:1: default_profile: there is no profile \"x\"; the profiles are: none"],
    );
    check(
        "[profiles.'a b']\nbucket.url = 'gs://abc'",
        &["c.toml:1:11: profiles: the name \"a b\" is not allowed, want letters, digits, . _ and -"],
    );
}

#[test]
fn wrong_types_say_what_stands_there_and_what_should() {
    check("theme = 3", &["c.toml:1:9: theme: want a string in quotes, not an integer"]);
    check("clipboard = true", &["c.toml:1:13: clipboard: want a string in quotes, not a boolean"]);
    check("profiles = 1", &["c.toml:1:12: profiles: want a section [profiles], not an integer"]);
    check("[[profiles]]", &["c.toml:1:1: profiles: want a section [profiles], not an array"]);
    check("[profiles]\np = 'x'", &["c.toml:2:5: profiles.p: want a section [profiles.p], not a string"]);
    check(
        &with_profile("protected = 'yes'"),
        &["c.toml:3:13: profiles.p.protected: want true or false, without quotes, not a string"],
    );
    check(
        &with_profile("settle = 10"),
        &["c.toml:3:10: profiles.p.settle: want a string in quotes, not an integer"],
    );
    check(
        "[profiles.p]\nbucket = 'gs://abc'",
        &["c.toml:2:10: profiles.p.bucket: want a section [profiles.p.bucket], not a string"],
    );
}

#[test]
fn wrong_values_say_what_is_allowed() {
    check(
        &with_profile("environment = ''"),
        &["c.toml:3:15: profiles.p.environment: is empty; leave the key out instead"],
    );
    check(
        &with_profile("settle = '10'"),
        &["c.toml:3:10: profiles.p.settle: want a duration such as 90s, 10m, 1h30m or 2d; 0 for none"],
    );
    check(
        "[profiles.p.bucket]",
        &["c.toml:1:1: profiles.p.bucket.url: is missing: want gs://… or file:///…"],
    );
    check(
        "[profiles.p.bucket]\nurl = '/srv/registry'",
        &[
            "c.toml:2:7: profiles.p.bucket.url: \"/srv/registry\" is a path; write it as \"file:///srv/registry\"",
        ],
    );
    check(
        "[profiles.p.bucket]\nurl = 's3://abc'",
        &[
            "c.toml:2:7: profiles.p.bucket.url: scheme \"s3\" is not one of file and gs; want file:///srv/registry",
        ],
    );
    check(
        &with_profile("bucket.transport = 'gprc'"),
        &[
            "c.toml:3:20: profiles.p.bucket.transport: \"gprc\" is not allowed, want grpc or json; did you mean",
        ],
    );
    check(
        &with_profile("bucket.endpoint = 'localhost:4443'"),
        &["c.toml:3:19: profiles.p.bucket.endpoint: scheme \"localhost\" is not one of http and https"],
    );
    check(
        &with_profile("registry.url = 'https://r.example.com/v2/'"),
        &[
            "c.toml:3:16: profiles.p.registry.url: leave the path \"/v2/\" off; want scheme, host and port only",
        ],
    );
}

#[test]
fn settings_that_do_nothing_or_contradict_each_other_are_mistakes() {
    check(
        "[profiles.p.bucket]\nurl = 'file:///srv'\nanonymous = true\ntransport = 'json'",
        &[
            "c.toml:3:1: profiles.p.bucket.anonymous: has no effect here, it is for a gs:// bucket",
            "c.toml:4:1: profiles.p.bucket.transport: has no effect here, it is for a gs:// bucket",
        ],
    );
    check(
        &with_profile("registry.mode = 'database'"),
        &["c.toml:3:10: profiles.p.registry.mode: \"database\" needs the registry's url"],
    );
    let registry = |more: &str| with_profile(&format!("registry.url = 'https://r.example.com'\n{more}"));
    check(
        &registry("registry.username = 'me'"),
        &["c.toml:4:10: profiles.p.registry.username: needs password_file or password_env beside it"],
    );
    check(
        &registry("registry.password = 'hunter2'"),
        &[
            "c.toml:4:10: profiles.p.registry.password: secrets stay out of this file: name a file in password_file",
        ],
    );
    check(
        &registry("registry.username = 'me'\nregistry.password_file = 'f'\nregistry.password_env = 'E'"),
        &["c.toml:6:10: profiles.p.registry.password_env: goes not together with password_file; keep one"],
    );
    check(
        &registry("registry.password_env = 'E'"),
        &["c.toml:4:10: profiles.p.registry: a password needs username beside it"],
    );
}

#[test]
fn what_is_watched_is_read_section_by_section_with_all_its_mistakes() {
    check(
        &with_profile(
            "haproxy.interval = '1ms'\nkubernetes.baseline = 0\ngoogle.target_pools = ['a', 'B', 3, 'a']",
        ),
        &[
            "c.toml:3:1: profiles.p.haproxy.instances: is missing: add a section [profiles.p.haproxy.instances]",
            "c.toml:3:20: profiles.p.haproxy.interval: \"1ms\" is not allowed, want 1s to 1h",
            "c.toml:4:23: profiles.p.kubernetes.baseline: want a whole number from 1 on, without quotes",
            "c.toml:5:8: profiles.p.google.target_pools: needs project beside it",
            "c.toml:5:8: profiles.p.google.target_pools: needs region beside it",
            "c.toml:5:29: profiles.p.google.target_pools: \"B\" is not allowed, want a-z, 0-9 and -",
            "c.toml:5:34: profiles.p.google.target_pools: want a string in quotes, not an integer",
            "c.toml:5:37: profiles.p.google.target_pools: stands in this list twice",
        ],
    );
    check(
        &with_profile("[profiles.p.haproxy]\nusername = 'me'\npassword_env = 'E'\ninstances.a = '/run/x'"),
        &[
            "c.toml:4:1: profiles.p.haproxy.username: has no effect here, it is for an instance at http:// or https://",
            "c.toml:5:1: profiles.p.haproxy.password_env: has no effect here, it is for an instance at http:// or",
            "c.toml:6:15: profiles.p.haproxy.instances.a: \"/run/x\" is a path; write it as \"unix:/run/x\"",
        ],
    );
    check(
        &with_profile(
            "haproxy.instances = ['unix:/run/x']\nhaproxy.backends = 'x'\nfront_door.canaries = ['g/p']",
        ),
        &[
            "c.toml:3:21: profiles.p.haproxy.instances: want a section [profiles.p.haproxy.instances], not an array",
            "c.toml:4:20: profiles.p.haproxy.backends: want a list such as [\"…\"], not a string",
            "c.toml:5:1: profiles.p.front_door.url: is missing: give it here, or give the profile's registry one",
            "c.toml:5:24: profiles.p.front_door.canaries: \"g/p\" names no tag; want group/project:tag",
        ],
    );
    check(
        &with_profile(
            "google.products = ['x']\nkubernetes.contxt = 'x'\nhaproxy.password = 'hunter2'\nhaproxy.instances = {}",
        ),
        &[
            "c.toml:3:8: profiles.p.google.products: has no effect here, it is for incidents, which need a status_url",
            "c.toml:4:12: profiles.p.kubernetes: unknown key \"contxt\"; did you mean \"context\"?",
            "c.toml:5:9: profiles.p.haproxy.password: secrets stay out of this file",
        ],
    );
}

#[test]
fn instances_stand_in_the_order_in_which_they_were_written() {
    let text = "haproxy.instances = { z = 'unix:/z', a = 'unix:/a', m = 'unix:/m' }";
    let config = parse(&with_profile(text)).expect("right");
    let haproxy = config.profiles["p"].watch.haproxy.clone().expect("haproxy");
    let names: Vec<&str> = haproxy.instances.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z", "a", "m"]);
}

#[test]
fn an_empty_section_is_enough_where_everything_has_a_default() {
    let text = "registry.url = 'https://r.example.com'\nkubernetes = {}\nfront_door = {}";
    let watch = parse(&with_profile(text)).expect("right").profiles["p"].watch.clone();
    assert_eq!(watch.kubernetes, Some(Kubernetes::default()));
    assert_eq!(watch.front_door, Some(FrontDoor::default()));
    assert_eq!((watch.haproxy, watch.google), (None, None));
}

#[test]
fn mistakes_of_grammar_have_a_place_and_hide_only_what_follows_from_them() {
    check("theme = 'dark'\ntheme = 'light'", &["c.toml:2:1: duplicate key"]);
    check("[profiles.p]\n  bucket.url = gs", &["c.toml:2:16: "]);
    check("théme = 'dark'\nthemes = 'x'", &["c.toml:1:3: ", "c.toml:2:1: unknown key \"themes\""]);
}

#[test]
fn all_mistakes_of_a_file_come_at_once_in_the_order_of_its_lines() {
    let text = "theme = 'x'\n[profiles.p]\nsettle = 1\nbucket.url = 'abc'\n[profiles.q]\nprotected = 2\nbucket.url = 'gs://abc'\n";
    let said = parse(text).expect_err("four mistakes");
    let lines: Vec<&str> = said.iter().filter_map(|said| said.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "3", "4", "6"], "{said:#?}");
}

/// A folder with a configuration file in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(bytes: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config.toml"), bytes).expect("written");
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("config.toml")
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = Folder::with(b"theme = 'dark'\n# caf\xe9\n");
    let said = |path: &Path| Document::read(path).err().expect("cannot be read").to_string();
    let place = format!("{}:2:6", folder.file().display());
    assert_eq!(said(&folder.file()), format!("{place}: byte 0xe9 is not UTF-8; save the file as UTF-8"));
    assert!(said(&folder.0.path().join("none.toml")).contains("cannot be read: No such file"));
    assert!(said(folder.0.path()).ends_with(": is not a file"));
    assert!(said(Path::new("/dev/zero")).ends_with(": is not a file"), "endless devices are not read");
    let long = Folder::with(vec![b'#'; 2 << 20]);
    assert!(said(&long.file()).contains("is longer than 1048576 bytes"));
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect()
}

const TWO_PROFILES: &str = "
default_profile = 'pre'
theme = 'light'
[profiles.gprd]
environment = 'production'
protected = true
settle = '20m'
bucket.url = 'gs://production'
bucket.transport = 'json'
registry.url = 'https://registry.example.com'
[profiles.pre]
bucket.url = 'file:///srv/registry'
";

fn settings(flags: Flags, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let folder = Folder::with(TWO_PROFILES);
    load(Flags { file: Some(folder.file()), ..flags }, &environment(variables))
        .map_err(|mistakes| mistakes.to_string())
}

fn named(profile: &str) -> Flags {
    Flags { profile: Some(profile.to_owned()), ..Flags::default() }
}

fn bucket(url: &str) -> Flags {
    Flags { bucket: Some(url.to_owned()), ..Flags::default() }
}

#[test]
fn the_profile_is_the_one_named_or_the_default() {
    let chosen = |flags, variables: &[_]| settings(flags, variables).expect("right").name;
    assert_eq!(chosen(Flags::default(), &[]).as_deref(), Some("pre"));
    assert_eq!(chosen(Flags::default(), &[("QUARTERDECK_PROFILE", "gprd")]).as_deref(), Some("gprd"));
    assert_eq!(chosen(named("pre"), &[("QUARTERDECK_PROFILE", "gprd")]).as_deref(), Some("pre"));
    assert_eq!(chosen(bucket("gs://abc"), &[]), None);
    let said = settings(named("grpd"), &[]).expect_err("no such profile");
    let hint = "did you mean \"gprd\"?; the profiles are: gprd or pre";
    assert_eq!(said, format!("--profile: there is no profile \"grpd\"; {hint}"));
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let minutes = |settings: Settings| settings.profile.expect("a profile").settle.as_mins();
    let variables =
        [("QUARTERDECK_SETTLE", "30m"), ("QUARTERDECK_THEME", "mono"), ("QUARTERDECK_CLIPBOARD", "off")];
    assert_eq!(minutes(settings(named("gprd"), &[]).expect("right")), 20);
    assert_eq!(minutes(settings(named("gprd"), &variables).expect("right")), 30);
    let flags =
        Flags { settle: Some(SignedDuration::from_mins(40)), theme: Some(Theme::Dark), ..named("gprd") };
    let won = settings(flags, &variables).expect("right");
    assert_eq!((won.theme, won.clipboard), (Theme::Dark, Clipboard::Off));
    assert_eq!(minutes(won), 40);
}

#[test]
fn a_bucket_replaces_the_profiles_and_an_explicit_profile_is_not_redirected_by_a_variable() {
    let looked_at = |flags, variables: &[_]| {
        let settings = settings(flags, variables).expect("right");
        (settings.profile.expect("a profile").bucket, settings.warnings)
    };
    let (both, _) = looked_at(Flags { bucket: Some("gs://other".to_owned()), ..named("gprd") }, &[]);
    assert_eq!(both, Bucket { transport: Transport::Json, ..Bucket::at(url("gs://other")) });
    let (other_kind, _) = looked_at(Flags { bucket: Some("file:///srv".to_owned()), ..named("gprd") }, &[]);
    assert_eq!(other_kind, Bucket::at(url("file:///srv")));
    let (by_variable, _) = looked_at(Flags::default(), &[("QUARTERDECK_BUCKET", "gs://variable")]);
    assert_eq!(by_variable.url, url("gs://variable"));
    let (kept, warnings) = looked_at(named("gprd"), &[("QUARTERDECK_BUCKET", "gs://variable")]);
    assert_eq!(kept.url, url("gs://production"));
    assert_eq!(warnings, ["QUARTERDECK_BUCKET is not used, because --profile was given"]);
}

#[test]
fn the_state_folder_is_the_one_named_or_the_usual_one() {
    let folder = |flags, variables: &[_]| settings(flags, variables).expect("right").state_folder;
    let usual = folder(Flags::default(), &[]);
    assert!(usual.as_ref().is_none_or(|folder| folder.ends_with("quarterdeck")), "{usual:?}");
    let variable = ("QUARTERDECK_STATE_FOLDER", "/var/lib/watch");
    assert_eq!(folder(Flags::default(), &[variable]), Some("/var/lib/watch".into()));
    let file = Folder::with("state_folder = 'state'\n[profiles.p]\nbucket.url = 'gs://abc'\n");
    let flags = || Flags { file: Some(file.file()), ..Flags::default() };
    let named = load(flags(), &Environment::default()).expect("right").state_folder;
    assert_eq!(named, Some(file.0.path().join("state")), "from the file's own folder");
    let named = load(flags(), &environment(&[variable])).expect("right").state_folder;
    assert_eq!(named, Some("/var/lib/watch".into()), "a variable stands above the file");
}

#[test]
fn variables_reach_bucket_and_registry() {
    let variables = [
        ("QUARTERDECK_TRANSPORT", "json"),
        ("QUARTERDECK_ANONYMOUS", "true"),
        ("QUARTERDECK_ENDPOINT", "http://127.0.0.1:1"),
        ("QUARTERDECK_GRPC_ENDPOINT", "http://127.0.0.1:2"),
        ("QUARTERDECK_REGISTRY_URL", "http://127.0.0.1:5000"),
        ("QUARTERDECK_REGISTRY_MODE", "database"),
        ("QUARTERDECK_REGISTRY_USERNAME", "me"),
        ("QUARTERDECK_REGISTRY_PASSWORD", "secret"),
    ];
    let profile = settings(bucket("gs://abc"), &variables).expect("right").profile.expect("a profile");
    let expected = Bucket {
        transport: Transport::Json,
        anonymous: true,
        endpoint: Some(url("http://127.0.0.1:1")),
        grpc_endpoint: Some(url("http://127.0.0.1:2")),
        ..Bucket::at(url("gs://abc"))
    };
    assert_eq!(profile.bucket, expected);
    let password = Secret::Environment("QUARTERDECK_REGISTRY_PASSWORD".to_owned());
    let registry = Registry {
        url: Some(url("http://127.0.0.1:5000")),
        mode: Mode::Database,
        username: Some("me".to_owned()),
        password: Some(password),
    };
    assert_eq!(profile.registry, registry);
}

#[test]
fn variables_that_leave_out_what_a_section_needs_are_a_mistake() {
    let mistakes = |variables: &[_]| {
        let wrong = settings(bucket("gs://abc"), variables).expect_err("wrong");
        wrong.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        mistakes(&[("QUARTERDECK_LOGS_ELASTICSEARCH_URL", "http://127.0.0.1:4")]),
        ["QUARTERDECK_LOGS_ELASTICSEARCH_INDEX: is missing beside the others that begin with \
          QUARTERDECK_LOGS_ELASTICSEARCH_: want a name or a pattern of indices such as \"pubsub-gke-inf-gprd*\""]
    );
    let both =
        mistakes(&[("QUARTERDECK_LOGS_ELASTICSEARCH_QUERY", "a"), ("QUARTERDECK_LOGS_GOOGLE_FILTER", "b")]);
    assert_eq!(both.len(), 3, "{both:?}");
    assert!(both[2].starts_with("QUARTERDECK_LOGS_GOOGLE_PROJECT: is missing"), "{both:?}");
}

#[test]
fn a_bucket_alone_watches_nothing_else_unless_variables_say_so() {
    let watch = |variables: &[_]| {
        settings(bucket("gs://abc"), variables).expect("right").profile.expect("a profile").watch
    };
    assert_eq!(watch(&[]), Watch::default());
    let watched = watch(&[
        ("QUARTERDECK_KUBECONFIG", "/etc/kubeconfig"),
        ("QUARTERDECK_KUBERNETES_CONTEXT", "gprd"),
        ("QUARTERDECK_KUBERNETES_NAMESPACE", "gitlab"),
        ("QUARTERDECK_KUBERNETES_SELECTOR", "app=x,tier!=y"),
        ("QUARTERDECK_KUBERNETES_SERVICE", "svc"),
        ("QUARTERDECK_KUBERNETES_BASELINE", "3"),
        ("QUARTERDECK_HAPROXY_INSTANCES", "lb-2=tcp://h:1, lb-1=unix:/run/x"),
        ("QUARTERDECK_HAPROXY_BACKENDS", "a,b"),
        ("QUARTERDECK_HAPROXY_INTERVAL", "5s"),
        ("QUARTERDECK_HAPROXY_USERNAME", "me"),
        ("QUARTERDECK_HAPROXY_PASSWORD", "hunter2"),
        ("QUARTERDECK_GOOGLE_PROJECT", "p-1"),
        ("QUARTERDECK_GOOGLE_REGION", "us-east1"),
        ("QUARTERDECK_GOOGLE_TARGET_POOLS", "a, eu-1/b"),
        ("QUARTERDECK_GOOGLE_BACKEND_SERVICES", "c"),
        ("QUARTERDECK_GOOGLE_ENDPOINT", "http://127.0.0.1:1"),
        ("QUARTERDECK_GOOGLE_ANONYMOUS", "true"),
        ("QUARTERDECK_GOOGLE_STATUS_URL", "http://127.0.0.1:2/incidents.json"),
        ("QUARTERDECK_GOOGLE_INTERVAL", "7s"),
        ("QUARTERDECK_GOOGLE_PRODUCTS", "Google Cloud Storage,Google Compute Engine"),
        ("QUARTERDECK_FRONT_DOOR_URL", "http://127.0.0.1:3"),
        ("QUARTERDECK_FRONT_DOOR_CANARIES", "g/p:v1"),
        ("QUARTERDECK_FRONT_DOOR_INTERVAL", "1m"),
        ("QUARTERDECK_LOGS_KUBERNETES", "false"),
        ("QUARTERDECK_LOGS_FILES", "a=/var/log/a.log, b=/var/log/b*"),
        ("QUARTERDECK_LOGS_DOCKER", "a=registry-1"),
        ("QUARTERDECK_LOGS_DOCKER_FOLDER", "/srv/docker"),
        ("QUARTERDECK_LOGS_JOURNAL", "a=registry.service"),
        ("QUARTERDECK_LOGS_HISTORY", "1h"),
        ("QUARTERDECK_LOGS_KEEP", "1 GiB"),
        ("QUARTERDECK_LOGS_ROOM", "2 MiB"),
        ("QUARTERDECK_LOGS_RADAR", "5xx, 404"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_URL", "http://127.0.0.1:4"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_INDEX", "i*"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_QUERY", "q"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_TIME", "t"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_MESSAGE", "m"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_INTERVAL", "9s"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_USERNAME", "me"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_PASSWORD", "hunter2"),
        ("QUARTERDECK_LOGS_ELASTICSEARCH_API_KEY", "hunter2"),
        ("QUARTERDECK_LOGS_GOOGLE_PROJECT", "p-1"),
        ("QUARTERDECK_LOGS_GOOGLE_FILTER", "f"),
        ("QUARTERDECK_LOGS_GOOGLE_ENDPOINT", "http://127.0.0.1:5"),
        ("QUARTERDECK_LOGS_GOOGLE_ANONYMOUS", "true"),
        ("QUARTERDECK_LOGS_GOOGLE_INTERVAL", "8s"),
    ]);
    let text = |text: &str| text.to_owned();
    let regional = |region: Option<&str>, name| Regional { region: region.map(text), name: text(name) };
    let kubernetes = Kubernetes {
        kubeconfig: Some("/etc/kubeconfig".into()),
        context: Some(text("gprd")),
        namespace: Some(text("gitlab")),
        selector: text("app=x,tier!=y"),
        service: text("svc"),
        baseline: Some(3),
    };
    let haproxy = Haproxy {
        instances: vec![
            (text("lb-2"), Address::Tcp(text("h:1"))),
            (text("lb-1"), Address::Unix("/run/x".into())),
        ],
        backends: vec![text("a"), text("b")],
        interval: Duration::from_secs(5),
        username: Some(text("me")),
        password: Some(Secret::Environment(text("QUARTERDECK_HAPROXY_PASSWORD"))),
    };
    let google = Google {
        project: Some(text("p-1")),
        region: Some(text("us-east1")),
        target_pools: vec![regional(None, "a"), regional(Some("eu-1"), "b")],
        backend_services: vec![regional(None, "c")],
        endpoint: Some(url("http://127.0.0.1:1")),
        anonymous: true,
        interval: Duration::from_secs(7),
        status_url: Some(url("http://127.0.0.1:2/incidents.json")),
        products: vec![text("Google Cloud Storage"), text("Google Compute Engine")],
    };
    let front_door = FrontDoor {
        url: Some(url("http://127.0.0.1:3")),
        canaries: vec![Reference::parse("g/p:v1").expect("a reference")],
        interval: Duration::from_mins(1),
    };
    let logs = Logs {
        kubernetes: false,
        files: vec![(text("a"), "/var/log/a.log".into()), (text("b"), "/var/log/b*".into())],
        docker: vec![(text("a"), text("registry-1"))],
        docker_folder: "/srv/docker".into(),
        journal: vec![(text("a"), text("registry.service"))],
        history: Duration::from_hours(1),
        keep: 1 << 30,
        room: Some(2 << 20),
        radar: vec![500..=599, 404..=404],
        elasticsearch: Some(Elasticsearch {
            url: Some(url("http://127.0.0.1:4")),
            index: Some(text("i*")),
            query: Some(text("q")),
            time: text("t"),
            message: Some(text("m")),
            interval: Duration::from_secs(9),
            username: Some(text("me")),
            password: Some(Secret::Environment(text("QUARTERDECK_LOGS_ELASTICSEARCH_PASSWORD"))),
            api_key: Some(Secret::Environment(text("QUARTERDECK_LOGS_ELASTICSEARCH_API_KEY"))),
        }),
        google: Some(GoogleLogging {
            project: Some(text("p-1")),
            filter: Some(text("f")),
            endpoint: Some(url("http://127.0.0.1:5")),
            anonymous: true,
            interval: Duration::from_secs(8),
        }),
        ..Logs::default()
    };
    let expected = Watch {
        logs: Some(logs),
        kubernetes: Some(kubernetes),
        haproxy: Some(haproxy),
        google: Some(google),
        front_door: Some(front_door),
    };
    assert_eq!(watched, expected);
}

#[test]
fn an_emulator_is_never_mixed_with_the_real_service() {
    let emulated = |variables: &[_]| {
        let settings = settings(bucket("gs://abc"), variables).expect("right");
        let bucket = settings.profile.expect("a profile").bucket;
        (bucket.transport, bucket.anonymous)
    };
    let http = ("STORAGE_EMULATOR_HOST", "localhost:4443");
    let grpc = ("STORAGE_EMULATOR_HOST_GRPC", "http://localhost:4444");
    assert_eq!(emulated(&[http]), (Transport::Json, true));
    assert_eq!(emulated(&[http, grpc]), (Transport::Grpc, true));
}

#[test]
fn wrong_variables_are_mistakes_and_unknown_ones_are_warnings() {
    let wrong = [("QUARTERDECK_SETTLE", "soon"), ("QUARTERDECK_THEME", "x")];
    let said = settings(Flags::default(), &wrong).expect_err("two mistakes");
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains("QUARTERDECK_SETTLE: want a duration"), "{said}");
    let unknown = [("QUARTERDECK_BUKCET", "x"), ("QUARTERDECK_FOO", "x"), ("HOME", "x")];
    assert_eq!(
        settings(Flags::default(), &unknown).expect("right").warnings,
        [
            "QUARTERDECK_BUKCET has no effect; did you mean QUARTERDECK_BUCKET?",
            "QUARTERDECK_FOO has no effect"
        ]
    );
}

#[test]
fn a_broken_file_does_not_stop_a_look_at_a_bucket_that_needs_nothing_from_it() {
    let folder = Folder::with("theem = 1");
    let flags = |flags| Flags { file: Some(folder.file()), ..flags };
    let loaded = load(flags(bucket("gs://abc")), &Environment::default()).expect("the file is not needed");
    assert!(loaded.warnings[0].contains("did you mean \"theme\"?"), "{:?}", loaded.warnings);
    let said =
        load(flags(named("gprd")), &Environment::default()).expect_err("the file is needed").to_string();
    assert!(said.contains("unknown key") && !said.contains("no profile"), "{said}");
}
