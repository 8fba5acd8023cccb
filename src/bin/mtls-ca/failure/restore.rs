//! What goes wrong with backups and with what they bring back, in words.

use mtls_ca::authority::AuthorityError;
use mtls_ca::words::typed::typed_path;

use crate::failure::{Exit, Failure};

impl Failure {
    /// The failures of `backup` and `restore`; `failure` knows the message and what lies below.
    pub fn of_restore(error: AuthorityError, failure: impl Fn(Exit, &'static str) -> Self) -> Self {
        match error {
            AuthorityError::LedgerLost(_) => failure(Exit::Failed, "ledger_lost")
                .hint("bring it back from a backup into another directory: mtls-ca restore FILE DIR")
                .hint("without one, make it again: mtls-ca restore --from-certs CERTS… --crl CRL"),
            AuthorityError::LedgerIsThere(_) => failure(Exit::Failed, "ledger_is_there")
                .hint("to add certificates to it: mtls-ca import certs FILE…")
                .hint("where it is damaged, move ledger.sqlite, ledger.sqlite-wal and ledger.sqlite-shm away first"),
            AuthorityError::TooLarge { .. } => failure(Exit::Failed, "too_large")
                .hint("write it to a file, and encrypt that: mtls-ca backup FILE && age -r RECIPIENT FILE > FILE.age"),
            AuthorityError::Archive(_) => {
                failure(Exit::Failed, "not_a_backup").hint("backups are made by `mtls-ca backup`; nothing was written")
            }
            AuthorityError::Unsound(_) => failure(Exit::Refused, "unsound_backup").hint("take an earlier backup"),
            AuthorityError::SealedBackup { source: None, .. } => failure(Exit::Secret, "passphrase_missing")
                .hint("give it with --passphrase-file FILE, MTLS_CA_PASSPHRASE_FILE or MTLS_CA_PASSPHRASE"),
            AuthorityError::SealedBackup { ref path, .. } => failure(Exit::Secret, "passphrase_wrong").hint(format!(
                "nothing was written; the passphrase is that of the backup, not of the key (sha256sum {})",
                typed_path(path)
            )),
            AuthorityError::InMemory | AuthorityError::Seal(_) => failure(Exit::Internal, "backup"),
            other => failure(Exit::Internal, "internal").cause(other),
        }
    }
}
