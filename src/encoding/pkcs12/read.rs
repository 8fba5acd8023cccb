//! Opening PKCS#12 with its password.

use p12_keystore::error::Error;
use p12_keystore::{CertificateBag, Pkcs12Archive, PrivateKeyBag};
use zeroize::Zeroizing;

use super::WHAT;
use super::outline::{Outline, outline};
use crate::encoding::ReadError;
use crate::encoding::certificate;
use crate::encoding::key_store::{CertificateEntry, Contents, KeyEntry, OpenError};
use crate::words::x509::certificate::Certificate;

/// Opens a store.
///
/// # Errors
/// [`OpenError::WrongPassword`] where MAC or padding say so; [`OpenError::Unreadable`] where it is malformed,
/// encrypted in a way that is not read, or asks for more work than is done.
pub fn read(der: &[u8], password: &[u8]) -> Result<Contents, OpenError> {
    let seen = outline(der)?;
    // Passwords are Unicode here (RFC 7292 appendix B.1).
    let password = std::str::from_utf8(password).map_err(|_| OpenError::WrongPassword)?;
    let archive = Pkcs12Archive::from_pkcs12(der, password).map_err(|error| why(&error, &seen))?;
    Ok(contents(archive))
}

/// The library tells a wrong password by the MAC, and by what decryption leaves where there is no MAC.
fn why(error: &Error, seen: &Outline) -> OpenError {
    match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => OpenError::WrongPassword,
        Error::DerError(_) if seen.mac.is_none() => OpenError::WrongPassword,
        Error::UnsupportedEncryptionScheme => {
            let named = seen.encryption.iter().chain(&seen.mac).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            let reason = format!(
                "one of {} is not read; `openssl pkcs12 -legacy -in FILE -nodes | openssl pkcs12 -export -out NEW` rewrites it",
                named.join(", ")
            );
            ReadError::new(WHAT, reason).into()
        }
        Error::InvalidParameters => ReadError::new(WHAT, "opening it takes more rounds than are done").into(),
        other => ReadError::new(WHAT, other).into(),
    }
}

/// Each key with its certificate, by localKeyID (RFC 7292 section 4.2) or, where there is no other key, that of
/// the one certificate that is issued by none of the others; then those above it.
fn contents(archive: Pkcs12Archive) -> Contents {
    let Pkcs12Archive { keys, certs, secrets: _ } = archive;
    let mut used = vec![false; certs.len()];
    let read: Vec<Option<Certificate>> = certs.iter().map(|bag| certificate::read(bag.cert.as_der()).ok()).collect();
    let only_key = keys.len() == 1;
    let mut found = Contents::default();
    for PrivateKeyBag { friendly_name, local_key_id, key } in keys {
        let id = local_key_id.as_ref().map(|id| id.0.as_slice());
        let own = certs.iter().position(|bag| bag.local_key_id.is_some() && bag.local_key_id.as_deref() == id);
        let own = own.or_else(|| if only_key { lowest(&read) } else { None });
        let chain = own.map(|own| climb(own, &certs, &read, &mut used)).unwrap_or_default();
        found.keys.push(KeyEntry { alias: friendly_name, pkcs8: Zeroizing::new(key.as_der().to_vec()), chain });
    }
    let left = certs.iter().zip(used).filter(|(_, used)| !used);
    found.certificates.extend(left.map(|(bag, _)| CertificateEntry {
        alias: bag.friendly_name.clone(),
        der: bag.cert.as_der().to_vec(),
        counts_for_java: bag.trusted,
    }));
    found
}

/// The one certificate that issued none of the others.
fn lowest(read: &[Option<Certificate>]) -> Option<usize> {
    let issued_none =
        |one: &Certificate| read.iter().flatten().all(|other| other == one || !other.issuer().matches(one.subject()));
    let mut lowest = read.iter().enumerate().filter(|(_, one)| one.as_ref().is_some_and(issued_none));
    match (lowest.next(), lowest.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    }
}

/// A certificate and those above it, as far as they are there and are not trusted for themselves.
fn climb(own: usize, bags: &[CertificateBag], read: &[Option<Certificate>], used: &mut [bool]) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    let mut next = Some(own);
    while let Some(at) = next {
        let (Some(bag), Some(used_up)) = (bags.get(at), used.get_mut(at)) else { break };
        if std::mem::replace(used_up, true) {
            break;
        }
        chain.push(bag.cert.as_der().to_vec());
        let Some(Some(current)) = read.get(at) else { break };
        next = bags.iter().zip(read).position(|(bag, above)| {
            !bag.trusted
                && above.as_ref().is_some_and(|above| above != current && above.subject().matches(current.issuer()))
        });
    }
    chain
}
