//! Extensions that are critical and should not be, or the other way round (RFC 5280 section 4.2).

use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid::Oid;

/// What the standard says of the flag of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Critical {
    Must,
    Should,
    MustNot,
    ShouldNot,
}

impl Critical {
    /// Those of the extensions, each with its clause, whose flag is otherwise.
    pub(super) fn breaches(self, certificate: &Certificate, extensions: &[(Oid, &str)]) -> Option<String> {
        let (found, wanted) = match self {
            Self::Must => ("not critical", "must"),
            Self::Should => ("not critical", "should"),
            Self::MustNot => ("critical", "must not"),
            Self::ShouldNot => ("critical", "should not"),
        };
        let critical = matches!(self, Self::Must | Self::Should);
        let wrong: Vec<String> = extensions
            .iter()
            .filter(|(kind, _)| certificate.extensions().get(kind).is_some_and(|there| there.critical != critical))
            .map(|(kind, clause)| format!("`{}` (section {clause})", kind.shown()))
            .collect();
        (!wrong.is_empty()).then(|| format!("extensions are {found} that {wanted} be: {}", wrong.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;
    use crate::words::x509::oid;

    #[test]
    fn only_what_is_there_and_flagged_otherwise_is_named() {
        let all = [(oid::KEY_USAGE, "1"), (oid::CRL_DISTRIBUTION_POINTS, "2"), (oid::POLICY_CONSTRAINTS, "3")];
        let leaf = sample::leaf();
        let breaches = |demand: Critical| demand.breaches(&leaf, &all);
        // Of these a leaf of ours has a critical key usage, a CRL's place that is not, and no constraints.
        let not = |wanted: &str| {
            Some(format!("extensions are not critical that {wanted} be: `cRLDistributionPoints` (section 2)"))
        };
        assert_eq!((breaches(Critical::Must), breaches(Critical::Should)), (not("must"), not("should")));
        let is = |wanted: &str| Some(format!("extensions are critical that {wanted} be: `keyUsage` (section 1)"));
        assert_eq!((breaches(Critical::MustNot), breaches(Critical::ShouldNot)), (is("must not"), is("should not")));
        assert_eq!(Critical::Must.breaches(&leaf, &[(oid::KEY_USAGE, "1")]), None);
    }
}
