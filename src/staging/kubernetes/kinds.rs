//! The kinds that the staging API serves: one row each, from which paths, discovery and messages follow.

/// One kind of object.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// The API group, empty for the core.
    pub group: &'static str,
    pub version: &'static str,
    /// The name in paths: `pods`.
    pub plural: &'static str,
    pub singular: &'static str,
    pub kind: &'static str,
    pub namespaced: bool,
    pub short: &'static [&'static str],
    pub categories: &'static [&'static str],
    /// Paths below an object, beside the object itself.
    pub below: &'static [&'static str],
}

impl Resource {
    /// As objects name it: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// As messages name it: `pods`, `deployments.apps`.
    pub fn qualified(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }
}

const fn core(plural: &'static str, singular: &'static str, kind: &'static str) -> Resource {
    Resource {
        group: "",
        version: "v1",
        plural,
        singular,
        kind,
        namespaced: true,
        short: &[],
        categories: &[],
        below: &[],
    }
}

/// All kinds, in the order of discovery.
pub const RESOURCES: &[Resource] = &[
    Resource { short: &["ep"], ..core("endpoints", "endpoints", "Endpoints") },
    Resource { short: &["ev"], ..core("events", "event", "Event") },
    Resource { short: &["ns"], namespaced: false, ..core("namespaces", "namespace", "Namespace") },
    Resource { short: &["no"], namespaced: false, ..core("nodes", "node", "Node") },
    Resource { short: &["po"], categories: &["all"], below: &["log"], ..core("pods", "pod", "Pod") },
    Resource { short: &["svc"], categories: &["all"], ..core("services", "service", "Service") },
    Resource {
        group: "apps",
        short: &["deploy"],
        categories: &["all"],
        ..core("deployments", "deployment", "Deployment")
    },
    Resource {
        group: "apps",
        short: &["rs"],
        categories: &["all"],
        ..core("replicasets", "replicaset", "ReplicaSet")
    },
    Resource {
        group: "autoscaling",
        version: "v2",
        short: &["hpa"],
        categories: &["all"],
        ..core("horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler")
    },
    Resource { group: "discovery.k8s.io", ..core("endpointslices", "endpointslice", "EndpointSlice") },
];

/// What can only be posted: questions about rights and about oneself.
pub const REVIEWS: &[Resource] = &[
    Resource {
        group: "authentication.k8s.io",
        namespaced: false,
        ..core("selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview")
    },
    Resource {
        group: "authorization.k8s.io",
        namespaced: false,
        ..core("selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview")
    },
    Resource {
        group: "authorization.k8s.io",
        namespaced: false,
        ..core("selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview")
    },
];

/// The row of an object's kind.
pub fn of_kind(kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.kind == kind)
}

/// The row of a path.
pub fn of_path(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|row| (row.group, row.version, row.plural) == (group, version, plural))
}
