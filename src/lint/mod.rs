//! Rules about certificates and CRLs as they are: RFC 5280's, and those that mutual TLS adds. Everything
//! that we sign passes them first; `lint` and `inspect` put other people's certificates to them.
//!
//! One rule, one file: its clause, its stable code, and in its test one certificate that breaks it.

mod cleared;
mod criticality;
pub mod crl;
mod mtls;
mod names;
mod policies;
mod read_back;
mod rfc5280;
#[cfg(test)]
mod sample;

pub use cleared::{Cleared, clear};

use crate::words::finding::{Finding, Severity};
use crate::words::x509::certificate::Certificate;

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable: `lint.serial_not_positive`.
    pub code: &'static str,
    /// How much it weighs to break it.
    pub severity: Severity,
    /// The standard's clause, where the rule follows from one.
    pub clause: Option<&'static str>,
    /// What is wrong, where something is.
    check: fn(&Certificate) -> Option<String>,
}

impl Rule {
    /// What the rule has to say about a certificate.
    #[must_use]
    pub fn check(&self, certificate: &Certificate) -> Option<Finding> {
        (self.check)(certificate)
            .map(|message| Finding { clause: self.clause, ..Finding::new(self.severity, self.code, message) })
    }
}

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rfc5280::RULES.iter().chain(mtls::RULES)
}

/// That a certificate of the ledger would not be granted again, for a reason that is no rule of its
/// profile.
#[must_use]
pub fn not_granted(reason: &str) -> Finding {
    Finding::error("lint.not_granted", format!("it would not be granted today: {reason}"))
}

/// What all rules have to say about a certificate.
#[must_use]
pub fn check(certificate: &Certificate) -> Vec<Finding> {
    rules().filter_map(|rule| rule.check(certificate)).collect()
}
