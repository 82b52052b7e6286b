//! Texts about pods, services and addresses, fetched when somebody wants to read them.

mod describe;
mod json;
mod logs;
mod yaml;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc;
use url::form_urlencoded::Serializer;

use super::Options;
use super::client::{Access, Refusal};
use super::watch::Task;
use crate::model::text::clean;
use crate::model::{Document, Page, Question, Subject};
use crate::sources::{Trouble, TroubleKind};
use json::{list, text};

/// Pages that wait for their reader.
const PAGES: usize = 8;

/// Events of an object that are read.
const EVENTS: &str = "500";

/// Answers questions about pods, services and addresses from the API server that these options name.
pub fn consultant(options: Options) -> impl Fn(Question) -> BoxStream<'static, Page> + Clone + Send + Sync {
    let access = Access::new(options);
    move |question| {
        let (tell, told) = mpsc::channel(PAGES);
        let reader = Reader { access: access.clone(), tell };
        // It ends with the stream that nobody reads any more.
        let task = Task::new(tokio::spawn(reader.answer(question)));
        let pages = stream::unfold((told, task), |(mut told, task)| async {
            told.recv().await.map(|page| (page, (told, task)))
        });
        pages.boxed()
    }
}

/// Reads one document.
struct Reader {
    access: Access,
    tell: mpsc::Sender<Page>,
}

/// What a document is about.
enum Thing {
    Pod(Value),
    Service(Value),
}

impl Reader {
    async fn answer(self, question: Question) {
        let end = match self.read(question).await {
            Ok(()) => Page::End,
            Err(refusal) => Page::Failed(refusal.trouble.why),
        };
        // Nobody reads it any more.
        let _ = self.tell.send(end).await;
    }

    async fn read(&self, question: Question) -> Result<(), Refusal> {
        let thing = self.find(&question.subject).await?;
        match (question.document, thing) {
            (Document::Describe, Thing::Pod(pod)) => {
                let events = self.events(&pod, None).await;
                self.lines(describe::pod(&pod, events.as_deref(), Timestamp::now())).await;
            }
            (Document::Describe, Thing::Service(service)) => {
                let slices = self.slices(&service).await;
                let events = self.events(&service, Some("Service")).await;
                self.lines(describe::service(&service, &slices, events.as_deref(), Timestamp::now())).await;
            }
            (Document::Yaml, Thing::Pod(thing) | Thing::Service(thing)) => {
                self.lines(yaml::text(thing)?).await
            }
            (Document::Logs, Thing::Pod(pod)) => self.logs(&pod).await?,
            (Document::PreviousLogs, Thing::Pod(pod)) => self.previous_logs(&pod).await?,
            (Document::Logs | Document::PreviousLogs, Thing::Service(_)) => {
                let why = "a service has no logs; open those of one of its pods";
                return Err(Refusal::of(TroubleKind::Absent, why));
            }
        }
        Ok(())
    }

    async fn lines(&self, lines: Vec<String>) {
        // Nobody reads it any more.
        let _ = self.tell.send(Page::Lines(lines)).await;
    }

    async fn find(&self, subject: &Subject) -> Result<Thing, Refusal> {
        match subject {
            Subject::Pod(name) => Ok(Thing::Pod(self.get(&format!("pods/{name}"), &[]).await?)),
            Subject::Service(name) => Ok(Thing::Service(self.get(&format!("services/{name}"), &[]).await?)),
            Subject::Address(ip) => self.pod_of(ip).await.map(Thing::Pod),
            other => {
                let why = format!("Kubernetes has no document about {other}");
                Err(Refusal::of(TroubleKind::Absent, &clean(&why)))
            }
        }
    }

    /// The pod that has an address; of several the one that is not over.
    async fn pod_of(&self, address: &str) -> Result<Value, Refusal> {
        let ip = address
            .parse::<std::net::SocketAddr>()
            .map_or_else(|_| address.to_owned(), |at| at.ip().to_string());
        let fields = format!("status.podIP={ip}");
        let found = self.get("pods", &[("fieldSelector", &fields)]).await?;
        let mut pods: Vec<_> =
            list(&found, "/items").iter().filter(|pod| text(pod, "/status/podIP") == ip).collect();
        pods.sort_by_key(|pod| matches!(text(pod, "/status/phase"), "Succeeded" | "Failed"));
        let missing = || {
            let why = format!(
                "no pod of the namespace has the address {ip}: it may be gone, or belong to something else"
            );
            Refusal::of(TroubleKind::Absent, &clean(&why))
        };
        pods.first().map(|pod| (*pod).clone()).ok_or_else(missing)
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Refusal> {
        self.get_of("/api/v1", path, query).await
    }

    async fn get_of(&self, group: &str, path: &str, query: &[(&str, &str)]) -> Result<Value, Refusal> {
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let body: Bytes = self.access.whole(self.access.ask(group, &path).await?).await?;
        serde_json::from_slice(&body).map_err(|error| {
            Trouble::new(TroubleKind::Broken, &format!("the API server's answer is no JSON: {error}")).into()
        })
    }

    /// What happened to an object; nothing where that may not be read.
    async fn events(&self, object: &Value, kind: Option<&str>) -> Option<Vec<Value>> {
        let of = |path| text(object, path);
        let mut fields = format!(
            "involvedObject.name={},involvedObject.namespace={}",
            of("/metadata/name"),
            of("/metadata/namespace")
        );
        if let Some(kind) = kind {
            fields.push_str(&format!(",involvedObject.kind={kind}"));
        }
        fields.push_str(&format!(",involvedObject.uid={}", of("/metadata/uid")));
        let found = self.get("events", &[("fieldSelector", &fields), ("limit", EVENTS)]).await.ok()?;
        let about = |event: &&Value| text(event, "/involvedObject/name") == of("/metadata/name");
        Some(list(&found, "/items").iter().filter(about).cloned().collect())
    }

    async fn slices(&self, service: &Value) -> Vec<Value> {
        let label = format!("kubernetes.io/service-name={}", text(service, "/metadata/name"));
        let found =
            self.get_of("/apis/discovery.k8s.io/v1", "endpointslices", &[("labelSelector", &label)]).await;
        found.map(|found| list(&found, "/items").to_vec()).unwrap_or_default()
    }
}
