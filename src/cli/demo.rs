//! `quarterdeck demo`: the cockpit on staging: a registry, its cluster and its load balancers, all on loopback.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

use super::out::{complain, complain_of};
use super::staged::{self, Shelf, Staged};
use super::{Arming, Demo, Exit, Screen, cockpit, runbooks, site, sources, writing};
use crate::config::{self, Bucket, Environment, Flags, Location, Profile, Settings, Watch, without_file};
use crate::execution::deeds::Deeds;
use crate::execution::notebook::Notebook;
use crate::model::Gate;
use crate::registry::mode::Configured;
use crate::registry::reference::Reference;
use crate::runtime::stores::OpenOptions;
use crate::runtime::{CockpitOptions, look_with};
use crate::sources::bucket::scan::ScanOptions;
use crate::sources::look::Looking;
use crate::sources::registry_api::{Client, Settings as ClientSettings};
use crate::staging::google::{COMPUTE, FEED};
use crate::staging::scenario::{
    Addresses, BACKEND, BALANCERS, CANARY, Environment as StagedEnvironment, NAMESPACE, PROJECT, REGION,
    SELECTOR, SERVICE, Scenario,
};
use crate::state::Session;

/// Opens the cockpit on a scenario.
pub fn run(demo: &Demo, screen: &Screen, arming: &Arming) -> ExitCode {
    let shown = demonstration(demo.scenario.as_deref(), arming, None).and_then(|shown| {
        let settings = settings(screen)?;
        let unable = |error| {
            complain(&format!("cannot bring up the demonstration: {error}"));
            Exit::Unread
        };
        shown.environment.serve(|_| ()).map_err(unable)?;
        Ok((cockpit::dressed(shown.options, &settings), shown.folder))
    });
    match shown {
        Ok((options, folder)) => {
            let code = cockpit::show(options, screen);
            staged::remove(folder.path());
            code
        }
        Err(exit) => exit.into(),
    }
}

/// A cockpit on a scenario, before anything is served.
pub struct Demonstration {
    pub options: CockpitOptions,
    pub scenario: Scenario,
    pub environment: StagedEnvironment,
    /// All files are in it, and go away with it.
    pub folder: TempDir,
}

/// The cockpit on a scenario, or on the usual one. Journal and backups lie beside the registry: all of it goes away with
/// the folder. The tree is taken from a shelf, if there is one.
///
/// # Errors
///
/// There is no such scenario, or its sockets cannot be opened; it has been said.
pub fn demonstration(
    scenario: Option<&str>,
    arming: &Arming,
    shelf: Option<Arc<Shelf>>,
) -> Result<Demonstration, Exit> {
    let staged = Staged::from_shelf("demo", scenario, None, shelf)?;
    let mut gate = Gate::shut(vec!["demo".to_owned()], false);
    writing::arm(&mut gate, arming)?;
    let url = staged.url();
    let profile = profile(&staged, &url).ok_or_else(|| {
        complain(&format!("the demonstration cannot be told of its own addresses in {url}"));
        Exit::Unread
    })?;
    // Without it only a second terminal is worse off.
    let _ = site::write(staged.folder.path(), &profile);
    let session = Session {
        profile: "demo".to_owned(),
        protection: "embedded".to_owned(),
        bucket: url.clone(),
        registry: profile.registry.url.as_ref().map(ToString::to_string),
        watched: sources::watched(&profile),
        staging: staged.guide(),
        runbooks: Arc::new(runbooks::shelf(&Location::find(None, &Environment::of_process()))),
        zone: jiff::tz::TimeZone::try_system().ok(),
    };
    let looking = looking(&profile);
    let state_folder = staged.folder.path().join("state");
    let notebook = Notebook::new(&state_folder, "demo");
    let deeds = writing::assembled(
        looking.clone(),
        staged.open.clone(),
        url,
        OpenOptions::default(),
        state_folder,
        "demo embedded".to_owned(),
    );
    let Staged { folder, scenario, environment, open, .. } = staged;
    let going_away = folder.path().to_owned();
    let options = CockpitOptions {
        deeds: Some(Arc::new(Deeds { fleet: sources::fleet(&profile), ..deeds })),
        sources: sources::sources(&profile),
        consult: sources::consultant(&profile),
        notebook: Some(notebook),
        gate,
        last_words: Box::new(move || staged::remove(&going_away)),
        looking: Arc::clone(&looking),
        ..CockpitOptions::new(session, open, look_with(looking), "")
    };
    Ok(Demonstration { options, scenario, environment, folder })
}

/// Colours and clipboard. The file is not read: whatever stands in it, the demonstration works.
fn settings(screen: &Screen) -> Result<Settings, Exit> {
    let flags = Flags { theme: screen.theme, ..Flags::default() };
    without_file(&flags, &Environment::of_process()).map_err(|mistakes| {
        complain_of(&mistakes);
        Exit::Usage
    })
}

/// The profile that one would write for this site.
pub fn profile(staged: &Staged, url: &str) -> Option<Profile> {
    let addresses = &staged.environment.addresses;
    let watch = Watch {
        kubernetes: Some(config::Kubernetes {
            kubeconfig: Some(addresses.kubeconfig.clone()),
            namespace: Some(NAMESPACE.to_owned()),
            selector: SELECTOR.to_owned(),
            service: SERVICE.to_owned(),
            baseline: Some(staged.scenario.baseline),
            ..config::Kubernetes::default()
        }),
        haproxy: Some(haproxy(addresses)),
        google: Some(google(addresses)?),
        logs: Some(config::Logs {
            room: Some(staged.scenario.log_room()),
            files: addresses.balancers.iter().map(|it| (it.name.clone(), it.log.clone())).collect(),
            ..config::Logs::default()
        }),
        front_door: Some(config::FrontDoor {
            url: Url::parse(&format!("http://{}", addresses.front_door)).ok(),
            canaries: Reference::parse(CANARY).into_iter().collect(),
            interval: Duration::from_secs(1),
        }),
    };
    let mut profile = Profile { watch, ..Profile::around(Bucket::at(Url::parse(url).ok()?)) };
    if staged.scenario.metadata_database {
        profile.registry.url = Url::parse(&format!("http://{}", addresses.front_door)).ok();
    }
    Some(profile)
}

/// Where the registry's own address is known, it is asked whether a database holds its tags. What pulls are answered is
/// asked at the front door, before a deed and after it.
fn looking(profile: &Profile) -> Arc<Looking> {
    let (registry, door) = (profile.registry.url.clone(), profile.watch.front_door.as_ref());
    let configured = if registry.is_some() { Configured::Auto } else { Configured::Files };
    let address = registry.or_else(|| door.and_then(|door| door.url.clone()));
    let client = address.and_then(|url| Client::new(ClientSettings::at(url)).ok());
    Looking::new(ScanOptions::default(), configured, client)
}

fn google(addresses: &Addresses) -> Option<config::Google> {
    let pool = |name: &&str| config::Regional { region: None, name: (*name).to_owned() };
    Some(config::Google {
        project: Some(PROJECT.to_owned()),
        region: Some(REGION.to_owned()),
        target_pools: BALANCERS.iter().map(pool).collect(),
        endpoint: Some(Url::parse(&format!("http://{}{COMPUTE}", addresses.cloud)).ok()?),
        anonymous: true,
        interval: Duration::from_secs(2),
        status_url: Some(Url::parse(&format!("http://{}{FEED}", addresses.cloud)).ok()?),
        ..config::Google::default()
    })
}

fn haproxy(addresses: &Addresses) -> config::Haproxy {
    let instances =
        addresses.balancers.iter().map(|it| (it.name.clone(), config::Address::Unix(it.unix.clone())));
    config::Haproxy {
        instances: instances.collect(),
        backends: vec![BACKEND.to_owned()],
        ..config::Haproxy::default()
    }
}
