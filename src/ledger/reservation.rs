//! From a number that is taken to a certificate that is known: reserve, then complete or abandon.

use rusqlite::{Connection, OptionalExtension};

use super::row::{KnownName, RowId, State};
use super::{Failure, Ledger, LedgerError, NotRenewable, Writing, audit};
use crate::audit::event::{Act, Action, Digests, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

/// Everything that is written down before a key is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation<'a> {
    /// Who will sign.
    pub issuer: IssuerNumber,
    /// The number, unused so far by any issuer of this authority.
    pub serial: &'a Serial,
    /// The bytes that will be signed.
    pub to_be_signed: &'a [u8],
    /// The request whose signature proved possession of the key, where there was one.
    pub request: Option<&'a [u8]>,
    /// By which profile.
    pub profile: &'a str,
    /// Who asks: `user@host`.
    pub requester: &'a str,
    /// From when to when it will hold.
    pub validity: Validity,
    /// The subject as text (RFC 4514).
    pub subject: &'a str,
    /// Digest of the public key.
    pub public_key: Fingerprint,
    /// By which names it is to be found: the subject's common names and the SANs.
    pub names: &'a [KnownName],
    /// The certificate that it takes the place of.
    pub replaces: Option<RowId>,
    /// Digest of what was asked, for the audit event and for who asks the same again.
    pub asked: Fingerprint,
    /// Digest of the profile, for the audit event.
    pub rules: Fingerprint,
}

/// A row that waits for its certificate. There is one for each number, and completing or
/// abandoning it uses it up; when it is dropped instead, the row stays pending, as after a crash.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reserved number is to be completed or abandoned"]
pub struct ReservedRow {
    id: RowId,
    issuer: IssuerNumber,
    serial: Serial,
    profile: String,
    subject: String,
}

impl ReservedRow {
    /// The row.
    #[must_use]
    pub const fn id(&self) -> RowId {
        self.id
    }

    /// The number that is reserved.
    #[must_use]
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// One that was reserved by a process that is gone.
    pub(super) const fn again(
        id: RowId,
        issuer: IssuerNumber,
        serial: Serial,
        profile: String,
        subject: String,
    ) -> Self {
        Self { id, issuer, serial, profile, subject }
    }

    /// Who was to sign it.
    #[must_use]
    pub const fn issuer(&self) -> IssuerNumber {
        self.issuer
    }

    fn into_object(self, fingerprint: Option<Fingerprint>) -> Object {
        let Self { id: _, issuer, serial, profile, subject } = self;
        Object::Certificate { fingerprint, issuer: issuer.to_string(), profile, serial, subject }
    }
}

impl Ledger {
    /// Writes the row, its names and the audit intent in one durable transaction.
    ///
    /// # Errors
    /// [`LedgerError::DuplicateSerial`] where any issuer of this authority used the number;
    /// [`LedgerError::NotRenewable`] where what it replaces was revoked meanwhile.
    pub fn reserve(&mut self, reservation: &Reservation<'_>, act: &Act) -> Result<ReservedRow, LedgerError> {
        self.write("write to", |transaction| reserve(transaction, reservation, act))
    }

    /// Stores the signed certificate and that it was issued, durably. Only then may a byte of it
    /// leave the process.
    ///
    /// # Errors
    /// [`LedgerError::NotPending`] where the row is not open any more.
    pub fn complete(&mut self, row: ReservedRow, certificate: &[u8], act: &Act) -> Result<RowId, LedgerError> {
        let fingerprint = Fingerprint::of(certificate);
        self.write("write to", |transaction| complete(transaction, row, certificate, fingerprint, act))
    }

    /// Notes that the number will never be signed, and why.
    ///
    /// # Errors
    /// [`LedgerError::NotPending`] where the row is not open any more.
    pub fn abandon(&mut self, row: ReservedRow, reason: &str, act: &Act) -> Result<(), LedgerError> {
        self.write("write to", |transaction| abandon(transaction, row, reason, act))
    }
}

/// Within the caller's transaction, in which nothing is written where it fails for a reason of ours.
pub(super) fn reserve(
    transaction: &Writing<'_>,
    reservation: &Reservation<'_>,
    act: &Act,
) -> Result<ReservedRow, Failure> {
    let serial = reservation.serial;
    if is_taken(transaction, serial)? {
        return Err(Failure::Ledger(LedgerError::DuplicateSerial(serial.clone())));
    }
    if let Some(former) = reservation.replaces {
        still_issued(transaction, former)?;
    }
    let row = |id| ReservedRow {
        id,
        issuer: reservation.issuer,
        serial: serial.clone(),
        profile: reservation.profile.to_owned(),
        subject: reservation.subject.to_owned(),
    };
    // The audit event goes first, for the row names it.
    let digests = Digests {
        asked: Some(reservation.asked),
        granted: Some(Fingerprint::of(reservation.to_be_signed)),
        profile: Some(reservation.rules),
    };
    let event = Event::new(act, Action::Issue, row(RowId(0)).into_object(None), Outcome::Intended);
    let event = event.with_digests(digests);
    let intent = audit::append(transaction, event)?;
    Ok(row(insert(transaction, reservation, intent, act)?))
}

/// As [`reserve`].
pub(super) fn complete(
    transaction: &Writing<'_>,
    row: ReservedRow,
    certificate: &[u8],
    fingerprint: Fingerprint,
    act: &Act,
) -> Result<RowId, Failure> {
    let changed = transaction
        .prepare_cached(
            "UPDATE certificates SET state = 'issued', cert = ?2, cert_sha256 = ?3
             WHERE id = ?1 AND state = 'pending'",
        )?
        .execute((row.id.0, certificate, fingerprint.octets()))?;
    if changed != 1 {
        return Err(Failure::Ledger(LedgerError::NotPending(row.serial)));
    }
    let id = row.id;
    let object = row.into_object(Some(fingerprint));
    audit::append(transaction, Event::new(act, Action::Issue, object, Outcome::Done))?;
    Ok(id)
}

/// As [`reserve`].
pub(super) fn abandon(transaction: &Writing<'_>, row: ReservedRow, reason: &str, act: &Act) -> Result<(), Failure> {
    let changed = transaction
        .prepare_cached("UPDATE certificates SET state = ?2 WHERE id = ?1 AND state = 'pending'")?
        .execute((row.id.0, State::Abandoned.word()))?;
    if changed != 1 {
        return Err(Failure::Ledger(LedgerError::NotPending(row.serial)));
    }
    let outcome = Outcome::Abandoned { reason: reason.to_owned() };
    audit::append(transaction, Event::new(act, Action::Issue, row.into_object(None), outcome))?;
    Ok(())
}

/// What is replaced may have been revoked since it was looked at.
fn still_issued(transaction: &Connection, former: RowId) -> Result<(), Failure> {
    let found = transaction
        .prepare_cached("SELECT serial FROM certificates WHERE id = ?1 AND state != 'issued'")?
        .query_row([former.0], |row| Ok(Serial::from_octets(row.get_ref(0)?.as_blob()?)))
        .optional()?;
    match found {
        Some(serial) => Err(Failure::Ledger(NotRenewable::NotIssued { serial }.into())),
        None => Ok(()),
    }
}

fn is_taken(transaction: &Connection, serial: &Serial) -> rusqlite::Result<bool> {
    let found = transaction
        .prepare_cached("SELECT 1 FROM certificates WHERE serial = ?1")?
        .query_row([serial.octets()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn insert(transaction: &Connection, reservation: &Reservation<'_>, intent: i64, act: &Act) -> rusqlite::Result<RowId> {
    let Reservation {
        issuer,
        serial,
        to_be_signed,
        request,
        profile,
        requester,
        validity,
        subject,
        public_key,
        names,
        replaces,
        asked,
        rules: _,
    } = reservation;
    transaction
        .prepare_cached(
            "INSERT INTO certificates(issuer_id, serial, state, intent, profile, subject, requester, reserved_at,
                                      not_before, not_after, replaces, spki_sha256, asked_sha256, tbs, csr)
             VALUES (?1, ?2, 'pending', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute((
            issuer.get(),
            serial.octets(),
            intent,
            profile,
            subject,
            requester,
            act.now.time().unix(),
            validity.not_before.unix(),
            validity.not_after.unix(),
            replaces.map(|row| row.0),
            public_key.octets(),
            asked.octets(),
            to_be_signed,
            request,
        ))?;
    let id = transaction.last_insert_rowid();
    // A request may name the same thing twice.
    let mut statement =
        transaction.prepare_cached("INSERT OR IGNORE INTO names(value, kind, certificate_id) VALUES (?1, ?2, ?3)")?;
    for KnownName { kind, value } in *names {
        statement.execute((value, kind, id))?;
    }
    Ok(RowId(id))
}
