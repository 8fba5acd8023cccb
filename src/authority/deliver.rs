//! From an issued certificate to a service that uses it.

use std::path::PathBuf;

use thiserror::Error;

use super::issue::Issued;
use super::plan::Plan;
use super::{Authority, AuthorityError, Signer};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::bundle::deliver::{Delivery, DeliveryError, KEY, KeyText, Set, SetError};
use crate::bundle::export::{ExportError, Extras};
use crate::ledger::LedgerError;
use crate::store::FileError;
use crate::store::hook::Hook;
use crate::store::lock::LockError;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::serial::Serial;

/// Where a certificate is to go, what goes with it, and what runs then.
#[derive(Debug)]
pub struct Parcel {
    /// The open place.
    pub delivery: Delivery,
    /// The key, where it is to be delivered or compared.
    pub key: Option<KeyText>,
    /// The forms that are delivered besides.
    pub extras: Extras,
    /// Whether the key is nowhere yet: then it is written down before its certificate is issued.
    pub is_new_key: bool,
    /// What runs afterwards.
    pub hook: Option<Hook>,
}

/// A certificate that was delivered.
#[derive(Debug)]
pub struct Delivered {
    /// The certificate.
    pub certificate: Certificate,
    /// How it was issued; none where it existed already.
    pub issued: Option<Issued>,
    /// The files that were written.
    pub files: Vec<PathBuf>,
}

/// Why a certificate was not delivered.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// Before anything was issued.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// There is no key beside the certificate.
    #[error("there is no key `{}` beside the certificate", .0.display())]
    NoKey(PathBuf),
    /// There is no certificate in the file.
    #[error("there is no certificate in `{}`", .0.display())]
    NoCertificate(PathBuf),
    /// A new key is wanted where key and certificate are two files.
    #[error(
        "a new key cannot take the place of the one beside `{}`: \
         who opens the two files in between would get a pair that does not match",
        .0.display()
    )]
    TwoFiles(PathBuf),
    /// There is a store, whose successor is to have the same password.
    #[error(
        "{}", match wrong {
            true => format!("the store's password does not open `{}`", path.display()),
            false => format!("`{}` is sealed with a password, and none was given", path.display()),
        }
    )]
    StoreClosed {
        /// Which file.
        path: PathBuf,
        /// Whether another password was given.
        wrong: bool,
    },
    /// One of the further forms cannot be written; nothing was issued.
    #[error(transparent)]
    Form(ExportError),
    /// The certificate was issued, and is in the ledger; one of the further forms cannot be written.
    #[error("certificate {serial} was issued, but not delivered: {error}")]
    Export {
        /// Its number.
        serial: Serial,
        /// Why.
        error: ExportError,
    },
    /// The certificate was issued, and is in the ledger; its files are as they were.
    #[error("certificate {serial} was issued, but not delivered")]
    Undelivered {
        /// Its number.
        serial: Serial,
        /// Why.
        #[source]
        error: Box<DeliveryError>,
    },
}

impl From<FileError> for RefreshError {
    fn from(error: FileError) -> Self {
        AuthorityError::File(error).into()
    }
}

impl From<LockError> for RefreshError {
    fn from(error: LockError) -> Self {
        AuthorityError::Lock(error).into()
    }
}

impl From<LedgerError> for RefreshError {
    fn from(error: LedgerError) -> Self {
        AuthorityError::Ledger(error).into()
    }
}

impl Authority {
    /// Issues what was planned and delivers it. A new key is on disk before its certificate exists.
    ///
    /// # Errors
    /// [`RefreshError::Undelivered`] where the certificate exists and its files are as they were.
    pub fn issue_into(
        &mut self,
        plan: Plan,
        parcel: Parcel,
        signer: &Signer,
        act: &Act,
    ) -> Result<Delivered, RefreshError> {
        let subject = parcel.key.as_ref().map(|_| plan.preview().public_key());
        parcel.extras.check(subject).map_err(RefreshError::Form)?;
        if let Parcel { is_new_key: true, key: Some(key), delivery: Delivery::Folder { versions, .. }, .. } = &parcel {
            versions.keep_key(key.bytes())?;
        }
        let issued = self.issue(plan, signer, act)?;
        let (leaf, chain) = (issued.certificate().clone(), issued.chain().to_vec());
        let profile = issued.profile().to_string();
        let files = self.hand_over(&leaf, &chain, profile, parcel, act)?;
        Ok(Delivered { certificate: leaf, issued: Some(issued), files })
    }

    /// Puts a certificate where it is to go; where the service does not take it, brings back what was
    /// there before. Either is an event of the audit log.
    pub(super) fn hand_over(
        &mut self,
        leaf: &Certificate,
        chain: &[Certificate],
        profile: String,
        parcel: Parcel,
        act: &Act,
    ) -> Result<Vec<PathBuf>, RefreshError> {
        let Parcel { delivery, key, extras, is_new_key: _, hook } = parcel;
        let trust = self.trust()?;
        let set = Set::new(leaf, chain, &trust, key, &extras).map_err(|error| match error {
            SetError::Mismatch(_) => RefreshError::Authority(AuthorityError::KeyMismatch(PathBuf::from(KEY))),
            SetError::Export(error) => RefreshError::Export { serial: leaf.serial().clone(), error },
        })?;
        let object = Object::Certificate {
            fingerprint: Some(leaf.fingerprint()),
            issuer: self.issuer.number.to_string(),
            profile,
            serial: leaf.serial().clone(),
            subject: leaf.subject().rfc4514(),
        };
        let delivered = delivery.put(&set, hook.as_ref());
        let outcome = match &delivered {
            Ok(_) => Outcome::Done,
            Err(error) => Outcome::Failed { reason: error.to_string() },
        };
        let told = self.ledger.append(&Event::new(act, Action::Deliver, object, outcome));
        let files = delivered
            .map_err(|error| RefreshError::Undelivered { serial: leaf.serial().clone(), error: Box::new(error) })?;
        told?;
        Ok(files)
    }
}
