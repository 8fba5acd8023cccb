//! User notices have at most 200 characters.

use crate::lint::Rule;
use crate::lint::policies::notices;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.notice_too_long", severity: Severity::Error, clause: Some("RFC 5280 section 4.2.1.4"), check };

const MOST: usize = 200;

fn check(certificate: &Certificate) -> Option<String> {
    let texts = notices(certificate).filter_map(|notice| notice.text?.text);
    let length = texts.map(|text| text.chars().count()).find(|length| *length > MOST)?;
    Some(format!("a user notice of its policies has {length} characters, and at most {MOST} are allowed"))
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
        sample::set_policies(
            &mut certificate,
            &format!("3081e63081e306022a033081dc3081d906082b060105050702023081cc0c81c9{}", "78".repeat(201)),
        );
        assert!(check(&certificate).is_some());
    }
}
