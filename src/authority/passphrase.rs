//! The passphrase of the CA's own keys, of which there is one for all of them.

use std::path::PathBuf;

use super::issuer::KeyPlace;
use super::{Authority, AuthorityError};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::keys::{Passphrase, Resealing, SealFor};
use crate::store::layout::Layout;
use crate::store::read::is_file;

impl Authority {
    /// The files of this CA that a passphrase seals: the keys of all generations, of their OCSP
    /// responders, and of the audit log. One that is kept elsewhere is not among them.
    ///
    /// # Errors
    /// Where the ledger or the directory cannot be read.
    pub fn key_files(&self) -> Result<Vec<PathBuf>, AuthorityError> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let layout = Layout::at(directory);
        let mut found = Vec::new();
        for generation in self.generations()? {
            if let KeyPlace::File(key) = &generation.key {
                found.push(key.clone());
            }
            found.push(layout.issuer(generation.number).responder());
        }
        found.push(layout.audit_key());
        let mut there = Vec::new();
        for path in found {
            if is_file(&path)? {
                there.push(path);
            }
        }
        Ok(there)
    }

    /// Gives all keys of this CA another passphrase, or none, and says which files were changed. All are
    /// opened before the first is written; a run that did not end is ended by the same call again.
    ///
    /// # Errors
    /// [`AuthorityError::Key`] where a key opens with neither passphrase.
    pub fn change_passphrase(
        &mut self,
        old: Option<&Passphrase>,
        new: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Vec<PathBuf>, AuthorityError> {
        let mut changes = Vec::new();
        for path in self.key_files()? {
            let change = Resealing::prepare(&path, old, new, SealFor::Us)?
                .map_err(|source| AuthorityError::Key { path, source })?;
            if change.is_needed() {
                changes.push(change);
            }
        }
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.record_passphrase(act, Outcome::Intended)?;
        let mut changed = Vec::new();
        for change in changes {
            let path = change.path().to_owned();
            if let Err(error) = change.write(new) {
                self.record_passphrase(act, Outcome::Failed { reason: error.to_string() })?;
                return Err(error.into());
            }
            changed.push(path);
        }
        self.record_passphrase(act, Outcome::Done)?;
        Ok(changed)
    }

    fn record_passphrase(&mut self, act: &Act, outcome: Outcome) -> Result<(), AuthorityError> {
        let object = Object::Issuer {
            fingerprint: self.issuer.certificate.fingerprint(),
            issuer: self.issuer.number.to_string(),
            subject: self.issuer.certificate.subject().rfc4514(),
        };
        Ok(self.ledger.append(&Event::new(act, Action::ChangePassphrase, object, outcome))?)
    }
}
