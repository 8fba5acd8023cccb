//! Key and certificate in one step.

use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

use super::issue::Issued;
use super::plan::Plan;
use super::{Authority, AuthorityError, Signer};
use crate::audit::event::Act;
use crate::bundle::tls;
use crate::enroll::csr::{NotAName, Wishes, request};
use crate::keys::{PrivateKey, seal};
use crate::profile::ProfileName;
use crate::words::clock::Now;
use crate::words::order::Order;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::request::Request;
use crate::words::x509::san::{NotASan, San};

/// A key that is to be made, and the certificate that is wanted for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOrder {
    /// By which rules.
    pub profile: ProfileName,
    /// What key.
    pub key_algorithm: KeyAlgorithm,
    /// For whom and how long. Its names are written into a request that the new key signs, so that
    /// they go through the rules like anybody's and stay in the ledger.
    pub order: Order,
}

impl KeyOrder {
    /// For something that is called `name`, by the rules of `profile`: a P-256 key, and the profile's
    /// lifetime. The name becomes the common name, and the alternative name where it is a host, an
    /// address, a URI or an e-mail address.
    ///
    /// # Errors
    /// Where it can be neither.
    pub fn named(name: &str, profile: ProfileName) -> Result<Self, NotAName> {
        let Wishes { subject, sans, usages: _ } = Wishes::named(name, None, Vec::new())?;
        let order = Order { subject: Some(subject), sans, ..Order::default() };
        Ok(Self { profile, key_algorithm: KeyAlgorithm::EcdsaP256, order })
    }

    /// A TLS server's: `api.internal`, `localhost`.
    ///
    /// # Errors
    /// As [`KeyOrder::named`].
    pub fn server(name: &str) -> Result<Self, NotAName> {
        Self::named(name, ProfileName::SERVER)
    }

    /// A TLS client's: `billing`.
    ///
    /// # Errors
    /// As [`KeyOrder::named`].
    pub fn client(name: &str) -> Result<Self, NotAName> {
        Self::named(name, ProfileName::CLIENT)
    }

    /// With one more alternative name, whose kind is found by its form: `127.0.0.1`.
    ///
    /// # Errors
    /// Where it is of no kind.
    pub fn and(mut self, name: &str) -> Result<Self, NotASan> {
        self.order.sans.push(name.parse::<San>()?);
        Ok(self)
    }
}

impl KeyOrder {
    /// The key, the request that it signs, and what the request does not say.
    fn made(&self) -> Result<(PrivateKey, Request, Order), AuthorityError> {
        let key = PrivateKey::generate(self.key_algorithm)?;
        let (request, beyond_names, _) = request_of(&key, self)?;
        Ok((key, request, beyond_names))
    }
}

/// The request that a key signs for an order, what the request does not say of it, and its profile.
pub(super) fn request_of(key: &PrivateKey, order: &KeyOrder) -> Result<(Request, Order, ProfileName), AuthorityError> {
    let KeyOrder { profile, key_algorithm: _, order } = order;
    let subject = order.subject.clone().unwrap_or_default();
    let request = request(key, &Wishes { subject, sans: order.sans.clone(), usages: Vec::new() })?;
    Ok((request, Order { subject: None, sans: Vec::new(), ..order.clone() }, profile.clone()))
}

/// A key that was made, and the plan of its certificate. Between planning and issuing, the key can
/// be brought where a crash does not lose it.
#[derive(Debug)]
pub struct KeyPlan {
    /// The key. Nobody else has it.
    pub key: PrivateKey,
    /// Its certificate, for [`Authority::issue`].
    pub plan: Plan,
}

/// A key and its certificate.
#[derive(Debug)]
pub struct IssuedKey {
    key: PrivateKey,
    issued: Issued,
}

impl IssuedKey {
    /// The certificate, and what the rules made of the order.
    #[must_use]
    pub const fn issued(&self) -> &Issued {
        &self.issued
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Leaf, then chain, in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.issued.certificate_pem()
    }

    /// The key, in unencrypted PKCS#8 PEM; [`seal`] encrypts.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn key_pem(&self) -> Result<Zeroizing<String>, AuthorityError> {
        Ok(seal(&self.key, None)?)
    }

    /// The key as rustls takes it; [`Issued::certificate_der`] is the rest.
    ///
    /// # Errors
    /// Where the backend does not give it out.
    pub fn key_der(&self) -> Result<PrivateKeyDer<'static>, AuthorityError> {
        Ok(tls::key(&self.key)?)
    }
}

impl Authority {
    /// Makes a key, and asks every rule about its certificate.
    ///
    /// # Errors
    /// As [`Authority::plan`]; [`AuthorityError::Request`] where nobody is named.
    pub fn plan_key(&self, order: &KeyOrder, now: Now) -> Result<KeyPlan, AuthorityError> {
        let (key, request, beyond_names) = order.made()?;
        Ok(KeyPlan { plan: self.plan(request, &beyond_names, &order.profile, now)?, key })
    }

    /// The same; a refusal is put on record, as by [`Authority::plan_on_record`].
    ///
    /// # Errors
    /// As [`Authority::plan_key`].
    pub fn plan_key_on_record(&mut self, order: &KeyOrder, act: &Act) -> Result<KeyPlan, AuthorityError> {
        let (key, request, beyond_names) = order.made()?;
        Ok(KeyPlan { plan: self.plan_on_record(request, &beyond_names, &order.profile, act)?, key })
    }

    /// Key and certificate in one call. Whoever keeps the key in a file takes the two steps instead,
    /// [`Authority::plan_key`] and [`Authority::issue`], and writes it between them.
    ///
    /// ```
    /// use mtls_ca::{Act, Authority, KeyOrder, Now};
    ///
    /// let act = Act::of_process("reload-tests", Now::from_system());
    /// let mut ca = Authority::ephemeral(act.now)?;
    /// let signer = ca.unlock(None)?;
    /// let server = ca.issue_key(&KeyOrder::server("localhost")?.and("127.0.0.1")?, &signer, &act)?;
    /// assert!(server.key_pem()?.starts_with("-----BEGIN PRIVATE KEY-----"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Authority::plan_key`] and [`Authority::issue`].
    pub fn issue_key(&mut self, order: &KeyOrder, signer: &Signer, act: &Act) -> Result<IssuedKey, AuthorityError> {
        let KeyPlan { key, plan } = self.plan_key_on_record(order, act)?;
        Ok(IssuedKey { issued: self.issue(plan, signer, act)?, key })
    }
}
