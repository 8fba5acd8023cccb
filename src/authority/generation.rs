//! One CA certificate of this authority, those above it, and where its key is. The first is `g1`;
//! `rotate` adds further ones.

use std::path::PathBuf;
use std::sync::Arc;

use super::issuer::{KeyPlace, LockedIssuerKey};
use super::{Authority, AuthorityError, LARGEST_TEXT};
use crate::encoding::certificate;
use crate::keys::PrivateKey;
use crate::ledger::{History, Issuer, IssuerState, Ledger};
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::read_limited;
use crate::words::clock::{Now, Time};
use crate::words::x509::certificate::Certificate;

/// One CA certificate of this authority.
///
/// Its certificate comes from the ledger. Those above it are read from `above.crt` at each open and
/// not validated again: whoever can write into the directory could as well replace the key, and what
/// peers check is the chain itself. They decide what is handed out as chain and trust, and tighten
/// what is issued (validity, name constraints); no rule is loosened by them. What a mistaken copy
/// would break is looked at: that they lead from the issuer to a root, by names and key identifiers.
#[derive(Debug, Clone)]
pub struct Generation {
    pub(super) number: IssuerNumber,
    pub(super) state: IssuerState,
    pub(super) since: Time,
    pub(super) history: History,
    pub(super) certificate: Certificate,
    /// Its own issuer first, the root last; empty for a root.
    pub(super) above: Vec<Certificate>,
    pub(super) cross: Option<Certificate>,
    /// Whether a peer may still trust only the root before this one.
    pub(super) bridged: bool,
    pub(super) key: KeyPlace,
}

impl Generation {
    /// The one that signs, with the files of its folder.
    pub(super) fn active_of(layout: &Layout, ledger: &Ledger) -> Result<Self, AuthorityError> {
        let active = ledger.active_issuer()?.ok_or_else(|| AuthorityError::NoIssuer(layout.root().to_owned()))?;
        Self::load(layout, ledger, active)
    }

    /// What the ledger says of an issuer, with the files of its folder.
    pub(super) fn load(layout: &Layout, ledger: &Ledger, issuer: Issuer) -> Result<Self, AuthorityError> {
        let Issuer { number, state, since, subject: _, public_key: _, history, last_crl_number: _, certificate, cross } =
            issuer;
        let folder = layout.issuer(number);
        let read = |der: &[u8]| {
            certificate::read(der)
                .map_err(|source| AuthorityError::Unreadable { path: ledger.path().to_owned(), source })
        };
        let (certificate, cross) = (read(&certificate)?, cross.as_deref().map(read).transpose()?);
        let above = if certificate.is_self_issued() { Vec::new() } else { above(folder.above(), &certificate)? };
        let bridged = cross.is_some() && ledger.has_unretired_before(number)?;
        let key = KeyPlace::File(folder.key());
        Ok(Self { number, state, since, history, certificate, above, cross, bridged, key })
    }

    pub(super) fn in_memory(certificate: Certificate, key: PrivateKey, now: Now) -> Self {
        Self {
            number: IssuerNumber::FIRST,
            state: IssuerState::Active,
            since: now.time(),
            history: History::Whole,
            certificate,
            above: Vec::new(),
            cross: None,
            bridged: false,
            key: KeyPlace::Memory(Arc::new(key)),
        }
    }

    /// Its number, which is its folder's.
    #[must_use]
    pub const fn number(&self) -> IssuerNumber {
        self.number
    }

    /// Whether it signs.
    #[must_use]
    pub const fn state(&self) -> IssuerState {
        self.state
    }

    /// Since when it is in this state.
    #[must_use]
    pub const fn since(&self) -> Time {
        self.since
    }

    /// What is known of what it issued before it had this ledger.
    #[must_use]
    pub const fn history(&self) -> History {
        self.history
    }

    /// Its certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificates above it, its own issuer first and the root last; none above a root.
    #[must_use]
    pub fn above(&self) -> &[Certificate] {
        &self.above
    }

    /// Its root's subject and key, certified by the root before.
    #[must_use]
    pub const fn cross(&self) -> Option<&Certificate> {
        self.cross.as_ref()
    }

    /// Its certificate, its own issuer's, and so on to the root.
    pub(super) fn with_those_above(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(&self.above)
    }

    /// The root of its chain: itself where it is one.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.above.last().unwrap_or(&self.certificate)
    }

    /// Whether it is one that signs itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.above.is_empty()
    }

    /// What is typed to begin with its successor, which below another CA is made by that one.
    #[must_use]
    pub fn preparing(&self) -> &'static str {
        if self.is_root() { "mtls-ca rotate prepare" } else { "mtls-ca rotate prepare --parent DIR" }
    }

    /// What goes behind a leaf: itself and those above, without the root. As long as the root before
    /// is not retired, the certificate that leads from there to this one's root goes along, so that
    /// peers who trust only the old root accept new leaves.
    #[must_use]
    pub fn chain(&self) -> Vec<Certificate> {
        let bridge = self.cross.iter().filter(|_| self.bridged);
        self.with_those_above().take(self.above.len()).chain(bridge).cloned().collect()
    }

    /// Its key, closed.
    ///
    /// # Errors
    /// [`AuthorityError::File`] where its file is missing, [`AuthorityError::Key`] where it holds no key.
    pub fn locked_key(&self) -> Result<LockedIssuerKey, AuthorityError> {
        self.key.locked(&self.certificate)
    }
}

impl Authority {
    /// The CA certificate that signs, and what belongs to it.
    #[must_use]
    pub const fn active(&self) -> &Generation {
        &self.issuer
    }

    /// All CA certificates of this authority, the first one first, whatever their state.
    ///
    /// # Errors
    /// Where the ledger or the files of one cannot be read.
    pub fn generations(&self) -> Result<Vec<Generation>, AuthorityError> {
        let Some(directory) = &self.directory else { return Ok(vec![self.issuer.clone()]) };
        let layout = Layout::at(directory);
        self.ledger.issuers()?.into_iter().map(|issuer| Generation::load(&layout, &self.ledger, issuer)).collect()
    }

    /// One CA certificate of this authority.
    ///
    /// # Errors
    /// [`AuthorityError::UnknownIssuer`] where there is none of this number; as
    /// [`Authority::generations`].
    pub fn generation(&self, number: IssuerNumber) -> Result<Generation, AuthorityError> {
        if number == self.issuer.number {
            return Ok(self.issuer.clone());
        }
        self.reloaded(number)
    }

    /// One as the ledger has it now.
    pub(super) fn reloaded(&self, number: IssuerNumber) -> Result<Generation, AuthorityError> {
        let found = self.generations()?.into_iter().find(|generation| generation.number == number);
        found.ok_or(AuthorityError::UnknownIssuer(number))
    }

    /// What peers should trust: the roots of all generations that are not retired, the one that signs
    /// first.
    ///
    /// # Errors
    /// As [`Authority::generations`].
    pub fn trust(&self) -> Result<Vec<Certificate>, AuthorityError> {
        let mut roots = vec![self.issuer.root().clone()];
        for generation in self.generations()? {
            if generation.state != IssuerState::Retired && !roots.contains(generation.root()) {
                roots.push(generation.root().clone());
            }
        }
        Ok(roots)
    }
}

impl Authority {
    /// The CAs between roots and leaves of all generations that are not retired, then the roots: for peers that
    /// check CRLs only of what they trust.
    ///
    /// # Errors
    /// As [`Authority::generations`].
    pub fn trust_with_issuing(&self) -> Result<Vec<Certificate>, AuthorityError> {
        let mut all: Vec<Certificate> = Vec::new();
        for generation in self.generations()?.iter().filter(|generation| generation.state != IssuerState::Retired) {
            for link in generation.chain() {
                if !all.contains(&link) {
                    all.push(link);
                }
            }
        }
        all.extend(self.trust()?);
        Ok(all)
    }
}

/// The certificates above an issuer.
fn above(path: PathBuf, certificate: &Certificate) -> Result<Vec<Certificate>, AuthorityError> {
    let bytes = read_limited(&path, LARGEST_TEXT)?;
    let above = match certificate::read_all(&bytes) {
        Ok(above) => above,
        Err(source) => return Err(AuthorityError::Unreadable { path, source }),
    };
    match leads_to_a_root(certificate, &above) {
        Ok(()) => Ok(above),
        Err(reason) => Err(AuthorityError::ForeignChain { path, subject: certificate.subject().rfc4514(), reason }),
    }
}

/// Whether each certificate names the next as its issuer, by name and, where both say it, by key
/// identifier (RFC 5280 section 4.2.1.1), and the last one itself.
fn leads_to_a_root(certificate: &Certificate, above: &[Certificate]) -> Result<(), String> {
    let mut below = certificate;
    for issuer in above {
        let identifier = below.extensions().authority_key_identifier().and_then(|aki| aki.key_identifier.as_ref());
        let same_key = match (identifier, issuer.extensions().subject_key_identifier()) {
            (Some(named), Some(own)) => named == own,
            _ => true,
        };
        if !issuer.subject().matches(below.issuer()) {
            let (below, wanted) = (below.subject().rfc4514(), below.issuer().rfc4514());
            return Err(format!("`{below}` is issued by `{wanted}`, and `{}` follows", issuer.subject().rfc4514()));
        }
        if !same_key {
            return Err(format!("`{}` is there with another key", issuer.subject().rfc4514()));
        }
        below = issuer;
    }
    if below.is_self_issued() {
        Ok(())
    } else {
        Err(format!("`{}`, which issued `{}`, is missing", below.issuer().rfc4514(), below.subject().rfc4514()))
    }
}
