//! What can write, put together from the settings in one place: for the cockpit and every command that may write.

use std::path::PathBuf;
use std::sync::Arc;

use super::out::complain;
use super::{Arming, Exit, place, sources};
use jiff::Timestamp;

use crate::config::{Profile, Settings};
use crate::execution::deeds::{Deeds, LATE, WriteOpener};
use crate::execution::journal::Journal;
use crate::model::{Gate, Refusal};
use crate::runtime::stores::{self, OpenOptions};
use crate::runtime::{Opener, open_with};
use crate::sources::look::Looking;

/// What writes to the registry of `profile`; nothing where there is no folder for journal and backups.
pub fn deeds(settings: &Settings, profile: &Profile, looking: Arc<Looking>) -> Option<Deeds> {
    let (url, options) = place::store(&profile.bucket);
    let state_folder = settings.state_folder.clone()?;
    let environment = environment(settings.name.as_deref(), profile);
    let open = open_with(url.clone(), options.clone());
    let deeds = assembled(looking, open, url, options, state_folder, environment);
    Some(Deeds { fleet: sources::fleet(profile), ..deeds })
}

/// The parts of what writes, with the store at `url` opened for writing by whoever holds a permit.
pub fn assembled(
    looking: Arc<Looking>,
    open: Opener,
    url: String,
    options: OpenOptions,
    state_folder: PathBuf,
    environment: String,
) -> Deeds {
    let open_to_write: WriteOpener = Arc::new(move |permit| {
        let (url, options) = (url.clone(), options.clone());
        Box::pin(async move {
            stores::open_to_write(&url, &options, permit).await.map_err(|error| error.of_store(&url))
        })
    });
    let journal = Journal::new(state_folder, Timestamp::now);
    Deeds { looking, fleet: None, open, open_to_write, journal, environment, late: LATE }
}

/// What the environment is called, in capitals where a slip hurts.
pub fn environment(name: Option<&str>, profile: &Profile) -> String {
    let words = [name.unwrap_or("no profile").to_owned(), protection(profile)];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The environment's word, in capitals where a slip hurts.
pub fn protection(profile: &Profile) -> String {
    match (&profile.environment, profile.protected) {
        (Some(name), true) => name.to_uppercase(),
        (Some(name), false) => name.clone(),
        (None, true) => "PROTECTED".to_owned(),
        (None, false) => String::new(),
    }
}

/// The gate before the registry of `profile`: whatever is protected, and every bucket, asks for a name.
pub fn gate(settings: &Settings, profile: &Profile) -> Gate {
    let url = &profile.bucket.url;
    let bucket = url.host_str().filter(|_| url.scheme() != "file").map(str::to_owned);
    let guarded = profile.protected || url.scheme() != "file";
    Gate::shut(settings.name.clone().into_iter().chain(bucket).collect(), guarded)
}

/// Opens the gate for the whole session if `arming` asks for that.
///
/// # Errors
///
/// It asks for a name; what to type has been said.
pub fn arm(gate: &mut Gate, arming: &Arming) -> Result<(), Exit> {
    let Some(name) = &arming.write else { return Ok(()) };
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    gate.open(name, None).map_err(|refusal| {
        complain(&format!("--write: {refusal}\n{}", remedy(&refusal)));
        Exit::Usage
    })
}

/// What to type instead.
fn remedy(refusal: &Refusal) -> String {
    let (Refusal::NeedsName { names } | Refusal::OtherName { names, .. }) = refusal;
    match names.as_slice() {
        [] => "type --write alone: nothing here has a name".to_owned(),
        names => {
            let words: Vec<String> = names.iter().map(|name| format!("--write={name}")).collect();
            format!("type {} if that is what you mean to write to", words.join(" or "))
        }
    }
}

/// Says that there is nowhere to keep journal and backups, and what to do about it.
pub fn no_state_folder() -> Exit {
    complain(
        "there is no home folder for the journal and the backups, and without them nothing is written:\n\
         set QUARTERDECK_STATE_FOLDER to a folder, or state_folder in the configuration",
    );
    Exit::Usage
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Bucket, Environment, Flags, without_file};

    fn settings(name: Option<&str>) -> Settings {
        let settings = without_file(&Flags::default(), &Environment::default()).unwrap();
        Settings { name: name.map(str::to_owned), ..settings }
    }

    fn profile(url: &str, protected: bool) -> Profile {
        Profile { protected, ..Profile::around(Bucket::at(url.parse().unwrap())) }
    }

    #[test]
    fn a_bucket_and_whatever_is_protected_ask_for_a_name() {
        let names = |name, url, protected| {
            gate(&settings(name), &profile(url, protected)).asks_for().map(<[String]>::to_vec)
        };
        assert_eq!(names(None, "file:///srv/registry", false), None);
        assert_eq!(names(Some("dev"), "file:///srv/registry", false), None);
        assert_eq!(names(Some("gprd"), "file:///srv/registry", true), Some(vec!["gprd".into()]));
        assert_eq!(names(None, "gs://images/root", false), Some(vec!["images".into()]));
        assert_eq!(names(Some("gprd"), "gs://images", true), Some(vec!["gprd".into(), "images".into()]));
    }

    #[test]
    fn what_is_refused_says_what_to_type() {
        let mut gate = gate(&settings(Some("gprd")), &profile("gs://images", false));
        let refusal = gate.open(None, None).unwrap_err();
        assert_eq!(
            remedy(&refusal),
            "type --write=gprd or --write=images if that is what you mean to write to"
        );
        let said = |write: &str| arm(&mut gate.clone(), &Arming { write: Some(write.into()) });
        assert_eq!((said(""), said("gstg"), said("images")), (Err(Exit::Usage), Err(Exit::Usage), Ok(())));
        assert_eq!(arm(&mut gate, &Arming::default()), Ok(()), "nothing is asked of who only looks");
    }
}
