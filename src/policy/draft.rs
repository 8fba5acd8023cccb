//! All rules together: from a wish to a draft, or to a refusal.

use super::grant::Grant;
use super::refusal::Refusal;
use super::report::Report;
use super::terms::{Issuer, IssuerTerms};
use super::{authority, constraints, extensions, keys, lifetime, names, size, spiffe, subject, urls, usage};
use crate::encoding::certificate::Content;
use crate::profile::{Profile, ProfileName};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::name::Name;
use crate::words::x509::request::{Asked, ProvenKey, Request};
use crate::words::x509::san::San;
use crate::words::x509::usage::ExtendedKeyUsage;

/// A certificate as policy allows it, without a serial number and a signature.
///
/// [`draft`] is the only way to one, and `lint::clear` the only way on.
#[derive(Debug, Clone)]
pub struct Draft {
    content: Content,
    profile: ProfileName,
    request: Option<Request>,
    requester: Option<String>,
    asked: Fingerprint,
    rules: Fingerprint,
    grants: Vec<Grant>,
    findings: Vec<Finding>,
}

impl Draft {
    /// What the certificate will say.
    #[must_use]
    pub(crate) const fn content(&self) -> &Content {
        &self.content
    }

    /// The profile whose rules were applied.
    #[must_use]
    pub const fn profile(&self) -> &ProfileName {
        &self.profile
    }

    /// The request that proved possession of the key; none where a certificate before it did.
    #[must_use]
    pub const fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// Who asked, where that is not the one who acts.
    #[must_use]
    pub fn requester(&self) -> Option<&str> {
        self.requester.as_deref()
    }

    /// The digest of what was asked: the request, and the order beside it.
    #[must_use]
    pub const fn asked(&self) -> Fingerprint {
        self.asked
    }

    /// The digest of the profile, with all that it extends.
    #[must_use]
    pub const fn rules(&self) -> Fingerprint {
        self.rules
    }

    /// What was asked and what is granted, row by row.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// The rows, and the profile by which they were granted.
    pub(crate) fn into_grants(self) -> (Vec<Grant>, ProfileName) {
        (self.grants, self.profile)
    }

    /// Warnings and notices; no errors.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The refusal that this draft ends in when a later step finds errors.
    pub(crate) fn refuse(self, errors: Vec<Finding>) -> Refusal {
        let findings = self.findings.into_iter().chain(errors).collect();
        Refusal::new(self.profile, findings, self.grants)
    }
}

/// Asks every rule, and drafts the certificate where none forbids it.
///
/// Nothing of the request is copied: each of its parts is granted, changed, dropped or refused by
/// a rule, and has a row that says so.
///
/// # Errors
/// Everything that stands in the way, not only the first thing.
pub fn draft(
    profile: &Profile,
    proven: ProvenKey,
    order: &Order,
    terms: &IssuerTerms<'_>,
    now: Now,
) -> Result<Draft, Refusal> {
    let draft = apply(profile, proven.asked(), order, terms, now)?;
    Ok(Draft { request: proven.into_request(), ..draft })
}

/// Asks every rule about a wish, whoever holds its key.
pub(super) fn apply<'a>(
    profile: &Profile,
    request: impl Into<Asked<'a>>,
    order: &Order,
    terms: &IssuerTerms<'_>,
    now: Now,
) -> Result<Draft, Refusal> {
    let request = request.into();
    if let Some(refusal) = size::refused(profile, request, order) {
        return Err(refusal);
    }
    let key = request.public_key();
    let mut report = Report::default();
    keys::check(profile, key, terms, &mut report);
    let sans = names::grant(profile, request, order, &mut report);
    spiffe::check(profile, &sans, terms, &mut report);
    let subject = subject::grant(profile, request, order, &sans, &mut report);
    let validity = lifetime::validity(profile, order.lifetime, terms, now, &mut report);
    let basic_constraints = authority::basic_constraints(profile, order, terms, &mut report);
    let name_constraints = constraints::order::grant(profile, request, order, terms, &mut report);
    let key_usage = usage::key_usage(profile, key, &mut report);
    authority::usages_beyond(profile, terms, &mut report);
    let Some(subject) = subject else {
        return Err(Refusal::new(profile.name.clone(), report.findings, report.grants));
    };
    nameless(profile, &subject, &sans, &mut report);
    report.findings.extend(constraints::names::check(&sans, &subject, profile.ca, terms.authorities()));
    let urls = urls::grant(profile, terms);
    let subject_key_identifier = key.key_identifier();
    let (issuer, authority_key_identifier) = match terms.issuer {
        Issuer::Itself => (subject.clone(), subject_key_identifier.clone()),
        Issuer::Authority { certificate, .. } => {
            let own = certificate.extensions().subject_key_identifier().cloned();
            (certificate.subject().clone(), own.unwrap_or_else(|| certificate.public_key().key_identifier()))
        }
    };
    let content = Content {
        issuer,
        subject,
        validity,
        public_key: key.clone(),
        subject_key_identifier,
        authority_key_identifier,
        basic_constraints,
        key_usage,
        extended_key_usage: profile.extended_key_usage.value.clone(),
        sans,
        name_constraints,
        crl_urls: urls.crl,
        ocsp_urls: urls.ocsp,
        issuer_urls: urls.issuer,
        policies: profile.policies.clone(),
        // RFC 6960 section 4.2.2.2.1: a short-lived responder is not asked about.
        ocsp_no_check: profile.extended_key_usage.value.contains(&ExtendedKeyUsage::OCSP_SIGNING),
        signature_algorithm: terms.signature_algorithm,
    };
    extensions::compare(profile, request, &content, &mut report);
    let Report { grants, findings } = report;
    if findings.iter().any(Finding::is_error) {
        return Err(Refusal::new(profile.name.clone(), findings, grants));
    }
    Ok(Draft {
        content,
        profile: profile.name.clone(),
        request: None,
        requester: order.requester.clone(),
        asked: order.asked(request.der()),
        rules: profile.digest,
        grants,
        findings,
    })
}

/// A certificate names somebody, and a CA by its subject (RFC 5280 sections 4.1.2.6 and 4.2.1.6).
fn nameless(profile: &Profile, subject: &Name, sans: &[San], report: &mut Report) {
    if profile.ca && subject.is_empty() {
        report.find(
            Finding::error("policy.ca_without_subject", "a CA needs a subject, and it would have none")
                .clause("RFC 5280 section 4.1.2.6")
                .hint("add `--subject CN=NAME`"),
        );
    } else if subject.is_empty() && sans.is_empty() {
        // Where names were refused, or a kind of name is missing, that has been said already.
        if !report.findings.iter().any(Finding::is_error) {
            report.find(
                Finding::error(
                    "policy.nameless",
                    "the certificate would have neither a subject nor an alternative name",
                )
                .clause("RFC 5280 section 4.1.2.6")
                .hint("add `--san NAME` or `--subject CN=NAME`"),
            );
        }
    } else if sans.is_empty() && profile.is_for_clients() && !profile.is_for_servers() {
        let message = "the client is known by its subject alone, and most peers want an alternative name";
        report.find(
            Finding::notice("policy.client_without_san", message)
                .hint("add `--san NAME` unless its peers go by the subject"),
        );
    }
}
