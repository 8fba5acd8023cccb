//! Taking CRLs in: those of the CAs above, for the set that peers need, and those of this CA that its
//! ledger does not know, of the time before it was adopted or since a backup.

use crate::audit::event::Act;
use crate::authority::{Authority, AuthorityError};
use crate::ledger::{ForeignCrl, Revocation, RevokedElsewhere};
use crate::store::layout::IssuerNumber;
use crate::words::x509::revocation::{RevocationList, RevokedEntry};

/// What became of a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is of a CA above, and its newest.
    Above {
        /// The CA's subject as text (RFC 4514).
        subject: String,
    },
    /// It is of this CA.
    Own {
        /// The generation that signed it.
        issuer: IssuerNumber,
        /// How many revocations were not known yet.
        new: usize,
    },
}

impl Authority {
    /// Takes in a CRL of a CA above, or of this CA itself, whichever signed it.
    ///
    /// # Errors
    /// - [`AuthorityError::UnknownCrlIssuer`] where neither did;
    /// - [`AuthorityError::NoNextUpdate`] where it does not say when the next one is due;
    /// - [`AuthorityError::Ledger`] where a newer one is known.
    pub fn import_crl(&mut self, crl: &RevocationList, act: &Act) -> Result<Imported, AuthorityError> {
        let generations = self.generations()?;
        let signed_by = |certificate: &crate::words::x509::certificate::Certificate| {
            crl.issuer().matches(certificate.subject()) && crl.verify_signature(certificate.public_key()).is_ok()
        };
        if generations.iter().any(|generation| signed_by(&generation.certificate)) {
            return self.merge_own_crl(crl, act);
        }
        let above = generations.iter().flat_map(|generation| &generation.above).find(|above| signed_by(above));
        let Some(above) = above else {
            return Err(AuthorityError::UnknownCrlIssuer { issuer: crl.issuer().rfc4514() });
        };
        let subject = above.subject().rfc4514();
        // RFC 5280 section 5.1.2.5: it has to be there, and nobody could tell when the list is stale.
        let Some(next_update) = crl.next_update() else { return Err(AuthorityError::NoNextUpdate { subject }) };
        let foreign = ForeignCrl {
            public_key: above.public_key().fingerprint(),
            subject: subject.clone(),
            number: crl.number(),
            this_update: crl.this_update(),
            next_update,
            der: crl.der().to_vec(),
        };
        self.ledger.take_foreign_crl(&foreign, crl.entries().len() as u64, act)?;
        Ok(Imported::Above { subject })
    }

    /// Takes in a CRL of this CA that its ledger does not know: revocations that are not known are
    /// recorded, and numbers go on from the highest. What is known stays; a hold that the list does
    /// not have any more stays a hold until it is released here.
    ///
    /// # Errors
    /// [`AuthorityError::UnknownCrlIssuer`] where no generation of this CA signed it.
    pub fn merge_own_crl(&mut self, crl: &RevocationList, act: &Act) -> Result<Imported, AuthorityError> {
        let signed = self.generations()?.into_iter().find(|generation| {
            crl.issuer().matches(generation.certificate.subject())
                && crl.verify_signature(generation.certificate.public_key()).is_ok()
        });
        let Some(generation) = signed else {
            return Err(AuthorityError::UnknownCrlIssuer { issuer: crl.issuer().rfc4514() });
        };
        let issuer = generation.number;
        let revoked: Vec<RevokedElsewhere> = crl.entries().iter().map(elsewhere).collect();
        let new = self.ledger.record_revoked_elsewhere(issuer, &revoked, crl.extensions().crl_number(), act)?;
        if self.issuer.number == issuer {
            // What is known of its past may have changed.
            self.issuer = self.reloaded(issuer)?;
        }
        Ok(Imported::Own { issuer, new })
    }
}

/// An entry of a CRL as the ledger takes it.
pub(in crate::authority) fn elsewhere(entry: &RevokedEntry) -> RevokedElsewhere {
    RevokedElsewhere {
        serial: entry.serial.clone(),
        revocation: Revocation {
            revoked_at: entry.revoked_at,
            reason: entry.reason(),
            invalid_since: entry.invalid_since(),
        },
    }
}
