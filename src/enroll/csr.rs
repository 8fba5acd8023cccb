//! Making certification requests (RFC 2986).

use thiserror::Error;

use crate::encoding::{WriteError, request};
use crate::keys::{KeyError, PrivateKey};
use crate::words::x509::name::Attribute;
use crate::words::x509::name_text::{NameText, check_value};
use crate::words::x509::oid;
use crate::words::x509::request::Request;
use crate::words::x509::san::San;
use crate::words::x509::usage::ExtendedKeyUsage;
use crate::words::x509::weakness::Weakness;

/// What a request asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Whom the certificate is to be about.
    pub subject: NameText,
    /// Subject alternative names.
    pub sans: Vec<San>,
    /// Extended key usages.
    pub usages: Vec<ExtendedKeyUsage>,
}

/// Text that can be neither a common name nor an alternative name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` cannot be {kind}: {reason}")]
pub struct NotAName {
    /// The text.
    pub name: String,
    /// What it looks like: `a common name`, `a URI`.
    pub kind: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Wishes {
    /// For something that is called `name`. Where no alternative names are given and it is a host,
    /// an address, a URI or an e-mail address, that is its alternative name. Where no subject is
    /// given, it is `CN=name`, if that fits.
    ///
    /// # Errors
    /// Where `name` fits nowhere.
    pub fn named(name: &str, subject: Option<NameText>, sans: Vec<San>) -> Result<Self, NotAName> {
        let refuse = |reason| NotAName { name: name.to_owned(), kind: "a common name", reason };
        let sans = match name.parse::<San>() {
            Ok(san) if sans.is_empty() => vec![san],
            Err(error) if sans.is_empty() && subject.is_none() && name.contains("://") => {
                return Err(NotAName { kind: error.kind, ..refuse(error.reason) });
            }
            _ => sans,
        };
        let subject = match (subject, check_value(&oid::COMMON_NAME, name)) {
            (Some(subject), _) => subject,
            // A URI, or anything longer than a common name may be, stands in the alternative names alone.
            (None, Ok(())) if name.contains("://") => NameText::default(),
            (None, Ok(())) if name.trim().is_empty() => return Err(refuse("it is empty")),
            (None, Ok(())) => NameText::of(vec![Attribute::new(oid::COMMON_NAME, name)]),
            (None, Err(_)) if !sans.is_empty() => NameText::default(),
            (None, Err(reason)) => return Err(refuse(reason)),
        };
        Ok(Self { subject, sans, usages: Vec::new() })
    }
}

/// Why no request was made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CsrError {
    /// Neither a subject nor a name was given.
    #[error("a request needs a subject or a subject alternative name")]
    Nameless,
    /// The private half of the key is no secret.
    #[error("the key protects nothing: {0}")]
    KeyNotSecret(Weakness),
    /// A value does not encode.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The key does not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A request for this key, signed with it.
///
/// ```
/// use mtls_ca::enroll::csr::{Wishes, request};
/// use mtls_ca::keys::PrivateKey;
/// use mtls_ca::x509::algorithm::KeyAlgorithm;
///
/// let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
/// let wishes = Wishes { sans: vec!["api.internal".parse()?], ..Wishes::default() };
/// let csr = request(&key, &wishes)?;
/// csr.verify_signature()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where nobody is named, the key is one that anybody can have, or a value does not encode.
pub fn request(key: &PrivateKey, wishes: &Wishes) -> Result<Request, CsrError> {
    let Wishes { subject, sans, usages } = wishes;
    if subject.is_empty() && sans.is_empty() {
        return Err(CsrError::Nameless);
    }
    if let Some(weakness) = Weakness::of(key.public_key()) {
        return Err(CsrError::KeyNotSecret(weakness));
    }
    sign(key, wishes.subject.clone(), sans, usages)
}

/// A request that names nobody: for the CA's own chain, where the order carries the names.
///
/// # Errors
/// Where the key does not sign.
pub fn nameless(key: &PrivateKey) -> Result<Request, CsrError> {
    sign(key, NameText::default(), &[], &[])
}

fn sign(key: &PrivateKey, subject: NameText, sans: &[San], usages: &[ExtendedKeyUsage]) -> Result<Request, CsrError> {
    let wishes =
        request::Wishes { subject: subject.rdns(), public_key: key.public_key(), sans, extended_key_usage: usages };
    let to_be_signed = request::to_be_signed(&wishes)?;
    let signature = key.sign(&to_be_signed)?;
    Ok(request::assemble(&to_be_signed, key.signature_algorithm(), &signature)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::x509::algorithm::KeyAlgorithm;

    #[test]
    fn a_name_becomes_what_it_can_be() {
        let long = format!("{}.internal", ["a"; 35].join("."));
        for (name, subject, sans) in [
            ("api.internal", "CN=api.internal", vec!["api.internal"]),
            ("10.0.0.7", "CN=10.0.0.7", vec!["10.0.0.7"]),
            ("spiffe://example.org/a", "", vec!["spiffe://example.org/a"]),
            ("Jane Doe", "CN=Jane Doe", vec![]),
            (&long, "", vec![long.as_str()]),
        ] {
            let wishes = Wishes::named(name, None, Vec::new()).unwrap();
            assert_eq!(wishes.subject, subject.parse().unwrap(), "{name}");
            assert_eq!(wishes.sans, sans.iter().map(|san| san.parse().unwrap()).collect::<Vec<San>>(), "{name}");
        }
        let given = vec!["b.internal".parse().unwrap()];
        assert_eq!(Wishes::named("a.internal", None, given.clone()).unwrap().sans, given);
        for name in ["", " ", "a\nb", &"x y ".repeat(20)] {
            assert!(Wishes::named(name, None, Vec::new()).is_err(), "{name}");
        }
    }

    #[test]
    fn a_request_says_what_was_wished() {
        for (algorithm, _) in KeyAlgorithm::ALL.into_iter().take(5) {
            let key = PrivateKey::generate(algorithm).unwrap();
            let wishes = Wishes {
                subject: "CN=svc-a,O=Example".parse().unwrap(),
                sans: vec!["svc-a.internal".parse().unwrap(), "10.0.0.1".parse().unwrap()],
                usages: vec![ExtendedKeyUsage::CLIENT_AUTH],
            };
            let csr = request(&key, &wishes).unwrap();
            csr.verify_signature().unwrap();
            assert_eq!(csr.subject().rfc4514(), "CN=svc-a,O=Example");
            assert_eq!(csr.extensions().subject_alt_names().len(), 2);
            assert_eq!(csr.extensions().extended_key_usage().unwrap(), &[ExtendedKeyUsage::CLIENT_AUTH]);
            assert_eq!(csr.public_key(), key.public_key());
        }
        let key = PrivateKey::generate(KeyAlgorithm::Ed25519).unwrap();
        assert_eq!(request(&key, &Wishes::default()), Err(CsrError::Nameless));
    }
}
