//! Addresses of clients, as log lines tell them.

/// An address without its port, of which each connection has another one, and without brackets.
pub fn without_port(client: &str) -> &str {
    let bare = match client.rsplit_once(':') {
        Some((address, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            // An IPv6 address without port ends in digits too.
            if address.contains(':') && !address.ends_with(']') { client } else { address }
        }
        _ => client,
    };
    bare.strip_prefix('[').and_then(|bare| bare.strip_suffix(']')).unwrap_or(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_port() {
        for (text, bare) in [
            ("10.0.0.1:443", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.1"),
            ("[::1]:80", "::1"),
            ("::1", "::1"),
            ("2001:db8::443", "2001:db8::443"),
            ("a:", "a:"),
        ] {
            assert_eq!(without_port(text), bare, "{text}");
        }
    }
}
