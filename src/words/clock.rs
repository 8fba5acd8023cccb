//! Points in time. Certificates know whole seconds in UTC between the years 0 and 9999
//! (RFC 5280 section 4.1.2.5), and so does everything here.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use thiserror::Error;
use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A second in UTC, between 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
///
/// ```
/// use mtls_ca::Time;
/// let time: Time = "2027-01-31T00:00:00Z".parse().unwrap();
/// assert_eq!(time.to_string(), "2027-01-31T00:00:00Z");
/// assert_eq!(time.unix(), 1_801_353_600);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// Text that is not a point in time as RFC 3339 section 5.6 writes it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a time such as `2027-01-31T00:00:00Z`")]
pub struct NotATime(pub String);

impl Time {
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200);
    /// 9999-12-31T23:59:59Z, which RFC 5280 section 4.1.2.5 gives to certificates without a
    /// well-defined end.
    pub const MAX: Self = Self(253_402_300_799);

    /// The point so many seconds after 1970-01-01T00:00:00Z, where it lies within the range.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Option<Self> {
        if seconds < Self::MIN.0 || seconds > Self::MAX.0 { None } else { Some(Self(seconds)) }
    }

    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The point so many seconds later (earlier, where negative), held at the ends of the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        let moved = self.0.saturating_add(seconds);
        match Self::from_unix(moved) {
            Some(time) => time,
            None if moved < 0 => Self::MIN,
            None => Self::MAX,
        }
    }

    /// Seconds from `earlier` to `self`; negative where `earlier` is the later one.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The same point as the `time` crate has it, always in UTC.
    #[must_use]
    pub fn calendar(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        f.write_str(&self.calendar().format(format).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Time {
    type Err = NotATime;

    /// Reads RFC 3339 with seconds and any offset, or a bare date, which means its midnight in UTC.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let refuse = || NotATime(text.to_owned());
        let whole = if text.len() == "2027-01-31".len() && text.is_ascii() {
            format!("{text}T00:00:00Z")
        } else {
            text.to_owned()
        };
        let parsed = OffsetDateTime::parse(&whole, &Rfc3339).map_err(|_| refuse())?;
        Self::from_unix(parsed.to_offset(UtcOffset::UTC).unix_timestamp()).ok_or_else(refuse)
    }
}

/// The moment a verb acts at. Handed in by the caller, so that a verb has one `now` and a test
/// can choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(Time);

impl Now {
    /// What the system's clock says.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn from_system() -> Self {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
        };
        Self(Time(0).plus_seconds(seconds))
    }

    /// A chosen moment.
    #[must_use]
    pub const fn at(time: Time) -> Self {
        Self(time)
    }

    /// The moment as a point in time.
    #[must_use]
    pub const fn time(self) -> Time {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        // Right-hand side: `date -u -d TEXT +%s`.
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-22T15:54:00Z", 1_795_362_840),
            ("2026-11-22T16:54:00+01:00", 1_795_362_840),
            ("2050-01-01T00:00:00Z", 2_524_608_000),
            ("2027-01-31", 1_801_353_600),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(text.parse::<Time>().unwrap().unix(), unix, "{text}");
        }
        for text in ["", "tomorrow", "2027-13-01T00:00:00Z", "2027-02-30", "2027-01-31T00:00:00", "２０２７-01-31"]
        {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_stays_within_the_range_that_certificates_know() {
        assert_eq!(Time::MAX.plus_seconds(1), Time::MAX);
        assert_eq!(Time::MIN.plus_seconds(-1), Time::MIN);
        assert_eq!(Time::MIN.plus_seconds(i64::MAX), Time::MAX);
        assert_eq!(Time::MAX.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Time::MIN.to_string(), "0000-01-01T00:00:00Z");
    }
}
