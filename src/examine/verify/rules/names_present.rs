//! Issuers have a name (RFC 5280 section 4.1.2.4), CAs are called something, and a leaf without a subject
//! marks its alternative names critical (section 4.1.2.6).

use super::{Case, Check};
use crate::examine::verify::answer::{Basis, Rule};
use crate::words::x509::oid;

const ISSUER: Rule = Rule { code: "names_present", basis: Basis::Profile, clause: "RFC 5280 section 4.1.2.4" };
const SUBJECT: Rule = Rule { code: "names_present", basis: Basis::Profile, clause: "RFC 5280 section 4.1.2.6" };

pub(super) fn look(case: &Case<'_, '_>, checks: &mut Vec<Check>) {
    for (position, certificate) in case.path.links().iter().enumerate() {
        if certificate.issuer().is_empty() {
            checks.push(ISSUER.fails(position, "the certificate names no issuer"));
        }
        if !certificate.subject().is_empty() {
            continue;
        }
        if position > 0 || certificate.is_ca() {
            checks.push(SUBJECT.fails(position, "the CA certificate names no subject"));
            continue;
        }
        match certificate.extensions().get(&oid::SUBJECT_ALT_NAME) {
            Some(extension) if extension.critical => {}
            Some(_) => checks.push(
                SUBJECT
                    .fails(position, "there is no subject, and the alternative names are not marked critical")
                    .why("a reader who skips them would take the certificate for nobody's")
                    .hint("have it issued again: `mtls-ca sign` marks them critical where the subject is empty"),
            ),
            None => {
                checks.push(SUBJECT.fails(position, "the certificate names nobody: no subject, no alternative name"));
            }
        }
    }
}
