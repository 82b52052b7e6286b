//! Settings by environment variable: one row each.

use url::Url;

use super::duration::parse_duration;
use super::environment::Environment;
use super::location;
use super::mistake::{Mistake, Origin};
use super::profile::{Profile, Secret, Transport};
use super::settings::Settings;
use super::value::{self, Parsed};
use super::{overlay_logs, overlay_watch};

/// Chooses the profile.
pub const PROFILE: &str = "QUARTERDECK_PROFILE";
/// Chooses the bucket.
pub const BUCKET: &str = "QUARTERDECK_BUCKET";
/// Holds the registry's password itself, so its value is never parsed or repeated.
const PASSWORD: &str = "QUARTERDECK_REGISTRY_PASSWORD";

/// Puts a variable's text where it belongs.
pub type Apply = fn(&mut Settings, &str) -> Parsed<()>;

/// Variables that change what the file said; later rows win.
const ROWS: [(&str, Apply); 14] = [
    ("STORAGE_EMULATOR_HOST", |settings, text| emulator(settings, with_scheme(text)?)),
    ("STORAGE_EMULATOR_HOST_GRPC", |settings, text| emulator_grpc(settings, with_scheme(text)?)),
    ("QUARTERDECK_THEME", |settings, text| value::choice(text).map(|theme| settings.theme = theme)),
    ("QUARTERDECK_CLIPBOARD", |settings, text| value::choice(text).map(|to| settings.clipboard = to)),
    ("QUARTERDECK_STATE_FOLDER", |settings, text| {
        // From here, as a shell would take it.
        let path = std::path::absolute(text).map_err(|error| format!("is no path: {error}"))?;
        settings.state_folder = Some(path);
        Ok(())
    }),
    ("QUARTERDECK_SETTLE", |settings, text| {
        set(settings, parse_duration(text)?, |profile| &mut profile.settle)
    }),
    ("QUARTERDECK_TRANSPORT", |settings, text| {
        set(settings, value::choice(text)?, |profile| &mut profile.bucket.transport)
    }),
    ("QUARTERDECK_ENDPOINT", |settings, text| {
        set(settings, Some(value::endpoint(text)?), |profile| &mut profile.bucket.endpoint)
    }),
    ("QUARTERDECK_GRPC_ENDPOINT", |settings, text| {
        set(settings, Some(value::endpoint(text)?), |profile| &mut profile.bucket.grpc_endpoint)
    }),
    ("QUARTERDECK_ANONYMOUS", |settings, text| {
        set(settings, value::boolean(text)?, |profile| &mut profile.bucket.anonymous)
    }),
    ("QUARTERDECK_REGISTRY_URL", |settings, text| {
        set(settings, Some(value::front_door(text)?), |profile| &mut profile.registry.url)
    }),
    ("QUARTERDECK_REGISTRY_MODE", |settings, text| {
        set(settings, value::choice(text)?, |profile| &mut profile.registry.mode)
    }),
    ("QUARTERDECK_REGISTRY_USERNAME", |settings, text| {
        set(settings, Some(text.to_owned()), |profile| &mut profile.registry.username)
    }),
    (PASSWORD, |settings, _| {
        set(settings, Some(Secret::Environment(PASSWORD.to_owned())), |profile| {
            &mut profile.registry.password
        })
    }),
];

/// Puts the variables over `settings`, and returns their mistakes.
pub fn apply(settings: &mut Settings, environment: &Environment) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, row) in rows() {
        match environment.text(name) {
            Ok(None) => {}
            Ok(Some(text)) => {
                let origin = || Origin::Variable(name.to_owned());
                let wrong = |what| Mistake { origin: origin(), key: String::new(), what };
                mistakes.extend(row(settings, text).map_err(wrong).err());
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    mistakes.extend(overlay_logs::left_out(settings, environment));
    mistakes
}

/// Every variable that has an effect.
pub fn known_variables() -> Vec<&'static str> {
    let rows = rows().map(|(name, _)| name);
    [location::VARIABLE, PROFILE, BUCKET].into_iter().chain(rows).collect()
}

fn rows() -> impl Iterator<Item = (&'static str, Apply)> {
    ROWS.into_iter().chain(overlay_watch::ROWS).chain(overlay_logs::ROWS)
}

fn set<T>(settings: &mut Settings, value: T, place: fn(&mut Profile) -> &mut T) -> Parsed<()> {
    if let Some(profile) = &mut settings.profile {
        *place(profile) = value;
    }
    Ok(())
}

/// Google's own tools take a host and port without a scheme here.
fn with_scheme(text: &str) -> Parsed<Url> {
    if text.contains("://") { value::endpoint(text) } else { value::endpoint(&format!("http://{text}")) }
}

/// An emulator knows no credentials; and without a gRPC address it must not be mixed with the real service.
fn emulator(settings: &mut Settings, url: Url) -> Parsed<()> {
    if let Some(profile) = &mut settings.profile {
        profile.bucket.endpoint = Some(url);
        profile.bucket.anonymous = true;
        if profile.bucket.grpc_endpoint.is_none() {
            profile.bucket.transport = Transport::Json;
        }
    }
    Ok(())
}

fn emulator_grpc(settings: &mut Settings, url: Url) -> Parsed<()> {
    if let Some(profile) = &mut settings.profile {
        profile.bucket.grpc_endpoint = Some(url);
        profile.bucket.anonymous = true;
        profile.bucket.transport = Transport::Grpc;
    }
    Ok(())
}
