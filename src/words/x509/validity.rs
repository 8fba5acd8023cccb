//! From when to when a certificate holds (RFC 5280 section 4.1.2.5); both ends are included.

use serde::Serialize;

use crate::words::clock::{Now, Time};

/// The two ends of a certificate's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Validity {
    /// The first second at which it holds.
    pub not_before: Time,
    /// The last second at which it holds.
    pub not_after: Time,
}

/// Where a moment stands to a validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Before its first second.
    NotYetValid,
    /// Within.
    Valid,
    /// After its last second.
    Expired,
}

impl Validity {
    /// Seconds from the first to the last, both counted, as RFC 5280 section 4.1.2.5 counts them.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.not_after.seconds_since(self.not_before).saturating_add(1)
    }

    /// Seconds until the end; negative once it has passed.
    #[must_use]
    pub const fn seconds_left(self, now: Now) -> i64 {
        self.not_after.seconds_since(now.time())
    }

    /// Where `now` stands.
    #[must_use]
    pub fn standing(self, now: Now) -> Standing {
        if now.time() < self.not_before {
            Standing::NotYetValid
        } else if now.time() > self.not_after {
            Standing::Expired
        } else {
            Standing::Valid
        }
    }

    /// The share of its life that is left, in percent from 0 to 100.
    #[must_use]
    pub fn percent_left(self, now: Now) -> u8 {
        let whole = self.seconds();
        let left = self.seconds_left(now).clamp(0, whole.max(0));
        if whole <= 0 { 0 } else { u8::try_from(i128::from(left) * 100 / i128::from(whole)).unwrap_or(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_validity() {
        let at = |unix| Time::from_unix(unix).unwrap();
        let validity = Validity { not_before: at(100), not_after: at(199) };
        assert_eq!(validity.seconds(), 100);
        for (unix, standing, percent) in [
            (99, Standing::NotYetValid, 100),
            (100, Standing::Valid, 99),
            (149, Standing::Valid, 50),
            (199, Standing::Valid, 0),
            (200, Standing::Expired, 0),
        ] {
            assert_eq!(validity.standing(Now::at(at(unix))), standing, "{unix}");
            assert_eq!(validity.percent_left(Now::at(at(unix))), percent, "{unix}");
        }
    }
}
