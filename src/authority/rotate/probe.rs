//! Which peers already trust a new CA certificate, as far as a handshake shows it.
//!
//! A TLS server that asks for client certificates may name the CAs it accepts (`certificate_authorities`,
//! RFC 8446 section 4.2.4; in TLS 1.2 within CertificateRequest, RFC 5246 section 7.4.4). Most servers
//! take these names from the very file that they check clients by, but a server may send none, or
//! others. What a client trusts shows in no handshake of its server.

use crate::authority::{Authority, AuthorityError};
use crate::encoding::certificate;
use crate::examine::remote::{self, Options, RemoteError, Served, Target};
use crate::ledger::IssuerState;
use crate::store::layout::IssuerNumber;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::Name;

/// What a server says of one CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustSaid {
    /// It names it among those that it accepts.
    Yes,
    /// It names others alone.
    No,
    /// It asks for a client certificate and names nobody.
    Unsaid,
    /// It asks for no client certificate.
    NotAsked,
}

/// What a server shows of one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerTrust {
    /// Which one.
    pub number: IssuerNumber,
    /// Whether the server accepts clients of its root.
    pub said: TrustSaid,
}

/// A peer, and what it showed.
#[derive(Debug)]
pub struct Probe {
    /// Whom was asked.
    pub target: Target,
    /// What it says of each generation that is not retired.
    pub trust: Vec<PeerTrust>,
    /// The generation that signed the certificate it serves, where it is one of ours.
    pub serves: Option<IssuerNumber>,
}

impl Authority {
    /// Looks at one server by a handshake without a client certificate.
    ///
    /// # Errors
    /// Where nothing was seen of it.
    pub fn probe(&self, target: &Target, options: &Options) -> Result<Result<Probe, RemoteError>, AuthorityError> {
        let generations = self.generations()?;
        let served = match remote::fetch(target, options) {
            Ok(served) => served,
            Err(error) => return Ok(Err(error)),
        };
        let mut trust = Vec::new();
        for generation in generations.iter().filter(|generation| generation.state != IssuerState::Retired) {
            let said = said_of(&served, generation.root(), &generation.certificate);
            trust.push(PeerTrust { number: generation.number, said });
        }
        let leaf = served.chain.first().and_then(|der| certificate::read(der).ok());
        let serves = leaf.and_then(|leaf| {
            let signed = |issuer: &Certificate| leaf.verify_signature(issuer.public_key()).is_ok();
            let found = generations.iter().find(|generation| signed(&generation.certificate));
            found.map(|generation| generation.number)
        });
        Ok(Ok(Probe { target: target.clone(), trust, serves }))
    }
}

fn said_of(served: &Served, root: &Certificate, issuer: &Certificate) -> TrustSaid {
    let asked = &served.client_certificate;
    let named = |name: &Name| name.matches(root.subject()) || name.matches(issuer.subject());
    match (asked.requested, asked.acceptable_cas.as_slice()) {
        (false, _) => TrustSaid::NotAsked,
        (true, []) => TrustSaid::Unsaid,
        (true, names) if names.iter().any(named) => TrustSaid::Yes,
        (true, _) => TrustSaid::No,
    }
}
