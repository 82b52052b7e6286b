//! Walks a chain level by level, everything within a level side by side.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;

use super::look::{Eye, Seen, Way};
use super::{Hashing, ScanOptions};
use crate::registry::chain::{Chain, Hash, Link, Look, PartSeen, RevisionSeen, TagSeen};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, layers_prefix, tag_prefix};
use crate::registry::manifest::{Descriptor, Manifest};
use crate::registry::reference::{Reference, Repository, Tag, Target};

/// Manifests and blobs that one reference may lead to; what is beyond is not looked at, and said so.
const MOST_OBJECTS: usize = 100_000;

/// A chain as far as it was walked, and how many questions that took one after the other.
pub(super) struct Walked {
    pub chain: Chain,
    pub trips: u32,
}

/// One thing to look at.
enum Job {
    Revision(Digest),
    Part(Digest),
    Hash { at: Digest, digest: Digest, size: Option<u64> },
}

/// What came of it.
enum Done {
    Revision(Digest, Box<RevisionSeen>),
    Part(Digest, Box<PartSeen>),
    Hash(Digest, Hash),
}

/// Walks from the reference down to the last blob.
pub(super) async fn walk(eye: &Eye<'_>, reference: &Reference, options: &ScanOptions, way: Way) -> Walked {
    let mut chain = Chain::unseen(reference.clone(), eye.kind());
    let (root, mut trips) = match &reference.target {
        Target::Digest(digest) => (Some(digest.clone()), 0),
        Target::Tag(tag) => {
            let Seen { what, trips } = look_at_tag(eye, &reference.repository, tag).await;
            let root = what.link.there().and_then(|link| link.digest().ok());
            chain.tag = Some(what);
            (root, trips)
        }
    };
    let mut stated = Stated::default();
    let mut jobs: Vec<Job> = root.into_iter().map(Job::Revision).collect();
    while !jobs.is_empty() {
        let done: Vec<Seen<Done>> = futures::stream::iter(jobs)
            .map(|job| look_at(eye, &reference.repository, job, way))
            .buffer_unordered(options.in_flight.max(1))
            .collect()
            .await;
        trips += done.iter().map(|seen| seen.trips).max().unwrap_or(0);
        jobs = take(&mut chain, &mut stated, done, options.hashing);
    }
    trips += look_at_layers_folder(eye, &mut chain).await;
    Walked { chain, trips }
}

/// The tag's link and its folder, side by side.
async fn look_at_tag(eye: &Eye<'_>, repository: &Repository, tag: &Tag) -> Seen<TagSeen> {
    let key = Key::CurrentLink { repository: repository.clone(), tag: tag.clone() }.path();
    let prefix = tag_prefix(repository, tag);
    let (link, (mut folder, page)) = futures::join!(eye.link(&key), eye.tag_folder(&prefix));
    let mut trips = 1;
    if let (Look::Missing, Look::There(contents)) = (&link, &mut folder) {
        if let Some(page) = page {
            trips += eye.rest_of_folder(&prefix, contents, page).await;
        }
        if contents.objects > 0 {
            contents.age = eye.age(contents.newest).await;
            trips += 1;
        }
    }
    let nothing = !matches!(link, Look::There(_)) && matches!(folder, Look::Missing | Look::Folder);
    let file = match nothing {
        true => Some(eye.facts(prefix.trim_end_matches('/')).await),
        false => None,
    };
    trips += u32::from(nothing);
    Seen { what: TagSeen { link, folder, file }, trips }
}

async fn look_at(eye: &Eye<'_>, repository: &Repository, job: Job, way: Way) -> Seen<Done> {
    match job {
        Job::Revision(digest) => {
            let Seen { what, trips } = look_at_revision(eye, repository, &digest).await;
            Seen { what: Done::Revision(digest, Box::new(what)), trips }
        }
        Job::Part(digest) => {
            let Seen { what, trips } = look_at_part(eye, repository, &digest, way).await;
            Seen { what: Done::Part(digest, Box::new(what)), trips }
        }
        Job::Hash { at, digest, size } => {
            let Seen { what, trips } = eye.hash(&at, &digest, size).await;
            Seen { what: Done::Hash(digest, what), trips }
        }
    }
}

/// A revision's link and the manifest under its digest, side by side; then, if the link is missing or leads
/// elsewhere, what there is instead.
async fn look_at_revision(eye: &Eye<'_>, repository: &Repository, digest: &Digest) -> Seen<RevisionSeen> {
    let key = Key::RevisionLink { repository: repository.clone(), digest: digest.clone() }.path();
    let (link, Seen { what: manifest, trips }) = futures::join!(eye.link(&key), eye.manifest(digest, digest));
    let mut seen = Seen { what: RevisionSeen { link, under_layers: None, manifest, elsewhere: None }, trips };
    if seen.what.link.is_missing() {
        let key = Key::LayerLink { repository: repository.clone(), digest: digest.clone() }.path();
        seen.what.under_layers = Some(eye.link(&key).await);
        seen.trips += 1;
    } else if let Some(target) = leads_elsewhere(&seen.what.link, digest) {
        // By another algorithm it should still be the same bytes.
        let same_bytes = target.algorithm() != digest.algorithm();
        let Seen { what, trips } = eye.manifest(&target, if same_bytes { digest } else { &target }).await;
        seen.what.elsewhere = Some((target, what));
        seen.trips += trips;
    }
    seen
}

/// A blob's link and the blob under its digest, side by side; then, if the link leads to another algorithm's
/// digest, the blob there.
async fn look_at_part(eye: &Eye<'_>, repository: &Repository, digest: &Digest, way: Way) -> Seen<PartSeen> {
    let key = Key::LayerLink { repository: repository.clone(), digest: digest.clone() }.path();
    let (link, Seen { what: blob, mut trips }) = futures::join!(eye.link(&key), eye.blob(digest, way));
    let alias = leads_elsewhere(&link, digest).filter(|target| target.algorithm() != digest.algorithm());
    let (at, blob) = match alias {
        None => (digest.clone(), blob),
        Some(target) => {
            let elsewhere = eye.blob(&target, way).await;
            trips += elsewhere.trips;
            (target, elsewhere.what)
        }
    };
    Seen { what: PartSeen { link, at, blob }, trips }
}

fn leads_elsewhere(link: &Look<Link>, digest: &Digest) -> Option<Digest> {
    link.there()?.digest().ok().filter(|target| target != digest)
}

/// The sizes that manifests state for blobs.
#[derive(Default)]
struct Stated {
    sizes: BTreeMap<Digest, BTreeSet<Option<i64>>>,
    objects: usize,
}

impl Stated {
    /// Whether there is room for one more object.
    fn more(&mut self) -> bool {
        self.objects += 1;
        self.objects <= MOST_OBJECTS
    }

    /// Whether any manifest states another size than this.
    fn contradict(&self, digest: &Digest, size: u64) -> bool {
        let stated = self.sizes.get(digest).into_iter().flatten().flatten();
        stated.into_iter().any(|stated| u64::try_from(*stated) != Ok(size))
    }
}

/// Puts what was seen into the chain and yields what to look at next.
fn take(chain: &mut Chain, stated: &mut Stated, done: Vec<Seen<Done>>, hashing: Hashing) -> Vec<Job> {
    let mut wanted = Wanted::default();
    for seen in done {
        match seen.what {
            Done::Revision(digest, revision) => {
                if let Some(manifest) = revision.meant(&digest).followed() {
                    wanted.below(manifest, stated);
                }
                chain.revisions.insert(digest, *revision);
            }
            Done::Part(digest, part) => {
                wanted.touched.insert(digest.clone());
                chain.parts.insert(digest, *part);
            }
            Done::Hash(digest, hash) => {
                if let Some(part) = chain.parts.get_mut(&digest) {
                    part.blob.hash = hash;
                }
            }
        }
    }
    let mut jobs = Vec::new();
    let children = wanted.children.into_iter().filter(|digest| !chain.revisions.contains_key(digest));
    jobs.extend(children.filter(|_| stated.more()).map(Job::Revision));
    let blobs = wanted.blobs.iter().filter(|digest| !chain.parts.contains_key(*digest)).cloned();
    jobs.extend(blobs.filter(|_| stated.more()).map(Job::Part));
    let again = wanted.blobs.union(&wanted.touched);
    jobs.extend(again.filter_map(|digest| to_hash(chain, stated, digest, hashing)));
    jobs
}

/// What newly seen manifests name.
#[derive(Default)]
struct Wanted {
    children: BTreeSet<Digest>,
    blobs: BTreeSet<Digest>,
    /// Blobs that were just seen.
    touched: BTreeSet<Digest>,
}

impl Wanted {
    fn below(&mut self, manifest: &Manifest, stated: &mut Stated) {
        let named = |descriptor: &Descriptor| descriptor.digest.clone().ok();
        self.children.extend(manifest.children().filter_map(named));
        for blob in manifest.blobs().filter(|blob| !blob.is_elsewhere()) {
            if let Some(digest) = named(blob) {
                stated.sizes.entry(digest.clone()).or_default().insert(blob.size);
                self.blobs.insert(digest);
            }
        }
    }
}

/// A blob is hashed when everything is, when its size is unknown, or when that is not the one stated: then
/// either the blob or the manifest lies, and only the hash tells which.
fn to_hash(chain: &Chain, stated: &Stated, digest: &Digest, hashing: Hashing) -> Option<Job> {
    let part = chain.parts.get(digest).filter(|part| part.blob.hash == Hash::Unhashed)?;
    let size = part.blob.data.there()?.size;
    let suspect = size.is_none_or(|size| size == 0 || stated.contradict(digest, size));
    let wanted = suspect || hashing == Hashing::All;
    wanted.then(|| Job::Hash { at: part.at.clone(), digest: digest.clone(), size })
}

/// If every layer link that was looked for is missing, maybe the repository has none at all.
async fn look_at_layers_folder(eye: &Eye<'_>, chain: &mut Chain) -> u32 {
    if chain.parts.is_empty() || !chain.parts.values().all(|part| part.link.is_missing()) {
        return 0;
    }
    chain.layers_folder = Some(match eye.anything_below(&layers_prefix(chain.repository())).await {
        Ok(true) => Look::There(()),
        Ok(false) => Look::Missing,
        Err(error) => Look::Unread(error.to_string()),
    });
    1
}
