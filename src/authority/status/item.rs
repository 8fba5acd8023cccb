//! One thing with a life: a certificate, a CRL, a watcher. What it is, how much of its life is used,
//! how much attention it asks for, and what to type.

use serde::Serialize;

use crate::examine::inspect::validity::{ValidityReport, span};
use crate::store::layout::IssuerNumber;
use crate::words::clock::{Now, Time};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::general_name::escaped;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::{Standing, Validity};

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A root of this authority, or above it.
    Root,
    /// A CA certificate of this authority below a root, or one between the two.
    Intermediate,
    /// A CA certificate that this authority issued to another.
    IssuedCa,
    /// A private key of this authority.
    Key,
    /// A CRL of this authority.
    Crl,
    /// The CRL of a CA above, which lives elsewhere.
    CrlAbove,
    /// The certificate that OCSP responses are signed with.
    Responder,
    /// The process that keeps certificates fresh.
    Watcher,
    /// Numbers that were reserved and not used.
    Reservations,
    /// The clock of this machine, where it is behind the ledger.
    Clock,
    /// A certificate of a service or a person.
    Leaf,
}

/// How much attention an item asks for; from [`Level::Due`] on the answer of `status` is no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// None.
    Fine,
    /// Good to know.
    Notice,
    /// Its end is inside the window.
    Due,
    /// Something is broken, or peers refuse already.
    Red,
}

/// One thing with a life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// What people call it, with everything escaped that a terminal would obey.
    pub name: String,
    /// How much attention it asks for.
    pub level: Level,
    /// Where it stands, in a few words.
    pub says: String,
    /// What to type, or to do, where it asks for attention.
    pub next: Option<String>,
    /// From when to when it holds.
    #[serde(flatten)]
    pub life: Option<Validity>,
    /// Which CA certificate of this authority it is, or was made by.
    pub issuer: Option<IssuerNumber>,
    /// Its number: of a certificate or a CRL.
    pub serial: Option<Serial>,
    /// By which profile it was issued.
    pub profile: Option<String>,
    /// SHA-256 of it.
    pub sha256: Option<Fingerprint>,
    /// How many older live certificates it takes the place of, or how many things it stands for.
    pub count: Option<u32>,
}

impl Kind {
    /// Every kind, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Root,
        Self::Intermediate,
        Self::IssuedCa,
        Self::Key,
        Self::Crl,
        Self::CrlAbove,
        Self::Responder,
        Self::Watcher,
        Self::Reservations,
        Self::Clock,
        Self::Leaf,
    ];

    /// The word for programs, as JSON has it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Intermediate => "intermediate",
            Self::IssuedCa => "issued_ca",
            Self::Key => "key",
            Self::Crl => "crl",
            Self::CrlAbove => "crl_above",
            Self::Responder => "responder",
            Self::Watcher => "watcher",
            Self::Reservations => "reservations",
            Self::Clock => "clock",
            Self::Leaf => "leaf",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Intermediate => "intermediate",
            Self::IssuedCa => "CA below",
            Self::Key => "CA key",
            Self::Crl => "CRL",
            Self::CrlAbove => "CRL of a CA above",
            Self::Responder => "OCSP responder",
            Self::Watcher => "renew watcher",
            Self::Reservations => "reservations",
            Self::Clock => "clock",
            Self::Leaf => "certificate",
        }
    }
}

impl Level {
    /// Every level, the mildest first.
    pub const ALL: [Self; 4] = [Self::Fine, Self::Notice, Self::Due, Self::Red];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Notice => "notice",
            Self::Due => "due",
            Self::Red => "red",
        }
    }
}

impl Item {
    /// An item that asks for nothing.
    #[must_use]
    pub fn new(kind: Kind, name: impl AsRef<str>, says: impl Into<String>) -> Self {
        Self {
            kind,
            name: escaped(name.as_ref()),
            level: Level::Fine,
            says: says.into(),
            next: None,
            life: None,
            issuer: None,
            serial: None,
            profile: None,
            sha256: None,
            count: None,
        }
    }

    /// An item with a life, judged by its end.
    pub(super) fn living(kind: Kind, name: impl AsRef<str>, life: Validity, window: Threshold, now: Now) -> Self {
        let level = match life.standing(now) {
            Standing::Expired => Level::Red,
            Standing::Valid if window.is_due(life, now) => Level::Due,
            Standing::Valid | Standing::NotYetValid => Level::Fine,
        };
        Self { level, life: Some(life), ..Self::new(kind, name, ValidityReport::of(life, now).words) }
    }

    /// With something to type, where it asks for attention.
    pub(super) fn or_type(mut self, next: impl Into<String>) -> Self {
        if self.level > Level::Fine {
            self.next = Some(next.into());
        }
        self
    }

    /// Raised to at least this level, with words of its own.
    pub(super) fn raised(mut self, level: Level, says: impl Into<String>) -> Self {
        if level > self.level {
            (self.level, self.says) = (level, says.into());
        }
        self
    }

    /// Where it ends.
    #[must_use]
    pub fn end(&self) -> Option<Time> {
        self.life.map(|life| life.not_after)
    }

    /// The share of its life that is used, in percent from 0 to 100.
    #[must_use]
    pub fn percent_used(&self, now: Now) -> Option<u8> {
        let life = self.life?;
        let (whole, used) = (i128::from(life.seconds()), i128::from(now.time().seconds_since(life.not_before)));
        Some(if whole <= 0 { 100 } else { u8::try_from((used * 100 / whole).clamp(0, 100)).unwrap_or(100) })
    }
}

/// `1 certificate`, `3 certificates`.
pub(super) fn count_of(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `3 days ago`.
pub(super) fn ago(time: Time, now: Now) -> String {
    format!("{} ago", span(now.time().seconds_since(time)))
}
