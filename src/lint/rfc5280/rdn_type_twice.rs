//! One part of a subject has no two attributes of a type: `OU=One+OU=Two` is no name. A warning, for Go makes such of
//! every subject with two units, and peers take them.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.rdn_type_twice", severity: Severity::Warning, clause: Some("X.501 clause 9.3"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let twice: Vec<String> = certificate
        .subject()
        .rdns()
        .iter()
        .filter(|rdn| rdn.iter().enumerate().any(|(at, one)| rdn.iter().take(at).any(|before| before.kind == one.kind)))
        .map(|rdn| rdn.iter().map(|attribute| attribute.rfc4514()).collect::<Vec<_>>().join("+"))
        .collect();
    (!twice.is_empty()).then(|| format!("a part of the subject has a type more than once: {}", twice.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        certificate.subject = sample::name("CN=a+OU=b,OU=One,OU=Two,O=Example");
        assert_eq!(check(&certificate), None);
        certificate.subject = sample::name("CN=a,OU=One+L=Here+OU=Two,O=Example");
        assert!(check(&certificate).is_some());
    }
}
