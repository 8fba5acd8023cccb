//! What is said of a certificate.

use serde::Serialize;

use super::extension::ExtensionReport;
use super::glance::Glance;
use super::key::PublicKeyReport;
use super::name::NameReport;
use super::usage::UsageReport;
use super::validity::ValidityReport;
use super::{extension, signature};
use crate::examine::fingerprint::Spellings;
use crate::lint;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::general_name::{GeneralName, escaped};
use crate::words::x509::name::Name;
use crate::words::x509::serial::Serial;
use crate::words::x509::signature::SignatureError;
use crate::words::x509::validity::Standing;

/// A certificate as a person and a program want to know it.
#[derive(Debug, Clone, Serialize)]
pub struct CertificateReport {
    /// Whom it is about.
    pub subject: NameReport,
    /// The subject alternative names.
    pub names: Vec<GeneralName>,
    /// Who signed it.
    pub issuer: NameReport,
    /// Whether subject and issuer are one name and no other key signed it, as far as can be checked.
    pub self_signed: bool,
    /// Its number.
    pub serial: Serial,
    /// 1, 2 or 3.
    pub version: u32,
    /// What it may be used for.
    pub usage: UsageReport,
    /// From when to when it holds.
    pub validity: ValidityReport,
    /// Its key.
    pub key: PublicKeyReport,
    /// How it is signed, as people write it.
    pub signature_algorithm: String,
    /// SHA-256 of the whole certificate.
    pub sha256: Spellings,
    /// Its extensions, in the order of the file.
    pub extensions: Vec<ExtensionReport>,
    /// The certificate itself.
    #[serde(skip)]
    pub certificate: Certificate,
}

impl CertificateReport {
    /// At this moment.
    #[must_use]
    pub fn of(certificate: Certificate, now: Now) -> Self {
        Self {
            subject: NameReport::of(certificate.subject()),
            names: certificate.extensions().subject_alt_names().to_vec(),
            issuer: NameReport::of(certificate.issuer()),
            self_signed: is_self_signed(&certificate),
            serial: certificate.serial().clone(),
            version: certificate.version(),
            usage: UsageReport::of(certificate.extensions()),
            validity: ValidityReport::of(certificate.validity(), now),
            key: PublicKeyReport::of(certificate.public_key()),
            signature_algorithm: signature::in_words(certificate.signature_algorithm()),
            sha256: Spellings::of(certificate.fingerprint()),
            extensions: extension::reports(certificate.extensions()),
            certificate,
        }
    }

    /// What a list says of it.
    #[must_use]
    pub fn glance(&self) -> Glance {
        Glance {
            title: self.title(),
            ca: self.usage.ca,
            self_signed: self.self_signed,
            validity: self.validity.clone(),
        }
    }

    /// What it is called in a list: its common name, else its first other name, else its subject.
    #[must_use]
    pub fn title(&self) -> String {
        title(self.certificate.subject(), &self.names)
    }

    /// What a reader should notice: what every lint rule has to say, and where `now` stands.
    #[must_use]
    pub(super) fn remarks(&self) -> Vec<Finding> {
        self.on_time().into_iter().chain(lint::check(&self.certificate)).collect()
    }

    fn on_time(&self) -> Option<Finding> {
        let words = &self.validity.words;
        match self.validity.standing {
            Standing::Expired => Some(
                Finding::error("inspect.expired", format!("the certificate {words}"))
                    .clause("RFC 5280 section 4.1.2.5"),
            ),
            Standing::NotYetValid => Some(
                Finding::error("inspect.not_yet_valid", format!("the certificate is {words}; is the clock right?"))
                    .clause("RFC 5280 section 4.1.2.5"),
            ),
            Standing::Valid if self.validity.ends_soon() => {
                Some(Finding::warning("inspect.expires_soon", format!("the certificate {words}")))
            }
            Standing::Valid => None,
        }
    }
}

/// What a certificate is called in a list.
pub(super) fn title(subject: &Name, names: &[GeneralName]) -> String {
    let san = || names.first().map(ToString::to_string);
    let whole = || Some(subject.rfc4514()).filter(|text| !text.is_empty());
    subject.common_name().map(escaped).or_else(san).or_else(whole).unwrap_or_else(|| "(no name)".to_owned())
}

/// Signatures that we do not check (SHA-1, foreign curves) count as its own: the name says so, and
/// nothing speaks against it.
pub(super) fn is_self_signed(certificate: &Certificate) -> bool {
    certificate.is_self_issued()
        && certificate.verify_signature(certificate.public_key()) != Err(SignatureError::Mismatch)
}
