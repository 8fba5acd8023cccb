//! Why an authority did not do what it was asked: facts, no advice.

use std::path::PathBuf;

use thiserror::Error;

use super::restore::Unsound;
use super::rotate::RotationError;
use crate::bundle::layout::LayoutError;
use crate::encoding::encrypted_data::OpenError;
use crate::encoding::{ReadError, WriteError};
use crate::enroll::csr::CsrError;
use crate::examine::verify::Answer;
use crate::keys::{KeyError, OpenKeyError, SealError};
use crate::ledger::LedgerError;
use crate::policy::Refusal;
use crate::profile::ProfileError;
use crate::store::FileError;
use crate::store::archive::ArchiveError;
use crate::store::config::ConfigError;
use crate::store::hook::HookError;
use crate::store::layout::IssuerNumber;
use crate::store::lock::LockError;
use crate::words::clock::Time;
use crate::words::finding::Finding;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::reason::RevocationReason;
use crate::words::x509::serial::Serial;
use crate::words::x509::signature::SignatureError;
use crate::words::x509::weakness::Weakness;

/// Why an authority did not do what it was asked.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// There is no CA in this directory.
    #[error("there is no CA in `{}`", .0.display())]
    NotThere(PathBuf),
    /// The directory has a key and a request, and waits for its certificate.
    #[error("the CA in `{}` waits for its certificate", .0.display())]
    Waiting(PathBuf),
    /// The CA certificate and its key are there, and the ledger is not.
    #[error("the ledger of the CA in `{}` is gone", .0.display())]
    LedgerLost(PathBuf),
    /// A ledger is to be made again, and there is one.
    #[error("`{}` has a ledger", .0.display())]
    LedgerIsThere(PathBuf),
    /// A CA in memory cannot be copied away.
    #[error("a CA in memory has no directory")]
    InMemory,
    /// More than is held in memory.
    #[error("the CA directory has {size} bytes, and at most {limit} can be encrypted or written to standard output")]
    TooLarge {
        /// What there is.
        size: u64,
        /// What may be.
        limit: u64,
    },
    /// An archive is not one that we take.
    #[error("the backup cannot be read")]
    Archive(#[from] ArchiveError),
    /// A backup is not what it says.
    #[error("the backup is not sound; nothing was restored")]
    Unsound(#[from] Unsound),
    /// A backup that stays closed.
    #[error("cannot open the backup `{}`", path.display())]
    SealedBackup {
        /// Which file.
        path: PathBuf,
        /// Why; none where there was no passphrase.
        #[source]
        source: Option<OpenError>,
    },
    /// A backup could not be encrypted.
    #[error("the backup could not be encrypted")]
    Seal(#[from] SealError),
    /// The directory does not wait for a certificate.
    #[error("the CA in `{}` does not wait for a certificate", .0.display())]
    NotWaiting(PathBuf),
    /// Something is in the directory already.
    #[error("`{}` exists already and is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// Nobody was named as subject.
    #[error("a CA needs a subject")]
    Nameless,
    /// A chain was to be given, and no certificate was.
    #[error("no certificate was given")]
    NoCertificate,
    /// The ledger knows no active issuer.
    #[error("the ledger of `{}` has no active issuer", .0.display())]
    NoIssuer(PathBuf),
    /// The authority has no CA certificate of this number.
    #[error("this CA has no certificate `{0}`")]
    UnknownIssuer(IssuerNumber),
    /// A file of the directory is missing or cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A step of a rotation was not taken.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// The lock was not had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger said no.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// `ca.toml` is wrong.
    #[error("the settings of the CA are not usable")]
    Config(#[from] ConfigError),
    /// A profile is unknown or wrong.
    #[error("the profile is not usable")]
    Profile(ProfileError),
    /// Policy or lint forbid it.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The request does not prove that the requester holds the key.
    #[error("the request does not prove possession of its key")]
    Possession(#[source] SignatureError),
    /// A certificate of another CA, or one that this one knows nothing of.
    #[error("`{subject}` was not issued by this CA, or its ledger does not know it")]
    ForeignCertificate {
        /// Its subject.
        subject: String,
    },
    /// The public key was revoked because its private half is known to others.
    #[error("the public key {0} was revoked for keyCompromise and is not certified again")]
    CompromisedKey(Fingerprint),
    /// The private half of a CA's key is no secret.
    #[error("the key of the CA `{subject}` protects nothing: {weakness}")]
    KeyNotSecret {
        /// Whose it is.
        subject: String,
        /// Why.
        weakness: Weakness,
    },
    /// A key file stays closed.
    #[error("cannot open the key `{}`", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenKeyError,
    },
    /// The key is not the one that the certificate certifies.
    #[error("the key `{}` does not belong to the certificate", .0.display())]
    KeyMismatch(PathBuf),
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] KeyError),
    /// A file does not decode.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// A system would refuse what it was to be handed.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The request for a new key could not be made.
    #[error(transparent)]
    Request(#[from] CsrError),
    /// A value does not encode.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A plan, or an unlocked key, of another CA. Nothing was signed.
    #[error("the plan or the unlocked key belongs to another CA; nothing was signed")]
    ForeignPlan,
    /// What was signed does not verify, or is not what was reserved. Nothing was given out.
    #[error("the signature over certificate {serial} does not verify; nothing was given out")]
    BadSignature {
        /// The reserved number, which stays pending or was abandoned.
        serial: Serial,
    },
    /// An OCSP response that was signed does not verify. Nothing was given out.
    #[error("the signature over the OCSP response does not verify; nothing was given out")]
    BadResponse,
    /// There is no place for what is to be published.
    #[error("there is no folder to publish into")]
    NowhereToPublish,
    /// A certificate that should become ours does not stand.
    #[error("the certificate cannot be used as a CA of this directory")]
    NotACa(Box<Answer>),
    /// A chain up to a self-signed root is needed and is not whole.
    #[error("the chain of `{subject}` does not end in a root; nobody could trust it")]
    NoRoot {
        /// The last certificate that was found.
        subject: String,
    },
    /// The file with the certificates above the issuer holds others.
    #[error("`{}` does not lead from `{subject}` to its root: {reason}", path.display())]
    ForeignChain {
        /// The file.
        path: PathBuf,
        /// The CA certificate that signs.
        subject: String,
        /// What is wrong.
        reason: String,
    },
    /// A CRL does not belong to the CA that is adopted.
    #[error("the CRL is not signed by `{subject}`")]
    ForeignCrl {
        /// The CA.
        subject: String,
    },
    /// No CA of this directory, nor one above, signed the CRL.
    #[error("the CRL of `{issuer}` is signed by no CA of this directory, nor by one above")]
    UnknownCrlIssuer {
        /// Whom the CRL names.
        issuer: String,
    },
    /// A CRL without an end.
    #[error("the CRL of `{subject}` does not say when the next one is due")]
    NoNextUpdate {
        /// The CA.
        subject: String,
    },
    /// The CA was adopted, and nobody said what it had revoked before.
    #[error("nothing is known of what `{0}` revoked before it was adopted; its CRL would take all that back")]
    UnknownHistory(IssuerNumber),
    /// The CA's certificate does not allow CRLs.
    #[error("the key usage of `{subject}` does not include cRLSign; peers refuse its CRLs")]
    NoCrlSign {
        /// The CA.
        subject: String,
    },
    /// A CRL is out that the ledger does not know of.
    #[error("`{}` has number {published}, and the last one of this ledger {known}; it is an older copy", path.display())]
    CrlAhead {
        /// The CRL.
        path: PathBuf,
        /// Its number.
        published: String,
        /// The highest number of the ledger.
        known: String,
    },
    /// A published CRL is another CA's.
    #[error("`{}` is the CRL of `{found}`, another CA", path.display())]
    ForeignPublished {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
    },
    /// The CRL that was made is not the one that was meant. It was not brought out.
    #[error("the CRL that was made is not sound; it was not brought out")]
    UnsoundCrl(Vec<Finding>),
    /// What was to run after files were brought out did not.
    #[error("what was to run afterwards failed")]
    Hook(#[from] HookError),
    /// Not every CA has a CRL that counts.
    #[error("the set of CRLs is incomplete; peers that check it would refuse every certificate")]
    IncompleteSet(Vec<Finding>),
    /// A reason that a complete CRL cannot state.
    #[error("`{0}` is for delta CRLs only")]
    NotAReason(RevocationReason),
    /// A revocation of tomorrow.
    #[error("{0} lies in the future")]
    FutureInvalidity(Time),
}

impl From<ProfileError> for AuthorityError {
    fn from(error: ProfileError) -> Self {
        Self::Profile(error)
    }
}

impl From<Refusal> for AuthorityError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
