//! Lengths of time as an operator writes them: `90d`, `24h`, `10y`, and the thresholds that
//! `--expiring` takes.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::validity::Validity;
use crate::words::clock::{Now, Time};

/// A length of time of one second up to ten thousand years. A year is 365 days.
///
/// ```
/// use mtls_ca::Lifetime;
/// let lifetime: Lifetime = "90d".parse().unwrap();
/// assert_eq!(lifetime.seconds(), 90 * 86_400);
/// assert_eq!(lifetime.to_string(), "90d");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(i64);

/// Text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a length of time such as `90d`, `12h` or `10y` (units: s, m, h, d, w, y)")]
pub struct NotALifetime(pub String);

const UNITS: &[(char, i64)] = &[('y', 31_536_000), ('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const LONGEST: i64 = 10_000 * 31_536_000;

impl Lifetime {
    /// So many seconds, where there is at least one and at most ten thousand years of them.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        if seconds < 1 || seconds > LONGEST { None } else { Some(Self(seconds)) }
    }

    /// So many days; held within the range.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        let seconds = days as i64 * 86_400;
        Self(if seconds < 1 {
            1
        } else if seconds > LONGEST {
            LONGEST
        } else {
            seconds
        })
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Lifetime {
    type Err = NotALifetime;

    /// Reads one or more numbers with units, largest unit first: `90d`, `1h30m`.
    fn from_str(text: &str) -> Result<Self, NotALifetime> {
        let refuse = || NotALifetime(text.chars().take(40).collect());
        let mut rest = text.trim();
        let mut total: i64 = 0;
        let mut previous = i64::MAX;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let unit = tail.chars().next().ok_or_else(refuse)?;
            let (_, seconds) = UNITS.iter().find(|(letter, _)| *letter == unit).ok_or_else(refuse)?;
            if *seconds >= previous {
                return Err(refuse());
            }
            previous = *seconds;
            let number: i64 = number.parse().map_err(|_| refuse())?;
            total = number.checked_mul(*seconds).and_then(|part| total.checked_add(part)).ok_or_else(refuse)?;
            rest = tail.split_at(unit.len_utf8()).1;
        }
        Self::from_seconds(total).ok_or_else(refuse)
    }
}

impl fmt::Display for Lifetime {
    /// The largest unit that divides it: `90d`, `36h`, `2w` as `14d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = UNITS.iter().filter(|(letter, _)| *letter != 'w');
        for (letter, seconds) in plain {
            if self.0 % seconds == 0 {
                return write!(f, "{}{letter}", self.0 / seconds);
            }
        }
        write!(f, "{}s", self.0)
    }
}

impl fmt::Debug for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Lifetime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How long a certificate is wished to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifetimeWish {
    /// From now, for so long.
    For(Lifetime),
    /// Up to this second.
    Until(Time),
    /// As long as the certificate before it, or as long as is allowed today where that is less.
    AsBefore(Lifetime),
}

/// When a certificate counts as expiring: `30d` before its end, or with `33%` of its lifetime left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// So long before its end.
    Remaining(Lifetime),
    /// With so many percent of its lifetime remaining, 1 to 99.
    Percent(u8),
}

/// Text that is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is neither a length of time such as `30d` nor a share of the lifetime from `1%` to `99%`")]
pub struct NotAThreshold(pub String);

impl Threshold {
    /// The moment from which a certificate with this validity counts as expiring.
    #[must_use]
    pub fn due(self, validity: Validity) -> Time {
        let before_end = match self {
            Self::Remaining(lifetime) => lifetime.seconds(),
            Self::Percent(percent) => {
                let share = i128::from(validity.seconds().max(0)) * i128::from(percent) / 100;
                i64::try_from(share).unwrap_or(i64::MAX)
            }
        };
        validity.not_after.plus_seconds(before_end.saturating_neg())
    }

    /// Whether that moment has come.
    #[must_use]
    pub fn is_due(self, validity: Validity, now: Now) -> bool {
        now.time() >= self.due(validity)
    }
}

impl FromStr for Threshold {
    type Err = NotAThreshold;

    fn from_str(text: &str) -> Result<Self, NotAThreshold> {
        let refuse = || NotAThreshold(text.chars().take(40).collect());
        match text.trim().strip_suffix('%') {
            Some(number) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => match number.parse() {
                Ok(percent @ 1..=99) => Ok(Self::Percent(percent)),
                _ => Err(refuse()),
            },
            Some(_) => Err(refuse()),
            None => text.parse().map(Self::Remaining).map_err(|_| refuse()),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remaining(lifetime) => lifetime.fmt(f),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_combinations() {
        for (text, seconds, shown) in [
            ("1s", 1, "1s"),
            ("90d", 7_776_000, "90d"),
            ("12h", 43_200, "12h"),
            ("1h30m", 5_400, "90m"),
            ("2w", 1_209_600, "14d"),
            ("10y", 315_360_000, "10y"),
        ] {
            let lifetime: Lifetime = text.parse().unwrap();
            assert_eq!(lifetime.seconds(), seconds, "{text}");
            assert_eq!(lifetime.to_string(), shown, "{text}");
        }
        for bad in
            ["", "0d", "90", "d", "90x", "-1d", "1.5d", "1d1d", "1m1h", "10001y", "99999999999999999999d", "٣d", "1 d"]
        {
            assert!(bad.parse::<Lifetime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_percentage_is_of_the_lifetime() {
        let at = |unix| Time::from_unix(unix).unwrap();
        let validity = Validity { not_before: at(0), not_after: at(299) };
        let third: Threshold = "33%".parse().unwrap();
        assert_eq!(third.due(validity), at(200));
        assert!(!third.is_due(validity, Now::at(at(199))));
        assert!(third.is_due(validity, Now::at(at(200))));
        let minute: Threshold = "1m".parse().unwrap();
        assert_eq!(minute.due(validity), at(239));
        for bad in ["0%", "100%", "%", "-3%", "3.5%", "+5%"] {
            assert!(bad.parse::<Threshold>().is_err(), "{bad}");
        }
    }
}
