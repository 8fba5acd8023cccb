//! Extensions: each once (RFC 5280 section 4.2), well formed, known where critical (sections 6.1.4(o) and
//! 6.1.5(f)), and critical or not as its own section says.

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::{Extension, ExtensionBody};
use crate::words::x509::oid::{self, Oid};

const ONCE: Rule = Rule { code: "extension_once", basis: Basis::Validation, clause: "RFC 5280 section 4.2" };
const FORM: Rule = Rule { code: "extension_form", basis: Basis::Validation, clause: "RFC 5280 section 4.2" };
const KNOWN: Rule =
    Rule { code: "critical_extension", basis: Basis::Validation, clause: "RFC 5280 sections 6.1.4(o) and 6.1.5(f)" };

/// Extensions that have to be critical, and those that must not be, with the section that says so.
const CRITICALITY: [(Oid, bool, &str); 7] = [
    (oid::AUTHORITY_KEY_IDENTIFIER, false, "RFC 5280 section 4.2.1.1"),
    (oid::SUBJECT_KEY_IDENTIFIER, false, "RFC 5280 section 4.2.1.2"),
    (oid::NAME_CONSTRAINTS, true, "RFC 5280 section 4.2.1.10"),
    (oid::POLICY_CONSTRAINTS, true, "RFC 5280 section 4.2.1.11"),
    (oid::INHIBIT_ANY_POLICY, true, "RFC 5280 section 4.2.1.14"),
    (oid::AUTHORITY_INFO_ACCESS, false, "RFC 5280 section 4.2.2.1"),
    (oid::SUBJECT_INFO_ACCESS, false, "RFC 5280 section 4.2.2.2"),
];

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.links().iter().enumerate() {
        let before = checks.len();
        for twice in certificate.extensions().duplicates() {
            checks.push(ONCE.fails(position, format!("the extension `{}` is there more than once", twice.shown())));
        }
        for extension in certificate.extensions() {
            checks.extend(one(position, certificate, extension));
        }
        if checks.len() == before {
            let critical: Vec<_> =
                certificate.extensions().iter().filter(|e| e.critical).map(|e| e.oid.shown()).collect();
            let found = if critical.is_empty() {
                "no extension is critical".to_owned()
            } else {
                format!("every critical extension is known: {}", critical.join(", "))
            };
            checks.push(KNOWN.holds(position, found));
        }
    }
}

fn one(position: usize, certificate: &Certificate, extension: &Extension) -> Option<Check> {
    let name = extension.oid.shown();
    if let ExtensionBody::Malformed(reason) = &extension.body {
        return Some(
            FORM.fails(position, format!("the extension `{name}` is not well formed: {reason}"))
                .why("what cannot be read cannot be obeyed")
                .hint("have the certificate issued again"),
        );
    }
    if extension.critical && !is_processed(&extension.body) {
        return Some(
            KNOWN
                .fails(position, format!("the extension `{name}` is critical and not known here"))
                .why("`critical` means: refuse if you do not know what this is")
                .hint("have it issued again without that extension, or with it marked as not critical"),
        );
    }
    let (_, critical, clause) = CRITICALITY.into_iter().find(|(oid, ..)| *oid == extension.oid)?;
    let rule = Rule { code: "extension_criticality", basis: Basis::Profile, clause };
    let must = if critical { "has to be marked critical" } else { "must not be marked critical" };
    (critical != extension.critical).then(|| {
        rule.fails(position, format!("the extension `{name}` of `{}` {must}", certificate.subject()))
            .hint("have the certificate issued again; `mtls-ca` marks it as it should be")
    })
}

/// Whether some rule here obeys it.
const fn is_processed(body: &ExtensionBody) -> bool {
    matches!(
        body,
        ExtensionBody::BasicConstraints(_)
            | ExtensionBody::KeyUsage(_)
            | ExtensionBody::ExtendedKeyUsage(_)
            | ExtensionBody::SubjectAltName(_)
            | ExtensionBody::SubjectKeyIdentifier(_)
            | ExtensionBody::AuthorityKeyIdentifier(_)
            | ExtensionBody::NameConstraints(_)
            | ExtensionBody::CrlDistributionPoints(_)
            | ExtensionBody::AuthorityInfoAccess(_)
            | ExtensionBody::CertificatePolicies(_)
            | ExtensionBody::PolicyMappings(_)
            | ExtensionBody::PolicyConstraints { .. }
            | ExtensionBody::InhibitAnyPolicy(_)
            | ExtensionBody::OcspNoCheck
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examine::verify::sample::{ask, refusals, root, with};
    use crate::words::x509::usage::Purpose;

    #[test]
    fn what_is_critical_is_known_and_everything_is_readable() {
        let root = root("CN=Root");
        let leaf = root.leaf("CN=leaf", |_| {});
        let unknown = Oid::literal("1.3.6.1.4.1.99999.1");
        for (leaf, expected) in [
            (with(&leaf, unknown.clone(), false, ExtensionBody::Unknown), None),
            (with(&leaf, unknown, true, ExtensionBody::Unknown), Some("critical_extension")),
            (with(&leaf, oid::TLS_FEATURE, true, ExtensionBody::TlsFeature(vec![5])), Some("critical_extension")),
            (with(&leaf, oid::TLS_FEATURE, false, ExtensionBody::TlsFeature(vec![5])), None),
            (
                with(&leaf, oid::POLICY_CONSTRAINTS, true, ExtensionBody::Malformed("short".into())),
                Some("extension_form"),
            ),
            (with(&leaf, oid::KEY_USAGE, true, ExtensionBody::Unknown), Some("extension_once")),
            (
                with(&leaf, oid::AUTHORITY_INFO_ACCESS, true, ExtensionBody::AuthorityInfoAccess(vec![])),
                Some("extension_criticality"),
            ),
            (
                with(&leaf, oid::INHIBIT_ANY_POLICY, false, ExtensionBody::InhibitAnyPolicy(0)),
                Some("extension_criticality"),
            ),
        ] {
            let answer = ask(&[&leaf, &root.certificate], Purpose::Client, |_| {});
            assert_eq!(refusals(&answer).first().copied(), expected, "{answer:?}");
        }
    }
}
