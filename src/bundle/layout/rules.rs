//! What each system refuses, as findings: every one of them, so that the user mends all at once.

use super::System;
use super::material::{Material, signed_by};
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::Subtree;
use crate::words::x509::general_name::GeneralName;
use crate::words::x509::oid;
use crate::words::x509::public_key::PublicKeyAlgorithm;
use crate::words::x509::san::UriName;
use crate::words::x509::usage::{ExtendedKeyUsage, KeyUsage};

/// `linkerd check` warns below this many days.
const LINKERD_DAYS: i64 = 60;
const DAY: i64 = 86_400;

/// Everything that a system has against this certificate, and what an operator should know.
pub(super) fn findings(system: System, material: &Material<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(role(system, material.certificate));
    findings.extend(key(material));
    findings.extend(valid_now(material));
    findings.extend(unbroken(material));
    if !findings.is_empty() {
        return findings;
    }
    match system {
        System::Linkerd => linkerd(material, &mut findings),
        System::Istio => findings.extend(istio_crls(material)),
        System::Spiffe if material.certificate.is_ca() => findings.extend(spiffe_authority(material.certificate)),
        System::Spiffe => spiffe_workload(material.certificate, &mut findings),
        System::Certbot => findings.extend(empty_chain(material)),
        System::Kubernetes | System::CertManager | System::Vault | System::Kubeadm => {}
    }
    if material.certificate.is_ca() {
        findings.extend(handed_over(system, material.certificate));
    }
    findings
}

/// What it means that a CA's key is with somebody else.
fn handed_over(system: System, certificate: &Certificate) -> Vec<Finding> {
    let subject = certificate.subject().rfc4514();
    let in_clear = format!("the key of `{subject}` is in there in clear: whoever reads it is this CA");
    let mut findings = vec![Finding::warning("layout.ca_key_in_clear", in_clear)];
    if certificate.is_self_issued() {
        let message = format!("`{subject}` is a root, and what {system} loses, every peer of that root loses");
        findings.push(
            Finding::warning("layout.root_key", message)
                .hint("hand over a CA below it: mtls-ca init --parent DIR --ca-dir mesh"),
        );
    }
    findings
}

fn role(system: System, certificate: &Certificate) -> Option<Finding> {
    let subject = certificate.subject().rfc4514();
    if certificate.may_sign_certificates() {
        return (!system.takes_a_ca() && system != System::Spiffe).then(|| {
            Finding::error(
                "layout.a_ca",
                format!("`{subject}` is a CA, and {system} takes the certificate of a service"),
            )
        });
    }
    (!system.takes_a_leaf()).then(|| {
        Finding::error("layout.not_a_ca", format!("`{subject}` is not a CA, and {system} signs with what it is given"))
            .allowed("a certificate with CA:TRUE whose key usage has keyCertSign")
            .clause("RFC 5280 section 4.2.1.9")
    })
}

fn key(material: &Material<'_>) -> Option<Finding> {
    let subject = material.certificate.subject().rfc4514();
    match material.key {
        None => Some(
            Finding::error("layout.no_key", format!("the key of `{subject}` is not here")).hint("name it: --key FILE"),
        ),
        Some(key) if key.public_key() != material.certificate.public_key() => {
            Some(Finding::error("layout.key_mismatch", format!("the key does not belong to `{subject}`")))
        }
        Some(_) => None,
    }
}

fn valid_now(material: &Material<'_>) -> Vec<Finding> {
    let now = material.now.time();
    let check = |certificate: &Certificate| {
        let (subject, validity) = (certificate.subject().rfc4514(), certificate.validity());
        if now > validity.not_after {
            Some(Finding::error("layout.expired", format!("`{subject}` ended on {}", validity.not_after)))
        } else if now < validity.not_before {
            Some(Finding::error("layout.not_yet_valid", format!("`{subject}` begins on {}", validity.not_before)))
        } else {
            None
        }
    };
    std::iter::once(material.certificate).chain(material.between()).filter_map(check).collect()
}

/// From the certificate through the chain to one of the roots, by names and signatures.
fn unbroken(material: &Material<'_>) -> Option<Finding> {
    let broken = |below: &Certificate, why: &str| {
        let (subject, issuer) = (below.subject().rfc4514(), below.issuer().rfc4514());
        Finding::error("layout.chain_broken", format!("`{subject}` was issued by `{issuer}`, which {why}"))
            .clause("RFC 5280 section 6.1")
    };
    let mut below = material.certificate;
    for link in material.between() {
        if !link.subject().matches(below.issuer()) || !signed_by(below, link) {
            return Some(broken(below, "is not next in the chain"));
        }
        below = link;
    }
    let held = |root: &Certificate| root.subject().matches(below.issuer()) && signed_by(below, root);
    (!material.roots.iter().any(held)).then(|| broken(below, "is not among the roots"))
}

/// What `linkerd check` and the identity controller look at, and what rustls does in its proxies.
fn linkerd(material: &Material<'_>, findings: &mut Vec<Finding>) {
    let issuer = material.certificate;
    if *issuer.public_key().algorithm() != PublicKeyAlgorithm::EcdsaP256 {
        findings.push(
            Finding::error("layout.linkerd_issuer_key", format!("the issuer's key is `{}`", issuer.public_key()))
                .allowed("ecdsa-p256")
                .hint("make a CA for the mesh: mtls-ca init --parent DIR --ca-dir mesh --key-algorithm ecdsa-p256"),
        );
    }
    let signature = &issuer.signature_algorithm().oid;
    if ![oid::ECDSA_WITH_SHA256, oid::SHA256_WITH_RSA].contains(signature) {
        let message = format!("the issuer is signed with `{}`", issuer.signature_algorithm().name());
        findings.push(
            Finding::error("layout.linkerd_issuer_signature", message)
                .allowed("ecdsa-with-SHA256 or sha256WithRSAEncryption, so a root with a P-256 or RSA key"),
        );
    }
    for root in material.roots {
        let is_taken = match root.public_key().algorithm() {
            PublicKeyAlgorithm::EcdsaP256 => true,
            PublicKeyAlgorithm::Rsa { bits, .. } => matches!(bits, 2048 | 4096),
            _ => false,
        };
        if !is_taken {
            let message =
                format!("the key of the trust anchor `{}` is `{}`", root.subject().rfc4514(), root.public_key());
            findings
                .push(Finding::error("layout.linkerd_anchor_key", message).allowed("ecdsa-p256, rsa-2048 or rsa-4096"));
        }
    }
    for certificate in std::iter::once(issuer).chain(material.between()).chain(material.roots) {
        let subject = certificate.subject().rfc4514();
        let constraints = certificate.extensions().name_constraints();
        let of_uris = |subtree: &Subtree| subtree.kind() == "uri";
        if constraints.is_some_and(|found| found.subtrees().any(of_uris)) {
            let message = format!(
                "`{subject}` constrains URIs, and rustls, which Linkerd's proxies use, refuses every chain below it"
            );
            findings.push(Finding::error("layout.linkerd_uri_constraints", message));
        }
        let days = certificate.validity().seconds_left(material.now) / DAY;
        if days < LINKERD_DAYS {
            let message = format!("`{subject}` ends in {days} days; `linkerd check` warns below {LINKERD_DAYS}");
            findings.push(Finding::warning("layout.linkerd_ends_soon", message));
        }
    }
}

/// Envoy refuses every certificate where one CA of the chain has no CRL, so Istio asks for all of them.
fn istio_crls(material: &Material<'_>) -> Vec<Finding> {
    let Some(text) = material.crls else { return Vec::new() };
    let lists = match crate::encoding::revocation::read_all(text.as_bytes()) {
        Ok(lists) => lists,
        Err(error) => return vec![Finding::error("layout.istio_crl", format!("the CRLs cannot be read: {error}"))],
    };
    let root = material.root();
    let chain = std::iter::once(material.certificate).chain(material.between()).chain(std::iter::once(root));
    let mut missing: Vec<&Certificate> = Vec::new();
    for authority in chain {
        let covered = lists.iter().any(|list| {
            list.issuer().matches(authority.subject()) && list.verify_signature(authority.public_key()).is_ok()
        });
        if !covered && !missing.contains(&authority) {
            missing.push(authority);
        }
    }
    let finding = |authority: &Certificate| {
        let message = format!("there is no CRL of `{}`", authority.subject().rfc4514());
        Finding::error("layout.istio_crl", message)
            .allowed("a CRL of every CA of the chain, the root's included, or none at all")
            .hint("mtls-ca crl import FILE takes in that of a CA above")
    };
    missing.into_iter().map(finding).collect()
}

/// X509-SVID section 3: the SPIFFE ID of a signing certificate has no path.
fn spiffe_authority(certificate: &Certificate) -> Vec<Finding> {
    let uris = uris(certificate);
    let mut findings = Vec::new();
    if certificate.extensions().basic_constraints().is_some_and(|found| found.path_length == Some(0)) {
        let message = "a path length of 0 leaves no room for the CA that a SPIRE server makes below";
        findings.push(
            Finding::error("layout.spiffe_path_length", message)
                .allowed("1 or more, or none")
                .clause("RFC 5280 section 4.2.1.9")
                .hint("mtls-ca init --parent DIR --ca-dir mesh --path-length 1"),
        );
    }
    if uris.len() > 1 {
        findings.push(several(&uris));
    }
    for uri in &uris {
        match UriName::parse(uri) {
            Ok(name) if name.is_spiffe() && name.path().is_empty() => {}
            Ok(name) if name.is_spiffe() => findings.push(
                Finding::error("layout.spiffe_ca_path", format!("the SPIFFE ID `{uri}` of a CA has a path"))
                    .allowed(format!("spiffe://{}", name.host()))
                    .clause("X509-SVID section 3.2"),
            ),
            _ => findings.push(no_spiffe_id(uri)),
        }
    }
    findings
}

/// X509-SVID sections 2 and 4: exactly one URI, which is a SPIFFE ID with a path, and a key that signs
/// handshakes and nothing else.
fn spiffe_workload(certificate: &Certificate, findings: &mut Vec<Finding>) {
    let uris = uris(certificate);
    match uris.as_slice() {
        [] => findings.push(
            Finding::error("layout.spiffe_id", "the certificate has no URI as alternative name")
                .allowed("exactly one, such as spiffe://example.org/payments")
                .clause("X509-SVID section 2")
                .hint("mtls-ca issue payments --profile workload --san spiffe://example.org/payments"),
        ),
        [uri] => match UriName::parse(uri) {
            Ok(name) if name.is_spiffe() && !name.path().is_empty() => {}
            Ok(name) if name.is_spiffe() => findings.push(
                Finding::error("layout.spiffe_path", format!("the SPIFFE ID `{uri}` has no path, so it names a CA"))
                    .allowed(format!("{uri}/payments"))
                    .clause("X509-SVID section 5.2"),
            ),
            _ => findings.push(no_spiffe_id(uri)),
        },
        _ => findings.push(several(&uris)),
    }
    let usages = certificate.extensions().key_usage();
    let may = |usage| usages.is_some_and(|usages| usages.contains(usage));
    if !may(KeyUsage::DigitalSignature) || may(KeyUsage::KeyCertSign) || may(KeyUsage::CrlSign) {
        findings.push(
            Finding::error("layout.spiffe_key_usage", "the key usage is not that of a workload")
                .allowed("digitalSignature, without keyCertSign and cRLSign")
                .clause("X509-SVID section 4.3"),
        );
    }
    if let Some(extended) = certificate.extensions().extended_key_usage()
        && ![ExtendedKeyUsage::SERVER_AUTH, ExtendedKeyUsage::CLIENT_AUTH].iter().all(|usage| extended.contains(usage))
    {
        findings.push(
            Finding::error("layout.spiffe_extended_key_usage", "one of the two TLS usages is missing")
                .allowed("serverAuth and clientAuth, or no extended key usage at all")
                .clause("X509-SVID section 4.4"),
        );
    }
}

fn uris(certificate: &Certificate) -> Vec<&str> {
    let names = certificate.extensions().subject_alt_names().iter();
    names.filter_map(|name| if let GeneralName::Uri(uri) = name { Some(uri.as_str()) } else { None }).collect()
}

fn several(uris: &[&str]) -> Finding {
    let message = format!("the certificate has {} URIs: `{}`", uris.len(), uris.join("`, `"));
    Finding::error("layout.spiffe_id", message).allowed("exactly one").clause("X509-SVID section 2")
}

fn no_spiffe_id(uri: &str) -> Finding {
    Finding::error("layout.spiffe_id", format!("`{uri}` is no SPIFFE ID"))
        .allowed("spiffe://TRUST-DOMAIN/PATH")
        .clause("SPIFFE-ID section 2")
}

fn empty_chain(material: &Material<'_>) -> Option<Finding> {
    material.between().next().is_none().then(|| {
        Finding::notice(
            "layout.empty_chain",
            "`chain.pem` is empty, for a root issued this; leave it out where a server is to read it",
        )
    })
}
