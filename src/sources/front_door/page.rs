//! The two pages that every registry has, and what is wrong with an answer.

use std::time::Duration;

use futures::future::join;
use reqwest::StatusCode;
use tokio::time::Instant;

use super::Options;
use super::certificate;
use super::facts::{Answer, Certificate, Fact, Page};
use crate::model::text::clean;
use crate::sources::Teller;
use crate::sources::registry_api::{Access, ApiError, Client, Knock};

/// How often a registry that wants a login is asked, with one, for its version.
const VERSIONS: Duration = Duration::from_mins(1);

/// What is kept between two looks.
pub struct Pages {
    client: Client,
    /// What the registry says of itself to those it lets in, and when it was asked.
    versions: Option<(Instant, Vec<(String, String)>)>,
    /// The newest that was told.
    certificate: Option<Option<Certificate>>,
}

impl Page {
    const fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::Api => "/v2/",
        }
    }
}

impl Pages {
    /// Nothing was asked yet.
    pub const fn new(client: Client) -> Self {
        Self { client, versions: None, certificate: None }
    }

    /// Asks for both pages once, and tells what came.
    pub async fn look(&mut self, options: &Options, teller: &Teller<Fact>) {
        let knock = |page: Page| self.client.knock(page.path());
        let (root, api) = join(knock(Page::Root), knock(Page::Api)).await;
        if let Ok(knock) = &api {
            self.ask_versions(knock).await;
        }
        self.tell_certificate(options, [&root, &api], teller).await;
        teller.tell(told(Page::Root, root, Vec::new())).await;
        let versions = self.versions.as_ref().map(|(_, versions)| versions.clone()).unwrap_or_default();
        teller.tell(told(Page::Api, api, versions)).await;
    }

    /// Some registries tell their version only to those whom they let in.
    async fn ask_versions(&mut self, knock: &Knock) {
        let is_fresh = self.versions.as_ref().is_some_and(|(asked, _)| asked.elapsed() < VERSIONS);
        if knock.status != StatusCode::UNAUTHORIZED.as_u16() || !knock.is_challenge || is_fresh {
            return;
        }
        let found = self.client.ping().await.ok().filter(|ping| ping.access == Access::Granted);
        let kept = self.versions.take().map(|(_, versions)| versions).unwrap_or_default();
        self.versions = Some((Instant::now(), found.map_or(kept, |ping| ping.versions)));
    }

    async fn tell_certificate(
        &mut self,
        options: &Options,
        knocks: [&Result<Knock, ApiError>; 2],
        teller: &Teller<Fact>,
    ) {
        let found = match options.url.scheme() {
            "https" => match certificate::of(options, knocks).await {
                None => return,
                found => found,
            },
            _ => None,
        };
        if self.certificate.as_ref() != Some(&found) {
            self.certificate = Some(found.clone());
            teller.tell(Fact::Certificate(found)).await;
        }
    }
}

fn told(page: Page, knock: Result<Knock, ApiError>, more: Vec<(String, String)>) -> Fact {
    match knock {
        Err(error) => Fact::NotAnswered { page, trouble: error.into() },
        Ok(knock) => {
            let wrong = wrong(page, &knock);
            let versions = if more.is_empty() { knock.versions } else { more };
            let text =
                |(name, value): (String, String)| (clean(&name).into_owned(), clean(&value).into_owned());
            let versions = versions.into_iter().map(text).collect();
            let Knock { status, latency, bytes, .. } = knock;
            Fact::Answered { page, answer: Answer { status, latency, bytes, versions, wrong } }
        }
    }
}

/// What is wrong with an answer; none if it is as a registry's should be.
fn wrong(page: Page, knock: &Knock) -> Option<String> {
    let status = StatusCode::from_u16(knock.status).unwrap_or_default();
    if status.is_redirection() {
        let to = knock.redirect.as_deref().map_or("nowhere", |to| to);
        return Some(format!("sends clients to {}", clean(to)));
    }
    let content = || match &knock.media_type {
        Some(media_type) => format!("{} bytes of {}", knock.bytes, clean(media_type)),
        None => format!("{} bytes", knock.bytes),
    };
    match (page, knock.status) {
        (Page::Root, 200) if knock.bytes == 0 => None,
        (Page::Root, 200) => Some(format!("not a registry's empty page but {}", content())),
        (Page::Api, 200) if is_registry(knock) => None,
        (Page::Api, 200) => Some(format!("not a registry's answer but {}", content())),
        (Page::Api, 401) if knock.is_challenge => None,
        (Page::Api, 401) => Some("asks for a login in no way that clients understand".to_owned()),
        (Page::Root | Page::Api, _) => {
            Some(status.canonical_reason().unwrap_or("a status that nobody knows").to_owned())
        }
    }
}

/// The header is optional today, and other programs answer 200 to everything.
fn is_registry(knock: &Knock) -> bool {
    let is_named = knock.versions.iter().any(|(name, _)| name == "Docker-Distribution-Api-Version");
    is_named || knock.is_json || knock.bytes == 0 && knock.media_type.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knock(status: u16) -> Knock {
        Knock { status, ..Knock::default() }
    }

    #[test]
    fn an_answer_is_good_or_says_what_is_wrong_with_it() {
        let login = || Knock { bytes: 5120, media_type: Some("text/html".to_owned()), ..knock(200) };
        let version = vec![("Docker-Distribution-Api-Version".to_owned(), "registry/2.0".to_owned())];
        let away = Knock { redirect: Some("https://login.example.com/oauth".to_owned()), ..knock(302) };
        let table = [
            (Page::Root, knock(200), None),
            (Page::Root, login(), Some("not a registry's empty page but 5120 bytes of text/html")),
            (Page::Root, knock(404), Some("Not Found")),
            (Page::Root, knock(503), Some("Service Unavailable")),
            (Page::Root, away.clone(), Some("sends clients to https://login.example.com/oauth")),
            (Page::Api, Knock { bytes: 2, is_json: true, ..knock(200) }, None),
            (Page::Api, Knock { versions: version, ..login() }, None),
            (Page::Api, login(), Some("not a registry's answer but 5120 bytes of text/html")),
            (Page::Api, Knock { is_challenge: true, ..knock(401) }, None),
            (Page::Api, knock(401), Some("asks for a login in no way that clients understand")),
            (Page::Api, away, Some("sends clients to https://login.example.com/oauth")),
            (Page::Api, knock(500), Some("Internal Server Error")),
            (Page::Api, knock(599), Some("a status that nobody knows")),
        ];
        for (page, knock, expected) in table {
            assert_eq!(wrong(page, &knock).as_deref(), expected, "{page:?} {knock:?}");
        }
    }
}
