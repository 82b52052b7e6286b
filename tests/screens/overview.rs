//! The way of a pull: facts of every source in, frames out, and where Enter leads from each hop.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::event::{Event, Fact, PanelId};
use quarterdeck::model::{Gate, HopId, Subject, Watched};
use quarterdeck::sources::bucket::facts::{Fact as Bucket, Survey};
use quarterdeck::sources::front_door::facts::{Answer, Certificate, Fact as Door, Page, Pull, PullStep};
use quarterdeck::sources::google::facts::{BalancerKind, Fact as Cloud, Server, ServerHealth};
use quarterdeck::sources::haproxy::facts::{Fact as Proxy, Info, Look, Role, Stat};
use quarterdeck::sources::kubernetes::facts::{Batch, Cluster, Fact as Kube, Watch};
use quarterdeck::sources::kubernetes::objects::{Autoscaler, Kind, Pod};
use quarterdeck::sources::{Trouble, TroubleKind};
use quarterdeck::state::Layer;
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};

use crate::cluster::{address, ago, autoscaler, crashing, pod, service, slice, watched};
use crate::desk::Desk;
use crate::house::{NARROW, SMALL, WIDE};

const CANARY: &str = "canary/small:v1";
const POOL: &str = "gcp-tcp-lb-registry-https";
const INSTANCES: [&str; 2] = ["fe-01", "fe-02"];

/// What the sources tell, in the order in which they do.
type Story = Vec<Fact>;

fn all() -> Watched {
    Watched { google: true, front_door: true, ..watched() }
}

/// A cockpit whose sources have said that they are there.
fn begun(theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = Desk::with(Gate::shut(Vec::new(), false), theme, glyphs);
    desk.state.session.watched = all();
    desk.state.screen.panel = PanelId::Overview;
    let cluster = Cluster { context: "gke-gprd".into(), namespace: "gitlab".into(), ..Cluster::default() };
    let url = "https://registry.example.com/".to_owned();
    for fact in [
        Fact::FrontDoor(Door::Configured { url, canaries: vec![CANARY.into()] }),
        Fact::Google(Cloud::Configured { balancers: vec![POOL.into()], incidents: true }),
        Fact::Haproxy(Proxy::Configured { instances: INSTANCES.map(str::to_owned).to_vec() }),
        Fact::Kubernetes(Kube::Configured(cluster)),
    ] {
        desk.take(Event::Fact(fact));
    }
    desk
}

fn told(stories: impl IntoIterator<Item = Story>) -> Desk {
    dressed(stories, "dark", UNICODE)
}

fn dressed(stories: impl IntoIterator<Item = Story>, theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = begun(theme, glyphs);
    for fact in stories.into_iter().flatten() {
        desk.take(Event::Fact(fact));
    }
    desk
}

/// The pages, the certificate and the canary.
fn door(status: u16, wrong: Option<&str>, latency: u64) -> Story {
    let latency = Duration::from_millis(latency);
    let answer =
        |status| Answer { status, latency, bytes: 0, versions: Vec::new(), wrong: wrong.map(str::to_owned) };
    let certificate = Certificate {
        subject: "registry.example.com".into(),
        issuer: "An authority".into(),
        not_before: ago(60 * 24 * 30),
        not_after: ago(-60 * 24 * 60),
        wrong: None,
    };
    let result = match wrong {
        None => Ok(200),
        Some(_) => Err(Trouble::new(TroubleKind::Broken, "503 Service Unavailable")),
    };
    let step = |name, target: &str| PullStep { name, target: target.into(), latency, result: result.clone() };
    let steps = vec![step("token", "GET /jwt/auth"), step("manifest", "GET /v2/canary/small/manifests/v1")];
    let pull = Pull { steps, pushed: None, mind: None };
    // The empty page has no challenge.
    let root = if wrong.is_none() { 200 } else { status };
    [
        Door::Answered { page: Page::Api, answer: answer(status) },
        Door::Answered { page: Page::Root, answer: answer(root) },
        Door::Certificate(Some(certificate)),
        Door::Canary { image: CANARY.into(), pull },
    ]
    .map(Fact::FrontDoor)
    .to_vec()
}

fn cloud(health: ServerHealth) -> Story {
    let server = |name: &str| Server { name: name.into(), address: None, place: None, health };
    let servers = INSTANCES.map(server).to_vec();
    let looked = Cloud::Looked { balancer: POOL.into(), kind: BalancerKind::TargetPool, servers };
    vec![Fact::Google(looked), Fact::Google(Cloud::Incidents(Vec::new()))]
}

/// One instance, and how it sees the cluster.
fn proxy(instance: &str, status: &str, check: (&str, u32)) -> Story {
    let row = |name: &str, role, address: &str| Stat {
        proxy: "gke-registry".into(),
        name: name.into(),
        role,
        status: status.into(),
        address: address.into(),
        weight: Some(100),
        active: Some(1),
        check_status: check.0.into(),
        check_code: Some(check.1),
        check_milliseconds: Some(12),
        last_change: Some(240),
        ..Stat::default()
    };
    let rows = vec![row("gke-cluster", Role::Server, "10.220.9.1:5000"), row("BACKEND", Role::Backend, "")];
    let info = Info { pid: Some(4711), uptime: Some(7_200), ..Info::default() };
    let look = Arc::new(Look { info, rows, ..Look::default() });
    vec![Fact::Haproxy(Proxy::Looked { instance: instance.into(), look })]
}

fn proxies(status: &str, check: (&str, u32)) -> Story {
    INSTANCES.into_iter().flat_map(|instance| proxy(instance, status, check)).collect()
}

fn silent(instance: &str) -> Story {
    let trouble = Trouble::new(TroubleKind::Slow, "connected to lb-02:9999, and no whole answer within 5 s");
    vec![Fact::Haproxy(Proxy::NotLooked { instance: instance.into(), trouble })]
}

fn cluster(pods: Vec<Pod>) -> Story {
    let addresses = pods.iter().map(address).collect();
    let current = u32::try_from(pods.len()).unwrap();
    [
        (Kind::Service, Batch::Services(vec![service()])),
        (Kind::EndpointSlice, Batch::Slices(Kind::EndpointSlice, vec![slice("x7k2p", addresses)])),
        (Kind::Pod, Batch::Pods(pods)),
        (Kind::Autoscaler, Batch::Autoscalers(vec![Autoscaler { max: 30, ..autoscaler(current) }])),
    ]
    .into_iter()
    .flat_map(|(kind, batch)| [Kube::Listed(batch), Kube::Watched { kind, watch: Watch::Live }])
    .map(Fact::Kubernetes)
    .collect()
}

/// Twenty pods, the first so many of which crash.
fn pods(crashed: u16) -> Vec<Pod> {
    let one = |number: u16| {
        let name = format!("p{number:02}");
        if number < crashed { crashing(&name, number) } else { pod(&name, number) }
    };
    (0..20).map(one).collect()
}

fn unreachable() -> Story {
    let trouble = Trouble::new(TroubleKind::Unreachable, "connecting to 10.0.0.2:443: no route to host");
    Kind::ALL
        .into_iter()
        .map(|kind| Fact::Kubernetes(Kube::Watched { kind, watch: Watch::Down { trouble: trouble.clone() } }))
        .collect()
}

const PASSED: (&str, u32) = ("L7OK", 200);
const FAILED: (&str, u32) = ("L7STS", 503);

fn well() -> Vec<Story> {
    vec![door(401, None, 38), cloud(ServerHealth::Healthy), proxies("UP", PASSED), cluster(pods(0))]
}

fn crash_loop() -> Vec<Story> {
    vec![door(401, None, 42), cloud(ServerHealth::Healthy), proxies("UP", PASSED), cluster(pods(17))]
}

fn down() -> Vec<Story> {
    let gone = Some("Service Unavailable");
    vec![door(503, gone, 12), cloud(ServerHealth::Unhealthy), proxies("DOWN", FAILED), cluster(pods(20))]
}

fn one_silent() -> Vec<Story> {
    let balancers = proxy("fe-01", "UP", PASSED).into_iter().chain(silent("fe-02")).collect();
    vec![door(401, None, 38), cloud(ServerHealth::Healthy), balancers, cluster(pods(0))]
}

/// Pods that crash, and a server that somebody took out.
fn two_causes() -> Vec<Story> {
    let taken_out = INSTANCES.into_iter().flat_map(|instance| proxy(instance, "MAINT", PASSED));
    let mut balancers: Story = taken_out.collect();
    for fact in &mut balancers {
        if let Fact::Haproxy(Proxy::Looked { look, .. }) = fact {
            let look = Arc::make_mut(look);
            let mut other = look.rows[0].clone();
            (other.name, other.status) = ("gke-cluster-2".into(), "UP".into());
            look.rows.insert(1, other);
            look.rows[2].status = "UP".into();
        }
    }
    vec![door(401, None, 38), cloud(ServerHealth::Healthy), balancers, cluster(pods(3))]
}

/// All answer but the cluster.
fn unknown() -> Vec<Story> {
    vec![door(401, None, 38), cloud(ServerHealth::Healthy), proxies("UP", PASSED), unreachable()]
}

/// A name, and what was told.
type Named = (&'static str, fn() -> Vec<Story>);

const STORIES: &[Named] = &[
    ("waiting", Vec::new),
    ("healthy", well),
    ("crash-loop", crash_loop),
    ("down", down),
    ("one-silent", one_silent),
    ("two-causes", two_causes),
];

fn keep(desk: &mut Desk, name: &str) {
    for (sheet, size) in [(WIDE, "120x40"), (SMALL, "80x24"), (NARROW, "40x20")] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("way-{name}-{size}"), desk.frame(sheet));
        });
    }
}

#[test]
fn the_way_of_a_pull_is_told_hop_by_hop_and_says_where_it_breaks() {
    for (name, stories) in STORIES {
        keep(&mut told(stories()), name);
    }
    let mut bare = Desk::with(Gate::shut(Vec::new(), false), "dark", UNICODE);
    bare.press("1");
    keep(&mut bare, "nothing-configured");
}

#[test]
fn the_way_is_told_without_colour_and_without_more_than_ascii() {
    for (name, stories) in STORIES {
        let mut desk = dressed(stories(), "mono", ASCII);
        let frame = desk.frame(SMALL);
        assert!(frame.is_ascii(), "{frame}");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("way-{name}-mono"), frame);
        });
    }
}

#[test]
fn what_the_cluster_cannot_tell_any_more_is_not_known_and_breaks_nothing() {
    let mut desk = told(crash_loop().into_iter().chain([unreachable()]));
    let frame = desk.frame(WIDE);
    assert!(frame.contains("not known, was 3/20 ready"), "{frame}");
    assert!(!frame.contains("breaks at"), "{frame}");
}

#[test]
fn two_causes_stand_side_by_side_and_what_follows_stands_with_its_own() {
    let mut desk = told(two_causes());
    let frame = desk.frame(WIDE);
    let place = |words: &str| frame.find(words).unwrap_or_else(|| panic!("no {words} in\n{frame}"));
    let (crash, follows) = (place("3 of 20 pods crash"), place("explains: pods without endpoints"));
    assert!(crash < follows && follows < place("1 of 2 servers taken out"), "{frame}");
    assert!(frame.lines().next().unwrap().contains("pods in a crash loop"), "{frame}");
    assert_eq!(desk.state.diagnosis().causes.len(), 2);
}

#[test]
fn what_could_not_be_looked_at_is_counted_and_never_called_well() {
    let mut desk = begun("dark", UNICODE);
    let survey = Bucket::Surveyed { survey: Survey::Registry, requests: 1 };
    for fact in [Bucket::Opened { url: "gs://registry-bucket".into() }, survey] {
        desk.take(Event::Fact(Fact::Bucket(fact)));
    }
    unknown().into_iter().flatten().for_each(|fact| desk.take(Event::Fact(fact)));
    let (awaited, causes) = (desk.state.awaited(), &desk.state.diagnosis().causes);
    assert!(awaited.is_empty() && causes.is_empty(), "{awaited:?} {causes:?}");
    let frame = desk.frame(WIDE);
    assert!(
        frame.contains("? Nothing wrong was found, but") && frame.contains("could not be made"),
        "{frame}"
    );
    assert!(!frame.contains("Nothing is wrong"), "{frame}");
    desk.press("g enter");
    let text = desk.text();
    assert!(text.contains("Could not be looked at") && text.contains("no route to host"), "{text}");
}

#[test]
fn the_overview_is_drawn_on_any_screen_however_small() {
    for (name, stories) in STORIES {
        let mut desk = told(stories());
        for (columns, rows) in (1..=50).map(|side| (side * 3, side)).chain((1..30).map(|rows| (9, rows))) {
            let frame = desk.frame(quarterdeck::runtime::Sheet { columns, rows });
            assert_eq!(frame.lines().count(), usize::from(rows) + 1, "{name} {columns}x{rows}");
        }
    }
}

/// Goes to the row of the hop.
fn choose(desk: &mut Desk, hop: HopId) {
    desk.press("g");
    for _ in HopId::ALL {
        if desk.state.finding() != Some(Subject::Hop(hop)) {
            desk.press("j");
        }
    }
    assert_eq!(desk.state.finding(), Some(Subject::Hop(hop)));
}

#[test]
fn enter_opens_what_is_to_blame_and_esc_comes_back() {
    let mut desk = told(down());
    for (hop, panel, row) in [
        (HopId::CloudBalancer, PanelId::Balancers, Some("gcp-tcp-lb-registry-https/fe-01")),
        (HopId::Haproxy, PanelId::Balancers, Some("gke-registry/gke-cluster")),
        (HopId::Service, PanelId::Endpoints, None),
        (HopId::Endpoints, PanelId::Endpoints, None),
        (HopId::Pods, PanelId::Pods, Some("gitlab-registry-7d9c8bfb6c-p19")),
        (HopId::Bucket, PanelId::Bucket, None),
    ] {
        choose(&mut desk, hop);
        desk.press("enter");
        assert_eq!(desk.state.screen.panel, panel, "{hop}");
        if let Some(row) = row {
            let chosen = desk.state.subject().map(|subject| subject.to_string());
            assert_eq!(chosen.as_deref(), Some(row), "{hop}");
            assert!(desk.text().contains(row.rsplit('/').next().unwrap()), "{hop}");
        }
        desk.press("esc");
        assert_eq!(desk.state.screen.panel, PanelId::Overview, "{hop}");
        assert_eq!(desk.state.finding(), Some(Subject::Hop(hop)));
    }
    for hop in [HopId::Client, HopId::FrontDoor] {
        choose(&mut desk, hop);
        desk.press("enter");
        assert!(matches!(&desk.state.screen.layer, Some(Layer::Describe { .. })), "{hop}");
        desk.press("esc");
        assert!(desk.state.screen.layer.is_none() && desk.state.screen.panel == PanelId::Overview);
    }
}

#[test]
fn what_differs_at_every_look_and_means_nothing_changes_no_cell() {
    let mut desk = told(well());
    let before = desk.frame(WIDE);
    for (latency, took) in [(31, 3), (47, 25), (52, 9)] {
        for mut fact in door(401, None, latency).into_iter().chain(proxies("UP", PASSED)) {
            if let Fact::Haproxy(Proxy::Looked { look, .. }) = &mut fact {
                for row in &mut Arc::make_mut(look).rows {
                    (row.check_milliseconds, row.sessions_total) = (Some(took), Some(took * 1_000));
                }
            }
            desk.take(Event::Fact(fact));
        }
        assert_eq!(desk.frame(WIDE), before);
    }
}
