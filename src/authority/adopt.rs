//! Taking over a CA that another tool made.

use std::path::Path;

use super::AuthorityError;
use super::init::{CaReport, Foundation, staging};
use crate::audit::event::Act;
use crate::examine::verify::{Question, verify};
use crate::keys::{Passphrase, PrivateKey, seal};
use crate::ledger::{History, Revocation, RevokedElsewhere};
use crate::store::config;
use crate::words::clock::Now;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::revocation::{RevocationList, RevokedEntry};
use crate::words::x509::usage::Purpose;

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
    let staging = staging(directory)?;
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
    let common = certificate.subject().common_name().map(str::to_owned);
    let name = name.or(common).unwrap_or_else(|| certificate.subject().rfc4514());
    let foundation = Foundation {
        certificate: &certificate,
        above: &above,
        key: seal(&key, passphrase.as_ref())?,
        config: config::initial(&name, trust_domain.as_deref()),
        history: match past {
            Past::Waived => History::Waived,
            Past::Unknown | Past::Revoked(_) => History::Unknown,
        },
        last_crl_number: None,
    };
    foundation.lay_with(staging.path(), act, |ledger, issuer| {
        if let Past::Revoked(crl) = &past {
            let revoked: Vec<RevokedElsewhere> = crl.entries().iter().map(entry).collect();
            ledger.record_revoked_elsewhere(issuer, &revoked, crl.extensions().crl_number(), act)?;
        }
        Ok(())
    })?;
    staging.commit()?;
    Ok(CaReport {
        directory: directory.to_owned(),
        certificate,
        key_is_encrypted: passphrase.is_some(),
        findings: Vec::new(),
    })
}

fn entry(entry: &RevokedEntry) -> RevokedElsewhere {
    RevokedElsewhere {
        serial: entry.serial.clone(),
        revocation: Revocation {
            revoked_at: entry.revoked_at,
            reason: entry.reason(),
            invalid_since: entry.invalid_since(),
        },
    }
}

/// The first certificate, checked to be a CA's by path validation up to a self-signed root among
/// the others, and those above it in order, the root last.
pub(super) fn checked_chain(
    certificates: &[Certificate],
    now: Now,
) -> Result<(Certificate, Vec<Certificate>), AuthorityError> {
    let Some((certificate, others)) = certificates.split_first() else { return Err(AuthorityError::Nameless) };
    let above = path_to_root(certificate, others)?;
    let root = above.last().unwrap_or(certificate);
    let anchors = [root.clone()];
    let question = Question {
        intermediates: &above,
        ..Question::new(std::slice::from_ref(certificate), &anchors, Purpose::Ca, now)
    };
    // An old CA may lack what section 4 asks of new ones; what it signs is checked by its own rules.
    let question = Question { conformance: crate::examine::verify::Conformance::Reported, ..question };
    let answer = verify(&question);
    if answer.verdict() { Ok((certificate.clone(), above)) } else { Err(AuthorityError::NotACa(Box::new(answer))) }
}

/// Follows issuers by name and signature; each certificate is used once, so that it ends.
fn path_to_root(certificate: &Certificate, others: &[Certificate]) -> Result<Vec<Certificate>, AuthorityError> {
    let mut above: Vec<Certificate> = Vec::new();
    let mut current = certificate;
    while !current.is_self_issued() {
        let signs = |candidate: &&Certificate| {
            candidate.subject().matches(current.issuer())
                && current.verify_signature(candidate.public_key()).is_ok()
                && !above.contains(candidate)
        };
        let Some(issuer) = others.iter().find(signs) else {
            return Err(AuthorityError::NoRoot { subject: current.subject().rfc4514() });
        };
        above.push(issuer.clone());
        current = issuer;
    }
    Ok(above)
}
