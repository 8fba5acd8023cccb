//! Key usage is written without trailing zero bits.

use crate::encoding::certificate::form;
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::oid;

pub(super) const RULE: Rule = Rule {
    code: "lint.key_usage_not_der",
    severity: Severity::Warning,
    clause: Some("RFC 5280 section 4.2.1.3"),
    check,
};

fn check(certificate: &Certificate) -> Option<String> {
    // X.690 section 11.2.2: a named bit list ends in the last bit that is set.
    let extension = certificate.extensions().get(&oid::KEY_USAGE)?;
    certificate.extensions().key_usage()?;
    let bits = form::named_bits(&extension.value)?;
    let last = form::last_set_bit(&extension.value)?;
    let known = if bits > 9 { ", of which nine are known" } else { "" };
    let set = if last == bits { String::new() } else { format!(", and the last that is set is bit {last}") };
    (bits > 9 || last != bits).then(|| format!("its key usage is written with {bits} bits{known}{set}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        let mut certificate = sample::leaf();
        assert_eq!(check(&certificate), None);
        // digitalSignature with seven unused bits, as it has to be; then with none unused; then with 16 bits.
        sample::set_value(&mut certificate, &oid::KEY_USAGE, &[3, 2, 7, 0x80]);
        assert_eq!(check(&certificate), None);
        for value in [&[3, 2, 0, 0x80][..], &[3, 3, 0, 0xc8, 0x80], &[3, 2, 1, 0]] {
            sample::set_value(&mut certificate, &oid::KEY_USAGE, value);
            assert!(check(&certificate).is_some(), "{value:?}");
        }
    }
}
