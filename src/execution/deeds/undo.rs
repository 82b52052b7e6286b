//! What taking back an entry of the journal would do: only what is still absent is brought back, and nothing that
//! was written since is touched.

use std::collections::HashSet;

use super::inverse::Ground;
use super::{Deeds, earlier, proof, servers};
use crate::execution::backup;
use crate::execution::journal::History;
use crate::model::{About, Act, Content, Expect, Guard, Item, Proposal, Step, Subject, TagState};
use crate::proposals::NoProposal;
use crate::storage::ObjectStore;

/// How the key of the link that makes a tag ends.
const CURRENT_LINK: &str = "/current/link";

/// The proposal that takes back what an entry, and those that it finished, did.
pub async fn propose(deeds: &Deeds, store: &dyn ObjectStore, id: &str) -> Result<Proposal, NoProposal> {
    let histories = earlier::histories(&deeds.journal).await?;
    let parts = earlier::parts(&histories, id, (deeds, store))?;
    let Some(newest) = parts.first() else { return Err(NoProposal::NotHere(format!("no entry {id}"))) };
    let undo = Undo { deeds, store, parts: &parts };
    let (mut items, mut left) = (Vec::new(), Vec::new());
    for subject in subjects(&parts) {
        let item = undo.item(&subject).await?;
        match item.steps.is_empty() {
            true => left.extend(item.mind),
            false => items.push(item),
        }
    }
    if items.is_empty() {
        let why = if left.is_empty() { String::new() } else { format!(": {}", left.join("; ")) };
        return Err(NoProposal::NotHere(format!("nothing is left to take back of entry {}{why}", newest.id)));
    }
    if let Some(item) = items.first_mut() {
        item.mind.extend(left);
    }
    Ok(Proposal {
        verb: "undo".to_owned(),
        store: newest.proposal.store.clone(),
        about: Some(About::Undo(newest.id.clone())),
        backups: Some(deeds.journal.backups().display().to_string()),
        items,
    })
}

/// All subjects of a deed, the last one first.
fn subjects(parts: &[&History]) -> Vec<Subject> {
    let mut found: Vec<Subject> = Vec::new();
    for item in parts.iter().flat_map(|part| part.proposal.items.iter().rev()) {
        if !found.contains(&item.subject) {
            found.push(item.subject.clone());
        }
    }
    found
}

struct Undo<'a> {
    deeds: &'a Deeds,
    store: &'a dyn ObjectStore,
    parts: &'a [&'a History],
}

impl Undo<'_> {
    async fn item(&self, subject: &Subject) -> Result<Item, NoProposal> {
        let (mut steps, mut mind, mut known) = (Vec::<Step>::new(), Vec::new(), HashSet::new());
        let ground = Ground {
            store: self.store,
            client: self.deeds.looking.client(),
            fleet: self.deeds.fleet.as_ref(),
        };
        for part in self.parts {
            for (number, step) in steps_of(part, subject).into_iter().rev() {
                let mut inverse = match ground.inverse(part, number, step).await {
                    Ok(step) => step.into_iter().collect(),
                    Err(Ok(left)) => {
                        mind.push(left);
                        Vec::new()
                    }
                    Err(Err(why)) => return Err(why),
                };
                inverse.extend(ground.folders_made(part, number).await?);
                // A later part that did the same step again knows better.
                inverse.retain(|step| known.insert(step.key.clone()));
                steps.extend(inverse);
            }
        }
        mind.extend(self.damaged(&steps).await);
        let takes = steps.iter().any(|step| step.act.takes_bytes());
        let report = match proof::reference_of(subject) {
            Some(reference) => Some(self.deeds.looking.look(self.store, &reference).await),
            None => None,
        };
        let state = report.as_ref().map(|report| report.state);
        let steps = self.guarded(ordered(steps, state)).await?;
        let whole = mind.is_empty();
        mind.extend(steps.iter().filter_map(|step| step.act.setting()).filter_map(servers::warning));
        Ok(Item {
            subject: subject.clone(),
            state: state.filter(|_| takes),
            why: self.parts.iter().map(|part| format!("it takes back {}", earlier::words(part))).collect(),
            references: self.sources(&steps),
            before: report
                .map_or_else(|| self.told(subject, |item| &item.after), |report| proof::verdict(&report)),
            after: match whole {
                true => format!("as before: {}", self.told(subject, |item| &item.before)),
                false => format!(
                    "not all as before, because something was written since; before: {}",
                    self.told(subject, |item| &item.before)
                ),
            },
            steps,
            mind,
        })
    }

    /// What the oldest part said about a subject.
    fn told(&self, subject: &Subject, what: impl Fn(&Item) -> &String) -> String {
        let items = self.parts.iter().rev().flat_map(|part| &part.proposal.items);
        items.into_iter().find(|item| item.subject == *subject).map(what).cloned().unwrap_or_default()
    }

    /// Where the bytes come from.
    fn sources(&self, steps: &[Step]) -> Vec<String> {
        let mut said = Vec::new();
        let from = |in_store| {
            move |step: &&Step| kept(&step.act).is_some_and(|kept| kept.in_store.is_some() == in_store)
        };
        match steps.iter().filter(from(false)).count() {
            0 => {}
            count => said.push(format!(
                "{} as a backup in {}",
                of_the_objects(count, "lies", "lie"),
                self.deeds.journal.backups().display()
            )),
        }
        match steps.iter().filter(from(true)).count() {
            0 => {}
            count => {
                said.push(format!("{} kept by the store itself", of_the_objects(count, "is", "are")));
            }
        }
        said
    }

    /// What can be seen to be wrong with the backups.
    async fn damaged(&self, steps: &[Step]) -> Vec<String> {
        let folder = self.deeds.journal.backups();
        let kept: Vec<_> = steps.iter().filter_map(|step| kept(&step.act)).cloned().collect();
        let proved = tokio::task::spawn_blocking(move || {
            let files = kept.iter().filter(|kept| kept.file.is_some());
            files.filter_map(|kept| backup::bytes(&folder, kept).err()).collect::<Vec<_>>()
        });
        let wrong = proved.await.unwrap_or_else(|stopped| vec![stopped.to_string()]);
        let only = |why| format!("{why}; that object comes back only if the store itself still keeps it");
        wrong.into_iter().map(only).collect()
    }

    /// Each step demands that the tag's link is as it was seen now, or as an earlier step left it.
    async fn guarded(&self, mut steps: Vec<Step>) -> Result<Vec<Step>, NoProposal> {
        let Some(link) = steps.iter().find(|step| step.key.ends_with(CURRENT_LINK)) else {
            return Ok(steps);
        };
        let key = link.key.clone();
        let mut expect = Some(match earlier::seen(self.store, &key).await? {
            Some(entry) => Expect::Version(entry.version.0),
            None => Expect::Absent,
        });
        for step in &mut steps {
            if step.key == key {
                expect = matches!(step.act, Act::Delete { .. }).then_some(Expect::Absent);
            } else if let Some(expect) = &expect {
                step.guards.push(Guard { key: key.clone(), expect: expect.clone() });
            }
        }
        Ok(steps)
    }
}

/// So many of the objects do something.
fn of_the_objects(count: usize, one: &str, several: &str) -> String {
    format!("{count} of the objects {}", if count == 1 { one } else { several })
}

/// The steps of a part that concern a subject, with their numbers.
fn steps_of<'a>(part: &'a History, subject: &Subject) -> Vec<(usize, &'a Step)> {
    let items = part.proposal.items.iter().flat_map(|item| item.steps.iter().map(move |step| (item, step)));
    let numbered = items.enumerate().filter(|(_, (item, _))| item.subject == *subject);
    numbered.map(|(number, (_, step))| (number, step)).collect()
}

/// The tag's link last, so that a plan that stops half-way leaves what clients see now; but first where it is broken
/// and goes. Folders that go come after everything in them, folders that come before.
fn ordered(steps: Vec<Step>, state: Option<TagState>) -> Vec<Step> {
    let goes_first = |step: &Step| state == Some(TagState::Broken) && step.act.takes_bytes();
    let rank = |step: &Step| match &step.act {
        Act::MakeFolder { .. } => 0,
        Act::RemoveFolder => 4,
        _ if !step.key.ends_with(CURRENT_LINK) => 2,
        _ if goes_first(step) => 1,
        _ => 3,
    };
    let depth = |step: &Step| {
        let depth = isize::try_from(step.key.len()).unwrap_or(isize::MAX);
        match &step.act {
            Act::MakeFolder { .. } => depth,
            Act::RemoveFolder => -depth,
            _ => 0,
        }
    };
    let mut steps = steps;
    steps.sort_by_key(|step| (rank(step), depth(step)));
    steps
}

/// The backup that an act writes.
fn kept(act: &Act) -> Option<&crate::model::Backup> {
    match act {
        Act::Create { content } | Act::Replace { content, .. } | Act::PutBack { content, .. } => {
            match content {
                Content::Backup(kept) => Some(kept),
                Content::Text(_) => None,
            }
        }
        Act::ApiPut { content: Content::Backup(kept), .. } => Some(kept),
        Act::ApiPut { .. }
        | Act::Delete { .. }
        | Act::RemoveFolder
        | Act::MakeFolder { .. }
        | Act::ApiDelete { .. }
        | Act::SetServer(_)
        | Act::EmptyLog(_) => None,
    }
}
