//! What people paste, and what it is read as.

use proptest::prelude::*;

use super::*;

const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// `host | reference | other reading`, with `-` for none.
fn shown(text: &str) -> String {
    let read = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let other = read.other_reading.as_ref().map_or("-".to_owned(), ToString::to_string);
    format!("{} | {read} | {other}", read.host.as_deref().unwrap_or("-"))
}

#[test]
fn everything_people_paste_is_understood() {
    let digest = format!("sha256:{HEX}");
    let encoded = digest.replace(':', "%3A");
    let table: Vec<(String, String)> = [
        ("group/project/image:tag", "- | group/project/image:tag | -"),
        ("  \"group/project/image:tag\"\n", "- | group/project/image:tag | -"),
        ("image", "- | image:latest | -"),
        ("UPPER/case:1", "- | UPPER/case:1 | -"),
        ("localhost:5000/x", "localhost:5000 | x:latest | -"),
        ("localhost:5000", "- | localhost:5000 | -"),
        ("localhost/x:1", "localhost | x:1 | localhost/x:1"),
        ("[::1]:5000/g/x:1", "[::1]:5000 | g/x:1 | -"),
        ("[::1]/g/x:1", "[::1] | g/x:1 | -"),
        ("registry.example.com/x/y:1", "registry.example.com | x/y:1 | registry.example.com/x/y:1"),
        ("registry.example.com:5000/x/y", "registry.example.com:5000 | x/y:latest | -"),
        ("my.group/project:1", "my.group | project:1 | my.group/project:1"),
        ("Example.com/library/x", "Example.com | library/x:latest | Example.com/library/x:latest"),
        ("a_b.c/d:1", "a_b.c | d:1 | a_b.c/d:1"),
        ("docker://registry.example.com/g/p:1", "registry.example.com | g/p:1 | -"),
        ("https://registry.example.com/v2/g/p/manifests/1", "registry.example.com | g/p:1 | -"),
        ("https://me:secret@registry.example.com/v2/g/p/manifests/1", "registry.example.com | g/p:1 | -"),
        ("http://localhost:5000/v2/g/p/manifests/1?ns=x", "localhost:5000 | g/p:1 | -"),
        ("registry.example.com/v2/g/p/manifests/1", "registry.example.com | g/p:1 | registry.example.com/v2/g/p/manifests/1:latest"),
        ("v2/g/p/manifests/1", "- | g/p:1 | -"),
        ("g/v2/p:1", "- | g/v2/p:1 | -"),
        ("/v2/g/p/manifests/1", "- | g/p:1 | -"),
        ("GET /v2/g/p/manifests/1 HTTP/1.1", "- | g/p:1 | -"),
        ("\"HEAD /v2/g%2Fp/manifests/v1?x=y HTTP/1.1\" 404 12", "- | g/p:v1 | -"),
        ("/v2/a/manifests/manifests/latest", "- | a/manifests:latest | -"),
        ("time=\"2026\" msg=x http.request.uri=/v2/g/p/manifests/bad http.response.status=500", "- | g/p:bad | -"),
        ("{\"uri\":\"/v2/g/p/manifests/bad\",\"user_agent\":\"x\"}", "- | g/p:bad | -"),
        ("{\"log\":\"\\\"GET /v2/g/p/manifests/bad HTTP/1.1\\\"\"}", "- | g/p:bad | -"),
        (
            "haproxy[1]: 127.0.0.1:4 [20/Nov/2026] fe be/reg1 0/0/0/1/1 500 258 - - ---- 1/1/0/0/0 0/0 {registry.example.com|docker/20} \"GET /v2/g/p/manifests/bad HTTP/1.1\"",
            "- | g/p:bad | -",
        ),
    ]
    .map(|(text, read)| (text.to_owned(), read.to_owned()))
    .into_iter()
    .chain([
        (format!("g/p@{digest}"), format!("- | g/p@{digest} | -")),
        (format!("g/p:v1@{digest}"), format!("- | g/p:v1@{digest} | -")),
        (format!("localhost:5000/g/p:v1@{digest}"), format!("localhost:5000 | g/p:v1@{digest} | -")),
        (format!("/v2/g/p/manifests/{encoded}"), format!("- | g/p@{digest} | -")),
        (format!("GET /v2/g/p/manifests/{digest} HTTP/2.0"), format!("- | g/p@{digest} | -")),
    ])
    .collect();
    for (text, read) in table {
        assert_eq!(shown(&text), read, "{text}");
    }
}

#[test]
fn a_tag_beside_a_digest_is_kept_but_does_not_count() {
    let read = Reference::parse(&format!("g/p:v1@sha256:{HEX}")).unwrap();
    assert!(matches!(read.target, Target::Digest(_)));
    assert_eq!(read.beside, Some(Tag::found("v1")));
    assert_eq!(read.api_path(), format!("/v2/g/p/manifests/sha256:{HEX}"));
}

#[test]
fn what_names_no_manifest_says_what_is_wrong_and_what_is_allowed() {
    let blob = format!("/v2/g/p/blobs/sha256:{HEX}");
    let alone = format!("sha256:{HEX}");
    for (text, wanted) in [
        (" '' ", "nothing to look at"),
        ("Group:1", "\"Group\" is not allowed from character 1 on"),
        ("g/p:bad copy", "tag \"bad copy\" is not allowed from character 4 on"),
        ("g//p", "an empty part at character 3"),
        ("g/p@sha256:abc", "\"sha256:abc\" is no digest: invalid checksum digest length"),
        ("g/p@md5:abc", "unsupported digest algorithm"),
        (alone.as_str(), "does not say which repository"),
        (blob.as_str(), "names a blob"),
        ("/v2/g/p/tags/list", "names no manifest"),
        ("GET /v2/ HTTP/1.1", "names no manifest"),
        ("/v2/g/p/manifest/x", "is no path of the registry's API"),
        ("https://me:secret@registry.example.com", "the repository name is empty"),
        ("https:///g/p", "\"\" is no host"),
        ("docker://me:secret@ho st/g/p", "\"ho st\" is no host"),
        ("ho st:80/g/p", "not allowed from character 3 on"),
        ("g/p:\u{1b}[31m", "\\u{1b}[31m"),
    ] {
        let message = Reference::parse(text).unwrap_err().to_string();
        assert!(message.contains(wanted), "{text}: {message}");
        assert!(!message.contains('\u{1b}') && !message.contains("secret"), "{message}");
    }
}

#[test]
fn names_found_in_storage_can_be_referred_to() {
    let found = Reference::tag(Repository::found("a/Bad Name"), Tag::found("bad copy"));
    assert_eq!(found.to_string(), "a/Bad Name:bad copy");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Reference::parse(&text);
    }

    #[test]
    fn near_references_are_read_or_refused(text in "[a-zA-Z0-9/:@._ =\"\\[\\]%?-]{0,40}(/v2/)?[a-z0-9/:@._%-]{0,40}(manifests/)?[a-z:%]{0,10}") {
        if let Ok(read) = Reference::parse(&text) {
            prop_assert!(read.repository.flaw().is_none());
            prop_assert_eq!(&Reference::parse(&read.api_path()).unwrap().target, &read.target);
        }
    }

    #[test]
    fn what_is_shown_reads_back(name in "[a-z0-9]{1,5}(/[a-z0-9]{1,5}){0,3}", tag in "[A-Za-z0-9_][A-Za-z0-9._-]{0,20}") {
        let text = format!("{name}:{tag}");
        prop_assert_eq!(Reference::parse(&text).unwrap().to_string(), text);
    }
}
