//! The CA certificates of this authority.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::row::{issuer as number, time, unreadable};
use super::{Ledger, LedgerError, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// What is known of the certificates that an issuer made before it had this ledger. Without that
/// knowledge no CRL may be built, for it would take back every revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// There are none: the issuer was made together with the ledger.
    Whole,
    /// Nothing: an adopted CA.
    Unknown,
    /// Its revocations were taken in.
    Supplied,
    /// The operator said that none matter.
    Waived,
}

/// Whether an issuer signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerState {
    /// Made, and not yet the one that signs.
    Prepared,
    /// The one that signs.
    Active,
    /// Signed once. Its root is still trusted, and its CRLs and OCSP responses are still made.
    Superseded,
    /// Not trusted any more. Its CRLs are still made until its last certificate has ended.
    Retired,
}

/// A CA certificate that is to be the active issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIssuer<'a> {
    /// Its subject as text (RFC 4514).
    pub subject: &'a str,
    /// Digest of its public key.
    pub public_key: Fingerprint,
    /// The certificate, in DER.
    pub certificate: &'a [u8],
    /// What is known of its past.
    pub history: History,
    /// The number of its last CRL, where it had one.
    pub last_crl_number: Option<Serial>,
}

/// A CA certificate of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its number, which is its folder's.
    pub number: IssuerNumber,
    /// Whether it signs.
    pub state: IssuerState,
    /// Since when it is in this state.
    pub since: Time,
    /// Its subject as text (RFC 4514).
    pub subject: String,
    /// Digest of its public key.
    pub public_key: Fingerprint,
    /// What is known of its past.
    pub history: History,
    /// The number of the last CRL from before this ledger.
    pub last_crl_number: Option<Serial>,
    /// The certificate, in DER.
    pub certificate: Vec<u8>,
    /// The same subject and key, certified by the issuer before it: what leads those who trust only
    /// the old root to the new one. In DER.
    pub cross: Option<Vec<u8>>,
}

const COLUMNS: &str = "id, state, subject, spki_sha256, history, last_crl_number, cert, changed_at, cross_cert";

impl Ledger {
    /// Takes in a CA certificate as the active issuer; one that was active before is superseded.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn add_issuer(&mut self, new: &NewIssuer<'_>, act: &Act) -> Result<IssuerNumber, LedgerError> {
        let NewIssuer { subject, public_key, certificate, history, last_crl_number } = new;
        self.write("write to", |transaction| {
            let now = act.now.time().unix();
            transaction.execute(
                "UPDATE issuers SET state = 'superseded', changed_at = ?1 WHERE state = 'active'",
                [now],
            )?;
            let id: u32 = transaction.query_row(
                "INSERT INTO issuers(id, state, changed_at, subject, spki_sha256, history, last_crl_number, cert)
                 VALUES ((SELECT coalesce(max(id), 0) + 1 FROM issuers), 'active', ?6, ?1, ?2, ?3, ?4, ?5) RETURNING id",
                (
                    subject,
                    public_key.octets(),
                    history.word(),
                    last_crl_number.as_ref().map(Serial::octets),
                    certificate,
                    now,
                ),
                |row| row.get(0),
            )?;
            let number = IssuerNumber::new(id).ok_or_else(|| unreadable(0, Type::Integer))?;
            let object = Object::Issuer {
                fingerprint: Fingerprint::of(certificate),
                issuer: number.to_string(),
                subject: (*subject).to_owned(),
            };
            audit::append(transaction, Event::new(act, Action::AddIssuer, object, Outcome::Done))?;
            Ok(number)
        })
    }

    /// All issuers, the first one first.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn issuers(&self) -> Result<Vec<Issuer>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare(&format!("SELECT {COLUMNS} FROM issuers ORDER BY id"))?;
            statement.query_map([], issuer)?.collect::<rusqlite::Result<_>>()
        };
        read().map_err(self.failed("read"))
    }

    /// The issuer that signs, where there is one.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn active_issuer(&self) -> Result<Option<Issuer>, LedgerError> {
        active(&self.connection).map_err(self.failed("read"))
    }
}

fn active(connection: &Connection) -> rusqlite::Result<Option<Issuer>> {
    let sql = format!("SELECT {COLUMNS} FROM issuers WHERE state = 'active'");
    connection.prepare_cached(&sql)?.query_row([], issuer).optional()
}

fn issuer(row: &Row<'_>) -> rusqlite::Result<Issuer> {
    let state = match row.get_ref(1)?.as_str()? {
        "prepared" => IssuerState::Prepared,
        "active" => IssuerState::Active,
        "superseded" => IssuerState::Superseded,
        "retired" => IssuerState::Retired,
        _ => return Err(unreadable(1, Type::Text)),
    };
    Ok(Issuer {
        number: number(row, 0)?,
        state,
        subject: row.get(2)?,
        public_key: Fingerprint::from_octets(row.get(3)?),
        history: History::from_word(row.get_ref(4)?.as_str()?).ok_or_else(|| unreadable(4, Type::Text))?,
        last_crl_number: row.get::<_, Option<Vec<u8>>>(5)?.map(|octets| Serial::from_octets(&octets)),
        certificate: row.get(6)?,
        since: time(row, 7)?.ok_or_else(|| unreadable(7, Type::Integer))?,
        cross: row.get(8)?,
    })
}

impl IssuerState {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Active => "active",
            Self::Superseded => "superseded",
            Self::Retired => "retired",
        }
    }
}

impl History {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Unknown => "unknown",
            Self::Supplied => "supplied",
            Self::Waived => "waived",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Whole, Self::Unknown, Self::Supplied, Self::Waived].into_iter().find(|history| history.word() == word)
    }
}
