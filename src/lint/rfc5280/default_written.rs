//! Default values are left out, as DER wants it.

use crate::encoding::certificate::form;
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule =
    Rule { code: "lint.default_written", severity: Severity::Warning, clause: Some("RFC 5280 section 4.1"), check };

fn check(certificate: &Certificate) -> Option<String> {
    // X.690 section 11.5. Basic constraints of a leaf are an empty sequence: its `cA` is FALSE by default.
    let constraints = certificate.extensions().get(&oid::BASIC_CONSTRAINTS);
    if constraints.is_some_and(|constraints| form::starts_with_false(&constraints.value)) {
        return Some("its basic constraints write `cA` as FALSE, which is the default and left out in DER".to_owned());
    }
    let first = form::written_not_critical(certificate).into_iter().next()?;
    let name = first.shown();
    Some(format!("the extension `{name}` writes `critical` as FALSE, which is the default and left out in DER"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_value(&mut certificate, &oid::BASIC_CONSTRAINTS, &[0x30, 3, 1, 1, 0]);
        assert!(check(&certificate).is_some());
    }
}
