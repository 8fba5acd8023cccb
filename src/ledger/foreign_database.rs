//! The database in which cfssl keeps what it issued (`certdb`, in SQLite), as it stands there.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use super::LedgerError;

/// One certificate of cfssl's table, each column as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CfsslRow {
    /// The number in decimal digits.
    pub serial: String,
    /// `good` or `revoked`.
    pub status: String,
    /// The reason code.
    pub reason: Option<i64>,
    /// The end of the certificate.
    pub expiry: String,
    /// When it was revoked; a time of the year 1 where it was not.
    pub revoked_at: String,
    /// The certificate in PEM.
    pub pem: String,
}

/// The rows of cfssl's database, which is only read.
///
/// # Errors
/// Where the file is no such database.
pub fn cfssl_rows(path: &Path) -> Result<Vec<CfsslRow>, LedgerError> {
    let explain = |error| LedgerError::of(error, "read", path, Duration::ZERO);
    if !path.is_file() {
        return Err(LedgerError::Missing(path.to_owned()));
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(explain)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(explain)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(explain)?;
    let read = || {
        let mut statement = connection.prepare(
            "SELECT serial_number, status, reason, expiry, revoked_at, pem FROM certificates ORDER BY expiry, serial_number",
        )?;
        statement.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|error| match error {
        rusqlite::Error::SqlInputError { msg, .. } if msg.starts_with("no such") => {
            LedgerError::NotCfssl { path: path.to_owned(), reason: msg }
        }
        other => explain(other),
    })
}

fn row(row: &Row<'_>) -> rusqlite::Result<CfsslRow> {
    Ok(CfsslRow {
        serial: text(row, 0)?,
        status: text(row, 1)?,
        reason: row.get(2)?,
        expiry: text(row, 3)?,
        revoked_at: text(row, 4)?,
        pem: text(row, 5)?,
    })
}

/// The columns are declared as blobs, and hold text.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    })
}
