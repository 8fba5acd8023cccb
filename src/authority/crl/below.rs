//! CRLs of a CA for the one below it: peers of the lower one want those of every CA above as well.

use super::CrlOrder;
use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError, Signer};
use crate::encoding::revocation;
use crate::store::FileError;

impl Authority {
    /// Hands the CRLs of this CA and of those above it down to a CA below. That of this CA is built
    /// where it is missing or has ended.
    ///
    /// # Errors
    /// As [`Authority::build_crl`] and [`Authority::import_crl`]; [`AuthorityError::IncompleteSet`] where
    /// the CRL of a CA further above is missing.
    pub fn hand_down_crls(&mut self, below: &mut Self, signer: &Signer, act: &Act) -> Result<(), AuthorityError> {
        let set = match self.crl_set(act.now) {
            Ok(set) => set,
            Err(_) => {
                let order = CrlOrder { issuer: self.issuer.number, lifetime: None };
                self.build_crl(&order, signer, act)?;
                self.crl_set(act.now)?
            }
        };
        let directory = self.directory.clone().unwrap_or_default();
        for (_, pem) in set.each().map_err(FileError::io("read", &directory))? {
            let read = revocation::read_all(&pem);
            for crl in read.map_err(|source| AuthorityError::Unreadable { path: directory.clone(), source })? {
                // Only what stands above the other CA is its business: of a parent with several generations,
                // one certificate alone.
                match below.import_crl(&crl, act) {
                    Ok(_) | Err(AuthorityError::UnknownCrlIssuer { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}
