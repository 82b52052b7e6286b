//! What commands of a runbook call things: as the profile names them, and what a step is about.

use super::fill::Names;
use crate::model::{Subject, Watched};

/// The names that the profile gives.
pub fn names(watched: &Watched, bucket: &str, registry: Option<&str>) -> Names {
    let cluster = watched.kubernetes.as_ref();
    let backend = watched.backends.iter().flatten().next().cloned();
    let url = registry.or(watched.called.front_door.as_deref()).map(|url| url.trim_end_matches('/'));
    let host = url.map(|url| url.split_once("://").map_or(url, |(_, host)| host));
    let known = [
        ("context", watched.called.context.clone()),
        ("namespace", cluster.map(|cluster| cluster.namespace.clone())),
        ("selector", cluster.map(|cluster| cluster.selector.clone())),
        ("service", cluster.map(|cluster| cluster.service.clone())),
        ("backend", backend),
        ("instance", watched.called.instance.clone()),
        ("bucket", Some(bucket.trim_end_matches('/').to_owned())),
        ("registry", url.map(str::to_owned)),
        ("registry-host", host.map(str::to_owned)),
        ("log-file", watched.called.log_file.clone()),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.filter(|(_, value)| !value.is_empty()).collect()
}

/// The names that a subject gives.
pub fn names_of(subject: &Subject) -> Names {
    let names: &[(&'static str, &String)] = match subject {
        Subject::Tag { repository, tag } => &[("repository", repository), ("tag", tag)],
        Subject::Repository(name) => &[("repository", name)],
        Subject::Manifest { repository, .. } | Subject::Upload { repository, .. } => {
            &[("repository", repository)]
        }
        Subject::Pod(name) => &[("pod", name)],
        Subject::Service(name) => &[("service", name)],
        Subject::Server { backend, .. } => &[("backend", backend)],
        Subject::LogFile(path) => &[("log-file", path)],
        Subject::Blob(_)
        | Subject::Object(_)
        | Subject::Address(_)
        | Subject::Instance(_)
        | Subject::CloudServer { .. }
        | Subject::Request { .. }
        | Subject::FrontDoor
        | Subject::Hop(_)
        | Subject::Cause { .. }
        | Subject::Checks => &[],
    };
    names.iter().map(|(name, value)| (*name, (*value).clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::fill;

    #[test]
    fn a_registry_is_called_by_its_url_and_in_references_by_its_host() {
        let text = "curl {registry}/v2/; docker pull {registry-host}/a:b";
        for (registry, filled) in [
            (Some("https://r.example.com/"), "curl https://r.example.com/v2/; docker pull r.example.com/a:b"),
            (Some("http://host:5000"), "curl http://host:5000/v2/; docker pull host:5000/a:b"),
            (None, "curl <registry>/v2/; docker pull <registry-host>/a:b"),
        ] {
            assert_eq!(fill("sh", text, &names(&Watched::default(), "gs://b", registry)), filled);
        }
    }
}
