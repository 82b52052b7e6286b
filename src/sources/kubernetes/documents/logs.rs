//! Logs of the container that matters first, followed for as long as it lives.

use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::json::{list, number, text, truth};
use super::{Reader, Refusal};
use crate::model::text::{clean, clean_bytes};
use crate::sources::TroubleKind;
use crate::sources::kubernetes::watch::Lines;

/// Lines from before.
const TAIL: &str = "1000";

/// The longest line that is shown, in bytes.
const LONGEST: usize = 4096;

/// Lines of a page at most.
const PAGE: usize = 256;

/// After such a silence the stream is taken up again: a connection whose other end is gone is silent too.
const SILENCE: Duration = Duration::from_secs(120);

/// A stream that ends sooner than this has not gone well.
const SHORT: Duration = Duration::from_secs(10);

/// Which container is read, and what is said about that.
struct Chosen {
    name: String,
    others: Vec<String>,
    /// How often it was begun again.
    restarts: i64,
}

/// How a stream came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Over,
    /// Nothing was heard for so long that nobody may be there any more.
    Silent,
}

impl Reader {
    /// The logs of the container that matters, and all that it says from now on.
    pub(super) async fn logs(&self, pod: &Value) -> Result<(), Refusal> {
        let mut chosen = choose(pod, false)?;
        self.introduce(&chosen, "").await;
        let name = text(pod, "/metadata/name");
        let pace = self.access.options().pace;
        let (mut since, mut pause) = (format!("tailLines={TAIL}"), pace.first_pause);
        loop {
            let begun = Instant::now();
            let (end, heard) = self.follow(name, &chosen, &since, true).await?;
            let is_short = begun.elapsed() < SHORT;
            // Asked a moment later, for what ended may not be told of yet.
            tokio::time::sleep(pause).await;
            pause = if is_short { (pause * 2).min(pace.longest_pause) } else { pace.first_pause };
            let pod = self.get(&format!("pods/{name}"), &[]).await?;
            let Some(status) = status(&pod, &chosen.name) else { return Ok(()) };
            let restarts = number(status, "/restartCount");
            if status.pointer("/state/running").is_none() {
                let state = describe_end(status);
                return self.say(&format!("the container has ended{state}; p shows the run before")).await;
            }
            since = if restarts == chosen.restarts {
                // By the clock on the wall, which goes on while this machine sleeps.
                let missed = Timestamp::now().duration_since(heard).as_secs().max(0);
                let overlap = i64::from(end == End::Over);
                if end == End::Over {
                    self.say("the stream broke and was taken up again: lines may be missing or come twice")
                        .await?;
                }
                format!("sinceSeconds={}&tailLines={TAIL}", (missed + overlap).max(1))
            } else {
                self.say(&format!("the container was begun again{}", describe_end(status))).await?;
                format!("tailLines={TAIL}")
            };
            chosen.restarts = restarts;
        }
    }

    /// The logs of the run before this one.
    pub(super) async fn previous_logs(&self, pod: &Value) -> Result<(), Refusal> {
        let chosen = choose(pod, true)?;
        let end = status(pod, &chosen.name).map(describe_end).unwrap_or_default();
        self.introduce(&chosen, &format!("; the run before this one{end}")).await;
        let name = text(pod, "/metadata/name");
        match self.follow(name, &chosen, &format!("previous=true&tailLines={TAIL}"), false).await? {
            (End::Over, _) => Ok(()),
            (End::Silent, _) => {
                let why = "the API server fell silent in the middle of the log; open it again";
                Err(Refusal::of(TroubleKind::Slow, why))
            }
        }
    }

    async fn introduce(&self, chosen: &Chosen, more: &str) {
        let others = match chosen.others.as_slice() {
            [] => String::new(),
            others => format!("; also in this pod: {}", others.join(", ")),
        };
        // A reader that is gone is noticed with the first page.
        let _ = self.say(&format!("container {}{more}{others}", chosen.name)).await;
    }

    /// A line of ours, which looks like none of theirs.
    async fn say(&self, text: &str) -> Result<(), Refusal> {
        let time = Timestamp::now().strftime("%H:%M:%S");
        self.lines(vec![format!("── {time} UTC · {} ──", clean(text))]).await;
        Ok(())
    }

    /// Reads one stream to its end, and tells when something was heard last.
    async fn follow(
        &self,
        pod: &str,
        chosen: &Chosen,
        query: &str,
        on: bool,
    ) -> Result<(End, Timestamp), Refusal> {
        let follow = if on { "&follow=true" } else { "" };
        let path = format!("pods/{pod}/log?container={}&{query}{follow}", chosen.name);
        let answer = self.access.ask("/api/v1", &path).await?;
        let mut lines = Lines::new(answer.into_body(), Duration::ZERO, SILENCE);
        let mut heard = Timestamp::now();
        loop {
            let line = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(refusal) if refusal.trouble.kind == TroubleKind::Slow => {
                    return Ok((End::Silent, heard));
                }
                Err(refusal) => return Err(refusal),
            };
            heard = Timestamp::now();
            let mut page = vec![shown(&line)];
            // What has come already goes with it.
            while page.len() < PAGE {
                match lines.next().now_or_never() {
                    Some(Ok(Some(line))) => page.push(shown(&line)),
                    _ => break,
                }
            }
            self.lines(page).await;
        }
        let rest = lines.rest();
        if !rest.is_empty() {
            self.lines(vec![shown(&rest)]).await;
        }
        Ok((End::Over, heard))
    }
}

/// A line, safe to show and not longer than anybody reads.
fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() <= LONGEST {
        return clean_bytes(line).into_owned();
    }
    format!("{} … {} bytes more", clean_bytes(&line[..LONGEST]), line.len() - LONGEST)
}

/// The container that matters first: one that is in trouble, else the first.
fn choose(pod: &Value, is_previous: bool) -> Result<Chosen, Refusal> {
    let names = |path| list(pod, path).iter().map(|container| text(container, "/name").to_owned());
    let init: Vec<_> = names("/spec/initContainers").collect();
    let main: Vec<_> = names("/spec/containers").collect();
    let of = |names: &[String], is_it: &dyn Fn(&Value) -> bool| {
        names.iter().find(|name| status(pod, name).is_some_and(is_it)).cloned()
    };
    let wanted = if is_previous {
        let ran_before = |status: &Value| status.pointer("/lastState/terminated").is_some();
        let troubled = |status: &Value| ran_before(status) && !truth(status, "/ready");
        of(&main, &troubled)
            .or_else(|| of(&init, &troubled))
            .or_else(|| of(&main, &ran_before))
            .or(of(&init, &ran_before))
    } else {
        let has_failed = |status: &Value| number(status, "/state/terminated/exitCode") != 0;
        let is_at_work = |status: &Value| {
            let is_over = status.pointer("/state/terminated").is_some() && !has_failed(status);
            !is_over && !truth(status, "/ready") && !truth(status, "/started")
        };
        let is_stuck =
            |status: &Value| text(status, "/state/waiting/reason") != "PodInitializing" && is_at_work(status);
        of(&init, &is_stuck).or_else(|| of(&main, &|status| !truth(status, "/ready")))
    };
    let name = wanted
        .or_else(|| main.first().cloned())
        .ok_or_else(|| Refusal::of(TroubleKind::Absent, "the pod has no containers"))?;
    let others = main.iter().cloned().chain(init.iter().map(|name| format!("{name} (init)")));
    let is_other = |other: &String| *other != name && *other != format!("{name} (init)");
    let restarts = status(pod, &name).map_or(0, |status| number(status, "/restartCount"));
    Ok(Chosen { others: others.filter(is_other).collect(), restarts, name })
}

fn status<'a>(pod: &'a Value, name: &str) -> Option<&'a Value> {
    let lists = ["/status/containerStatuses", "/status/initContainerStatuses"];
    lists.into_iter().flat_map(|path| list(pod, path)).find(|status| text(status, "/name") == name)
}

/// How its last run ended, if one did.
fn describe_end(status: &Value) -> String {
    let ended =
        ["/state/terminated", "/lastState/terminated"].into_iter().find_map(|path| status.pointer(path));
    ended.map_or_else(String::new, |ended| {
        format!(" ({}, exit {})", text(ended, "/reason"), number(ended, "/exitCode"))
    })
}
