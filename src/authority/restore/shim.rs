//! TEMPORARY until the CRL part lands.
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError};
use crate::ledger::{Revocation, RevokedElsewhere};
use crate::store::layout::IssuerNumber;
use crate::words::x509::revocation::RevocationList;
#[allow(missing_docs, dead_code)]
pub enum Imported {
    Above { subject: String },
    Own { issuer: IssuerNumber, new: usize },
}
impl Authority {
    #[allow(missing_docs)]
    pub fn merge_own_crl(&mut self, crl: &RevocationList, act: &Act) -> Result<Imported, AuthorityError> {
        let revoked: Vec<RevokedElsewhere> = crl
            .entries()
            .iter()
            .map(|entry| RevokedElsewhere {
                serial: entry.serial.clone(),
                revocation: Revocation {
                    revoked_at: entry.revoked_at,
                    reason: entry.reason(),
                    invalid_since: entry.invalid_since(),
                },
            })
            .collect();
        let new =
            self.ledger.record_revoked_elsewhere(self.issuer.number, &revoked, crl.extensions().crl_number(), act)?;
        Ok(Imported::Own { issuer: self.issuer.number, new })
    }
}
