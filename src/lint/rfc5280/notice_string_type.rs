//! User notices are UTF8String.

use crate::lint::Rule;
use crate::lint::policies::notices;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.notice_string_type", severity: Severity::Warning, clause: Some("RFC 6818 section 3"), check };

fn check(certificate: &Certificate) -> Option<String> {
    let texts = notices(certificate).filter_map(|notice| notice.text);
    let other = texts.map(|text| text.string_type).find(|string_type| *string_type != "UTF8String")?;
    Some(if other == "IA5String" {
        "a user notice of its policies is written as IA5String, which must not be; it should be UTF8String".to_owned()
    } else {
        format!("a user notice of its policies is written as {other}, and UTF8String should be used")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        sample::set_policies(&mut certificate, sample::NOTICE);
        assert_eq!(check(&certificate), None);
        sample::set_policies(&mut certificate, "3019301706022a033011300f06082b060105050702023003160178");
        assert!(check(&certificate).is_some());
    }
}
