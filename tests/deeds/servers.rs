//! What is set on servers of real HAProxies, and taken back.

use std::sync::Arc;

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{
    About, Done, Ending, Order, Phase, Proposal, Standing, StepOutcome, Subject, Target, demand,
};
use quarterdeck::proposals::NoProposal;
use quarterdeck::registry::repair::commands;
use quarterdeck::sources::haproxy::Named;
use quarterdeck::storage::Nowhere;
use tempfile::TempDir;

use crate::place::{carry_out, deeds_on, outcomes, scratch, stop_when};
use crate::support::haproxy::{Haproxy, fleet};

const READY: (u8, u32) = (0, 100);
const DRAIN: (u8, u32) = (8, 100);
const MAINT: (u8, u32) = (1, 100);

/// Two instances, and a state folder; the bucket is not open.
struct Bridge {
    a: Haproxy,
    b: Haproxy,
    deeds: Deeds,
    _state: TempDir,
}

impl Bridge {
    fn new() -> Self {
        Self::with("admin", Vec::new())
    }

    fn with(level: &str, more: Vec<Named>) -> Self {
        let (a, b) = (Haproxy::start("lb-a", "admin"), Haproxy::start("lb-b", level));
        let state = scratch();
        let instances = [a.named(), b.named()].into_iter().chain(more).collect();
        let deeds = deeds_on(Arc::new(Nowhere::default()), state.path().join("state"));
        let deeds = Deeds { fleet: Some(fleet(instances)), ..deeds };
        Self { a, b, deeds, _state: state }
    }

    async fn propose(
        &self,
        verb: &'static str,
        servers: &[&str],
        weight: Option<&str>,
    ) -> Result<Proposal, NoProposal> {
        let target = |server: &&str| {
            let (backend, server) = server.split_once('/').unwrap_or(("gke-registry", server));
            let subject = Subject::Server { backend: backend.into(), server: server.into() };
            Target { subject, object: weight.map(str::to_owned) }
        };
        let order = Order { verb, targets: servers.iter().map(target).collect() };
        self.deeds.propose(&Nowhere::default(), &order, None).await
    }

    async fn drain(&self) -> Proposal {
        self.propose("server-drain", &["x"], None).await.unwrap()
    }

    async fn again(&self, about: About) -> Result<Proposal, NoProposal> {
        self.deeds.propose_from(&Nowhere::default(), &about).await
    }

    async fn undo(&self, done: &Done) -> Result<Proposal, NoProposal> {
        self.again(About::Undo(done.entry.clone().unwrap())).await
    }

    /// What both have for the first server.
    fn states(&self) -> [(u8, u32); 2] {
        [&self.a, &self.b].map(|instance| instance.state("gke-registry", "x"))
    }
}

fn why(ending: &Ending) -> &str {
    match ending {
        Ending::Changed { why } | Ending::Failed { why } => why,
        Ending::Done | Ending::Stopped => "",
    }
}

#[tokio::test]
async fn a_server_is_drained_on_every_instance_and_taken_back() {
    let bridge = Bridge::new();
    let proposal = bridge.drain().await;
    let item = &proposal.items[0];
    let text = format!("{item:#?}");
    for said in [
        "lb-a, lb-b: 2 of 3 servers of gke-registry are left that are up: each then carries 150 % of what it does now",
        "lb-a, lb-b: mirror/x follows its state: drain as well",
        "it lasts until HAProxy is reloaded",
        "ready at weight 100",
        "its checks go on",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(demand(&proposal).line(), "x");
    let by_hand = commands(&proposal);
    let socket = bridge.a.socket().display().to_string();
    let command = format!(
        "echo 'set server gke-registry/x state drain' | socat stdio unix-connect:{socket} # only while it is"
    );
    assert!(by_hand[0].starts_with(&command) && by_hand.len() == 2, "{by_hand:?}");
    assert_eq!(bridge.states(), [READY, READY], "a proposal only looks");

    let done = carry_out(&bridge.deeds, proposal).await;
    assert_eq!((&done.ending, bridge.states()), (&Ending::Done, [DRAIN, DRAIN]), "{done:#?}");
    assert_eq!(bridge.a.state("mirror", "x").0, 16);
    let proof = done.proofs.iter().find(|proof| proof.of == "lb-b gke-registry/x").unwrap();
    assert!(proof.before.contains("ready at weight 100"), "{proof:?}");
    assert!(proof.after.as_deref().is_some_and(|after| after.contains("DRAIN")), "{proof:?}");

    let undo = bridge.undo(&done).await.unwrap();
    assert_eq!(demand(&undo).line(), "undo");
    let undone = carry_out(&bridge.deeds, undo).await;
    assert_eq!((&undone.ending, bridge.states()), (&Ending::Done, [READY, READY]), "{undone:#?}");
    let pasts = bridge.deeds.recall().unwrap();
    assert!(matches!(pasts[1].standing, Standing::Undone { .. }), "{pasts:#?}");
    assert!(
        pasts[0].store.starts_with("haproxy:lb-")
            && bridge.deeds.is_here(&Nowhere::default(), &pasts[0].store)
    );
}

#[tokio::test]
async fn what_somebody_sets_meanwhile_stops_it_before_anything_is_written() {
    let bridge = Bridge::new();
    let proposal = bridge.drain().await;
    bridge.a.say("set server gke-registry/x state maint");
    let done = carry_out(&bridge.deeds, proposal).await;
    assert!(why(&done.ending).contains("set by somebody since: it is maint at weight 100"), "{done:#?}");
    assert_eq!((outcomes(&done), bridge.states()), (vec!["changed"], [MAINT, READY]));
    // Nor is anything of theirs taken back.
    let none = bridge.undo(&done).await.unwrap_err().to_string();
    assert!(none.contains("nothing is left to take back"), "{none}");

    // And what is set after ours stays as well.
    let proposal = bridge.propose("server-maint", &["x"], None).await.unwrap();
    let done = carry_out(&bridge.deeds, proposal).await;
    assert_eq!((outcomes(&done), bridge.states()), (vec!["done"], [MAINT, MAINT]), "only where it is not so");
    bridge.b.say("set server gke-registry/x state drain");
    let none = bridge.undo(&done).await.unwrap_err().to_string();
    assert!(none.contains("so it is left as it is"), "{none}");
}

#[tokio::test]
async fn a_reload_between_proposal_and_agreement_stops_it() {
    let bridge = Bridge::new();
    let proposal = bridge.drain().await;
    bridge.a.reload();
    let done = carry_out(&bridge.deeds, proposal).await;
    assert!(why(&done.ending).contains("lb-a was reloaded or restarted since"), "{done:#?}");
    assert_eq!(bridge.states(), [READY, READY]);
    // After a reload of what was set there is nothing to take back: HAProxy did.
    let done = carry_out(&bridge.deeds, bridge.drain().await).await;
    bridge.a.reload();
    bridge.b.reload();
    let none = bridge.undo(&done).await.unwrap_err().to_string();
    assert!(none.contains("nothing is left to take back"), "{none}");
}

#[tokio::test]
async fn an_instance_that_goes_half_way_leaves_a_true_journal() {
    let bridge = Bridge::new();
    let proposal = bridge.drain().await;
    bridge.b.kill();
    let done = carry_out(&bridge.deeds, proposal).await;
    assert!(matches!(done.ending, Ending::Failed { .. }), "{done:#?}");
    assert_eq!(outcomes(&done), ["done", "failed"]);
    assert!(why(&done.ending).contains("lb-b"), "{done:#?}");
    let past = bridge.deeds.recall().unwrap().remove(0);
    assert_eq!((past.done, past.of), (1, 2));
    let rest = bridge.again(About::Resume(past.entry.clone())).await.unwrap_err().to_string();
    assert!(rest.contains("cannot be finished") && rest.contains("lb-b"), "{rest}");
    let undo = bridge.undo(&done).await.unwrap();
    assert_eq!(undo.steps().count(), 1);
    assert!(format!("{undo:?}").contains("lb-b gke-registry/x is left as it is"), "{undo:#?}");
    carry_out(&bridge.deeds, undo).await;
    assert_eq!(bridge.a.state("gke-registry", "x"), READY);
}

#[tokio::test]
async fn stopped_on_the_way_the_rest_can_be_done_or_all_taken_back() {
    for about in [About::Undo, About::Resume] {
        let bridge = Bridge::new();
        let stop = |progress: &quarterdeck::model::Progress| {
            progress.phase == Phase::Write && progress.finished == 0
        };
        let done = stop_when(&bridge.deeds, bridge.drain().await, stop).await;
        assert_eq!((&done.ending, bridge.states()), (&Ending::Stopped, [DRAIN, READY]), "{done:#?}");
        let proposal = bridge.again(about(done.entry.clone().unwrap())).await.unwrap();
        let then = carry_out(&bridge.deeds, proposal.clone()).await;
        assert_eq!((&then.ending, proposal.steps().count()), (&Ending::Done, 1), "{then:#?}");
        let both = if matches!(proposal.about, Some(About::Undo(_))) { READY } else { DRAIN };
        assert_eq!(bridge.states(), [both, both]);
        // The rest and what it finished are taken back together.
        if both == DRAIN {
            let undo = bridge.undo(&done).await.unwrap();
            carry_out(&bridge.deeds, undo).await;
            assert_eq!(bridge.states(), [READY, READY]);
        }
    }
}

#[tokio::test]
async fn the_last_server_takes_a_word_more() {
    let bridge = Bridge::new();
    for server in ["y", "z"] {
        bridge.b.say(&format!("set server gke-registry/{server} state maint"));
    }
    for verb in ["server-drain", "server-maint"] {
        let proposal = bridge.propose(verb, &["x"], None).await.unwrap();
        assert_eq!(demand(&proposal).line(), "x last", "{verb}");
        let mind = proposal.items[0].mind.join("\n");
        assert!(mind.contains("lb-b: NO server of gke-registry is left"), "{mind}");
    }
    let proposal = bridge.propose("server-weight", &["x"], Some("0")).await.unwrap();
    assert_eq!(demand(&proposal).line(), "x last");
    // So does taking all of them at once, and taking back what made it the last one.
    let all = bridge.propose("server-drain", &["x", "y", "z"], None).await.unwrap();
    assert_eq!(demand(&all).line(), "3 last");
    bridge.a.say("set server gke-registry/x state maint; set server gke-registry/y state maint");
    let done = carry_out(&bridge.deeds, bridge.propose("server-ready", &["x"], None).await.unwrap()).await;
    bridge.a.say("set server gke-registry/z state maint");
    let undo = bridge.undo(&done).await.unwrap();
    assert_eq!(demand(&undo).line(), "undo last", "{undo:#?}");
}

#[tokio::test]
async fn weights_are_set_changed_and_put_back() {
    let bridge = Bridge::new();
    for (wanted, weight) in [("50", 50), ("+10", 60), ("-1", 59), ("configured", 100)] {
        let proposal = bridge.propose("server-weight", &["x"], Some(wanted)).await.unwrap();
        let done = carry_out(&bridge.deeds, proposal).await;
        assert_eq!((&done.ending, bridge.states()), (&Ending::Done, [(0, weight); 2]), "{wanted}: {done:#?}");
        if wanted == "-1" {
            let undone = carry_out(&bridge.deeds, bridge.undo(&done).await.unwrap()).await;
            assert_eq!((&undone.ending, bridge.states()), (&Ending::Done, [(0, 60); 2]), "{undone:#?}");
        }
    }
    for wrong in ["257", "half", ""] {
        let none = bridge.propose("server-weight", &["x"], Some(wrong)).await.unwrap_err().to_string();
        assert!(none.contains("want a weight of 0 to 256"), "{wrong}: {none}");
    }
    // A backend that takes none says so, and the journal has it.
    let proposal = bridge.propose("server-weight", &["fixed/x"], Some("5")).await.unwrap();
    let done = carry_out(&bridge.deeds, proposal).await;
    assert!(why(&done.ending).contains("static LB algorithm"), "{done:#?}");
    assert_eq!(bridge.a.state("fixed", "x").1, 10);
}

#[tokio::test]
async fn what_cannot_be_set_everywhere_is_refused_in_words() {
    let refused = async |bridge: &Bridge, server: &str| {
        bridge.propose("server-drain", &[server], None).await.unwrap_err().to_string()
    };
    let user = Bridge::with("user", Vec::new());
    let said = refused(&user, "x").await;
    assert!(said.contains("the socket of lb-b") && said.contains("level admin"), "{said}");
    assert_eq!(user.states(), [READY, READY]);

    let gone = Bridge::new();
    gone.b.kill();
    let said = refused(&gone, "x").await;
    assert!(said.contains("lb-b") && said.contains("disagree"), "{said}");

    let page =
        Named { name: "lb-c".into(), address: "http://127.0.0.1:9/stats".parse().unwrap(), login: None };
    let said = refused(&Bridge::with("admin", vec![page]), "x").await;
    assert!(said.contains("lb-c"), "{said}");

    let bridge = Bridge::new();
    for (server, part) in
        [("nobody", "no instance has a server"), ("elsewhere/x", "no instance has a server")]
    {
        assert!(refused(&bridge, server).await.contains(part), "{server}");
    }
    let said = bridge.propose("server-ready", &["x"], None).await.unwrap_err().to_string();
    assert!(said.contains("nothing to set: lb-a, lb-b: it is ready at weight 100"), "{said}");
    let deeds =
        Deeds { fleet: None, ..deeds_on(Arc::new(Nowhere::default()), scratch().path().join("state")) };
    let none = Bridge { deeds, ..bridge };
    assert!(refused(&none, "x").await.contains("no HAProxy is known"));
}

#[tokio::test]
async fn instances_that_disagree_are_named_and_brought_together() {
    let bridge = Bridge::new();
    bridge.a.say("set server gke-registry/x state drain; set server gke-registry/x weight 7");
    let proposal = bridge.propose("server-weight", &["x"], Some("configured")).await.unwrap();
    let mind = proposal.items[0].mind.join("\n");
    assert!(mind.contains("disagree about it: lb-a: drain at weight 7; lb-b: ready at weight 100"), "{mind}");
    let done = carry_out(&bridge.deeds, proposal).await;
    assert!(
        matches!(done.steps.as_slice(), [(key, StepOutcome::Done { .. })] if key == "lb-a gke-registry/x")
    );
    assert_eq!(bridge.states(), [DRAIN, READY]);
}
