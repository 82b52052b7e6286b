//! Instances are reloaded, killed, started again and hang; the others are looked at as ever.

use quarterdeck::sources::TroubleKind;
use quarterdeck::sources::haproxy::Named;
use rustix::process::Signal;
use tokio::net::UnixListener;

use super::balancer::Balancer;
use super::watcher::Watcher;

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_is_told_and_what_happens_per_second_begins_anew() {
    let mut balancer = Balancer::start().await;
    let watcher = Watcher::of(vec![balancer.by("fe-01", "admin"), balancer.by("page", "page")]);
    for name in ["fe-01", "page"] {
        watcher
            .until("there is an answer before", |picture| {
                picture.instances.get(name)?.before.as_ref().map(drop)
            })
            .await;
        let reloaded =
            watcher.until("it was looked at", |picture| Some(picture.instances.get(name)?.reloaded)).await;
        assert_eq!(reloaded, None, "{name}");
    }
    let old = balancer.pid();
    balancer.say("set server gke-registry/registry-1 state drain").await;
    balancer.reload().await;
    for name in ["fe-01", "page"] {
        let pid = watcher
            .until("the reload is told", |picture| {
                let instance = picture.instances.get(name)?;
                instance.reloaded?;
                instance.look.as_ref()?.info.pid
            })
            .await;
        assert!(pid != old && pid == balancer.pid(), "{name}");
    }
    watcher
        .until("the drain is undone and there are rates again", |picture| {
            let entries = picture.entries(&[]);
            let server = entries.iter().find(|entry| entry.name == "registry-1")?;
            let seen = server.seen.iter().find(|seen| seen.instance == "fe-01")?;
            let rate = seen.rates.sessions.filter(|rate| *rate >= 0.0);
            (seen.stat.status == "UP" && rate.is_some()).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_killed_keeps_its_last_words_and_recovers_by_itself() {
    let mut balancer = Balancer::start().await;
    let other = Balancer::start().await;
    let watcher = Watcher::of(vec![balancer.by("fe-01", "admin"), other.by("fe-02", "port")]);
    watcher.until_live("fe-01").await;
    watcher.until_live("fe-02").await;
    balancer.kill().await;
    let (kind, why) = watcher.until_down("fe-01").await;
    assert!(matches!(kind, TroubleKind::Unreachable | TroubleKind::Absent), "{kind:?} {why}");
    let rows = watcher
        .until("its rows are kept", |picture| Some(picture.instances.get("fe-01")?.look.as_ref()?.rows.len()))
        .await;
    assert!(rows > 5);
    watcher.until_looked("fe-02", 3).await;
    balancer.start_again().await;
    watcher.until_live("fe-01").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_is_told_apart_and_holds_up_no_other() {
    let (live, stopped) = tokio::join!(Balancer::start(), Balancer::start());
    let mute = live.path("mute.sock");
    let listener = UnixListener::bind(&mute).unwrap();
    // Accepts, reads nothing, answers nothing.
    let accepting = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let mute =
        Named { name: "mute".into(), address: mute.display().to_string().parse().unwrap(), login: None };
    let watcher = Watcher::of(vec![mute, live.by("fe-01", "admin"), stopped.by("fe-02", "user")]);
    watcher.until_live("fe-02").await;
    watcher.until_looked("fe-01", 3).await;
    stopped.signal(Signal::STOP);
    let (mute, hung) = (watcher.until_down("mute").await, watcher.until_down("fe-02").await);
    assert_eq!((mute.0, hung.0), (TroubleKind::Slow, TroubleKind::Slow), "{mute:?} {hung:?}");
    watcher.until_live("fe-01").await;
    watcher.until_looked("fe-01", 3).await;
    stopped.signal(Signal::CONT);
    watcher.until_live("fe-02").await;
    accepting.abort();
    assert!(*watcher.settled.borrow());
}
