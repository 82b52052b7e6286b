//! Single settings as people write them, wherever they write them.

use clap::ValueEnum;
use url::Url;

use super::mistake::{did_you_mean, one_of};

/// What a parser of a setting returns: the value, or what is wrong and what is allowed.
pub type Parsed<T> = Result<T, String>;

/// One word out of a fixed set.
pub fn choice<T: ValueEnum>(text: &str) -> Parsed<T> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|value| value.to_possible_value().map(|name| name.get_name().to_owned()))
            .collect();
        let names = || names.iter().map(String::as_str);
        format!("{text:?} is not allowed, want {}{}", one_of(names()), did_you_mean(text, names()))
    })
}

/// `true` or `false`.
pub fn boolean(text: &str) -> Parsed<bool> {
    text.parse().map_err(|_| format!("{text:?} is not allowed, want true or false"))
}

/// The URL of a bucket: `file:///srv/registry` or `gs://bucket/optional/root`.
pub fn bucket_url(text: &str) -> Parsed<Url> {
    const WANT: &str = "want file:///srv/registry or gs://bucket/optional/root";
    let url = Url::parse(text).map_err(|why| match text.strip_prefix('/') {
        Some(_) => format!("{text:?} is a path; write it as \"file://{text}\""),
        None => format!("{text:?} is not a URL ({why}); {WANT}"),
    })?;
    plain(&url)?;
    match url.scheme() {
        "file" if url.has_host() => Err(format!(
            "{text:?} names the host {:?}; a folder takes three slashes, as in file:///srv/registry",
            url.host_str().unwrap_or_default()
        )),
        "gs" if url.host_str().is_none_or(|host| !is_bucket_name(host)) => {
            Err(format!("{text:?} names no bucket that could exist; {WANT}"))
        }
        "file" | "gs" => not_inside(url),
        other => Err(format!("scheme {other:?} is not one of file and gs; {WANT}")),
    }
}

/// The address of an HTTP service, path allowed.
pub fn endpoint(text: &str) -> Parsed<Url> {
    let url =
        Url::parse(text).map_err(|why| format!("{text:?} is not a URL ({why}); want https://host:port"))?;
    plain(&url)?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(format!("scheme {other:?} is not one of http and https; want https://host:port")),
    }
}

/// The address of a registry's front door.
pub fn front_door(text: &str) -> Parsed<Url> {
    let url = endpoint(text)?;
    match url.path() {
        "" | "/" => Ok(url),
        path => Err(format!("leave the path {path:?} off; want scheme, host and port only")),
    }
}

/// Free text of one line, to be shown on screen.
pub fn label(text: &str) -> Parsed<String> {
    match text.trim() {
        "" => Err("is empty; leave the key out instead".to_owned()),
        text if text.chars().any(char::is_control) => {
            Err("has control characters; want one line of text".to_owned())
        }
        text if text.chars().count() > 40 => Err("is longer than 40 characters".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// The name of an environment variable. What was written instead may be the secret itself, so it is not repeated.
pub fn variable_name(text: &str) -> Parsed<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good = text.chars().all(legal) && text.starts_with(|c: char| !c.is_ascii_digit());
    if good {
        Ok(text.to_owned())
    } else {
        Err("want the name of an environment variable, not its value".to_owned())
    }
}

fn plain(url: &Url) -> Parsed<()> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL here holds no user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("leave off what follows ? or # in \"{}\"", url.path()));
    }
    Ok(())
}

fn not_inside(url: Url) -> Parsed<Url> {
    match url.path().trim_end_matches('/').strip_suffix("/docker/registry/v2") {
        None => Ok(url),
        Some(root) => Err(format!(
            "names the inside of the registry's tree; name what holds docker/registry/v2, so end it in \"{}\"",
            if root.is_empty() { "/" } else { root }
        )),
    }
}

/// Bucket names as Google Cloud Storage allows them.
fn is_bucket_name(name: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=222).contains(&name.len())
        && name.chars().all(inside)
        && name.starts_with(edge)
        && name.ends_with(edge)
}

#[cfg(test)]
mod tests {
    use super::super::profile::Theme;
    use super::*;

    #[test]
    fn bucket_urls_name_what_holds_the_registry() {
        for text in ["file:///srv/registry", "file:///", "gs://bucket", "gs://my_bucket.example/some/root/"] {
            assert!(bucket_url(text).is_ok(), "{text}: {:?}", bucket_url(text));
        }
        let table = [
            ("/srv/registry", "write it as \"file:///srv/registry\""),
            ("srv", "is not a URL"),
            ("", "is not a URL"),
            ("file://srv/registry", "three slashes"),
            ("gs://", "no bucket"),
            ("gs://Bucket", "no bucket"),
            ("s3://bucket", "\"s3\" is not one of file and gs"),
            ("gs://bucket/root?x=1", "leave off"),
            ("gs://user:s3cret@bucket", "no user name or password"),
            ("file:///srv/registry/docker/registry/v2/", "end it in \"/srv/registry\""),
        ];
        for (text, said) in table {
            let why = bucket_url(text).expect_err(text);
            assert!(why.contains(said), "{text}: {why}");
            assert!(!why.contains("s3cret"), "{text}: a password is not repeated: {why}");
        }
    }

    #[test]
    fn endpoints_and_front_doors_are_http() {
        assert!(endpoint("http://127.0.0.1:4443/storage/v1").is_ok());
        assert!(front_door("https://registry.example.com").is_ok());
        let table =
            [("ftp://x", "\"ftp\" is not one of"), ("localhost:5000", "is not one of"), ("x", "not a URL")];
        for (text, said) in table {
            assert!(endpoint(text).is_err_and(|why| why.contains(said)), "{text}: {:?}", endpoint(text));
        }
        assert!(front_door("https://registry.example.com/v2/").is_err_and(|why| why.contains("\"/v2/\"")));
    }

    #[test]
    fn words_come_from_their_set() {
        assert_eq!(choice::<Theme>("light"), Ok(Theme::Light));
        let why = choice::<Theme>("drak").expect_err("no such theme");
        assert_eq!(why, "\"drak\" is not allowed, want dark, light or mono; did you mean \"dark\"?");
        assert!(boolean("yes").is_err_and(|why| why.contains("true or false")));
    }

    #[test]
    fn a_secret_written_for_its_name_is_not_repeated() {
        assert_eq!(variable_name("REGISTRY_TOKEN_2"), Ok("REGISTRY_TOKEN_2".to_owned()));
        for text in ["hunter-2!", "", "2FAST"] {
            let why = variable_name(text).expect_err(text);
            assert!(text.is_empty() || !why.contains(text), "{why}");
        }
    }
}
