//! The difference between what was asked and what is granted: a row for each part of a request,
//! and for each thing that the profile adds.

use std::borrow::Cow;

use serde::Serialize;

use crate::words::finding::Place;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// What it is about: `public key`, `subject CN`, `san dns`, `extension keyUsage`,
    /// `attribute challengePassword`.
    pub item: Cow<'static, str>,
    /// Who asked for it.
    pub origin: Origin,
    /// What was asked for; nothing where the profile adds it unasked. Escaped for terminals.
    pub asked: Option<String>,
    /// What is granted; nothing where it is dropped or refused. Escaped for terminals.
    pub granted: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub because: Cow<'static, str>,
    /// Where the rule is written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Who asked for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The request.
    Request,
    /// The operator's order.
    Order,
    /// Nobody: the profile or the standard wants it.
    Profile,
}

/// What became of something that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It stands in the certificate as it was asked for.
    Granted,
    /// Something else of its kind stands there.
    Changed,
    /// It is left out.
    Dropped,
    /// It is why there is no certificate.
    Refused,
    /// It stands there unasked.
    Added,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Granted => "granted",
            Self::Changed => "changed",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
            Self::Added => "added",
        })
    }
}

impl Grant {
    fn new(
        item: impl Into<Cow<'static, str>>,
        origin: Origin,
        verdict: Verdict,
        because: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { item: item.into(), origin, asked: None, granted: None, verdict, because: because.into(), place: None }
    }

    /// As it was asked for.
    pub(super) fn granted(
        item: impl Into<Cow<'static, str>>,
        origin: Origin,
        value: &str,
        because: impl Into<Cow<'static, str>>,
    ) -> Self {
        let row = Self::new(item, origin, Verdict::Granted, because);
        Self { asked: Some(value.to_owned()), granted: Some(value.to_owned()), ..row }
    }

    /// Otherwise than it was asked for.
    pub(super) fn changed(
        item: impl Into<Cow<'static, str>>,
        origin: Origin,
        asked: &str,
        granted: &str,
        because: impl Into<Cow<'static, str>>,
    ) -> Self {
        let row = Self::new(item, origin, Verdict::Changed, because);
        Self { asked: Some(asked.to_owned()), granted: Some(granted.to_owned()), ..row }
    }

    /// Left out.
    pub(super) fn dropped(
        item: impl Into<Cow<'static, str>>,
        origin: Origin,
        asked: &str,
        because: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { asked: Some(asked.to_owned()), ..Self::new(item, origin, Verdict::Dropped, because) }
    }

    /// Why there is no certificate.
    pub(super) fn refused(
        item: impl Into<Cow<'static, str>>,
        origin: Origin,
        asked: &str,
        because: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { asked: Some(asked.to_owned()), ..Self::new(item, origin, Verdict::Refused, because) }
    }

    /// Unasked.
    pub(super) fn added(
        item: impl Into<Cow<'static, str>>,
        granted: &str,
        because: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { granted: Some(granted.to_owned()), ..Self::new(item, Origin::Profile, Verdict::Added, because) }
    }

    /// Adds where the rule stands.
    pub(super) fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }
}
