//! The bytes of one file.

use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use super::alias::Alias;
use super::format::Format;
use super::store::{self, UnfitPassword, fit};
use crate::bundle::deliver::KeyText;
use crate::bundle::pem;
use crate::encoding::{WriteError, pem as blocks, pkcs7};
use crate::keys::{KeyError, Passphrase};
use crate::store::attributes::Kind;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::public_key::{PublicKey, PublicKeyAlgorithm};

const NOT_SEC1: &str = "SEC1 is for elliptic curves, Ed25519 apart";
const NOT_PKCS1: &str = "PKCS#1 is for RSA";

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

impl Parts<'_> {
    /// What somebody should know who hands these on: whether the chain leads to a root that is trusted.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let last = self.chain.last().unwrap_or(self.leaf);
        if self.trust.is_empty() || self.trust.iter().any(|root| root.subject().matches(last.issuer())) {
            return Vec::new();
        }
        let message = format!("`{}` is neither in the chain nor trusted", last.issuer().rfc4514());
        let finding = Finding::warning("export.chain_incomplete", message);
        vec![finding.hint("name the certificates between with --chain FILE")]
    }
}

/// How stores are sealed.
#[derive(Debug, Clone, Default)]
pub struct Sealing {
    /// The name of the entry; else the common name.
    pub alias: Option<Alias>,
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

impl Extras {
    /// Checks what can be known of a certificate before it is issued: that there is a key and a password where
    /// one of the forms needs it, and that the key is of the kind that the form is for.
    ///
    /// # Errors
    /// What is not so.
    pub fn check(&self, key: Option<&PublicKey>) -> Result<(), ExportError> {
        for format in self.formats.iter().copied() {
            if format.has_password() {
                fit(self.sealing.password.as_deref().ok_or(ExportError::NoPassword(format))?)?;
            }
            let Some(key) = key else {
                if format.has_key() {
                    return Err(ExportError::NoKey(format));
                }
                continue;
            };
            match (format, key.algorithm()) {
                (Format::KeySec1, PublicKeyAlgorithm::Rsa { .. } | PublicKeyAlgorithm::Ed25519) => {
                    return Err(ExportError::WrongKey { format, reason: NOT_SEC1 });
                }
                (Format::KeyPkcs1, algorithm) if !matches!(algorithm, PublicKeyAlgorithm::Rsa { .. }) => {
                    return Err(ExportError::WrongKey { format, reason: NOT_PKCS1 });
                }
                _ => {}
            }
        }
        Ok(())
    }
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
    /// The password is not one that every reader takes.
    #[error(transparent)]
    Password(#[from] UnfitPassword),
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
        Format::KeySec1 => key_text(format, "EC PRIVATE KEY", key.map(|key| key.key().to_sec1()))?,
        Format::KeyPkcs1 => key_text(format, "RSA PRIVATE KEY", key.map(|key| key.key().to_pkcs1()))?,
        Format::Pkcs7 | Format::Pkcs7Pem => {
            let certificates = std::iter::once(leaf).chain(chain).map(Certificate::der);
            let written = pkcs7::write(certificates, []);
            let der = written.map_err(|WriteError { what: _, reason }| ExportError::Encoding { format, reason })?;
            if format == Format::Pkcs7 { der } else { blocks::write("PKCS7", &der).into_bytes() }
        }
        Format::Pkcs12 | Format::Pkcs12Legacy | Format::Jks | Format::TruststorePkcs12 | Format::TruststoreJks => {
            return Ok(Exported { format, bytes: store::write(format, parts, sealing)? });
        }
    };
    Ok(Exported { format, bytes: Zeroizing::new(bytes) })
}

/// A key in the form that only keys of its kind have.
fn key_text(
    format: Format,
    label: &str,
    der: Option<Result<Option<Zeroizing<Vec<u8>>>, KeyError>>,
) -> Result<Vec<u8>, ExportError> {
    match der.transpose()?.flatten() {
        Some(der) => Ok(blocks::write(label, &der).into_bytes()),
        None if format == Format::KeySec1 => Err(ExportError::WrongKey { format, reason: NOT_SEC1 }),
        None => Err(ExportError::WrongKey { format, reason: NOT_PKCS1 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::certificate::{Content, assemble, to_be_signed};
    use crate::encoding::key_store::Contents;
    use crate::encoding::{jks, name, pkcs12};
    use crate::keys::PrivateKey;
    use crate::words::x509::algorithm::{KeyAlgorithm, RsaBits};
    use crate::words::x509::constraints::NameConstraints;
    use crate::words::x509::extension::BasicConstraints;
    use crate::words::x509::name_text::NameText;
    use crate::words::x509::serial::Serial;
    use crate::words::x509::usage::{KeyUsage, KeyUsages};
    use crate::words::x509::validity::Validity;

    /// A certificate that signs itself; whose it is and what it may do does not matter here.
    fn certificate(subject: &str, key: &PrivateKey) -> Certificate {
        let named = name::encode(subject.parse::<NameText>().unwrap().rdns()).unwrap();
        let content = Content {
            issuer: named.clone(),
            subject: named,
            validity: Validity {
                not_before: "2027-01-01T00:00:00Z".parse().unwrap(),
                not_after: "2027-12-31T23:59:59Z".parse().unwrap(),
            },
            subject_key_identifier: key.public_key().key_identifier(),
            authority_key_identifier: key.public_key().key_identifier(),
            public_key: key.public_key().clone(),
            basic_constraints: BasicConstraints { ca: false, path_length: None },
            key_usage: KeyUsages::of(&[KeyUsage::DigitalSignature]),
            extended_key_usage: Vec::new(),
            sans: Vec::new(),
            name_constraints: NameConstraints::default(),
            crl_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            issuer_urls: Vec::new(),
            policies: Vec::new(),
            ocsp_no_check: false,
            signature_algorithm: key.signature_algorithm(),
        };
        let algorithm = key.signature_algorithm();
        let signed = to_be_signed(&content, &Serial::from_random([1; 16])).unwrap();
        let signature = key.sign(&signed).unwrap();
        assemble(&signed, algorithm, &signature).unwrap()
    }

    struct Shelf {
        leaf: Certificate,
        chain: Vec<Certificate>,
        trust: Vec<Certificate>,
        key: KeyText,
    }

    fn shelf(algorithm: KeyAlgorithm) -> Shelf {
        let key = PrivateKey::generate(algorithm).unwrap();
        let other = || PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        Shelf {
            leaf: certificate("CN=Api Internal", &key),
            chain: vec![certificate("CN=Issuing", &other())],
            trust: vec![certificate("CN=Root", &other()), certificate("CN=Root", &other())],
            key: KeyText::seal(key, None).unwrap(),
        }
    }

    fn sealing() -> Sealing {
        Sealing { alias: None, password: Passphrase::new(b"changeit".to_vec()).map(Arc::new) }
    }

    impl Shelf {
        fn parts(&self) -> Parts<'_> {
            Parts { leaf: &self.leaf, chain: &self.chain, trust: &self.trust, key: Some(&self.key) }
        }

        fn write(&self, format: Format) -> Zeroizing<Vec<u8>> {
            write(format, &self.parts(), &sealing()).unwrap().bytes
        }
    }

    fn ders<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<Vec<u8>> {
        certificates.into_iter().map(|certificate| certificate.der().to_vec()).collect()
    }

    #[test]
    fn key_stores_hold_key_leaf_and_chain_under_one_alias() {
        let shelf = shelf(KeyAlgorithm::EcdsaP256);
        for format in [Format::Pkcs12, Format::Pkcs12Legacy, Format::Jks] {
            let bytes = shelf.write(format);
            let contents = match format {
                Format::Jks => jks::read(&bytes, "changeit").unwrap(),
                _ => pkcs12::read(&bytes, b"changeit").unwrap(),
            };
            let Contents { keys, certificates } = contents;
            assert_eq!(keys[0].alias.as_deref(), Some("api-internal"), "{format}");
            assert_eq!(keys[0].pkcs8.as_slice(), shelf.key.key().to_pkcs8().unwrap().as_slice(), "{format}");
            // These sign themselves, so that the chain of PKCS#12, which follows names, ends with the leaf.
            let expected = ders(std::iter::once(&shelf.leaf).chain(&shelf.chain));
            let found: Vec<_> = keys[0].chain.iter().cloned().chain(certificates.into_iter().map(|c| c.der)).collect();
            assert_eq!(found, expected, "{format}");
        }
    }

    #[test]
    fn trust_stores_have_an_entry_for_each_root_and_java_counts_them() {
        let shelf = shelf(KeyAlgorithm::EcdsaP256);
        for format in [Format::TruststorePkcs12, Format::TruststoreJks] {
            let bytes = shelf.write(format);
            let contents = match format {
                Format::TruststoreJks => jks::read(&bytes, "changeit").unwrap(),
                _ => pkcs12::read(&bytes, b"changeit").unwrap(),
            };
            let mut found: Vec<_> = contents.certificates.iter().map(|entry| entry.der.clone()).collect();
            let mut expected = ders(&shelf.trust);
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{format}");
            assert!(contents.certificates.iter().all(|entry| entry.counts_for_java), "{format}");
            let aliases: Vec<_> = contents.certificates.iter().filter_map(|entry| entry.alias.clone()).collect();
            assert!(aliases.iter().all(|alias| alias.starts_with("root-")) && aliases[0] != aliases[1], "{aliases:?}");
        }
    }

    #[test]
    fn keys_have_the_forms_of_their_kind() {
        let ec = shelf(KeyAlgorithm::EcdsaP256);
        assert!(ec.write(Format::KeySec1).starts_with(b"-----BEGIN EC PRIVATE KEY-----\n"));
        let refused = |shelf: &Shelf, format| write(format, &shelf.parts(), &sealing()).unwrap_err().to_string();
        assert_eq!(refused(&ec, Format::KeyPkcs1), "`key-pkcs1` cannot hold this key: PKCS#1 is for RSA");
        let rsa = shelf(KeyAlgorithm::Rsa(RsaBits::B2048));
        assert!(rsa.write(Format::KeyPkcs1).starts_with(b"-----BEGIN RSA PRIVATE KEY-----\n"));
        assert!(refused(&rsa, Format::KeySec1).starts_with("`key-sec1` cannot hold this key"));
    }

    #[test]
    fn a_password_that_some_reader_would_not_take_is_refused() {
        let shelf = shelf(KeyAlgorithm::EcdsaP256);
        for (password, said) in [
            (&b"short"[..], "a store's password has 5 characters; Java wants 6 or more"),
            ("paßwort".as_bytes(), "a store's password has characters beyond printable ASCII"),
        ] {
            let sealing = Sealing { alias: None, password: Passphrase::new(password.to_vec()).map(Arc::new) };
            for format in Format::ALL.into_iter().filter(|format| format.has_password()) {
                let error = write(format, &shelf.parts(), &sealing).unwrap_err().to_string();
                assert!(error.starts_with(said), "{error}");
            }
        }
        let nothing = write(Format::Pkcs12, &shelf.parts(), &Sealing::default()).unwrap_err();
        assert!(matches!(nothing, ExportError::NoPassword(Format::Pkcs12)));
        let no_key = write(Format::Pkcs12, &Parts { key: None, ..shelf.parts() }, &sealing()).unwrap_err();
        assert!(matches!(no_key, ExportError::NoKey(Format::Pkcs12)));
    }
}
