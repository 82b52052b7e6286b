//! HTTP clients that keep to the environment's proxy as kubectl does: never for this machine itself.

use reqwest::{ClientBuilder, Url};
use url::Host;

/// A client's beginnings, for asking `url` and whatever else is on its side of the proxy.
pub fn client_for(url: &Url) -> ClientBuilder {
    let builder = reqwest::Client::builder();
    if is_loopback(url) { builder.no_proxy() } else { builder }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_the_proxy() {
        for (url, expected) in [
            ("http://127.0.0.1:8404/stats", true),
            ("http://[::1]:5000", true),
            ("https://localhost/v2/", true),
            ("https://registry.example.com", false),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
