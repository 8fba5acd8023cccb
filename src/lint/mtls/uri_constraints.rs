//! rustls refuses chains with URI name constraints.

use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::Subtree;

pub(super) const RULE: Rule = Rule { code: "lint.uri_constraints", severity: Severity::Warning, clause: None, check };

fn check(certificate: &Certificate) -> Option<String> {
    let constraints = certificate.extensions().name_constraints()?;
    let has_uri = constraints.subtrees().any(|subtree| matches!(subtree, Subtree::Uri(_)));
    has_uri
        .then(|| "peers built on rustls (Linkerd among them) refuse every chain with URI name constraints".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::authority();
        assert_eq!(check(&certificate), None);
        let mut constraints = certificate.extensions.name_constraints().cloned().unwrap_or_default();
        constraints.permitted.push(Subtree::Uri("example.org".to_owned()));
        let body = crate::x509::extension::ExtensionBody::NameConstraints(constraints);
        sample::set_body(&mut certificate, &crate::x509::oid::NAME_CONSTRAINTS, body);
        assert!(check(&certificate).is_some());
    }
}
