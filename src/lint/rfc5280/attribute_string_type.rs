//! Countries, serial numbers and qualifiers are PrintableString.

use crate::encoding::name::written_as;
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::{Attribute, Name};
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.attribute_string_type",
    severity: Severity::Warning,
    clause: Some("RFC 5280 appendix A.1"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let both = [("subject", certificate.subject()), ("issuer", certificate.issuer())];
    let wrong: Vec<String> = both.into_iter().flat_map(|(whose, name)| wrong(whose, name)).collect();
    (!wrong.is_empty()).then(|| format!("attributes are not written as PrintableString: {}", wrong.join(", ")))
}

fn wrong(whose: &str, name: &Name) -> Vec<String> {
    let fixed = [oid::COUNTRY, oid::SERIAL_NUMBER, oid::DN_QUALIFIER];
    let is_wrong =
        |attribute: &&Attribute| fixed.contains(&attribute.kind) && written_as(attribute) != "PrintableString";
    let said = |attribute: &Attribute| {
        let kind = attribute.kind.shown();
        format!("`{kind}` of the {whose} is a {}", written_as(attribute))
    };
    name.attributes().filter(is_wrong).map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        certificate.subject = sample::name("CN=svc-a,C=DE");
        assert_eq!(check(&certificate), None);
        // C=DE as UTF8String, by hand from appendix A.1.
        let der = [0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 6, 3, 0x55, 4, 6, 0x0c, 2, b'D', b'E'];
        certificate.subject = crate::encoding::name::read(&der).unwrap();
        assert!(check(&certificate).is_some());
    }
}
