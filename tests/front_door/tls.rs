//! Certificates of a real docker-registry: good ones, and all that clients would refuse.
//!
//! Which issuers are trusted is for the system to say, and `SSL_CERT_FILE` says it for one process. So the stories are
//! told in a process of their own.

use std::env;

use jiff::{Timestamp, ToSpan, Zoned};
use quarterdeck::sources::front_door::Options;
use quarterdeck::sources::front_door::facts::Page;
use quarterdeck::sources::front_door::picture::{CanaryState, CertificateState};
use quarterdeck::sources::{Health, TroubleKind};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::desk::{Desk, canary, options};
use crate::server::Registry;

/// Common name of the authority that the system trusts.
const TRUSTED: &str = "the tests' authority";

/// An issuer that signs certificates.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn with(key: KeyPair, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A registry with a certificate for `host` that holds between these days, counted from today.
    async fn registry(&self, host: &str, from: i64, until: i64) -> Registry {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "registry.example.com");
        let day = |days: i64| {
            let date = (Zoned::now() + days.days()).date();
            let number = |number: i8| u8::try_from(number).unwrap();
            rcgen::date_time_ymd(date.year().into(), number(date.month()), number(date.day()))
        };
        (params.not_before, params.not_after) = (day(from), day(until));
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Registry::start_tls(&certificate.pem(), &key.serialize_pem()).await
    }
}

/// Tells `story` in a process that trusts an authority, or goes on with it there.
fn trusting(story: &str) -> Option<Authority> {
    const INNER: &str = "QUARTERDECK_TEST_AUTHORITY";
    if let Ok(folder) = env::var(INNER) {
        let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        let key = KeyPair::from_pem(&read("key.pem")).unwrap();
        return Some(Authority { pem: String::new(), ..Authority::with(key, TRUSTED) });
    }
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, Authority::with(key, TRUSTED).pem).unwrap();
    let output = std::process::Command::new(env::current_exe().unwrap())
        .args(["--exact", story, "--nocapture"])
        .env("SSL_CERT_FILE", &file)
        .env(INNER, folder.path())
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    None
}

#[tokio::test]
async fn a_certificate_that_the_system_trusts_is_good_and_its_end_is_known() {
    let Some(authority) = trusting("tls::a_certificate_that_the_system_trusts_is_good_and_its_end_is_known")
    else {
        return;
    };
    let registry = authority.registry("127.0.0.1", -30, 90).await;
    registry.push("g/p:v1", &["amd64"]).await;
    let url = registry.settings().url;
    let desk = Desk::open(Options { canaries: canary("g/p:v1"), ..options(url.as_str()) }).await;
    assert_eq!(desk.answer(Page::Api).wrong, None);
    let shown = desk.certificate();
    assert_eq!((shown.subject.as_str(), shown.issuer.as_str()), ("registry.example.com", TRUSTED));
    assert_eq!(shown.wrong, None);
    let now = Timestamp::now();
    assert_eq!(desk.picture.certificate(now), Some(CertificateState::Good));
    assert_eq!(desk.picture.certificate(now + 80 * 24.hours()), Some(CertificateState::EndsSoon));
    assert_eq!(desk.picture.canary("g/p:v1"), Some(CanaryState::Pulled));
}

#[tokio::test]
async fn a_certificate_that_clients_refuse_is_read_all_the_same() {
    let Some(authority) = trusting("tls::a_certificate_that_clients_refuse_is_read_all_the_same") else {
        return;
    };
    let table = [
        ("127.0.0.1", -90, -1, "it has expired"),
        ("127.0.0.1", 2, 90, "it is not valid yet"),
        ("other.example.com", -30, 90, "it is for another host"),
    ];
    for (host, from, until, why) in table {
        refused(&authority, host, from, until, why).await;
    }
    refused(
        &Authority::with(KeyPair::generate().unwrap(), "somebody else"),
        "127.0.0.1",
        -30,
        90,
        "nobody here knows its issuer",
    )
    .await;
}

async fn refused(authority: &Authority, host: &str, from: i64, until: i64, why: &str) {
    let registry = authority.registry(host, from, until).await;
    let url = registry.settings().url;
    let credentials = Some(registry.credentials("s3cret"));
    let canaries = canary("g/p:v1");
    let desk = Desk::open(Options { canaries, credentials, ..options(url.as_str()) }).await;
    let Health::Down { trouble, .. } = &desk.picture.pages[&Page::Api].health else { panic!("{why}") };
    assert_eq!(trouble.kind, TroubleKind::Unreachable, "{}", trouble.why);
    let shown = desk.certificate();
    assert_eq!((shown.subject.as_str(), shown.wrong.as_deref()), ("registry.example.com", Some(why)));
    assert!(shown.not_before < shown.not_after);
    assert_eq!(desk.picture.certificate(Timestamp::now()), Some(CertificateState::Refused));
    assert_eq!(desk.steps("g/p:v1"), ["manifest: GET /v2/g/p/manifests/v1 unreachable"]);
}
