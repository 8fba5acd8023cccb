//! The bytes of one file.

use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::format::Format;
use crate::bundle::deliver::KeyText;
use crate::bundle::pem;
use crate::keys::{KeyError, Passphrase};
use crate::store::attributes::Kind;
use crate::words::x509::certificate::Certificate;

/// What belongs to one certificate.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The certificate.
    pub leaf: &'a Certificate,
    /// What goes behind it, without the root.
    pub chain: &'a [Certificate],
    /// The roots.
    pub trust: &'a [Certificate],
    /// Its key, where there is one.
    pub key: Option<&'a KeyText>,
}

/// How stores are sealed.
#[derive(Debug, Clone, Default)]
pub struct Sealing {
    /// The name of the entry; else the common name.
    pub alias: Option<String>,
    /// What opens the store, and the key in it.
    pub password: Option<Arc<Passphrase>>,
}

/// What is delivered besides key, certificate, chain and trust.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The forms.
    pub formats: Vec<Format>,
    /// How those are sealed that are.
    pub sealing: Sealing,
}

/// One file. `Debug` shows nothing of it.
pub struct Exported {
    /// Which form it has.
    pub format: Format,
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Exported {
    /// Whether it holds a key.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.format.kind()
    }
}

impl std::fmt::Debug for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exported({})", self.format)
    }
}

/// Why a file cannot be written in a form.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The form has the key in it, and there is none.
    #[error("`{0}` holds the private key, and there is none")]
    NoKey(Format),
    /// The form is sealed, and nothing to seal it with was given.
    #[error("`{0}` is sealed with a password, and none was given")]
    NoPassword(Format),
    /// The key is of another kind.
    #[error("`{format}` cannot hold this key: {reason}")]
    WrongKey {
        /// Which form.
        format: Format,
        /// Why.
        reason: &'static str,
    },
    /// The backend does not give the key out.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It cannot be encoded.
    #[error("`{format}` cannot be written: {reason}")]
    Encoding {
        /// Which form.
        format: Format,
        /// Why.
        reason: String,
    },
}

/// Writes one form.
///
/// # Errors
/// What the form needs and is not there.
pub fn write(format: Format, parts: &Parts<'_>, sealing: &Sealing) -> Result<Exported, ExportError> {
    let Parts { leaf, chain, trust, key } = *parts;
    let key = key.filter(|_| format.has_key());
    if format.has_key() && key.is_none() {
        return Err(ExportError::NoKey(format));
    }
    if format.has_password() && sealing.password.is_none() {
        return Err(ExportError::NoPassword(format));
    }
    let with_chain = || pem::certificates(std::iter::once(leaf).chain(chain));
    let bytes = match format {
        Format::Fullchain => with_chain().into_bytes(),
        Format::Leaf => pem::certificate(leaf).into_bytes(),
        Format::Chain => pem::certificates(chain).into_bytes(),
        Format::Trust => pem::certificates(trust).into_bytes(),
        Format::TrustAll => pem::certificates(chain.iter().chain(trust)).into_bytes(),
        Format::Key => key.map(|key| key.bytes().to_vec()).unwrap_or_default(),
        Format::Combined => {
            let mut text = key.map(|key| key.bytes().to_vec()).unwrap_or_default();
            text.extend_from_slice(with_chain().as_bytes());
            text
        }
        Format::Der => leaf.der().to_vec(),
        Format::KeySec1
        | Format::KeyPkcs1
        | Format::Pkcs7
        | Format::Pkcs12
        | Format::Pkcs12Legacy
        | Format::Jks
        | Format::TruststorePkcs12
        | Format::TruststoreJks => {
            return Err(ExportError::Encoding { format, reason: "it is not written yet".to_owned() });
        }
    };
    Ok(Exported { format, bytes: Zeroizing::new(bytes) })
}
