//! Name constraints are for CAs, and critical.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.name_constraints_misplaced",
    severity: Severity::Error,
    clause: Some("RFC 5280 section 4.2.1.10"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let extension = certificate.extensions().get(&oid::NAME_CONSTRAINTS)?;
    if !certificate.is_ca() {
        return Some("it has name constraints, and is no CA".to_owned());
    }
    (!extension.critical).then(|| "its name constraints are not critical, so some peers do not hold to them".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        sample::set_critical(&mut certificate, &oid::NAME_CONSTRAINTS, false);
        assert!(check(&certificate).is_some());
    }
}
