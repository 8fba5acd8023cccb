//! Responses that are made in advance (RFC 5019): for servers that staple them, and for a web server
//! that hands them to clients which ask by GET.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{RESPONSE_LIFETIME, Responder};
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError};
use crate::encoding::ocsp::response::Response;
use crate::encoding::ocsp::{cert_id, request, response};
use crate::keys::Passphrase;
use crate::ledger::{Answerable, Entry};
use crate::store::FileError;
use crate::store::atomic::{Readers, replace};
use crate::store::directory::create_open_directory;
use crate::store::layout::{IssuerNumber, ResponseFolder};
use crate::store::read::read_limited;
use crate::words::clock::Now;
use crate::words::x509::fingerprint::IdDigest;
use crate::words::x509::lifetime::{Lifetime, Threshold};
use crate::words::x509::ocsp::{CertStatus, OcspResponse};
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

/// The longest URL path by which clients ask (RFC 5019 section 5: requests of less than 255 bytes).
const LONGEST_PATH: usize = 255;
/// More than any response of ours weighs.
const LARGEST_RESPONSE: u64 = 256 * 1024;

/// Which responses are made, and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspBuild {
    /// The folder; `ocsp` below `publish.dir` where none is named.
    pub folder: Option<PathBuf>,
    /// How long they hold; [`RESPONSE_LIFETIME`] where not said.
    pub lifetime: Option<Lifetime>,
    /// Leaves those alone that say what is still right and are not yet due.
    pub expiring: Option<Threshold>,
}

/// What was made for one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltResponses {
    /// Which generation.
    pub issuer: IssuerNumber,
    /// Where its responses are.
    pub folder: PathBuf,
    /// Whether its responder is new.
    pub responder_is_new: bool,
    /// Until when its responder may answer.
    pub responder_until: crate::words::clock::Time,
    /// How many responses were written.
    pub written: usize,
    /// How many were left as they are.
    pub kept: usize,
    /// How many were taken away, since their certificates have ended.
    pub removed: usize,
}

impl Authority {
    /// Makes a response for every certificate that has not ended, of every generation that answers,
    /// whether it is revoked or not. Each is written whole or not at all.
    ///
    /// # Errors
    /// [`AuthorityError::NowhereToPublish`] where no folder is named and `publish.dir` is not set; as
    /// [`Authority::responder`].
    pub fn ocsp_build(
        &mut self,
        build: &OcspBuild,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Vec<BuiltResponses>, AuthorityError> {
        let OcspBuild { folder, lifetime, expiring } = build;
        let root = match folder.clone().or_else(|| self.response_root()) {
            Some(root) => root,
            None => return Err(AuthorityError::NowhereToPublish),
        };
        let mut built = Vec::new();
        for generation in self.answering(act.now)? {
            let responder = self.responder(&generation, passphrase, act)?;
            let folder = ResponseFolder::within(&root, generation.number);
            create_open_directory(folder.path())?;
            let writer = Writer { responder: &responder, folder: &folder, now: act.now };
            let (mut written, mut kept, mut live) = (0, 0, HashSet::new());
            self.ledger.answerable(generation.number, act.now, |certificate| {
                let status = status(&certificate);
                let lifetime = lifetime.unwrap_or(RESPONSE_LIFETIME);
                if expiring.is_some_and(|threshold| writer.is_fine(&certificate.serial, status, threshold)) {
                    kept += 1;
                } else {
                    writer.write(&certificate.serial, status, lifetime)?;
                    written += 1;
                }
                live.insert(certificate.serial);
                Ok::<(), AuthorityError>(())
            })?;
            let removed = writer.remove_all_but(&live)?;
            self.record_answer(&responder, act)?;
            built.push(BuiltResponses {
                issuer: generation.number,
                folder: folder.path().to_owned(),
                responder_is_new: responder.is_new,
                responder_until: responder.certificate.validity().not_after,
                written,
                kept,
                removed,
            });
        }
        Ok(built)
    }

    /// Whether responses about certificates of this generation are published, for
    /// [`Authority::refresh_ocsp`] to make anew.
    #[must_use]
    pub fn publishes_ocsp(&self, issuer: IssuerNumber) -> bool {
        self.response_root().is_some_and(|root| ResponseFolder::within(&root, issuer).path().is_dir())
    }

    /// Makes the responses about these certificates anew where responses of their generation are
    /// published, so that a revocation is seen by whoever asks next; each for as long as the one before
    /// held. Says where they are.
    ///
    /// # Errors
    /// As [`Authority::ocsp_build`].
    pub fn refresh_ocsp(
        &mut self,
        entries: &[Entry],
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Vec<PathBuf>, AuthorityError> {
        let Some(root) = self.response_root() else { return Ok(Vec::new()) };
        let mut written = Vec::new();
        for generation in self.answering(act.now)? {
            let own: Vec<&Entry> = entries.iter().filter(|entry| entry.issuer == generation.number).collect();
            if own.is_empty() || !self.publishes_ocsp(generation.number) {
                continue;
            }
            let folder = ResponseFolder::within(&root, generation.number);
            let responder = self.responder(&generation, passphrase, act)?;
            let writer = Writer { responder: &responder, folder: &folder, now: act.now };
            for entry in own {
                let lifetime = writer.present(&entry.serial).and_then(|(_, validity)| {
                    Lifetime::from_seconds(validity.not_after.seconds_since(validity.not_before))
                });
                let status = super::answer::status_of(entry);
                writer.write(&entry.serial, status, lifetime.unwrap_or(RESPONSE_LIFETIME))?;
                written.push(folder.stapled(&entry.serial));
            }
            self.record_answer(&responder, act)?;
        }
        Ok(written)
    }

    /// Where responses are published.
    fn response_root(&self) -> Option<PathBuf> {
        self.publish_places().map(|(_, folder)| folder.path().join("ocsp"))
    }
}

fn status(certificate: &Answerable) -> CertStatus {
    match certificate.revocation {
        None => CertStatus::Good,
        Some(revocation) => CertStatus::Revoked { revoked_at: revocation.revoked_at, reason: revocation.reason },
    }
}

/// Writes the responses of one generation.
struct Writer<'a> {
    responder: &'a Responder,
    folder: &'a ResponseFolder,
    now: Now,
}

impl Writer<'_> {
    /// One response, under both names.
    fn write(&self, serial: &Serial, status: CertStatus, lifetime: Lifetime) -> Result<(), AuthorityError> {
        // RFC 5019 sections 2.1.1 and 2.2.1: SHA-1, one certificate, no nonce.
        let asked = cert_id(IdDigest::Sha1, &self.responder.issuer, serial)?;
        let asked_by = request::about(&asked)?;
        let response = self.responder.sign(vec![(asked, status)], None, lifetime, self.now)?;
        replace(&self.folder.stapled(serial), response.der(), Readers::Everybody)?;
        if let Some(path) = self.path_of(&asked_by) {
            if let Some(parent) = path.parent() {
                create_open_directory(parent)?;
            }
            replace(&path, response.der(), Readers::Everybody)?;
        }
        Ok(())
    }

    /// Where clients that send this request find their answer; nowhere where it is too long to be sent in
    /// a path.
    fn path_of(&self, request: &[u8]) -> Option<PathBuf> {
        // Base64 makes four characters of three octets.
        (request.len().div_ceil(3) * 4 < LONGEST_PATH).then(|| self.folder.asked_by(request))
    }

    /// Whether the present response says what is right, is not yet due, and is there under both names.
    fn is_fine(&self, serial: &Serial, status: CertStatus, threshold: Threshold) -> bool {
        let asked = cert_id(IdDigest::Sha1, &self.responder.issuer, serial);
        let path = asked.and_then(|asked| request::about(&asked)).ok().and_then(|request| self.path_of(&request));
        self.present(serial).is_some_and(|(response, validity)| {
            let says = response.content().responses.first().map(|one| one.status);
            says == Some(status)
                && !threshold.is_due(validity, self.now)
                && path.is_none_or(|path| std::fs::read(path).is_ok_and(|content| content == response.der()))
        })
    }

    /// The response that is there, and from when to when it holds.
    fn present(&self, serial: &Serial) -> Option<(OcspResponse, Validity)> {
        let content = read_limited(&self.folder.stapled(serial), LARGEST_RESPONSE).ok()?;
        let Response::Answer(response) = response::read(&content).ok()? else { return None };
        let one = response.content().responses.first()?;
        let validity = Validity { not_before: one.this_update, not_after: one.next_update? };
        Some((*response, validity))
    }

    /// Takes away the responses about certificates that have ended.
    fn remove_all_but(&self, live: &HashSet<Serial>) -> Result<usize, AuthorityError> {
        let unreadable = FileError::io("read", self.folder.path());
        let listed = std::fs::read_dir(self.folder.path()).map_err(unreadable)?;
        let mut removed = 0;
        for entry in listed {
            let path = entry.map_err(FileError::io("read", self.folder.path()))?.path();
            let Some(serial) = ResponseFolder::serial_of(&path).filter(|serial| !live.contains(serial)) else {
                continue;
            };
            let asked = cert_id(IdDigest::Sha1, &self.responder.issuer, &serial)?;
            // Under its other name first, so that a run which ends here is gone on with.
            let other = self.path_of(&request::about(&asked)?);
            for path in other.iter().chain([&path]) {
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(FileError::io("remove", path)(error).into());
                    }
                    _ => {}
                }
            }
            removed += 1;
        }
        Ok(removed)
    }
}
