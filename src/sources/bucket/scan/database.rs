//! Scans a reference of a registry that keeps its metadata in a database: manifests come from the registry's API,
//! and only configurations and layers are looked for in the bucket.
//!
//! Links and tag folders in such a bucket are leftovers, and their absence is normal, so nothing else in there is
//! looked at. The bucket is the registry's to change: no cure that writes into it is offered.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use jiff::SignedDuration;

use super::confirm;
use super::look::{Eye, Seen, Way};
use super::{Hashing, ScanOptions};
use crate::model::{Repair, TagState, Unread};
use crate::registry::chain::{
    self, BlobSeen, Chain, Facts, Hash, Link, Look, ManifestSeen, PartSeen, RevisionSeen,
};
use crate::registry::checks::repairs::{COPY_REPUSH_REQUEST, DELETE_TAG_API, DELETE_WRONG_BLOB};
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::registry::manifest::{self, Manifest};
use crate::registry::reference::{Reference, Target};
use crate::registry::report::{Role, TagReport};
use crate::sources::registry_api::{ApiError, Client, ManifestAnswer};
use crate::storage::ObjectStore;

/// Requests to the registry in flight.
const ASKED_AT_ONCE: usize = 16;
/// Manifests that one reference may lead to; what is beyond is not looked at, and said so.
const MOST_MANIFESTS: usize = 10_000;
/// How often a scan starts over when what it looks at changes.
const ATTEMPTS: usize = 3;

/// Looks at one reference through the registry, and at its blobs in the bucket. Never fails: what could not be
/// read is in the report, and makes its state unknown if it decides.
pub async fn scan(
    api: &Client,
    store: &dyn ObjectStore,
    reference: &Reference,
    options: &ScanOptions,
) -> TagReport {
    let eye = Eye::new(store);
    let mut asked = Asked { api, requests: 0, trips: 0 };
    let mut report = TagReport::of(reference);
    for attempt in 1..=ATTEMPTS {
        let (next, unsettled) = once(&mut asked, &eye, reference, options).await;
        report = next;
        match unsettled {
            None => break,
            Some(unsettled) if attempt == ATTEMPTS => {
                report.findings.clear();
                report.state = TagState::Unknown;
                report.notes.push(format!("changing while we look: {}", unsettled.object));
                report.unread.push(unsettled);
            }
            Some(_) => {}
        }
    }
    report.requests = asked.requests + eye.requests();
    report.trips = asked.trips;
    report
}

/// The registry, and what it has been asked so far.
struct Asked<'a> {
    api: &'a Client,
    requests: u32,
    trips: u32,
}

impl Asked<'_> {
    /// Manifests side by side, each with what the registry answered.
    async fn manifests(
        &mut self,
        references: Vec<Reference>,
    ) -> Vec<(Reference, Result<ManifestAnswer, ApiError>)> {
        self.requests += u32::try_from(references.len()).unwrap_or(u32::MAX);
        self.trips += 1;
        let api = self.api;
        futures::stream::iter(references)
            .map(|reference| async move {
                let answer = api.manifest(&reference).await;
                (reference, answer)
            })
            .buffer_unordered(ASKED_AT_ONCE)
            .collect()
            .await
    }

    async fn manifest(&mut self, reference: &Reference) -> Result<ManifestAnswer, ApiError> {
        self.requests += 1;
        self.trips += 1;
        self.api.manifest(reference).await
    }
}

/// One look from the reference to its blobs, and what of it was different when asked for again.
async fn once(
    asked: &mut Asked<'_>,
    eye: &Eye<'_>,
    reference: &Reference,
    options: &ScanOptions,
) -> (TagReport, Option<Unread>) {
    let root = match asked.manifest(reference).await {
        Ok(answer) => answer,
        Err(error) => return (without_root(reference, &error), None),
    };
    let digest = match &reference.target {
        Target::Tag(_) => served_as(&root),
        Target::Digest(digest) => digest.clone(),
    };
    let by_digest = Reference::digest(reference.repository.clone(), digest.clone());
    let mut chain = Chain::unseen(by_digest, eye.kind());
    follow_manifests(asked, &mut chain, digest, root).await;
    follow_blobs(asked, eye, &mut chain, options).await;
    let verdict = chain::judge(&chain, SignedDuration::ZERO);
    let unsettled = match verdict.rests_on.is_empty() {
        true => None,
        false => ask_again(asked, eye, &chain, reference, &verdict.rests_on).await,
    };
    (retell(verdict.report, &chain, reference), unsettled)
}

fn without_root(reference: &Reference, error: &ApiError) -> TagReport {
    let mut report = TagReport::of(reference);
    if error.is_not_found() {
        report.state = TagState::Absent;
        report.notes.push(format!("the registry knows no such manifest: {}", error.detail));
    } else {
        report.unread.push(Unread { object: reference.api_path(), why: error.to_string() });
    }
    report
}

/// The digest that the registry calls the bytes, if that is true, else the one that they have.
fn served_as(answer: &ManifestAnswer) -> Digest {
    let claimed = answer.claimed.as_deref().and_then(|text| Digest::parse(text).ok());
    claimed.filter(|digest| digest.matches(&answer.bytes)).unwrap_or_else(|| answer.digest.clone())
}

/// Asks for the children of indexes, level by level.
async fn follow_manifests(asked: &mut Asked<'_>, chain: &mut Chain, digest: Digest, root: ManifestAnswer) {
    let mut level = vec![(digest, Ok(root))];
    while !level.is_empty() {
        let mut children = BTreeSet::new();
        for (digest, answer) in level {
            let seen = revision(&digest, answer);
            let named = seen.manifest.followed().into_iter().flat_map(Manifest::children);
            children.extend(named.filter_map(|child| child.digest.clone().ok()));
            chain.revisions.insert(digest, seen);
        }
        let room = MOST_MANIFESTS.saturating_sub(chain.revisions.len());
        let wanted = children.into_iter().filter(|child| !chain.revisions.contains_key(child)).take(room);
        let references: Vec<_> =
            wanted.map(|child| Reference::digest(chain.repository().clone(), child)).collect();
        if references.is_empty() {
            return;
        }
        let answers = asked.manifests(references).await;
        level = answers.into_iter().filter_map(|(reference, answer)| by_digest(reference, answer)).collect();
    }
}

fn by_digest<T>(reference: Reference, answer: T) -> Option<(Digest, T)> {
    match reference.target {
        Target::Digest(digest) => Some((digest, answer)),
        Target::Tag(_) => None,
    }
}

/// A manifest that the registry serves counts as linked and stored: where it keeps it is its own affair.
fn revision(digest: &Digest, answer: Result<ManifestAnswer, ApiError>) -> RevisionSeen {
    let (link, manifest) = match answer {
        Ok(answer) => (Look::There(promise(digest)), served(digest, &answer)),
        Err(error) if error.is_not_found() => (Look::Missing, ManifestSeen::unseen(Look::Missing)),
        Err(error) => (Look::There(promise(digest)), ManifestSeen::unseen(Look::Unread(error.to_string()))),
    };
    RevisionSeen { link, under_layers: None, manifest, elsewhere: None }
}

fn served(digest: &Digest, answer: &ManifestAnswer) -> ManifestSeen {
    let lie = answer.contradiction().or_else(|| {
        let right = digest.matches(&answer.bytes);
        (!right).then(|| format!("the registry answered for {digest} with bytes of {}", answer.digest))
    });
    match (lie, manifest::parse(&answer.bytes)) {
        (Some(lie), _) => ManifestSeen::unseen(Look::Unread(lie)),
        (None, Err(error)) => {
            ManifestSeen::unseen(Look::Unread(format!("the registry serves this: {error}")))
        }
        (None, Ok(manifest)) => ManifestSeen {
            data: Look::There(Facts { size: Some(answer.bytes.len() as u64), ..Facts::default() }),
            hash: Hash::Right,
            content: Some(Ok(manifest)),
        },
    }
}

/// The link that a registry with its metadata in files would have.
fn promise(digest: &Digest) -> Link {
    let text = digest.to_string();
    Link { facts: Facts { size: Some(text.len() as u64), ..Facts::default() }, head: text.into() }
}

/// Looks for every blob of every manifest in the bucket, and hashes those that look wrong, or all.
async fn follow_blobs(asked: &mut Asked<'_>, eye: &Eye<'_>, chain: &mut Chain, options: &ScanOptions) {
    let stated = stated(chain);
    let looks: Vec<(Digest, Seen<BlobSeen>)> = futures::stream::iter(stated.keys().cloned())
        .map(|digest| async move {
            let seen = eye.blob(&digest, Way::Listing).await;
            (digest, seen)
        })
        .buffer_unordered(options.in_flight.max(1))
        .collect()
        .await;
    asked.trips += looks.iter().map(|(_, seen)| seen.trips).max().unwrap_or(0);
    let mut suspects = Vec::new();
    for (digest, Seen { what: blob, .. }) in looks {
        if let Some(facts) = blob.data.there() {
            let sizes = stated.get(&digest).into_iter().flatten();
            let doubtful = facts.size.is_none_or(|size| size == 0 || sizes.into_iter().any(|it| *it != size));
            if doubtful || options.hashing == Hashing::All {
                suspects.push((digest.clone(), facts.size));
            }
        }
        let link = Look::There(promise(&digest));
        chain.parts.insert(digest.clone(), PartSeen { link, at: digest, blob });
    }
    let hashes: Vec<(Digest, Seen<Hash>)> = futures::stream::iter(suspects)
        .map(|(digest, size)| async move {
            let hash = eye.hash(&digest, &digest, size).await;
            (digest, hash)
        })
        .buffer_unordered(options.in_flight.max(1))
        .collect()
        .await;
    asked.trips += hashes.iter().map(|(_, seen)| seen.trips).max().unwrap_or(0);
    for (digest, Seen { what: hash, .. }) in hashes {
        if let Some(part) = chain.parts.get_mut(&digest) {
            part.blob.hash = hash;
        }
    }
}

/// The blobs that manifests name, with the sizes that they state.
fn stated(chain: &Chain) -> BTreeMap<Digest, BTreeSet<u64>> {
    let mut stated: BTreeMap<Digest, BTreeSet<u64>> = BTreeMap::new();
    let manifests = chain.revisions.values().filter_map(|seen| seen.manifest.followed());
    for blob in manifests.flat_map(Manifest::blobs).filter(|blob| !blob.is_elsewhere()) {
        if let Ok(digest) = &blob.digest {
            stated.entry(digest.clone()).or_default().extend(chain::promised(blob));
        }
    }
    stated
}

/// Asks once more for what the findings rest on: the reference first, then children and blobs.
async fn ask_again(
    asked: &mut Asked<'_>,
    eye: &Eye<'_>,
    chain: &Chain,
    reference: &Reference,
    rests_on: &BTreeSet<String>,
) -> Option<Unread> {
    let unsettled = |why: &str| Some(Unread { object: reference.api_path(), why: why.to_owned() });
    match asked.manifest(reference).await {
        Ok(answer) if chain.revisions.contains_key(&served_as(&answer)) => {}
        Ok(_) => return unsettled("changed while we looked"),
        Err(error) => return unsettled(&error.to_string()),
    }
    let missing = chain.revisions.iter().filter(|(_, seen)| seen.link.is_missing());
    let references: Vec<_> =
        missing.map(|(digest, _)| Reference::digest(chain.repository().clone(), digest.clone())).collect();
    for (child, answer) in asked.manifests(references).await {
        if !answer.is_err_and(|error| error.is_not_found()) {
            return Some(Unread { object: child.api_path(), why: "changed while we looked".to_owned() });
        }
    }
    let blobs = chain.parts.keys().map(|digest| Key::BlobData { digest: digest.clone() }.path());
    let blobs = blobs.filter(|key| rests_on.contains(key)).collect();
    asked.trips += 1;
    confirm::confirm(eye, chain, &blobs, ASKED_AT_ONCE).await.err()
}

/// Tells of manifests as the registry's, not as the bucket's, and of cures that leave the bucket alone.
fn retell(mut report: TagReport, chain: &Chain, reference: &Reference) -> TagReport {
    report.tag = TagReport::of(reference).tag;
    let of_manifest = |object: &str| match Key::parse(object).promise() {
        Some(digest) if chain.revisions.contains_key(digest) && !chain.parts.contains_key(digest) => {
            Some(Reference::digest(chain.repository().clone(), digest.clone()).api_path())
        }
        Some(_) | None => None,
    };
    report.hops.retain(|hop| match hop.role {
        Role::Manifest | Role::Config | Role::Layer => true,
        Role::TagLink | Role::RevisionLink | Role::ConfigLink | Role::LayerLink => false,
    });
    for object in report.hops.iter_mut().map(|hop| &mut hop.object) {
        *object = of_manifest(object).unwrap_or_else(|| std::mem::take(object));
    }
    for finding in &mut report.findings {
        finding.object = of_manifest(&finding.object).unwrap_or_else(|| std::mem::take(&mut finding.object));
        finding.repairs = cures(&finding.repairs);
    }
    for unread in &mut report.unread {
        unread.object = of_manifest(&unread.object).unwrap_or_else(|| std::mem::take(&mut unread.object));
    }
    report.notes.push(
        "manifests as the registry serves them; of the bucket only blobs were looked at, and it is read-only"
            .to_owned(),
    );
    report
}

/// The same cures without any that writes into the bucket. A blob with wrong bytes stays in a push's way until
/// the registry itself collects it, which it does some time after the last tag that needs it is gone.
fn cures(repairs: &[Repair]) -> Vec<Repair> {
    match repairs.contains(&DELETE_WRONG_BLOB) {
        true => vec![DELETE_TAG_API, Repair::RePush],
        false => vec![Repair::RePush, COPY_REPUSH_REQUEST],
    }
}
