//! Certificates for the tests of the rules: signed for real, then bent where a rule is to refuse them. The
//! signature is over the octets, so that it holds whatever else is bent.

use crate::encoding::certificate::{Content, assemble, to_be_signed};
use crate::encoding::name;
use crate::keys::PrivateKey;
use crate::words::clock::{Now, Time};
use crate::words::x509::algorithm::{KeyAlgorithm, SignatureAlgorithm};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::extension::{BasicConstraints, Extension, ExtensionBody, Extensions};
use crate::words::x509::name::Name;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid::Oid;
use crate::words::x509::serial::Serial;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage, KeyUsages, Purpose};
use crate::words::x509::validity::Validity;

use super::{Answer, Judge, Question, Verdict, verify};

/// A CA with its key.
pub(in crate::examine) struct Authority {
    pub(in crate::examine) certificate: Certificate,
    key: PrivateKey,
}

/// The moment of the tests.
pub(in crate::examine) fn now() -> Now {
    Now::at("2027-06-01T00:00:00Z".parse::<Time>().unwrap())
}

pub(in crate::examine) fn named(text: &str) -> Name {
    name::encode(text.parse::<NameText>().unwrap().rdns()).unwrap()
}

fn content(issuer: Name, subject: Name, key: &PrivateKey, ca: bool) -> Content {
    let public_key = key.public_key().clone();
    Content {
        issuer,
        subject,
        validity: Validity {
            not_before: "2027-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2027-12-31T23:59:59Z".parse().unwrap(),
        },
        subject_key_identifier: public_key.key_identifier(),
        authority_key_identifier: public_key.key_identifier(),
        public_key,
        basic_constraints: BasicConstraints { ca, path_length: None },
        key_usage: KeyUsages::of(if ca {
            &[KeyUsage::KeyCertSign, KeyUsage::CrlSign]
        } else {
            &[KeyUsage::DigitalSignature]
        }),
        extended_key_usage: if ca { Vec::new() } else { vec![ExtendedKeyUsage::CLIENT_AUTH] },
        sans: Vec::new(),
        name_constraints: NameConstraints::default(),
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        issuer_urls: Vec::new(),
        policies: Vec::new(),
        ocsp_no_check: false,
        signature_algorithm: SignatureAlgorithm::EcdsaP256Sha256,
    }
}

fn signed(content: &Content, by: &PrivateKey) -> Certificate {
    let number = Serial::from_octets(content.public_key.fingerprint().octets().get(..8).unwrap());
    let tbs = to_be_signed(content, &number).unwrap();
    assemble(&tbs, content.signature_algorithm, &by.sign(&tbs).unwrap()).unwrap()
}

/// A self-signed root.
pub(in crate::examine) fn root(subject: &str) -> Authority {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let certificate = signed(&content(named(subject), named(subject), &key, true), &key);
    Authority { certificate, key }
}

impl Authority {
    /// A signature by its key.
    pub(in crate::examine) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).unwrap()
    }

    fn issue(&self, subject: &str, ca: bool, bend: impl FnOnce(&mut Content)) -> Authority {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let mut content = content(self.certificate.subject().clone(), named(subject), &key, ca);
        content.authority_key_identifier = self.key.public_key().key_identifier();
        bend(&mut content);
        Authority { certificate: signed(&content, &self.key), key }
    }

    /// A CA below this one.
    pub(in crate::examine) fn ca(&self, subject: &str, bend: impl FnOnce(&mut Content)) -> Authority {
        self.issue(subject, true, bend)
    }

    /// A client's certificate.
    pub(in crate::examine) fn leaf(&self, subject: &str, bend: impl FnOnce(&mut Content)) -> Certificate {
        self.issue(subject, false, bend).certificate
    }
}

/// The certificate with an extension more.
pub(in crate::examine) fn with(
    certificate: &Certificate,
    oid: Oid,
    critical: bool,
    body: ExtensionBody,
) -> Certificate {
    let mut extensions: Vec<Extension> = certificate.extensions().iter().cloned().collect();
    extensions.push(Extension { oid, critical, value: Vec::new(), body });
    Certificate { extensions: Extensions::new(extensions), ..certificate.clone() }
}

/// The certificate without an extension.
pub(in crate::examine) fn without(certificate: &Certificate, oid: &Oid) -> Certificate {
    let kept = certificate.extensions().iter().filter(|extension| extension.oid != *oid).cloned().collect();
    Certificate { extensions: Extensions::new(kept), ..certificate.clone() }
}

/// The answer about a chain whose last certificate is trusted.
pub(in crate::examine) fn ask(
    chain: &[&Certificate],
    purpose: Purpose,
    bend: impl FnOnce(&mut Question<'_>),
) -> Answer {
    let certificates: Vec<Certificate> = chain.iter().map(|certificate| (*certificate).clone()).collect();
    let (anchor, certificates) = certificates.split_last().unwrap();
    let mut question = Question::new(certificates, std::slice::from_ref(anchor), purpose, now());
    bend(&mut question);
    let answer = verify(&question);
    // One of many is judged as it is alone, the first time and the next.
    let judge = Judge::new(&question);
    for _ in 0..2 {
        assert_eq!(judge.answer(question.certificates).checks(), answer.checks());
    }
    answer
}

/// The codes of the rules that refuse.
pub(in crate::examine) fn refusals(answer: &Answer) -> Vec<&'static str> {
    answer.checks().iter().filter(|check| check.verdict == Verdict::Fails).map(|check| check.rule).collect()
}
