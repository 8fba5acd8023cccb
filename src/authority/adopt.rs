//! Taking over a CA that another tool made.

use std::path::Path;

use super::AuthorityError;
use super::chain::checked_chain;
use super::crl::elsewhere;
use super::foundation::Site;
use super::new_ca::{CaReport, display_name};
use crate::audit::event::Act;
use crate::keys::{Passphrase, PrivateKey, seal};
use crate::ledger::{History, RevokedElsewhere};
use crate::store::config;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::revocation::RevocationList;

/// A CA to take over.
#[derive(Debug)]
pub struct Adoption {
    /// Its certificate first, those above it up to the root behind, in any order.
    pub certificates: Vec<Certificate>,
    /// Its key.
    pub key: PrivateKey,
    /// What encrypts the key from now on.
    pub passphrase: Option<Passphrase>,
    /// What is known of what it did before.
    pub past: Past,
    /// What people call it.
    pub name: Option<String>,
    /// The one SPIFFE trust domain of its workloads.
    pub trust_domain: Option<String>,
}

/// What is known of the certificates that an adopted CA issued before.
#[derive(Debug)]
pub enum Past {
    /// Nothing yet: it builds no CRL, for that would un-revoke what was revoked.
    Unknown,
    /// This is its last CRL.
    Revoked(Box<RevocationList>),
    /// There is nothing that would have to be known.
    Waived,
}

/// Makes a CA directory around a certificate and key that exist. The directory is there whole or
/// not at all.
///
/// # Errors
/// Where the certificate is no CA's, the key is not its own, or the chain has no root.
pub fn adopt(directory: &Path, adoption: Adoption, act: &Act) -> Result<CaReport, AuthorityError> {
    let Adoption { certificates, key, passphrase, past, name, trust_domain } = adoption;
    let site = Site::begin(directory)?;
    let (certificate, above) = checked_chain(&certificates, act.now)?;
    if key.public_key() != certificate.public_key() {
        return Err(AuthorityError::KeyMismatch(directory.to_owned()));
    }
    if let Past::Revoked(crl) = &past {
        let ours =
            crl.issuer().matches(certificate.subject()) && crl.verify_signature(certificate.public_key()).is_ok();
        if !ours {
            return Err(AuthorityError::ForeignCrl { subject: certificate.subject().rfc4514() });
        }
    }
    let name = display_name(name.as_deref(), certificate.subject());
    site.equip(&config::initial(&name, trust_domain.as_deref()), &seal(&key, passphrase.as_ref())?)?;
    let mut foundation = site.found(act.now)?;
    let history = match past {
        Past::Waived => History::Waived,
        Past::Unknown | Past::Revoked(_) => History::Unknown,
    };
    let issuer = foundation.certify(&certificate, &above, history, act)?;
    if let Past::Revoked(crl) = &past {
        let revoked: Vec<RevokedElsewhere> = crl.entries().iter().map(elsewhere).collect();
        foundation.ledger().record_revoked_elsewhere(issuer, &revoked, crl.extensions().crl_number(), act)?;
    }
    foundation.open()?;
    Ok(CaReport {
        directory: directory.to_owned(),
        certificate,
        key_is_encrypted: passphrase.is_some(),
        findings: Vec::new(),
    })
}
