//! A row of the tree, by what it stands for and not by where it is.

use super::browse::Place;
use crate::model::Subject;
use crate::registry::layout::REPOSITORIES;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A name in a level; a folder's ends in `/`, a folder marker's is empty.
    Child { place: Place, name: String },
    /// What of a level is not there to see: not listed yet, could not be listed, or nothing.
    Rest(Place),
}

/// What kind of thing a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A group or a repository.
    Folder,
    Tag,
    /// A folder within a repository.
    Prefix,
    Object,
    Rest,
}

impl Node {
    /// The row of a name in a level.
    pub fn child(place: Place, name: impl Into<String>) -> Self {
        Self::Child { place, name: name.into() }
    }

    /// The row of a group or a repository, by its name.
    pub fn folder(name: &str) -> Self {
        match name.rsplit_once('/') {
            Some((above, last)) => Self::child(Place::Folder(above.to_owned()), format!("{last}/")),
            None => Self::child(Place::Root, format!("{name}/")),
        }
    }

    /// The row of a tag.
    pub fn tag(repository: &str, tag: &str) -> Self {
        Self::child(Place::Tags(repository.to_owned()), format!("{tag}/"))
    }

    pub fn kind(&self) -> NodeKind {
        match self {
            Self::Rest(_) => NodeKind::Rest,
            Self::Child { name, .. } if !name.ends_with('/') => NodeKind::Object,
            Self::Child { place: Place::Tags(_), .. } => NodeKind::Tag,
            Self::Child { place: Place::Root | Place::Folder(_), name } if !is_internal(name) => {
                NodeKind::Folder
            }
            Self::Child { .. } => NodeKind::Prefix,
        }
    }

    /// The level that this row belongs to.
    pub const fn place(&self) -> &Place {
        match self {
            Self::Child { place, .. } | Self::Rest(place) => place,
        }
    }

    /// Key or prefix in the store.
    pub fn key(&self) -> String {
        match self {
            Self::Child { place, name } => format!("{}{name}", place.prefix()),
            Self::Rest(place) => place.prefix(),
        }
    }

    /// The level that opens below this row.
    pub fn opens(&self) -> Option<Place> {
        let Self::Child { place, name } = self else { return None };
        match self.kind() {
            NodeKind::Folder => Some(Place::Folder(match place {
                Place::Folder(above) => format!("{above}/{}", stem(name)),
                Place::Root | Place::Tags(_) | Place::Prefix(_) => stem(name).to_owned(),
            })),
            NodeKind::Prefix => Some(Place::Prefix(self.key())),
            NodeKind::Tag | NodeKind::Object | NodeKind::Rest => None,
        }
    }

    /// What the row is about.
    pub fn subject(&self) -> Subject {
        match (self, self.opens()) {
            (Self::Child { place: Place::Tags(repository), name }, _) if name.ends_with('/') => {
                Subject::Tag { repository: repository.clone(), tag: stem(name).to_owned() }
            }
            (_, Some(Place::Folder(name))) => Subject::Repository(name),
            (Self::Rest(Place::Folder(name) | Place::Tags(name)), _) => Subject::Repository(name.clone()),
            (Self::Child { .. } | Self::Rest(_), _) => Subject::Object(self.key()),
        }
    }

    /// The row that holds this one, if it is not at the top.
    pub fn parent(&self) -> Option<Self> {
        match self.place() {
            Place::Root => None,
            Place::Folder(name) | Place::Tags(name) => Some(Self::folder(name)),
            Place::Prefix(prefix) => {
                let above = prefix.strip_suffix('/').unwrap_or(prefix);
                let (above, name) = above.rsplit_once('/')?;
                Some(Self::child(level_of(&format!("{above}/")), format!("{name}/")))
            }
        }
    }
}

/// Whether a name below a repository is one of the registry's own folders.
pub fn is_internal(name: &str) -> bool {
    name.starts_with('_')
}

fn stem(name: &str) -> &str {
    name.strip_suffix('/').unwrap_or(name)
}

fn level_of(prefix: &str) -> Place {
    if prefix == REPOSITORIES {
        return Place::Root;
    }
    match prefix.strip_prefix(REPOSITORIES).and_then(|rest| rest.strip_suffix('/')) {
        Some(name) if !name.split('/').any(is_internal) => Place::Folder(name.to_owned()),
        Some(_) | None => Place::Prefix(prefix.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_knows_its_level_its_key_and_what_opens_below_it() {
        let repository = Node::folder("g/p");
        let below = |node: &Node, name: &str| Node::child(node.opens().unwrap(), name);
        let manifests = below(&repository, "_manifests/");
        let tags = below(&manifests, "tags/");
        let tag = Node::tag("g/p", "v1");
        for (node, kind, key, parent) in [
            (&Node::folder("g"), NodeKind::Folder, "g/", None),
            (&repository, NodeKind::Folder, "g/p/", Some(Node::folder("g"))),
            (&tag, NodeKind::Tag, "g/p/_manifests/tags/v1/", Some(repository.clone())),
            (&manifests, NodeKind::Prefix, "g/p/_manifests/", Some(repository.clone())),
            (&tags, NodeKind::Prefix, "g/p/_manifests/tags/", Some(manifests.clone())),
            (&below(&tags, "v1/"), NodeKind::Prefix, "g/p/_manifests/tags/v1/", Some(tags.clone())),
            (&below(&tags, "x"), NodeKind::Object, "g/p/_manifests/tags/x", Some(tags.clone())),
            (
                &Node::Rest(Place::Tags("g/p".into())),
                NodeKind::Rest,
                "g/p/_manifests/tags/",
                Some(repository.clone()),
            ),
        ] {
            assert_eq!(node.kind(), kind, "{node:?}");
            assert_eq!(node.key(), format!("{REPOSITORIES}{key}"), "{node:?}");
            assert_eq!(node.parent(), parent, "{node:?}");
        }
        assert_eq!(tag.subject().to_string(), "g/p:v1");
        assert_eq!(repository.subject(), Subject::Repository("g/p".into()));
    }
}
