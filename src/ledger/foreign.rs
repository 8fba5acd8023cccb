//! CRLs of the CAs above, which live elsewhere: peers want them beside our own.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

use super::row::{time, unreadable};
use super::{Ledger, LedgerError, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::words::clock::Time;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// The newest CRL that is known of a CA above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignCrl {
    /// Digest of the public key of the CA that signed it.
    pub public_key: Fingerprint,
    /// The CA's subject as text (RFC 4514).
    pub subject: String,
    /// Its number, where it has one.
    pub number: Option<CrlNumber>,
    /// From when on it counts.
    pub this_update: Time,
    /// By when the next one is out.
    pub next_update: Time,
    /// The list, in DER.
    pub der: Vec<u8>,
}

impl Ledger {
    /// Takes in the CRL of a CA above, in the place of an older one.
    ///
    /// # Errors
    /// [`LedgerError::OlderCrl`] where a newer one is known.
    pub fn take_foreign_crl(&mut self, crl: &ForeignCrl, entries: u64, act: &Act) -> Result<(), LedgerError> {
        let ForeignCrl { public_key, subject, number, this_update, next_update, der } = crl;
        self.write("write to", |transaction| {
            if let Some(known) = find(transaction, public_key)? {
                let is_older = *this_update < known.this_update || number.is_some() && *number < known.number;
                if is_older {
                    let known = known.number.map_or_else(
                        || format!("of {}", known.this_update),
                        |number| format!("number {number} of {}", known.this_update),
                    );
                    return Err(LedgerError::OlderCrl { subject: subject.clone(), known }.into());
                }
            }
            transaction.execute(
                "INSERT OR REPLACE INTO foreign_crls(spki_sha256, subject, number, this_update, next_update, imported_at, crl)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    public_key.octets(),
                    subject,
                    number.as_ref().map(CrlNumber::octets),
                    this_update.unix(),
                    next_update.unix(),
                    act.now.time().unix(),
                    der,
                ),
            )?;
            let object = Object::Crl {
                entries: Some(entries),
                fingerprint: Some(Fingerprint::of(der)),
                issuer: subject.clone(),
                next_update: *next_update,
                number: number.map_or_else(|| Serial::from_octets(&[0]), CrlNumber::to_serial),
            };
            audit::append(transaction, Event::new(act, Action::ImportCrl, object, Outcome::Done))?;
            Ok(())
        })
    }

    /// The newest CRL that is known of the CA with this key.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn foreign_crl(&self, public_key: &Fingerprint) -> Result<Option<ForeignCrl>, LedgerError> {
        find(&self.connection, public_key).map_err(self.failed("read"))
    }

    /// By when the next CRL of the CA with this key is due, where one is known.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn foreign_crl_dates(&self, public_key: &Fingerprint) -> Result<Option<(Time, Time)>, LedgerError> {
        let read = || {
            self.connection
                .prepare_cached("SELECT this_update, next_update FROM foreign_crls WHERE spki_sha256 = ?1")?
                .query_row([public_key.octets()], |row| Ok((date(row, 0)?, date(row, 1)?)))
                .optional()
        };
        read().map_err(self.failed("read"))
    }
}

fn find(connection: &Connection, public_key: &Fingerprint) -> rusqlite::Result<Option<ForeignCrl>> {
    connection
        .prepare_cached(
            "SELECT subject, number, this_update, next_update, crl FROM foreign_crls WHERE spki_sha256 = ?1",
        )?
        .query_row([public_key.octets()], |row| {
            Ok(ForeignCrl {
                public_key: *public_key,
                subject: row.get(0)?,
                number: row.get::<_, Option<[u8; 20]>>(1)?.map(CrlNumber::from_octets),
                this_update: date(row, 2)?,
                next_update: date(row, 3)?,
                der: row.get(4)?,
            })
        })
        .optional()
}

fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<Time> {
    time(row, column)?.ok_or_else(|| unreadable(column, Type::Integer))
}
