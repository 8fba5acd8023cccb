//! Where a certificate points to: the profile's URLs, else the CA's own, else none.

use super::terms::IssuerTerms;
use crate::profile::{Profile, SourcedList, UrlTemplate};

/// The URLs of one certificate.
pub(super) struct Granted {
    pub(super) crl: Vec<String>,
    pub(super) ocsp: Vec<String>,
    pub(super) issuer: Vec<String>,
}

pub(super) fn grant(profile: &Profile, terms: &IssuerTerms<'_>) -> Granted {
    let choose = |own: &Option<SourcedList<UrlTemplate>>, general: &Option<SourcedList<UrlTemplate>>| -> Vec<String> {
        let templates = own.as_ref().or(general.as_ref()).map(|list| list.value.as_slice()).unwrap_or_default();
        templates.iter().map(|template| template.value.for_issuer(terms.label)).collect()
    };
    Granted {
        crl: choose(&profile.urls.crl, &terms.urls.crl),
        ocsp: choose(&profile.urls.ocsp, &terms.urls.ocsp),
        issuer: choose(&profile.urls.issuer, &terms.urls.issuer),
    }
}
