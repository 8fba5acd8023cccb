//! `prepare`: the next CA certificate is made and told to everybody, and signs nothing yet.

use std::path::PathBuf;

use super::begin::{Begun, read_request};
use super::cross::path_length;
use super::{Bridge, RotationError, Successor, Taken};
use crate::audit::event::Act;
use crate::authority::chain::checked_chain;
use crate::authority::derived::write_above;
use crate::authority::foundation::new_issuer;
use crate::authority::init::self_signed_as;
use crate::authority::{Authority, AuthorityError, Generation, Signer};
use crate::keys::Passphrase;
use crate::ledger::{History, IssuerState};
use crate::profile::ProfileName;
use crate::store::layout::{IssuerFolder, IssuerNumber};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name_text::NameText;
use crate::words::x509::request::Request;

/// A CA certificate that waits for its activation.
#[derive(Debug)]
pub struct Preparation {
    /// It.
    pub generation: Generation,
    /// Whether it was made now.
    pub taken: Taken,
    /// What leads from the old root to it.
    pub bridge: Bridge,
    /// Warnings and notices of the rules.
    pub findings: Vec<Finding>,
    /// The files that were written for peers and people.
    pub written: Vec<PathBuf>,
}

/// A key that waits for the certificate of a parent elsewhere.
#[derive(Debug)]
pub struct SuccessorRequest {
    /// Which one it will be.
    pub number: IssuerNumber,
    /// The request that the parent is to sign.
    pub request: Request,
    /// Where the request is.
    pub file: PathBuf,
}

impl Authority {
    /// The next root: a new key under a name of its own, self-signed, and certified by the old root
    /// too. From now on both roots stand in `ca.crt`.
    ///
    /// # Errors
    /// [`RotationError`] where a step has to be taken first; [`AuthorityError::Key`] where the
    /// passphrase is not that of the CA's keys; [`AuthorityError::Refused`] where a rule forbids what
    /// was asked.
    pub fn prepare_root(
        &mut self,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Preparation, AuthorityError> {
        if let Some(before) = self.prepared_before(successor, act)? {
            return Ok(before);
        }
        if !self.issuer.is_root() {
            return Err(RotationError::NeedsParent(self.subject()).into());
        }
        self.certified_by_itself(successor, passphrase, act)
    }

    /// The same, without a question whether a rotation may begin.
    pub(super) fn certified_by_itself(
        &mut self,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Preparation, AuthorityError> {
        // The new key is sealed with the passphrase of the old one, so that one opens both.
        let signer = self.unlock(passphrase)?;
        let begun = self.begin(successor, passphrase)?;
        let longest = self.longest(&ProfileName::ROOT)?;
        let subject = NameText::of_rdns(begun.request.subject().rdns().to_vec());
        let order = successor.order(&self.issuer.certificate, longest);
        let order = crate::words::order::Order { subject: Some(subject), ..order };
        let (root, mut findings) = self_signed_as(&begun.key, &order, act.now)?;
        let (cross, bridge) = self.bridge(successor, &begun, &root, &signer, act)?;
        if bridge == Bridge::NoRoom {
            let message = "the path length of the old root is 0, so it cannot certify the new one: peers that have only \
                           the old root refuse every certificate of the new";
            findings.push(
                Finding::warning("rotate.no_cross", message)
                    .clause("RFC 5280 section 4.2.1.9")
                    .hint("see that every peer has the new ca.crt before `mtls-ca rotate activate`"),
            );
        }
        self.record(begun.number, &begun.folder, &root, &[], cross.as_ref(), act)?;
        self.preparation(Taken::Now, bridge, findings, act.now)
    }

    /// The next intermediate, signed by the parent's active CA certificate and recorded in the
    /// parent's ledger.
    ///
    /// # Errors
    /// As [`Authority::prepare_root`].
    pub fn prepare_below(
        &mut self,
        successor: &Successor,
        parent: &mut Authority,
        parent_signer: &Signer,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Preparation, AuthorityError> {
        if self.issuer.is_root() {
            return Err(RotationError::IsRoot(self.subject()).into());
        }
        if let Some(before) = self.prepared_before(successor, act)? {
            return Ok(before);
        }
        self.unlock(passphrase)?;
        self.certified_below(successor, parent, parent_signer, passphrase, act)
    }

    /// The same, without a look at the old key, which may be lost or in bad hands.
    pub(super) fn certified_below(
        &mut self,
        successor: &Successor,
        parent: &mut Authority,
        parent_signer: &Signer,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Preparation, AuthorityError> {
        let begun = self.begin(successor, passphrase)?;
        let name = begun.request.subject().common_name().unwrap_or_default();
        let key = begun.request.public_key().fingerprint();
        let profile = ProfileName::INTERMEDIATE;
        // An interrupted run may have had it signed already.
        let known = parent.issued_to(name, &key, profile.as_str(), act.now)?;
        let (certificate, findings) = match known {
            Some(certificate) => (certificate, Vec::new()),
            None => {
                let order = successor.order(&self.issuer.certificate, parent.longest(&profile)?);
                let plan = parent.plan(begun.request.clone(), &order, &profile, act.now)?;
                let findings = plan.findings();
                (parent.issue(plan, parent_signer, act)?.into_certificate(), findings)
            }
        };
        let above: Vec<Certificate> = parent.issuer.with_those_above().cloned().collect();
        let cross = parent.issuer.cross.clone().filter(|_| parent.issuer.bridged);
        self.record(begun.number, &begun.folder, &certificate, &above, cross.as_ref(), act)?;
        self.preparation(Taken::Now, Bridge::NotNeeded, findings, act.now)
    }

    /// A new key and a request, for a parent that is elsewhere. Asked again, it is the same request.
    ///
    /// # Errors
    /// As [`Authority::prepare_root`].
    pub fn request_successor(
        &mut self,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
    ) -> Result<SuccessorRequest, AuthorityError> {
        if self.issuer.is_root() {
            return Err(RotationError::IsRoot(self.subject()).into());
        }
        if let Some(prepared) = self.prepared()? {
            return Err(RotationError::Unfinished(prepared.number).into());
        }
        self.may_begin()?;
        self.unlock(passphrase)?;
        let Begun { number, folder, key: _, request } = self.begin(successor, passphrase)?;
        Ok(SuccessorRequest { number, request, file: folder.request() })
    }

    /// Takes the certificate that the parent made from the request. `certificates` begins with it;
    /// those above it up to the root follow, in any order.
    ///
    /// # Errors
    /// [`RotationError::NoRequest`] where none waits; [`AuthorityError::KeyMismatch`] where it is for
    /// another key; [`AuthorityError::NotACa`] and [`AuthorityError::NoRoot`] where it does not stand.
    pub fn complete_successor(
        &mut self,
        certificates: &[Certificate],
        act: &Act,
    ) -> Result<Preparation, AuthorityError> {
        let Some((certificate, _)) = certificates.split_first() else { return Err(AuthorityError::NoCertificate) };
        if let Some(prepared) = self.prepared()?
            && prepared.certificate.der() == certificate.der()
        {
            return self.preparation(Taken::Before, Bridge::NotNeeded, Vec::new(), act.now);
        }
        self.may_begin()?;
        let (number, folder) = self.next_folder()?;
        if !folder.request().is_file() {
            return Err(RotationError::NoRequest.into());
        }
        if read_request(&folder)?.public_key() != certificate.public_key() {
            return Err(AuthorityError::KeyMismatch(folder.key()));
        }
        let (certificate, above) = checked_chain(certificates, act.now)?;
        if above.is_empty() {
            return Err(RotationError::IsRoot(certificate.subject().rfc4514()).into());
        }
        // The parent's root may have been certified by the one before it; that goes along.
        let cross = above.last().and_then(|root| {
            let same = |other: &&Certificate| {
                other.subject().matches(root.subject())
                    && other.public_key() == root.public_key()
                    && !other.is_self_issued()
            };
            certificates.iter().find(same)
        });
        self.record(number, &folder, &certificate, &above, cross, act)?;
        self.preparation(Taken::Now, Bridge::NotNeeded, Vec::new(), act.now)
    }

    fn subject(&self) -> String {
        self.issuer.certificate.subject().rfc4514()
    }

    /// The answer of a run before, and what it may not have come to.
    fn prepared_before(&mut self, successor: &Successor, act: &Act) -> Result<Option<Preparation>, AuthorityError> {
        let Some(prepared) = self.prepared()? else {
            self.may_begin()?;
            return Ok(None);
        };
        if let Some(what) = successor.missed_by(&prepared.certificate) {
            return Err(RotationError::PreparedOtherwise { number: prepared.number, what }.into());
        }
        self.preparation(Taken::Before, Bridge::NotNeeded, Vec::new(), act.now).map(Some)
    }

    /// Whether a rotation may begin: the last one is over, and URLs tell issuers apart.
    fn may_begin(&self) -> Result<(), AuthorityError> {
        if let Some(superseded) = self.last_in(IssuerState::Superseded)? {
            return Err(RotationError::Unfinished(superseded.number).into());
        }
        Ok(self.urls_name_the_issuer()?)
    }

    /// The longest lifetime that a profile and `ca.toml` allow.
    pub(super) fn longest(
        &self,
        profile: &ProfileName,
    ) -> Result<Option<crate::words::x509::lifetime::Lifetime>, AuthorityError> {
        let profile = self.profiles.get(profile)?;
        let most = profile.max_lifetime.as_ref().map(|most| most.value);
        let general = self.settings.max_lifetime.as_ref().map(|most| most.value);
        Ok(most.into_iter().chain(general).min())
    }

    /// The ledger's row, with which the step is taken; what the row cannot hold goes before it.
    fn record(
        &mut self,
        number: IssuerNumber,
        folder: &IssuerFolder,
        certificate: &Certificate,
        above: &[Certificate],
        cross: Option<&Certificate>,
        act: &Act,
    ) -> Result<(), AuthorityError> {
        let taken = |generation: &Generation| generation.certificate.subject().matches(certificate.subject());
        if self.generations()?.iter().any(taken) {
            return Err(RotationError::NameTaken(certificate.subject().rfc4514()).into());
        }
        if !above.is_empty() {
            write_above(&folder.above(), above)?;
        }
        let subject = certificate.subject().rfc4514();
        let new = new_issuer(certificate, &subject, History::Whole);
        Ok(self.ledger.prepare_issuer(number, &new, cross.map(Certificate::der), act)?)
    }

    fn preparation(
        &mut self,
        taken: Taken,
        bridge: Bridge,
        findings: Vec<Finding>,
        now: Now,
    ) -> Result<Preparation, AuthorityError> {
        let written = self.bring_out_derived(now)?;
        let generation = self.prepared()?.ok_or(RotationError::NothingPrepared)?;
        let bridge = match (&generation.cross, generation.is_root(), taken) {
            (Some(_), ..) => Bridge::Made,
            (None, true, Taken::Before) if path_length(&self.issuer.certificate) == Some(0) => Bridge::NoRoom,
            (None, true, Taken::Before) => Bridge::NotWanted,
            _ => bridge,
        };
        Ok(Preparation { generation, taken, bridge, findings, written })
    }
}
