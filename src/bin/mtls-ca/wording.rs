//! Each error of the library in words: what was found, how the process ends, what to type next.

use std::error::Error;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;

use mtls_ca::authority::AuthorityError;
use mtls_ca::bundle::deliver::Misplaced;
use mtls_ca::bundle::layout::LayoutError;
use mtls_ca::encoding::ReadError;
use mtls_ca::enroll::csr::{CsrError, NotAName};
use mtls_ca::keys::{KeyError, OpenKeyError};
use mtls_ca::ledger::{Barrier, LedgerError};
use mtls_ca::profile::ProfileError;
use mtls_ca::store::lock::LockError;
use mtls_ca::store::{FileError, Treasure};
use mtls_ca::x509::signature::SignatureError;

use crate::failure::{Exit, Failure};
use mtls_ca::words::typed::typed_path;

/// Nothing that a program can mend; what is there already, a second run finds.
const FAILING_DISK: &str = "look at the disk (`df .`, `dmesg --level=err`), then run the same command again";

/// Who may do what with a file, and with the directory that it is in.
pub fn owner_and_mode(path: &Path) -> String {
    let (folder, path) = (typed_path(folder_of(path)), typed_path(path));
    if folder == path {
        format!("check owner and mode: ls -ld {path}")
    } else {
        format!("check owner and mode: ls -ld {folder} {path}")
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        match &error {
            FileError::Io { source, path, .. } => {
                let failure = Self::new(Exit::Failed, "io", message).cause(source);
                match source.kind() {
                    ErrorKind::PermissionDenied => failure.hint(owner_and_mode(path)),
                    ErrorKind::StorageFull => failure.hint("free some space, then run the same command again"),
                    _ if error.is_failing_disk() => failure.hint(FAILING_DISK),
                    _ => failure,
                }
            }
            FileError::Exists(_) => Self::new(Exit::Failed, "exists", message)
                .hint("choose another place with `--out`, or replace it with `--force`"),
            FileError::NeverReplaced { holds, .. } => {
                let kind = match holds {
                    Treasure::Key => "holds_key",
                    Treasure::Ledger => "holds_ledger",
                };
                Self::new(Exit::Failed, kind, message).hint("choose another place; `--force` does not help here")
            }
            FileError::NotAFile { path, .. } => Self::new(Exit::Failed, "not_a_file", message)
                .hint(format!("see what it is, then move it away or name another: ls -ld {}", typed_path(path))),
            FileError::NotTheSame(_) => Self::new(Exit::Internal, "not_the_same_key", message),
            FileError::NoDirectory(path) => {
                Self::new(Exit::Failed, "no_directory", message).hint(format!("mkdir -p {}", typed_path(path)))
            }
            FileError::TooLarge { .. } => Self::new(Exit::Failed, "too_large", message)
                .hint("name another file: what is read here is never as large"),
            FileError::TooManyFiles { .. } => Self::new(Exit::Failed, "too_many_files", message)
                .hint("move away what is none of it, or name the folders below it one by one"),
            FileError::NetworkFileSystem { .. } => Self::new(Exit::Failed, "network_file_system", message)
                .hint("keep the CA directory on a local disk; publish certificates and CRLs from there"),
        }
    }
}

impl From<Misplaced> for Failure {
    fn from(error: Misplaced) -> Self {
        let failure = Self::usage(error.to_string());
        match error {
            Misplaced::Twice { .. } | Misplaced::Taken(_) => failure.hint("give each file a name of its own"),
            Misplaced::InsideCa { .. } => failure.hint("name a place outside of it, as with `--out`"),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy { .. } => Self::new(Exit::Busy, "busy", error.to_string())
                .hint("wait for the other process, or be more patient: --lock-timeout 5m"),
            LockError::File(error) => error.into(),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let message = error.to_string();
        match error {
            LedgerError::File(error) => error.into(),
            LedgerError::NotRenewable(why) => why.into(),
            LedgerError::Missing(_) => Self::new(Exit::Failed, "no_ledger", message),
            LedgerError::NotALedger { .. } => Self::new(Exit::Failed, "not_a_ledger", message)
                .hint("restore `ledger.sqlite` from a backup; the key and the certificates are not affected"),
            LedgerError::NotCfssl { .. } => Self::new(Exit::Failed, "not_cfssl", message)
                .hint("name the file of `data_source` in cfssl's -db-config"),
            LedgerError::TooNew { .. } => {
                Self::new(Exit::Failed, "ledger_too_new", message).hint("use the newer mtls-ca that wrote it")
            }
            LedgerError::Damaged { .. } => Self::new(Exit::Failed, "ledger_damaged", message)
                .hint("keep a copy of the directory, then restore `ledger.sqlite` from a backup"),
            LedgerError::Busy { .. } => Self::new(Exit::Busy, "busy", message)
                .hint("wait for the other process, or be more patient: --lock-timeout 5m"),
            LedgerError::NotWritable { ref path, barrier, .. } => {
                Self::new(Exit::Failed, "ledger_not_writable", message).hint(match barrier {
                    Barrier::FullDisk => format!(
                        "nothing was changed by this step; free some space (`df {}`), then run the same command again",
                        typed_path(folder_of(path))
                    ),
                    Barrier::ReadOnly | Barrier::Denied => {
                        format!("nothing was changed by this step; {}", owner_and_mode(path))
                    }
                })
            }
            LedgerError::Disk { ref source, .. } => {
                Self::new(Exit::Failed, "ledger_disk", message).cause(source).hint(FAILING_DISK)
            }
            LedgerError::DuplicateSerial(_)
            | LedgerError::NotPending(_)
            | LedgerError::NoIssuer(_)
            | LedgerError::NoCrlNumber(_) => Self::new(Exit::Failed, "ledger", message),
            LedgerError::NotIssued { .. } => Self::new(Exit::Failed, "not_issued", message),
            LedgerError::NotOnHold { .. } => Self::new(Exit::Refused, "not_on_hold", message)
                .hint("a revocation other than a hold is final: issue a new certificate"),
            LedgerError::ClockBehind { .. } => {
                Self::new(Exit::Failed, "clock", message).hint("set the clock right: date --utc")
            }
            LedgerError::OlderCrl { .. } => Self::new(Exit::Refused, "older_crl", message)
                .hint("fetch the newest one, or leave things as they are: nothing was changed"),
            LedgerError::IssuerState(_) => Self::new(Exit::Failed, "issuer_state", message)
                .hint("see where the rotation stands: mtls-ca rotate status"),
            LedgerError::Other { ref source, .. } => Self::new(Exit::Failed, "ledger", message).cause(source),
        }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let (message, hint) = match error.findings() {
            [one] => (one.to_string(), one.hint.clone()),
            _ => ("the profile is not usable".to_owned(), None),
        };
        let failure = Self::new(Exit::Usage, "profile", message).findings(error.findings().to_vec());
        let failure = hint.into_iter().fold(failure, Self::hint);
        if error.is_unknown_profile() {
            failure.hint("mtls-ca profile list")
        } else {
            failure.hint("mtls-ca profile check")
        }
    }
}

impl From<NotAName> for Failure {
    fn from(error: NotAName) -> Self {
        if error.name.trim().is_empty() { Self::usage("NAME is empty") } else { Self::usage(error.to_string()) }
    }
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        let message = error.to_string();
        let below = causes(&error);
        let failure = |exit, kind| Self { causes: below.clone(), ..Self::new(exit, kind, message.clone()) };
        match error {
            AuthorityError::File(error) => missing_part(error),
            AuthorityError::Lock(error) => error.into(),
            AuthorityError::Rotation(error) => error.into(),
            AuthorityError::Ledger(error) => error.into(),
            AuthorityError::Profile(error) => error.into(),
            AuthorityError::Backend(error) => Self::backend(error),
            AuthorityError::Key { path, source } => Self::key(&path, &source),
            AuthorityError::Unreadable { path, source } => Self::unreadable(&path, &source),
            AuthorityError::NotThere(_) => failure(Exit::Failed, "no_ca")
                .hint("make one with `mtls-ca init`, or name its directory with --ca-dir or MTLS_CA_DIR"),
            AuthorityError::Waiting(_) => {
                failure(Exit::Failed, "waiting").hint("mtls-ca init --complete CERT --chain PARENT-CA.crt")
            }
            AuthorityError::NotWaiting(_) => failure(Exit::Failed, "not_waiting"),
            AuthorityError::NotEmpty(_) => {
                failure(Exit::Failed, "exists").hint("name another directory with --ca-dir; nothing was changed")
            }
            AuthorityError::Nameless => failure(Exit::Usage, "nameless").hint("--subject CN=Example"),
            AuthorityError::NoIssuer(_) => failure(Exit::Failed, "no_issuer"),
            AuthorityError::UnknownIssuer(_) => failure(Exit::Failed, "unknown_issuer").hint("mtls-ca rotate status"),
            AuthorityError::Config(_) => failure(Exit::Failed, "config").hint("correct that line of ca.toml"),
            AuthorityError::Refused(refusal) => {
                let findings = refusal.findings().iter().filter(|finding| finding.is_error()).cloned().collect();
                let message = format!("refused by the rules of profile `{}`", refusal.profile());
                Self::new(Exit::Refused, "refused", message)
                    .findings(findings)
                    .hint(format!("see what the profile allows: mtls-ca profile show {}", refusal.profile()))
            }
            AuthorityError::Possession(error) => failure(Exit::Refused, "no_proof_of_possession").hint(match error {
                SignatureError::Broken(_) => "make the request again with SHA-256: openssl req -new -sha256 …",
                SignatureError::Unsupported { .. } => "make a new key and request: mtls-ca csr NAME",
                SignatureError::Mismatch => "make the request again with the private key that belongs to it",
            }),
            AuthorityError::Layout(error) => error.into(),
            AuthorityError::ForeignCertificate { .. } => failure(Exit::Failed, "unknown_certificate")
                .hint("name the CA that issued it: --ca-dir DIR, or take it in: mtls-ca import certs FILE"),
            AuthorityError::CompromisedKey(_) => {
                failure(Exit::Refused, "compromised_key").hint("make a new key and a new request")
            }
            AuthorityError::KeyNotSecret { .. } => {
                failure(Exit::Refused, "key_not_secret").hint("make a new CA with a key of its own: mtls-ca init")
            }
            AuthorityError::KeyMismatch(_) => failure(Exit::Refused, "key_mismatch")
                .hint("compare the SPKI digests: `mtls-ca fingerprint CERT` and `mtls-ca fingerprint KEY`"),
            error @ (AuthorityError::LedgerLost(_)
            | AuthorityError::LedgerIsThere(_)
            | AuthorityError::InMemory
            | AuthorityError::TooLarge { .. }
            | AuthorityError::Archive(_)
            | AuthorityError::Unsound(_)
            | AuthorityError::SealedBackup { .. }
            | AuthorityError::Seal(_)) => Self::of_restore(error, failure),
            AuthorityError::NoCertificate => failure(Exit::Usage, "no_certificate"),
            AuthorityError::Request(CsrError::KeyNotSecret(_)) => {
                failure(Exit::Refused, "key_not_secret").hint("move the key's file away, and have a new key made")
            }
            AuthorityError::Request(_) => failure(Exit::Failed, "csr"),
            AuthorityError::ForeignChain { path, .. } => failure(Exit::Failed, "foreign_chain").hint(format!(
                "restore `{}` from a backup: the certificates of the CAs above, the root last",
                path.display()
            )),
            AuthorityError::Write(_) => failure(Exit::Failed, "not_encodable"),
            AuthorityError::ForeignPlan => failure(Exit::Internal, "foreign_plan"),
            AuthorityError::BadSignature { .. } => failure(Exit::Internal, "bad_signature"),
            AuthorityError::BadResponse => failure(Exit::Internal, "bad_signature"),
            AuthorityError::NowhereToPublish => failure(Exit::Usage, "nowhere_to_publish")
                .hint("name it with `--out DIR`, or for good in ca.toml: [publish] dir = \"/srv/pki\""),
            AuthorityError::NotACa(answer) => {
                let failure = failure(Exit::Refused, "not_a_ca");
                match answer.first_cause() {
                    Some(cause) => {
                        let failure = failure.cause(&cause.found);
                        cause.hint.iter().fold(failure, |failure, hint| failure.hint(hint.clone()))
                    }
                    None => failure,
                }
            }
            AuthorityError::NoRoot { .. } => {
                failure(Exit::Refused, "no_root").hint("give the certificates above it, up to the root: --chain FILE")
            }
            AuthorityError::ForeignCrl { .. } => failure(Exit::Refused, "foreign_crl"),
            other => Self::of_crl(other, failure(Exit::Failed, "crl")),
        }
    }
}

impl From<LayoutError> for Failure {
    fn from(error: LayoutError) -> Self {
        match error {
            LayoutError::Key(error) => Self::backend(error),
            LayoutError::Refused { system, findings } => {
                let message = format!("{system} would refuse this");
                Self::new(Exit::Refused, "layout_refused", message).findings(findings)
            }
        }
    }
}

/// A part of the CA is gone: that needs more than the system's sentence.
fn missing_part(error: FileError) -> Failure {
    let name = match &error {
        FileError::Io { path, .. } if error.is_not_found() => path.file_name().map(|name| name.to_owned()),
        _ => None,
    };
    let failure = Failure::from(error);
    match name.as_deref().and_then(OsStr::to_str) {
        Some(name) if name.ends_with(".key") => Failure { kind: "no_key", ..failure }
            .hint("bring the CA's key back from its backup, or from where it is kept offline"),
        Some("ca.toml") => Failure { kind: "no_config", ..failure }
            .hint("bring `ca.toml` back from a backup; the key, the ledger and the certificates are not affected"),
        _ => failure,
    }
}

/// What lies below an error, outermost first.
fn causes(error: &dyn Error) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        found.push(mtls_ca::x509::general_name::escaped(&cause.to_string()));
        next = cause.source();
    }
    found
}

impl Failure {
    /// The place of a new key is taken, and `--force` would not change that.
    pub fn key_place(error: FileError) -> Self {
        match &error {
            FileError::Exists(_) => Self::new(Exit::Failed, "exists", error.to_string())
                .hint("choose another place, as with `--out`: a key replaces no file, and no file replaces a key"),
            _ => error.into(),
        }
    }

    /// A file that does not decode.
    pub fn unreadable(file: &Path, error: &ReadError) -> Self {
        Self::new(Exit::Failed, "unreadable", format!("cannot read `{}`", file.display()))
            .cause(error)
            .hint(format!("see what it is: mtls-ca inspect {}", typed_path(file)))
    }

    /// The CA's key, or another whose passphrase the common options give.
    pub fn key(file: &Path, error: &OpenKeyError) -> Self {
        Self::locked(file, error, "--passphrase-file FILE, MTLS_CA_PASSPHRASE_FILE or MTLS_CA_PASSPHRASE")
    }

    /// A key file that stays closed; `ways` are those by which its passphrase can be given.
    pub fn locked(file: &Path, error: &OpenKeyError, ways: &str) -> Self {
        let message = format!("cannot open the key `{}`", file.display());
        let failure = |exit, kind| Self::new(exit, kind, message.clone()).cause(error);
        match error {
            OpenKeyError::PassphraseMissing => {
                failure(Exit::Secret, "passphrase_missing").hint(format!("give it with {ways}"))
            }
            OpenKeyError::WrongPassphrase => failure(Exit::Secret, "passphrase_wrong")
                .hint("nothing was changed; check the file or variable that the passphrase comes from"),
            OpenKeyError::TraditionalEncryption => failure(Exit::Failed, "key_encryption")
                .hint(format!("rewrite it: openssl pkcs8 -topk8 -in {} -out new.key", typed_path(file))),
            OpenKeyError::Empty => {
                failure(Exit::Failed, "key_unreadable").hint("bring the key back from a backup, or name another file")
            }
            OpenKeyError::NoKey | OpenKeyError::Several(_) | OpenKeyError::Read(_) | OpenKeyError::Key(_) => {
                failure(Exit::Failed, "key_unreadable")
                    .hint(format!("see what it is: mtls-ca inspect {}", typed_path(file)))
            }
        }
    }

    /// No passphrase, where one has to be.
    pub fn passphrase_missing(of: &str) -> Self {
        Self::new(Exit::Secret, "passphrase_missing", format!("there is no passphrase for {of}"))
            .hint("give it with --passphrase-file FILE, MTLS_CA_PASSPHRASE_FILE or MTLS_CA_PASSPHRASE")
    }

    /// The crypto backend failed.
    pub fn backend(error: KeyError) -> Self {
        Self::new(Exit::Failed, "key", error.to_string())
    }
}
