//! Handing this CA, with its key, to a system that signs with it: a mesh, a cluster, a vault.

use super::{Authority, AuthorityError, Signer};
use crate::audit::event::{Act, Action, Event, Object, Outcome};
use crate::bundle::layout::{Laid, LayoutError, Material, Naming, System, lay_out};
use crate::store::FileError;
use crate::words::clock::Now;

/// For which system, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutOrder {
    /// The system.
    pub system: System,
    /// Whether it gets the CRLs of every CA of the chain.
    pub crls: bool,
    /// What a secret is called.
    pub naming: Naming,
}

impl Authority {
    /// This CA as the files that the system reads, its key in clear among them.
    ///
    /// # Errors
    /// [`AuthorityError::Layout`] where the system would refuse it, as where CRLs are asked for and one is
    /// missing or expired.
    pub fn lay_out(&self, order: &LayoutOrder, signer: &Signer, now: Now) -> Result<Laid, AuthorityError> {
        let LayoutOrder { system, crls, naming } = order;
        let crls = crls.then(|| self.crls_in_pem(*system, now)).transpose()?;
        let above = self.issuer.above();
        let material = Material {
            certificate: &self.issuer.certificate,
            chain: above.get(..above.len().saturating_sub(1)).unwrap_or_default(),
            roots: &self.trust()?,
            key: Some(signer.key.as_ref()),
            crls: crls.as_deref(),
            naming,
            now,
        };
        Ok(lay_out(*system, &material)?)
    }

    /// The same, brought to its place by `put`. That a CA's key left in clear is written into the audit log
    /// before it does.
    ///
    /// # Errors
    /// As [`Authority::lay_out`]; what `put` says.
    pub fn export_authority<T>(
        &mut self,
        order: &LayoutOrder,
        signer: &Signer,
        act: &Act,
        put: impl FnOnce(&Laid) -> Result<T, FileError>,
    ) -> Result<(Laid, T), AuthorityError> {
        let laid = self.lay_out(order, signer, act.now)?;
        self.record_handover(act, Outcome::Intended)?;
        match put(&laid) {
            Ok(done) => {
                self.record_handover(act, Outcome::Done)?;
                Ok((laid, done))
            }
            Err(error) => {
                self.record_handover(act, Outcome::Failed { reason: error.to_string() })?;
                Err(error.into())
            }
        }
    }

    fn record_handover(&mut self, act: &Act, outcome: Outcome) -> Result<(), AuthorityError> {
        let object = Object::Issuer {
            fingerprint: self.issuer.certificate.fingerprint(),
            issuer: self.issuer.number.to_string(),
            subject: self.issuer.certificate.subject().rfc4514(),
        };
        Ok(self.ledger.append(&Event::new(act, Action::ExportKey, object, outcome))?)
    }

    fn crls_in_pem(&self, system: System, now: Now) -> Result<String, AuthorityError> {
        let mut text = Vec::new();
        let set = self.crl_set(now).map_err(|error| match error {
            AuthorityError::IncompleteSet(findings) => LayoutError::Refused { system, findings }.into(),
            other => other,
        })?;
        set.write_to(&mut text).map_err(|error| FileError::io("read", std::path::Path::new("the CRLs"))(error))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
