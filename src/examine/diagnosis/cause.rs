//! The causes that are told apart. Their order is that in which they are named: what comes first makes
//! what follows beside the point.

use serde::{Serialize, Serializer};

/// Why a peer refuses, or will refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// There is no certificate.
    NothingPresented,
    /// The leaf does not stand first.
    ChainOrder,
    /// The key is of another certificate.
    KeyMismatch,
    /// Nobody is trusted.
    NobodyTrusted,
    /// The issuer has the name of a known CA, and another key.
    SameNameOtherKey,
    /// The certificate signed itself.
    SelfSigned,
    /// A CA between the leaf and the root is not presented.
    IntermediateMissing,
    /// It was signed by a CA that is not trusted.
    OtherCa,
    /// The signature rests on SHA-1 or MD5.
    SignatureWeak,
    /// A key that can be broken.
    KeyWeak,
    /// A kind of key or signature that the peer does not know.
    AlgorithmUnsupported,
    /// A certificate without extensions.
    Version1,
    /// Whoever signed is not marked as a CA.
    NotACa,
    /// Its end has passed.
    Expired,
    /// Its beginning is to come.
    NotYetValid,
    /// It is on a CRL.
    Revoked,
    /// A CA has no CRL.
    CrlMissing,
    /// The CRL's end has passed.
    CrlStale,
    /// The CRL's beginning is to come.
    CrlNotYetValid,
    /// The CRL has the CA's name and not its signature.
    CrlOtherCa,
    /// The CRL cannot be used for another reason.
    CrlUnusable,
    /// More CAs than one above allows.
    PathLength,
    /// More CAs than the peer follows.
    Depth,
    /// Not made for this role.
    WrongUsage,
    /// A name that a CA above may not certify.
    NameConstraint,
    /// The address that is looked for stands there as a DNS name.
    IpAsDns,
    /// The name that is looked for stands in the CN alone.
    CnOnly,
    /// The name that is looked for is not there.
    SanMismatch,
    /// Another rule of RFC 5280 is broken.
    Malformed,
    /// The root is presented too.
    RootInChain,
    /// A certificate is presented that does not belong to the chain.
    StrangerInChain,
    /// A trust file without a root.
    TrustWithoutRoot,
    /// It ends after its CA.
    OutlivesCa,
    /// It ends soon.
    ExpiresSoon,
    /// The CRL ends soon.
    CrlEndsSoon,
    /// Strict peers mind.
    StrictPeers,
    /// rustls minds.
    RustlsPeers,
}

impl Cause {
    /// Stable: programs may branch on it, and docs/rules.md explains each.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingPresented => "diagnosis.nothing_presented",
            Self::ChainOrder => "diagnosis.chain_order",
            Self::KeyMismatch => "diagnosis.key_mismatch",
            Self::NobodyTrusted => "diagnosis.nobody_trusted",
            Self::SameNameOtherKey => "diagnosis.same_name_other_key",
            Self::SelfSigned => "diagnosis.self_signed",
            Self::IntermediateMissing => "diagnosis.intermediate_missing",
            Self::OtherCa => "diagnosis.other_ca",
            Self::SignatureWeak => "diagnosis.signature_weak",
            Self::KeyWeak => "diagnosis.key_weak",
            Self::AlgorithmUnsupported => "diagnosis.algorithm_unsupported",
            Self::Version1 => "diagnosis.version_1",
            Self::NotACa => "diagnosis.not_a_ca",
            Self::Expired => "diagnosis.expired",
            Self::NotYetValid => "diagnosis.not_yet_valid",
            Self::Revoked => "diagnosis.revoked",
            Self::CrlMissing => "diagnosis.crl_missing",
            Self::CrlStale => "diagnosis.crl_stale",
            Self::CrlNotYetValid => "diagnosis.crl_not_yet_valid",
            Self::CrlOtherCa => "diagnosis.crl_other_ca",
            Self::CrlUnusable => "diagnosis.crl_unusable",
            Self::PathLength => "diagnosis.path_length",
            Self::Depth => "diagnosis.depth",
            Self::WrongUsage => "diagnosis.wrong_usage",
            Self::NameConstraint => "diagnosis.name_constraint",
            Self::IpAsDns => "diagnosis.ip_as_dns",
            Self::CnOnly => "diagnosis.cn_only",
            Self::SanMismatch => "diagnosis.san_mismatch",
            Self::Malformed => "diagnosis.malformed",
            Self::RootInChain => "diagnosis.root_in_chain",
            Self::StrangerInChain => "diagnosis.stranger_in_chain",
            Self::TrustWithoutRoot => "diagnosis.trust_without_root",
            Self::OutlivesCa => "diagnosis.outlives_ca",
            Self::ExpiresSoon => "diagnosis.expires_soon",
            Self::CrlEndsSoon => "diagnosis.crl_ends_soon",
            Self::StrictPeers => "diagnosis.strict_peers",
            Self::RustlsPeers => "diagnosis.rustls_peers",
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
