//! What a new CA is to be, and what became of it.

use std::path::PathBuf;

use super::AuthorityError;
use crate::keys::{Passphrase, PrivateKey};
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::lifetime::LifetimeWish;
use crate::words::x509::name::{Attribute, Name};
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid;

/// What a new CA is to be. [`NewCa::plain`] says nothing that need not be said:
/// `NewCa { name: Some("Example Root CA".into()), ..NewCa::plain() }`.
#[derive(Debug)]
pub struct NewCa {
    /// What people call it; the common name where `subject` names none. Without either, it is called
    /// after its key, so that no two CAs share a name by accident: peers cannot tell such apart.
    pub name: Option<String>,
    /// An organization to put before the name.
    pub organization: Option<String>,
    /// The whole subject, in place of name and organization.
    pub subject: Option<NameText>,
    /// The key.
    pub key_algorithm: KeyAlgorithm,
    /// How long it holds; the profile's default where not given.
    pub lifetime: Option<LifetimeWish>,
    /// How many CAs may stand below it.
    pub path_length: Option<u32>,
    /// What it may certify.
    pub name_constraints: NameConstraints,
    /// The one SPIFFE trust domain of its workloads.
    pub trust_domain: Option<String>,
    /// What encrypts its key; none leaves it in clear, with mode 0600.
    pub passphrase: Option<Passphrase>,
}

/// What was made.
#[derive(Debug)]
pub struct CaReport {
    /// Where.
    pub directory: PathBuf,
    /// Its certificate.
    pub certificate: Certificate,
    /// Whether its key is encrypted.
    pub key_is_encrypted: bool,
    /// Warnings and notices of the rules.
    pub findings: Vec<Finding>,
}

/// What a CA is called after its key where nobody named it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Root,
    Intermediate,
}

impl NewCa {
    /// A CA with a P-256 key and nothing else said.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            name: None,
            organization: None,
            subject: None,
            key_algorithm: KeyAlgorithm::EcdsaP256,
            lifetime: None,
            path_length: None,
            name_constraints: NameConstraints::default(),
            trust_domain: None,
            passphrase: None,
        }
    }

    /// The order for its certificate.
    pub(super) fn order(&self, kind: Kind, key: &PrivateKey) -> Result<Order, AuthorityError> {
        Ok(Order {
            subject: Some(self.subject(kind, key)?),
            lifetime: self.lifetime,
            path_length: self.path_length,
            name_constraints: self.name_constraints.clone(),
            ..Order::default()
        })
    }

    /// Its subject, which may depend on its key.
    pub(super) fn subject(&self, kind: Kind, key: &PrivateKey) -> Result<NameText, AuthorityError> {
        match &self.subject {
            Some(subject) if subject.is_empty() => return Err(AuthorityError::Nameless),
            Some(subject) => return Ok(subject.clone()),
            None => {}
        }
        let organization = self.organization.iter().map(|name| Attribute::new(oid::ORGANIZATION, name.as_str()));
        let name = self.name.clone().unwrap_or_else(|| {
            let kind = match kind {
                Kind::Root => "root",
                Kind::Intermediate => "intermediate",
            };
            let digest = key.public_key().fingerprint().to_string();
            format!("mtls-ca {kind} {}", digest.get(..8).unwrap_or_default())
        });
        Ok(NameText::of(organization.chain([Attribute::new(oid::COMMON_NAME, name)]).collect()))
    }
}

/// What `ca.toml` calls a CA: as it was told, else by its common name, else by its whole subject.
pub(super) fn display_name(told: Option<&str>, subject: &Name) -> String {
    told.or_else(|| subject.common_name()).map_or_else(|| subject.rfc4514(), str::to_owned)
}
