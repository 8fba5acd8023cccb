//! The causes that are told apart. Their order is that in which they are named: what comes first makes
//! what follows beside the point.

use serde::{Serialize, Serializer};

/// Why a peer refuses, or will refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A file is not what it should be.
    Unreadable,
    /// There is no certificate.
    NothingPresented,
    /// A byte order mark stands in front of PEM.
    EncodingBom,
    /// An encoding that the system does not read.
    EncodingUnread,
    /// There is no key.
    KeyMissing,
    /// The key is encrypted.
    KeyEncrypted,
    /// A form of private key that the system does not load.
    KeyForm,
    /// The key is readable for more users than the system lets through.
    KeyMode,
    /// The leaf does not stand first.
    ChainOrder,
    /// The key is of another certificate.
    KeyMismatch,
    /// Nobody is trusted.
    NobodyTrusted,
    /// A trust store that is empty to Java.
    TrustStoreEmpty,
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
    /// A key whose private half others have, or can compute.
    KeyNotSecret,
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
    /// Several CRLs in a file of which the system reads the first.
    CrlSeveralInFile,
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
    /// The certificate has no name of the kind by which the system knows peers.
    IdentityMissing,
    /// Another rule of RFC 5280 is broken.
    Malformed,
    /// The root is presented too.
    RootInChain,
    /// A certificate is presented that does not belong to the chain.
    StrangerInChain,
    /// A trust file without a root.
    TrustWithoutRoot,
    /// The issuing CA is not in the trust file of a system that looks for it there.
    TrustWithoutIssuing,
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
    /// The system knows no CRLs.
    NoCrlSupport,
    /// A configuration file is not what the recipe makes.
    ConfigurationDrift,
}

impl Cause {
    /// Stable: programs may branch on it, and docs/rules.md explains each.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingPresented => "diagnosis.nothing_presented",
            Self::Unreadable => "diagnosis.unreadable",
            Self::EncodingBom => "diagnosis.encoding_bom",
            Self::EncodingUnread => "diagnosis.encoding_unread",
            Self::KeyMissing => "diagnosis.key_missing",
            Self::KeyEncrypted => "diagnosis.key_encrypted",
            Self::KeyForm => "diagnosis.key_form",
            Self::KeyMode => "diagnosis.key_mode",
            Self::ChainOrder => "diagnosis.chain_order",
            Self::KeyMismatch => "diagnosis.key_mismatch",
            Self::NobodyTrusted => "diagnosis.nobody_trusted",
            Self::TrustStoreEmpty => "diagnosis.trust_store_empty",
            Self::SameNameOtherKey => "diagnosis.same_name_other_key",
            Self::SelfSigned => "diagnosis.self_signed",
            Self::IntermediateMissing => "diagnosis.intermediate_missing",
            Self::OtherCa => "diagnosis.other_ca",
            Self::SignatureWeak => "diagnosis.signature_weak",
            Self::KeyNotSecret => "diagnosis.key_not_secret",
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
            Self::CrlSeveralInFile => "diagnosis.crl_several_in_file",
            Self::PathLength => "diagnosis.path_length",
            Self::Depth => "diagnosis.depth",
            Self::WrongUsage => "diagnosis.wrong_usage",
            Self::NameConstraint => "diagnosis.name_constraint",
            Self::IpAsDns => "diagnosis.ip_as_dns",
            Self::CnOnly => "diagnosis.cn_only",
            Self::SanMismatch => "diagnosis.san_mismatch",
            Self::IdentityMissing => "diagnosis.identity_missing",
            Self::Malformed => "diagnosis.malformed",
            Self::RootInChain => "diagnosis.root_in_chain",
            Self::StrangerInChain => "diagnosis.stranger_in_chain",
            Self::TrustWithoutRoot => "diagnosis.trust_without_root",
            Self::TrustWithoutIssuing => "diagnosis.trust_without_issuing",
            Self::OutlivesCa => "diagnosis.outlives_ca",
            Self::ExpiresSoon => "diagnosis.expires_soon",
            Self::CrlEndsSoon => "diagnosis.crl_ends_soon",
            Self::StrictPeers => "diagnosis.strict_peers",
            Self::RustlsPeers => "diagnosis.rustls_peers",
            Self::NoCrlSupport => "diagnosis.no_crl_support",
            Self::ConfigurationDrift => "diagnosis.configuration_drift",
        }
    }
}

/// What a cause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Encodings.
    Files,
    /// The private key and its file.
    Key,
    /// From the certificate to the root.
    Chain,
    /// From when to when.
    Dates,
    /// For what it is made.
    Use,
    /// Which names it carries.
    Names,
    /// CRLs.
    Revocation,
    /// What one system minds.
    System,
}

impl Area {
    /// As it stands in a line.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Key => "key",
            Self::Chain => "chain",
            Self::Dates => "dates",
            Self::Use => "use",
            Self::Names => "names",
            Self::Revocation => "revocation",
            Self::System => "system",
        }
    }
}

impl Cause {
    /// What it is about.
    #[must_use]
    pub const fn area(self) -> Area {
        match self {
            Self::Unreadable | Self::EncodingBom | Self::EncodingUnread => Area::Files,
            Self::KeyMissing
            | Self::KeyEncrypted
            | Self::KeyForm
            | Self::KeyMode
            | Self::KeyMismatch
            | Self::KeyNotSecret => Area::Key,
            Self::NothingPresented
            | Self::ChainOrder
            | Self::NobodyTrusted
            | Self::TrustStoreEmpty
            | Self::SameNameOtherKey
            | Self::SelfSigned
            | Self::IntermediateMissing
            | Self::OtherCa
            | Self::SignatureWeak
            | Self::NotACa
            | Self::PathLength
            | Self::Depth
            | Self::RootInChain
            | Self::StrangerInChain
            | Self::TrustWithoutRoot
            | Self::TrustWithoutIssuing => Area::Chain,
            Self::Expired | Self::NotYetValid | Self::OutlivesCa | Self::ExpiresSoon => Area::Dates,
            Self::KeyWeak
            | Self::AlgorithmUnsupported
            | Self::Version1
            | Self::WrongUsage
            | Self::Malformed
            | Self::StrictPeers
            | Self::RustlsPeers => Area::Use,
            Self::NameConstraint | Self::IpAsDns | Self::CnOnly | Self::SanMismatch | Self::IdentityMissing => {
                Area::Names
            }
            Self::Revoked
            | Self::CrlMissing
            | Self::CrlStale
            | Self::CrlNotYetValid
            | Self::CrlOtherCa
            | Self::CrlUnusable
            | Self::CrlSeveralInFile
            | Self::CrlEndsSoon => Area::Revocation,
            Self::NoCrlSupport | Self::ConfigurationDrift => Area::System,
        }
    }

    /// Whether one system minds it and another does not.
    #[must_use]
    pub const fn is_of_systems(self) -> bool {
        matches!(
            self,
            Self::EncodingBom
                | Self::EncodingUnread
                | Self::KeyEncrypted
                | Self::KeyForm
                | Self::KeyMode
                | Self::TrustStoreEmpty
                | Self::AlgorithmUnsupported
                | Self::CrlSeveralInFile
                | Self::CrlMissing
                | Self::Depth
                | Self::TrustWithoutIssuing
                | Self::IdentityMissing
        )
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
