//! Certificates that a user named, out of whatever file they are in: PEM, DER, PKCS#7, PKCS#12 or JKS.

use std::path::Path;

use mtls_ca::encoding::key_store::StoreKind;
use mtls_ca::examine::container::{Contained, ContainerError, open, store_kind};
use mtls_ca::keys::Passphrase;
use mtls_ca::words::typed::typed_path;
use mtls_ca::x509::certificate::Certificate;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};

/// How the passphrase of a store is given.
pub const WAYS: &str = "--passphrase-file FILE";

/// Takes a file apart; where it is a store, with the passphrase of the command line, of the environment, or typed.
pub fn contained(file: &Path, args: &PassphraseArgs, context: &Context) -> Result<Contained, Failure> {
    let bytes = context.read_input(file)?;
    let password = password_of(file, &bytes, args, context)?;
    open(&bytes, password.as_ref()).map_err(|error| Failure::contained(file, error, WAYS))
}

/// Takes the bytes of a file apart; where it is a store, with the passphrase of a file of its own, or typed.
pub fn opened(
    file: &Path,
    bytes: &[u8],
    passphrase_file: Option<&Path>,
    ways: &str,
    context: &Context,
) -> Result<Contained, Failure> {
    let password = match store_kind(bytes) {
        Some(kind) => context.passphrase_from(passphrase_file, &format!("the {kind} store `{}`", file.display()))?,
        None => None,
    };
    open(bytes, password.as_ref()).map_err(|error| Failure::contained(file, error, ways))
}

/// The passphrase of a store; nothing where these bytes are none.
pub fn password_of(
    file: &Path,
    bytes: &[u8],
    args: &PassphraseArgs,
    context: &Context,
) -> Result<Option<Passphrase>, Failure> {
    let Some(kind) = store_kind(bytes) else { return Ok(None) };
    match context.passphrase(args, &format!("the {kind} store `{}`", file.display()))? {
        Some(password) => Ok(Some(password)),
        None => Err(Failure::contained(file, ContainerError::PasswordMissing(kind), WAYS)),
    }
}

/// The certificates of several files, in their order.
pub fn certificates(
    files: &[impl AsRef<Path>],
    args: &PassphraseArgs,
    context: &Context,
) -> Result<Vec<Certificate>, Failure> {
    let mut found = Vec::new();
    for file in files {
        found.extend(contained(file.as_ref(), args, context)?.certificates);
    }
    Ok(found)
}

impl Failure {
    /// A store where a certificate was to be named, by a command whose passphrase is that of the CA's key.
    pub fn named_by_store(file: &Path, kind: StoreKind) -> Self {
        let message = format!("`{}` is a {kind} store, which only its password opens", file.display());
        Self::new(Exit::Failed, "is_store", message).hint(format!(
            "take the certificate's fingerprint: mtls-ca fingerprint {} --passphrase-file FILE",
            typed_path(file)
        ))
    }

    /// A file whose certificates are not to be had.
    pub fn contained(file: &Path, error: ContainerError, ways: &str) -> Self {
        let secret = |kind, error: &ContainerError| {
            Self::new(Exit::Secret, kind, format!("cannot open `{}`", file.display())).cause(error)
        };
        match error {
            ContainerError::Read(error) => Self::unreadable(file, &error),
            ContainerError::PasswordMissing(_) => {
                secret("passphrase_missing", &error).hint(format!("give it with {ways}"))
            }
            ContainerError::WrongPassword => secret("passphrase_wrong", &error)
                .hint("nothing was changed; check the file or variable that the passphrase comes from"),
            ContainerError::SeveralKeys(_) => {
                Self::new(Exit::Failed, "several_keys", format!("cannot use `{}`", file.display())).cause(error)
            }
        }
    }
}
