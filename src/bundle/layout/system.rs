//! The systems whose layouts are known.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// A system that reads certificates under names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// The folder that certbot keeps for each name, and everything that is configured for it.
    Certbot,
    /// A TLS secret of Kubernetes.
    Kubernetes,
    /// An X.509-SVID as SPIFFE's helper writes it, or the upstream CA of a SPIRE server.
    Spiffe,
    /// The secret of cert-manager's CA issuer.
    CertManager,
    /// The plugged-in CA of Istio.
    Istio,
    /// The identity issuer of Linkerd.
    Linkerd,
    /// The issuer of Vault's PKI secrets engine.
    Vault,
    /// The `pki` directory of kubeadm.
    Kubeadm,
}

/// A word that is no system's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no layout; there are {known}", known = System::names())]
pub struct NotASystem(pub String);

impl System {
    /// Each, as it is written.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Certbot, "certbot"),
        (Self::Kubernetes, "kubernetes"),
        (Self::Spiffe, "spiffe"),
        (Self::CertManager, "cert-manager"),
        (Self::Istio, "istio"),
        (Self::Linkerd, "linkerd"),
        (Self::Vault, "vault"),
        (Self::Kubeadm, "kubeadm"),
    ];

    /// Whether it is handed a CA with its key, and signs itself.
    #[must_use]
    pub const fn takes_a_ca(self) -> bool {
        matches!(self, Self::CertManager | Self::Istio | Self::Linkerd | Self::Vault | Self::Kubeadm)
    }

    /// Whether it takes a certificate of a workload.
    #[must_use]
    pub const fn takes_a_leaf(self) -> bool {
        matches!(self, Self::Certbot | Self::Kubernetes | Self::Spiffe)
    }

    fn names() -> String {
        Self::ALL.map(|(_, name)| format!("`{name}`")).join(", ")
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(system, _)| system == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for System {
    type Err = NotASystem;

    fn from_str(text: &str) -> Result<Self, NotASystem> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(system, _)| *system).ok_or_else(|| NotASystem(text.to_owned()))
    }
}

impl Serialize for System {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
