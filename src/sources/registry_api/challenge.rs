//! What a registry wants to be shown before it answers.

use reqwest::header::WWW_AUTHENTICATE;

use super::transport::Answer;

/// What a registry wants to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token, to be had from `realm`.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// The best challenge that we can answer: a token before a password.
pub(super) fn choose(refusal: &Answer) -> Option<Challenge> {
    let headers = refusal.headers.get_all(WWW_AUTHENTICATE);
    let all: Vec<_> = headers.iter().filter_map(|value| value.to_str().ok()).flat_map(challenges).collect();
    let (bearer, basic): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| *one != Challenge::Basic);
    bearer.into_iter().chain(basic).next()
}

fn challenges(header: &str) -> Vec<Challenge> {
    let parsed = http_auth::parse_challenges(header).unwrap_or_default();
    parsed.iter().filter_map(|one| understood(one)).collect()
}

fn understood(challenge: &http_auth::ChallengeRef<'_>) -> Option<Challenge> {
    let value = |name: &str| {
        let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped())
    };
    match challenge.scheme.to_ascii_lowercase().as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: value("realm")?,
            service: value("service"),
            scope: value("scope"),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn challenges_of_registries_are_understood() {
        let header = "Bearer realm=\"https://gitlab.example.com/jwt/auth\",service=\"container_registry\",\
                      scope=\"repository:g/p:pull,push\",error=\"invalid_token\"";
        let bearer = Challenge::Bearer {
            realm: "https://gitlab.example.com/jwt/auth".into(),
            service: Some("container_registry".into()),
            scope: Some("repository:g/p:pull,push".into()),
        };
        assert_eq!(challenges(header), [bearer]);
        assert_eq!(challenges("Basic realm=\"basic-realm\""), [Challenge::Basic]);
        for header in ["Negotiate", "Bearer service=\"no realm\"", "Bearer realm=\"cut", ""] {
            assert_eq!(challenges(header), [], "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_challenge_is_read(header in "([Bb]earer|Basic|[a-z]{1,5})? ?(realm|scope|[a-z,]{0,4})?=?\"?.{0,20}\"?.{0,20}") {
            let _ = challenges(&header);
        }
    }
}
