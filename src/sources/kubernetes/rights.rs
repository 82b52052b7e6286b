//! What these credentials may do, as the API server itself answers: asked once at the beginning.

use futures::StreamExt;
use futures::stream;
use serde_json::json;

use super::client::{Access, Refusal};
use super::facts::Right;
use super::objects::Kind;
use crate::sources::TroubleKind;

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/";

/// Questions side by side.
const AT_ONCE: usize = 4;

/// What is asked for each kind; reading logs is asked for pods.
const VERBS: [&str; 2] = ["list", "watch"];

mod answers {
    use super::super::wire::lenient::wire;

    wire! {
        struct Rules { status: RulesStatus, }
        struct RulesStatus { resource_rules: Vec<Rule>, incomplete: bool, }
        struct Rule {
            verbs: Vec<String>,
            api_groups: Vec<String>,
            resources: Vec<String>,
            resource_names: Vec<String>,
        }
        struct Access { status: AccessStatus, }
        struct AccessStatus { allowed: Option<bool>, }
    }
}
use answers::{Rule, Rules};

/// The rights that matter here. One that nobody could say is none, never a refusal.
pub async fn ask(access: &Access) -> Vec<Right> {
    let wanted = Kind::ALL.into_iter().flat_map(|kind| VERBS.map(|verb| (kind, verb)));
    let wanted = wanted.chain([(Kind::Pod, "log")]);
    let (rules, is_away) = match rules(access).await {
        Ok(rules) => (rules, false),
        Err(refusal) => (None, !is_answer(&refusal)),
    };
    let rights = wanted.map(|(kind, verb)| {
        let rules = rules.as_ref();
        async move {
            let by_rule = rules.and_then(|rules| by_rules(rules, kind, verb));
            let allowed = match by_rule {
                Some(allowed) => Some(allowed),
                // Each of many questions would be waited for in vain.
                None if is_away => None,
                None => by_review(access, kind, verb).await,
            };
            Right { kind, verb, allowed }
        }
    });
    stream::iter(rights.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await
}

/// Whether the server itself refused, so that it may answer another question.
const fn is_answer(refusal: &Refusal) -> bool {
    matches!(refusal.trouble.kind, TroubleKind::Denied | TroubleKind::Absent | TroubleKind::Broken)
}

async fn rules(access: &Access) -> Result<Option<Rules>, Refusal> {
    let body = |namespace: &str| {
        json!({
            "kind": "SelfSubjectRulesReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {"namespace": namespace},
        })
        .to_string()
    };
    let answer = access.post(&format!("{REVIEWS}selfsubjectrulesreviews"), body).await?;
    Ok(serde_json::from_slice(&answer).ok())
}

/// None where the rules are known not to be all there are.
fn by_rules(rules: &Rules, kind: Kind, verb: &str) -> Option<bool> {
    let (verb, resource) = request(kind, verb);
    let has = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
    let allows = |rule: &Rule| {
        let subresource =
            resource.split_once('/').is_some_and(|(_, sub)| has(&rule.resources, &format!("*/{sub}")));
        rule.resource_names.is_empty()
            && has(&rule.verbs, verb)
            && has(&rule.api_groups, kind.group())
            && (has(&rule.resources, &resource) || subresource)
    };
    let is_allowed = rules.status.resource_rules.iter().any(allows);
    (is_allowed || !rules.status.incomplete).then_some(is_allowed)
}

async fn by_review(access: &Access, kind: Kind, verb: &str) -> Option<bool> {
    let (verb, resource) = request(kind, verb);
    let (resource, subresource) = resource.split_once('/').unwrap_or((&resource, ""));
    let body = |namespace: &str| {
        let attributes = json!({
            "namespace": namespace,
            "verb": verb,
            "group": kind.group(),
            "resource": resource,
            "subresource": subresource,
        });
        json!({
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {"resourceAttributes": attributes},
        })
        .to_string()
    };
    let answer = access.post(&format!("{REVIEWS}selfsubjectaccessreviews"), body).await.ok()?;
    serde_json::from_slice::<answers::Access>(&answer).ok()?.status.allowed
}

/// Verb and resource as the API server knows them.
fn request(kind: Kind, verb: &str) -> (&str, String) {
    if verb == "log" {
        ("get", format!("{}/log", kind.resource()))
    } else {
        (verb, kind.resource().to_owned())
    }
}
