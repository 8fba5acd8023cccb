//! The head of the audit log, signed. The CA's own key must not sign it: its usages are certificates
//! and CRLs. So there is a key for that, certified by the CA like anybody's.

use std::sync::Arc;

use super::{Authority, AuthorityError, Signer};
use crate::audit::chain::Head;
use crate::audit::checkpoint::{Checkpoint, Statement};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::encoding::certificate;
use crate::enroll::csr;
use crate::keys::{LockedKey, PrivateKey, seal};
use crate::ledger::{RowId, State};
use crate::profile::ProfileName;
use crate::store::atomic::{self, Readers};
use crate::store::layout::Layout;
use crate::store::read::{is_file, read_limited};
use crate::store::removal;
use crate::words::clock::Now;
use crate::words::order::Order;
use crate::words::x509::algorithm::KeyAlgorithm;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name::Attribute;
use crate::words::x509::name_text::NameText;
use crate::words::x509::oid;

/// The key that signs the audit log, and its certificate.
#[derive(Debug, Clone)]
pub(super) struct Auditor {
    key: Arc<PrivateKey>,
    certificate: Certificate,
    row: RowId,
}

impl Auditor {
    /// Whether the certificate still has a third of its life before it.
    fn is_fresh(&self, now: Now) -> bool {
        let validity = self.certificate.validity();
        validity.seconds_left(now).saturating_mul(3) > validity.seconds()
    }
}

impl Authority {
    /// Signs the head of the audit log and keeps the checkpoint in the ledger.
    ///
    /// The first one makes a key for it, sealed with the passphrase of the CA's key, and has the CA
    /// certify it by the profile `audit-signer`; so does one whose certificate is near its end.
    ///
    /// # Errors
    /// Where the certificate of that key cannot be issued ([`Authority::issue`]), or the ledger or the
    /// key file cannot be written.
    pub fn checkpoint(&mut self, signer: &Signer, act: &Act) -> Result<Checkpoint, AuthorityError> {
        let auditor = self.auditor(signer, act)?;
        let statement = Statement { head: self.ledger.audit_head()?, time: act.now.time() };
        let signature = auditor.key.sign(statement.text().as_bytes())?;
        let chain = self.issuer.chain();
        let certificates = std::iter::once(auditor.certificate.clone()).chain(chain).collect();
        let checkpoint = Checkpoint { statement, certificates, signature };
        // Believed only after its signature verified, as everything that is signed here.
        if checkpoint.check([self.issuer.certificate.public_key()]).is_err() {
            return Err(AuthorityError::BadSignature { serial: auditor.certificate.serial().clone() });
        }
        self.ledger.keep_checkpoint(&statement, &checkpoint.signature, auditor.row, act)?;
        self.auditor = Some(auditor);
        Ok(checkpoint)
    }

    /// The same beside another act, which holds whether or not this works; that it did not is put on
    /// record.
    pub(super) fn checkpoint_beside(&mut self, signer: &Signer, act: &Act) {
        let Err(error) = self.checkpoint(signer, act) else { return };
        let head = self.ledger.audit_head().map(|Head { seq, hash }| Object::Head { hash, seq });
        if let Ok(head) = head {
            let outcome = Outcome::Failed { reason: error.to_string() };
            drop(self.ledger.append(&Event::new(act, Action::Checkpoint, head, outcome)));
        }
    }

    fn auditor(&mut self, signer: &Signer, act: &Act) -> Result<Auditor, AuthorityError> {
        let known = match &self.auditor {
            Some(auditor) => Some(auditor.clone()),
            None => self.stored_auditor(signer)?,
        };
        match known {
            Some(auditor) if auditor.is_fresh(act.now) && self.certified(&auditor.certificate) => Ok(auditor),
            _ => self.new_auditor(signer, act),
        }
    }

    /// Whether the issuer that signs now signed it.
    fn certified(&self, certificate: &Certificate) -> bool {
        certificate.verify_signature(self.issuer.certificate.public_key()).is_ok()
    }

    /// The key of the directory with the certificate of the last checkpoint. A key that does not open
    /// any more, or has no certificate, is of no use to anybody: there will be a new one.
    fn stored_auditor(&self, signer: &Signer) -> Result<Option<Auditor>, AuthorityError> {
        let (Some(directory), Some(last)) = (&self.directory, self.ledger.last_checkpoint()?) else { return Ok(None) };
        let path = Layout::at(directory).audit_key();
        if !is_file(&path)? || self.ledger.state_of(last.signer)? != Some(State::Issued) {
            return Ok(None);
        }
        let content = zeroize::Zeroizing::new(read_limited(&path, super::LARGEST_TEXT)?);
        let opened = LockedKey::read(&content).and_then(|locked| locked.open(signer.passphrase.as_ref()));
        let (Ok(key), Ok(certificate)) = (opened, certificate::read(&last.certificate)) else { return Ok(None) };
        let belongs = key.public_key() == certificate.public_key();
        Ok(belongs.then(|| Auditor { key: Arc::new(key), certificate, row: last.signer }))
    }

    /// The key is in its file before its certificate exists, as with every key that is made here.
    fn new_auditor(&mut self, signer: &Signer, act: &Act) -> Result<Auditor, AuthorityError> {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
        let order = Order { subject: Some(self.auditors_name()), ..Order::default() };
        let plan = self.plan(csr::nameless(&key)?, &order, &ProfileName::AUDIT_SIGNER, act.now)?;
        if let Some(directory) = &self.directory {
            let path = Layout::at(directory).audit_key();
            let sealed = seal(&key, signer.passphrase.as_ref())?;
            // What the old key signed is verified with its certificate; the key itself is not needed.
            removal::discard_key(&path)?;
            atomic::write_new(&path, sealed.as_bytes(), Readers::Owner)?;
        }
        let certificate = self.issue(plan, signer, act)?.into_certificate();
        let row = self.ledger.row_of(&certificate.fingerprint())?.ok_or(AuthorityError::ForeignPlan)?;
        Ok(Auditor { key: Arc::new(key), certificate, row })
    }

    /// `audit log of NAME`, cut to what a common name may hold (RFC 5280 appendix A.1: 64 characters).
    fn auditors_name(&self) -> NameText {
        let subject = self.issuer.certificate.subject();
        let name = subject.common_name().map_or_else(|| subject.rfc4514(), str::to_owned);
        let text: String = format!("audit log of {name}").chars().take(64).collect();
        NameText::of(vec![Attribute::new(oid::COMMON_NAME, text)])
    }
}
