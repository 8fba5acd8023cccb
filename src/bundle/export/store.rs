//! Key stores and trust stores: PKCS#12 and JKS.

use thiserror::Error;
use zeroize::Zeroizing;

use super::{Alias, ExportError, Format, Parts, Sealing};
use crate::bundle::slug::slug;
use crate::encoding::key_store::{Wanted, WantedKey};
use crate::encoding::{WriteError, jks, pkcs12};
use crate::keys::{Passphrase, random};
use crate::words::x509::certificate::Certificate;

/// The shortest password that Java's tools take.
const SHORTEST: usize = 6;

/// A password that some reader of the store would not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitPassword {
    /// `keytool` refuses it.
    #[error("a store's password has {found} characters; Java wants {SHORTEST} or more")]
    Short {
        /// How many it has.
        found: usize,
    },
    /// Java, OpenSSL and NSS write other characters each in their own way.
    #[error(
        "a store's password has characters beyond printable ASCII, which Java, OpenSSL and NSS each encode in their own way"
    )]
    NotAscii,
}

/// The password as text, if every reader takes it.
///
/// # Errors
/// Why one would not.
pub fn fit(password: &Passphrase) -> Result<&str, UnfitPassword> {
    let text = std::str::from_utf8(password.expose()).map_err(|_| UnfitPassword::NotAscii)?;
    if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(UnfitPassword::NotAscii);
    }
    if text.len() < SHORTEST { Err(UnfitPassword::Short { found: text.len() }) } else { Ok(text) }
}

/// One store.
pub(super) fn write(format: Format, parts: &Parts<'_>, sealing: &Sealing) -> Result<Zeroizing<Vec<u8>>, ExportError> {
    let password = sealing.password.as_ref().ok_or(ExportError::NoPassword(format))?;
    let password = fit(password)?;
    match format {
        Format::TruststorePkcs12 | Format::TruststoreJks => {
            let trusted = parts.trust.iter().map(|root| (alias_of_root(root), root.der())).collect();
            let wanted = Wanted { key: None, trusted };
            // A root that is trusted is dated by itself, so that no clock is asked.
            let made = parts.trust.iter().map(|root| root.validity().not_before.unix()).max().unwrap_or(0);
            sealed(format, &wanted, password, made)
        }
        _ => {
            let pkcs8 = parts.key.ok_or(ExportError::NoKey(format))?.key().to_pkcs8()?;
            let alias = sealing.alias.as_ref().map_or_else(|| alias_of(parts.leaf), Alias::to_string);
            let chain = std::iter::once(parts.leaf).chain(parts.chain).map(Certificate::der).collect();
            let key = WantedKey { alias: &alias, pkcs8: &pkcs8, chain };
            let made = parts.leaf.validity().not_before.unix();
            sealed(format, &Wanted { key: Some(key), trusted: Vec::new() }, password, made)
        }
    }
}

fn sealed(format: Format, wanted: &Wanted<'_>, password: &str, made: i64) -> Result<Zeroizing<Vec<u8>>, ExportError> {
    let refuse = |WriteError { what: _, reason }| ExportError::Encoding { format, reason };
    match format {
        Format::Jks | Format::TruststoreJks => jks::write(wanted, password, random::octets()?, made).map_err(refuse),
        Format::Pkcs12Legacy => pkcs12::write(wanted, password, pkcs12::Encryption::Legacy).map_err(refuse),
        _ => pkcs12::write(wanted, password, pkcs12::Encryption::Modern).map_err(refuse),
    }
}

/// The common name as a file would be called by it: Java makes aliases lower case, and configuration files name
/// them.
fn alias_of(certificate: &Certificate) -> String {
    let serial = certificate.serial().to_string();
    slug(certificate.subject().common_name().unwrap_or(&serial)).to_lowercase()
}

/// A name that stays the same as long as the root does, whichever others come and go, and differs from theirs
/// where two roots have one subject.
fn alias_of_root(root: &Certificate) -> String {
    let digest = root.fingerprint().to_string();
    let short: String = digest.chars().take(8).collect();
    format!("{}-{short}", alias_of(root))
}
