//! Finding certificates: by number, digest or name, and by what they have in common.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};
use serde::Serialize;

use super::row::{COLUMNS, Entry, NAMES, RowId, State, entry};
use super::{Ledger, LedgerError};
use crate::words::clock::{Now, Time};
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::serial::Serial;

pub(super) const BY_PUBLIC_KEY: &str = "c.spki_sha256 = ?1 ORDER BY c.id DESC";

/// `+` keeps SQLite from the index by end, which nearly every row is on.
pub(super) const IN_USE_WITH_KEY: &str =
    "c.spki_sha256 = ?1 AND +c.state = 'issued' AND +c.not_after >= ?2 ORDER BY c.id DESC";

/// Which certificates [`Ledger::list`] hands over; all conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A name with `*` for any characters and `?` for any one.
    pub name: Option<String>,
    /// The profile that they were issued by.
    pub profile: Option<String>,
    /// Reserved at this moment or later.
    pub issued_since: Option<Time>,
    /// Due for renewal; listed by their end, the nearest first.
    pub expiring: Option<Threshold>,
    /// Where they stand.
    pub status: Status,
    /// At most so many.
    pub limit: Option<u64>,
}

/// Where a certificate stands now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Status {
    /// Issued, not revoked, not past its end.
    #[default]
    Valid,
    /// Issued, not revoked, past its end.
    Expired,
    /// Reserved and not completed.
    Pending,
    /// Revoked.
    Revoked,
    /// Given up before it was signed.
    Abandoned,
    /// Anywhere.
    All,
}

/// How many rows there are of each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Reserved and not completed.
    pub pending: u32,
    /// Issued and not revoked, expired or not.
    pub issued: u32,
    /// Given up before they were signed.
    pub abandoned: u32,
    /// Revoked.
    pub revoked: u32,
}

impl Ledger {
    /// The certificates that `text` may mean: by fingerprint, serial number or name, newest first,
    /// at most `limit`.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn find(&self, text: &str, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let mut found = BTreeMap::new();
        if let Ok(fingerprint) = text.parse::<Fingerprint>() {
            found.extend(self.by_fingerprint(&fingerprint)?.map(|entry| (Reverse(entry.id), entry)));
        }
        if let Ok(serial) = text.parse::<Serial>() {
            found.extend(self.by_serial(&serial)?.into_iter().map(|entry| (Reverse(entry.id), entry)));
        }
        found.extend(self.by_name(text, limit)?.into_iter().map(|entry| (Reverse(entry.id), entry)));
        Ok(found.into_values().take(limit).collect())
    }

    /// The certificates with this number: one, or one of each issuer that an adopted CA brought.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn by_serial(&self, serial: &Serial) -> Result<Vec<Entry>, LedgerError> {
        self.entries("c.serial = ?1 ORDER BY c.id DESC", vec![Value::Blob(serial.octets().to_vec())])
    }

    /// The certificate with this digest.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn by_fingerprint(&self, fingerprint: &Fingerprint) -> Result<Option<Entry>, LedgerError> {
        let digest = Value::Blob(fingerprint.octets().to_vec());
        Ok(self.entries("c.cert_sha256 = ?1 LIMIT 1", vec![digest])?.pop())
    }

    /// The certificates of this public key, newest first.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn by_public_key(&self, key: &Fingerprint) -> Result<Vec<Entry>, LedgerError> {
        self.entries(BY_PUBLIC_KEY, vec![Value::Blob(key.octets().to_vec())])
    }

    /// The certificates of this public key that are in use, newest first.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn in_use_with_key(&self, key: &Fingerprint, now: Now) -> Result<Vec<Entry>, LedgerError> {
        let values = vec![Value::Blob(key.octets().to_vec()), Value::Integer(now.time().unix())];
        self.entries(IN_USE_WITH_KEY, values)
    }

    /// The certificates with this name, of any kind (`api.internal`) or of one (`dns:api.internal`),
    /// newest first. Names are stored in lower case where their kind folds it.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn by_name(&self, name: &str, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let limit = Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
        let (kind, value) = name.split_once(':').unwrap_or(("", ""));
        let text = |text: &str| Value::Text(text.to_owned());
        self.entries(
            "c.id IN (SELECT certificate_id FROM names WHERE value IN (?1, ?2)
                      UNION SELECT certificate_id FROM names WHERE value = ?4 AND kind = ?3)
             ORDER BY c.id DESC LIMIT ?5",
            vec![
                text(name),
                text(&name.to_ascii_lowercase()),
                text(&kind.to_ascii_lowercase()),
                text(&value.to_ascii_lowercase()),
                limit,
            ],
        )
    }

    /// Certificates that somebody may have meant who wrote something that is not there: those whose
    /// number or name begins so, and those of the newest thousand names that look like it.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn candidates(&self, text: &str, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let mut ids: Vec<i64> = Vec::new();
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let room = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut ask = |sql: &str, from: Value, to: Value| -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare(sql)?;
            for id in statement.query_map((from, to, room), |row| row.get(0))? {
                ids.push(id?);
            }
            Ok(())
        };
        let failed = self.failed("read");
        let whole = digits.get(..digits.len() / 2 * 2).unwrap_or_default();
        if let (true, Ok(prefix)) = (whole.len() >= 4, data_encoding::HEXLOWER_PERMISSIVE.decode(whole.as_bytes())) {
            let mut end = prefix.clone();
            end.resize(64, 0xff);
            let sql = "SELECT id FROM certificates WHERE serial BETWEEN ?1 AND ?2 LIMIT ?3";
            ask(sql, Value::Blob(prefix), Value::Blob(end)).map_err(&failed)?;
        }
        if !text.is_empty() {
            let lower = text.to_ascii_lowercase();
            let end = format!("{lower}\u{10ffff}");
            let sql = "SELECT certificate_id FROM names WHERE value BETWEEN ?1 AND ?2 LIMIT ?3";
            ask(sql, Value::Text(lower), Value::Text(end)).map_err(&failed)?;
        }
        if ids.len() < limit {
            ids.extend(self.alike(text).map_err(&failed)?);
        }
        let mut found = Vec::new();
        for id in ids {
            if found.len() < limit && !found.iter().any(|entry: &Entry| entry.id.0 == id) {
                found.extend(self.entries("c.id = ?1", vec![Value::Integer(id)])?);
            }
        }
        Ok(found)
    }

    fn alike(&self, text: &str) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT value, certificate_id FROM names ORDER BY certificate_id DESC LIMIT 1000";
        let mut statement = self.connection.prepare(sql)?;
        let mut likely: Vec<(f64, i64)> = Vec::new();
        let lower = text.to_lowercase();
        for row in statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
            let (value, id) = row?;
            let likeness = if value.to_lowercase().contains(&lower) {
                1.0
            } else {
                strsim::normalized_damerau_levenshtein(&value.to_lowercase(), &lower)
            };
            if likeness > 0.75 {
                likely.push((likeness, id));
            }
        }
        likely.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(likely.into_iter().map(|(_, id)| id).collect())
    }

    /// Hands over the certificates that the filter lets through, one by one and without holding
    /// them in memory: newest first, or by their end where the filter asks what is expiring.
    ///
    /// # Errors
    /// What the receiver says, or where the ledger cannot be read.
    pub fn list<E: From<LedgerError>>(
        &self,
        filter: &Filter,
        now: Now,
        mut receive: impl FnMut(Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = self.failed("read");
        let (sql, values) = filter.sql(now);
        let mut names = self.connection.prepare_cached(NAMES).map_err(&failed)?;
        let mut statement = self.connection.prepare(&sql).map_err(&failed)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(&failed)?;
        while let Some(row) = rows.next().map_err(&failed)? {
            receive(entry(row, &mut names).map_err(&failed)?)?;
        }
        Ok(())
    }

    /// How many rows there are of each state.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn counts(&self) -> Result<Counts, LedgerError> {
        let read = || {
            let mut counts = Counts::default();
            let mut statement = self.connection.prepare("SELECT state, count(*) FROM certificates GROUP BY state")?;
            for row in statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
                let (state, count) = row?;
                match State::from_word(&state) {
                    Some(State::Pending) => counts.pending = count,
                    Some(State::Issued) => counts.issued = count,
                    Some(State::Abandoned) => counts.abandoned = count,
                    Some(State::Revoked) => counts.revoked = count,
                    None => {}
                }
            }
            Ok(counts)
        };
        read().map_err(self.failed("read"))
    }

    /// The certificate in DER, where it was signed.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn certificate(&self, row: RowId) -> Result<Option<Vec<u8>>, LedgerError> {
        self.bytes("SELECT cert FROM certificates WHERE id = ?1", row)
    }

    /// The request in DER, where there was one.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn request(&self, row: RowId) -> Result<Option<Vec<u8>>, LedgerError> {
        self.bytes("SELECT csr FROM certificates WHERE id = ?1", row)
    }

    fn bytes(&self, sql: &str, row: RowId) -> Result<Option<Vec<u8>>, LedgerError> {
        let read = || self.connection.prepare_cached(sql)?.query_row([row.0], |row| row.get(0)).optional();
        Ok(read().map_err(self.failed("read"))?.flatten())
    }

    pub(super) fn entries(&self, condition: &str, values: Vec<Value>) -> Result<Vec<Entry>, LedgerError> {
        let read = || {
            let sql = format!("SELECT {COLUMNS} FROM certificates c WHERE {condition}");
            let mut names = self.connection.prepare_cached(NAMES)?;
            let mut statement = self.connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| entry(row, &mut names))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(self.failed("read"))
    }
}

impl Filter {
    /// The statement and its values. It walks the index by end where the filter asks what is
    /// expiring, the one by reservation where it asks what is new, and else the table itself from
    /// its end, so that nothing is gathered and sorted before the first row. A `+` keeps `SQLite`
    /// from choosing the index of a condition that most rows meet.
    fn sql(&self, now: Now) -> (String, Vec<Value>) {
        let Self { name, profile, issued_since, expiring, status, limit } = self;
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        let mut add = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(condition.replace('?', &format!("?{}", values.len())));
        };
        let moment = Value::Integer(now.time().unix());
        let (order, walk) = match (expiring, issued_since) {
            (Some(_), _) => ("c.not_after, c.id", ""),
            (None, Some(_)) => ("c.reserved_at DESC, c.id DESC", "+"),
            (None, None) => ("c.id DESC", "+"),
        };
        match status {
            Status::Valid => {
                add(&format!("{walk}c.state = ?"), State::Issued.value());
                add(&format!("{walk}c.not_after >= ?"), moment.clone());
            }
            Status::Expired => {
                add(&format!("{walk}c.state = ?"), State::Issued.value());
                add(&format!("{walk}c.not_after < ?"), moment.clone());
            }
            Status::Pending => add("c.state = ?", State::Pending.value()),
            Status::Revoked => add("c.state = ?", State::Revoked.value()),
            Status::Abandoned => add("c.state = ?", State::Abandoned.value()),
            Status::All => {}
        }
        match expiring {
            Some(Threshold::Remaining(lifetime)) => {
                add("c.not_after <= ?", Value::Integer(now.time().unix().saturating_add(lifetime.seconds())));
            }
            // The same whole numbers as `Threshold::due`.
            Some(Threshold::Percent(percent)) => {
                add(&format!("c.not_after - (c.not_after - c.not_before + 1) * {percent} / 100 <= ?"), moment);
            }
            None => {}
        }
        if let Some(name) = name {
            // As typed, and in the lower case that most kinds of names are stored in.
            let (condition, value) = if name.contains(['*', '?']) {
                // `[` begins a set of characters in SQLite's patterns, and is itself in ours.
                ("value GLOB ? OR value GLOB lower(?)", name.replace('[', "[[]"))
            } else {
                ("value IN (?, lower(?))", name.clone())
            };
            add(&format!("c.id IN (SELECT certificate_id FROM names WHERE {condition})"), Value::Text(value));
        }
        if let Some(profile) = profile {
            add("c.profile = ?", Value::Text(profile.clone()));
        }
        if let Some(since) = issued_since {
            add("c.reserved_at >= ?", Value::Integer(since.unix()));
        }
        let condition = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        let limit = limit.map_or(String::new(), |limit| format!(" LIMIT {limit}"));
        (format!("SELECT {COLUMNS} FROM certificates c WHERE {condition} ORDER BY {order}{limit}"), values)
    }
}

impl State {
    fn value(self) -> Value {
        Value::Text(self.word().to_owned())
    }
}
