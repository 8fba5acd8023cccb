//! Where the answers of a batch go: each to a place of its own, and none into the CA's directory.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::Answer;
use super::error::RowError;
use crate::bundle::deliver::{Misplaced, Role, apart, read_at};
use crate::bundle::pem;
use crate::encoding::{certificate, request};
use crate::store::FileError;
use crate::store::atomic::{Existing, Output, Readers};
use crate::store::directory::{check_directory, create_directory, parent_of};
use crate::store::group::{Filed, write_group};
use crate::store::making::sweep;
use crate::store::read::{is_file, read_limited};
use crate::words::x509::certificate::Certificate;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::public_key::PublicKey;

/// So many folders are made for one answer at most.
const DEEPEST: usize = 64;
/// The most of a file that is looked at where an answer is to go.
const LARGEST_ANSWER: u64 = 1024 * 1024;

/// The places that are taken, each by a digest of its path: a million of them need little memory.
#[derive(Debug, Default)]
pub struct Places {
    taken: HashSet<[u8; 32]>,
    /// What the command reads beside its rows, by its place.
    read: HashMap<PathBuf, String>,
    /// Directories by the names that they were given, without links and dots.
    settled: HashMap<PathBuf, PathBuf>,
    ca: Option<(PathBuf, PathBuf)>,
}

impl Places {
    /// Outside of this CA's directory.
    #[must_use]
    pub fn outside(ca: Option<&Path>) -> Self {
        let ca = ca.and_then(|directory| Some((directory.to_owned(), directory.canonicalize().ok()?)));
        Self { ca, ..Self::default() }
    }

    /// Outside of this CA's directory, apart from what the command reads, and with the report's place taken.
    #[must_use]
    pub fn beside(report: Option<&Path>, inputs: &[Role], ca: &Path) -> Self {
        let mut places = Self::outside(Some(ca));
        let read = |input: &Role| read_at(&input.path).map(|place| (place, input.what.clone())).collect::<Vec<_>>();
        places.read = inputs.iter().flat_map(read).collect();
        // What is wrong with that place is told by who writes there.
        let _taken = report.map(|report| places.take(report));
        places
    }

    /// Takes a place.
    ///
    /// # Errors
    /// [`Misplaced`] where it is taken or read, or inside the CA directory; [`FileError`] where its directory is
    /// missing or closed.
    pub fn take(&mut self, path: &Path) -> Result<(), RowError> {
        let (place, is_new) = self.settle(path)?;
        if let Some((directory, inside)) = &self.ca
            && place.starts_with(inside)
        {
            return Err(Misplaced::InsideCa { path: path.to_owned(), directory: directory.clone() }.into());
        }
        if let Some(first) = self.read.get(&place).cloned() {
            let second = "the answer to a row".to_owned();
            return Err(Misplaced::Twice { path: path.to_owned(), first, second }.into());
        }
        // What an earlier batch was about to put there when it was ended.
        if let (true, Some(folder)) = (is_new, place.parent()) {
            sweep(folder);
        }
        if self.taken.insert(*Fingerprint::of(place.as_os_str().as_encoded_bytes()).octets()) {
            return Ok(());
        }
        Err(Misplaced::Taken(path.to_owned()).into())
    }

    /// Makes a folder, and those above it, where they are missing.
    ///
    /// # Errors
    /// [`Misplaced`] where it would be inside the CA directory, before anything is made there;
    /// [`FileError`] where it cannot be made.
    pub fn make(&self, folder: &Path) -> Result<(), RowError> {
        if folder == Path::new("") || folder.is_dir() {
            return Ok(());
        }
        apart(&[], &[Role::new("a folder", folder)], self.ca.as_ref().map(|(named, _)| named.as_path()))?;
        let is_missing = |above: &&Path| *above != Path::new("") && !above.exists();
        let missing: Vec<&Path> = folder.ancestors().take(DEEPEST).take_while(is_missing).collect();
        for above in missing.into_iter().rev() {
            match create_directory(above) {
                // Somebody else was quicker.
                Err(FileError::Exists(_)) if above.is_dir() => {}
                made => made?,
            }
        }
        Ok(())
    }

    /// Where a path leads, and whether its directory was not seen before.
    fn settle(&mut self, path: &Path) -> Result<(PathBuf, bool), FileError> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(FileError::NoDirectory(path.to_owned()));
        };
        if let Some(settled) = self.settled.get(parent) {
            return Ok((settled.join(name), false));
        }
        check_directory(parent_of(path))?;
        let settled = parent.canonicalize().unwrap_or_else(|_| parent.to_owned());
        let place = settled.join(name);
        // Lists of many directories do not fill the memory.
        if self.settled.len() > 10_000 {
            self.settled.clear();
        }
        self.settled.insert(parent.to_owned(), settled);
        Ok((place, true))
    }
}

/// The certificate for this key that stands where the answer goes; none where there is nothing.
///
/// # Errors
/// [`RowError::Occupied`] where something else stands there.
pub(super) fn standing(path: &Path, key: &PublicKey) -> Result<Option<Fingerprint>, RowError> {
    if !is_file(path)? {
        return Ok(None);
    }
    let found = read_limited(path, LARGEST_ANSWER)?;
    let certificates = certificate::read_all(&found).unwrap_or_default();
    match certificates.first() {
        Some(first) if first.public_key() == key => Ok(Some(first.fingerprint())),
        _ => Err(RowError::Occupied(path.to_owned())),
    }
}

/// Whether what stands there may be replaced: certificates, and nothing else. It may be what another row
/// reads, and that is to be known before a certificate is made for its place.
///
/// # Errors
/// What is in the way.
pub(super) fn replaceable(path: &Path) -> Result<(), RowError> {
    let _planned = Output::plan(path, Readers::Everybody, Existing::Replace)?;
    if !is_file(path)? {
        return Ok(());
    }
    let found = read_limited(path, LARGEST_ANSWER)?;
    if request::read_all(&found).is_ok_and(|requests| !requests.is_empty()) {
        let (first, second) = ("a request".to_owned(), "the answer to another one".to_owned());
        return Err(Misplaced::Twice { path: path.to_owned(), first, second }.into());
    }
    match found.is_empty() || certificate::read_all(&found).is_ok_and(|certificates| !certificates.is_empty()) {
        true => Ok(()),
        false => Err(RowError::NoAnswer(path.to_owned())),
    }
}

/// Writes each certificate, with what goes behind it in a handshake, to its place.
pub(super) fn deliver<'a>(
    answers: impl Iterator<Item = (&'a Path, &'a Answer)>,
    chain: &str,
    existing: Existing,
) -> Vec<Result<(), RowError>> {
    let (mut files, mut serials) = (Vec::new(), Vec::new());
    for (path, answer) in answers {
        let text = answer.certificate().map_or_else(String::new, |leaf| pem::certificate(leaf) + chain);
        files.push(Filed { path: path.to_owned(), text });
        serials.push(answer.certificate().map(Certificate::serial));
    }
    let failed = |(written, serial): (Result<(), FileError>, Option<&_>)| {
        written.map_err(|error| match serial.cloned() {
            Some(serial) => RowError::Undelivered { serial, error },
            None => error.into(),
        })
    };
    write_group(&files, existing).into_iter().zip(serials).map(failed).collect()
}
