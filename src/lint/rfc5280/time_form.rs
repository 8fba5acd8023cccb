//! Dates are written in the one form for them.

use crate::encoding::certificate::form::{self, WrittenTime};
use crate::lint::Rule;
use crate::words::finding::Severity;
use crate::words::x509::certificate::Certificate;

pub(super) const RULE: Rule =
    Rule { code: "lint.time_form", severity: Severity::Error, clause: Some("RFC 5280 section 4.1.2.5"), check };

fn check(certificate: &Certificate) -> Option<String> {
    form::times(certificate).iter().find_map(wrong)
}

/// Sections 4.1.2.5.1 and 4.1.2.5.2: UTCTime through 2049 and GeneralizedTime from 2050 on, both with seconds,
/// without fractions, and in UTC.
fn wrong(time: &WrittenTime) -> Option<String> {
    let WrittenTime { is_utc_time, text } = time;
    let (name, digits) = if *is_utc_time { ("UTCTime", 12) } else { ("GeneralizedTime", 14) };
    let Some(numbers) = text.strip_suffix('Z') else {
        return Some(format!("a date is `{text}`, which does not end in `Z` for UTC"));
    };
    if numbers.len() != digits || !numbers.bytes().all(|octet| octet.is_ascii_digit()) {
        return Some(format!("a date is `{text}`, and {name} has {digits} digits, down to the second, and `Z`"));
    }
    let early = !is_utc_time && numbers.get(..4).is_some_and(|year| year < "2050");
    early.then(|| format!("a date is `{text}`, as GeneralizedTime, and before 2050 it has to be UTCTime"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::sample;

    #[test]
    fn bad_example() {
        assert_eq!(check(&sample::leaf()), None);
        let says = |is_utc_time, text: &str| wrong(&WrittenTime { is_utc_time, text: text.to_owned() }).is_some();
        // The examples of RFC 5280 section 4.1.2.5, and each spoiled in one way.
        assert!(!says(true, "491231235959Z") && !says(false, "20500101000000Z"));
        for text in ["4912312359Z", "491231235959+0100", "491231235959", "491231235959.5Z"] {
            assert!(says(true, text), "{text}");
        }
        for text in ["20491231235959Z", "205001010000Z", "20500101000000.5Z", "20500101000000+0000"] {
            assert!(says(false, text), "{text}");
        }
    }
}
