//! Questions that are asked often, by name.

/// A question with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lens {
    pub name: &'static str,
    /// What it shows, in a few words.
    pub shows: &'static str,
    /// As [`super::Question::parse`] reads it.
    pub question: &'static str,
}

/// Lenses that are always there.
pub const LENSES: [Lens; 4] = [
    Lens {
        name: "bad tags",
        shows: "pulls that failed for a broken link, digest, manifest or layer",
        // A HEAD of a blob that is not there is how every push begins.
        question: concat!(
            "method:GET|HEAD status:404|5xx ",
            "/invalid checksum|unsupported digest|unknown (error|manifest|tag)|manifest unknown|blob unknown|",
            "unexpected end of JSON|invalid character|unrecognized manifest|read exceeds limit|Path not found/ ",
            r#"!/blob unknown.*http\.request\.method"?[=:]"?HEAD/"#,
            " OR /canonical target|blob path should not be a directory/",
        ),
    },
    Lens {
        name: "storage",
        shows: "the bucket or disk failed, was slow, or refused",
        question: concat!(
            r"level:warning /\bgcs\b|googleapi|googleapis|s3aws|azure|swift|filesystem:|storagedriver|",
            r"DriverName|AccessDenied|SlowDown|RequestTimeout|InternalError|rateLimitExceeded|no space left|",
            r"read-only file system|input\/output error|i\/o timeout|deadline exceeded|connection (refused|reset)|",
            r"permission denied|TLS handshake timeout|broken pipe|unexpected EOF/ OR status:503|504",
        ),
    },
    Lens {
        name: "auth",
        shows: "logins, tokens and rights that were refused",
        question: concat!(
            "status:401|403 OR level:warning ",
            "/authoriz|authentication|unauthenticated|denied|token (expired|signature|verification)|invalid token/",
        ),
    },
    Lens { name: "slow", shows: "requests that took longer than a second", question: "took:>1s" },
];
