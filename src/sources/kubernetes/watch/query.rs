//! Which question is asked for a kind: its path and its selectors.

use url::form_urlencoded::Serializer;

use super::super::Options;
use super::super::objects::Kind;

/// A list or a watch of a kind.
pub struct Query {
    pub kind: Kind,
    labels: Option<String>,
    fields: Option<String>,
}

impl Query {
    /// What these options want of a kind.
    pub fn new(kind: Kind, options: &Options) -> Self {
        let service = options.service.as_deref();
        let (labels, fields) = match kind {
            Kind::Pod | Kind::ReplicaSet => (Some(options.selector.clone()), None),
            Kind::Service | Kind::Endpoints => (None, service.map(|name| format!("metadata.name={name}"))),
            Kind::EndpointSlice => {
                let label = "kubernetes.io/service-name";
                (Some(service.map_or_else(|| label.to_owned(), |name| format!("{label}={name}"))), None)
            }
            Kind::Deployment | Kind::Autoscaler | Kind::Event => (None, None),
        };
        Self { kind, labels: labels.filter(|labels| !labels.is_empty()), fields }
    }

    /// The first part of the path: group and version.
    pub const fn group(&self) -> &'static str {
        match self.kind {
            Kind::Pod | Kind::Service | Kind::Endpoints | Kind::Event => "/api/v1",
            Kind::EndpointSlice => "/apis/discovery.k8s.io/v1",
            Kind::Deployment | Kind::ReplicaSet => "/apis/apps/v1",
            Kind::Autoscaler => "/apis/autoscaling/v2",
        }
    }

    /// A page of the list; without a limit all of it.
    pub fn page(&self, limit: Option<u32>, next: &str) -> String {
        self.with(|query| {
            if let Some(limit) = limit {
                query.append_pair("limit", &limit.to_string());
            }
            if !next.is_empty() {
                query.append_pair("continue", next);
            }
        })
    }

    /// A watch from a version on, or from what there is now.
    pub fn watch(&self, version: &str, seconds: u64) -> String {
        self.with(|query| {
            query.append_pair("watch", "true").append_pair("allowWatchBookmarks", "true");
            query.append_pair("timeoutSeconds", &seconds.max(1).to_string());
            if !version.is_empty() {
                query.append_pair("resourceVersion", version);
            }
        })
    }

    fn with(&self, add: impl FnOnce(&mut Serializer<'_, String>)) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(labels) = &self.labels {
            query.append_pair("labelSelector", labels);
        }
        if let Some(fields) = &self.fields {
            query.append_pair("fieldSelector", fields);
        }
        add(&mut query);
        format!("{}?{}", self.kind.resource(), query.finish())
    }
}
