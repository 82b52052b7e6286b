//! What a server's certificate says, and why clients would refuse it.

use jiff::Timestamp;
use reqwest::tls::TlsInfo;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::Options;
use super::facts::Certificate;
use crate::model::text::clean;
use crate::sources::proxy::client_for;
use crate::sources::registry_api::{ApiError, Knock};

/// What comes before the reason in the words of the TLS library.
const REFUSED: &str = "invalid peer certificate: ";

/// The reasons as the TLS library words them, and as an operator would.
const REASONS: [(&str, &str); 6] = [
    ("certificate expired", "it has expired"),
    ("certificate not valid yet", "it is not valid yet"),
    ("certificate not valid for name", "it is for another host"),
    ("UnknownIssuer", "nobody here knows its issuer"),
    ("CaUsedAsEndEntity", "it is an issuer's own certificate"),
    ("Revoked", "it was revoked"),
];

/// The certificate that two knocks were shown; none if there was no answer at all.
pub async fn of(options: &Options, knocks: [&Result<Knock, ApiError>; 2]) -> Option<Certificate> {
    let shown = knocks.iter().find_map(|knock| knock.as_ref().ok()?.certificate.as_deref());
    if let Some(der) = shown {
        return read(der, None);
    }
    let refused = |knock: &&Result<Knock, ApiError>| reason(&knock.as_ref().err()?.detail);
    let why = knocks.iter().find_map(refused)?;
    read(&second_look(options).await?, Some(why))
}

/// Why the TLS library refused a certificate, out of the words of a failure; none if it was something else.
fn reason(detail: &str) -> Option<String> {
    let (_, why) = detail.split_once(REFUSED)?;
    let known = REASONS.iter().find(|(words, _)| why.contains(words));
    Some(known.map_or_else(|| clean(why).into_owned(), |(_, words)| (*words).to_owned()))
}

/// The certificate that was refused. Asks without credentials and takes nothing but the certificate from the answer.
async fn second_look(options: &Options) -> Option<Vec<u8>> {
    let client = client_for(&options.url)
        .tls_danger_accept_invalid_certs(true)
        .tls_info(true)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(options.deadline)
        .build()
        .ok()?;
    let answer = client.head(options.url.clone()).send().await.ok()?;
    answer.extensions().get::<TlsInfo>()?.peer_certificate().map(<[u8]>::to_vec)
}

/// What a certificate in DER says; none if that is no certificate.
fn read(der: &[u8], wrong: Option<String>) -> Option<Certificate> {
    let (_, found) = X509Certificate::from_der(der).ok()?;
    let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some(Certificate {
        subject: named(found.subject()).or_else(|| first_host(&found)).unwrap_or_else(|| "nobody".to_owned()),
        issuer: named(found.issuer()).unwrap_or_else(|| "nobody".to_owned()),
        not_before: time(found.validity().not_before)?,
        not_after: time(found.validity().not_after)?,
        wrong,
    })
}

/// The common name, else the whole name, made safe to show.
fn named(name: &X509Name<'_>) -> Option<String> {
    let common = name.iter_common_name().find_map(|part| part.as_str().ok()).map(str::to_owned);
    let whole = || Some(name.to_string()).filter(|whole| !whole.is_empty());
    common.or_else(whole).map(|name| clean(&name).into_owned())
}

fn first_host(certificate: &X509Certificate<'_>) -> Option<String> {
    let names = certificate.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| match name {
        GeneralName::DNSName(host) => Some(clean(host).into_owned()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_reason_of_a_refusal_is_put_into_words() {
        let table = [
            (
                "error sending request: invalid peer certificate: UnknownIssuer",
                Some("nobody here knows its issuer"),
            ),
            (
                "client error (Connect): invalid peer certificate: certificate not valid for name \"a\"; certificate is",
                Some("it is for another host"),
            ),
            ("invalid peer certificate: BadSignature", Some("BadSignature")),
            ("connection refused", None),
        ];
        for (detail, expected) in table {
            assert_eq!(reason(detail).as_deref(), expected, "{detail}");
        }
    }

    #[test]
    fn a_certificate_says_whose_it_is_and_how_long_it_holds() {
        let issued = rcgen::generate_simple_self_signed(vec!["registry.example.com".to_owned()]).unwrap();
        let found = read(issued.cert.der(), None).unwrap();
        assert_eq!(found.subject, "rcgen self signed cert");
        assert!(found.not_before < found.not_after);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..400) {
            let _ = read(&bytes, None);
            let mut der = rcgen::generate_simple_self_signed(vec!["a".to_owned()]).unwrap().cert.der().to_vec();
            der.truncate(at);
            if let Some(last) = der.last_mut() {
                *last ^= bytes.first().copied().unwrap_or(0xff);
            }
            let _ = read(&der, None);
        }
    }
}
