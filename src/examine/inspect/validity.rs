//! From when to when something holds, as dates and as a person would say it.

use serde::Serialize;

use crate::words::clock::{Now, Time};
use crate::words::x509::validity::{Standing, Validity};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A validity and where `now` stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidityReport {
    /// The first second at which it holds.
    pub not_before: Time,
    /// The last second at which it holds.
    pub not_after: Time,
    /// Where `now` stands.
    pub standing: Standing,
    /// Seconds until the end; negative once it has passed.
    pub seconds_left: i64,
    /// The share of its life that is left, 0 to 100.
    pub percent_left: u8,
    /// `expires in 23 days`, `expired 3 days ago`, `not valid before … (in 2 days)`.
    pub words: String,
}

impl ValidityReport {
    /// At this moment.
    #[must_use]
    pub fn of(validity: Validity, now: Now) -> Self {
        let standing = validity.standing(now);
        let seconds_left = validity.seconds_left(now);
        Self {
            not_before: validity.not_before,
            not_after: validity.not_after,
            standing,
            seconds_left,
            percent_left: validity.percent_left(now),
            words: match standing {
                // RFC 5280 section 4.1.2.5: this date says that there is no good one.
                Standing::Valid if validity.not_after == Time::MAX => "never expires".to_owned(),
                Standing::Valid => format!("expires in {}", span(seconds_left)),
                Standing::Expired => format!("expired {} ago", span(seconds_left)),
                Standing::NotYetValid => {
                    let until = validity.not_before.seconds_since(now.time());
                    format!("not valid before {} (in {})", validity.not_before, span(until))
                }
            },
        }
    }

    /// Whether it holds and its end is near: under 30 days and under a third of its life are left.
    #[must_use]
    pub fn ends_soon(&self) -> bool {
        self.standing == Standing::Valid && self.seconds_left < 30 * DAY && self.percent_left < 33
    }
}

/// A length of time, rounded, in its largest unit that still says enough: `23 days`, `9 years`,
/// `1 second`. The sign does not matter.
#[must_use]
pub fn span(seconds: i64) -> String {
    let seconds = seconds.saturating_abs();
    let of = |unit: i64| seconds / unit + i64::from(seconds % unit >= unit / 2);
    // A second less than two years is two years, not 730 days.
    let (number, unit) = match seconds {
        s if s >= 2 * YEAR - DAY / 2 => (of(YEAR), "year"),
        s if s >= 2 * DAY - HOUR / 2 => (of(DAY), "day"),
        s if s >= 2 * HOUR - MINUTE / 2 => (of(HOUR), "hour"),
        s if s >= 2 * MINUTE => (of(MINUTE), "minute"),
        s => (s, "second"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_said_as_a_person_would() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-04-10T23:59:59Z".parse().unwrap(),
        };
        for (now, words, percent, soon) in [
            ("2025-12-30T00:00:00Z", "not valid before 2026-01-01T00:00:00Z (in 2 days)", 100, false),
            ("2026-01-01T00:00:00Z", "expires in 100 days", 99, false),
            ("2026-03-19T00:00:00Z", "expires in 23 days", 22, true),
            ("2026-04-09T23:59:59Z", "expires in 24 hours", 1, true),
            ("2026-04-10T23:59:58Z", "expires in 1 second", 0, true),
            ("2026-04-11T00:00:00Z", "expired 1 second ago", 0, false),
            ("2026-04-14T12:00:00Z", "expired 4 days ago", 0, false),
            ("2029-04-14T12:00:00Z", "expired 3 years ago", 0, false),
        ] {
            let report = ValidityReport::of(validity, Now::at(now.parse().unwrap()));
            assert_eq!(
                (report.words.as_str(), report.percent_left, report.ends_soon()),
                (words, percent, soon),
                "{now}"
            );
        }
        assert_eq!(span(i64::MIN), span(i64::MAX));
    }
}
