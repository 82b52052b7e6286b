//! How to reach a registry, and who we are.

use std::{env, fmt, fs, path::PathBuf, time::Duration};

use reqwest::{Url, header::HeaderValue};

use super::log::Log;

/// How to reach a registry.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address (`https://registry.example.com`), without `/v2/`, user and password.
    pub url: Url,
    /// Who we are; nobody if absent.
    pub credentials: Option<Credentials>,
    /// How long to wait for a connection.
    pub connect: Duration,
    /// How long to wait for a whole answer.
    pub deadline: Duration,
    /// Who wants to know what was sent.
    pub log: Option<Log>,
}

impl Settings {
    /// The registry at `url`, asked anonymously, with 5 s to connect and 20 s to answer.
    pub fn at(url: Url) -> Self {
        Self {
            url,
            credentials: None,
            connect: Duration::from_secs(5),
            deadline: Duration::from_secs(20),
            log: None,
        }
    }
}

/// A name, and where its password or token is.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub username: String,
    pub password: Password,
}

/// Where a password is. It is read anew whenever it is needed, so that a rotated one counts, and never kept.
#[derive(Clone, Debug)]
pub enum Password {
    /// In this file, surrounding white space apart.
    File(PathBuf),
    /// In the environment variable of this name.
    Environment(String),
}

impl Password {
    /// The password, or why there is none.
    pub(in crate::sources) fn read(&self) -> Result<Secret, String> {
        let text = match self {
            Self::File(path) => fs::read_to_string(path)
                .map_err(|error| format!("cannot read the password file {}: {error}", path.display()))?,
            Self::Environment(name) => env::var(name).map_err(|error| match error {
                env::VarError::NotPresent => format!("the environment variable {name} is not set"),
                env::VarError::NotUnicode(_) => format!("the environment variable {name} is not UTF-8"),
            })?,
        };
        Ok(Secret(text.trim().to_owned()))
    }
}

/// A text that must not be seen.
#[derive(Clone)]
pub(in crate::sources) struct Secret(pub(in crate::sources) String);

impl Secret {
    /// An `Authorization` header that does not show itself either.
    pub(in crate::sources) fn header(&self, scheme: &str) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("{scheme} {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_read_from_where_it_is_and_never_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), " hunter2\n").unwrap();
        let secret = Password::File(file.path().to_owned()).read().unwrap();
        assert_eq!(secret.0, "hunter2");
        assert!(!format!("{secret:?} {:?}", secret.header("Bearer")).contains("hunter2"));
    }

    #[test]
    fn a_missing_password_says_where_it_should_be() {
        let error = Password::File("/no/such/file".into()).read().unwrap_err();
        assert!(error.contains("/no/such/file"), "{error}");
        let error = Password::Environment("QUARTERDECK_NO_SUCH_VARIABLE".into()).read().unwrap_err();
        assert!(error.contains("QUARTERDECK_NO_SUCH_VARIABLE is not set"), "{error}");
    }
}
