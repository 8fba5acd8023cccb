//! What becomes of the extensions and attributes of a request: nothing is copied, everything is
//! named.

use super::grant::{Grant, Origin};
use super::report::Report;
use crate::encoding::certificate::Content;
use crate::profile::{Profile, UnknownExtensions};
use crate::words::finding::Finding;
use crate::words::x509::extension::{BasicConstraints, Extension, ExtensionBody};
use crate::words::x509::general_name::escaped;
use crate::words::x509::oid::{self, Oid};
use crate::words::x509::request::Asked;
use crate::words::x509::usage::KeyUsage;

/// Rows for each extension and attribute of the request, and for each extension that is added.
pub(super) fn compare(profile: &Profile, request: Asked<'_>, content: &Content, report: &mut Report) {
    for duplicate in request.extensions().duplicates() {
        let message = format!("the request asks for the extension `{}` more than once", duplicate.shown());
        report.find(Finding::error("policy.extension_twice", message).clause("RFC 5280 section 4.2"));
    }
    for extension in request.extensions() {
        asked(profile, extension, content, report);
    }
    for kind in MADE {
        if let (None, Some(value)) = (request.extensions().get(&kind), granted(&kind, content)) {
            report.row(Grant::added(item(&kind), &value, because(&kind)));
        }
    }
    attributes(request, report);
}

/// Every extension that we make.
const MADE: [Oid; 11] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::NAME_CONSTRAINTS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFO_ACCESS,
    oid::CERTIFICATE_POLICIES,
    oid::OCSP_NO_CHECK,
];

fn asked(profile: &Profile, extension: &Extension, content: &Content, report: &mut Report) {
    let item = item(&extension.oid);
    let asked = described(extension);
    if let Some(finding) = forbidden(profile, extension, &asked) {
        report.refuse(Grant::refused(item, Origin::Request, &asked, finding.message.clone()), finding);
        return;
    }
    match granted(&extension.oid, content) {
        Some(value) if value == asked => {
            report.row(Grant::granted(item, Origin::Request, &asked, because(&extension.oid)));
        }
        Some(value) => {
            report.findings.extend(told(profile, extension, content, &asked, &value));
            report.row(Grant::changed(item, Origin::Request, &asked, &value, because(&extension.oid)));
        }
        // Its single names have rows of their own, and what was dropped of them is told there.
        None if extension.oid == oid::SUBJECT_ALT_NAME => {
            report.row(Grant::dropped(item, Origin::Request, &asked, "none of its names is granted"));
        }
        None => beyond(profile, &extension.oid, item, &asked, report),
    }
}

/// Wishes that are never just left out, for whoever has them expects something else than they get.
fn forbidden(profile: &Profile, extension: &Extension, asked: &str) -> Option<Finding> {
    let refuse = |code, message: String| Some(Finding::error(code, message).asked(asked));
    let hint = "a CA is signed with `--profile intermediate`";
    match &extension.body {
        ExtensionBody::Malformed(reason) => {
            let message = format!("the extension `{}` is not well formed: {}", extension.oid.shown(), escaped(reason));
            refuse("policy.extension_malformed", message)
        }
        ExtensionBody::BasicConstraints(BasicConstraints { ca: true, .. }) if !profile.ca => {
            let message = format!("the request asks to be a CA, and `{}` is no profile of a CA", profile.name);
            refuse("policy.ca_asked", message).map(|finding| finding.allowed("CA:FALSE").hint(hint))
        }
        ExtensionBody::KeyUsage(usages) if !profile.ca && usages.contains(KeyUsage::KeyCertSign) => {
            let message = format!("the request asks for `keyCertSign`, and `{}` is no profile of a CA", profile.name);
            let allowed = profile.key_usage.value.to_string();
            refuse("policy.key_cert_sign_asked", message)
                .map(|finding| finding.allowed(allowed).at(profile.key_usage.place.clone()).hint(hint))
        }
        _ => None,
    }
}

/// What is said of an extension that is granted otherwise than it was asked for. Of identifiers
/// nothing, for nobody's wish is meant to be heard there; single alternative names have been told of.
fn told(profile: &Profile, extension: &Extension, content: &Content, asked: &str, value: &str) -> Option<Finding> {
    let (code, message, place) = match &extension.body {
        ExtensionBody::ExtendedKeyUsage(usages) => {
            let foreign = listed(usages.iter().filter(|usage| !content.extended_key_usage.contains(usage)))?;
            let message = format!("the extended key usages {foreign} are left out: the profile gives {value}");
            ("policy.extended_key_usage_dropped", message, Some(&profile.extended_key_usage.place))
        }
        ExtensionBody::KeyUsage(usages) => {
            let foreign = listed(usages.iter().filter(|usage| !content.key_usage.contains(*usage)))?;
            let message = format!("the key usages {foreign} are left out: this key gets {value}");
            ("policy.key_usage_dropped", message, Some(&profile.key_usage.place))
        }
        ExtensionBody::NameConstraints(_)
        | ExtensionBody::CertificatePolicies(_)
        | ExtensionBody::CrlDistributionPoints(_)
        | ExtensionBody::AuthorityInfoAccess(_) => {
            let message = format!("the extension `{}` is not as the request asks", extension.oid.shown());
            ("policy.extension_changed", message, None)
        }
        _ => return None,
    };
    let finding = Finding::notice(code, message).asked(asked).allowed(value);
    Some(if let Some(place) = place { finding.at(place.clone()) } else { finding })
}

/// Each between backticks; nothing of nothing.
fn listed<T: ToString>(usages: impl Iterator<Item = T>) -> Option<String> {
    let usages: Vec<String> = usages.map(|usage| format!("`{}`", usage.to_string())).collect();
    (!usages.is_empty()).then(|| usages.join(", "))
}

/// An extension that the certificate will not have.
fn beyond(profile: &Profile, kind: &Oid, item: String, asked: &str, report: &mut Report) {
    let rule = &profile.unknown_extensions;
    let name = kind.shown();
    match rule.value {
        UnknownExtensions::Drop => {
            report.row(
                Grant::dropped(item, Origin::Request, asked, "the profile does not grant this extension")
                    .at(&rule.place),
            );
            let message = format!("the extension `{name}` is left out: the profile does not grant it");
            report.find(Finding::notice("policy.extension_dropped", message).asked(asked).at(rule.place.clone()));
        }
        UnknownExtensions::Error => {
            let message = format!("the extension `{name}` is not allowed");
            let row = Grant::refused(item, Origin::Request, asked, message.clone()).at(&rule.place);
            report.refuse(
                row,
                Finding::error("policy.extension_not_allowed", message).asked(asked).at(rule.place.clone()),
            );
        }
    }
}

/// Attributes are for the CA, not for the certificate. Their values are not shown: a
/// challengePassword is a secret.
fn attributes(request: Asked<'_>, report: &mut Report) {
    let mut names = Vec::new();
    for attribute in request.attributes() {
        if [oid::EXTENSION_REQUEST, oid::MS_CERT_EXTENSIONS].contains(&attribute.oid) {
            continue;
        }
        let name = attribute.oid.shown();
        let asked = format!("{} octets", attribute.values.len());
        report.row(Grant::dropped(
            format!("attribute {name}"),
            Origin::Request,
            &asked,
            "attributes of a request are not part of a certificate",
        ));
        names.push(format!("`{name}`"));
    }
    if !names.is_empty() {
        let message = format!("attributes of the request without effect: {}", names.join(", "));
        report.find(Finding::notice("policy.attributes_dropped", message));
    }
}

fn item(kind: &Oid) -> String {
    format!("extension {}", kind.shown())
}

fn because(kind: &Oid) -> &'static str {
    match kind {
        k if *k == oid::BASIC_CONSTRAINTS => "the profile says whether it is a CA",
        k if *k == oid::KEY_USAGE => "the profile's usages, as far as the key is able to",
        k if *k == oid::EXTENDED_KEY_USAGE => "exactly the profile's usages",
        k if *k == oid::SUBJECT_ALT_NAME => "the granted names",
        k if *k == oid::SUBJECT_KEY_IDENTIFIER => "made from the key (RFC 7093 section 2)",
        k if *k == oid::AUTHORITY_KEY_IDENTIFIER => "the issuer's key",
        k if *k == oid::NAME_CONSTRAINTS => "the granted constraints",
        k if *k == oid::OCSP_NO_CHECK => "responders are not asked about (RFC 6960 section 4.2.2.2.1)",
        _ => "the profile's, else the CA's settings",
    }
}

/// What the certificate will say in an extension, in the words of `described`.
fn granted(kind: &Oid, content: &Content) -> Option<String> {
    let list = |items: Vec<String>| (!items.is_empty()).then(|| items.join(", "));
    match kind {
        k if *k == oid::BASIC_CONSTRAINTS => Some(basic_constraints(content.basic_constraints)),
        k if *k == oid::KEY_USAGE => Some(content.key_usage.to_string()),
        k if *k == oid::EXTENDED_KEY_USAGE => list(strings(&content.extended_key_usage)),
        k if *k == oid::SUBJECT_ALT_NAME => list(strings(&content.sans)),
        k if *k == oid::SUBJECT_KEY_IDENTIFIER => Some(hex(&content.subject_key_identifier)),
        k if *k == oid::AUTHORITY_KEY_IDENTIFIER => Some(hex(&content.authority_key_identifier)),
        k if *k == oid::NAME_CONSTRAINTS => {
            list(constraints(&content.name_constraints.permitted, &content.name_constraints.excluded))
        }
        k if *k == oid::CRL_DISTRIBUTION_POINTS => list(content.crl_urls.clone()),
        k if *k == oid::AUTHORITY_INFO_ACCESS => {
            let ocsp = content.ocsp_urls.iter().map(|url| format!("OCSP {url}"));
            list(ocsp.chain(content.issuer_urls.iter().map(|url| format!("caIssuers {url}"))).collect())
        }
        k if *k == oid::CERTIFICATE_POLICIES => list(strings(&content.policies)),
        k if *k == oid::OCSP_NO_CHECK => content.ocsp_no_check.then(|| "present".to_owned()),
        _ => None,
    }
}

/// What a request says in an extension, where we make such an extension; octets otherwise.
fn described(extension: &Extension) -> String {
    match &extension.body {
        ExtensionBody::BasicConstraints(constraints) => basic_constraints(*constraints),
        ExtensionBody::KeyUsage(usages) => usages.to_string(),
        ExtensionBody::ExtendedKeyUsage(usages) => strings(usages).join(", "),
        ExtensionBody::SubjectAltName(names) => strings(names).join(", "),
        ExtensionBody::SubjectKeyIdentifier(octets) => hex(octets),
        ExtensionBody::NameConstraints(asked) => constraints(&asked.permitted, &asked.excluded).join(", "),
        ExtensionBody::CertificatePolicies(policies) => strings(policies).join(", "),
        ExtensionBody::OcspNoCheck => "present".to_owned(),
        ExtensionBody::TlsFeature(features) => strings(features).join(", "),
        _ => {
            let shown: Vec<u8> = extension.value.iter().take(32).copied().collect();
            format!("{}{}", hex(&shown), if extension.value.len() > 32 { "…" } else { "" })
        }
    }
}

fn basic_constraints(BasicConstraints { ca, path_length }: BasicConstraints) -> String {
    let ca = if ca { "CA:TRUE" } else { "CA:FALSE" };
    path_length.map_or_else(|| ca.to_owned(), |length| format!("{ca}, pathlen:{length}"))
}

fn constraints<T: ToString>(permitted: &[T], excluded: &[T]) -> Vec<String> {
    let permitted = permitted.iter().map(|subtree| format!("permitted {}", subtree.to_string()));
    permitted.chain(excluded.iter().map(|subtree| format!("excluded {}", subtree.to_string()))).collect()
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn hex(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}
