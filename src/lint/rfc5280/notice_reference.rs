//! User notices hold their text themselves.

use crate::lint::Rule;
use crate::lint::policies::notices;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.notice_reference",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.4"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    notices(certificate).any(|notice| notice.has_reference).then(|| {
        "a user notice of its policies refers to a text elsewhere (noticeRef), which should not be used".to_owned()
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
        sample::set_policies(&mut certificate, "3020301e06022a033018301606082b06010505070202300a30080c014f3003020101");
        assert!(check(&certificate).is_some());
    }
}
