//! Fetches a secret from where the configuration says it is.

use super::environment::Environment;
use super::profile::Secret;

impl Secret {
    /// The secret, without white space around it.
    ///
    /// # Errors
    ///
    /// Says in words that the file or the variable is missing, empty or no text; never repeats what was found.
    pub fn fetch(&self, environment: &Environment) -> Result<String, String> {
        let (found, place) = match self {
            Self::File(path) => {
                let place = format!("password file {}", path.display());
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("{place} cannot be read: {error}"))?;
                (text, place)
            }
            Self::Environment(name) => {
                let place = format!("environment variable {name}");
                let text = environment.text(name).map_err(|mistake| mistake.to_string())?;
                (text.ok_or_else(|| format!("{place} is not set"))?.to_owned(), place)
            }
        };
        match found.trim() {
            "" => Err(format!("{place} is empty")),
            secret => Ok(secret.to_owned()),
        }
    }
}
