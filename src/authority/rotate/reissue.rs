//! `prepare --keep-key`: the same subject and key with a new validity. Leaves, CRLs and OCSP
//! responses stay as they are, for all of them know the issuer by its name and key alone; so it is no
//! new generation, but another certificate in the place of the one in use.

use std::path::PathBuf;

use super::{OWN_PROFILES, RotationError, Successor, Taken};
use crate::audit::event::Act;
use crate::authority::chain::checked_chain;
use crate::authority::derived::write_above;
use crate::authority::foundation::new_issuer;
use crate::authority::init::self_signed_as;
use crate::authority::{Authority, AuthorityError, Generation, Signer};
use crate::bundle::pem;
use crate::enroll::csr::{self, Wishes};
use crate::keys::Passphrase;
use crate::profile::ProfileName;
use crate::store::atomic::{self, Readers};
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::order::Order;
use crate::words::x509::certificate::Certificate;
use crate::words::x509::name_text::NameText;
use crate::words::x509::request::Request;

/// Asked again within so many seconds, nothing is made again.
const ONCE_A_DAY: i64 = DAY;
const DAY: i64 = 24 * 60 * 60;

/// A certificate for the key that is in use already.
#[derive(Debug)]
pub struct Reissue {
    /// The one that signs, with its new certificate.
    pub generation: Generation,
    /// Whether it was made now.
    pub taken: Taken,
    /// Warnings and notices of the rules.
    pub findings: Vec<Finding>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

impl Authority {
    /// A new certificate for the root's own key.
    ///
    /// # Errors
    /// [`RotationError::NeedsParent`] below another CA; [`RotationError::Unfinished`] during a rotation;
    /// as [`Authority::prepare_root`].
    pub fn reissue_root(
        &mut self,
        successor: &Successor,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Reissue, AuthorityError> {
        if !self.issuer.is_root() {
            return Err(RotationError::NeedsParent(self.issuer.certificate.subject().rfc4514()).into());
        }
        if self.reissued_lately(successor, act.now)? {
            return self.reissue(Taken::Before, Vec::new(), act.now);
        }
        let signer = self.unlock(passphrase)?;
        let old = &self.issuer.certificate;
        let subject = NameText::of_rdns(old.subject().rdns().to_vec());
        let order = Order { subject: Some(subject), ..successor.order(old, self.longest(&ProfileName::ROOT)?) };
        let (certificate, findings) = self_signed_as(&signer.key, &order, act.now)?;
        self.replace(&certificate, act)?;
        self.reissue(Taken::Now, findings, act.now)
    }

    /// A new certificate for the intermediate's own key, from the parent's active CA certificate.
    ///
    /// # Errors
    /// [`RotationError::OtherRoot`] where the parent has another root by now: then peers have to get
    /// that first, and a new key is prepared; as [`Authority::prepare_below`].
    pub fn reissue_below(
        &mut self,
        successor: &Successor,
        parent: &mut Authority,
        parent_signer: &Signer,
        passphrase: Option<&Passphrase>,
        act: &Act,
    ) -> Result<Reissue, AuthorityError> {
        if self.issuer.is_root() {
            return Err(RotationError::IsRoot(self.issuer.certificate.subject().rfc4514()).into());
        }
        if !is_same_anchor(parent.issuer.root(), self.issuer.root()) {
            return Err(RotationError::OtherRoot.into());
        }
        if self.reissued_lately(successor, act.now)? {
            return self.reissue(Taken::Before, Vec::new(), act.now);
        }
        let request = self.own_request(passphrase)?;
        let profile = ProfileName::INTERMEDIATE;
        let order = successor.order(&self.issuer.certificate, parent.longest(&profile)?);
        let plan = parent.plan(request, &order, &profile, act.now)?;
        let findings = plan.findings();
        let certificate = parent.issue(plan, parent_signer, act)?.into_certificate();
        let above: Vec<Certificate> = parent.issuer.with_those_above().cloned().collect();
        write_above(&self.layout()?.issuer(self.issuer.number).above(), &above)?;
        self.replace(&certificate, act)?;
        self.reissue(Taken::Now, findings, act.now)
    }

    /// A request for the key in use, for a parent that is elsewhere, and where it is.
    ///
    /// # Errors
    /// As [`Authority::reissue_below`].
    pub fn request_reissue(&mut self, passphrase: Option<&Passphrase>) -> Result<(Request, PathBuf), AuthorityError> {
        if self.issuer.is_root() {
            return Err(RotationError::IsRoot(self.issuer.certificate.subject().rfc4514()).into());
        }
        let request = self.own_request(passphrase)?;
        let file = self.layout()?.issuer(self.issuer.number).request();
        atomic::replace(&file, pem::request(&request).as_bytes(), Readers::Everybody)?;
        Ok((request, file))
    }

    /// Takes the certificate that the parent made for the key in use. `certificates` begins with it.
    ///
    /// # Errors
    /// [`RotationError::NotTheSame`] where it is for another key or subject; [`RotationError::OtherRoot`];
    /// as [`Authority::complete_successor`].
    pub fn complete_reissue(&mut self, certificates: &[Certificate], act: &Act) -> Result<Reissue, AuthorityError> {
        let (certificate, above) = checked_chain(certificates, act.now)?;
        let old = &self.issuer.certificate;
        let path = self.layout()?.issuer(self.issuer.number).certificate();
        if certificate.public_key() != old.public_key() || !certificate.subject().matches(old.subject()) {
            return Err(RotationError::NotTheSame(path).into());
        }
        if !above.last().is_some_and(|root| is_same_anchor(root, self.issuer.root())) {
            return Err(RotationError::OtherRoot.into());
        }
        if certificate.der() == old.der() {
            return self.reissue(Taken::Before, Vec::new(), act.now);
        }
        write_above(&self.layout()?.issuer(self.issuer.number).above(), &above)?;
        self.replace(&certificate, act)?;
        self.reissue(Taken::Now, Vec::new(), act.now)
    }

    fn own_request(&self, passphrase: Option<&Passphrase>) -> Result<Request, AuthorityError> {
        let signer = self.unlock(passphrase)?;
        let subject = NameText::of_rdns(self.issuer.certificate.subject().rdns().to_vec());
        Ok(csr::request(&signer.key, &Wishes { subject, ..Wishes::default() })?)
    }

    /// Whether it has been done already as it is ordered, so that a run again makes no second one.
    fn reissued_lately(&self, successor: &Successor, now: Now) -> Result<bool, AuthorityError> {
        if let Some(prepared) = self.prepared()? {
            return Err(RotationError::Unfinished(prepared.number).into());
        }
        let age = now.time().seconds_since(self.issuer.certificate.validity().not_before);
        Ok(age < ONCE_A_DAY && successor.missed_by(&self.issuer.certificate).is_none())
    }

    fn replace(&mut self, certificate: &Certificate, act: &Act) -> Result<(), AuthorityError> {
        let subject = certificate.subject().rfc4514();
        let new = new_issuer(certificate, &subject, self.issuer.history);
        self.ledger.reissue_issuer(self.issuer.number, &new, act)?;
        self.reload()
    }

    fn reissue(&mut self, taken: Taken, mut findings: Vec<Finding>, now: Now) -> Result<Reissue, AuthorityError> {
        let written = self.bring_out_derived(now)?;
        findings.extend(self.ends_before_its_leaves(now)?);
        Ok(Reissue { generation: self.issuer.clone(), taken, findings, written })
    }

    /// No certificate is made that outlives the one which signs it; one that takes the place of a longer one can end
    /// before what that has signed. It is wanted where a CA is to go, so that it is told, and not refused.
    fn ends_before_its_leaves(&self, now: Now) -> Result<Option<Finding>, AuthorityError> {
        let end = self.issuer.certificate.validity().not_after;
        let Some((count, last)) = self.ledger.outliving(self.issuer.number, &OWN_PROFILES, end)? else {
            return Ok(None);
        };
        let message = format!(
            "the CA certificate ends at `{end}`, before live certificates of its key: {count}, the last at `{last}`; \
             peers that have the new one refuse them from then on"
        );
        let days = last.seconds_since(now.time()).saturating_add(DAY - 1) / DAY;
        let prepare = self.issuer.preparing();
        let hint = format!("{prepare} --keep-key --lifetime {days}d");
        Ok(Some(Finding::warning("rotate.ends_before_leaves", message).hint(hint)))
    }
}

/// Whether two roots are one to those who trust either: an anchor is a name and a key (RFC 5280
/// section 6.1.1 (d)), and a root may have been issued again.
fn is_same_anchor(one: &Certificate, other: &Certificate) -> bool {
    one.subject().matches(other.subject()) && one.public_key() == other.public_key()
}
