//! Where an instance of HAProxy can be asked: its `stats socket`, or its statistics page.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// Where an instance can be asked. Who we are is never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A `stats socket` on this machine.
    Unix(PathBuf),
    /// A `stats socket` that is bound to a port, as `host:port`.
    Tcp(String),
    /// A statistics page, as `stats uri` has it.
    Http(Url),
}

impl Address {
    /// Whether commands can be given there; a statistics page only tells.
    pub const fn takes_commands(&self) -> bool {
        !matches!(self, Self::Http(_))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(address) => f.write_str(address),
            Self::Http(url) => f.write_str(url.as_str()),
        }
    }
}

/// Why a text is no address, in words that say what would be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAddress(String);

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return page(text);
        }
        let path = ["unix://", "unix:", "unix@"].iter().find_map(|prefix| text.strip_prefix(prefix));
        if let Some(path) = path.or_else(|| text.starts_with('/').then_some(text)) {
            return socket(path);
        }
        let prefixes = ["tcp://", "tcp:", "ipv4@", "ipv6@"];
        port(prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text))
    }
}

fn page(text: &str) -> Result<Address, NoAddress> {
    let mut url = Url::parse(text).map_err(|error| NoAddress(format!("this is no URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NoAddress("a URL must not hold a user or password: give them beside it".to_owned()));
    }
    url.set_fragment(None);
    Ok(Address::Http(url))
}

fn socket(path: &str) -> Result<Address, NoAddress> {
    if path.starts_with('/') {
        return Ok(Address::Unix(PathBuf::from(path)));
    }
    Err(NoAddress(format!("the path of a socket begins with /, not {path:?}")))
}

fn port(text: &str) -> Result<Address, NoAddress> {
    let host_and_port = text.rsplit_once(':').filter(|(host, port)| {
        !host.is_empty() && !host.contains(['/', '@', ' ']) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    match host_and_port {
        Some(_) => Ok(Address::Tcp(text.to_owned())),
        None => Err(NoAddress(format!(
            "want the path of a socket (/run/haproxy/admin.sock), host:port of one, or the URL of a statistics \
             page (http://lb-01:8404/stats), not {text:?}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_ports_and_pages_are_told_apart_and_shown_as_they_are() {
        for (text, shown) in [
            ("/run/haproxy/admin.sock", "/run/haproxy/admin.sock"),
            ("unix:/run/a.sock", "/run/a.sock"),
            ("unix@/run/a.sock", "/run/a.sock"),
            ("lb-01:9999", "lb-01:9999"),
            ("tcp://lb-01:9999", "lb-01:9999"),
            ("ipv4@127.0.0.1:9999", "127.0.0.1:9999"),
            ("[::1]:9999", "[::1]:9999"),
            ("http://lb-01:8404/stats", "http://lb-01:8404/stats"),
            ("https://lb-01/haproxy?stats#top", "https://lb-01/haproxy?stats"),
        ] {
            let address: Address = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse(), Ok(address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_a_password_is_not_repeated() {
        for text in
            ["", "lb-01", "lb-01:", ":9999", "lb-01:0", "run/haproxy.sock", "unix:run/a.sock", "a b:1"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        let error = "http://ops:hunter2@lb-01/stats".parse::<Address>().unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
