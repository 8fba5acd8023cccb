//! With two CA certificates there are two CRLs and two certificates to fetch, so every URL that is
//! written into certificates has to name its issuer.

use super::RotationError;
use crate::authority::Authority;
use crate::profile::{SourcedList, UrlTemplate, Urls};
use crate::words::finding::Finding;

impl Authority {
    /// Refuses where a URL of `ca.toml` or of a profile is without `{issuer}`: certificates of both
    /// would point to one CRL, and one of the two would be judged by the other's.
    pub(super) fn urls_name_the_issuer(&self) -> Result<(), RotationError> {
        let mut findings = Vec::new();
        look("ca.toml", &self.settings.urls, &mut findings);
        for name in self.profiles.names() {
            // A profile that cannot be read issues nothing.
            if let Ok(profile) = self.profiles.get(name) {
                look(name.as_str(), &profile.urls, &mut findings);
            }
        }
        if findings.is_empty() { Ok(()) } else { Err(RotationError::UrlsWithoutIssuer(findings)) }
    }
}

fn look(whose: &str, urls: &Urls, findings: &mut Vec<Finding>) {
    let lists: [(&str, &Option<SourcedList<UrlTemplate>>); 3] =
        [("urls.crl", &urls.crl), ("urls.ocsp", &urls.ocsp), ("urls.issuer", &urls.issuer)];
    for (key, list) in lists {
        let templates = list.iter().flat_map(|list| &list.value);
        for template in templates.filter(|template| !template.value.names_issuer()) {
            let message = format!("`{key}` of `{whose}` has `{}`, which is the same for every issuer", template.value);
            findings.push(
                Finding::error("rotate.url_without_issuer", message)
                    .allowed("a URL with `{issuer}`, such as `http://pki.internal/{issuer}.crl`")
                    .at(template.place.clone()),
            );
        }
    }
}
