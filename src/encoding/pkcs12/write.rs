//! Writing PKCS#12, always with a MAC: NSS, Node and Ruby refuse a file without one.

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use zeroize::Zeroizing;

use super::WHAT;
use crate::encoding::WriteError;
use crate::encoding::key_store::{Wanted, WantedKey};
use crate::words::x509::fingerprint::sha1;

/// How a store is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// PBES2 (RFC 8018) with AES-256-CBC, and a MAC of SHA-256.
    Modern,
    /// PBE with 3DES, and a MAC of SHA-1 (RFC 7292 appendix C): for software older than 2019 or so.
    Legacy,
}

impl Encryption {
    /// Cipher, MAC and rounds. Java's own: 10,000 rounds for the first, 50,000 for the second
    /// (`keystore.pkcs12` in its `java.security`); every library that was tried opens 100,000.
    const fn parameters(self) -> (EncryptionAlgorithm, MacAlgorithm, u32) {
        match self {
            Self::Modern => (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256, 100_000),
            Self::Legacy => (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1, 50_000),
        }
    }
}

/// Writes a store. Trusted certificates carry Oracle's attribute `trustedKeyUsage`
/// (2.16.840.1.113894.746875.1.1), without which Java does not see them.
///
/// # Errors
/// Where the library does not take a certificate, the key or a name.
pub fn write(wanted: &Wanted<'_>, password: &str, encryption: Encryption) -> Result<Zeroizing<Vec<u8>>, WriteError> {
    let refuse = |error: p12_keystore::error::Error| WriteError::new(WHAT, error);
    let mut store = KeyStore::new();
    if let Some(WantedKey { alias, pkcs8, chain }) = &wanted.key {
        let certificates = chain.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>();
        // localKeyID ties the key to its certificate (RFC 7292 section 4.2); any octets will do, and OpenSSL
        // takes the certificate's SHA-1 digest.
        let id = sha1(&[chain.first().copied().unwrap_or_default()]);
        let key = PrivateKey::from_der(pkcs8).map_err(refuse)?;
        let entry = PrivateKeyChain::new(id.as_slice(), key, certificates.map_err(refuse)?);
        store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(entry));
    }
    for (alias, der) in &wanted.trusted {
        let certificate = Certificate::from_der(der).map_err(refuse)?;
        store.add_entry(alias, KeyStoreEntry::Certificate(certificate));
    }
    let (cipher, mac, rounds) = encryption.parameters();
    let writer = store.writer(password).encryption_algorithm(cipher).encryption_iterations(rounds);
    writer.mac_algorithm(mac).mac_iterations(rounds).write().map(Zeroizing::new).map_err(refuse)
}
