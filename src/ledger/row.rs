//! A row of the ledger as words.

use rusqlite::types::Type;
use rusqlite::{CachedStatement, Row};
use serde::Serialize;

use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::oid;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

/// The ledger's own number of a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub(super) i64);

/// Where a certificate stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Reserved; perhaps being signed now.
    Pending,
    /// Signed.
    Issued,
    /// Reserved and never signed.
    Abandoned,
    /// Signed and taken back.
    Revoked,
}

/// A name by which a certificate is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct KnownName {
    /// `cn`, or the kind of a subject alternative name: `dns`, `ip`, `uri`, `email`.
    pub kind: String,
    /// The name itself.
    pub value: String,
}

/// That a certificate was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// When.
    pub revoked_at: Time,
    /// Why.
    pub reason: RevocationReason,
    /// Since when the key may have been bad, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid_since: Option<Time>,
}

/// What the ledger knows of a certificate, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The row.
    pub id: RowId,
    /// Who issues it.
    pub issuer: IssuerNumber,
    /// Its number.
    pub serial: Serial,
    /// Where it stands.
    pub state: State,
    /// Its subject as text; none where it is known only from a CRL, like the next fields.
    pub subject: Option<String>,
    /// By which profile it was issued.
    pub profile: Option<String>,
    /// Who asked for it.
    pub requester: Option<String>,
    /// Where it was imported from; none where it was issued here.
    pub origin: Option<String>,
    /// When it was reserved, or taken in from a CRL.
    pub reserved_at: Time,
    /// From when to when it holds.
    pub validity: Option<Validity>,
    /// Its last second; known also of some whose beginning is not, as their certificate is lost.
    pub not_after: Option<Time>,
    /// Digest of its public key.
    pub public_key: Option<Fingerprint>,
    /// Digest of the certificate, once signed.
    pub fingerprint: Option<Fingerprint>,
    /// The row that it takes the place of.
    pub replaces: Option<RowId>,
    /// That it was revoked.
    pub revocation: Option<Revocation>,
    /// Its names, sorted.
    pub names: Vec<KnownName>,
}

impl KnownName {
    /// By which names a certificate is found: the subject's common names and the alternative names.
    #[must_use]
    pub fn all_of(certificate: &Certificate) -> Vec<Self> {
        let common = certificate.subject().attributes().filter(|attribute| attribute.kind == oid::COMMON_NAME);
        let common = common.filter_map(|attribute| attribute.value.text());
        let common = common.map(|text| Self { kind: "cn".to_owned(), value: text.to_owned() });
        let alternative = certificate.extensions().subject_alt_names().iter();
        let alternative = alternative.map(|name| Self { kind: name.kind().to_owned(), value: name.value() });
        common.chain(alternative).collect()
    }
}

impl RowId {
    /// The number, for messages and joins of other tools.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl State {
    /// `issued`, as the ledger has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Issued => "issued",
            Self::Abandoned => "abandoned",
            Self::Revoked => "revoked",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Issued, Self::Abandoned, Self::Revoked].into_iter().find(|state| state.word() == word)
    }
}

/// The columns that [`entry`] reads, in its order, of `certificates c`.
pub(super) const COLUMNS: &str = "c.id, c.issuer_id, c.serial, c.state, c.subject, c.profile, c.requester, \
     c.reserved_at, c.not_before, c.not_after, c.spki_sha256, c.cert_sha256, c.replaces, c.revoked_at, c.reason, \
     c.invalidity, c.origin";

/// The statement by which [`entry`] finds a row's names.
pub(super) const NAMES: &str = "SELECT kind, value FROM names WHERE certificate_id = ?1 ORDER BY kind, value";

pub(super) fn entry(row: &Row<'_>, names: &mut CachedStatement<'_>) -> rusqlite::Result<Entry> {
    let id: i64 = row.get(0)?;
    let validity = match (time(row, 8)?, time(row, 9)?) {
        (Some(not_before), Some(not_after)) => Some(Validity { not_before, not_after }),
        _ => None,
    };
    let revocation = match time(row, 13)? {
        Some(revoked_at) => {
            let code: Option<u8> = row.get(14)?;
            let reason = RevocationReason::from_code(code.unwrap_or(0)).unwrap_or(RevocationReason::Unspecified);
            Some(Revocation { revoked_at, reason, invalid_since: time(row, 15)? })
        }
        None => None,
    };
    let names = names
        .query_map([id], |row| Ok(KnownName { kind: row.get(0)?, value: row.get(1)? }))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Entry {
        id: RowId(id),
        issuer: issuer(row, 1)?,
        serial: Serial::from_octets(row.get_ref(2)?.as_blob()?),
        state: State::from_word(row.get_ref(3)?.as_str()?).ok_or_else(|| unreadable(3, Type::Text))?,
        subject: row.get(4)?,
        profile: row.get(5)?,
        requester: row.get(6)?,
        origin: row.get(16)?,
        reserved_at: time(row, 7)?.ok_or_else(|| unreadable(7, Type::Integer))?,
        validity,
        not_after: time(row, 9)?,
        public_key: digest(row, 10)?,
        fingerprint: digest(row, 11)?,
        replaces: row.get::<_, Option<i64>>(12)?.map(RowId),
        revocation,
        names,
    })
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Time>> {
    let seconds: Option<i64> = row.get(column)?;
    seconds.map(|seconds| Time::from_unix(seconds).ok_or_else(|| unreadable(column, Type::Integer))).transpose()
}

pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Fingerprint>> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(Fingerprint::from_octets))
}

pub(super) fn issuer(row: &Row<'_>, column: usize) -> rusqlite::Result<IssuerNumber> {
    IssuerNumber::new(row.get(column)?).ok_or_else(|| unreadable(column, Type::Integer))
}

/// A value that no ledger of ours holds.
pub(super) fn unreadable(column: usize, kind: Type) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, "a value that no ledger holds".into())
}
