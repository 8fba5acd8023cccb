//! Certificates for the tests of rules: two that break none, and ways to spoil them.

use crate::encoding;
use crate::encoding::certificate::Content;
use crate::policy::constraints::parse_subtree;
use crate::words::clock::Time;
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::extension::{BasicConstraints, Extension, ExtensionBody, Extensions};
use crate::words::x509::name::Name;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid::Oid;
use crate::words::x509::serial::Serial;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage, KeyUsages};
use crate::words::x509::validity::Validity;

pub(super) fn name(text: &str) -> Name {
    let text: NameText = text.parse().unwrap();
    encoding::name::encode(text.rdns()).unwrap()
}

fn content() -> Content {
    let public_key = crate::policy::tests::public_key();
    let from = Time::from_unix(1_800_000_000).unwrap();
    Content {
        issuer: name("CN=Test CA"),
        subject: name("CN=svc-a,O=Example"),
        validity: Validity { not_before: from, not_after: from.plus_seconds(90 * 86_400) },
        subject_key_identifier: public_key.key_identifier(),
        authority_key_identifier: vec![1; 20],
        public_key,
        basic_constraints: BasicConstraints { ca: false, path_length: None },
        key_usage: KeyUsages::of(&[KeyUsage::DigitalSignature]),
        extended_key_usage: vec![ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH],
        sans: vec!["dns:svc-a.internal".parse().unwrap()],
        name_constraints: NameConstraints::default(),
        crl_urls: vec!["http://pki.example.org/g1.crl".to_owned()],
        ocsp_urls: Vec::new(),
        issuer_urls: Vec::new(),
        policies: Vec::new(),
        ocsp_no_check: false,
        signature_algorithm: SignatureAlgorithm::EcdsaP256Sha256,
    }
}

fn made(content: &Content) -> Certificate {
    let to_be_signed = encoding::certificate::to_be_signed(content, &Serial::from_random([7; 16])).unwrap();
    encoding::certificate::preview(&to_be_signed).unwrap()
}

pub(super) fn leaf() -> Certificate {
    made(&content())
}

pub(super) fn authority() -> Certificate {
    made(&Content {
        subject: name("CN=Issuing CA"),
        basic_constraints: BasicConstraints { ca: true, path_length: Some(0) },
        key_usage: KeyUsages::of(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]),
        extended_key_usage: Vec::new(),
        sans: Vec::new(),
        name_constraints: NameConstraints {
            permitted: vec![parse_subtree("dns:svc.internal").unwrap()],
            excluded: Vec::new(),
        },
        ..content()
    })
}

fn with_extensions(certificate: &mut Certificate, change: impl Fn(Extension) -> Option<Extension>) {
    certificate.extensions = Extensions::new(certificate.extensions.iter().cloned().filter_map(change).collect());
}

pub(super) fn remove(certificate: &mut Certificate, kind: &Oid) {
    with_extensions(certificate, |extension| (extension.oid != *kind).then_some(extension));
}

pub(super) fn set_critical(certificate: &mut Certificate, kind: &Oid, critical: bool) {
    with_extensions(certificate, |extension| {
        Some(if extension.oid == *kind { Extension { critical, ..extension } } else { extension })
    });
}

pub(super) fn set_body(certificate: &mut Certificate, kind: &Oid, body: ExtensionBody) {
    with_extensions(certificate, |extension| {
        Some(if extension.oid == *kind { Extension { body: body.clone(), ..extension } } else { extension })
    });
}

/// Another value, with what it said before.
pub(super) fn set_value(certificate: &mut Certificate, kind: &Oid, value: &[u8]) {
    with_extensions(certificate, |extension| {
        Some(if extension.oid == *kind { Extension { value: value.to_vec(), ..extension } } else { extension })
    });
}

/// One extension more, not critical.
pub(super) fn add(certificate: &mut Certificate, kind: &Oid, body: ExtensionBody) {
    let added = Extension { oid: kind.clone(), critical: false, value: Vec::new(), body };
    certificate.extensions = Extensions::new(certificate.extensions.iter().cloned().chain([added]).collect());
}

/// Policies for [`set_policies`]: 1.2.3 with the user notice `x`, which is a UTF8String.
pub(super) const NOTICE: &str = "3019301706022a033011300f06082b0601050507020230030c0178";

/// Certificate policies with this value, in hexadecimal digits.
pub(super) fn set_policies(certificate: &mut Certificate, value: &str) {
    let kind = crate::words::x509::oid::CERTIFICATE_POLICIES;
    remove(certificate, &kind);
    add(certificate, &kind, ExtensionBody::CertificatePolicies(Vec::new()));
    set_value(certificate, &kind, &data_encoding::HEXLOWER.decode(value.as_bytes()).unwrap());
}

pub(super) fn set_key_usage(certificate: &mut Certificate, usages: &[KeyUsage]) {
    let body = ExtensionBody::KeyUsage(KeyUsages::of(usages));
    set_body(certificate, &crate::words::x509::oid::KEY_USAGE, body);
}

#[test]
fn the_samples_break_no_rule() {
    assert_eq!(super::check(&leaf()), []);
    assert_eq!(super::check(&authority()), []);
    let mut codes: Vec<&str> = super::rules().map(|rule| rule.code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count, "codes are unique");
}
