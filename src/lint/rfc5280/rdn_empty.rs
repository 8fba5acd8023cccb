//! Each part of a name has at least one attribute.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.rdn_empty", severity: Severity::Error, clause: Some("RFC 5280 appendix A.1"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let both = [("subject", certificate.subject()), ("issuer", certificate.issuer())];
    let (whose, _) = both.into_iter().find(|(_, name)| name.rdns().iter().any(Vec::is_empty))?;
    Some(format!("a relative distinguished name of its {whose} is a set without attributes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.issuer = crate::encoding::name::read(&[0x30, 2, 0x31, 0]).unwrap();
        assert!(check(&certificate).is_some());
    }
}
