//! The files of a CA directory that say again what the ledger and `above.crt` say: written here and
//! nowhere else, so that rotation and repair cannot disagree about them.

use std::path::{Path, PathBuf};

use super::{Authority, AuthorityError, Generation};
use crate::bundle::pem;
use crate::ledger::IssuerState;
use crate::store::atomic::{self, Readers};
use crate::store::layout::Layout;
use crate::store::removal;
use crate::words::x509::certificate::Certificate;

/// A file that can be made again at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Where it stands.
    pub path: PathBuf,
    /// What it has to hold; none where it must not be there.
    pub text: Option<String>,
}

impl Derived {
    /// Whether the file is as it should be.
    #[must_use]
    pub fn is_current(&self) -> bool {
        match (&self.text, std::fs::read(&self.path)) {
            (Some(text), Ok(found)) => found == text.as_bytes(),
            (None, Err(error)) => error.kind() == std::io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

impl Authority {
    /// Every derived file: `ca.crt`, `chain.crt`, and each issuer's `issuer.crt` and `cross.crt`.
    /// A CA in memory has none.
    ///
    /// # Errors
    /// As [`Authority::generations`].
    pub fn derived(&self) -> Result<Vec<Derived>, AuthorityError> {
        let Some(directory) = self.directory() else { return Ok(Vec::new()) };
        Ok(files(&Layout::at(directory), &self.generations()?, &self.trust()?))
    }

    /// Writes those derived files that are not as they should be, and says which.
    ///
    /// # Errors
    /// As [`Authority::derived`], and where one cannot be written.
    pub fn write_derived(&self) -> Result<Vec<PathBuf>, AuthorityError> {
        write(self.derived()?)
    }
}

/// Writes those that are not current, and says which.
fn write(files: Vec<Derived>) -> Result<Vec<PathBuf>, AuthorityError> {
    let mut written = Vec::new();
    for file in files.into_iter().filter(|file| !file.is_current()) {
        match &file.text {
            Some(text) => atomic::replace(&file.path, text.as_bytes(), Readers::Everybody)?,
            None => removal::remove(&file.path)?,
        }
        written.push(file.path);
    }
    Ok(written)
}

fn files(layout: &Layout, generations: &[Generation], trust: &[Certificate]) -> Vec<Derived> {
    let mut files = vec![Derived { path: layout.trust(), text: Some(pem::certificates(trust)) }];
    for generation in generations {
        let folder = layout.issuer(generation.number);
        files.push(Derived { path: folder.certificate(), text: Some(pem::certificate(&generation.certificate)) });
        if let Some(cross) = &generation.cross {
            files.push(Derived { path: folder.cross(), text: Some(pem::certificate(cross)) });
        }
        if generation.state == IssuerState::Active {
            files.push(of_chain(layout, &generation.chain()));
        }
    }
    files
}

fn of_chain(layout: &Layout, chain: &[Certificate]) -> Derived {
    Derived { path: layout.chain(), text: (!chain.is_empty()).then(|| pem::certificates(chain)) }
}

/// Writes what belongs to the first CA certificate of a directory that has no ledger yet: the
/// certificate, those above it (its own issuer first, the root last), and what is derived from them.
/// Files that are there already are replaced.
pub(super) fn write_first(
    layout: &Layout,
    certificate: &Certificate,
    above: &[Certificate],
) -> Result<(), AuthorityError> {
    let folder = layout.issuer(crate::store::layout::IssuerNumber::FIRST);
    if !above.is_empty() {
        write_above(&folder.above(), above)?;
    }
    let without_root: Vec<Certificate> = std::iter::once(certificate).chain(above).take(above.len()).cloned().collect();
    let root = above.last().unwrap_or(certificate);
    let files = vec![
        Derived { path: folder.certificate(), text: Some(pem::certificate(certificate)) },
        of_chain(layout, &without_root),
        Derived { path: layout.trust(), text: Some(pem::certificate(root)) },
    ];
    write(files).map(drop)
}

/// Writes the certificates above an issuer, which are not derived: the ledger does not have them.
pub(super) fn write_above(path: &Path, above: &[Certificate]) -> Result<(), AuthorityError> {
    Ok(atomic::replace(path, pem::certificates(above).as_bytes(), Readers::Everybody)?)
}
