//! `quarterdeck demo`: the cockpit on staging: a registry, its cluster and its load balancers, all on loopback.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

use super::out::{complain, complain_of};
use super::staged::{self, Staged};
use super::{Arming, Demo, Exit, Screen, cockpit, sources, writing};
use crate::config::{self, Bucket, Environment, Flags, Profile, Settings, Watch, without_file};
use crate::execution::deeds::Deeds;
use crate::model::Gate;
use crate::registry::mode::Configured;
use crate::registry::reference::Reference;
use crate::runtime::stores::OpenOptions;
use crate::runtime::{CockpitOptions, look_with};
use crate::sources::bucket::scan::ScanOptions;
use crate::sources::look::Looking;
use crate::staging::scenario::{Addresses, BACKEND, IMAGE, NAMESPACE, SELECTOR, SERVICE};
use crate::state::Session;

/// Opens the cockpit on a scenario.
pub fn run(demo: &Demo, screen: &Screen, arming: &Arming) -> ExitCode {
    match options(demo, screen, arming) {
        Ok((options, folder)) => {
            let code = cockpit::show(options, screen);
            staged::remove(folder.path());
            code
        }
        Err(exit) => exit.into(),
    }
}

/// Journal and backups lie beside the registry: all of it goes away with the folder.
fn options(demo: &Demo, screen: &Screen, arming: &Arming) -> Result<(CockpitOptions, TempDir), Exit> {
    let staged = Staged::open("demo", demo.scenario.as_deref(), None)?;
    let settings = settings(screen)?;
    let mut gate = Gate::shut(vec!["demo".to_owned()], false);
    writing::arm(&mut gate, arming)?;
    let url = staged.url();
    let profile = profile(&staged, &url).ok_or_else(|| {
        complain(&format!("the demonstration cannot be told of its own addresses in {url}"));
        Exit::Unread
    })?;
    let session = Session {
        profile: "demo".to_owned(),
        protection: "embedded".to_owned(),
        bucket: url.clone(),
        registry: None,
        watched: sources::watched(&profile),
        staging: staged.guide(),
        zone: jiff::tz::TimeZone::try_system().ok(),
    };
    let looking = Looking::new(ScanOptions::default(), Configured::Files, None);
    let deeds = writing::assembled(
        looking.clone(),
        staged.open.clone(),
        url,
        OpenOptions::default(),
        staged.folder.path().join("state"),
        "demo embedded".to_owned(),
    );
    let Staged { folder, environment, open, .. } = staged;
    environment.serve(|_| ()).map_err(|error| {
        complain(&format!("cannot bring up the demonstration: {error}"));
        Exit::Unread
    })?;
    let going_away = folder.path().to_owned();
    let options = CockpitOptions {
        deeds: Some(Arc::new(Deeds { fleet: sources::fleet(&profile), ..deeds })),
        sources: sources::sources(&profile),
        consult: sources::consultant(&profile),
        gate,
        last_words: Box::new(move || staged::remove(&going_away)),
        ..CockpitOptions::new(session, open, look_with(looking), "")
    };
    Ok((cockpit::dressed(options, &settings), folder))
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
fn profile(staged: &Staged, url: &str) -> Option<Profile> {
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
        google: None,
        logs: Some(config::Logs {
            files: addresses.balancers.iter().map(|it| (it.name.clone(), it.log.clone())).collect(),
            ..config::Logs::default()
        }),
        front_door: Some(config::FrontDoor {
            url: Url::parse(&format!("http://{}", addresses.front_door)).ok(),
            canaries: Reference::parse(IMAGE).into_iter().collect(),
            interval: Duration::from_secs(3),
        }),
    };
    Some(Profile { watch, ..Profile::around(Bucket::at(Url::parse(url).ok()?)) })
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
