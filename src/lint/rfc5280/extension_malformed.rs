//! Extensions are well formed.

use crate::encoding::certificate::form;
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::extension::ExtensionBody;
use crate::words::x509::general_name::escaped;
use crate::words::x509::oid;

pub(super) const RULE: Rule =
    Rule { code: "lint.extension_malformed", severity: Severity::Error, clause: Some("RFC 5280 section 4.2"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let malformed: Vec<String> = certificate
        .extensions()
        .iter()
        .filter_map(|extension| match &extension.body {
            ExtensionBody::Malformed(reason) => {
                let name = extension.oid.shown();
                Some(format!("`{name}`: {}", escaped(reason)))
            }
            // Nobody reads the places of a subject's services, so only this rule asks whether they are well formed.
            ExtensionBody::Unknown if extension.oid == oid::SUBJECT_INFO_ACCESS => {
                let error = form::access_descriptions(&extension.value).err()?;
                Some(format!("`subjectInfoAccess`: {}", escaped(&error.reason)))
            }
            _ => None,
        })
        .collect();
    (!malformed.is_empty()).then(|| format!("extensions are not well formed: {}", malformed.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        sample::set_body(&mut certificate, &crate::x509::oid::KEY_USAGE, ExtensionBody::Malformed("x".to_owned()));
        assert!(check(&certificate).is_some());
    }
}
