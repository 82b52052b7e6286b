//! Why the API server gave no answer that can be used, as an operator would say it.

use std::time::Duration;

use http::StatusCode;
use kube::client::AuthError;

use super::super::wire::Status;
use crate::sources::{Trouble, TroubleKind};

/// No answer, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub trouble: Trouble,
    /// The status of an answer that is an error, else 0.
    pub code: u16,
    /// How long the server wants to be left alone.
    pub after: Option<Duration>,
}

impl Refusal {
    /// One that is not an answer of the server.
    pub fn of(kind: TroubleKind, why: &str) -> Self {
        Trouble::new(kind, why).into()
    }

    /// Whether the history that was asked for is gone, so that one must list anew.
    pub const fn is_expired(&self) -> bool {
        self.code == 410
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, code: 0, after: None }
    }
}

/// The server said no.
pub fn of_status(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Refusal {
    let said = serde_json::from_slice::<Status>(body).ok().filter(|said| !said.message.is_empty());
    let text = match &said {
        Some(said) => said.message.clone(),
        None => first_line(&String::from_utf8_lossy(body)).unwrap_or_else(|| status.to_string()),
    };
    let seconds = said.map_or(0, |said| said.details.retry_after_seconds);
    let after = after.or_else(|| (seconds > 0).then(|| Duration::from_secs(seconds)));
    of_code(status.as_u16(), &text, after)
}

/// The server said no, with this code and text.
pub fn of_code(code: u16, text: &str, after: Option<Duration>) -> Refusal {
    let (kind, next) = match code {
        401 => (TroubleKind::Unauthenticated, "log in to the cluster again, then press Ctrl-r"),
        403 => (TroubleKind::Denied, "ask for a role that allows it"),
        404 => (TroubleKind::Absent, ""),
        408 | 504 => (TroubleKind::Slow, ""),
        429 => (TroubleKind::Throttled, "asked again more slowly"),
        _ => (TroubleKind::Broken, ""),
    };
    let hint = if next.is_empty() { String::new() } else { format!("; {next}") };
    Refusal { trouble: Trouble::new(kind, &format!("{code}: {text}{hint}")), code, after }
}

/// The client could not ask, or got no answer.
pub fn of_client(error: &kube::Error, server: &str) -> Trouble {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut deepest = String::new();
    while let Some(one) = cause {
        if let Some(error) = one.downcast_ref::<AuthError>() {
            return of_credentials(error);
        }
        deepest = one.to_string();
        cause = one.source();
    }
    match error {
        kube::Error::Auth(error) => of_credentials(error),
        kube::Error::ProxyProtocolDisabled { .. } | kube::Error::ProxyProtocolUnsupported { .. } => {
            let why =
                "the proxy of the kubeconfig or the environment is not an HTTP proxy; only those are spoken";
            Trouble::new(TroubleKind::Misconfigured, why)
        }
        kube::Error::RustlsTls(error) => {
            let why = format!("the certificates of the kubeconfig cannot be used: {error}");
            Trouble::new(TroubleKind::Misconfigured, &why)
        }
        _ if deepest.contains("timed out") || deepest.contains("deadline has elapsed") => {
            let why = format!("no connection to {server} in time; is the network or the VPN up?");
            Trouble::new(TroubleKind::Unreachable, &why)
        }
        _ => Trouble::new(TroubleKind::Unreachable, &format!("cannot reach {server}: {deepest}")),
    }
}

/// What plugins print may hold tokens: of their output only the last line of complaints is told.
fn of_credentials(error: &AuthError) -> Trouble {
    let why = match error {
        AuthError::AuthExecRun { out, .. } => {
            let complaint = String::from_utf8_lossy(&out.stderr);
            let complaint = complaint.lines().rev().find(|line| !line.trim().is_empty());
            let said =
                complaint.map_or_else(|| "it did not say why".to_owned(), |line| line.trim().to_owned());
            format!("the kubeconfig's program for credentials failed ({}): {said}", out.status)
        }
        AuthError::AuthExecStart(error) => {
            format!(
                "the kubeconfig's program for credentials cannot be started: {error}; install what the kubeconfig names under exec"
            )
        }
        AuthError::AuthExecParse(_) | AuthError::AuthExec(_) | AuthError::ExecPluginFailed => {
            "the kubeconfig's program for credentials answered something else than credentials".to_owned()
        }
        AuthError::ReadTokenFile(error, path) => {
            format!("cannot read the token in {}: {error}", path.display())
        }
        AuthError::InvalidBearerToken(_) | AuthError::InvalidBasicAuth(_) => {
            "the kubeconfig's token or password has characters that cannot be sent".to_owned()
        }
        AuthError::MissingCommand => "the kubeconfig names no program for credentials".to_owned(),
        _ => "the kubeconfig's credentials cannot be renewed".to_owned(),
    };
    Trouble::new(TroubleKind::Unauthenticated, &format!("{why}; log in to the cluster again"))
}

fn first_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(200).collect())
}
