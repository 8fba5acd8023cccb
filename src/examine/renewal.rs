//! Whether a certificate should be renewed by now.

use serde::Serialize;

use super::inspect::Item;
use super::inspect::certificate::CertificateReport;
use super::inspect::validity::ValidityReport;
use crate::words::clock::{Now, Time};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::validity::Standing;

/// What [`needs_renewal`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewal {
    /// Whether it should be renewed now: within the threshold, or expired.
    pub due: bool,
    /// From when on it should be, past or to come.
    pub due_from: Time,
    /// Seconds until then; negative once it has passed.
    pub seconds_until_due: i64,
    /// Its validity, in dates and in words.
    pub validity: ValidityReport,
}

/// Whether a certificate comes within the threshold of its end at `now`.
///
/// A certificate that is not valid yet is not due, whatever the threshold says of its length.
#[must_use]
pub fn needs_renewal(certificate: &Certificate, threshold: Threshold, now: Now) -> Renewal {
    let validity = certificate.validity();
    let due_from = threshold.due(validity).max(validity.not_before);
    let due = now.time() >= due_from || validity.standing(now) == Standing::Expired;
    Renewal {
        due,
        due_from,
        seconds_until_due: due_from.seconds_since(now.time()),
        validity: ValidityReport::of(validity, now),
    }
}

/// The certificate of an input whose end matters: its first, which by custom is the leaf.
#[must_use]
pub fn deciding(items: &[Item]) -> Option<&CertificateReport> {
    items.iter().find_map(Item::certificate)
}
