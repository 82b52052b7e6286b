//! Single settings of what is watched, as people write them.

use std::path::PathBuf;
use std::time::Duration;

use super::duration::parse_duration;
use super::value::{self, Parsed};
use super::watch::{Address, Regional};
use crate::registry::reference::Reference;

/// One line of text that is not empty.
pub fn line(text: &str) -> Parsed<String> {
    match text.trim() {
        "" => Err("is empty; leave the key out instead".to_owned()),
        text if text.chars().any(char::is_control) => Err("has control characters".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// The name of a Kubernetes object.
pub fn object_name(text: &str) -> Parsed<String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let good = !text.is_empty() && text.len() <= 253 && text.chars().all(legal);
    if good { Ok(text.to_owned()) } else { Err(format!("{text:?} is not allowed, want a-z, 0-9, - and .")) }
}

/// How often something is asked.
pub fn interval(text: &str) -> Parsed<Duration> {
    let found = parse_duration(text)?.unsigned_abs();
    if (Duration::from_secs(1)..=Duration::from_hours(1)).contains(&found) {
        Ok(found)
    } else {
        Err(format!("{text:?} is not allowed, want 1s to 1h"))
    }
}

/// Where an HAProxy tells its statistics; `path` reads a path.
pub fn haproxy_address(text: &str, path: impl Fn(&str) -> Parsed<PathBuf>) -> Parsed<Address> {
    const WANT: &str = "want unix:/run/haproxy/admin.sock, tcp://host:port, or the http:// or https:// URL of a statistics page";
    match text.split_once(':') {
        Some(("unix", socket)) => path(socket.strip_prefix("//").unwrap_or(socket)).map(Address::Unix),
        Some(("tcp", rest)) => host_and_port(rest).ok_or_else(|| format!("{text:?} has no port; {WANT}")),
        Some(("http" | "https", _)) => value::endpoint(text).map(Address::Http),
        Some(_) | None if text.starts_with('/') => {
            Err(format!("{text:?} is a path; write it as \"unix:{text}\""))
        }
        Some(_) | None => Err(format!("{text:?} is no address of an HAProxy; {WANT}")),
    }
}

fn host_and_port(rest: &str) -> Option<Address> {
    let (host, port) = rest.strip_prefix("//")?.trim_end_matches('/').rsplit_once(':')?;
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let plain = !host.is_empty() && !host.contains([':', '/', '@', ' ']);
    let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
    (plain || bracketed).then(|| Address::Tcp(format!("{host}:{port}")))
}

/// A name as Google Cloud gives it to load balancers and regions.
pub fn cloud_name(text: &str) -> Parsed<String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good =
        text.len() <= 63 && text.chars().all(legal) && text.starts_with(|c: char| c.is_ascii_lowercase());
    if good { Ok(text.to_owned()) } else { Err(format!("{text:?} is not allowed, want a-z, 0-9 and -")) }
}

/// The id of a project; old ones belong to a domain (`example.com:project`).
pub fn project(text: &str) -> Parsed<String> {
    match text.rsplit_once(':') {
        Some((domain, id)) => Ok(format!("{}:{}", object_name(domain)?, cloud_name(id)?)),
        None => cloud_name(text),
    }
}

/// `name`, or `region/name`.
pub fn regional(text: &str) -> Parsed<Regional> {
    match text.split_once('/') {
        Some((region, name)) => Ok(Regional { region: Some(cloud_name(region)?), name: cloud_name(name)? }),
        None => Ok(Regional { region: None, name: cloud_name(text)? }),
    }
}

/// An image of the registry: `group/project:tag`, without the registry's host.
pub fn canary(text: &str) -> Parsed<Reference> {
    let last = text.rsplit('/').next().unwrap_or(text);
    if !last.contains([':', '@']) && !text.starts_with('/') {
        return Err(format!("{text:?} names no tag; want group/project:tag"));
    }
    let reference = Reference::parse(text).map_err(|why| why.to_string())?;
    match (&reference.host, &reference.other_reading) {
        (None, _) => Ok(reference),
        (Some(host), Some(_)) => Err(format!(
            "leave the host {host:?} off; if it is a group, write \"{}\"",
            format_args!("/v2/{host}/{}/manifests/{}", reference.repository, reference.target)
        )),
        (Some(host), None) => Err(format!("leave the host {host:?} off; want group/project:tag")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Parsed<Address> {
        haproxy_address(text, |path| Ok(path.into()))
    }

    #[test]
    fn an_haproxy_is_a_socket_or_a_page() {
        let page = "http://10.0.0.3:8404/stats";
        let table = [
            ("unix:/run/haproxy/admin.sock", Address::Unix("/run/haproxy/admin.sock".into())),
            ("unix:///run/haproxy/admin.sock", Address::Unix("/run/haproxy/admin.sock".into())),
            ("tcp://10.0.0.2:9999", Address::Tcp("10.0.0.2:9999".to_owned())),
            ("tcp://[::1]:9999", Address::Tcp("[::1]:9999".to_owned())),
            (page, Address::Http(page.parse().unwrap())),
        ];
        for (text, expected) in table {
            assert_eq!(address(text), Ok(expected), "{text}");
        }
        let table = [
            ("/run/haproxy.sock", "write it as \"unix:/run/haproxy.sock\""),
            ("tcp://10.0.0.2", "has no port"),
            ("tcp://::1:9999", "has no port"),
            ("tcp://10.0.0.2:0", "has no port"),
            ("10.0.0.2:9999", "is no address"),
            ("", "is no address"),
            ("https://me:s3cret@lb-01/", "no user name"),
        ];
        for (text, said) in table {
            let why = address(text).expect_err(text);
            assert!(why.contains(said) && !why.contains("s3cret"), "{text}: {why}");
        }
    }

    #[test]
    fn a_canary_is_an_image_of_the_front_door_itself() {
        let digest = format!("group/project@sha256:{}", "a".repeat(64));
        for text in ["group/project:v1", "app:v1", &digest, "/v2/my.group/app/manifests/v1"] {
            assert_eq!(canary(text).map(|canary| canary.host), Ok(None), "{text}");
        }
        let table = [
            ("group/project", "names no tag"),
            ("", "names no tag"),
            (
                "registry.example.com/group/project:v1",
                "write \"/v2/registry.example.com/group/project/manifests/v1\"",
            ),
            ("localhost:5000/app:v1", "leave the host \"localhost:5000\" off"),
            ("group/App:v1", "is not allowed from character 7"),
        ];
        for (text, said) in table {
            assert!(canary(text).is_err_and(|why| why.contains(said)), "{text}: {:?}", canary(text));
        }
    }

    #[test]
    fn names_of_the_cloud_may_say_their_region() {
        let found = |text| regional(text).map(|found| (found.region, found.name));
        assert_eq!(found("pool-1"), Ok((None, "pool-1".to_owned())));
        assert_eq!(found("us-east1/pool-1"), Ok((Some("us-east1".to_owned()), "pool-1".to_owned())));
        assert!(found("a/b/c").is_err() && found("").is_err() && found("Pool").is_err());
        assert_eq!(project("example.com:project"), Ok("example.com:project".to_owned()));
        assert!(project("no such project").is_err());
    }

    #[test]
    fn intervals_are_neither_nothing_nor_for_ever() {
        assert_eq!(interval("2s"), Ok(Duration::from_secs(2)));
        for text in ["0", "100ms", "2h", "soon"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
