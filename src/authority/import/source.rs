//! What another tool left behind, as one plain value whatever form it had.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::authority::AuthorityError;
use crate::encoding::{certificate, pem, revocation};
use crate::examine::candidate;
use crate::ledger::Revocation;
use crate::store::read::read_limited;
use crate::store::walk::{MOST_FILES, Search, files_below};
use crate::words::clock::Time;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::crl_number::CrlNumber;
use crate::words::x509::revocation::RevocationList;
use crate::words::x509::serial::Serial;

/// The most that a file with certificates may weigh; what is larger is something else.
const LARGEST_FILE: u64 = 1024 * 1024;
/// The most that a CRL may weigh: one of a few million entries.
const LARGEST_CRL: u64 = 512 * 1024 * 1024;
/// How deep folders are looked through.
const DEEPEST: usize = 8;

/// What another tool left behind.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The tool, or what was named in its place.
    pub(super) name: String,
    /// What its database says, certificate by certificate.
    pub(super) records: Vec<Record>,
    /// The certificates that were found.
    pub(super) certificates: Vec<Found>,
    /// The CRLs that were found or given.
    pub(super) lists: Vec<RevocationList>,
    /// The number of its last CRL.
    pub(super) crl_number: Option<CrlNumber>,
    /// Whether what it revoked is all here.
    pub(super) knows_revocations: bool,
    /// The operator says that nothing was revoked, whatever the source holds.
    pub(super) vouched_for: bool,
    /// What cannot be read.
    pub(super) troubles: Vec<Trouble>,
    /// What is neither a certificate nor a CRL, though it might have held some: a store, a key in DER.
    pub(super) passed_over: Vec<Trouble>,
}

/// A line of another tool's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Which line.
    pub(super) place: String,
    pub(super) serial: Serial,
    /// In OpenSSL's oneline form, or RFC 4514.
    pub(super) subject: Option<String>,
    pub(super) not_after: Option<Time>,
    pub(super) revocation: Option<Revocation>,
}

/// A certificate and where it was.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) place: String,
    pub(super) certificate: Certificate,
}

/// Something that is not taken in, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A file, or a line of one.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Source {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The tool, or what was named in its place.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Certificates in these files and folders. What was revoked is not known of them, unless CRLs
    /// are among the files or given besides.
    ///
    /// # Errors
    /// Where a path that was named cannot be read.
    pub fn certificates(paths: &[PathBuf]) -> Result<Self, AuthorityError> {
        let mut source = Self::new("certs");
        for path in paths {
            source.look_into(path, DEEPEST)?;
        }
        Ok(source)
    }

    /// The folder of a tool that cannot revoke: minica, mkcert.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn folder_without_revocation(tool: &str, folder: &Path) -> Result<Self, AuthorityError> {
        let mut source = Self::new(tool);
        source.look_into(folder, DEEPEST)?;
        source.knows_revocations = true;
        Ok(source)
    }

    /// The folder of a tool that leaves its CRLs beside the certificates: certstrap.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn folder_with_crls(tool: &str, folder: &Path) -> Result<Self, AuthorityError> {
        let mut source = Self::new(tool);
        source.look_into(folder, DEEPEST)?;
        Ok(source)
    }

    /// What the operator says where there never was a CRL: nothing was revoked.
    #[must_use]
    pub fn with_nothing_revoked(mut self) -> Self {
        self.vouched_for = true;
        self
    }

    /// Adds the CRLs of a file.
    ///
    /// # Errors
    /// Where it holds none.
    pub fn with_crl(mut self, path: &Path) -> Result<Self, AuthorityError> {
        let bytes = read_limited(path, LARGEST_CRL)?;
        let lists = revocation::read_all(&bytes)
            .map_err(|source| AuthorityError::Unreadable { path: path.to_owned(), source })?;
        self.lists.extend(lists);
        Ok(self)
    }

    /// Adds the certificates and CRLs of a file, or of the files below a folder.
    pub(super) fn look_into(&mut self, path: &Path, depth: usize) -> Result<(), AuthorityError> {
        if !path.is_dir() {
            return self.read(path, true);
        }
        for file in files_below(path, &Search { is_meant: &|name| !is_key(name), depth, most: MOST_FILES })? {
            if is_named_as_certificate(&file) {
                self.read(&file, false)?;
            } else {
                self.look_at(&file);
            }
        }
        Ok(())
    }

    /// A file of a folder whose name does not say what it is: what is in it does.
    fn look_at(&mut self, path: &Path) {
        let place = path.display().to_string();
        let bytes = match candidate::read(path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => return self.troubles.push(Trouble { place, reason: error.to_string() }),
        };
        match holdings(&bytes) {
            Ok((certificates, lists)) => {
                let found = |certificate| Found { place: place.clone(), certificate };
                self.certificates.extend(certificates.into_iter().map(found));
                self.lists.extend(lists);
            }
            Err(reason) if pem::is_pem(&bytes) => self.troubles.push(Trouble { place, reason }),
            Err(_) if candidate::is_known(&bytes) => {
                self.passed_over.push(Trouble { place, reason: "it is neither a certificate nor a CRL".to_owned() });
            }
            Err(_) => {}
        }
    }

    /// Whether nothing was found that could be taken in or refused, and nothing is vouched for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { records, certificates, lists, troubles, crl_number, vouched_for, .. } = self;
        let is_bare = records.is_empty() && certificates.is_empty() && lists.is_empty() && troubles.is_empty();
        is_bare && crl_number.is_none() && !vouched_for
    }

    /// Reads one file. Of a folder's files those are passed over that hold something else; a file that
    /// was named has to hold what it was named for.
    fn read(&mut self, path: &Path, was_named: bool) -> Result<(), AuthorityError> {
        let place = path.display().to_string();
        let bytes = match read_limited(path, LARGEST_FILE) {
            Ok(bytes) => bytes,
            Err(error) if was_named => return Err(error.into()),
            Err(error) => {
                self.troubles.push(Trouble { place, reason: error.to_string() });
                return Ok(());
            }
        };
        match holdings(&bytes) {
            Ok((certificates, lists)) if certificates.is_empty() && lists.is_empty() && was_named => {
                self.troubles.push(Trouble { place, reason: "it holds no certificate".to_owned() });
            }
            Ok((certificates, lists)) => {
                let found = |certificate| Found { place: place.clone(), certificate };
                self.certificates.extend(certificates.into_iter().map(found));
                self.lists.extend(lists);
            }
            Err(reason) => self.troubles.push(Trouble { place, reason }),
        }
        Ok(())
    }
}

/// By their names; keys are not even opened.
fn is_key(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name == "key.pem" || ["-key.pem", ".key.pem", ".key"].iter().any(|ending| name.ends_with(ending))
}

fn is_named_as_certificate(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    [".pem", ".crt", ".cer", ".cert", ".der", ".crl"].iter().any(|ending| name.ends_with(ending))
}

type Holdings = (Vec<Certificate>, Vec<RevocationList>);

fn holdings(bytes: &[u8]) -> Result<Holdings, String> {
    let mut held = Holdings::default();
    if !pem::is_pem(bytes) {
        match certificate::read_all(bytes) {
            Ok(certificates) => held.0 = certificates,
            Err(error) => match revocation::read(bytes) {
                Ok(list) => held.1.push(list),
                Err(_) => return Err(error.to_string()),
            },
        }
        return Ok(held);
    }
    let blocks = pem::blocks(bytes).map_err(|error| error.to_string())?;
    let has = |labels: &[&str]| blocks.iter().any(|block| labels.contains(&block.label.as_str()));
    if has(&["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7", "CMS"]) {
        held.0 = certificate::read_all(bytes).map_err(|error| error.to_string())?;
    }
    if has(&["X509 CRL"]) {
        held.1 = revocation::read_all(bytes).map_err(|error| error.to_string())?;
    }
    Ok(held)
}
