//! The exact commands that an operator could type instead of a cure, one line of why beside each.
//!
//! They keep the rules that were measured to matter: a broken tag loses `current/link` first; everything goes
//! one by one, never by prefix; nothing is deleted without a copy kept; deletes in a bucket name the generation
//! that was looked at; a link gets its digest without a line feed, and only after the bytes behind it were hashed.

mod applies;
mod proposed;
mod shell;
mod target;

pub use applies::target;
pub use proposed::{commands, undone_by};

use crate::model::{Finding, Repair};
use crate::registry::checks::repairs::{
    COPY_REPUSH_REQUEST, DELETE_LAYER_LINK, DELETE_REPOSITORY, DELETE_REVISION_LINK, DELETE_STRAY,
    DELETE_TAG, DELETE_TAG_API, DELETE_WRONG_BLOB, RESTORE_LINK,
};
use crate::registry::checks::{Effect, config_and_layers, find, revision};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, repository_prefix, tag_prefix};
use crate::registry::reference::{Repository, Tag};
use crate::registry::report::{HopState, Role, TagReport};
pub use shell::quote;
use target::Target;

/// One way to cure a finding, by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cure {
    pub repair: Repair,
    /// One sentence: what it does, or what to mind.
    pub why: String,
    /// To be typed in this order; a word in capitals is to be filled in. Empty where nothing can be typed.
    pub commands: Vec<String>,
}

/// Where a finding was made: what its commands have to name.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// As the store was opened: `file:///srv/registry`, `gs://bucket/root`.
    pub store: &'a str,
    /// Host of the registry, or its URL, if it is known.
    pub registry: Option<&'a str>,
    /// None for a fault of the blob store.
    pub repository: Option<&'a str>,
    /// The report that the finding is part of; none for a fault that no tag shows.
    pub report: Option<&'a TagReport>,
}

/// The commands for every cure of a finding, in the finding's order.
pub fn cures(finding: &Finding, scene: &Scene<'_>) -> Vec<Cure> {
    let work = Work { finding, scene, target: Target::of(scene.store) };
    finding
        .repairs
        .iter()
        .map(|&repair| Cure { repair, why: work.why(repair), commands: work.commands(repair) })
        .collect()
}

struct Work<'a> {
    finding: &'a Finding,
    scene: &'a Scene<'a>,
    target: Target<'a>,
}

impl Work<'_> {
    fn why(&self, repair: Repair) -> String {
        let cures_nothing =
            find(self.finding.id).is_some_and(|check| check.effects.contains(&Effect::PushCuresNothing));
        let text = match repair {
            Repair::RePush if self.finding.repairs.contains(&DELETE_WRONG_BLOB) && cures_nothing => {
                "only once the wrong bytes are gone: a push never replaces a blob that is stored. With a \
                 descriptor cache, restart the registry (or flush redis) before"
            }
            Repair::RePush if self.finding.repairs.contains(&DELETE_LAYER_LINK) => {
                "only once the link is gone: until then the registry answers 500 to the push"
            }
            Repair::RePush if self.finding.id == config_and_layers::SIZE_WRONG.id => {
                "build and push it anew: the manifest itself is wrong"
            }
            Repair::RePush => "writes missing links and blobs anew, and the tag's link in any case",
            COPY_REPUSH_REQUEST => "only the image's owner has the bytes; send them this",
            RESTORE_LINK => "writes the digest back, without a line feed; hash what it leads to before",
            DELETE_TAG => {
                "the link first: it is what breaks. Read it once more right before, somebody may be pushing"
            }
            DELETE_TAG_API => {
                "3.x and GitLab only (2.x answers 400); by tag, never by digest: that would take every tag on it"
            }
            DELETE_REVISION_LINK => "without the tag, this link alone would still stop garbage collection",
            DELETE_LAYER_LINK => "a push then finds nothing in its way and links the blob anew",
            DELETE_STRAY => "the registry never needs it; a copy is kept",
            DELETE_REPOSITORY => {
                "folder by folder, for other repositories may lie below; mind that no push is running"
            }
            DELETE_WRONG_BLOB => {
                "its bytes are wrong for every repository that uses it; hash it once more right before"
            }
            Repair::Verb(_) => "",
        };
        text.to_owned()
    }

    fn commands(&self, repair: Repair) -> Vec<String> {
        match repair {
            Repair::RePush => self.push(),
            COPY_REPUSH_REQUEST => self.request(),
            RESTORE_LINK => self.restore(),
            DELETE_TAG => self.delete_tag(),
            DELETE_TAG_API => self.delete_tag_api(),
            DELETE_REVISION_LINK => self.revision_link().map(|key| self.aside(&key)).unwrap_or_default(),
            DELETE_LAYER_LINK => self.aside(&self.finding.object),
            DELETE_STRAY => self.delete_stray(),
            DELETE_REPOSITORY => self.delete_repository(),
            DELETE_WRONG_BLOB => self.delete_wrong_blob(),
            Repair::Verb(_) => Vec::new(),
        }
    }

    /// `host/repository:tag`, with capitals for what is not known.
    fn name(&self) -> String {
        let host = self.scene.registry.map(|url| url.split_once("://").map_or(url, |(_, rest)| rest));
        let host = host.map_or("REGISTRY", |host| host.trim_end_matches('/'));
        let tag = self.tag().map_or("TAG".to_owned(), |tag| tag.to_string());
        format!("{host}/{}:{tag}", self.scene.repository.unwrap_or("REPOSITORY"))
    }

    fn tag(&self) -> Option<Tag> {
        self.scene.report.and_then(|report| report.tag.as_deref()).map(Tag::found)
    }

    fn push(&self) -> Vec<String> {
        let name = self.name();
        vec![
            format!("docker push {}", quote(&name)),
            format!("skopeo copy --all --preserve-digests SOURCE {}", quote(&format!("docker://{name}"))),
        ]
    }

    fn request(&self) -> Vec<String> {
        let title = find(self.finding.id).map_or("", |check| check.title);
        vec![format!("# Please push {} again: {title} ({}).", shell::visible(&self.name()), self.finding.id)]
    }

    /// Moves or copies one object out of the way.
    fn aside(&self, key: &str) -> Vec<String> {
        self.target.aside(key, self.version(key))
    }

    /// The store's version of an object, as far as the report knows it.
    fn version(&self, key: &str) -> Option<&str> {
        let hops = self.scene.report.map(|report| report.hops.as_slice()).unwrap_or_default();
        hops.iter().find(|hop| hop.object == key).and_then(|hop| hop.version.as_deref())
    }

    fn restore(&self) -> Vec<String> {
        let key = Key::parse(&self.finding.object);
        let there = match &key {
            Key::CurrentLink { .. }
            | Key::RevisionLink { .. }
            | Key::LayerLink { .. }
            | Key::IndexLink { .. } => self.version(&self.finding.object),
            Key::BlobData { .. }
            | Key::Upload { .. }
            | Key::TarsumLink { .. }
            | Key::SignatureLink { .. }
            | Key::Lockfile(_)
            | Key::Temporary { .. }
            | Key::Marker(_)
            | Key::Stray { .. } => return self.restore_layer_links(),
        };
        match key.promise().cloned().or_else(|| self.candidate()) {
            Some(digest) => {
                let mut commands = vec![self.target.hash(&digest)];
                commands.extend(self.target.write(&self.finding.object, &digest.to_string(), there));
                commands
            }
            None => self.choose(),
        }
    }

    /// The one digest that a tag's history names.
    fn candidate(&self) -> Option<Digest> {
        let hops = &self.scene.report?.hops;
        let link = hops.iter().find(|hop| hop.role == Role::TagLink && hop.state == HopState::Bad)?;
        Digest::parse(link.digest.as_deref()?).ok()
    }

    /// With several candidates the newest may be the right one, but nothing says so.
    fn choose(&self) -> Vec<String> {
        let folder = self.finding.object.strip_suffix("current/link").unwrap_or(&self.finding.object);
        let mut commands = vec![self.target.list(&format!("{folder}index/"))];
        commands.extend(self.target.write(
            &self.finding.object,
            "DIGEST",
            self.version(&self.finding.object),
        ));
        commands
    }

    /// All layer links of a repository that has none: those of this tag.
    fn restore_layer_links(&self) -> Vec<String> {
        let hops = self.scene.report.map(|report| report.hops.as_slice()).unwrap_or_default();
        let links = hops.iter().filter(|hop| {
            matches!(hop.role, Role::ConfigLink | Role::LayerLink) && hop.state == HopState::Bad
        });
        links
            .filter_map(|hop| Some((hop.object.as_str(), hop.digest.as_deref()?)))
            .flat_map(|(key, digest)| self.target.write(key, digest, None))
            .collect()
    }

    fn delete_tag(&self) -> Vec<String> {
        let (Some(repository), Some(tag)) = (self.scene.repository, self.tag()) else { return Vec::new() };
        let repository = Repository::found(repository);
        let folder = tag_prefix(&repository, &tag);
        let link = Key::CurrentLink { repository, tag }.path();
        self.target.tag_folder(&folder, &link, self.version(&link))
    }

    fn delete_tag_api(&self) -> Vec<String> {
        let (Some(repository), Some(tag)) = (self.scene.repository, self.tag()) else { return Vec::new() };
        if tag.flaw().is_some() || Repository::found(repository).flaw().is_some() {
            // In a URL such a name may mean another tag: `v1#x` would delete v1.
            return Vec::new();
        }
        let base = self.scene.registry.unwrap_or("REGISTRY").trim_end_matches('/');
        let base = if base.contains("://") { base.to_owned() } else { format!("https://{base}") };
        let url = quote(&format!("{base}/v2/{repository}/manifests/{tag}"));
        vec![format!("curl -i -X DELETE -H \"Authorization: Bearer $TOKEN\" {url}")]
    }

    /// The revision link of the manifest that the finding is about.
    fn revision_link(&self) -> Option<String> {
        if let Key::RevisionLink { .. } = Key::parse(&self.finding.object) {
            return Some(self.finding.object.clone());
        }
        let digest = match Key::parse(&self.finding.object).promise() {
            Some(digest) => digest.clone(),
            None => Digest::parse(self.scene.report?.digest.as_deref()?).ok()?,
        };
        Some(Key::RevisionLink { repository: Repository::found(self.scene.repository?), digest }.path())
    }

    fn delete_stray(&self) -> Vec<String> {
        if self.finding.id != config_and_layers::MOVED_ASIDE.id {
            return self.aside(&self.finding.object);
        }
        let folder = self.finding.object.trim_end_matches("data");
        let mut commands = vec![self.target.list(folder)];
        commands.extend(self.target.aside(&format!("{folder}NEIGHBOUR"), None));
        commands
    }

    fn delete_repository(&self) -> Vec<String> {
        let Some(repository) = self.scene.repository else { return Vec::new() };
        let folder = repository_prefix(&Repository::found(repository));
        ["_manifests", "_layers", "_uploads"]
            .iter()
            .flat_map(|own| self.target.folder(&format!("{folder}{own}/")))
            .collect()
    }

    fn delete_wrong_blob(&self) -> Vec<String> {
        let key = Key::parse(&self.finding.object);
        let mut commands: Vec<String> =
            key.promise().map(|digest| self.target.hash(digest)).into_iter().collect();
        commands.extend(self.aside(&self.finding.object));
        commands
    }
}

/// Whether deleting a tag leaves something behind that still stops garbage collection.
pub fn leaves_gc_stopped(finding: &Finding) -> bool {
    finding.id != revision::STRAY.id && finding.repairs.contains(&DELETE_REVISION_LINK)
}

#[cfg(test)]
mod tests;
