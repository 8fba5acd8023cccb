//! A CA directory as one file: a moment of the ledger, and everything beside it.

mod manifest;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub use manifest::{AuditHead, BackedUpFile, BackedUpIssuer, Manifest};
pub(super) use manifest::{FORMAT, MANIFEST};

use super::{Authority, AuthorityError};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::keys::{Passphrase, seal_file};
use crate::store::FileError;
use crate::store::archive::{ArchiveError, EntryName, Packer};
use crate::store::atomic::{Output, Readers};
use crate::store::directory::parent_of;
use crate::store::layout::Layout;
use crate::store::read::read_limited;
use crate::store::staging::Staging;
use crate::store::walk::{Search, seen_below};
use crate::words::x509::fingerprint::{Digesting, Fingerprint};

/// The largest of the files beside the ledger: the CRL of a few million certificates.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
/// How many files there may be beside the ledger.
const MOST_FILES: usize = 100_000;
/// What is sealed, or goes to standard output, is held in memory.
const LARGEST_IN_MEMORY: u64 = 1024 * 1024 * 1024;

/// Where a backup goes.
#[derive(Debug)]
pub enum Destination {
    /// A file.
    File(Output),
    /// Back to the caller, for standard output.
    Memory,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Backup {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the whole of it.
    pub sha256: Fingerprint,
    /// How many bytes it has.
    pub size: u64,
    /// Whether a passphrase is needed to read it.
    pub encrypted: bool,
    /// The bytes, where they were asked for.
    pub bytes: Option<Vec<u8>>,
}

impl Authority {
    /// Copies everything of the CA into one file, while others go on issuing: the ledger as it was at
    /// one moment, and then the files beside it. Keys go along as they are, so that the file is as
    /// secret as they are; with a passphrase the whole of it is sealed.
    ///
    /// # Errors
    /// [`AuthorityError::InMemory`] for a CA without a directory; [`AuthorityError::TooLarge`] where it
    /// should be held in memory and is too large; where a file cannot be read or written.
    pub fn backup(
        &mut self,
        to: Destination,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Backup, AuthorityError> {
        let Some(directory) = self.directory.clone() else { return Err(AuthorityError::InMemory) };
        let what = match &to {
            Destination::File(output) => output.path().display().to_string(),
            Destination::Memory => "standard output".to_owned(),
        };
        let event = |outcome| Event::new(act, Action::Backup, Object::File { what: what.clone() }, outcome);
        // Before the copy, so that the copy knows of itself.
        self.ledger.append(&event(Outcome::Intended))?;
        let done = self.pack(&directory, to, passphrase, act);
        match &done {
            Ok(_) => self.ledger.append(&event(Outcome::Done))?,
            // Where the disk is full, this cannot be written either; the first error says more.
            Err(error) => drop(self.ledger.append(&event(Outcome::Failed { reason: error.to_string() }))),
        }
        done
    }

    fn pack(
        &self,
        directory: &Path,
        to: Destination,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Backup, AuthorityError> {
        // Beside the backup, where there is room for it.
        let room = match &to {
            Destination::File(output) => parent_of(output.path()),
            Destination::Memory => directory,
        };
        let room = Staging::within(room)?;
        let contents = self.contents(directory, room.path(), act)?;
        let sealed_or_plain = |limit: u64| -> Result<Vec<u8>, AuthorityError> {
            contents.fits(limit)?;
            let plain = zeroize::Zeroizing::new(contents.write(Vec::new(), act)?);
            match passphrase {
                Some(passphrase) => Ok(seal_file(&plain, passphrase)?),
                None => Ok(plain.to_vec()),
            }
        };
        let (sha256, size, bytes) = match to {
            Destination::Memory => {
                let bytes = sealed_or_plain(LARGEST_IN_MEMORY)?;
                (Fingerprint::of(&bytes), bytes.len() as u64, Some(bytes))
            }
            Destination::File(output) if passphrase.is_some() => {
                let bytes = sealed_or_plain(LARGEST_IN_MEMORY)?;
                output.write(&bytes)?;
                (Fingerprint::of(&bytes), bytes.len() as u64, None)
            }
            Destination::File(output) => {
                let mut written = None;
                output.write_with(|file| {
                    let written_whole = contents.write(Counted::new(file), act);
                    let Counted { digesting, size, .. } = written_whole.map_err(|error| match error {
                        AuthorityError::Archive(ArchiveError::NotWritten(source)) => {
                            FileError::io("write", output.path())(source).into()
                        }
                        other => other,
                    })?;
                    written = Some((digesting.finish(), size));
                    Ok::<_, AuthorityError>(())
                })?;
                let (sha256, size) = written.unwrap_or((Fingerprint::of(b""), 0));
                (sha256, size, None)
            }
        };
        Ok(Backup { manifest: contents.manifest, sha256, size, encrypted: passphrase.is_some(), bytes })
    }

    /// The CRLs first: a ledger that is behind its CRL is an older copy, and signs no other one. Then
    /// the ledger: every CA certificate that it knows has its files by then.
    fn contents(&self, directory: &Path, room: &Path, act: &Act) -> Result<Contents, AuthorityError> {
        let layout = Layout::at(directory);
        let mut lists = self.crl_files_as_they_are(&layout)?;
        let copy = Layout::at(room).ledger();
        self.ledger.snapshot(&copy)?;
        let snapshot = crate::ledger::Ledger::open_for_reading(&copy, std::time::Duration::ZERO)?;
        let head = snapshot.audit_head()?;
        let mut issuers = Vec::new();
        for issuer in snapshot.issuers()? {
            let last = snapshot.crl_standing(issuer.number)?.highest;
            issuers.push(BackedUpIssuer {
                issuer: issuer.number.to_string(),
                subject: issuer.subject,
                sha256: Fingerprint::of(&issuer.certificate).to_string(),
                last_crl_number: last.map(|number| number.to_string()),
            });
        }
        let (sha256, size) = digest(&copy)?;
        let ledger_name = EntryName::below(directory, &layout.ledger());
        let mut files = Vec::new();
        let mut small = Vec::new();
        for seen in seen_below(directory, &Search { is_meant: &|_| true, depth: 4, most: MOST_FILES })? {
            let path = match seen {
                Ok(path) => path,
                // No link is kept, wherever it leads.
                Err(error) if matches!(&*error, FileError::Io { path, .. } if path.is_symlink()) => continue,
                Err(error) => Err(*error)?,
            };
            let Some(name) = EntryName::below(directory, &path) else { continue };
            let is_ledger = name.as_str().starts_with("ledger.sqlite");
            let is_own = path.symlink_metadata().is_ok_and(|found| found.is_file());
            if is_ledger || !is_own || name.as_str() == MANIFEST {
                continue;
            }
            let content = match lists.remove(&path) {
                Some(Some(list)) => list,
                // It came out after the ledger was copied.
                Some(None) => continue,
                None => zeroize::Zeroizing::new(read_limited(&path, LARGEST_FILE)?),
            };
            let mode = path.metadata().map(|metadata| metadata.permissions().mode());
            files.push(BackedUpFile {
                name,
                size: content.len() as u64,
                sha256: Fingerprint::of(&content).to_string(),
                public: mode.is_ok_and(|mode| mode & 0o004 != 0),
            });
            small.push(content);
        }
        let mut parts: Vec<(BackedUpFile, Part)> = files.into_iter().zip(small.into_iter().map(Part::Held)).collect();
        if let Some(name) = ledger_name {
            let file = BackedUpFile { name, size, sha256: sha256.to_string(), public: false };
            parts.push((file, Part::Stored(copy)));
        }
        parts.sort_by(|left, right| left.0.name.cmp(&right.0.name));
        let (files, parts) = parts.into_iter().unzip();
        let manifest = Manifest {
            format: FORMAT,
            created: act.now.time().to_string(),
            created_by: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            audit_head: AuditHead { seq: head.seq, hash: head.hash.to_string() },
            issuers,
            files,
        };
        Ok(Contents { manifest, parts })
    }

    /// The CRL files of every generation, whether they are there or not.
    fn crl_files_as_they_are(&self, layout: &Layout) -> Result<BTreeMap<PathBuf, Option<Held>>, AuthorityError> {
        let mut found = BTreeMap::new();
        for issuer in self.ledger.issuers()? {
            let folder = layout.issuer(issuer.number);
            for path in [folder.crl_der(), folder.crl_pem()] {
                let content = match read_limited(&path, LARGEST_FILE) {
                    Ok(content) => Some(zeroize::Zeroizing::new(content)),
                    Err(error) if error.is_not_found() => None,
                    Err(error) => return Err(error.into()),
                };
                found.insert(path, content);
            }
        }
        Ok(found)
    }
}

type Held = zeroize::Zeroizing<Vec<u8>>;

struct Contents {
    manifest: Manifest,
    /// What belongs to each file of the manifest, in its order.
    parts: Vec<Part>,
}

enum Part {
    Held(Held),
    Stored(PathBuf),
}

impl Contents {
    fn fits(&self, limit: u64) -> Result<(), AuthorityError> {
        let size = self.manifest.files.iter().map(|file| file.size).sum();
        if size > limit { Err(AuthorityError::TooLarge { size, limit }) } else { Ok(()) }
    }

    fn write<W: Write>(&self, into: W, act: &Act) -> Result<W, AuthorityError> {
        let mut packer = Packer::new(into, act.now.time());
        let manifest = serde_json::to_vec_pretty(&self.manifest).unwrap_or_default();
        let name: EntryName = MANIFEST.parse().map_err(ArchiveError::from)?;
        packer.add(&name, Readers::Owner, manifest.len() as u64, &mut manifest.as_slice())?;
        for (file, part) in self.manifest.files.iter().zip(&self.parts) {
            let readers = if file.public { Readers::Everybody } else { Readers::Owner };
            match part {
                Part::Held(content) => packer.add(&file.name, readers, file.size, &mut content.as_slice())?,
                Part::Stored(path) => {
                    let mut stored = File::open(path).map_err(FileError::io("read", path))?;
                    packer.add(&file.name, readers, file.size, &mut stored)?;
                }
            }
        }
        Ok(packer.finish()?)
    }
}

/// Digest and size of a file, read bit by bit.
fn digest(path: &Path) -> Result<(Fingerprint, u64), FileError> {
    let mut file = File::open(path).map_err(FileError::io("read", path))?;
    file.seek(SeekFrom::Start(0)).map_err(FileError::io("read", path))?;
    let mut counted = Counted::new(std::io::sink());
    std::io::copy(&mut file.take(u64::MAX), &mut counted).map_err(FileError::io("read", path))?;
    Ok((counted.digesting.finish(), counted.size))
}

/// Passes bytes on, and knows their digest and number.
struct Counted<W> {
    into: W,
    digesting: Digesting,
    size: u64,
}

impl<W> Counted<W> {
    fn new(into: W) -> Self {
        Self { into, digesting: Digesting::new(), size: 0 }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.digesting.update(bytes.get(..written).unwrap_or_default());
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.into.flush()
    }
}
