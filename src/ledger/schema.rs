//! The tables of the ledger, and how an older file becomes one of this format.
//!
//! Times are Unix seconds; serials the octets of the DER integer; digests 32 octets of SHA-256.

use rusqlite::Connection;

/// `PRAGMA application_id`: "mTCA". Tells a ledger from any other SQLite file.
pub(super) const APPLICATION_ID: i32 = 0x6d54_4341;

/// The format that this program writes: one for each migration.
pub(super) const FORMAT: i32 = 1;

/// Step `n` makes format `n + 1` from format `n`. Steps are never changed once released.
const MIGRATIONS: [&str; FORMAT as usize] = [FIRST];

/// Small columns stand before the large ones, so that a scan does not read certificates, and the
/// indexes are those that some verb needs: `check` and every lookup of `query` name theirs.
const FIRST: &str = "
CREATE TABLE meta(
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- CA certificates of this authority. `history` is what is known of certificates from before this
-- ledger: none are unless the CA was adopted.
CREATE TABLE issuers(
    id              INTEGER PRIMARY KEY,
    state           TEXT NOT NULL CHECK (state IN ('prepared', 'active', 'superseded', 'retired')),
    changed_at      INTEGER NOT NULL,
    subject         TEXT NOT NULL,
    spki_sha256     BLOB NOT NULL CHECK (length(spki_sha256) = 32),
    history         TEXT NOT NULL CHECK (history IN ('whole', 'unknown', 'supplied', 'waived')),
    last_crl_number BLOB,
    changes         INTEGER NOT NULL DEFAULT 0,
    cert            BLOB NOT NULL,
    cross_cert      BLOB
) STRICT;
CREATE UNIQUE INDEX issuers_active ON issuers(state) WHERE state = 'active';

CREATE TABLE audit(
    seq  INTEGER PRIMARY KEY,
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    body TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Every certificate that ever was to be signed. A row without `tbs` came from before this ledger:
-- with `origin` it was imported, without it is known only from a CRL. `intent` is the audit event that
-- was written with the row, before any key was used.
CREATE TABLE certificates(
    id          INTEGER PRIMARY KEY,
    issuer_id   INTEGER NOT NULL REFERENCES issuers(id),
    serial      BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'issued', 'abandoned', 'revoked')),
    intent      INTEGER NOT NULL REFERENCES audit(seq),
    profile     TEXT,
    subject     TEXT,
    requester   TEXT,
    origin      TEXT,
    reserved_at INTEGER NOT NULL,
    not_before  INTEGER,
    not_after   INTEGER,
    revoked_at  INTEGER,
    reason      INTEGER,
    invalidity  INTEGER,
    replaces    INTEGER REFERENCES certificates(id),
    spki_sha256 BLOB,
    asked_sha256 BLOB,
    cert_sha256 BLOB,
    tbs         BLOB,
    csr         BLOB,
    cert        BLOB,
    UNIQUE (serial, issuer_id)
) STRICT;
CREATE INDEX certificates_end ON certificates(state, not_after, not_before, issuer_id);
CREATE INDEX certificates_reserved ON certificates(reserved_at);
-- Everything that a CRL says of its entries, so that a large one is built without reading the table.
CREATE INDEX certificates_revoked ON certificates(issuer_id, serial, not_after, revoked_at, reason, invalidity)
    WHERE state = 'revoked';
-- A key may have many certificates: whether the same was asked before is seen without reading them.
CREATE INDEX certificates_key ON certificates(spki_sha256, asked_sha256);
CREATE INDEX certificates_compromised ON certificates(spki_sha256) WHERE state = 'revoked' AND reason = 1;
CREATE INDEX certificates_digest ON certificates(cert_sha256) WHERE cert_sha256 IS NOT NULL;
CREATE INDEX certificates_replaces ON certificates(replaces) WHERE replaces IS NOT NULL;

-- Names by which certificates are found: 'cn' of the subject, and the SANs by their kind.
CREATE TABLE names(
    value          TEXT NOT NULL,
    kind           TEXT NOT NULL,
    certificate_id INTEGER NOT NULL REFERENCES certificates(id),
    PRIMARY KEY (value, kind, certificate_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_certificate ON names(certificate_id);

-- CRLs of our own: a row is reserved before the key is used, and `entries` and `sha256` follow when
-- the CRL is signed. Numbers are 20 octets, most significant first, so that they sort as numbers
-- (RFC 5280 section 5.2.3 allows up to 20).
CREATE TABLE crls(
    issuer_id   INTEGER NOT NULL REFERENCES issuers(id),
    number      BLOB NOT NULL CHECK (length(number) = 20),
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    entries     INTEGER,
    sha256      BLOB CHECK (length(sha256) = 32),
    changes     INTEGER,
    PRIMARY KEY (issuer_id, number)
) STRICT, WITHOUT ROWID;

-- `issuers.changes` goes up with every change to what the issuer's next CRL will say, whoever makes
-- it; a CRL keeps the value that it was built from. Where the two differ, the CRL is behind.
CREATE TRIGGER revocation_new AFTER INSERT ON certificates WHEN new.state = 'revoked'
BEGIN
    UPDATE issuers SET changes = changes + 1 WHERE id = new.issuer_id;
END;
CREATE TRIGGER revocation_changed AFTER UPDATE OF state, reason, invalidity ON certificates
WHEN (old.state = 'revoked') <> (new.state = 'revoked')
    OR new.state = 'revoked' AND (old.reason IS NOT new.reason OR old.invalidity IS NOT new.invalidity)
BEGIN
    UPDATE issuers SET changes = changes + 1 WHERE id = new.issuer_id;
END;
CREATE TRIGGER revocation_gone AFTER DELETE ON certificates WHEN old.state = 'revoked'
BEGIN
    UPDATE issuers SET changes = changes + 1 WHERE id = old.issuer_id;
END;

-- The newest CRL of each CA above that lives elsewhere, by the digest of that CA's public key.
CREATE TABLE foreign_crls(
    spki_sha256 BLOB PRIMARY KEY CHECK (length(spki_sha256) = 32),
    subject     TEXT NOT NULL,
    number      BLOB CHECK (length(number) = 20),
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    crl         BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The end of the audit chain at moments, signed with a key that the CA certified for that.
CREATE TABLE checkpoints(
    seq            INTEGER PRIMARY KEY,
    hash           BLOB NOT NULL CHECK (length(hash) = 32),
    time           INTEGER NOT NULL,
    signature      BLOB NOT NULL,
    certificate_id INTEGER NOT NULL REFERENCES certificates(id)
) STRICT, WITHOUT ROWID;
";

/// Brings a file from format `found` to [`FORMAT`], within the caller's transaction.
pub(super) fn migrate(connection: &Connection, found: i32) -> rusqlite::Result<()> {
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_schema_is_this_one() {
        let document = include_str!("../../docs/on-disk-format.md");
        let block = document.split_once("```sql\n").unwrap().1.split_once("\n```").unwrap().0;
        assert_eq!(block, FIRST.trim());
    }
}
