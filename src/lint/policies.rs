//! The policies of a certificate with what is said about them, for the rules that look there.

use crate::encoding::policy_information::{self, PolicyInformation, Qualifier, UserNotice};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

/// Each policy with its qualifiers; none where the extension is absent or not well formed.
pub(super) fn policies(certificate: &Certificate) -> Vec<PolicyInformation> {
    let extension = certificate.extensions().get(&oid::CERTIFICATE_POLICIES);
    extension.and_then(|extension| policy_information::read(&extension.value).ok()).unwrap_or_default()
}

/// Each user notice of any policy.
pub(super) fn notices(certificate: &Certificate) -> impl Iterator<Item = UserNotice> {
    policies(certificate).into_iter().flat_map(|found| found.qualifiers).filter_map(|qualifier| match qualifier {
        Qualifier::UserNotice(notice) => Some(notice),
        _ => None,
    })
}
