//! Keeping a delivered certificate fresh: what `renew` does for a file or folder, and `renew --watch`
//! again and again. In two steps, so that the CA's key is opened only where it is needed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::deliver::{Delivered, Parcel, RefreshError};
use super::forms;
use super::plan::Plan;
use super::renewal::RenewalOrder;
use super::{Authority, AuthorityError, LARGEST_TEXT, Signer};
use crate::audit::event::Act;
use crate::bundle::deliver::{Beside, CERTIFICATE, Delivery, KEY, KeyText, Mismatch};
use crate::bundle::export::{self, Extras};
use crate::encoding::certificate;
use crate::enroll::csr;
use crate::keys::{Passphrase, PrivateKey};
use crate::ledger::Entry;
use crate::store::attributes::Attributes;
use crate::store::handover::Exclusive;
use crate::store::hook::Hook;
use crate::store::read::read_limited;
use crate::words::clock::{Now, Time};
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::lifetime::Threshold;
use crate::words::x509::serial::Serial;
use crate::words::x509::validity::Validity;

/// Where a certificate was delivered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file, and its key beside it.
    File {
        /// The certificate, with or without its chain.
        certificate: PathBuf,
        /// The key; none where it is on another machine.
        key: Option<PathBuf>,
        /// What else is delivered.
        beside: Beside,
    },
    /// A folder of versions.
    Folder(PathBuf),
}

/// A delivered certificate that is to be kept fresh.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub place: Place,
    /// From when on it is due; always where not given.
    pub expiring: Option<Threshold>,
    /// A new key of this kind each time; else the key stays.
    pub new_key: Option<KeyAlgorithm>,
    /// What opens the key, and seals a new one.
    pub key_passphrase: Option<Arc<Passphrase>>,
    /// What may differ.
    pub order: RenewalOrder,
    /// Whose the files are.
    pub attributes: Attributes,
    /// The forms that are delivered besides.
    pub extras: Extras,
    /// What runs afterwards.
    pub hook: Option<Hook>,
}

/// What is to be done for a target.
#[derive(Debug)]
pub enum Refresh {
    /// Nothing yet.
    NotDue {
        /// Which certificate is there.
        serial: Serial,
        /// From when to when it holds.
        validity: Validity,
        /// From when on it is due.
        due_from: Time,
    },
    /// Something.
    Due(Box<Due>),
}

/// A renewal that every rule allows, and whose place is open.
#[derive(Debug)]
pub struct Due {
    work: Work,
    former: Serial,
    parcel: Parcel,
    _lock: Option<Exclusive>,
}

#[derive(Debug)]
enum Work {
    Issue(Box<Plan>),
    /// It was issued before, and did not arrive.
    Redeliver(Box<Entry>),
}

impl Due {
    /// Whether something is to be signed, for which the CA's key is needed.
    #[must_use]
    pub const fn needs_signer(&self) -> bool {
        matches!(self.work, Work::Issue(_))
    }

    /// The certificate that is there.
    #[must_use]
    pub const fn former(&self) -> &Serial {
        &self.former
    }

    /// What would be issued; nothing where something that exists is delivered again.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        match &self.work {
            Work::Issue(plan) => Some(plan),
            Work::Redeliver(_) => None,
        }
    }
}

/// What is at the place now.
struct Found {
    leaf: Certificate,
    key: Option<KeyText>,
}

impl Authority {
    /// Looks at a target, decides whether it is due, asks every rule, and opens its place. Of two who
    /// do so at once, the second waits, and sees what the first one did.
    ///
    /// # Errors
    /// Why it is not renewed. Nothing was issued or changed.
    pub fn plan_refresh(&self, target: &Target, patience: Duration, now: Now) -> Result<Refresh, RefreshError> {
        let (lock, folder, found) = match &target.place {
            Place::File { certificate, key, .. } => {
                if target.new_key.is_some() {
                    return Err(RefreshError::TwoFiles(certificate.clone()));
                }
                let lock = Exclusive::of(certificate, patience)?;
                (Some(lock), None, look(certificate, key.as_deref(), target)?)
            }
            Place::Folder(path) => {
                let delivery = Delivery::folder(path, &target.attributes, patience)?;
                let at = |name| crate::store::versions::Versions::member(path, name);
                (None, Some(delivery), look(&at(CERTIFICATE), Some(&at(KEY)), target)?)
            }
        };
        let Found { leaf, key } = found;
        let (entry, _) = self.ledger.former(self.row_of(&leaf)?.id)?;
        // One that was issued and did not arrive, for this key or for one that waits for it.
        let missed = self.ledger.newest_successor(entry.id)?.filter(|newest| newest.validity.is_some());
        let missed = match missed {
            Some(newest) => usable(newest, key, &leaf, folder.as_ref(), target)?,
            None => (None, key),
        };
        let (missed, key) = missed;
        let newest = missed.as_ref().unwrap_or(&entry);
        let validity = newest.validity.unwrap_or(leaf.validity());
        let is_due = target.expiring.is_none_or(|threshold| threshold.is_due(validity, now));
        let former = leaf.serial().clone();
        let (work, key, is_new_key) = match (missed, is_due) {
            (Some(missed), false) => (Work::Redeliver(Box::new(missed)), key, false),
            (None, false) => {
                let due_from = target.expiring.map_or(now.time(), |threshold| threshold.due(validity));
                return Ok(Refresh::NotDue { serial: former, validity, due_from });
            }
            (missed, true) => {
                let row = missed.map_or(entry.id, |missed| missed.id);
                match target.new_key {
                    None => (Work::Issue(Box::new(self.plan_renewal(row, &target.order, now)?)), key, false),
                    Some(algorithm) => {
                        let made = PrivateKey::generate(algorithm).map_err(AuthorityError::Backend)?;
                        let request = csr::nameless(&made).map_err(AuthorityError::Request)?;
                        let plan = self.plan_rekey(row, request, &target.order, now)?;
                        let text = KeyText::seal(made, target.key_passphrase.as_deref());
                        (Work::Issue(Box::new(plan)), Some(text.map_err(AuthorityError::Backend)?), true)
                    }
                }
            }
        };
        let delivery = match (&target.place, folder) {
            (Place::File { certificate, beside, .. }, _) => Delivery::files(certificate, beside, &target.attributes)?,
            (Place::Folder(_), Some(folder)) => folder,
            (Place::Folder(path), None) => Delivery::folder(path, &target.attributes, patience)?,
        };
        let hook = target.hook.clone();
        let extras = match &target.place {
            Place::Folder(path) => forms::of_folder(path, &target.extras)?,
            Place::File { beside, .. } => {
                let public = key.as_ref().map(|key| key.key().public_key());
                for (format, path) in &beside.extras {
                    export::plan(*format, path, public, &target.extras.sealing, true)?;
                }
                target.extras.clone()
            }
        };
        let parcel = Parcel { delivery, key, extras, is_new_key, hook };
        Ok(Refresh::Due(Box::new(Due { work, former, parcel, _lock: lock })))
    }

    /// Issues what was planned and delivers it; where the service does not take it, brings back what was
    /// there before. `signer` may be left out where [`Due::needs_signer`] says so.
    ///
    /// # Errors
    /// [`RefreshError::Undelivered`] where the certificate exists and its files are as they were.
    pub fn refresh(&mut self, due: Due, signer: Option<&Signer>, act: &Act) -> Result<Delivered, RefreshError> {
        let Due { work, former: _, parcel, _lock } = due;
        match work {
            Work::Issue(plan) => {
                let signer = signer.ok_or(AuthorityError::ForeignPlan)?;
                self.issue_into(*plan, parcel, signer, act)
            }
            Work::Redeliver(entry) => {
                let (_, former) = self.ledger.former(entry.id)?;
                let chain = self.generation(entry.issuer)?.chain();
                let (leaf, profile) = (former.certificate().clone(), entry.profile.unwrap_or_default());
                let files = self.hand_over(&leaf, &chain, profile, parcel, act)?;
                Ok(Delivered { certificate: leaf, issued: None, files })
            }
        }
    }
}

/// The successor, where the key that stands there is its own, or the key that waits is.
fn usable(
    newest: Entry,
    key: Option<KeyText>,
    leaf: &Certificate,
    folder: Option<&Delivery>,
    target: &Target,
) -> Result<(Option<Entry>, Option<KeyText>), RefreshError> {
    if newest.public_key == Some(leaf.public_key().fingerprint()) {
        return Ok((Some(newest), key));
    }
    let Some(Delivery::Folder { versions, .. }) = folder else { return Ok((None, key)) };
    let Some(text) = versions.waiting_key()? else { return Ok((None, key)) };
    let waiting = KeyText::read(text, target.key_passphrase.as_deref()).ok();
    let waiting = waiting.filter(|waiting| newest.public_key == Some(waiting.key().public_key().fingerprint()));
    Ok(match waiting {
        Some(waiting) => (Some(newest), Some(waiting)),
        None => (None, key),
    })
}

/// The certificate of a file, and the key that has to belong to it.
fn look(path: &Path, key: Option<&Path>, target: &Target) -> Result<Found, RefreshError> {
    let bytes = read_limited(path, LARGEST_TEXT)?;
    let unreadable = |source| AuthorityError::Unreadable { path: path.to_owned(), source };
    let found = certificate::read_all(&bytes).map_err(unreadable)?;
    let leaf = found.into_iter().next().ok_or_else(|| RefreshError::NoCertificate(path.to_owned()))?;
    let Some(key) = key else { return Ok(Found { leaf, key: None }) };
    let text = match read_limited(key, LARGEST_TEXT) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.is_not_found() => return Err(RefreshError::NoKey(key.to_owned())),
        Err(error) => return Err(error.into()),
    };
    let closed = |source| AuthorityError::Key { path: key.to_owned(), source };
    let text = KeyText::read(text, target.key_passphrase.as_deref()).map_err(closed)?;
    match text.check(&leaf) {
        Ok(()) => Ok(Found { leaf, key: Some(text) }),
        Err(Mismatch::Closed(source)) => Err(closed(source).into()),
        Err(Mismatch::Other) => Err(AuthorityError::KeyMismatch(key.to_owned()).into()),
    }
}
