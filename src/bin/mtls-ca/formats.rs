//! In which forms a certificate is written besides PEM, and the password of stores, in the same words for
//! every command that writes them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mtls_ca::authority::RefreshError;
use mtls_ca::bundle::deliver::Role;
use mtls_ca::bundle::export::{Alias, ExportError, Extras, Format, Sealing, UnfitPassword, fit, password_file};
use mtls_ca::keys::Passphrase;
use mtls_ca::words::typed::typed_path;

use crate::context::{Context, Descriptor};
use crate::failure::{Exit, Failure};

/// Further forms of a certificate.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Formats")]
pub struct FormatArgs {
    /// Write this form as well (repeatable): leaf, chain, trust, trust-all, key-sec1, key-pkcs1,
    /// combined, der, pkcs7, pkcs7-pem, pkcs12, pkcs12-legacy, jks, truststore-pkcs12, truststore-jks
    #[arg(long = "format", value_name = "FORMAT")]
    pub formats: Vec<Format>,
    /// Under which name the key stands in a store; else the common name
    #[arg(long, value_name = "NAME")]
    pub alias: Option<Alias>,
    #[command(flatten)]
    pub password: StorePasswordArgs,
}

/// Where the password of stores comes from. Without any of these: the variables
/// `MTLS_CA_STORE_PASSWORD_FILE` and `MTLS_CA_STORE_PASSWORD`.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Formats")]
pub struct StorePasswordArgs {
    /// Read the password of the stores from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["store_password_fd", "make_store_password"])]
    pub store_password_file: Option<PathBuf>,
    /// Read it from this open file descriptor
    #[arg(long, value_name = "N", conflicts_with = "make_store_password")]
    pub store_password_fd: Option<Descriptor>,
    /// Read it from this file, which is made where it is missing: a new password, mode 0600
    #[arg(long, value_name = "FILE")]
    pub make_store_password: Option<PathBuf>,
    /// The password of the key within the store: it has to be the store's own, for PKCS#12 readers know
    /// one password only, and Java's servers take one for both
    #[arg(long, value_name = "FILE")]
    pub key_password_file: Option<PathBuf>,
}

impl StorePasswordArgs {
    /// Whether one of them was typed.
    pub const fn is_given(&self) -> bool {
        self.store_password_file.is_some() || self.store_password_fd.is_some() || self.make_store_password.is_some()
    }

    /// The files that it is read from.
    pub fn files(&self) -> Vec<Role> {
        let read = self.store_password_file.iter().chain(&self.make_store_password).chain(&self.key_password_file);
        read.map(|file| Role::new("the store's password", file)).collect()
    }

    /// The password for stores that are written; made only where some store `needs` it.
    pub fn for_writing(&self, needs: bool, context: &Context) -> Result<Option<Arc<Passphrase>>, Failure> {
        let password = match &self.make_store_password {
            Some(file) if needs || file.exists() => Some(password_file(file)?),
            Some(_) => None,
            None => self.for_reading(context)?,
        };
        if let (Some(password), true) = (&password, needs) {
            fit(password)?;
        }
        if let Some(file) = &self.key_password_file {
            let of_key = context.passphrase_from(Some(file), "the key")?;
            let same = of_key.zip(password.as_ref()).is_some_and(|(key, store)| key.is_same_as(store));
            if !same {
                return Err(Failure::new(
                    Exit::Refused,
                    "two_passwords",
                    "the key of a store cannot have a password of its own",
                )
                .cause("PKCS#12 readers and Java's servers open store and key with one password")
                .hint("leave `--key-password-file` away"));
            }
        }
        Ok(password.map(Arc::new))
    }

    /// The password of a store that is there.
    pub fn for_reading(&self, context: &Context) -> Result<Option<Passphrase>, Failure> {
        let file = self.store_password_file.as_deref().or(self.make_store_password.as_deref());
        context.store_password(file, self.store_password_fd)
    }
}

impl FormatArgs {
    /// Those that are not delivered anyway.
    pub fn wanted(&self) -> impl Iterator<Item = Format> {
        let mut wanted = self.formats.clone();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.into_iter().filter(|format| !format.is_given())
    }

    /// Where each goes beside a certificate.
    pub fn beside(&self, certificate: &Path) -> Vec<(Format, PathBuf)> {
        self.wanted().map(|format| (format, format.beside(certificate))).collect()
    }

    /// The forms, and how stores are sealed.
    pub fn extras(&self, context: &Context) -> Result<Extras, Failure> {
        let formats: Vec<Format> = self.wanted().collect();
        let needs = formats.iter().any(|format| format.has_password());
        let password = self.password.for_writing(needs, context)?;
        if let (Some(format), None) = (formats.iter().find(|format| format.has_password()), &password) {
            return Err(ExportError::NoPassword(*format).into());
        }
        Ok(Extras { formats, sealing: Sealing { alias: self.alias.clone(), password } })
    }

    /// An error where options of stores were given and no store is written.
    pub fn check(&self) -> Result<(), Failure> {
        let has_store = self.wanted().any(|format| format.has_password());
        let given = [
            (self.alias.is_some(), "--alias"),
            (self.password.is_given(), "a store's password"),
            (self.password.key_password_file.is_some(), "--key-password-file"),
        ];
        match given.into_iter().find(|(given, _)| *given && !has_store) {
            Some((_, what)) => Err(Failure::usage(format!("`{what}` has no effect: no store is written"))
                .hint("name one: --format pkcs12")),
            None => Ok(()),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let message = error.to_string();
        match error {
            ExportError::NoKey(_) => Self::new(Exit::Usage, "no_key", message)
                .hint("where the key is: mtls-ca export FILE.crt --key FILE.key --format pkcs12"),
            ExportError::NoPassword(_) => Self::new(Exit::Secret, "no_store_password", message)
                .hint("have one made: --make-store-password FILE")
                .hint("or give it with --store-password-file FILE, or in MTLS_CA_STORE_PASSWORD"),
            ExportError::Password(error) => error.into(),
            ExportError::WrongKey { .. } => {
                Self::new(Exit::Refused, "wrong_key", message).hint("PKCS#8 is for all keys: --format key")
            }
            ExportError::Key(_) | ExportError::Encoding { .. } => Self::new(Exit::Failed, "not_exported", message),
        }
    }
}

impl From<UnfitPassword> for Failure {
    fn from(error: UnfitPassword) -> Self {
        Self::new(Exit::Secret, "unfit_password", error.to_string()).hint("have one made: --make-store-password FILE")
    }
}

/// A store whose successor was to be made.
pub fn store_closed(error: &RefreshError, path: &Path, wrong: bool) -> Failure {
    let kind = if wrong { "wrong_store_password" } else { "no_store_password" };
    Failure::new(Exit::Secret, kind, error.to_string())
        .hint("give the one that it has: --store-password-file FILE")
        .hint(format!("what is in it: mtls-ca inspect {} --passphrase-file FILE", typed_path(path)))
}
