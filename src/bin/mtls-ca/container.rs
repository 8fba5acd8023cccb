//! Certificates that a user named, out of whatever file they are in: PEM, DER, PKCS#7, PKCS#12 or JKS.

use std::path::Path;

use mtls_ca::examine::container::{Contained, ContainerError, open, store_kind};
use mtls_ca::keys::Passphrase;
use mtls_ca::x509::certificate::Certificate;

use crate::context::{Context, PassphraseArgs};
use crate::failure::{Exit, Failure};

/// Takes a file apart; where it is a store, with the passphrase of the command line, of the environment, or typed.
pub fn contained(file: &Path, args: &PassphraseArgs, context: &Context) -> Result<Contained, Failure> {
    let bytes = context.read_input(file)?;
    let password = match store_kind(&bytes) {
        Some(kind) => context.passphrase(args, &format!("the {kind} store `{}`", file.display()))?,
        None => None,
    };
    opened(file, &bytes, password.as_ref())
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

/// Takes these bytes apart.
pub fn opened(file: &Path, bytes: &[u8], password: Option<&Passphrase>) -> Result<Contained, Failure> {
    open(bytes, password).map_err(|error| Failure::contained(file, error, "--passphrase-file FILE"))
}

impl Failure {
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
