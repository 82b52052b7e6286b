//! Takes out of text what differs between lines that say the same: numbers, ids, digests, times, addresses, names.

use std::fmt::{Result, Write};

use super::read::quoted_end;

/// So much of a text is looked at, in bytes.
const LOOKED_AT: usize = 512;
/// Words that hold digits and mean something.
const KEPT: [&str; 14] = [
    "v2", "v1", "http2", "s3", "s3aws", "x509", "sha256", "sha512", "md5", "oauth2", "ipv4", "ipv6",
    "base64", "utf8",
];
/// Names before a `=` whose values differ.
const NAMES: [&str; 9] =
    ["name", "tag", "revision", "digest", "reference", "repository", "repo", "uuid", "id"];
/// What holds the parts of a number, an address or a time together.
const JOINTS: &[u8] = b".:-/+@";

/// Writes `text` with `*` for whatever is but an example; `repository` is such a word too.
pub fn text(text: &str, repository: Option<&str>, into: &mut impl Write) -> Result {
    let text = &text[..text.floor_char_boundary(LOOKED_AT)];
    let mut out = Out { into, is_star: false, joint: None };
    let mut rest = text;
    let mut before = b' ';
    while let Some(&first) = rest.as_bytes().first() {
        let taken = match first {
            b'/' if !is_word(before) && rest.starts_with("/v2/") => {
                let end = rest.find([' ', '"', '\'', ',', ')']).unwrap_or(rest.len());
                out.text("")?;
                route(&rest[..end], out.into)?;
                end
            }
            b'"' if before == b' ' && quoted_end(&rest[1..]).1.len() < rest.len() - 1 && closes(rest) => {
                out.text("\"")?;
                out.star()?;
                out.text("\"")?;
                rest.len() - quoted_end(&rest[1..]).1.len()
            }
            _ if is_word(first) => word(rest, before, repository, &mut out)?,
            _ => {
                let c = rest.chars().next().map_or(1, char::len_utf8);
                out.other(&rest[..c])?;
                c
            }
        };
        before = rest.as_bytes()[taken - 1];
        rest = &rest[taken..];
    }
    out.text("")
}

/// Whether the quote that a text begins with is closed.
fn closes(text: &str) -> bool {
    let (inner, _) = quoted_end(&text[1..]);
    inner.len() + 1 < text.len()
}

/// Writes the word that a text begins with, and answers how much of the text is done with it.
fn word(
    text: &str,
    before: u8,
    repository: Option<&str>,
    out: &mut Out<'_, impl Write>,
) -> std::result::Result<usize, std::fmt::Error> {
    if let Some(taken) = repository.and_then(|name| named(text, before, name)).or_else(|| uuid(text)) {
        out.star()?;
        return Ok(taken);
    }
    let end = text.bytes().position(|byte| !is_word(byte)).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    if let Some(hash) = after.strip_prefix(':').filter(|_| word.starts_with("sha") || word == "md5") {
        let digits = hash.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits >= 8 {
            out.text(word)?;
            out.text(":")?;
            out.star()?;
            return Ok(end + 1 + digits);
        }
    }
    if after.starts_with('=') && NAMES.contains(&word) {
        let value = &after[1..];
        let length = value.find([' ', '"', ',', ')']).unwrap_or(value.len());
        out.text(word)?;
        out.text("=")?;
        out.star()?;
        return Ok(end + 1 + length);
    }
    if word.bytes().any(|byte| byte.is_ascii_digit()) && !KEPT.contains(&word) {
        out.star()?;
    } else {
        out.text(word)?;
    }
    Ok(end)
}

/// The length of `name`, if the text begins with it as a whole.
fn named(text: &str, before: u8, name: &str) -> Option<usize> {
    let rest = text.strip_prefix(name)?;
    let is_whole = !rest.bytes().next().is_some_and(is_word);
    (is_whole && name.len() > 2 && !matches!(before, b'/' | b'-' | b'.')).then_some(name.len())
}

/// The length of the UUID that a text begins with. Each of its parts may be without a digit.
fn uuid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    let bytes = text.as_bytes().get(..LENGTH)?;
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    bytes.iter().enumerate().all(fits).then_some(LENGTH)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Writes a URI with `*` for names: `/v2/*/manifests/*`.
pub fn route(uri: &str, into: &mut impl Write) -> Result {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let path = &path[after_host(path)..];
    let Some(rest) = path.strip_prefix("/v2/") else { return other_route(path, into) };
    let (name, kind, last) = parts(rest);
    into.write_str("/v2/")?;
    if matches!(rest, "" | "_catalog") {
        return into.write_str(rest);
    }
    into.write_str(if name.is_empty() { "" } else { "*" })?;
    into.write_str(kind)?;
    match last.split_once(':') {
        Some((algorithm @ ("sha256" | "sha512" | "sha384"), _)) => write!(into, "{algorithm}:*"),
        _ if last.is_empty() => Ok(()),
        _ => into.write_str("*"),
    }
}

/// The repository that a URI names, as it is written there.
pub fn repository(uri: &str) -> Option<&str> {
    let path = uri.split(['?', '#']).next()?;
    let rest = path[after_host(path)..].strip_prefix("/v2/")?;
    let (name, kind, _) = parts(rest);
    (!kind.is_empty() && !name.is_empty()).then_some(name)
}

/// Where the path begins in what a proxy may have told as a whole URL.
fn after_host(uri: &str) -> usize {
    let start = uri.find("://").filter(|at| !uri[..*at].contains('/'));
    start.map_or(0, |at| uri[at + 3..].find('/').map_or(uri.len(), |path| at + 3 + path))
}

/// Name, route and what follows it, of a path below `/v2/`. The last word of a route decides.
fn parts(rest: &str) -> (&str, &str, &str) {
    const ROUTES: [&str; 4] = ["/manifests/", "/blobs/uploads/", "/blobs/", "/referrers/"];
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return (name, "/tags/list", "");
    }
    let head = rest.rfind('/').map_or(0, |at| at + 1);
    let route = ROUTES.iter().find_map(|route| rest[..head].strip_suffix(route).map(|name| (name, *route)));
    route.map_or((rest, "", ""), |(name, route)| (name, route, &rest[head..]))
}

/// GitLab's own API, and whatever else is asked for.
fn other_route(path: &str, into: &mut impl Write) -> Result {
    const API: &str = "/gitlab/v1/";
    let Some((kind, name)) = path.strip_prefix(API).and_then(|rest| rest.split_once('/')) else {
        return text(path, None, into);
    };
    let end =
        ["/tags/list", "/repositories/list"].iter().find(|end| name.trim_end_matches('/').ends_with(*end));
    write!(into, "{API}{kind}/*{}", end.unwrap_or(&""))
}

/// Collapses neighbouring `*`: a time and an address have many numbers, and are one thing.
struct Out<'w, W> {
    into: &'w mut W,
    is_star: bool,
    /// What stood behind the last `*`, if it may belong to it.
    joint: Option<u8>,
}

impl<W: Write> Out<'_, W> {
    fn star(&mut self) -> Result {
        if !self.is_star {
            self.into.write_char('*')?;
        }
        (self.is_star, self.joint) = (true, None);
        Ok(())
    }

    fn other(&mut self, text: &str) -> Result {
        match text.as_bytes() {
            [byte] if self.is_star && self.joint.is_none() && JOINTS.contains(byte) => {
                self.joint = Some(*byte);
                Ok(())
            }
            _ => self.text(text),
        }
    }

    fn text(&mut self, text: &str) -> Result {
        if let Some(joint) = self.joint.take() {
            self.into.write_char(char::from(joint))?;
        }
        self.is_star = false;
        self.into.write_str(text)
    }
}
