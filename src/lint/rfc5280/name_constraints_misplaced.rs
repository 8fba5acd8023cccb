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
    let open = "its name constraints are not critical, so some peers do not hold to them";
    match (certificate.is_ca(), extension.critical) {
        (true, true) => None,
        (true, false) => Some(open.to_owned()),
        (false, true) => Some("it has name constraints, and is no CA".to_owned()),
        (false, false) => Some(format!("it has name constraints, and is no CA; {open}")),
    }
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
