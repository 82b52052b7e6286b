//! The Compute API, as far as it tells how the servers behind a load balancer are.

use std::time::Duration;

use futures::{StreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::access::{Access, HINT};
use super::facts::{BalancerKind, Server, ServerHealth};
use super::{Named, Options, parse};
use crate::sources::{Trouble, TroubleKind};

/// Looking is all that we ask for.
const SCOPE: &str = "https://www.googleapis.com/auth/compute.readonly";
/// Members that are asked about at a time.
const AT_ONCE: usize = 8;

/// The API of one project.
pub struct Compute {
    client: Result<reqwest::Client, Trouble>,
    project: String,
    access: Access,
    deadline: Duration,
}

impl Compute {
    /// Sends nothing yet.
    pub fn new(options: &Options) -> Self {
        let wanted = !options.anonymous && !options.balancers.is_empty();
        let access = if wanted { Access::with_scope(SCOPE) } else { Access::anonymous() };
        let endpoint = options.endpoint.trim_end_matches('/');
        Self {
            client: client(),
            project: format!("{endpoint}/projects/{}", options.project),
            access,
            deadline: options.deadline,
        }
    }

    /// How the servers behind a load balancer are. A member that cannot be asked about is unknown, not left out.
    ///
    /// # Errors
    ///
    /// The load balancer, or none of its members, could be asked about.
    pub async fn servers(&self, named: &Named) -> Result<Vec<Server>, Trouble> {
        let (collection, permission, member) = match named.kind {
            BalancerKind::TargetPool => ("targetPools", "compute.targetPools.get", "instance"),
            BalancerKind::BackendService => ("backendServices", "compute.backendServices.get", "group"),
        };
        let place = named.region.as_ref().map_or("global".to_owned(), |region| format!("regions/{region}"));
        let path = format!("{place}/{collection}/{}", named.name);
        let balancer = self.call(Method::GET, &path, None, permission).await?;
        let ask = async |url: String| {
            let body = json!({ (member): url });
            let told = self.call(Method::POST, &format!("{path}/getHealth"), Some(body), permission).await;
            (url, told)
        };
        let members = stream::iter(parse::members(named.kind, &balancer)).map(ask);
        let told: Vec<_> = members.buffered(AT_ONCE).collect().await;
        gathered(named.kind, told)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        permission: &str,
    ) -> Result<Value, Trouble> {
        let name = format!("{method} {path}");
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let request = client.request(method, format!("{}/{path}", self.project));
        let request = request.headers(self.access.headers(self.deadline).await?).timeout(self.deadline);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.map_err(|error| unreachable(&name, error))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| unreachable(&name, error))?;
        if !status.is_success() {
            return Err(refused(&name, status, &bytes, permission));
        }
        let broken = |error| Trouble::new(TroubleKind::Broken, &format!("{name}: {error}"));
        serde_json::from_slice(&bytes).map_err(broken)
    }
}

fn gathered(kind: BalancerKind, told: Vec<(String, Result<Value, Trouble>)>) -> Result<Vec<Server>, Trouble> {
    let is_blind = !told.is_empty() && told.iter().all(|(_, told)| told.is_err());
    let mut servers = Vec::new();
    for (member, told) in told {
        match told {
            Err(trouble) if is_blind => return Err(trouble),
            Err(_) => servers.push(parse::server(&member, ServerHealth::Unknown)),
            Ok(told) => servers.extend(parse::servers(kind, &member, &told)),
        }
    }
    Ok(servers)
}

/// What requests go through; there is none on a machine without certificates of authorities.
pub fn client() -> Result<reqwest::Client, Trouble> {
    reqwest::Client::builder().build().map_err(|error| {
        let words = unreachable("setting up HTTP", error).why;
        Trouble::new(TroubleKind::Misconfigured, &words)
    })
}

/// A failure without an answer.
pub fn unreachable(name: &str, error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let kind = match () {
        () if error.is_timeout() && !error.is_connect() => TroubleKind::Slow,
        () => TroubleKind::Unreachable,
    };
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    Trouble::new(kind, &format!("{name}: {words}"))
}

/// An answer with a status that is no success.
fn refused(name: &str, status: StatusCode, bytes: &[u8], permission: &str) -> Trouble {
    let said = serde_json::from_slice::<Value>(bytes).ok();
    let said = said.as_ref().and_then(|said| said.pointer("/error/message")?.as_str());
    let said = said.unwrap_or_else(|| status.canonical_reason().unwrap_or("no words")).to_owned();
    let (kind, more) = match status.as_u16() {
        401 => (TroubleKind::Unauthenticated, format!("; {HINT}")),
        403 => (TroubleKind::Denied, format!("; the permission {permission} is needed")),
        404 => (TroubleKind::Absent, "; is it in this project and region?".to_owned()),
        429 => (TroubleKind::Throttled, String::new()),
        408 | 502..=504 => (TroubleKind::Unreachable, String::new()),
        _ => (TroubleKind::Broken, String::new()),
    };
    Trouble::new(kind, &format!("{name}: HTTP {}, {said}{more}", status.as_u16()))
}
