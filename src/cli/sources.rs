//! What a profile says of the world around its bucket, made into what watches it.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{self, Address, FrontDoor, Haproxy, Kubernetes, Profile, Regional, Secret};
use crate::event::Fact;
use crate::execution::Consultant;
use crate::model::{Called, Reading, Watched, Workload};
use crate::runtime::Source;
use crate::sources::google::facts::BalancerKind;
use crate::sources::haproxy::{self, Fleet, Login, Named};
use crate::sources::kubernetes::roll::Roll;
use crate::sources::logs::{
    self, History, Input, command, docker, elasticsearch, files, google as cloud, journal, kubernetes as pods,
};
use crate::sources::registry_api::{Credentials, Password};
use crate::sources::{front_door, google, kubernetes};

/// How seldom canaries are pulled at the most.
const CANARY_INTERVAL: Duration = Duration::from_mins(1);
/// How long an HAProxy may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What of the environment is watched.
pub fn watched(profile: &Profile) -> Watched {
    let watch = &profile.watch;
    Watched {
        kubernetes: watch.kubernetes.as_ref().map(workload),
        backends: watch.haproxy.as_ref().map(|haproxy| haproxy.backends.clone()),
        balancers: fleet(profile).map(|fleet| fleet.place()),
        google: google(profile).is_some(),
        front_door: front_door(profile).is_some(),
        logs: logs(profile, &Roll::default()).is_some(),
        reading: watch.logs.as_ref().map(reading).unwrap_or_default(),
        called: called(profile),
    }
}

/// What commands of other programs call what is watched.
fn called(profile: &Profile) -> Called {
    let watch = &profile.watch;
    let addresses = watch.haproxy.iter().flat_map(|haproxy| &haproxy.instances);
    let instance = addresses.map(|(_, address)| address).find_map(|address| match address {
        Address::Unix(path) => Some(path.display().to_string()),
        Address::Tcp(place) => Some(format!("tcp:{place}")),
        Address::Http(_) => None,
    });
    let logs = watch.logs.as_ref().and_then(|logs| logs.files.first());
    Called {
        context: watch.kubernetes.as_ref().and_then(|kubernetes| kubernetes.context.clone()),
        instance,
        front_door: front_door(profile).map(|options| options.url.to_string()),
        log_file: logs.map(|(_, path)| path.display().to_string()),
    }
}

fn workload(kubernetes: &Kubernetes) -> Workload {
    Workload {
        namespace: kubernetes.namespace.clone().unwrap_or_default(),
        selector: kubernetes.selector.clone(),
        service: kubernetes.service.clone(),
        baseline: kubernetes.baseline,
    }
}

/// What watches it. A section that the profile has not is not watched.
pub fn sources(profile: &Profile) -> Vec<Source> {
    let (watch, roll) = (&profile.watch, Roll::default());
    let kubernetes = watch.kubernetes.as_ref().map(|section| {
        let options = kubernetes::Options { roll: roll.clone(), ..cluster(section) };
        Source::new("kubernetes", Fact::Kubernetes, move |teller| kubernetes::run(options.clone(), teller))
    });
    let haproxy = watch.haproxy.as_ref().map(|section| {
        let options = instances(section);
        Source::new("haproxy", Fact::Haproxy, move |teller| haproxy::run(options.clone(), teller))
    });
    let front_door = front_door(profile).map(|options| {
        Source::new("front door", Fact::FrontDoor, move |teller| front_door::run(options.clone(), teller))
    });
    let google = google(profile).map(|options| {
        Source::new("google", Fact::Google, move |teller| google::run(options.clone(), teller))
    });
    let logs = logs(profile, &roll)
        .map(|options| Source::new("logs", Fact::Logs, move |teller| logs::run(options.clone(), teller)));
    [kubernetes, haproxy, google, front_door, logs].into_iter().flatten().collect()
}

fn reading(section: &config::Logs) -> Reading {
    let (keep, radar, lenses) = (section.keep, section.radar.clone(), section.lenses.clone());
    Reading { keep, radar, lenses }
}

/// Where lines come from, if they come from anywhere.
fn logs(profile: &Profile, roll: &Roll) -> Option<logs::Options> {
    let section = profile.watch.logs.clone().unwrap_or_default();
    let files = section.files.iter().map(|(name, path)| Input::Files(files::Options::new(name, path)));
    let commands =
        section.commands.iter().map(|(name, program)| Input::Command(command::Options::new(name, program)));
    let docker = section.docker.iter().map(|(name, container)| {
        Input::Docker(docker::Options::new(name, container, &section.docker_folder))
    });
    let journal =
        section.journal.iter().map(|(name, unit)| Input::Journal(journal::Options::new(name, unit)));
    let pods = profile.watch.kubernetes.as_ref().filter(|_| section.kubernetes).map(|kubernetes| {
        let options = kubernetes::Options { roll: roll.clone(), ..cluster(kubernetes) };
        Input::Kubernetes(Box::new(pods::Options::new(options)))
    });
    let inputs = files.chain(docker).chain(journal).chain(commands).chain(pods);
    let remote = [elasticsearch_of(&section), cloud_logging(&section)];
    let inputs: Vec<_> = inputs.chain(remote.into_iter().flatten()).collect();
    let history = History { span: section.history, ..History::default() };
    let pace = logs::Pace { room: section.room, ..logs::Pace::default() };
    (!inputs.is_empty()).then_some(logs::Options { inputs, history, pace })
}

/// Documents of Elasticsearch, if the profile says where they are.
fn elasticsearch_of(section: &config::Logs) -> Option<Input> {
    let section = section.elasticsearch.as_ref()?;
    let (url, index) = (section.url.clone()?, section.index.as_deref()?);
    let login = section.username.clone().zip(section.password.clone()).map(|(username, secret)| {
        elasticsearch::Login::Basic(Credentials { username, password: password(secret) })
    });
    let key = section.api_key.clone().map(|secret| elasticsearch::Login::ApiKey(password(secret)));
    let mut options = elasticsearch::Options::new(url, index);
    options.query.clone_from(&section.query);
    options.time.clone_from(&section.time);
    options.message.clone_from(&section.message);
    options.login = key.or(login);
    options.pace.interval = section.interval;
    Some(Input::Elasticsearch(Box::new(options)))
}

/// Entries of Google Cloud Logging, if the profile says of which project.
fn cloud_logging(section: &config::Logs) -> Option<Input> {
    let section = section.google.as_ref()?;
    let mut options = cloud::Options::new(section.project.as_deref()?);
    options.filter.clone_from(&section.filter);
    if let Some(endpoint) = &section.endpoint {
        options.endpoint = endpoint.to_string();
    }
    options.anonymous = section.anonymous;
    options.pace.interval = section.interval;
    Some(Input::Google(Box::new(options)))
}

/// What fetches documents about the cluster's objects.
pub fn consultant(profile: &Profile) -> Option<Consultant> {
    profile.watch.kubernetes.as_ref().map(|section| Arc::new(kubernetes::consultant(cluster(section))) as _)
}

/// The load balancers, for setting something on their servers; none where none is named.
pub fn fleet(profile: &Profile) -> Option<Fleet> {
    let options = instances(profile.watch.haproxy.as_ref()?);
    (!options.instances.is_empty()).then(|| Fleet::new(&options))
}

fn cluster(section: &Kubernetes) -> kubernetes::Options {
    kubernetes::Options {
        kubeconfig: section.kubeconfig.clone(),
        context: section.context.clone(),
        namespace: section.namespace.clone(),
        service: Some(section.service.clone()),
        ..kubernetes::Options::new(&section.selector)
    }
}

fn instances(section: &Haproxy) -> haproxy::Options {
    let login = section.username.clone().zip(section.password.clone());
    let login = login.map(|(user, secret)| Login { user, password: password(secret) });
    let instance = |(name, address): &(String, config::Address)| match address {
        config::Address::Unix(path) => {
            Named { name: name.clone(), address: haproxy::Address::Unix(path.clone()), login: None }
        }
        config::Address::Tcp(address) => {
            Named { name: name.clone(), address: haproxy::Address::Tcp(address.clone()), login: None }
        }
        config::Address::Http(url) => {
            Named { name: name.clone(), address: haproxy::Address::Http(url.clone()), login: login.clone() }
        }
    };
    haproxy::Options {
        instances: section.instances.iter().map(instance).collect(),
        interval: section.interval,
        deadline: PATIENCE,
    }
}

/// The front door, if the profile has the section and an address for it.
fn front_door(profile: &Profile) -> Option<front_door::Options> {
    let (section, registry): (&FrontDoor, _) = (profile.watch.front_door.as_ref()?, &profile.registry);
    let url = section.url.clone().or_else(|| registry.url.clone())?;
    // A password for an encrypted registry must not go to an unencrypted door.
    let is_downgrade =
        url.scheme() == "http" && registry.url.as_ref().is_some_and(|url| url.scheme() == "https");
    let credentials = registry.username.clone().zip(registry.password.clone()).filter(|_| !is_downgrade);
    Some(front_door::Options {
        credentials: credentials
            .map(|(username, secret)| Credentials { username, password: password(secret) }),
        canaries: section.canaries.clone(),
        interval: section.interval,
        canary_interval: CANARY_INTERVAL.min(section.interval * 4),
        ..front_door::Options::at(url)
    })
}

/// Load balancers and incidents, if the profile names any.
fn google(profile: &Profile) -> Option<google::Options> {
    let section = profile.watch.google.as_ref()?;
    let named = |kind, found: &Regional, usual: Option<&String>| google::Named {
        kind,
        name: found.name.clone(),
        region: found.region.as_ref().or(usual).cloned(),
    };
    let pools = section.target_pools.iter();
    let pools = pools.map(|pool| named(BalancerKind::TargetPool, pool, section.region.as_ref()));
    let services = section.backend_services.iter();
    let services = services.map(|service| named(BalancerKind::BackendService, service, None));
    let balancers: Vec<_> = pools.chain(services).collect();
    let feed = section.status_url.clone();
    let feed = feed.map(|url| google::Feed { url, products: section.products.clone() });
    if balancers.is_empty() && feed.is_none() {
        return None;
    }
    let usual = google::Options::new(section.project.as_deref().unwrap_or_default());
    let endpoint = section.endpoint.as_ref().map_or(usual.endpoint, ToString::to_string);
    let (interval, status_interval) = (section.interval, section.interval * 2);
    let anonymous = section.anonymous;
    Some(google::Options { balancers, endpoint, anonymous, feed, interval, status_interval, ..usual })
}

/// Where a password is, as clients take it.
pub fn password(secret: Secret) -> Password {
    match secret {
        Secret::File(path) => Password::File(path),
        Secret::Environment(name) => Password::Environment(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_logs_is_read_with_all_that_it_says() {
        let file = |name: &str| Secret::File(name.into());
        let elasticsearch = config::Elasticsearch {
            url: "http://127.0.0.1:9200".parse().ok(),
            index: Some("i*".to_owned()),
            query: Some("q".to_owned()),
            time: "t".to_owned(),
            message: Some("m".to_owned()),
            interval: Duration::from_secs(7),
            username: None,
            password: None,
            api_key: Some(file("key")),
        };
        let google = config::GoogleLogging {
            project: Some("p-1".to_owned()),
            filter: Some("f".to_owned()),
            endpoint: "http://127.0.0.1:1/".parse().ok(),
            anonymous: true,
            interval: Duration::from_secs(8),
        };
        let section = config::Logs {
            elasticsearch: Some(elasticsearch),
            google: Some(google),
            ..config::Logs::default()
        };
        let Some(Input::Elasticsearch(of)) = elasticsearch_of(&section) else { panic!("not read") };
        assert_eq!((of.url.as_str(), &*of.index, &*of.time), ("http://127.0.0.1:9200/", "i*", "t"));
        assert_eq!((of.query.as_deref(), of.message.as_deref()), (Some("q"), Some("m")));
        assert_eq!(of.pace.interval, Duration::from_secs(7));
        assert!(
            matches!(of.login, Some(elasticsearch::Login::ApiKey(Password::File(path))) if path.ends_with("key"))
        );
        let Some(Input::Google(of)) = cloud_logging(&section) else { panic!("not read") };
        assert_eq!((&*of.project, of.filter.as_deref()), ("p-1", Some("f")));
        assert_eq!((&*of.endpoint, of.anonymous), ("http://127.0.0.1:1/", true));
        assert_eq!(of.pace.interval, Duration::from_secs(8));
    }
}
