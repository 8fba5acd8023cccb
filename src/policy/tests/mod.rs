//! The rules together, as tables: what is asked, and what becomes of it.

mod authorities;
mod extensions;
mod lifetimes;
mod names;
mod subjects;

use data_encoding::HEXLOWER;

use super::draft::apply;
use super::{Draft, Grant, IssuerTerms, Refusal, Verdict};
use crate::encoding::certificate::Content;
use crate::encoding::{self, public_key_from_spki};
use crate::profile::{Profile, ProfileSet, Source};
use crate::words::clock::{Now, Time};
use crate::words::order::Order;
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::extension::{BasicConstraints, Extension, ExtensionBody, Extensions};
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::name::Name;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::request::{Request, RequestAttribute};
use crate::words::x509::san::San;
use crate::words::x509::serial::Serial;
use crate::words::x509::signature::SignatureIdentifier;
use crate::words::x509::usage::{KeyUsage, KeyUsages};
use crate::words::x509::validity::Validity;

/// A P-256 key that openssl made.
pub(crate) fn public_key() -> PublicKey {
    spki(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004cbffa8a2be473c0ca36fbe542b72ea31934a17207d74b5afb30995167830d734f83c82e4c394929923cf0f08db850f3839a0739766adfd5b302b61db26904a67",
    )
}

/// An Ed25519 key that openssl made.
fn other_key() -> PublicKey {
    spki("302a300506032b6570032100e1823f4623a5bd7c3fa5eac531de1666fca028fd52700f8293c7fb4dc55eb113")
}

fn spki(hex: &str) -> PublicKey {
    public_key_from_spki(&HEXLOWER.decode(hex.as_bytes()).unwrap()).unwrap()
}

fn name(text: &str) -> Name {
    let text: NameText = text.parse().unwrap();
    encoding::name::encode(text.rdns()).unwrap()
}

fn sans(names: &[&str]) -> Vec<San> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// A request for this subject and these names.
fn request(subject: &str, names: &[&str]) -> Request {
    let names: Vec<GeneralName> = sans(names).iter().map(GeneralName::from).collect();
    let body = ExtensionBody::SubjectAltName(names.clone());
    let extensions = if names.is_empty() { Vec::new() } else { vec![extension(oid::SUBJECT_ALT_NAME, body)] };
    Request {
        der: Vec::new(),
        to_be_signed: 0..0,
        version: 1,
        subject: name(subject),
        public_key: public_key(),
        attributes: Vec::new(),
        extensions: Extensions::new(extensions),
        signature_algorithm: SignatureIdentifier { oid: oid::ECDSA_WITH_SHA256, parameters: None, pss_hash: None },
        signature: Vec::new(),
    }
}

fn extension(oid: Oid, body: ExtensionBody) -> Extension {
    Extension { oid, critical: false, value: vec![5, 0], body }
}

fn with_extension(mut request: Request, oid: Oid, body: ExtensionBody) -> Request {
    let extensions = request.extensions.iter().cloned().chain([extension(oid, body)]).collect();
    request.extensions = Extensions::new(extensions);
    request
}

/// A built-in profile, or one of this text under the name `x`.
fn profile(text: &str) -> Profile {
    if text.contains('=') {
        let source = Source { file: "ca/profiles/x.toml".to_owned(), text: text.to_owned() };
        ProfileSet::with_files(vec![source]).unwrap().get(&"x".parse().unwrap()).unwrap().clone()
    } else {
        ProfileSet::builtin().get(&text.parse().unwrap()).unwrap().clone()
    }
}

/// 2027-01-15T08:00:00Z.
fn now() -> Now {
    Now::at(Time::from_unix(1_800_000_000).unwrap())
}

/// A CA that began ten days ago and ends in a year.
fn authority(constraints: NameConstraints, path_length: Option<u32>) -> Certificate {
    let key = other_key();
    let validity = Validity {
        not_before: now().time().plus_seconds(-10 * 86_400),
        not_after: now().time().plus_seconds(365 * 86_400),
    };
    let content = Content {
        issuer: name("CN=Root"),
        subject: name("CN=Issuing CA,O=Example"),
        validity,
        subject_key_identifier: vec![7; 20],
        authority_key_identifier: vec![8; 20],
        public_key: key,
        basic_constraints: BasicConstraints { ca: true, path_length },
        key_usage: KeyUsages::of(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]),
        extended_key_usage: Vec::new(),
        sans: Vec::new(),
        name_constraints: constraints,
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        issuer_urls: Vec::new(),
        policies: Vec::new(),
        ocsp_no_check: false,
        signature_algorithm: SignatureAlgorithm::Ed25519,
    };
    let to_be_signed = encoding::certificate::to_be_signed(&content, &Serial::from_random([1; 16])).unwrap();
    encoding::certificate::preview(&to_be_signed).unwrap()
}

fn free_authority() -> Certificate {
    authority(NameConstraints::default(), None)
}

fn terms(authority: &Certificate) -> IssuerTerms<'_> {
    IssuerTerms::authority(authority, &[], SignatureAlgorithm::Ed25519)
}

/// Under a CA without constraints.
fn draft(profile: &Profile, request: &Request, order: &Order) -> Result<Draft, Refusal> {
    apply(profile, request, order, &terms(&free_authority()), now())
}

fn error_codes(result: &Result<Draft, Refusal>) -> Vec<&'static str> {
    match result {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.errors().map(|finding| finding.code).collect(),
    }
}

/// The codes of all findings, errors or not.
fn all_codes(result: &Result<Draft, Refusal>) -> Vec<&'static str> {
    match result {
        Ok(draft) => draft.findings().iter().map(|finding| finding.code).collect(),
        Err(refusal) => refusal.findings().iter().map(|finding| finding.code).collect(),
    }
}

fn rows(result: &Result<Draft, Refusal>) -> &[Grant] {
    match result {
        Ok(draft) => draft.grants(),
        Err(refusal) => refusal.grants(),
    }
}

/// Item and verdict of the rows that begin so.
fn verdicts(result: &Result<Draft, Refusal>, item: &str) -> Vec<(String, Verdict)> {
    let of_item = rows(result).iter().filter(|row| row.item.starts_with(item));
    of_item.map(|row| (row.asked.clone().or(row.granted.clone()).unwrap_or_default(), row.verdict)).collect()
}

/// A draft by each built-in profile.
pub(crate) fn drafted() -> Vec<Draft> {
    let order = Order::default();
    let by = |rules, subject, names: &[&str]| {
        draft(&profile(rules), &request(subject, names), &order).unwrap_or_else(|refusal| panic!("{rules}: {refusal}"))
    };
    let root_terms = IssuerTerms::itself(SignatureAlgorithm::EcdsaP256Sha256);
    vec![
        by("client", "CN=svc-a,O=Example", &["svc-a.internal"]),
        by("server", "", &["svc-a.internal", "10.0.0.1"]),
        by("peer", "CN=etcd", &["etcd.internal"]),
        by("workload", "CN=x", &["spiffe://example.org/pay"]),
        by("ocsp-responder", "CN=Responder", &["ocsp.internal"]),
        by("intermediate", "CN=Sub CA", &[]),
        apply(&profile("root"), &request("CN=Root", &[]), &order, &root_terms, now()).unwrap(),
    ]
}
