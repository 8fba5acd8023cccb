//! Whether the subject is a CA, and how many CAs may follow below (RFC 5280 section 4.2.1.9).

use super::report::Report;
use super::terms::{Issuer, IssuerTerms};
use crate::profile::{Profile, ProfileName};
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::extension::BasicConstraints;
use crate::words::x509::usage::ExtendedKeyUsage;

const CLAUSE: &str = "RFC 5280 section 4.2.1.9";
/// What fits into one octet: more is a slip, and some parsers refuse it.
const MAX_PATH_LENGTH: u32 = 255;

pub(super) fn basic_constraints(
    profile: &Profile,
    order: &Order,
    terms: &IssuerTerms<'_>,
    report: &mut Report,
) -> BasicConstraints {
    issuer(profile, terms, report);
    if !profile.ca {
        if let Some(length) = order.path_length {
            let message = format!("a path length is for CAs, and `{}` is no profile of a CA", profile.name);
            report.find(Finding::error("policy.path_length_on_leaf", message).asked(length.to_string()).clause(CLAUSE));
        }
        return BasicConstraints { ca: false, path_length: None };
    }
    if let Some(length) = order.path_length.filter(|length| *length > MAX_PATH_LENGTH) {
        let message = format!("a path length of {length} is beyond what anybody means");
        let finding = Finding::error("policy.path_length_too_long", message).asked(length.to_string());
        report.find(finding.allowed(format!("at most {MAX_PATH_LENGTH}")).clause(CLAUSE));
        return BasicConstraints { ca: true, path_length: None };
    }
    let wished = order.path_length.or(profile.path_length.as_ref().map(|length| length.value));
    let path_length = match room_below(terms) {
        None => wished,
        Some(Room { cas: 0, authority }) => {
            let message = format!("the CA `{authority}` has a path length that leaves no room for a CA below");
            let finding = Finding::error("policy.no_ca_below", message).clause(CLAUSE);
            report.find(finding.hint("sign it with a CA whose path length is 1 or more, or absent"));
            wished
        }
        Some(Room { cas, authority }) => {
            let most = cas - 1;
            if let Some(length) = order.path_length.filter(|length| *length > most) {
                let message = format!("a path length of {length} does not fit below the CA `{authority}`");
                let finding = Finding::error("policy.path_length_too_long", message).asked(length.to_string());
                report.find(finding.allowed(format!("at most {most}")).clause(CLAUSE));
                wished
            } else {
                if wished.is_none_or(|length| length > most) {
                    let message =
                        format!("the path length is held to {most}, which is what the CA `{authority}` leaves");
                    report.find(Finding::notice("policy.path_length_held", message).clause(CLAUSE));
                }
                Some(wished.map_or(most, |length| length.min(most)))
            }
        }
    };
    BasicConstraints { ca: true, path_length }
}

/// How many CAs may follow below the issuer, and the CA that says so.
struct Room {
    cas: u32,
    authority: String,
}

/// The path length of each CA above counts the CAs below it; self-issued ones do not count.
fn room_below(terms: &IssuerTerms<'_>) -> Option<Room> {
    let mut between = 0;
    let mut least: Option<Room> = None;
    for authority in terms.authorities() {
        let length = authority.extensions().basic_constraints().and_then(|constraints| constraints.path_length);
        if let Some(length) = length {
            let cas = length.saturating_sub(between);
            if least.as_ref().is_none_or(|room| cas < room.cas) {
                least = Some(Room { cas, authority: authority.subject().rfc4514() });
            }
        }
        if !authority.is_self_issued() {
            between += 1;
        }
    }
    least
}

/// Several verifiers hold what is below a CA to the extended key usages of the CA, which an adopted
/// one may have.
pub(super) fn usages_beyond(profile: &Profile, terms: &IssuerTerms<'_>, report: &mut Report) {
    for authority in terms.authorities().filter(|authority| !authority.is_self_issued()) {
        let Some(allowed) = authority.extensions().extended_key_usage() else { continue };
        let beyond = |usage: &&ExtendedKeyUsage| !allowed.contains(usage) && !allowed.contains(&ExtendedKeyUsage::ANY);
        let usages: Vec<String> =
            profile.extended_key_usage.value.iter().filter(beyond).map(|usage| format!("`{usage}`")).collect();
        if !usages.is_empty() {
            let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let message = format!(
                "the CA `{}` has extended key usages without {}; most peers refuse the certificate for that",
                authority.subject(),
                usages.join(", ")
            );
            report.find(
                Finding::warning("policy.usage_beyond_issuer", message)
                    .allowed(allowed.join(", "))
                    .at(profile.extended_key_usage.place.clone()),
            );
        }
    }
}

/// Whether the issuer may sign at all, and who signs itself: CAs only, and roots always.
fn issuer(profile: &Profile, terms: &IssuerTerms<'_>, report: &mut Report) {
    match terms.issuer {
        Issuer::Itself if !profile.ca => {
            let message = format!("`{}` is no profile of a CA, and only a CA signs itself", profile.name);
            report.find(Finding::error("policy.leaf_signs_itself", message));
        }
        Issuer::Authority { certificate, .. } if !certificate.may_sign_certificates() => {
            let message = format!("the issuer `{}` is no CA that may sign certificates", certificate.subject());
            let finding = Finding::error("policy.issuer_not_ca", message).clause(CLAUSE);
            report.find(finding.allowed("a certificate with `CA:TRUE` and, where it has a key usage, `keyCertSign`"));
        }
        Issuer::Authority { .. } if is_for_roots(profile) => {
            let message = format!("`{}` is a profile of roots, which sign themselves", profile.name);
            let finding = Finding::error("policy.root_below_a_ca", message).at(profile.place.clone());
            report.find(finding.hint("`--profile intermediate` is for a CA below another"));
        }
        _ => {}
    }
}

/// The built-in profile of roots, or one that extends it.
fn is_for_roots(profile: &Profile) -> bool {
    profile.name == ProfileName::ROOT
        || profile.extends.as_ref().is_some_and(|parent| parent.value == ProfileName::ROOT)
}
