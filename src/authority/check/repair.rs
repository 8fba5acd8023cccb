//! What is mended: modes, leftovers, derived files, and reservations whose process is gone. Each
//! repair is told and put on record.

use super::LARGEST_CRL;
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::authority::issue::signed_bytes;
use crate::authority::{Authority, AuthorityError, Signer};
use crate::encoding::pem;
use crate::ledger::Orphan;
use crate::store::atomic::{self, Readers};
use crate::store::inventory;
use crate::store::layout::{IssuerNumber, Layout};
use crate::store::read::read_limited;
use crate::words::x509::fingerprint::Fingerprint;
use crate::words::x509::serial::Serial;

/// What becomes of reservations whose process is gone.
#[derive(Debug)]
pub enum Orphans<'a> {
    /// They stay as they are.
    Keep,
    /// They are given up; their numbers are never used.
    Abandon,
    /// The bytes that were to be signed are signed, by the keys of these CA certificates.
    Sign(&'a [Signer]),
}

/// What was done.
#[derive(Debug, Default)]
pub struct Repaired {
    /// In words, one by one.
    pub done: Vec<String>,
    /// Certificates that exist now, by their numbers.
    pub signed: Vec<Serial>,
    /// Numbers that were given up.
    pub abandoned: Vec<Serial>,
}

impl Authority {
    /// Whether a process ended between reserving a number and storing its certificate. Only for who
    /// opened the CA alone.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub fn has_orphans(&self) -> Result<bool, AuthorityError> {
        Ok(!self.ledger.orphans()?.is_empty())
    }

    /// Mends what loses nothing. The CA has to be opened with [`Access::Alone`](super::super::Access),
    /// so that what is pending or in the making is nobody's work.
    ///
    /// # Errors
    /// Where a file or the ledger cannot be written; what was done by then stays done and on record.
    pub fn repair(&mut self, orphans: &Orphans<'_>, act: &Act) -> Result<Repaired, AuthorityError> {
        let mut repaired = Repaired::default();
        if let Some(layout) = self.directory().map(Layout::at) {
            for fault in inventory::faults(&layout, act.now, true)? {
                if let Some(mend) = fault.mend {
                    let what = mend.apply()?;
                    self.note(what, act, &mut repaired)?;
                }
            }
            for path in self.write_derived()? {
                self.note(format!("`{}` written anew", path.display()), act, &mut repaired)?;
            }
            for generation in self.generations()? {
                if let Some(what) = self.mend_crl(&layout, generation.number())? {
                    self.note(what, act, &mut repaired)?;
                }
            }
        }
        for orphan in self.ledger.orphans()? {
            self.settle(orphan, orphans, act, &mut repaired)?;
        }
        Ok(repaired)
    }

    fn note(&mut self, what: String, act: &Act, repaired: &mut Repaired) -> Result<(), AuthorityError> {
        let event = Event::new(act, Action::Repair, Object::File { what: what.clone() }, Outcome::Done);
        self.ledger.append(&event)?;
        repaired.done.push(what);
        Ok(())
    }

    /// Of the two files of a CRL, one is the other in another form.
    fn mend_crl(&self, layout: &Layout, number: IssuerNumber) -> Result<Option<String>, AuthorityError> {
        let Some(last) = self.ledger.crl_standing(number)?.last else { return Ok(None) };
        let (der_path, pem_path) = (layout.issuer(number).crl_der(), layout.issuer(number).crl_pem());
        let whole = |der: &Vec<u8>| Fingerprint::of(der) == last.fingerprint;
        let der = read_limited(&der_path, LARGEST_CRL).ok().filter(whole);
        let text = read_limited(&pem_path, LARGEST_CRL).unwrap_or_default();
        let inner = pem::blocks(&text).ok().and_then(|mut blocks| match blocks.len() {
            1 => blocks.pop().map(|block| block.der).filter(whole),
            _ => None,
        });
        let path = match (der, inner) {
            (Some(der), None) => {
                atomic::replace(&pem_path, pem::write("X509 CRL", &der).as_bytes(), Readers::Everybody)?;
                pem_path
            }
            (None, Some(der)) => {
                atomic::replace(&der_path, &der, Readers::Everybody)?;
                der_path
            }
            _ => return Ok(None),
        };
        Ok(Some(format!("`{}` written anew", path.display())))
    }

    /// A certificate that has ended meanwhile, or whose key is known to others, is not made any more.
    fn settle(
        &mut self,
        orphan: Orphan,
        how: &Orphans<'_>,
        act: &Act,
        repaired: &mut Repaired,
    ) -> Result<(), AuthorityError> {
        let Orphan { row, to_be_signed, not_after, public_key } = orphan;
        let serial = row.serial().clone();
        let signers = match how {
            Orphans::Keep => return Ok(()),
            Orphans::Abandon => {
                return self.give_up(row, "given up by `check --repair --abandon-pending`", act, repaired);
            }
            Orphans::Sign(signers) => signers,
        };
        if not_after.is_none_or(|end| end < act.now.time()) {
            return self.give_up(row, "its time had passed", act, repaired);
        }
        if let Some(key) = public_key
            && self.ledger.is_key_compromised(&key)?
        {
            return self.give_up(row, "its key was revoked for keyCompromise", act, repaired);
        }
        let issuer = self.generation(row.issuer())?;
        let own = issuer.certificate().fingerprint();
        let Some(signer) = signers.iter().find(|signer| signer.certificate.fingerprint() == own) else {
            return Err(AuthorityError::ForeignPlan);
        };
        let certificate = signed_bytes(&to_be_signed, &signer.key, issuer.certificate().public_key())?;
        self.ledger.complete(row, certificate.der(), act)?;
        self.note(format!("reserved certificate {serial} signed"), act, repaired)?;
        repaired.signed.push(serial);
        Ok(())
    }

    fn give_up(
        &mut self,
        row: crate::ledger::ReservedRow,
        reason: &str,
        act: &Act,
        repaired: &mut Repaired,
    ) -> Result<(), AuthorityError> {
        let serial = row.serial().clone();
        self.ledger.abandon(row, reason, act)?;
        self.note(format!("reserved number {serial} abandoned: {reason}"), act, repaired)?;
        repaired.abandoned.push(serial);
        Ok(())
    }
}
