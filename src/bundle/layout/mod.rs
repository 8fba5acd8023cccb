//! One certificate, or one CA, as the files that a particular system reads, under the names that it
//! looks for. What the system would refuse is refused here, with its rule.

mod authority;
mod leaf;
mod manifest;
mod material;
mod place;
mod rules;
mod system;

pub mod kubeadm;

pub use manifest::{KubernetesName, NotAKubernetesName};
pub use material::{File, Laid, Material, Naming};
pub use place::{Placed, put};
pub use system::{NotASystem, System};

use crate::keys::KeyError;
use crate::words::finding::Finding;
use thiserror::Error;

/// Why nothing was laid out.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// The system would refuse it.
    #[error("{system} would refuse it")]
    Refused {
        /// Which system.
        system: System,
        /// Every rule that is broken, the first one first.
        findings: Vec<Finding>,
    },
    /// The backend does not give the key out.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The files that a system reads, made of one certificate and what belongs to it.
///
/// [`System::Kubeadm`] is made of three CAs: [`kubeadm`].
///
/// # Errors
/// [`LayoutError::Refused`] with each rule of the system that is broken.
pub fn lay_out(system: System, material: &Material<'_>) -> Result<Laid, LayoutError> {
    let findings = rules::findings(system, material);
    let (refusals, remarks): (Vec<_>, Vec<_>) = findings.into_iter().partition(Finding::is_error);
    if !refusals.is_empty() {
        return Err(LayoutError::Refused { system, findings: refusals });
    }
    let mut laid = match system {
        System::Certbot => leaf::certbot(material)?,
        System::Kubernetes => leaf::kubernetes(material)?,
        System::Spiffe if material.certificate.is_ca() => authority::spiffe(material)?,
        System::Spiffe => leaf::spiffe(material)?,
        System::CertManager => authority::cert_manager(material)?,
        System::Istio => authority::istio(material)?,
        System::Linkerd => authority::linkerd(material)?,
        System::Vault => authority::vault(material)?,
        System::Kubeadm => kubeadm::authority("ca", material)?,
    };
    laid.findings = remarks;
    Ok(laid)
}
