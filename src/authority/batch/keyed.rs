//! A batch of keys and certificates: each line of a table becomes `NAME.key` and `NAME.crt`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::error::RowError;
use super::places::{Places, deliver, replaceable, standing};
use super::table::Line;
use super::{Answer, Ask, Errand, Repeat, Wish};
use crate::authority::issue_key::request_of;
use crate::authority::{Authority, AuthorityError, Desk, KeyOrder};
use crate::bundle::deliver::{KeyText, Misplaced, TRUST};
use crate::bundle::{pem, slug::slug};
use crate::keys::{Passphrase, PrivateKey};
use crate::store::FileError;
use crate::store::atomic::{Existing, Readers, write_new};
use crate::store::exposure::opened_to_others;
use crate::store::read::{is_file, kind_if_no_file, read_limited};

/// The most that a key file may weigh.
const LARGEST_KEY: u64 = 64 * 1024;

/// What all rows have in common.
#[derive(Debug)]
pub struct KeyFiles {
    /// Seals the new keys, and opens those that are there.
    pub passphrase: Option<Passphrase>,
    /// Whether certificates that are there are made anew. A key never is.
    pub existing: Existing,
    chain: String,
    trust: String,
    /// The folders that have their `ca.crt`.
    trusting: Mutex<HashSet<PathBuf>>,
}

/// One line of the table.
#[derive(Debug)]
pub struct KeyRow {
    /// Its line in the table.
    pub line: u64,
    /// What it is called.
    pub name: String,
    /// The key.
    pub key: PathBuf,
    /// The certificate.
    pub certificate: PathBuf,
    order: Mutex<Option<Result<KeyOrder, RowError>>>,
    /// A key that is to be written before the certificate exists.
    new_key: OnceLock<KeyText>,
}

impl KeyRow {
    /// A row of the table, whose files stand in `folder` and there in the folder of its own, which is
    /// made where it is missing.
    pub fn new(line: Line, folder: &Path, places: &mut Places) -> Self {
        let Line { number, name, out, order } = line;
        let folder = out.map_or_else(|| folder.to_owned(), |out| folder.join(out));
        let stem = slug(&name);
        let (key, certificate) = (folder.join(format!("{stem}.key")), folder.join(format!("{stem}.crt")));
        let order = order.map_err(RowError::from).and_then(|order| {
            if certificate.ends_with(TRUST) {
                let (first, second) = ("the certificate".to_owned(), "the trust file".to_owned());
                return Err(Misplaced::Twice { path: certificate.clone(), first, second }.into());
            }
            places.make(&folder)?;
            places.take(&certificate)?;
            places.take(&key)?;
            Ok(order)
        });
        Self { line: number, name, key, certificate, order: Mutex::new(Some(order)), new_key: OnceLock::new() }
    }
}

impl KeyFiles {
    /// For the rows of a CA.
    ///
    /// # Errors
    /// Where what peers are to trust cannot be found out.
    pub fn new(ca: &Authority, passphrase: Option<Passphrase>, existing: Existing) -> Result<Self, AuthorityError> {
        let (chain, trust) = (pem::certificates(&ca.chain()), pem::certificates(&ca.trust()?));
        Ok(Self { passphrase, existing, chain, trust, trusting: Mutex::default() })
    }

    /// The key that an earlier run wrote, or a new one.
    fn key(&self, row: &KeyRow, order: &KeyOrder) -> Result<(PrivateKey, Repeat), RowError> {
        if is_file(&row.key)? {
            let text = Zeroizing::new(read_limited(&row.key, LARGEST_KEY)?);
            let key = KeyText::read(text, self.passphrase.as_ref())
                .map_err(|source| RowError::Key { path: row.key.clone(), source })?;
            return Ok((key.into_key(), Repeat::ResumeOfKey));
        }
        let key = PrivateKey::generate(order.key_algorithm).map_err(AuthorityError::from)?;
        Ok((key, Repeat::Anew))
    }

    /// `ca.crt` in the folder of a row, unless there is one. Where that fails, each row of the folder says so.
    fn trust_beside(&self, row: &KeyRow) -> Result<(), FileError> {
        let mut trusting = self.trusting.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = row.certificate.parent().unwrap_or(Path::new(""));
        if trusting.contains(folder) {
            return Ok(());
        }
        let path = folder.join(TRUST);
        match write_new(&path, self.trust.as_bytes(), Readers::Everybody) {
            Ok(()) => {}
            // A link to a file may stand there, but nothing that can be no trust.
            Err(FileError::Exists(_)) => {
                if let Some(found) = kind_if_no_file(&path)? {
                    return Err(FileError::NotAFile { path, found });
                }
            }
            Err(error) => return Err(error),
        }
        trusting.insert(folder.to_owned());
        Ok(())
    }
}

/// A key that an earlier run wrote is its owner's alone, or may be read by its group, as a key that is delivered.
/// One that others had, or put there, is no secret of whoever is named in its certificate.
fn secret(path: &Path) -> Result<(), RowError> {
    match opened_to_others(path)? {
        None => Ok(()),
        Some(exposed) => Err(RowError::Exposed { path: path.to_owned(), exposed }),
    }
}

impl Errand for KeyFiles {
    type Row = KeyRow;
    type Error = RowError;

    fn ask(&self, row: &KeyRow, _: &Desk<'_>) -> Result<Ask<RowError>, RowError> {
        let taken = row.order.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A row is asked once.
        let order = taken.unwrap_or_else(|| Err(RowError::Occupied(row.certificate.clone())))?;
        let (key, repeat) = self.key(row, &order)?;
        if self.existing == Existing::Replace {
            replaceable(&row.certificate)?;
        } else if let Some(certificate) = standing(&row.certificate, key.public_key())? {
            // The run that wrote it may have been killed before it wrote this.
            self.trust_beside(row)?;
            let otherwise = RowError::Occupied(row.certificate.clone());
            let public_key = key.public_key().fingerprint();
            return Ok(Ask::Stands { certificate, public_key, answers: None, otherwise });
        }
        if repeat == Repeat::ResumeOfKey {
            secret(&row.key)?;
        }
        let (request, order, profile) = request_of(&key, &order)?;
        let repeat = if repeat == Repeat::Anew {
            let sealed = KeyText::seal(key, self.passphrase.as_ref()).map_err(AuthorityError::from)?;
            let _first = row.new_key.set(sealed);
            repeat
        } else if self.existing == Existing::Keep {
            repeat
        } else {
            Repeat::Anew
        };
        Ok(Ask::Certify(Box::new(Wish { request, order, profile, repeat })))
    }

    /// The key is on disk before anything says that there is to be a certificate.
    fn ready(&self, row: &KeyRow) -> Result<(), RowError> {
        match row.new_key.get() {
            Some(key) => Ok(write_new(&row.key, key.bytes(), Readers::Owner)?),
            None => Ok(()),
        }
    }

    fn deliver(&self, answers: &[(&KeyRow, &Answer)]) -> Vec<Result<(), RowError>> {
        let places = answers.iter().map(|(row, answer)| (row.certificate.as_path(), *answer));
        let delivered = deliver(places, &self.chain, self.existing);
        let with_trust = |(written, (row, _)): (Result<(), RowError>, &(&KeyRow, _))| {
            written.and_then(|()| self.trust_beside(row).map_err(RowError::from))
        };
        delivered.into_iter().zip(answers).map(with_trust).collect()
    }
}
