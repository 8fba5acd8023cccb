//! Writing certificates: the bytes to be signed, and the certificate around them.
//!
//! rcgen writes the structure and the extensions with placeholders for issuer, subject and key;
//! the exact ones take their place afterwards, for rcgen's names lose repeated attributes and
//! multi-valued RDNs. What comes out is read back strictly by `lint` before anybody signs it.

use der::asn1::AnyRef;
use der::{Encode, Tag};
use rcgen::{
    BasicConstraints as Basic, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
    SigningKey,
};

use crate::encoding::der_tree::{sequence, wrap};
use crate::encoding::{ReadError, WriteError, general_name, oid as oids};
use crate::words::x509::algorithm::SignatureAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::extension::BasicConstraints;
use crate::words::x509::name::Name;
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::public_key::PublicKey;
use crate::words::x509::san::San;
use crate::words::x509::serial::Serial;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage, KeyUsages};
use crate::words::x509::validity::Validity;

const WHAT: &str = "certificate";

/// Everything that a certificate of ours says, but for its serial number and signature.
#[derive(Debug, Clone)]
pub struct Content {
    /// The issuer's subject, exactly as its certificate has it.
    pub issuer: Name,
    /// Whom it is about.
    pub subject: Name,
    /// From when to when it holds.
    pub validity: Validity,
    /// The key that it certifies.
    pub public_key: PublicKey,
    /// RFC 5280 section 4.2.1.2.
    pub subject_key_identifier: Vec<u8>,
    /// RFC 5280 section 4.2.1.1: the issuer's subject key identifier.
    pub authority_key_identifier: Vec<u8>,
    /// RFC 5280 section 4.2.1.9; always written, always critical.
    pub basic_constraints: BasicConstraints,
    /// RFC 5280 section 4.2.1.3; critical.
    pub key_usage: KeyUsages,
    /// RFC 5280 section 4.2.1.12.
    pub extended_key_usage: Vec<ExtendedKeyUsage>,
    /// RFC 5280 section 4.2.1.6; critical where the subject is empty.
    pub sans: Vec<San>,
    /// RFC 5280 section 4.2.1.10; critical, left out where empty.
    pub name_constraints: NameConstraints,
    /// RFC 5280 section 4.2.1.13.
    pub crl_urls: Vec<String>,
    /// RFC 5280 section 4.2.2.1, id-ad-ocsp.
    pub ocsp_urls: Vec<String>,
    /// RFC 5280 section 4.2.2.1, id-ad-caIssuers.
    pub issuer_urls: Vec<String>,
    /// RFC 5280 section 4.2.1.4.
    pub policies: Vec<Oid>,
    /// RFC 6960 section 4.2.2.2.1.
    pub ocsp_no_check: bool,
    /// What the issuer signs with.
    pub signature_algorithm: SignatureAlgorithm,
}

/// The DER of the TBSCertificate.
///
/// # Errors
/// Where a value cannot be encoded, a path length beyond 255 for one.
pub fn to_be_signed(content: &Content, serial: &Serial) -> Result<Vec<u8>, WriteError> {
    let params = params(content, serial)?;
    let placeholder = Placeholder(algorithm(content.signature_algorithm));
    let mut issuer_params = CertificateParams::default();
    issuer_params.key_identifier_method = KeyIdMethod::PreSpecified(content.authority_key_identifier.clone());
    let issuer = Issuer::from_params(&issuer_params, &placeholder);
    let written = params.signed_by(&placeholder, &issuer).map_err(|error| WriteError::new(WHAT, error))?;
    splice(written.der(), content).map_err(|error| WriteError::new(WHAT, error.reason))
}

/// Puts the exact issuer, subject and key in the place of rcgen's.
fn splice(written: &[u8], content: &Content) -> Result<Vec<u8>, ReadError> {
    let refuse = |error: der::Error| ReadError::new(WHAT, error);
    let whole = sequence(written).map_err(refuse)?;
    let tbs = whole.first().ok_or_else(|| ReadError::new(WHAT, "it has no signed part"))?;
    let mut spliced = Vec::with_capacity(tbs.value().len() + 512);
    // RFC 5280 section 4.1: version, serialNumber, signature, issuer, validity, subject,
    // subjectPublicKeyInfo, extensions.
    for (position, part) in super::super::der_tree::children(*tbs).map_err(refuse)?.into_iter().enumerate() {
        match position {
            3 => spliced.extend_from_slice(content.issuer.der()),
            5 => spliced.extend_from_slice(content.subject.der()),
            6 => spliced.extend_from_slice(content.public_key.spki()),
            _ => spliced.extend_from_slice(&AnyRef::to_der(&part).map_err(refuse)?),
        }
    }
    wrap(Tag::Sequence, &spliced).map_err(refuse)
}

/// The certificate: what was signed, the algorithm, and the signature.
///
/// # Errors
/// Where the result cannot be read back.
pub fn assemble(
    to_be_signed: &[u8],
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<Certificate, WriteError> {
    let der = envelope(to_be_signed, &algorithm_identifier(algorithm)?, signature)?;
    super::read(&der).map_err(|error| WriteError::new(WHAT, error))
}

/// The same where what was signed has been read already: what [`assemble`] would read, without reading all
/// of it once more.
///
/// # Errors
/// Where the algorithm is not that which the signed bytes name (RFC 5280 section 4.1.1.2).
pub fn signed(
    preview: Certificate,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<Certificate, WriteError> {
    let identifier = algorithm_identifier(algorithm)?;
    // RFC 5280 section 4.1: version, serialNumber, signature.
    let named = sequence(preview.der())
        .and_then(|fields| fields.get(2).map(AnyRef::to_der).transpose())
        .map_err(|error| WriteError::new(WHAT, error))?;
    if named.as_ref() != Some(&identifier) {
        return Err(WriteError::new(WHAT, "it names another signature algorithm than that of its issuer's key"));
    }
    let der = envelope(preview.der(), &identifier, signature)?;
    // What stands before it is the header alone.
    let behind = identifier.len() + bit_string(signature)?.len();
    let end = der.len().saturating_sub(behind);
    let to_be_signed = end.saturating_sub(preview.der().len())..end;
    Ok(Certificate { to_be_signed, signature: signature.to_vec(), der, ..preview })
}

/// RFC 5280 section 4.1: tbsCertificate, signatureAlgorithm, signatureValue.
fn envelope(to_be_signed: &[u8], identifier: &[u8], signature: &[u8]) -> Result<Vec<u8>, WriteError> {
    let refuse = |error: der::Error| WriteError::new(WHAT, error);
    wrap(Tag::Sequence, &[to_be_signed, identifier, &bit_string(signature)?].concat()).map_err(refuse)
}

fn bit_string(signature: &[u8]) -> Result<Vec<u8>, WriteError> {
    wrap(Tag::BitString, &[&[0], signature].concat()).map_err(|error| WriteError::new(WHAT, error))
}

/// The AlgorithmIdentifier of a signature of ours.
pub(in crate::encoding) fn algorithm_identifier(algorithm: SignatureAlgorithm) -> Result<Vec<u8>, WriteError> {
    let null = if algorithm.has_null_parameter() { &[0x05, 0x00][..] } else { &[] };
    general_name::oid_and(&algorithm.oid(), null)
}

fn params(content: &Content, serial: &Serial) -> Result<CertificateParams, WriteError> {
    let mut params = CertificateParams::default();
    params.not_before = content.validity.not_before.calendar();
    params.not_after = content.validity.not_after.calendar();
    params.serial_number = Some(SerialNumber::from_slice(serial.octets()));
    params.distinguished_name = placeholder_name(&content.subject);
    params.subject_alt_names = content.sans.iter().map(san).collect::<Result<_, _>>()?;
    params.is_ca = is_ca(content.basic_constraints)?;
    params.key_usages = content.key_usage.iter().filter_map(key_usage).collect();
    params.extended_key_usages = content.extended_key_usage.iter().map(extended_key_usage).collect::<Result<_, _>>()?;
    // RFC 5280 section 4.2.1.13: one point with several URLs means the same CRL at each.
    if !content.crl_urls.is_empty() {
        params.crl_distribution_points = vec![CrlDistributionPoint { uris: content.crl_urls.clone() }];
    }
    params.custom_extensions = custom_extensions(content)?;
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = KeyIdMethod::PreSpecified(content.subject_key_identifier.clone());
    Ok(params)
}

/// Empty where the subject is, for rcgen marks the alternative names critical by that.
fn placeholder_name(subject: &Name) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if !subject.is_empty() {
        name.push(DnType::CommonName, "placeholder");
    }
    name
}

fn san(san: &San) -> Result<SanType, WriteError> {
    let refuse = |error: rcgen::Error| WriteError::new("subject alternative name", error);
    Ok(match san {
        San::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(refuse)?),
        San::Ip(address) => SanType::IpAddress(*address),
        San::Uri(uri) => SanType::URI(uri.as_str().try_into().map_err(refuse)?),
        San::Email(address) => SanType::Rfc822Name(address.as_str().try_into().map_err(refuse)?),
    })
}

fn is_ca(constraints: BasicConstraints) -> Result<IsCa, WriteError> {
    let BasicConstraints { ca, path_length } = constraints;
    Ok(match (ca, path_length) {
        (false, _) => IsCa::ExplicitNoCa,
        (true, None) => IsCa::Ca(Basic::Unconstrained),
        (true, Some(length)) => {
            let length = u8::try_from(length).map_err(|_| WriteError::new("path length", "at most 255 is possible"))?;
            IsCa::Ca(Basic::Constrained(length))
        }
    })
}

const fn key_usage(usage: KeyUsage) -> Option<KeyUsagePurpose> {
    Some(match usage {
        KeyUsage::DigitalSignature => KeyUsagePurpose::DigitalSignature,
        KeyUsage::NonRepudiation => KeyUsagePurpose::ContentCommitment,
        KeyUsage::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
        KeyUsage::DataEncipherment => KeyUsagePurpose::DataEncipherment,
        KeyUsage::KeyAgreement => KeyUsagePurpose::KeyAgreement,
        KeyUsage::KeyCertSign => KeyUsagePurpose::KeyCertSign,
        KeyUsage::CrlSign => KeyUsagePurpose::CrlSign,
        KeyUsage::EncipherOnly => KeyUsagePurpose::EncipherOnly,
        KeyUsage::DecipherOnly => KeyUsagePurpose::DecipherOnly,
    })
}

fn extended_key_usage(usage: &ExtendedKeyUsage) -> Result<ExtendedKeyUsagePurpose, WriteError> {
    let arcs = usage.oid().arcs().ok_or_else(|| WriteError::new("extended key usage", "an arc is beyond 64 bits"))?;
    Ok(match usage.oid() {
        o if *o == oid::SERVER_AUTH => ExtendedKeyUsagePurpose::ServerAuth,
        o if *o == oid::CLIENT_AUTH => ExtendedKeyUsagePurpose::ClientAuth,
        o if *o == oid::OCSP_SIGNING => ExtendedKeyUsagePurpose::OcspSigning,
        _ => ExtendedKeyUsagePurpose::Other(arcs),
    })
}

/// What rcgen has no field for: name constraints with URIs, access descriptions, policies.
fn custom_extensions(content: &Content) -> Result<Vec<CustomExtension>, WriteError> {
    let mut found = Vec::new();
    let mut add = |oid: &Oid, critical: bool, der: Vec<u8>| -> Result<(), WriteError> {
        let arcs = oid.arcs().ok_or_else(|| WriteError::new("extension", "an arc is beyond 64 bits"))?;
        let mut extension = CustomExtension::from_oid_content(&arcs, der);
        extension.set_criticality(critical);
        found.push(extension);
        Ok(())
    };
    if !content.name_constraints.is_empty() {
        add(&oid::NAME_CONSTRAINTS, true, general_name::write_constraints(&content.name_constraints)?)?;
    }
    let ocsp = content.ocsp_urls.iter().map(|url| (oid::ACCESS_OCSP, url));
    let issuers = content.issuer_urls.iter().map(|url| (oid::ACCESS_CA_ISSUERS, url));
    let mut access = Vec::new();
    for (method, url) in ocsp.chain(issuers) {
        access.extend_from_slice(&general_name::oid_and(&method, &general_name::write_uri(url)?)?);
    }
    let refuse = |error: der::Error| WriteError::new("extension", error);
    if !access.is_empty() {
        add(&oid::AUTHORITY_INFO_ACCESS, false, wrap(Tag::Sequence, &access).map_err(refuse)?)?;
    }
    let mut policies = Vec::new();
    for policy in &content.policies {
        let der = oids::to_der(policy)?.to_der().map_err(refuse)?;
        policies.extend_from_slice(&wrap(Tag::Sequence, &der).map_err(refuse)?);
    }
    if !policies.is_empty() {
        add(&oid::CERTIFICATE_POLICIES, false, wrap(Tag::Sequence, &policies).map_err(refuse)?)?;
    }
    if content.ocsp_no_check {
        add(&oid::OCSP_NO_CHECK, false, vec![0x05, 0x00])?;
    }
    Ok(found)
}

fn algorithm(algorithm: SignatureAlgorithm) -> &'static rcgen::SignatureAlgorithm {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        SignatureAlgorithm::EcdsaP384Sha384 => &rcgen::PKCS_ECDSA_P384_SHA384,
        SignatureAlgorithm::EcdsaP521Sha512 => &rcgen::PKCS_ECDSA_P521_SHA512,
        SignatureAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
        SignatureAlgorithm::RsaSha256 => &rcgen::PKCS_RSA_SHA256,
    }
}

/// Stands in for both keys while rcgen writes. It signs nothing: the signature it gives is thrown
/// away together with everything but the to-be-signed bytes.
struct Placeholder(&'static rcgen::SignatureAlgorithm);

impl PublicKeyData for Placeholder {
    fn der_bytes(&self) -> &[u8] {
        &[]
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.0
    }
}

impl SigningKey for Placeholder {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}
