//! User notices have no control characters.

use crate::lint::Rule;
use crate::lint::policies::notices;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule = Rule {
    code: "lint.notice_control_characters",
    severity: Severity::Warning,
    clause: Some("RFC 6818 section 3"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    let mut texts = notices(certificate).filter_map(|notice| notice.text?.text);
    texts
        .any(|text| text.chars().any(char::is_control))
        .then(|| "a user notice of its policies has control characters".to_owned())
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
        sample::set_policies(&mut certificate, "301a301806022a033012301006082b0601050507020230040c027810");
        assert!(check(&certificate).is_some());
    }
}
