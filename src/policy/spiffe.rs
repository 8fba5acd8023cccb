//! SPIFFE IDs: one to a certificate, of the CA's own trust domain (X509-SVID sections 2 to 5).

use super::report::Report;
use super::terms::IssuerTerms;
use crate::profile::Profile;
use crate::words::finding::Finding;
use crate::words::x509::san::{San, UriName};

pub(super) fn check(profile: &Profile, granted: &[San], terms: &IssuerTerms<'_>, report: &mut Report) {
    let uris: Vec<&UriName> =
        granted.iter().filter_map(|san| if let San::Uri(uri) = san { Some(uri) } else { None }).collect();
    let ids: Vec<&UriName> = uris.iter().copied().filter(|uri| uri.is_spiffe()).collect();
    if ids.is_empty() {
        return;
    }
    if uris.len() > 1 {
        let message = format!("a certificate with a SPIFFE ID has exactly one URI, and {} are asked for", uris.len());
        report.find(
            Finding::error("policy.spiffe_many_uris", message)
                .asked(uris.iter().map(|uri| uri.as_str()).collect::<Vec<_>>().join(", "))
                .clause("X509-SVID section 2"),
        );
    }
    for id in ids {
        if let Some(domain) = terms.trust_domain.filter(|domain| domain.value.as_str() != id.host()) {
            report.find(
                Finding::error("policy.spiffe_foreign_domain", format!("`{}` is of another trust domain", id.as_str()))
                    .asked(id.host())
                    .allowed(format!("`spiffe://{}`", domain.value))
                    .at(domain.place.clone()),
            );
        }
        if profile.ca && !id.path().is_empty() {
            report.find(
                Finding::error(
                    "policy.spiffe_ca_with_path",
                    format!("`{}`: the SPIFFE ID of a CA has no path", id.as_str()),
                )
                .allowed(format!("`spiffe://{}`", id.host()))
                .clause("X509-SVID section 3.2"),
            );
        }
        if !profile.ca && id.path().is_empty() {
            report.find(
                Finding::error(
                    "policy.spiffe_without_path",
                    format!("`{}` names a trust domain, not a workload", id.as_str()),
                )
                .allowed(format!("`spiffe://{}/SERVICE`", id.host()))
                .clause("X509-SVID section 3.1"),
            );
        }
    }
    if !profile.ca && profile.is_for_servers() != profile.is_for_clients() {
        report.find(
            Finding::warning(
                "policy.spiffe_one_usage",
                "a certificate with a SPIFFE ID has both serverAuth and clientAuth",
            )
            .at(profile.extended_key_usage.place.clone())
            .clause("X509-SVID section 4.4")
            .hint("`--profile workload` gives both"),
        );
    }
}
