//! Which events of the log somebody wants to see.

use std::str::FromStr;

use thiserror::Error;

use super::record::Record;
use crate::words::clock::{Now, Time};
use crate::words::x509::lifetime::Lifetime;

/// From where on: `7d` ago, event `120`, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(Lifetime),
    /// This event.
    Event(u64),
    /// This moment.
    Moment(Time),
}

/// Text that is none of these.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is neither a length of time (`7d`), nor the number of an event (`120`), nor a time (`2027-01-31T00:00:00Z`)"
)]
pub struct NotASince(pub String);

impl FromStr for Since {
    type Err = NotASince;

    fn from_str(text: &str) -> Result<Self, NotASince> {
        if let Ok(seq) = text.parse() {
            return Ok(Self::Event(seq));
        }
        let lifetime = || text.parse().ok().map(Self::Ago);
        let moment = || text.parse().ok().map(Self::Moment);
        lifetime().or_else(moment).ok_or_else(|| NotASince(text.chars().take(80).collect()))
    }
}

impl Since {
    /// The first event that may belong to it, for those who can begin there.
    #[must_use]
    pub const fn first(self) -> u64 {
        match self {
            Self::Event(seq) => seq,
            Self::Ago(_) | Self::Moment(_) => 0,
        }
    }

    /// The moment that it means; none for an event.
    #[must_use]
    pub const fn moment(self, now: Now) -> Option<Time> {
        match self {
            Self::Event(_) => None,
            Self::Ago(lifetime) => Some(now.time().plus_seconds(-lifetime.seconds())),
            Self::Moment(time) => Some(time),
        }
    }

    /// Whether an event belongs to it.
    #[must_use]
    pub fn includes(self, record: &Record, now: Now) -> bool {
        record.seq >= self.first() && self.moment(now).is_none_or(|moment| record.time >= moment)
    }
}

/// What is wanted. The default wants everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// From where on.
    pub since: Option<Since>,
    /// By this account, with or without `@host`.
    pub user: Option<String>,
    /// This action: `issue`.
    pub action: Option<String>,
    /// About this serial number, subject or digest.
    pub object: Option<String>,
}

impl Filter {
    /// Whether an event is wanted.
    #[must_use]
    pub fn wants(&self, record: &Record, now: Now) -> bool {
        let Self { since, user, action, object } = self;
        since.is_none_or(|since| since.includes(record, now))
            && user.as_ref().is_none_or(|user| *user == record.user || *user == record.who().0)
            && action.as_ref().is_none_or(|action| *action == record.action)
            && object.as_ref().is_none_or(|object| record.concerns(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_to_say_since_when() {
        let now = Now::at("2027-01-31T00:00:00Z".parse().unwrap());
        for (text, moment, first) in [
            ("7d", Some("2027-01-24T00:00:00Z"), 0),
            ("120", None, 120),
            ("2027-01-01", Some("2027-01-01T00:00:00Z"), 0),
            ("2027-01-01T00:00:00+01:00", Some("2026-12-31T23:00:00Z"), 0),
        ] {
            let since: Since = text.parse().unwrap();
            assert_eq!((since.moment(now), since.first()), (moment.map(|text| text.parse().unwrap()), first), "{text}");
        }
        for text in ["", "yesterday", "-1"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
