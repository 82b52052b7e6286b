//! From kubeconfig files, or from inside the cluster, to a client.

use std::path::PathBuf;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::super::Options;
use super::super::facts::Cluster;
use super::refusal;
use crate::sources::{Trouble, TroubleKind};

/// A client for the API server that the options name, and which one that is. Runs plugins: may take its time.
pub fn connect(options: &Options) -> Result<(Client, Cluster), Trouble> {
    let (mut config, context) = match kubeconfig(options)? {
        Some(file) => from_file(file, options)?,
        None => (in_cluster()?, "in-cluster".to_owned()),
    };
    config.connect_timeout = Some(options.pace.connect);
    config.write_timeout = Some(options.pace.answer);
    // Silence on a watch is normal, and its own deadline is in the watch.
    config.read_timeout = None;
    // Failures are to be seen here, and tried again at our own pace.
    config.default_retry = false;
    let cluster = Cluster {
        context: crate::model::text::clean(&context).into_owned(),
        server: server(&config.cluster_url),
        namespace: options.namespace.clone().unwrap_or_else(|| config.default_namespace.clone()),
    };
    let client = Client::try_from(config).map_err(|error| refusal::of_client(&error, &cluster.server))?;
    Ok((client, cluster))
}

/// The kubeconfig, as kubectl would find it: none means that there is no file at all.
fn kubeconfig(options: &Options) -> Result<Option<Kubeconfig>, Trouble> {
    if let Some(path) = &options.kubeconfig {
        return Kubeconfig::read_from(path).map(Some).map_err(|error| unusable(&error));
    }
    let named = std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty());
    let paths: Vec<PathBuf> = match &named {
        Some(value) => std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect(),
        None => std::env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect(),
    };
    // Like kubectl, files that are not there do not matter.
    let mut there = paths.iter().filter(|path| path.exists()).peekable();
    if there.peek().is_none() {
        return nothing_there(named.is_some(), &paths);
    }
    let merged = there.try_fold(Kubeconfig::default(), |all, path| {
        Kubeconfig::read_from(path).and_then(|file| all.merge(file))
    });
    merged.map(Some).map_err(|error| unusable(&error))
}

fn nothing_there(is_named: bool, paths: &[PathBuf]) -> Result<Option<Kubeconfig>, Trouble> {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Ok(None);
    }
    let looked: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let asked = if is_named { "KUBECONFIG names" } else { "looked for" };
    let why = format!(
        "there is no kubeconfig ({asked} {}); log in to the cluster, or set kubeconfig or KUBECONFIG",
        looked.join(", ")
    );
    Err(Trouble::new(TroubleKind::Misconfigured, &why))
}

fn from_file(mut file: Kubeconfig, options: &Options) -> Result<(Config, String), Trouble> {
    let context = chosen(&file, options)?;
    for named in &mut file.auth_infos {
        // A plugin that asks questions would ask them into the screen.
        if let Some(exec) = named.auth_info.as_mut().and_then(|info| info.exec.as_mut()) {
            exec.interactive_mode = Some(ExecInteractiveMode::Never);
        }
    }
    let names_proxy = names_proxy(&file, &context);
    let chosen = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    // It waits for nothing: the files are read at once.
    let config = futures::executor::block_on(Config::from_custom_kubeconfig(file, &chosen));
    let mut config = config.map_err(|error| unusable(&error))?;
    if !names_proxy {
        config.proxy_url = environment_proxy(&config.cluster_url, config.proxy_url.take());
    }
    Ok((config, context))
}

/// The context to use, which must be in the file.
fn chosen(file: &Kubeconfig, options: &Options) -> Result<String, Trouble> {
    let current = file.current_context.clone().filter(|name| !name.is_empty());
    let known: Vec<_> = file.contexts.iter().map(|context| context.name.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let Some(context) = options.context.clone().or(current) else {
        let why = format!("the kubeconfig has no current context; set context to one of: {known}");
        return Err(Trouble::new(TroubleKind::Misconfigured, &why));
    };
    if file.contexts.iter().all(|one| one.name != context) {
        let why = format!("the kubeconfig has no context {context}; it has: {known}");
        return Err(Trouble::new(TroubleKind::Misconfigured, &why));
    }
    Ok(context)
}

fn names_proxy(file: &Kubeconfig, context: &str) -> bool {
    let context = file.contexts.iter().find(|one| one.name == context).and_then(|one| one.context.as_ref());
    let cluster = context.and_then(|context| file.clusters.iter().find(|one| one.name == context.cluster));
    let proxy = cluster.and_then(|one| one.cluster.as_ref()).and_then(|cluster| cluster.proxy_url.as_ref());
    proxy.is_some_and(|proxy| !proxy.is_empty())
}

/// The environment's proxy for this server, by the rules that kubectl keeps: never for loopback, and not for what
/// `NO_PROXY` names. `found` is the same with its password, if it has one.
fn environment_proxy(server: &Uri, found: Option<Uri>) -> Option<Uri> {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if is_loopback {
        return None;
    }
    let proxy = Matcher::from_env().intercept(server)?;
    let is_https = server.scheme_str() == Some("https");
    found.filter(|_| is_https).or_else(|| Some(proxy.uri().clone()))
}

fn in_cluster() -> Result<Config, Trouble> {
    Config::incluster().map_err(|error| {
        let why = format!("this runs in a cluster, but not with a service account that can be read: {error}");
        Trouble::new(TroubleKind::Misconfigured, &why)
    })
}

fn unusable(error: &KubeconfigError) -> Trouble {
    let why = match error {
        KubeconfigError::ReadConfig(error, path) => format!("cannot read {}: {error}", path.display()),
        // What a parser quotes of the file may be a secret.
        KubeconfigError::Parse(_) => "the kubeconfig is not valid YAML; see kubectl config view".to_owned(),
        KubeconfigError::LoadClusterOfContext(name) => {
            format!("the kubeconfig has no cluster {name}, which its context names")
        }
        error => format!("the kubeconfig cannot be used: {error}"),
    };
    Trouble::new(TroubleKind::Misconfigured, &why)
}

/// The server's address without a password, if it has one.
fn server(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or("https");
    let authority = url.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    crate::model::text::clean(&format!("{scheme}://{host}{}", url.path().trim_end_matches('/'))).into_owned()
}
