//! Who we are to Google's APIs: Application Default Credentials, or nobody.

use std::time::Duration;

use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials};
use http::{Extensions, HeaderMap};

use crate::sources::{Trouble, TroubleKind};

/// What helps where there are no credentials.
pub const HINT: &str =
    "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run `gcloud auth application-default login`";

/// Credentials, or why there are none; nothing where nobody asks who we are.
pub struct Access(Option<Result<Credentials, Trouble>>);

impl Access {
    /// For APIs that do not ask.
    pub const fn anonymous() -> Self {
        Self(None)
    }

    /// Application Default Credentials that may do no more than `scope` says.
    pub fn with_scope(scope: &str) -> Self {
        let built = Builder::default().with_scopes([scope]).build();
        Self(Some(built.map_err(|error| {
            Trouble::new(TroubleKind::Misconfigured, &format!("no usable credentials ({error}); {HINT}"))
        })))
    }

    /// What a request has to carry.
    ///
    /// # Errors
    ///
    /// There are no credentials, or they gave no token in time.
    pub async fn headers(&self, deadline: Duration) -> Result<HeaderMap, Trouble> {
        let credentials = match &self.0 {
            None => return Ok(HeaderMap::new()),
            Some(credentials) => credentials.as_ref().map_err(Clone::clone)?,
        };
        let why = match tokio::time::timeout(deadline, credentials.headers(Extensions::new())).await {
            Ok(Ok(CacheableResource::New { data, .. })) => return Ok(data),
            Ok(Ok(CacheableResource::NotModified)) => return Ok(HeaderMap::new()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no token in time".to_owned(),
        };
        Err(Trouble::new(TroubleKind::Unauthenticated, &format!("no usable credentials ({why}); {HINT}")))
    }
}
