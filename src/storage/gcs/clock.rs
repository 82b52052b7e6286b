//! The server's clock, from the `Date` header that every HTTP answer has.

use jiff::Timestamp;

use super::failure::{Failure, chain};

/// Asks the HTTP endpoint for its clock, to the second. The answer's status does not matter, so no credentials are
/// sent. Both drivers do this: the gRPC client does not show the headers of its answers.
pub async fn now(client: &reqwest::Client, endpoint: &str) -> Result<Timestamp, Failure> {
    let answer = client.head(format!("{endpoint}/")).send().await;
    let answer = answer.map_err(|error| Failure::unreachable(chain(&error)))?;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    date.and_then(parse).ok_or_else(|| Failure::broken("the server does not tell the time"))
}

/// A date as HTTP headers have it.
pub fn parse(date: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(date).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_are_read() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), "1994-11-06T08:49:37Z".parse().ok());
        assert_eq!(parse("yesterday"), None);
    }
}
