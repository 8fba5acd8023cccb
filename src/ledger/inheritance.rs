//! Certificates from before this ledger: those of another tool, or of a ledger that is lost.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension};

use super::issuer::History;
use super::row::{KnownName, Revocation, unreadable};
use super::{Failure, Ledger, LedgerError, audit};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::store::layout::IssuerNumber;
use crate::words::clock::Time;
use crate::words::finding::Finding;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

/// What is known of a certificate that was issued before this ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inherited {
    /// Its number.
    pub serial: Serial,
    /// Its subject as text (RFC 4514).
    pub subject: Option<String>,
    /// By which names it is to be found.
    pub names: Vec<KnownName>,
    /// The profile that it looks like.
    pub profile: Option<String>,
    /// Its last second, where only that is known; else that of `certificate`.
    pub not_after: Option<Time>,
    /// The certificate itself, where it was found.
    pub certificate: Option<Legacy>,
    /// That it was taken back.
    pub revocation: Option<Revocation>,
    /// Where this was read: a file, or a line of one.
    pub origin: String,
}

/// The certificate of an inherited row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Legacy {
    /// In DER.
    pub der: Vec<u8>,
    /// From when to when it holds.
    pub validity: Validity,
    /// Digest of its public key.
    pub public_key: Fingerprint,
}

/// What an inheritance brings beside its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms<'a> {
    /// Where it comes from, for the audit log.
    pub source: &'a str,
    /// The number of the last CRL that was made before, where it is known.
    pub crl_number: Option<CrlNumber>,
    /// Whether everything that was revoked is among the rows, so that CRLs may be built.
    pub knows_revocations: bool,
    /// What is done: an import, or a restoration.
    pub action: Action,
}

/// What became of an inheritance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Rows that were added.
    pub added: usize,
    /// Rows that were there, and are revoked now.
    pub revoked: usize,
    /// Rows that were there, and have their certificate now.
    pub completed: usize,
}

/// What the ledger has under an inherited number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    id: i64,
    revoked: bool,
    has_certificate: bool,
    issued_here: bool,
}

/// What an inherited certificate would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There is no row of this number.
    New,
    /// The row learns that it is revoked.
    Revoked,
    /// The row gets its certificate.
    Completed,
    /// Nothing.
    None,
}

impl Ledger {
    /// What an inherited certificate would change.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn change_by(&self, issuer: IssuerNumber, inherited: &Inherited) -> Result<Change, LedgerError> {
        let known = known(&self.connection, issuer, &inherited.serial).map_err(self.failed("read"))?;
        Ok(change(known, inherited))
    }

    /// Takes in what was issued before, wholly or not at all, and with it what is known of that time.
    /// What is revoked here stays so. Where nothing is new, nothing is written.
    ///
    /// # Errors
    /// [`LedgerError::NoIssuer`] where the issuer is not known.
    pub fn inherit(
        &mut self,
        issuer: IssuerNumber,
        inheritance: &[Inherited],
        terms: &Terms<'_>,
        act: &Act,
    ) -> Result<Merged, LedgerError> {
        self.write("write to", |transaction| {
            let (history, last) = past(transaction, issuer)?;
            let history_after = match history {
                History::Unknown | History::Waived if terms.knows_revocations => History::Supplied,
                unchanged => unchanged,
            };
            // A number only ever rises.
            let last_after = last.max(terms.crl_number);
            let mut changes = Vec::with_capacity(inheritance.len());
            for inherited in inheritance {
                let known = known(transaction, issuer, &inherited.serial)?;
                changes.push((inherited, known, change(known, inherited)));
            }
            changes.retain(|(_, _, change)| *change != Change::None);
            let past_changes = history_after != history || last_after != last;
            if changes.is_empty() && !past_changes {
                return Ok(Merged::default());
            }
            let mut added: Vec<&Serial> = changes
                .iter()
                .filter(|(_, _, change)| *change == Change::New)
                .map(|(inherited, ..)| &inherited.serial)
                .collect();
            added.sort_unstable();
            let object = Object::Inheritance {
                count: added.len(),
                crl_number: terms.crl_number.map(CrlNumber::to_serial),
                issuer: issuer.to_string(),
                serials_sha256: digest_of(added.iter().copied()),
                source: terms.source.to_owned(),
                updated: changes.len().saturating_sub(added.len()),
            };
            let intent = audit::append(transaction, Event::new(act, terms.action, object, Outcome::Done))?;
            transaction.execute(
                "UPDATE issuers SET history = ?2, last_crl_number = ?3 WHERE id = ?1",
                (issuer.get(), history_after.word(), last_after.map(|number| number.to_serial().octets().to_vec())),
            )?;
            let mut merged = Merged::default();
            for (inherited, known, change) in changes {
                match (change, known) {
                    (Change::New, _) => {
                        insert(transaction, issuer, inherited, intent, act)?;
                        merged.added += 1;
                    }
                    (_, Some(known)) => {
                        update(transaction, known, inherited)?;
                        merged.revoked += usize::from(change == Change::Revoked);
                        merged.completed += usize::from(!known.has_certificate && inherited.certificate.is_some());
                    }
                    (_, None) => {}
                }
            }
            Ok(merged)
        })
    }

    /// Whether the events by which rows were taken in name exactly those rows.
    pub(super) fn recorded_inheritances(&self) -> Result<Vec<Finding>, LedgerError> {
        let read = || {
            let mut findings = Vec::new();
            let mut events = self.connection.prepare(
                "SELECT DISTINCT c.intent, a.body FROM certificates c JOIN audit a ON a.seq = c.intent
                 WHERE c.tbs IS NULL",
            )?;
            let mut serials = self
                .connection
                .prepare("SELECT serial FROM certificates WHERE intent = ?1 AND tbs IS NULL ORDER BY serial")?;
            let mut rows = events.query([])?;
            while let Some(row) = rows.next()? {
                let (intent, body): (i64, String) = (row.get(0)?, row.get(1)?);
                if !body.contains("\"inheritance\":{") {
                    continue;
                }
                let taken: Vec<Serial> = serials
                    .query_map([intent], |row| Ok(Serial::from_octets(row.get_ref(0)?.as_blob()?)))?
                    .collect::<rusqlite::Result<_>>()?;
                if !body.contains(&format!("\"serials_sha256\":\"{}\"", digest_of(taken.iter()))) {
                    let message =
                        format!("the rows that event {intent} of the audit log took in are not those of the ledger");
                    findings.push(Finding::error("ledger.inheritance_differs", message));
                }
            }
            Ok(findings)
        };
        read().map_err(self.failed("check"))
    }
}

/// The digest that an audit event has of the numbers that it added, sorted.
pub(super) fn digest_of<'a>(serials: impl Iterator<Item = &'a Serial>) -> Fingerprint {
    let lines: String = serials.map(|serial| format!("{serial}\n")).collect();
    Fingerprint::of(lines.as_bytes())
}

fn past(transaction: &Connection, issuer: IssuerNumber) -> Result<(History, Option<CrlNumber>), Failure> {
    let found = transaction
        .query_row("SELECT history, last_crl_number FROM issuers WHERE id = ?1", [issuer.get()], |row| {
            let history = History::from_word(row.get_ref(0)?.as_str()?).ok_or_else(|| unreadable(0, Type::Text))?;
            let last = row.get::<_, Option<Vec<u8>>>(1)?.map(|octets| Serial::from_octets(&octets));
            Ok((history, last.as_ref().and_then(CrlNumber::from_serial)))
        })
        .optional()?;
    found.ok_or_else(|| Failure::Ledger(LedgerError::NoIssuer(issuer.to_string())))
}

fn known(connection: &Connection, issuer: IssuerNumber, serial: &Serial) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached(
            "SELECT id, state = 'revoked', cert IS NOT NULL, tbs IS NOT NULL FROM certificates
             WHERE serial = ?1 AND issuer_id = ?2",
        )?
        .query_row((serial.octets(), issuer.get()), |row| {
            Ok(Known { id: row.get(0)?, revoked: row.get(1)?, has_certificate: row.get(2)?, issued_here: row.get(3)? })
        })
        .optional()
}

fn change(known: Option<Known>, inherited: &Inherited) -> Change {
    match known {
        None => Change::New,
        Some(known) if !known.revoked && inherited.revocation.is_some() => Change::Revoked,
        Some(known) if !known.has_certificate && !known.issued_here && inherited.certificate.is_some() => {
            Change::Completed
        }
        Some(_) => Change::None,
    }
}

fn insert(
    transaction: &Connection,
    issuer: IssuerNumber,
    inherited: &Inherited,
    intent: i64,
    act: &Act,
) -> rusqlite::Result<()> {
    let Inherited { serial, subject, names, profile, not_after, certificate, revocation, origin } = inherited;
    let now = act.now.time();
    let validity = certificate.as_ref().map(|legacy| legacy.validity);
    let issued = validity.map_or(now, |validity| validity.not_before.min(now));
    transaction
        .prepare_cached(
            "INSERT INTO certificates(issuer_id, serial, state, intent, profile, subject, origin, reserved_at,
                                      not_before, not_after, revoked_at, reason, invalidity,
                                      spki_sha256, cert_sha256, cert)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute((
            issuer.get(),
            serial.octets(),
            if revocation.is_some() { "revoked" } else { "issued" },
            intent,
            profile,
            subject,
            origin,
            issued.unix(),
            validity.map(|validity| validity.not_before.unix()),
            validity.map(|validity| validity.not_after).or(*not_after).map(Time::unix),
            revocation.map(|revocation| revocation.revoked_at.unix()),
            revocation.map(|revocation| revocation.reason.code()),
            revocation.and_then(|revocation| revocation.invalid_since).map(Time::unix),
            certificate.as_ref().map(|legacy| *legacy.public_key.octets()),
            certificate.as_ref().map(|legacy| *Fingerprint::of(&legacy.der).octets()),
            certificate.as_ref().map(|legacy| &legacy.der),
        ))?;
    name(transaction, transaction.last_insert_rowid(), names)
}

fn update(transaction: &Connection, known: Known, inherited: &Inherited) -> rusqlite::Result<()> {
    if let (false, Some(Revocation { revoked_at, reason, invalid_since })) = (known.revoked, inherited.revocation) {
        transaction
            .prepare_cached(
                "UPDATE certificates SET state = 'revoked', revoked_at = ?2, reason = ?3, invalidity = ?4 WHERE id = ?1",
            )?
            .execute((known.id, revoked_at.unix(), reason.code(), invalid_since.map(Time::unix)))?;
    }
    if let (false, false, Some(legacy)) = (known.has_certificate, known.issued_here, &inherited.certificate) {
        transaction
            .prepare_cached(
                "UPDATE certificates
                 SET subject = ?2, profile = coalesce(profile, ?3), origin = ?4, not_before = ?5, not_after = ?6,
                     spki_sha256 = ?7, cert_sha256 = ?8, cert = ?9
                 WHERE id = ?1",
            )?
            .execute((
                known.id,
                &inherited.subject,
                &inherited.profile,
                &inherited.origin,
                legacy.validity.not_before.unix(),
                legacy.validity.not_after.unix(),
                legacy.public_key.octets(),
                Fingerprint::of(&legacy.der).octets(),
                &legacy.der,
            ))?;
        name(transaction, known.id, &inherited.names)?;
    }
    Ok(())
}

fn name(transaction: &Connection, id: i64, names: &[KnownName]) -> rusqlite::Result<()> {
    let mut statement =
        transaction.prepare_cached("INSERT OR IGNORE INTO names(value, kind, certificate_id) VALUES (?1, ?2, ?3)")?;
    for KnownName { kind, value } in names {
        statement.execute((value, kind, id))?;
    }
    Ok(())
}
