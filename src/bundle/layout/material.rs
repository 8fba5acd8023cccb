//! What a layout is made of, and what it comes to.

use std::fmt;

use zeroize::Zeroizing;

use super::manifest::KubernetesName;
use crate::bundle::pem;
use crate::keys::{KeyError, PrivateKey, seal};
use crate::store::attributes::Kind;
use crate::words::clock::Now;
use crate::words::finding::Finding;
use crate::words::x509::certificate::Certificate;

/// One certificate and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The certificate: a workload's, or the CA's that the system is to sign with.
    pub certificate: &'a Certificate,
    /// Those between it and its root, its own issuer first; without the root.
    pub chain: &'a [Certificate],
    /// What peers trust, its own root first.
    pub roots: &'a [Certificate],
    /// Its key.
    pub key: Option<&'a PrivateKey>,
    /// A CRL of every CA of the chain, the root's included, in PEM; none where the system is to have no
    /// CRLs.
    pub crls: Option<&'a str>,
    /// What a secret is called.
    pub naming: &'a Naming,
    /// The moment that certificates have to be valid at.
    pub now: Now,
}

/// What a secret of Kubernetes is called, where somebody said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// Its name.
    pub name: Option<KubernetesName>,
    /// Its namespace.
    pub namespace: Option<KubernetesName>,
}

/// One file of a layout. `Debug` shows nothing of a key.
pub struct File {
    /// Its path within the folder.
    pub path: String,
    /// Whether it holds a key.
    pub kind: Kind,
    /// What is in it.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {} bytes)", self.path, self.bytes.len())
    }
}

/// What a system reads.
#[derive(Debug, Default)]
pub struct Laid {
    /// The files of its folder.
    pub files: Vec<File>,
    /// The same as a document of Kubernetes, where the system takes one: always the same octets for the
    /// same input.
    pub manifest: Option<Zeroizing<String>>,
    /// What the operator should know of it.
    pub findings: Vec<Finding>,
}

impl Laid {
    /// A layout of these files.
    #[must_use]
    pub fn folder(files: Vec<File>) -> Self {
        Self { files, ..Self::default() }
    }
}

impl File {
    /// A file that everybody may read.
    pub(super) fn public(path: impl Into<String>, text: &str) -> Self {
        Self { path: path.into(), kind: Kind::Public, bytes: Zeroizing::new(text.as_bytes().to_vec()) }
    }

    /// A file with a key in it.
    pub(super) fn key(path: impl Into<String>, text: &str) -> Self {
        Self { path: path.into(), kind: Kind::Key, bytes: Zeroizing::new(text.as_bytes().to_vec()) }
    }
}

impl Material<'_> {
    /// The key in unencrypted PKCS#8, the one form that every system loads; empty where there is none,
    /// which the rules do not let through.
    pub(super) fn key_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.key.map_or_else(|| Ok(Zeroizing::new(String::new())), |key| seal(key, None))
    }

    /// Certificate, then chain.
    pub(super) fn full_chain(&self) -> String {
        pem::certificates(std::iter::once(self.certificate).chain(self.between()))
    }

    /// The chain alone.
    pub(super) fn chain_pem(&self) -> String {
        pem::certificates(self.between())
    }

    /// The root of its own chain: itself where it is one.
    pub(super) fn root(&self) -> &Certificate {
        let last = self.between().last().unwrap_or(self.certificate);
        let own = |root: &&Certificate| root.subject().matches(last.issuer()) && signed_by(last, root);
        self.roots.iter().find(own).unwrap_or(self.certificate)
    }

    /// All roots, each once.
    pub(super) fn roots_pem(&self) -> String {
        let mut once: Vec<&Certificate> = Vec::new();
        for root in self.roots {
            if !once.contains(&root) {
                once.push(root);
            }
        }
        pem::certificates(once)
    }

    /// The chain without a root that somebody left in it, and without the certificate itself.
    pub(super) fn between(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        self.chain.iter().filter(|link| *link != self.certificate && !link.is_self_issued())
    }
}

pub(super) fn signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.verify_signature(issuer.public_key()).is_ok()
}
