//! Making a root, and what all ways to a new CA directory have in common.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::issue::{findings, sign};
use super::{AuthorityError, Signer};
use crate::audit::event::Act;
use crate::bundle::pem;
use crate::encoding::private_key::KeyForm;
use crate::enroll::csr::{self, CsrError};
use crate::keys::{Passphrase, PrivateKey, random, seal};
use crate::ledger::{History, Ledger, NewIssuer};
use crate::lint;
use crate::policy::{self, IssuerTerms};
use crate::profile::{ProfileName, ProfileSet};
use crate::store::atomic::{self, Readers};
use crate::store::config;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::staging::Staging;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::constraints::NameConstraints;
use crate::words::x509::lifetime::LifetimeWish;
use crate::words::x509::name::Attribute;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid;
use crate::words::x509::request::{ProvenKey, Request};
use crate::words::x509::serial::Serial;

/// What a new CA is to be.
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

/// Makes a root CA. The directory is there whole or not at all.
///
/// # Errors
/// Where something is in the way, or a rule forbids what was asked.
pub fn init(directory: &Path, new: &NewCa, act: &Act) -> Result<CaReport, AuthorityError> {
    let staging = staging(directory)?;
    let key = PrivateKey::generate(new.key_algorithm)?;
    let (certificate, findings) = self_signed(key, &new.order("root", act)?, act.now, |key| new.named("root", key))?;
    let SelfSigned { certificate, key } = certificate;
    let foundation = Foundation {
        certificate: &certificate,
        above: &[],
        key: seal(&key, new.passphrase.as_ref())?,
        config: config::initial(&new.display_name(&certificate), new.trust_domain.as_deref()),
        history: History::Whole,
        last_crl_number: None,
    };
    foundation.lay(staging.path(), act)?;
    staging.commit()?;
    Ok(CaReport { directory: directory.to_owned(), certificate, key_is_encrypted: new.passphrase.is_some(), findings })
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

    /// The subject, for this key.
    pub(super) fn named(&self, role: &str, key: &PrivateKey) -> NameText {
        if let Some(subject) = &self.subject {
            return subject.clone();
        }
        let organization = self.organization.iter().map(|name| Attribute::new(oid::ORGANIZATION, name.as_str()));
        let name = self.name.clone().unwrap_or_else(|| {
            let digest = key.public_key().fingerprint().to_string();
            format!("mtls-ca {role} {}", digest.get(..8).unwrap_or_default())
        });
        NameText::of(organization.chain([Attribute::new(oid::COMMON_NAME, name)]).collect())
    }

    /// The order for its certificate, but for the subject, which may depend on the key.
    pub(super) fn order(&self, _role: &str, act: &Act) -> Result<Order, AuthorityError> {
        if self.subject.as_ref().is_some_and(NameText::is_empty) {
            return Err(AuthorityError::Nameless);
        }
        Ok(Order {
            lifetime: self.lifetime,
            path_length: self.path_length,
            name_constraints: self.name_constraints.clone(),
            requester: requester(act),
            ..Order::default()
        })
    }

    /// What `ca.toml` calls it.
    pub(super) fn display_name(&self, certificate: &Certificate) -> String {
        let common = certificate.subject().common_name().map(str::to_owned);
        self.name.clone().or(common).unwrap_or_else(|| certificate.subject().rfc4514())
    }
}

/// `user@host`, as the ledger records who asked.
pub(super) fn requester(act: &Act) -> String {
    format!("{}@{}", act.actor.user, act.actor.host)
}

struct SelfSigned {
    certificate: Certificate,
    key: PrivateKey,
}

fn self_signed(
    key: PrivateKey,
    order: &Order,
    now: Now,
    subject: impl FnOnce(&PrivateKey) -> NameText,
) -> Result<(SelfSigned, Vec<Finding>), AuthorityError> {
    let order = Order { subject: Some(subject(&key)), ..order.clone() };
    let proven = ProvenKey::from_request(own_request(&key)?).map_err(AuthorityError::Possession)?;
    let profile = ProfileSet::builtin().get(&profile_name("root")?)?;
    let draft = policy::draft(&profile, &proven, &order, &IssuerTerms::itself(key.signature_algorithm()), now)?;
    let cleared = lint::clear(draft, random::serial()?)?;
    // A root's certificate is checked with its own key, which the preview already holds.
    let signer = Signer { key: key.into(), certificate: cleared.preview().clone() };
    let certificate = sign(&cleared, &signer)?;
    let findings = findings(&cleared);
    let key = std::sync::Arc::into_inner(signer.key).ok_or(crate::keys::KeyError::SigningFailed)?;
    Ok((SelfSigned { certificate, key }, findings))
}

/// The root of [`Authority::ephemeral`](super::Authority::ephemeral).
pub(super) fn ephemeral_root(key: &PrivateKey, now: Now) -> Result<Certificate, AuthorityError> {
    let copy = PrivateKey::from_der(KeyForm::Pkcs8, &key.to_pkcs8()?)?;
    let new = NewCa::plain();
    let order = Order { requester: "test".to_owned(), ..Order::default() };
    let (SelfSigned { certificate, key: _ }, _) = self_signed(copy, &order, now, |key| new.named("test root", key))?;
    Ok(certificate)
}

/// A request for a key of our own, which the order names.
pub(super) fn own_request(key: &PrivateKey) -> Result<Request, AuthorityError> {
    csr::nameless(key).map_err(|error| match error {
        CsrError::Nameless => AuthorityError::Nameless,
        CsrError::Write(error) => error.into(),
        CsrError::Key(error) => error.into(),
    })
}

pub(super) fn profile_name(name: &str) -> Result<ProfileName, AuthorityError> {
    ProfileSet::builtin()
        .names()
        .into_iter()
        .find(|known| known.as_str() == name)
        .cloned()
        .ok_or(AuthorityError::Nameless)
}

/// Begins a directory beside its place; that it is not empty is said as such.
pub(super) fn staging(directory: &Path) -> Result<Staging, AuthorityError> {
    Staging::beside(directory).map_err(|error| match error {
        crate::store::FileError::Exists(path) => AuthorityError::NotEmpty(path),
        other => other.into(),
    })
}

/// Everything that a new CA directory is made of.
pub(super) struct Foundation<'a> {
    pub(super) certificate: &'a Certificate,
    /// Its own issuer first, the root last.
    pub(super) above: &'a [Certificate],
    /// PEM.
    pub(super) key: zeroize::Zeroizing<String>,
    pub(super) config: String,
    pub(super) history: History,
    pub(super) last_crl_number: Option<Serial>,
}

impl Foundation<'_> {
    /// Writes all files of the directory and founds its ledger.
    pub(super) fn lay(&self, root: &Path, act: &Act) -> Result<(), AuthorityError> {
        self.lay_with(root, act, |_, _| Ok(()))
    }

    /// The same, with something more to write into the ledger.
    pub(super) fn lay_with(
        &self,
        root: &Path,
        act: &Act,
        more: impl FnOnce(&mut Ledger, IssuerNumber) -> Result<(), AuthorityError>,
    ) -> Result<(), AuthorityError> {
        let layout = Layout::at(root);
        prepare(&layout, &self.config, &self.key)?;
        self.publish(&layout)?;
        let mut ledger = Ledger::create(&layout.ledger(), Duration::ZERO, act.now)?;
        let number = register(&mut ledger, self.certificate, self.history, self.last_crl_number.clone(), act)?;
        more(&mut ledger, number)?;
        Ok(ledger.settle()?)
    }

    /// The certificate, those above it, and what is derived from them.
    pub(super) fn publish(&self, layout: &Layout) -> Result<(), AuthorityError> {
        let Self { certificate, above, .. } = self;
        let folder = layout.issuer(IssuerNumber::FIRST);
        let public = |path: PathBuf, text: String| atomic::write_new(&path, text.as_bytes(), Readers::Everybody);
        public(folder.certificate(), pem::certificate(certificate))?;
        let root = above.last().unwrap_or(certificate);
        if !above.is_empty() {
            public(folder.above(), pem::certificates(*above))?;
            let chain = std::iter::once(*certificate).chain(*above).take(above.len());
            public(layout.chain(), pem::certificates(chain))?;
        }
        public(layout.trust(), pem::certificate(root))?;
        Ok(())
    }
}

/// The folders, the settings and the key: what there is before there is a certificate.
pub(super) fn prepare(layout: &Layout, config: &str, key: &str) -> Result<(), AuthorityError> {
    let folder = layout.issuer(IssuerNumber::FIRST);
    for directory in [layout.issuers(), folder.path().to_owned(), layout.profiles()] {
        atomic::create_directory(&directory)?;
    }
    atomic::write_new(&layout.gitignore(), b"*\n", Readers::Owner)?;
    atomic::write_new(&layout.config(), config.as_bytes(), Readers::Owner)?;
    atomic::write_new(&folder.key(), key.as_bytes(), Readers::Owner)?;
    Ok(())
}

/// Makes a certificate the ledger's active issuer.
pub(super) fn register(
    ledger: &mut Ledger,
    certificate: &Certificate,
    history: History,
    last_crl_number: Option<Serial>,
    act: &Act,
) -> Result<IssuerNumber, AuthorityError> {
    let subject = certificate.subject().rfc4514();
    let new = NewIssuer {
        subject: &subject,
        public_key: certificate.public_key().fingerprint(),
        certificate: certificate.der(),
        history,
        last_crl_number,
    };
    Ok(ledger.add_issuer(&new, act)?)
}
